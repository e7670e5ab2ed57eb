//! Signing in: charge a try, check the PIN, begin a session.

use rusqlite::Connection;
use shared_model::id::StaffId;
use shared_model::staff::Staff;
use web_rim::lockout::{Tries, whole_seconds};
use web_rim::secret::HashError;
use web_rim::token::{NoRandomness, Token};

use super::devices::DeviceId;
use super::moment::Moment;
use super::sessions::{self, Session};
use super::{FindStaff, Identity, SignedIn, credentials, later, tries};
use crate::store::StoreError;

/// What is found before the PIN is looked at.
enum Charged {
    /// No such person, not active, or without a PIN: nothing to lock, nothing to tell.
    Unknown,
    Pause {
        wait_ms: u64,
    },
    Try {
        person: Staff,
        phc: String,
        tries: Tries,
    },
}

impl Identity {
    /// Signs a person in on a paired device, by the PIN.
    ///
    /// # Errors
    /// [`SignInError`].
    pub async fn sign_in(
        &self,
        device: DeviceId,
        staff: StaffId,
        pin: String,
        now: Moment,
    ) -> Result<(Token, SignedIn), SignInError> {
        let find_staff = self.0.find_staff;
        let at = now.clone();
        let charged =
            self.0.store.write_local(move |db| charge(db, find_staff, device, staff, &at)).await?;
        let (person, phc, tries) = match charged {
            Charged::Try { person, phc, tries } => (Some(person), Some(phc), tries),
            Charged::Unknown => (None, None, Tries { charged: 1, pause_ms: 0 }),
            Charged::Pause { wait_ms } => {
                return Err(SignInError::LockedOut { wait_s: whole_seconds(wait_ms) });
            }
        };
        let right = self.0.hasher.verify(pin, phc.clone()).await?;
        let begun = match person {
            Some(person) if right => self.begin(device, person, phc, now).await?,
            _ => None,
        };
        begun.ok_or(SignInError::WrongPin { tries_left: tries.left() })
    }

    /// `None` when the PIN was changed while it was being checked.
    async fn begin(
        &self,
        device: DeviceId,
        person: Staff,
        checked: Option<String>,
        now: Moment,
    ) -> Result<Option<(Token, SignedIn)>, SignInError> {
        let token = Token::draw()?;
        let session = Session {
            token: token.hash(),
            staff: person.staff,
            device,
            started: now.clone(),
            used: now.clone(),
        };
        let signed_in = SignedIn {
            staff: person.staff,
            name: person.name.into(),
            role: person.role,
            device,
            session: session.token,
            expires: later(now.wall, session.left_ms(&now).unwrap_or(0)),
        };
        let begin = move |db: &rusqlite::Transaction<'_>| {
            if credentials::phc(db, session.staff)? != checked {
                return Ok(false);
            }
            tries::forgive(db, session.staff, device)?;
            sessions::begin(db, &session)?;
            Ok(true)
        };
        Ok(self.change(begin).await?.then_some((token, signed_in)))
    }
}

fn charge(
    db: &Connection,
    find_staff: FindStaff,
    device: DeviceId,
    staff: StaffId,
    now: &Moment,
) -> Result<Charged, StoreError> {
    // Only people who could sign in are charged: made-up ids must not fill the disk.
    let person = find_staff(db, staff)?.filter(|person| person.active);
    let (Some(person), Some(phc)) = (person, credentials::phc(db, staff)?) else {
        return Ok(Charged::Unknown);
    };
    Ok(match tries::charge(db, staff, device, now)? {
        Ok(tries) => Charged::Try { person, phc, tries },
        Err(wait_ms) => Charged::Pause { wait_ms },
    })
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("the PIN does not fit")]
    WrongPin { tries_left: u32 },
    #[error("too many wrong tries")]
    LockedOut { wait_s: u64 },
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}
