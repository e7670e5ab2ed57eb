//! Why a command was not carried out, in words for the person who asked. Nothing was changed.

use std::borrow::Cow;

/// A refusal by a rule of the business: which field, what is wrong, what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refusal {
    /// Stable name for programs, in kebab case.
    pub code: &'static str,
    /// Path of the field, such as `lines[0].quantity`; empty when the whole request is meant.
    pub field: Cow<'static, str>,
    pub detail: String,
    pub remedy: Cow<'static, str>,
}

/// Declares a context's closed set of refusals: variant, code, field, words and remedy in one row,
/// so that none can be forgotten.
macro_rules! refusals {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident $({ $($arg:ident: $ty:ty),* $(,)? })?
            => $code:literal, $field:literal, $detail:literal, $remedy:literal;)*
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
        pub enum $name {
            $($(#[$vdoc])* #[error($detail)] $variant $({ $($arg: $ty),* })?,)*
        }

        impl $name {
            /// The codes of all of them.
            pub const CODES: &[&str] = &[$($code),*];
        }

        impl From<$name> for $crate::refusal::Refusal {
            fn from(error: $name) -> Self {
                let detail = error.to_string();
                let (code, field, remedy) = match error {
                    $($name::$variant { .. } => ($code, $field, $remedy),)*
                };
                Self { code, field: field.into(), detail, remedy: remedy.into() }
            }
        }
    };
}
pub(crate) use refusals;

impl Refusal {
    /// The same refusal, about an item of a list.
    #[must_use]
    pub fn at(mut self, list: &str, index: usize) -> Self {
        self.field = if self.field.is_empty() {
            format!("{list}[{index}]").into()
        } else {
            format!("{list}[{index}].{}", self.field).into()
        };
        self
    }
}
