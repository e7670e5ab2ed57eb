//! The two keys of a region that models are signed with: the current one, and the next, which is
//! pinned before it is needed. New keys come only by the word of one that is pinned already.

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::event::Event;
use crate::log::AuthorPublicKey;

/// Keeps signatures over new keys apart from all others.
pub const KEYS_SIGNING_CONTEXT: &[u8] = b"omniroute model keys v1";

/// The keys that a node accepts.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ModelKeys {
    #[n(0)]
    pub current: AuthorPublicKey,
    #[n(1)]
    pub next: AuthorPublicKey,
    /// How often keys were pinned.
    #[n(2)]
    pub generation: u32,
}

impl ModelKeys {
    #[must_use]
    pub fn accepts(&self, key: &AuthorPublicKey) -> bool {
        *key == self.current || *key == self.next
    }

    /// The keys after an event; none when it brings no new ones that may be believed. The first
    /// come by the seal of the hub's log alone.
    #[must_use]
    pub fn after(known: Option<&Self>, event: &Event) -> Option<Self> {
        let Event::KeysPinned { current, next, generation, signed_by, signature } = event else {
            return None;
        };
        let pinned = Self { current: *current, next: *next, generation: *generation };
        match known {
            None => Some(pinned),
            Some(known) if known.accepts(signed_by) && known.generation < *generation => {
                let message = keys_message(current, next, *generation);
                let signed = signed_by.check_signed(KEYS_SIGNING_CONTEXT, &message, signature);
                signed.is_ok().then_some(pinned)
            }
            Some(_) => None,
        }
    }
}

/// What the signature over new keys is over.
#[must_use]
pub fn keys_message(current: &AuthorPublicKey, next: &AuthorPublicKey, generation: u32) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(68);
    bytes.extend_from_slice(current.as_bytes());
    bytes.extend_from_slice(next.as_bytes());
    bytes.extend_from_slice(&generation.to_be_bytes());
    bytes
}

/// A signature as it travels.
pub(super) type Signature = ByteArray<64>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::AuthorKey;

    fn pinned(by: &AuthorKey, current: &AuthorKey, next: &AuthorKey, generation: u32) -> Event {
        let (current, next) = (current.public(), next.public());
        let message = keys_message(&current, &next, generation);
        let signature = by.sign(KEYS_SIGNING_CONTEXT, &message).into();
        Event::KeysPinned { current, next, generation, signed_by: by.public(), signature }
    }

    #[test]
    fn new_keys_come_by_the_word_of_a_pinned_one() {
        let keys: Vec<AuthorKey> = (1..=4).map(|n| AuthorKey::from_secret(&[n; 32])).collect();
        let first = ModelKeys::after(None, &pinned(&keys[0], &keys[0], &keys[1], 1)).unwrap();
        let second = pinned(&keys[1], &keys[1], &keys[2], 2);
        let after = ModelKeys::after(Some(&first), &second).unwrap();
        assert!(after.accepts(&keys[2].public()) && !after.accepts(&keys[0].public()));
        // A stranger's word, a replay of what was, and a signature of something else.
        assert_eq!(ModelKeys::after(Some(&first), &pinned(&keys[3], &keys[3], &keys[2], 2)), None);
        assert_eq!(ModelKeys::after(Some(&after), &second), None);
        let Event::KeysPinned { current, next, signed_by, signature, .. } = second else {
            unreachable!("made so")
        };
        let forged = Event::KeysPinned { current, next, generation: 3, signed_by, signature };
        assert_eq!(ModelKeys::after(Some(&first), &forged), None);
    }
}
