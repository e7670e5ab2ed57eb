//! The one-time token that a person carries from the hub to a new box.
//!
//! The text tells where the hub is and by which root to know it. The hub keeps a hash of its
//! secret part; the text itself is shown once and kept nowhere.

use anyhow::Context as _;
use data_encoding::{Encoding, Specification};
use sha2::{Digest as _, Sha256};
use shared_model::time::Timestamp;

/// A token that nobody used by then is void.
pub const TOKEN_VALID_MS: i64 = 24 * 60 * 60 * 1000;

const TOKEN_VERSION: u8 = 1;
pub(super) const SECRET_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 4;

/// A token as it is handed out. The text is shown once and kept nowhere.
pub struct IssuedToken {
    pub text: String,
    /// What the registry keeps of it.
    pub hash: [u8; 32],
    pub expires: Timestamp,
}

/// Makes a token that tells a box where its hub is and by which root to know it.
///
/// # Errors
/// When an address is too long to fit, or the system has no randomness.
pub fn issue_token(
    root_pin: [u8; 32],
    hub_addresses: &[String],
    now: Timestamp,
) -> anyhow::Result<IssuedToken> {
    let mut secret = [0; SECRET_BYTES];
    getrandom::fill(&mut secret).context("drawing a token")?;
    Ok(IssuedToken {
        text: token_text(root_pin, secret, hub_addresses)?,
        hash: hash_of(&secret),
        expires: Timestamp::from_ms(now.ms().saturating_add(TOKEN_VALID_MS)),
    })
}

pub(super) fn hash_of(secret: &[u8; SECRET_BYTES]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

fn token_text(
    root_pin: [u8; 32],
    secret: [u8; SECRET_BYTES],
    hub_addresses: &[String],
) -> anyhow::Result<String> {
    let mut bytes = vec![TOKEN_VERSION];
    bytes.extend_from_slice(&root_pin);
    bytes.extend_from_slice(&secret);
    bytes.push(u8::try_from(hub_addresses.len()).context("too many addresses of the hub")?);
    for address in hub_addresses {
        let length = u8::try_from(address.len());
        bytes.push(length.with_context(|| format!("the address {address} is too long"))?);
        bytes.extend_from_slice(address.as_bytes());
    }
    let checksum = blake3::hash(&bytes);
    bytes.extend_from_slice(&checksum.as_bytes()[..CHECKSUM_BYTES]);
    Ok(token_alphabet().encode(&bytes))
}

/// Crockford's base 32: without letters that are taken for digits, and small in a QR code.
fn token_alphabet() -> Encoding {
    let mut alphabet = Specification::new();
    alphabet
        .symbols
        .push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    alphabet.encoding().expect("32 distinct symbols")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `edge-node` reads the same text in its own test: change neither without the other.
    #[test]
    fn the_text_of_a_token_is_fixed() {
        let addresses = ["hub.example:7443".to_owned(), "10.0.0.1:7443".to_owned()];
        let text = token_text([0xab; 32], [0xcd; 16], &addresses).unwrap();
        assert_eq!(
            text,
            "06NTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQAXBNENTQKEDSQ6WVKEDSQ6WVKEDSQ6WVK8221M7ARHE\
             CNW62VBGDHJKMDSM6GSGTC9G5RR2WC1E64X3ED1M6CJR27Q0"
        );
    }
}
