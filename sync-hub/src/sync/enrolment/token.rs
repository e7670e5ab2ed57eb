//! Issues one-time tokens. The hub keeps a hash of the secret part; the text is shown once and kept
//! nowhere.

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use shared_model::enrolment::{SECRET_BYTES, Token};
use shared_model::time::Timestamp;

/// A token that nobody used by then is void.
pub const TOKEN_VALID_MS: i64 = 24 * 60 * 60 * 1000;

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
        text: Token { root_pin, secret, hub_addresses: hub_addresses.to_vec() }.to_text()?,
        hash: hash_of(&secret),
        expires: Timestamp::from_ms(now.ms().saturating_add(TOKEN_VALID_MS)),
    })
}

pub(super) fn hash_of(secret: &[u8; SECRET_BYTES]) -> [u8; 32] {
    Sha256::digest(secret).into()
}
