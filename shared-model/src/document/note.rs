//! A delivery note: text for the rider, written by the desk, the picker and the customer's call.

use automerge::transaction::Transactable;
use automerge::{ObjType, ROOT, ReadDoc, Value};

use super::{Error, Writer, edited, open};

/// # Errors
/// [`Error::NothingToEdit`] when the text is as it was.
pub fn write_note(saved: Option<&[u8]>, writer: Writer, text: &str) -> Result<Vec<u8>, Error> {
    edited(saved, writer, |document| {
        let note = match document.get(ROOT, "note")? {
            Some((Value::Object(ObjType::Text), note)) => note,
            Some(_) | None => {
                document.put(ROOT, "kind", "delivery_note")?;
                document.put_object(ROOT, "note", ObjType::Text)?
            }
        };
        document.update_text(&note, text)
    })
}

/// # Errors
/// [`Error::DocumentUnreadable`] when the bytes are no document.
pub fn read_note(saved: &[u8]) -> Result<String, Error> {
    let document = open(Some(saved))?;
    match document.get(ROOT, "note")? {
        Some((Value::Object(ObjType::Text), note)) => Ok(document.text(&note)?),
        Some(_) | None => Ok(String::new()),
    }
}
