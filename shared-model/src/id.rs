//! The one registry of identifiers. Append only: a kind of id is never reused for another thing.
//!
//! Ids are minted at the rim (the browser, the shell) and handed in; nothing here draws a number.

use std::fmt;
use std::str::FromStr;

use minicbor::decode::{Decoder, Error as DecodeError};
use minicbor::encode::{Encoder, Error as EncodeError, Write};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            #[must_use]
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl<C> Encode<C> for $name {
            fn encode<W: Write>(
                &self,
                e: &mut Encoder<W>,
                _: &mut C,
            ) -> Result<(), EncodeError<W::Error>> {
                e.bytes(self.0.as_bytes())?.ok()
            }
        }

        impl<'b, C> Decode<'b, C> for $name {
            fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
                Uuid::from_slice(d.bytes()?)
                    .map(Self)
                    .map_err(|_| DecodeError::message("an id has 16 bytes"))
            }
        }
    )*};
}

uuid_ids! {
    /// A box that writes one log: a depot, a rider hub or a regional hub.
    NodeId,
    /// One log entry, and the command that made it: minted on the device, kept through every retry.
    EntryId,
    /// An order, whatever channel it came by.
    OrderId,
    /// A customer, who is an automerge document.
    CustomerId,
    /// A rider who carries goods and cash.
    RiderId,
    /// A person who signs in.
    StaffId,
    /// One attempt to bring one order to its customer.
    TaskId,
    /// One arrival of goods.
    ReceiptId,
    /// One count of one article in one bin.
    CountId,
    /// One handing over of cash between two people.
    HandoverId,
    /// One bundle of bank notes on its way to the bank.
    DepositId,
    /// A right to sell what another site keeps.
    RightId,
    /// Something a person must look at.
    ExceptionId,
    /// An automerge document.
    DocumentId,
    /// A price book.
    BookId,
    /// Something that carries goods on the road.
    VehicleId,
    /// What one vehicle is to bring to whom, in which order.
    ManifestId,
}

/// The text is not a uuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id; remedy: send a uuid such as 0190b8a0-7c3e-7000-8000-000000000001")]
pub struct InvalidId;

impl From<CustomerId> for DocumentId {
    fn from(customer: CustomerId) -> Self {
        Self(customer.0)
    }
}

/// The delivery note of an order is a document with an id derived from the order's, so that every
/// node names the same document without asking.
impl From<OrderId> for DocumentId {
    fn from(order: OrderId) -> Self {
        let hash = blake3::derive_key("omniroute delivery note of an order v1", order.0.as_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident($max:literal, $allowed:expr, $rule:literal)),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize)]
        #[cbor(transparent)]
        #[serde(transparent)]
        pub struct $name(#[n(0)] String);

        impl $name {
            /// Longest text accepted, in characters.
            pub const CHARS_MAX: usize = $max;

            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidCode;
            fn from_str(text: &str) -> Result<Self, InvalidCode> {
                let allowed: fn(char) -> bool = $allowed;
                let trimmed = text.trim();
                if trimmed.is_empty() || trimmed.len() > $max || !trimmed.chars().all(allowed) {
                    return Err(InvalidCode { rule: $rule, chars_max: $max });
                }
                Ok(Self(trimmed.to_owned()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

fn is_code_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')
}

fn is_small_code_char(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

codes! {
    /// What is sold and stocked, as printed on it. `|` is kept out because balances use it.
    ArticleCode(32, |c| is_code_char(c) || c == ' ', "letters, digits, space and - _ . /"),
    /// A place in a depot: a shelf, a cage, a pallet position.
    BinCode(24, is_code_char, "letters, digits and - _ . /"),
    /// A depot as people call it, such as `NBO-1`.
    SiteCode(16, |c| c.is_ascii_alphanumeric() || c == '-', "letters, digits and -"),
    /// Nodes that sync with one hub, such as `nairobi`.
    RegionCode(24, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-', "small letters, digits and -"),
    /// What a model predicts, such as `arrival-time`.
    ModelCode(32, is_small_code_char, "small letters, digits and -"),
    /// Depots that get a model together, such as `pilot`.
    RingCode(24, is_small_code_char, "small letters, digits and -"),
    /// Whose books: a legal entity, such as `KE`.
    EntityCode(16, |c| c.is_ascii_alphanumeric() || c == '-', "letters, digits and -"),
}

/// The text breaks the rule of its kind of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a valid code; remedy: use 1 to {chars_max} of: {rule}")]
pub struct InvalidCode {
    rule: &'static str,
    chars_max: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_with_the_balance_separator_is_refused() {
        assert!("A|B".parse::<ArticleCode>().is_err());
        assert_eq!(" 85123A ".parse::<ArticleCode>().unwrap().as_str(), "85123A");
    }

    #[test]
    fn the_note_of_an_order_has_one_id_everywhere() {
        let order = OrderId::new(Uuid::from_u128(7));
        assert_eq!(DocumentId::from(order), DocumentId::from(order));
        assert_ne!(DocumentId::from(order).as_uuid(), order.as_uuid());
    }
}
