//! Schemas: the published text, its names and its hash. A text is never edited once a bundle that
//! names its hash was published; a new one gets the next number.

use sha2::{Digest as _, Sha256};

/// A published list of features.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Schema {
    /// Such as `arrival-time/1`; the first line of the text.
    pub name: &'static str,
    /// One line a feature after the first: name, unit, what a missing value is.
    pub text: &'static str,
}

/// All schemas this build can compute.
pub const ALL: [Schema; 3] =
    [crate::arrival_time::SCHEMA, crate::demand::SCHEMA, crate::discover::SCHEMA];

impl Schema {
    /// The schema of that name, if this build has it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|schema| schema.name == name)
    }

    /// Names of the features, in the order of a row.
    pub fn features(&self) -> impl Iterator<Item = &'static str> {
        self.text
            .lines()
            .skip(1)
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .filter_map(|line| line.split_whitespace().next())
    }

    /// SHA-256 of the text as written, in lower-case hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.text.as_bytes()))
    }
}

/// A number for a row: what is not finite is not known.
#[must_use]
pub(crate) fn known(value: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "a row is single precision by definition")]
    let narrow = value as f32;
    if narrow.is_finite() { narrow } else { f32::NAN }
}

#[must_use]
pub(crate) fn maybe(value: Option<f64>) -> f32 {
    value.map_or(f32::NAN, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_starts_with_its_name_and_names_each_feature_once() {
        for schema in ALL {
            assert_eq!(schema.text.lines().next(), Some(schema.name));
            let names: Vec<_> = schema.features().collect();
            let mut once = names.clone();
            once.sort_unstable();
            once.dedup();
            assert_eq!(names.len(), once.len(), "{}", schema.name);
            assert_eq!(schema.sha256().len(), 64);
            assert_eq!(Schema::named(schema.name), Some(schema));
        }
        assert_eq!(Schema::named("arrival-time/0"), None);
    }

    #[test]
    fn what_is_not_finite_is_not_known() {
        assert!(known(f64::INFINITY).is_nan());
        assert!(known(1e300).is_nan());
        assert!(maybe(None).is_nan());
    }
}
