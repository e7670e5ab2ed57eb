//! How a hub that was killed tells its nodes at once, when they go on talking to its successor,
//! that their links are gone (RFC 9000, 10.3). Without it a node would wait out the idle time.
//!
//! The key has to outlive the process: it is derived from one that is kept.

use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::{CryptoError, HmacKey};
use quinn::{ConnectionId, ConnectionIdGenerator, EndpointConfig};
use subtle::ConstantTimeEq as _;

const TOKENS_CONTEXT: &str = "omniroute 2026-11 sync-hub stateless reset tokens";

/// As many as quinn takes by default.
const CONNECTION_ID_BYTES: usize = 8;

struct ResetKey([u8; 32]);

impl HmacKey for ResetKey {
    fn sign(&self, text: &[u8], signature_out: &mut [u8]) {
        signature_out.copy_from_slice(blake3::keyed_hash(&self.0, text).as_bytes());
    }

    fn signature_len(&self) -> usize {
        blake3::OUT_LEN
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let right = blake3::keyed_hash(&self.0, text);
        if bool::from(right.as_bytes().as_slice().ct_eq(signature)) {
            Ok(())
        } else {
            Err(CryptoError)
        }
    }
}

/// Connections get random ids. The generator that quinn has by default takes only those of its own
/// process for real, and would say nothing to the others.
struct RandomIds;

impl ConnectionIdGenerator for RandomIds {
    fn generate_cid(&mut self) -> ConnectionId {
        let mut id = [0; CONNECTION_ID_BYTES];
        getrandom::fill(&mut id).expect("a system without random numbers has no TLS either");
        ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        CONNECTION_ID_BYTES
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

/// Every process with the same `secret` may say that the connections of the others are gone.
pub(super) fn endpoint_config(secret: &[u8]) -> EndpointConfig {
    let key = ResetKey(blake3::derive_key(TOKENS_CONTEXT, secret));
    let mut config = EndpointConfig::new(Arc::new(key));
    config.cid_generator(|| Box::new(RandomIds));
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_in_the_next_process_and_no_other_hub_s() {
        let token = |secret: &[u8]| {
            let key = ResetKey(blake3::derive_key(TOKENS_CONTEXT, secret));
            let mut token = vec![0; key.signature_len()];
            key.sign(b"a connection", &mut token);
            assert!(key.verify(b"a connection", &token).is_ok());
            assert!(key.verify(b"another one", &token).is_err());
            assert!(key.verify(b"a connection", &token[1..]).is_err());
            token
        };
        assert_eq!(token(b"kept"), token(b"kept"));
        assert_ne!(token(b"kept"), token(b"made anew"));
    }
}
