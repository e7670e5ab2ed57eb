//! Who may use this depot's pages, decided on the box alone: devices that were paired, PINs that
//! are hashed with a pepper kept outside the database, sessions bound to a device.
//!
//! Nothing here enters the log or leaves the box. What a role may do is not known here. The
//! submodules are functions over one database connection, so that the command line can use them
//! without a server; [`Identity`] is what a server holds.

pub mod credentials;
pub mod devices;
pub mod moment;
pub mod sessions;
pub mod tries;

mod cache;
mod sign_in;

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use shared_model::id::StaffId;
use shared_model::staff::{Role, Staff};
use shared_model::time::Timestamp;
use uuid::Builder;
use web_rim::lockout::whole_seconds;
use web_rim::secret::{HashError, Hasher, Pin};
use web_rim::token::{NoRandomness, Token, TokenHash, random};

use crate::store::{Store, StoreError};
use cache::Cache;
use devices::{Device, DeviceId, PairingCode};
use moment::Moment;
use sessions::Session;

pub use sign_in::SignInError;

/// How identity finds a person in the projections, whose tables it does not know.
pub type FindStaff = fn(&Connection, StaffId) -> Result<Option<Staff>, StoreError>;

/// How long after its last use a session is written down again. A restart loses no more than this.
const WRITE_DOWN_AFTER_MS: u64 = 5 * 60_000;
/// Wrong pairing codes, from anybody, within [`GUESSES_WINDOW_MS`]. Anyone on the LAN may try.
const GUESSES_MAX: u32 = 30;
const GUESSES_WINDOW_MS: u64 = 60_000;

/// Somebody who is signed in, as checked against the database no longer than two seconds ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub staff: StaffId,
    pub name: Arc<str>,
    pub role: Role,
    pub device: DeviceId,
    pub session: TokenHash,
    /// When the session ends if it is not used again.
    pub expires: Timestamp,
}

/// What a server knows about who is who. Cheap to clone.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    store: Store,
    hasher: Hasher,
    find_staff: FindStaff,
    cache: Cache,
    guesses: Mutex<Guesses>,
}

#[derive(Debug, Default)]
struct Guesses {
    wrong: u32,
    since_ms: u64,
}

impl Identity {
    #[must_use]
    pub fn new(store: Store, hasher: Hasher, find_staff: FindStaff) -> Self {
        let (cache, guesses) = (Cache::default(), Mutex::default());
        Self(Arc::new(Inner { store, hasher, find_staff, cache, guesses }))
    }

