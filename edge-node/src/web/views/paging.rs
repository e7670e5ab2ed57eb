//! What part of a list is asked for, and where the next part begins. Knows no list.
//!
//! A cursor is opaque to clients: the sort key of the last row shown, in hexadecimal.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use shared_model::id::NodeId;
use shared_model::records::Record;

use super::reading::Reading;
use crate::store::{ListedRow, StoreError, Wanted, records_listed};

/// Rows shown at once when nobody says how many.
const LIMIT_DEFAULT: u32 = 50;
const LIMIT_MAX: u32 = 200;
const SEARCH_CHARS_MAX: usize = 100;
/// A cursor holds one key, and no key is longer than a few hundred characters.
const CURSOR_CHARS_MAX: usize = 2_000;

/// The query of a list; `S` says which statuses its items have, `K` what it is ordered by.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound = "S: Statuses, K: for<'b> Decode<'b, ()>")]
pub(super) struct Asked<S, K = RowKey> {
    #[serde(default, deserialize_with = "unless_empty")]
    search: Option<Search>,
    #[serde(default, deserialize_with = "unless_empty")]
    status: Option<Status<S>>,
    #[serde(default, deserialize_with = "unless_empty")]
    after: Option<Cursor<K>>,
    #[serde(default)]
    limit: Limit,
}

/// Where a row stands in a list of records.
pub(super) type RowKey = (i64, String);

impl<S, K> Asked<S, K> {
    pub(super) fn new(
        search: Option<Search>,
        status: Option<Status<S>>,
        after: Option<Cursor<K>>,
        limit: Limit,
    ) -> Self {
        Self { search, status, after, limit }
    }

    pub(super) fn search(&self) -> Option<&str> {
        self.search.as_ref().map(|search| search.0.as_str())
    }

    pub(super) fn status(&self) -> Option<&'static str> {
        self.status.as_ref().map(|status| status.0)
    }

    pub(super) const fn limit(&self) -> u32 {
        self.limit.0
    }

    pub(super) fn after(&self) -> Option<&K> {
        self.after.as_ref().map(|cursor| &cursor.0)
    }

    /// Whether a text holds every word searched for, as the store's own search would say.
    pub(super) fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut words = self.search().unwrap_or_default().split_whitespace();
        words.all(|word| text.contains(&word.to_lowercase()))
    }
}

impl<S> Asked<S> {
    pub(super) fn wanted(&self, author: Option<NodeId>) -> Wanted<'_> {
        Wanted {
            author,
            status: self.status(),
            search: self.search(),
            after: self.after().cloned(),
            limit: self.limit(),
        }
    }

    /// As [`Asked::wanted`], for lists whose records do not hold the text to search in.
    pub(super) fn wanted_unsearched(&self, author: Option<NodeId>) -> Wanted<'_> {
        Wanted { search: None, ..self.wanted(author) }
    }
}

/// The statuses that items of a list have.
pub(super) trait Statuses {
    const ALL: &'static [&'static str];
}

/// A list whose items have no status.
#[derive(Debug)]
pub(super) enum NoStatus {}

impl Statuses for NoStatus {
    const ALL: &'static [&'static str] = &[];
}

/// One of the statuses of `S`.
#[derive(Debug)]
pub(super) struct Status<S>(&'static str, PhantomData<S>);

impl<'de, S: Statuses> Deserialize<'de> for Status<S> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        match S::ALL.iter().find(|known| **known == text) {
            Some(known) => Ok(Self(known, PhantomData)),
            None if S::ALL.is_empty() => {
                Err(D::Error::custom("does not apply to this list; remedy: leave it out"))
            }
            None => Err(D::Error::custom(format_args!(
                "is not a status of this list; remedy: send one of {}",
                S::ALL.join(", ")
            ))),
        }
    }
}

/// Words that must all occur.
#[derive(Debug)]
pub(super) struct Search(String);

impl<'de> Deserialize<'de> for Search {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        if text.chars().count() > SEARCH_CHARS_MAX {
            return Err(D::Error::custom(format_args!(
                "is too long; remedy: send at most {SEARCH_CHARS_MAX} characters"
            )));
        }
        Ok(Self(text.into_owned()))
    }
}

/// How many items one answer holds.
#[derive(Debug)]
pub(super) struct Limit(u32);

impl Default for Limit {
    fn default() -> Self {
        Self(LIMIT_DEFAULT)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        match u32::from_str(&text) {
            Ok(limit @ 1..=LIMIT_MAX) => Ok(Self(limit)),
            Ok(_) | Err(_) => Err(D::Error::custom(format_args!(
                "is not a possible limit; remedy: send a whole number from 1 to {LIMIT_MAX}"
            ))),
        }
    }
}

/// Where the part asked for begins.
#[derive(Debug)]
pub(super) struct Cursor<K>(K);

impl<'de, K: for<'b> Decode<'b, ()>> Deserialize<'de> for Cursor<K> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(d)?;
        opened(&text).map(Self).ok_or_else(|| {
            D::Error::custom(
                "is not a cursor of this list; remedy: send what `next` of the part before it was",
            )
        })
    }
}

fn opened<K: for<'b> Decode<'b, ()>>(text: &str) -> Option<K> {
    if text.len() > CURSOR_CHARS_MAX || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    let mut decoder = minicbor::Decoder::new(&bytes);
    let key = decoder.decode().ok()?;
    (decoder.position() == bytes.len()).then_some(key)
}

fn closed<K: Encode<()>>(key: &K) -> String {
    let bytes = minicbor::to_vec(key).expect("writing to memory");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A field that a form sent without anything in it was not filled in.
pub(super) fn unless_empty<'de, D, T>(d: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let text = Cow::<'de, str>::deserialize(d)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    T::deserialize(serde::de::value::CowStrDeserializer::new(text)).map(Some)
}

/// One part of a list.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    items: Vec<T>,
    /// To be sent as `after` for the next part; none when there is none.
    next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts what was found to what was asked for. One item more than that says: there is a next.
    pub(super) fn cut<K: Encode<()>>(mut found: Vec<(K, T)>, limit: u32) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = found.last().filter(|_| more).map(|(key, _)| closed(key));
        Self { items: found.into_iter().map(|(_, item)| item).collect(), next }
    }
}

/// A part of the list of one kind's records. `show` passes over a row by answering `None`.
pub(super) fn page<R: Record, T>(
    reading: &mut Reading<'_>,
    mut wanted: Wanted<'_>,
    mut show: impl FnMut(&mut Reading<'_>, ListedRow<R>) -> Result<Option<T>, StoreError>,
) -> Result<Page<T>, StoreError> {
    let limit = wanted.limit;
    wanted.limit += 1;
    let mut found: Vec<(RowKey, T)> = Vec::new();
    loop {
        let rows = records_listed::<R>(reading.db, &wanted)?;
        let whole = u32::try_from(rows.len()).is_ok_and(|count| count < wanted.limit);
        for row in rows {
            let key = (row.sort, row.key.clone());
            wanted.after = Some(key.clone());
            if let Some(item) = show(reading, row)? {
                found.push((key, item));
            }
            if u32::try_from(found.len()).unwrap_or(u32::MAX) > limit {
                return Ok(Page::cut(found, limit));
            }
        }
        if whole {
            return Ok(Page::cut(found, limit));
        }
    }
}
