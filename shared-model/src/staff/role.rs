//! Roles. What each may do is decided in `workflows::permission`, which knows the commands.

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Encode, Decode, Serialize, Deserialize)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    #[n(0)]
    Manager,
    #[n(1)]
    Clerk,
    #[n(2)]
    Cashier,
    #[n(3)]
    Picker,
    #[n(4)]
    Dispatcher,
    #[n(5)]
    Rider,
}

impl Role {
    pub const ALL: [Self; 6] =
        [Self::Manager, Self::Clerk, Self::Cashier, Self::Picker, Self::Dispatcher, Self::Rider];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Manager => "manager",
            Self::Clerk => "clerk",
            Self::Cashier => "cashier",
            Self::Picker => "picker",
            Self::Dispatcher => "dispatcher",
            Self::Rider => "rider",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a role; remedy: use manager, clerk, cashier, picker, dispatcher or rider")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;
    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}