    /// Pairs a new device by a one-time code and returns what its browser is to keep.
    ///
    /// # Errors
    /// [`PairError`].
    pub async fn pair(
        &self,
        code: Option<PairingCode>,
        name: String,
        now: Moment,
    ) -> Result<Token, PairError> {
        self.may_guess(&now)?;
        let token = Token::draw()?;
        let device = Device {
            device: DeviceId::new(Builder::from_random_bytes(random()?).into_uuid()),
            name,
            paired: now.wall,
            revoked: None,
        };
        let (hash, at) = (token.hash(), now.clone());
        let paired = match code {
            Some(code) => {
                let redeem = move |db: &rusqlite::Transaction<'_>| {
                    Ok(devices::redeem(db, &code, &device, hash, &at)?)
                };
                self.0.store.write_local(redeem).await?
            }
            None => false,
        };
        if !paired {
            self.count_guess(&now);
            return Err(PairError::NoSuchCode);
        }
        Ok(token)
    }

    /// The hash to keep of a new PIN.
    ///
    /// # Errors
    /// When too many hashes are being computed.
    pub async fn hash_pin(&self, pin: &Pin) -> Result<String, HashError> {
        self.0.hasher.hash(pin.reveal().to_owned()).await
    }

    fn may_guess(&self, now: &Moment) -> Result<(), PairError> {
        let guesses = self.0.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        let wait_ms =
            GUESSES_WINDOW_MS.saturating_sub(now.uptime_ms.saturating_sub(guesses.since_ms));
        if guesses.wrong >= GUESSES_MAX && wait_ms > 0 {
            return Err(PairError::TooManyGuesses { wait_s: whole_seconds(wait_ms) });
        }
        Ok(())
    }

    fn count_guess(&self, now: &Moment) {
        let mut guesses = self.0.guesses.lock().unwrap_or_else(PoisonError::into_inner);
        if now.uptime_ms.saturating_sub(guesses.since_ms) >= GUESSES_WINDOW_MS {
            *guesses = Guesses { wrong: 0, since_ms: now.uptime_ms };
        }
        guesses.wrong += 1;
    }

    /// The paired device that holds this token.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn device(&self, token: &Token) -> Result<Option<DeviceId>, StoreError> {
        let hash = token.hash();
        self.0.store.read(move |db| Ok(devices::by_token(db, hash)?)).await
    }

    /// Who is signed in by these two tokens.
    ///
    /// # Errors
    /// When the store fails. Nobody is `None`.
    pub async fn who(
        &self,
        session: &Token,
        device: &Token,
        now: Moment,
    ) -> Result<Option<SignedIn>, StoreError> {
        let (session, device) = (session.hash(), device.hash());
        if let Some(signed_in) = self.0.cache.find(session, device, &now) {
            return Ok(Some(signed_in));
        }
        let find_staff = self.0.find_staff;
        let generation = self.0.cache.generation();
        let found = self.0.store.read(move |db| load(db, find_staff, session, device)).await?;
        let Some((mut found, person)) = found else {
            return Ok(None);
        };
        if found.left_ms(&now).is_none() {
            return Ok(None);
        }
        if now.since(&found.used) >= WRITE_DOWN_AFTER_MS {
            self.write_down_use(session, now.clone()).await;
        }
        found.used = now.clone();
        let left_ms = found.left_ms(&now).unwrap_or(0);
        let signed_in = SignedIn {
            staff: person.staff,
            name: person.name.into(),
            role: person.role,
            device: found.device,
            session,
            expires: later(now.wall, left_ms),
        };
        self.0.cache.keep(generation, found, device, signed_in.clone(), now);
        Ok(Some(signed_in))
    }

    /// As [`Identity::who`], but looks at the database itself and does not count as a use: an open
    /// page must not keep a session alive that nobody works in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_signed_in(
        &self,
        session: &Token,
        device: &Token,
        now: Moment,
    ) -> Result<bool, StoreError> {
        let (session, device) = (session.hash(), device.hash());
        let find_staff = self.0.find_staff;
        let found = self.0.store.read(move |db| load(db, find_staff, session, device)).await?;
        Ok(found.is_some_and(|(session, _)| session.left_ms(&now).is_some()))
    }

    /// A full disk must not sign people out: what was not written down is only forgotten earlier.
    async fn write_down_use(&self, session: TokenHash, now: Moment) {
        let written =
            self.0.store.write_local(move |db| Ok(sessions::touch(db, session, &now)?)).await;
        if let Err(error) = written {
            tracing::debug!(%error, "the use of a session was not written down");
        }
    }

    /// Ends one session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, session: &Token) -> Result<(), StoreError> {
        let hash = session.hash();
        self.change(move |db| Ok(sessions::end(db, hash)?)).await
    }

    /// Shuts a device out at once. `false`: there is no such device.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn revoke_device(
        &self,
        device: DeviceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.change(move |db| Ok(devices::revoke(db, device, now)?)).await
    }

    /// All devices ever paired.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.0.store.read(|db| Ok(devices::list(db)?)).await
    }

    /// Lets a person try again at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn unlock(&self, staff: StaffId) -> Result<(), StoreError> {
        self.0.store.write_local(move |db| Ok(tries::reset(db, staff)?)).await
    }

    /// Writes, then forgets what was remembered: what was just ended must not live on in memory.
    async fn change<T: Send + 'static>(
        &self,
        write: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let done = self.0.store.write_local(write).await;
        self.0.cache.forget_all();
        done
    }
}

/// A session of an active person on a device that is not revoked.
fn load(
    db: &Connection,
    find_staff: FindStaff,
    session: TokenHash,
    device: TokenHash,
) -> Result<Option<(Session, Staff)>, StoreError> {
    let Some(session) = sessions::find(db, session, device)? else {
        return Ok(None);
    };
    let person = find_staff(db, session.staff)?.filter(|person| person.active);
    Ok(person.map(|person| (session, person)))
}

fn later(from: Timestamp, by_ms: u64) -> Timestamp {
    Timestamp::from_ms(from.ms().saturating_add(i64::try_from(by_ms).unwrap_or(i64::MAX)))
}

/// Why a device was not paired.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    #[error("there is no such code, or it was used, or it is older than 15 minutes")]
    NoSuchCode,
    #[error("too many wrong codes")]
    TooManyGuesses { wait_s: u64 },
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
