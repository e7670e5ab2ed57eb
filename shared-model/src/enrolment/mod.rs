//! How a box becomes a node of a region: what is carried, asked, proved and answered.
//!
//! The messages are CBOR with numbered fields: a number never changes its meaning, and what is new
//! gets a new one. Whether a request is granted is for the hub to decide, not for this module.

mod token;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

pub use token::{SECRET_BYTES, Token, TokenError};

use crate::id::NodeId;
use crate::log::AuthorPublicKey;
use crate::time::Timestamp;

/// For [`crate::log::AuthorKey::sign`]: keeps these signatures apart from all others of the key.
pub const SIGNING_CONTEXT: &[u8] = b"omniroute enrolment v1";

/// The word of a refusal that no trying again helps against: a person shut the node out.
pub const NODE_REVOKED: &str = "node-revoked";

const ENROLMENT_CONTEXT: &str = "omniroute enrolment proof v1";
const RENEWAL_CONTEXT: &str = "omniroute renewal proof v1";

/// What a box asks.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Ask {
    #[n(0)]
    Enrol(#[n(0)] EnrolmentRequest),
    #[n(1)]
    Renew(#[n(0)] RenewalRequest),
}

/// From a new box with a token.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolmentRequest {
    #[cbor(n(0), with = "minicbor::bytes")]
    pub secret: [u8; SECRET_BYTES],
    #[n(1)]
    pub node: NodeId,
    #[n(2)]
    pub site: String,
    #[cbor(n(3), with = "minicbor::bytes")]
    pub csr: Vec<u8>,
    #[cbor(n(4), with = "minicbor::bytes")]
    pub author_public_key: [u8; 32],
    #[cbor(n(5), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// From a node whose certificate ages, or has already run out.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RenewalRequest {
    #[n(0)]
    pub node: NodeId,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub csr: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    pub author_public_key: [u8; 32],
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: [u8; 64],
}

/// What the hub answers.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Answer {
    #[n(0)]
    Granted(#[n(0)] EnrolmentGrant),
    #[n(1)]
    Refused(#[n(0)] EnrolmentRefused),
    #[n(2)]
    Renewed(#[n(0)] RenewalGrant),
}

/// Everything a new node needs.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolmentGrant {
    #[n(0)]
    pub chain: Vec<ByteVec>,
    #[cbor(n(1), with = "minicbor::bytes")]
    pub root: Vec<u8>,
    #[n(2)]
    pub hub_addresses: Vec<String>,
    #[n(3)]
    pub region: String,
    #[n(4)]
    pub site: String,
    #[n(5)]
    pub entity: String,
    #[n(6)]
    pub hub_node: NodeId,
    #[cbor(n(7), with = "minicbor::bytes")]
    pub hub_author_public_key: [u8; 32],
    #[n(8)]
    pub hub_now: Timestamp,
}

/// Why not, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EnrolmentRefused {
    #[n(0)]
    pub code: String,
    #[n(1)]
    pub reason: String,
    #[n(2)]
    pub remedy: String,
}

/// A fresh certificate.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RenewalGrant {
    #[n(0)]
    pub chain: Vec<ByteVec>,
    #[n(1)]
    pub hub_addresses: Vec<String>,
    #[n(2)]
    pub hub_now: Timestamp,
}

/// What the author key signs to enrol: the token, so that nobody who saw a key can enrol it, and
/// the request for a certificate, so that nobody on the way can put in another one.
#[must_use]
pub fn enrolment_proof(secret: &[u8; SECRET_BYTES], csr: &[u8], node: NodeId) -> [u8; 32] {
    proof(ENROLMENT_CONTEXT, secret, csr, node)
}

/// What the author key signs to renew. `binding` is known only to the two ends of one connection:
/// a request that was overheard on another proves nothing.
#[must_use]
pub fn renewal_proof(binding: &[u8; 32], csr: &[u8], node: NodeId) -> [u8; 32] {
    proof(RENEWAL_CONTEXT, binding, csr, node)
}

/// Whether the author key signed `proof`.
#[must_use]
pub fn proves(proof: &[u8; 32], author_public_key: &[u8; 32], signature: &[u8; 64]) -> bool {
    let author = AuthorPublicKey::from_bytes(*author_public_key);
    author.check_signed(SIGNING_CONTEXT, proof, signature).is_ok()
}

/// All parts but the middle one have a fixed length, so no two requests look alike.
fn proof(context: &str, first: &[u8], csr: &[u8], node: NodeId) -> [u8; 32] {
    *blake3::Hasher::new_derive_key(context)
        .update(first)
        .update(csr)
        .update(node.as_uuid().as_bytes())
        .finalize()
        .as_bytes()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::log::AuthorKey;

    #[test]
    fn a_proof_holds_for_one_key_one_token_one_request_and_one_node() {
        let key = AuthorKey::from_secret(&[5; 32]);
        let author = *key.public().as_bytes();
        let node = |number| NodeId::new(Uuid::from_u128(number));
        let signed = enrolment_proof(&[1; 16], b"request", node(1));
        let signature = key.sign(SIGNING_CONTEXT, &signed);
        assert!(proves(&signed, &author, &signature));
        let others = [
            enrolment_proof(&[2; 16], b"request", node(1)),
            enrolment_proof(&[1; 16], b"another", node(1)),
            enrolment_proof(&[1; 16], b"request", node(2)),
            renewal_proof(&[1; 32], b"request", node(1)),
        ];
        for other in others {
            assert!(!proves(&other, &author, &signature));
        }
        let stranger = *AuthorKey::from_secret(&[6; 32]).public().as_bytes();
        assert!(!proves(&signed, &stranger, &signature));
    }

    /// Boxes of any age speak these bytes: a change here is a new protocol.
    #[test]
    fn the_bytes_of_a_request_are_fixed() {
        let ask = Ask::Enrol(EnrolmentRequest {
            secret: [1; 16],
            node: NodeId::new(Uuid::from_u128(2)),
            site: "NBO-1".to_owned(),
            csr: vec![3, 3],
            author_public_key: [4; 32],
            signature: [5; 64],
        });
        let bytes = minicbor::to_vec(&ask).unwrap();
        let hash = blake3::hash(&bytes);
        assert_eq!((bytes.len(), &hash.to_hex()[..16]), (153, "c8ca6937df2df519"));
        assert_eq!(minicbor::decode::<Ask>(&bytes).unwrap(), ask);
    }
}
