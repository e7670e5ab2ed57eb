//! `card.json`: what people read before they trust a model. Nothing in it is computed with.

use serde::{Deserialize, Serialize};

use crate::reading;
use crate::refused::Refused;

pub const CARD_BYTES_MAX: u64 = 64 * 1024;
pub const SECTIONS_MAX: usize = 32;
pub const TEXT_BYTES_MAX: usize = 4_000;
const PART: &str = "card.json";

/// What a model is good for, what it was made from, and where it fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    pub format: u32,
    pub title: String,
    pub purpose: String,
    /// The training's tools and their versions.
    pub made_with: String,
    /// What it was trained on, where that came from, and its licence.
    pub data: String,
    /// Where it fails, or must not be used.
    pub limits: Vec<String>,
    pub sections: Vec<Section>,
}

/// Anything more that should be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub heading: String,
    pub text: String,
}

impl Card {
    /// # Errors
    /// [`Refused::TooLarge`] or [`Refused::Malformed`], naming the field.
    pub fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let card: Self = reading::typed(PART, bytes, CARD_BYTES_MAX)?;
        if card.format != crate::manifest::FORMAT {
            return Err(Refused::field(PART, "format", "is not known"));
        }
        if card.sections.len() > SECTIONS_MAX || card.limits.len() > SECTIONS_MAX {
            return Err(Refused::field(PART, "sections", format!("more than {SECTIONS_MAX}")));
        }
        let named = [
            ("title", &card.title),
            ("purpose", &card.purpose),
            ("made_with", &card.made_with),
            ("data", &card.data),
        ];
        let limits = card.limits.iter().map(|limit| ("limits", limit));
        let sections = card.sections.iter();
        let sections = sections.flat_map(|s| [("sections", &s.heading), ("sections", &s.text)]);
        for (field, text) in named.into_iter().chain(limits).chain(sections) {
            if text.trim().is_empty() || text.len() > TEXT_BYTES_MAX {
                let reason = format!("a text has not 1 to {TEXT_BYTES_MAX} bytes");
                return Err(Refused::field(PART, field, reason));
            }
        }
        Ok(card)
    }
}
