//! A customer: name, phone, address and a note.

use automerge::transaction::Transactable;
use automerge::{AutoCommit, AutomergeError, ObjType, ROOT, ReadDoc, Value};
use minicbor::{Decode, Encode};
use serde::Serialize;

use super::{Error, Writer, edited, open};
use crate::place::Place;

/// What a person enters; what is absent stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerFields {
    pub name: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Encode, Decode)]
pub struct Customer {
    #[n(0)]
    pub name: String,
    #[n(1)]
    pub phone: String,
    #[n(2)]
    pub address: String,
    #[n(3)]
    pub note: String,
    /// Phones that others entered at the same time; a phone used for money needs a person's look.
    #[n(4)]
    pub other_phones: Vec<String>,
    #[n(5)]
    pub place: Option<Place>,
}

/// # Errors
/// [`Error`] when nothing is entered or it is too long.
pub fn create_customer(writer: Writer, fields: &CustomerFields) -> Result<Vec<u8>, Error> {
    edited(None, writer, |document| {
        document.put(ROOT, "kind", "customer")?;
        put_fields(document, fields)
    })
}

/// # Errors
/// [`Error::NothingToEdit`] when nothing changes.
pub fn edit_customer(
    saved: &[u8],
    writer: Writer,
    fields: &CustomerFields,
) -> Result<Vec<u8>, Error> {
    edited(Some(saved), writer, |document| put_fields(document, fields))
}

/// Says where a customer lives. One scalar, so that two writers' halves never mix.
///
/// # Errors
/// [`Error::NothingToEdit`] when nothing changes.
pub fn locate_customer(saved: &[u8], writer: Writer, place: Place) -> Result<Vec<u8>, Error> {
    edited(Some(saved), writer, |document| {
        let text = format!("{},{}", place.lat_e7(), place.lon_e7());
        if text_of(document, PLACE) != text {
            document.put(ROOT, PLACE, text)?;
        }
        Ok(())
    })
}

const PLACE: &str = "place";

/// What another node wrote may be no place: then there is none.
fn place_of(document: &AutoCommit) -> Option<Place> {
    let text = text_of(document, PLACE);
    let (lat, lon) = text.split_once(',')?;
    Place::new(lat.parse().ok()?, lon.parse().ok()?).ok()
}

fn put_fields(document: &mut AutoCommit, fields: &CustomerFields) -> Result<(), AutomergeError> {
    let scalars = [("name", &fields.name), ("phone", &fields.phone), ("address", &fields.address)];
    for (key, value) in scalars {
        if let Some(value) = value
            && text_of(document, key) != *value
        {
            document.put(ROOT, key, value.as_str())?;
        }
    }
    if let Some(note) = &fields.note {
        let text = match document.get(ROOT, "note")? {
            Some((Value::Object(ObjType::Text), text)) => text,
            Some(_) | None => document.put_object(ROOT, "note", ObjType::Text)?,
        };
        document.update_text(&text, note)?;
    }
    Ok(())
}

/// # Errors
/// [`Error::DocumentUnreadable`] when the bytes are no document.
pub fn read_customer(saved: &[u8]) -> Result<Customer, Error> {
    let document = open(Some(saved))?;
    let note = match document.get(ROOT, "note")? {
        Some((Value::Object(ObjType::Text), text)) => document.text(&text)?,
        Some(_) | None => String::new(),
    };
    let phone = text_of(&document, "phone");
    let other_phones = document
        .get_all(ROOT, "phone")?
        .iter()
        .filter_map(|(value, _)| value.as_str().map(str::to_owned))
        .filter(|other| *other != phone)
        .collect();
    Ok(Customer {
        name: text_of(&document, "name"),
        phone,
        address: text_of(&document, "address"),
        note,
        other_phones,
        place: place_of(&document),
    })
}

fn text_of(document: &AutoCommit, key: &str) -> String {
    match document.get(ROOT, key) {
        Ok(Some((value, _))) => value.as_str().unwrap_or_default().to_owned(),
        Ok(None) | Err(_) => String::new(),
    }
}
