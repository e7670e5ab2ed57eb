//! The author's signature over the head of its chain: one Ed25519 (RFC 8032) signature vouches for
//! every entry before it, because each names the hash of its predecessor.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use super::entry::{Hash, Position};

const SEAL_CONTEXT: &[u8] = b"omniroute log seal v1";

/// An author's signature over one entry's hash and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Seal {
    #[n(0)]
    pub position: Position,
    #[n(1)]
    pub hash: Hash,
    #[n(2)]
    pub signature: ByteArray<64>,
}

/// The secret half of an author's identity. It outlives the node's TLS keys.
pub struct AuthorKey(SigningKey);

impl AuthorKey {
    /// From 32 secret bytes drawn by the shell.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(secret))
    }

    #[must_use]
    pub fn public(&self) -> AuthorPublicKey {
        AuthorPublicKey(self.0.verifying_key().to_bytes())
    }

    #[must_use]
    pub fn seal(&self, position: Position, hash: Hash) -> Seal {
        let signature = self.0.sign(&message(position, hash)).to_bytes();
        Seal { position, hash, signature: signature.into() }
    }

    /// Signs bytes for another purpose; `context` keeps the purposes apart.
    #[must_use]
    pub fn sign(&self, context: &[u8], bytes: &[u8]) -> [u8; 64] {
        self.0.sign(&[context, &[0], bytes].concat()).to_bytes()
    }
}

impl std::fmt::Debug for AuthorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthorKey(secret)")
    }
}

/// Who an author is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuthorPublicKey([u8; 32]);

impl AuthorPublicKey {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// # Errors
    /// [`SealBroken`] when the signature is not this author's over exactly this entry.
    pub fn check(&self, seal: &Seal) -> Result<(), SealBroken> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| SealBroken)?;
        let signature = Signature::from_bytes(&seal.signature);
        key.verify_strict(&message(seal.position, seal.hash), &signature).map_err(|_| SealBroken)
    }

    /// # Errors
    /// [`SealBroken`] when the signature is not this author's for this purpose.
    pub fn check_signed(
        &self,
        context: &[u8],
        bytes: &[u8],
        signature: &[u8; 64],
    ) -> Result<(), SealBroken> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| SealBroken)?;
        let signature = Signature::from_bytes(signature);
        key.verify_strict(&[context, &[0], bytes].concat(), &signature).map_err(|_| SealBroken)
    }
}

impl<C> Encode<C> for AuthorPublicKey {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.bytes(&self.0)?.ok()
    }
}

impl<'b, C> Decode<'b, C> for AuthorPublicKey {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        <[u8; 32]>::try_from(d.bytes()?)
            .map(Self)
            .map_err(|_| minicbor::decode::Error::message("an author key has 32 bytes"))
    }
}

fn message(position: Position, hash: Hash) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SEAL_CONTEXT.len() + 16 + 4 + 8 + 32);
    bytes.extend_from_slice(SEAL_CONTEXT);
    bytes.extend_from_slice(position.node.as_uuid().as_bytes());
    bytes.extend_from_slice(&position.epoch.0.to_be_bytes());
    bytes.extend_from_slice(&position.seq.0.to_be_bytes());
    bytes.extend_from_slice(hash.as_bytes());
    bytes
}

/// The signature does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature is not the author's over these bytes")]
pub struct SealBroken;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::NodeId;
    use crate::log::{Epoch, Seq};

    #[test]
    fn a_seal_holds_for_its_entry_and_place_only() {
        let key = AuthorKey::from_secret(&[7; 32]);
        let node = NodeId::new(uuid::Uuid::from_u128(1));
        let position = Position { node, epoch: Epoch(1), seq: Seq(3) };
        let seal = key.seal(position, Hash::of(b"entry"));
        assert!(key.public().check(&seal).is_ok());
        let moved = Seal { position: Position { seq: Seq(4), ..position }, ..seal };
        assert!(key.public().check(&moved).is_err());
        let other = Seal { hash: Hash::of(b"other"), ..seal };
        assert!(key.public().check(&other).is_err());
        assert!(AuthorKey::from_secret(&[8; 32]).public().check(&seal).is_err());
    }
}
