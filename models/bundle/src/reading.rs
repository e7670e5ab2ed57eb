//! Bounded reading of the JSON in a bundle: size before syntax, and errors that name the field.

use serde::de::DeserializeOwned;

use crate::refused::Refused;

/// The bytes as a typed value; unknown fields are refused by the types themselves.
///
/// # Errors
/// [`Refused::TooLarge`] before anything is parsed; [`Refused::Malformed`] with the field's path.
pub(crate) fn typed<T: DeserializeOwned>(
    part: &'static str,
    bytes: &[u8],
    bytes_max: u64,
) -> Result<T, Refused> {
    let size = bytes.len() as u64;
    if size > bytes_max {
        return Err(Refused::TooLarge { part: part.to_owned(), bytes: size, bytes_max });
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        Refused::field(part, error.path().to_string(), error.inner().to_string())
    })?;
    reader.end().map_err(|error| Refused::field(part, "end", error.to_string()))?;
    Ok(value)
}
