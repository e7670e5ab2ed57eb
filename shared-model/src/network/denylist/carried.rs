//! A list as people carry it between boxes that do not reach each other: one line of text, which a
//! telephone keeps and a stick holds. It proves itself, so it may go through anybody's hands.

use super::{DENYLIST_BYTES_MAX, DenylistRefused};

/// A signed list in hexadecimal digits.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What [`to_text`] wrote, with whatever blanks an editor put around it.
///
/// # Errors
/// [`DenylistRefused`] when it is no such text. Whether the list is genuine is seen later.
pub fn from_text(text: &str) -> Result<Vec<u8>, DenylistRefused> {
    let digits = text.trim().as_bytes();
    if digits.len() > 2 * DENYLIST_BYTES_MAX {
        return Err(DenylistRefused::TooLarge { bytes: digits.len() / 2 });
    }
    let value =
        |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    };
    digits.chunks(2).map(byte).collect::<Option<Vec<u8>>>().ok_or(DenylistRefused::Malformed)
}
