//! Bounded text and lists, checked while they are parsed: what got in here needs no second look.

use std::fmt;
use std::ops::Deref;

use minicbor::{Decode, Encode};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// One to `CHARS_MAX` characters, trimmed, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Text<const CHARS_MAX: usize>(#[n(0)] String);

/// A person's, article's or place's name.
pub type Name = Text<120>;
/// A reason or a remark.
pub type Remark = Text<500>;
/// The number on somebody else's paper.
pub type Reference = Text<64>;

impl<const CHARS_MAX: usize> Text<CHARS_MAX> {
    /// # Errors
    /// [`InvalidText`] when empty, too long, or with control characters.
    pub fn new(text: &str) -> Result<Self, InvalidText> {
        let trimmed = text.trim();
        let sound = !trimmed.is_empty()
            && trimmed.chars().count() <= CHARS_MAX
            && trimmed.chars().all(|c| !c.is_control() || c == '\n');
        if sound { Ok(Self(trimmed.to_owned())) } else { Err(InvalidText { chars_max: CHARS_MAX }) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const CHARS_MAX: usize> fmt::Display for Text<CHARS_MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de, const CHARS_MAX: usize> Deserialize<'de> for Text<CHARS_MAX> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Self::new(&text).map_err(de::Error::custom)
    }
}

/// Empty, too long, or unprintable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not valid text; remedy: send 1 to {chars_max} printable characters")]
pub struct InvalidText {
    chars_max: usize,
}

/// One to `COUNT_MAX` items. The bound is kept while reading, before memory is spent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Several<T, const COUNT_MAX: usize>(Vec<T>);

impl<T, const COUNT_MAX: usize> Several<T, COUNT_MAX> {
    /// # Errors
    /// [`WrongCount`] when empty or longer than `COUNT_MAX`.
    pub fn new(items: Vec<T>) -> Result<Self, WrongCount> {
        if items.is_empty() || items.len() > COUNT_MAX {
            return Err(WrongCount { count_max: COUNT_MAX });
        }
        Ok(Self(items))
    }
}

impl<T, const COUNT_MAX: usize> Deref for Several<T, COUNT_MAX> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const COUNT_MAX: usize> Deserialize<'de> for Several<T, COUNT_MAX> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Bounded<T, const COUNT_MAX: usize>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const COUNT_MAX: usize> Visitor<'de> for Bounded<T, COUNT_MAX> {
            type Value = Vec<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of 1 to {COUNT_MAX}")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    if items.len() == COUNT_MAX {
                        return Err(de::Error::custom(WrongCount { count_max: COUNT_MAX }));
                    }
                    items.push(item);
                }
                Ok(items)
            }
        }
        let items = d.deserialize_seq(Bounded::<T, COUNT_MAX>(std::marker::PhantomData))?;
        Self::new(items).map_err(de::Error::custom)
    }
}

/// The list is empty or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("has the wrong number of items; remedy: send 1 to {count_max}")]
pub struct WrongCount {
    count_max: usize,
}
