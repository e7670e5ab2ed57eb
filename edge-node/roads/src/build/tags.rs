//! The tags of one element, borrowed from its block.

/// Elements carry a handful; a hundred would be vandalism, and the rest is not looked at.
const TAGS_MAX: usize = 100;

#[derive(Default)]
pub(super) struct Tags<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Tags<'a> {
    pub(super) fn read(tags: impl Iterator<Item = (&'a str, &'a str)>) -> Tags<'a> {
        Tags { pairs: tags.take(TAGS_MAX).collect() }
    }

    #[cfg(test)]
    pub(super) fn of(pairs: &[(&'a str, &'a str)]) -> Tags<'a> {
        Tags { pairs: pairs.to_vec() }
    }

    pub(super) fn value(&self, key: &str) -> Option<&'a str> {
        self.pairs.iter().find(|(k, _)| *k == key).map(|(_, value)| *value)
    }

    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.value(key) == Some(value)
    }

    /// The value of the last key in `keys` that has one: later keys are the more special.
    pub(super) fn most_special(&self, keys: &[&str]) -> Option<&'a str> {
        keys.iter().rev().find_map(|key| self.value(key))
    }
}
