//! Sessions that were checked a moment ago, so that a busy till does not ask the database for every
//! sale. Never the truth: at most two seconds old, and emptied whenever something was ended.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use web_rim::token::TokenHash;

use super::moment::Moment;
use super::sessions::Session;
use super::{SignedIn, later};

/// How long a check holds. The command line may revoke a device from another process: this is how
/// long it takes to be felt.
const CHECK_MS_MAX: u64 = 2_000;
/// One session a device, and a site has a few dozen; beyond this all are checked anew.
const SESSIONS_MAX: usize = 4_096;

#[derive(Default)]
pub(super) struct Cache {
    /// A plain lock: it is held for a lookup, never across an await.
    known: RwLock<HashMap<TokenHash, Known>>,
    /// Counts what was ended. A check begun before an end must not be remembered after it.
    ends: AtomicU64,
}

struct Known {
    session: Session,
    device: TokenHash,
    signed_in: SignedIn,
    checked: Moment,
}

impl Cache {
    pub(super) fn find(
        &self,
        session: TokenHash,
        device: TokenHash,
        now: &Moment,
    ) -> Option<SignedIn> {
        let known = self.read();
        let entry = known.get(&session).filter(|entry| entry.device == device)?;
        if now.since(&entry.checked) >= CHECK_MS_MAX {
            return None;
        }
        let left_ms = entry.session.left_ms(now)?;
        Some(SignedIn { expires: later(now.wall, left_ms), ..entry.signed_in.clone() })
    }

    pub(super) fn generation(&self) -> u64 {
        self.ends.load(Ordering::Acquire)
    }

    /// Remembers a check that began at `generation`.
    pub(super) fn keep(
        &self,
        generation: u64,
        session: Session,
        device: TokenHash,
        signed_in: SignedIn,
        now: Moment,
    ) {
        let mut known = self.write();
        if generation != self.generation() {
            return;
        }
        if known.len() >= SESSIONS_MAX {
            known.clear();
        }
        known.insert(session.token, Known { session, device, signed_in, checked: now });
    }

    pub(super) fn forget_all(&self) {
        let mut known = self.write();
        self.ends.fetch_add(1, Ordering::AcqRel);
        known.clear();
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<TokenHash, Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<TokenHash, Known>> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}
