//! Secrets people remember: how they are judged, hashed and compared.
//!
//! A short PIN falls to anyone who holds its hash, so the hash also needs a pepper that lies in a
//! file outside the database: a stolen database or backup alone can be tried against nothing.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::problem::Problem;
use crate::token::{NoRandomness, random};

mod pepper;
mod rules;

pub use pepper::{Pepper, PepperError};
pub use rules::{Password, Pin, SecretRefused};

/// 19 MiB, two passes, one lane: about 60 ms of one core, and the least that OWASP advises.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;

/// Hashes computed at once: no more than there are cores, for the counter needs them too.
const AT_ONCE_MAX: usize = 2;
/// Hashes computed or waited for. The last one waits about half a second.
const WAITING_MAX: usize = 16;

/// Computes and checks hashes, away from the threads that serve requests, a few at a time.
#[derive(Clone)]
pub struct Hasher {
    pepper: Arc<Pepper>,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// The hash of a secret nobody knows, checked in place of one that does not exist, so that
    /// how long the answer takes does not tell which names exist.
    decoy: Arc<str>,
}

impl Hasher {
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(pepper: Pepper) -> Result<Self, HashError> {
        let decoy = hash_now(&pepper, &random::<SALT_BYTES>()?)?;
        Ok(Self {
            pepper: Arc::new(pepper),
            running: Arc::new(Semaphore::new(AT_ONCE_MAX)),
            waiting: Arc::new(Semaphore::new(WAITING_MAX)),
            decoy: decoy.into(),
        })
    }

    /// The PHC string to keep for `secret`.
    ///
    /// # Errors
    /// When too many are waiting, or the system fails.
    pub async fn hash(&self, secret: String) -> Result<String, HashError> {
        let pepper = self.pepper.clone();
        self.run(move || hash_now(&pepper, secret.as_bytes())).await
    }

    /// Whether `secret` is the one `phc` was made of. `None` takes as long and says no.
    ///
    /// # Errors
    /// When too many are waiting, or `phc` is not a hash of this kind.
    pub async fn verify(&self, secret: String, phc: Option<String>) -> Result<bool, HashError> {
        let (pepper, decoy) = (self.pepper.clone(), self.decoy.clone());
        self.run(move || {
            let known = phc.is_some();
            let phc = phc.as_deref().unwrap_or(&decoy);
            Ok(verify_now(&pepper, secret.as_bytes(), phc)? && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        // Both are owned by the work: a client that hangs up does not free a core still in use.
        let waiting = self.waiting.clone().try_acquire_owned().map_err(|_| HashError::Busy)?;
        let running =
            self.running.clone().acquire_owned().await.map_err(|_| HashError::Interrupted)?;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop((running, waiting));
            result
        })
        .await
        .map_err(|_| HashError::Interrupted)?
    }
}

/// Computes a hash on this thread: for a command line, where nobody waits.
///
/// # Errors
/// When the system gives no random bytes.
pub fn hash_now(pepper: &Pepper, secret: &[u8]) -> Result<String, HashError> {
    let salt = random::<SALT_BYTES>()?;
    let hash = argon2(pepper)?.hash_password_with_salt(secret, &salt).map_err(HashError::Argon2)?;
    Ok(hash.to_string())
}

fn verify_now(pepper: &Pepper, secret: &[u8], phc: &str) -> Result<bool, HashError> {
    let hash = PasswordHash::new(phc).map_err(|_| HashError::NotAHash)?;
    // Compares in constant time.
    match argon2(pepper)?.verify_password(secret, &hash) {
        Ok(()) => Ok(true),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(HashError::Argon2(error)),
    }
}

fn argon2(pepper: &Pepper) -> Result<Argon2<'_>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|_| HashError::Settings)?;
    Argon2::new_with_secret(pepper.bytes(), Algorithm::Argon2id, Version::V0x13, params)
        .map_err(|_| HashError::Settings)
}

/// Why there is no hash, or no verdict.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Bounded on purpose: each costs a core 60 ms and 19 MiB.
    #[error("too many sign-ins at once")]
    Busy,
    #[error("the computation of a hash was interrupted")]
    Interrupted,
    #[error("the stored text is not a password hash")]
    NotAHash,
    #[error("the settings of argon2 are not accepted")]
    Settings,
    #[error("argon2 failed")]
    Argon2(#[source] argon2::password_hash::Error),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl From<HashError> for Problem {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => Self::queue_full("the queue of sign-ins"),
            HashError::Interrupted => Self::stopping(),
            HashError::NotAHash
            | HashError::Settings
            | HashError::Argon2(_)
            | HashError::NoRandomness(_) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pepper(byte: u8) -> Pepper {
        Pepper::from_bytes([byte; 32])
    }

    #[tokio::test]
    async fn a_hash_needs_the_secret_and_the_pepper() {
        let hasher = Hasher::new(pepper(1)).unwrap();
        let phc = hasher.hash("4071".to_owned()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_ne!(phc, hasher.hash("4071".to_owned()).await.unwrap(), "salted");
        assert!(hasher.verify("4071".to_owned(), Some(phc.clone())).await.unwrap());
        assert!(!hasher.verify("4072".to_owned(), Some(phc.clone())).await.unwrap());
        assert!(!hasher.verify("4071".to_owned(), None).await.unwrap());
        let thief = Hasher::new(pepper(2)).unwrap();
        assert!(!thief.verify("4071".to_owned(), Some(phc)).await.unwrap());
        let broken = hasher.verify("4071".to_owned(), Some("plain".to_owned())).await;
        assert!(matches!(broken, Err(HashError::NotAHash)));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_instead_of_growing() {
        let hasher = Hasher::new(pepper(1)).unwrap();
        let held: Vec<_> =
            (0..WAITING_MAX).map(|_| hasher.waiting.clone().try_acquire_owned().unwrap()).collect();
        let refused = hasher.verify("4071".to_owned(), None).await;
        assert!(matches!(refused, Err(HashError::Busy)));
        assert_eq!(Problem::from(HashError::Busy).status(), 429);
        drop(held);
        assert!(!hasher.verify("4071".to_owned(), None).await.unwrap());
    }
}
