//! Ed25519 (RFC 8032) over the exact bytes of a manifest. Keys are bytes here; where they are kept is the
//! shell's business.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};

use crate::hash::Sha256Hash;
use crate::reading;
use crate::refused::Refused;

pub const SIGNATURE_FILE_BYTES_MAX: u64 = 1_024;

/// SHA-256 of this phrase is the secret of the key that signs the models in `models/artefacts`. Everybody
/// has it: it shows that the bytes are whole, not who made them. A region signs with a key of its own.
pub const DEVELOPMENT_KEY_PHRASE: &str = "omniroute development model key: public on purpose";

/// Before the signed bytes, so that a signature over something else is none over a manifest.
const PURPOSE: &[u8] = b"omniroute model manifest v1\0";
const PART: &str = "manifest.sig";

/// Who may publish models.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

/// Not 64 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a publisher's key is written as 64 lower-case hex digits")]
pub struct NotAKey;

impl PublicKey {
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Of the key that everybody has: for demonstrations and tests alone.
    #[must_use]
    pub fn development() -> Self {
        SigningKey::development().public()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| NotAKey)?;
        <[u8; 32]>::try_from(bytes).map(Self).map_err(|_| NotAKey)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> Self {
        key.to_string()
    }
}

/// The keys a node believes: today's, and the one that comes after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PinnedKeys {
    pub current: PublicKey,
    pub next: Option<PublicKey>,
}

impl PinnedKeys {
    #[must_use]
    pub fn holds(&self, key: &PublicKey) -> bool {
        self.current == *key || self.next.as_ref() == Some(key)
    }
}

/// The secret half of a publisher's key.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// From 32 secret bytes drawn by the shell.
    #[must_use]
    pub fn from_secret(secret: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(secret))
    }

    /// The key that everybody has: see [`DEVELOPMENT_KEY_PHRASE`].
    #[must_use]
    pub fn development() -> Self {
        Self::from_secret(Sha256Hash::of(DEVELOPMENT_KEY_PHRASE.as_bytes()).as_bytes())
    }

    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// The bytes of `manifest.sig` for these exact bytes of `manifest.json`.
    #[must_use]
    pub fn sign_manifest(&self, manifest: &[u8]) -> Vec<u8> {
        let signature = self.0.sign(&[PURPOSE, manifest].concat());
        let signature = HEXLOWER.encode(&signature.to_bytes());
        format!("{{\"key\":\"{}\",\"signature\":\"{signature}\"}}\n", self.public()).into_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(secret)")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignatureFile {
    key: PublicKey,
    signature: String,
}

/// Which pinned key signed the manifest.
///
/// # Errors
/// [`Refused::Malformed`], [`Refused::KeyNotPinned`] or [`Refused::SignatureWrong`].
pub(crate) fn check(
    manifest: &[u8],
    signature_file: &[u8],
    pinned: &PinnedKeys,
) -> Result<PublicKey, Refused> {
    let file: SignatureFile = reading::typed(PART, signature_file, SIGNATURE_FILE_BYTES_MAX)?;
    if !pinned.holds(&file.key) {
        return Err(Refused::KeyNotPinned { key: file.key.to_string() });
    }
    let signature = HEXLOWER.decode(file.signature.as_bytes()).ok();
    let signature = signature
        .and_then(|bytes| <[u8; 64]>::try_from(bytes).ok())
        .ok_or_else(|| Refused::field(PART, "signature", "is not 128 lower-case hex digits"))?;
    let wrong = |_| Refused::SignatureWrong { part: "manifest.json" };
    let key = ed25519_dalek::VerifyingKey::from_bytes(file.key.as_bytes()).map_err(wrong)?;
    let signature = ed25519_dalek::Signature::from_bytes(&signature);
    key.verify_strict(&[PURPOSE, manifest].concat(), &signature).map_err(wrong)?;
    Ok(file.key)
}
