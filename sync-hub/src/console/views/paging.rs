//! Pages of a list: how many, from where on, and what to look for. What got through here can be
//! put to the database.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error};
use uuid::Uuid;

const LIMIT_MAX: u32 = 200;
const LIMIT_DEFAULT: u32 = 50;
const SEARCH_CHARS_MAX: usize = 100;
/// A key and what stands before it; keys of honest nodes have a few dozen characters.
const CURSOR_BYTES_MAX: usize = 1_200;

/// One page of a list.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Where the next page begins; none when this was the last.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// `rows` may hold one more than was asked for: it is not shown, but says that there is more.
    pub(super) fn cut<R>(
        mut rows: Vec<R>,
        limit: Limit,
        cursor: impl Fn(&R) -> String,
        item: impl FnMut(R) -> T,
    ) -> Self {
        let more = rows.len() > limit.count();
        rows.truncate(limit.count());
        let next = rows.last().filter(|_| more).map(cursor);
        Self { items: rows.into_iter().map(item).collect(), next }
    }
}

/// How many items to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit(u32);

impl Limit {
    fn count(self) -> usize {
        self.0 as usize
    }

    /// One more than is shown.
    pub(super) fn rows(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        match text.parse::<u32>() {
            Ok(limit) if (1..=LIMIT_MAX).contains(&limit) => Ok(Self(limit)),
            Ok(_) | Err(_) => Err(D::Error::custom(
                "is no number of items; remedy: send 1 to 200, or leave it out",
            )),
        }
    }
}

/// Words to search for, in lower case. Empty: everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Search(String);

impl Search {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Search {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let words = text.trim().to_lowercase();
        if words.chars().count() > SEARCH_CHARS_MAX || words.chars().any(char::is_control) {
            return Err(D::Error::custom(
                "is no text to search for; remedy: send at most 100 printable characters",
            ));
        }
        Ok(Self(words))
    }
}

/// Where a page of newest things first begins: after this one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct After {
    pub(super) sort: i64,
    pub(super) author: Uuid,
    pub(super) key: String,
}

impl After {
    /// What stands before everything.
    pub(super) const fn start() -> Self {
        Self { sort: i64::MAX, author: Uuid::nil(), key: String::new() }
    }
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let author = self.author.simple();
        write!(f, "{}.{author}.{}", self.sort, self.key)
    }
}

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().unwrap_or_default();
        let (sort, author, key) = (part().parse(), Uuid::try_parse(part()), part());
        match (sort, author) {
            (Ok(sort), Ok(author)) if is_key(key) => Ok(Self { sort, author, key: key.to_owned() }),
            _ => Err(D::Error::custom(NOT_A_CURSOR)),
        }
    }
}

/// Where a page in order of keys begins: after this key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AfterKey(String);

impl AfterKey {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for AfterKey {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        if is_key(&text) {
            Ok(Self(text.into_owned()))
        } else {
            Err(D::Error::custom(NOT_A_CURSOR))
        }
    }
}

const NOT_A_CURSOR: &str =
    "is no place in this list; remedy: send `next` of the page before, or leave it out";

/// The database takes no NUL in a text.
fn is_key(text: &str) -> bool {
    text.len() <= CURSOR_BYTES_MAX && !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::value::{Error as ValueError, StrDeserializer};

    fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, ValueError> {
        T::deserialize(StrDeserializer::<ValueError>::new(text))
    }

    #[test]
    fn a_cursor_comes_back_as_it_went_out() {
        let after = After { sort: -5, author: Uuid::from_u128(7), key: "a.b/ c".to_owned() };
        assert_eq!(read::<After>(&after.to_string()).unwrap(), after);
        assert_eq!(read::<After>(&After::start().to_string()).unwrap(), After::start());
        for bad in ["", "1", "1.2", "x.00000000000000000000000000000007.k", "1..k", "1.\0.k"] {
            assert!(read::<After>(bad).is_err(), "{bad:?}");
        }
        let nul = format!("1.{}.a\0b", Uuid::nil().simple());
        assert!(read::<After>(&nul).is_err());
        assert!(read::<AfterKey>("a\0").is_err());
        assert!(read::<AfterKey>(&"k".repeat(5_000)).is_err());
    }

    #[test]
    fn limits_and_words_are_bounded() {
        assert_eq!(read::<Limit>("200").unwrap().rows(), 201);
        for bad in ["0", "201", "-1", "1.5", "", "ten", "99999999999"] {
            assert!(read::<Limit>(bad).is_err(), "{bad:?}");
        }
        assert_eq!(read::<Search>("  HeArT ").unwrap().as_str(), "heart");
        assert!(read::<Search>("a\0b").is_err());
        assert!(read::<Search>(&"x".repeat(101)).is_err());
    }

    #[test]
    fn only_a_full_page_has_a_next() {
        let page = |count: i64| {
            let rows: Vec<i64> = (0..count).collect();
            Page::cut(rows, Limit(2), |row| row.to_string(), |row| row)
        };
        assert_eq!(page(2).next, None);
        assert_eq!(page(3).next.as_deref(), Some("1"));
        assert_eq!(page(3).items, [0, 1]);
    }
}
