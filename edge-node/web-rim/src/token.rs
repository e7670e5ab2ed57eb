//! Random tokens that stand for a device or a session, and the hashes that are kept of them.
//!
//! A server keeps only the hash: who reads its database cannot sign in with what is found there.
//! The tokens have 256 bits, so a fast hash is enough and nothing can be guessed.

use std::fmt;

use serde::{Deserialize, Serialize};

const TOKEN_BYTES: usize = 32;
const CONTEXT: &str = "omniroute bearer token v1";

/// A secret handed to a browser once. Never logged: its `Debug` shows nothing.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new token from the system's randomness.
    ///
    /// # Errors
    /// When the system has none to give, which no caller can repair.
    pub fn draw() -> Result<Self, NoRandomness> {
        Ok(Self(hex(&random::<TOKEN_BYTES>()?)))
    }

    /// A token as a client sent it, of whatever form: only its hash is ever compared.
    #[must_use]
    pub fn received(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(blake3::derive_key(CONTEXT, self.0.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What is kept of a [`Token`].
///
/// Plain equality is enough: an attacker who times the comparison learns about the hash of a guess,
/// which tells nothing about the token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({}…)", hex(&self.0[..4]))
    }
}

/// The system gave no random bytes.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness(#[source] getrandom::Error);

/// Bytes from the system's generator.
///
/// # Errors
/// When the system has none to give.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(bytes)
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_to_the_same_hash_and_never_shows_itself() {
        let token = Token::draw().unwrap();
        assert_eq!(token.reveal().len(), 64);
        assert_eq!(Token::received(token.reveal()).hash(), token.hash());
        assert_ne!(Token::draw().unwrap().hash(), token.hash());
        assert!(!format!("{token:?}").contains(&token.reveal()[..8]));
        assert!(format!("{:?}", token.hash()).len() < 30);
    }
}
