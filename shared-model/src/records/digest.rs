//! A digest over a set of records that can be kept up to date record by record: the sum, in four
//! 64-bit lanes, of each record's BLAKE3. Two honest nodes that hold the same records have the
//! same digest whatever the order of writing. It shows agreement; it is no proof against forgery
//! (that is what seals are for).

use std::fmt;

use minicbor::{Decode, Encode};

use super::kind::Kind;

#[derive(Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct Digest {
    #[n(0)]
    lanes: [u64; 4],
}

impl Digest {
    /// Takes a record in.
    pub fn add(&mut self, kind: Kind, key: &str, body: &[u8]) {
        self.combine(kind, key, body, u64::wrapping_add);
    }

    /// Takes a record out again.
    pub fn remove(&mut self, kind: Kind, key: &str, body: &[u8]) {
        self.combine(kind, key, body, u64::wrapping_sub);
    }

    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, lane) in bytes.chunks_exact_mut(8).zip(self.lanes) {
            chunk.copy_from_slice(&lane.to_be_bytes());
        }
        bytes
    }

    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut lanes = [0; 4];
        for (lane, chunk) in lanes.iter_mut().zip(bytes.chunks_exact(8)) {
            *lane = u64::from_be_bytes(chunk.try_into().expect("chunks of eight"));
        }
        Self { lanes }
    }

    fn combine(&mut self, kind: Kind, key: &str, body: &[u8], with: fn(u64, u64) -> u64) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[kind.number()]);
        hasher.update(&(key.len() as u64).to_be_bytes());
        hasher.update(key.as_bytes());
        hasher.update(body);
        let hash = Self::from_bytes(hasher.finalize().as_bytes());
        for (lane, part) in self.lanes.iter_mut().zip(hash.lanes) {
            *lane = with(*lane, part);
        }
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lanes.iter().try_for_each(|lane| write!(f, "{lane:016x}"))
    }
}
