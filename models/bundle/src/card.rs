//! `card.json`: what people read before they trust a model. Nothing in it is computed with.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::manifest::{SCORES_MAX, Score};
use crate::reading;
use crate::refused::Refused;

pub const CARD_BYTES_MAX: u64 = 64 * 1024;
pub const LINES_MAX: usize = 32;
pub const TEXT_BYTES_MAX: usize = 4_000;
const PART: &str = "card.json";

/// What a model is good for, what it was made from, and where it fails.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    pub format: u32,
    pub title: String,
    pub purpose: String,
    pub good_for: Vec<String>,
    pub not_for: Vec<String>,
    pub data: Origin,
    pub slices: Vec<Score>,
    /// Where it fails.
    pub limits: Vec<String>,
    /// Which choices led here.
    pub decided_by: String,
}

/// Where the training data came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    pub origin: String,
    pub licence: String,
    pub from: Day,
    pub until: Day,
    pub rows: u64,
}

impl Card {
    /// # Errors
    /// [`Refused::TooLarge`] or [`Refused::Malformed`], naming the field.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let card: Self = reading::typed(PART, bytes, CARD_BYTES_MAX)?;
        if card.format != crate::manifest::FORMAT {
            return Err(Refused::field(PART, "format", "is not known"));
        }
        if card.slices.len() > SCORES_MAX {
            return Err(Refused::field(PART, "slices", format!("more than {SCORES_MAX}")));
        }
        let lists =
            [("good_for", &card.good_for), ("not_for", &card.not_for), ("limits", &card.limits)];
        for (field, lines) in lists {
            if lines.len() > LINES_MAX {
                return Err(Refused::field(PART, field, format!("more than {LINES_MAX} lines")));
            }
            lines.iter().try_for_each(|line| check_text(field, line))?;
        }
        let texts = [
            ("title", &card.title),
            ("purpose", &card.purpose),
            ("data.origin", &card.data.origin),
            ("data.licence", &card.data.licence),
            ("decided_by", &card.decided_by),
        ];
        texts.into_iter().try_for_each(|(field, text)| check_text(field, text))?;
        Ok(card)
    }
}

fn check_text(field: &str, text: &str) -> Result<(), Refused> {
    if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX {
        return Err(Refused::field(PART, field, format!("has not 1 to {TEXT_BYTES_MAX} bytes")));
    }
    Ok(())
}
