//! Which versions of one model a depot has in use: a state machine over plain values. It decides;
//! the shell keeps the files and switches the pointer.
//!
//! A version is held here only once all its checks passed. `active` answers, `shadow` is asked the
//! same and not heard, `previous` is kept to go back to without a network.

use serde::{Deserialize, Serialize};

use super::announcement::{Announcement, Step};
use crate::blob::BlobId;

/// Manifests remembered as those the depot went back from.
pub const BARRED_MAX: usize = 16;

/// A version whose bundle is here and sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Held {
    pub version: u32,
    pub manifest: BlobId,
    /// The first day, since 1970-01-01 UTC, on which it may not be used any more.
    pub expires_day: u32,
}

/// One model's life at a depot.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Life {
    pub active: Option<Held>,
    pub previous: Option<Held>,
    pub shadow: Option<Held>,
    pub paused: bool,
    /// The last order of the hub that was obeyed or refused.
    pub order: u64,
    /// Why that order was refused.
    pub refusal: Option<String>,
    /// The newest version that was ever in use: older ones come only by a signed rollback.
    pub newest: u32,
    /// What the depot went back from by itself.
    pub barred: Vec<BlobId>,
    /// Times it did.
    pub rollbacks: u32,
}

/// Why a version cannot take a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error(
        "version {version} is older than version {newest}, which was in use; remedy: have the hub \
         order a rollback, which it signs"
    )]
    Older { version: u32, newest: u32 },
    #[error(
        "version {version} is another bundle than the one of that number that was in use; remedy: \
         give it a new version"
    )]
    OtherManifest { version: u32 },
    #[error(
        "this depot went back from version {version} and does not take it up again by itself; remedy: \
         publish a better version, or have the hub order a rollback to it"
    )]
    Barred { version: u32 },
    #[error("version {version} is in use already; remedy: try another one")]
    InUse { version: u32 },
    #[error("version {version} expired; remedy: publish a version trained since")]
    Expired { version: u32 },
    #[error("there is no earlier version to go back to; remedy: have the hub order a rollback")]
    NothingBefore,
    #[error("the bundle of version {version} is not here")]
    NotHere { version: u32 },
}

/// Why the baseline answers and not a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Silent {
    #[error("no version is active")]
    NoneActive,
    #[error("the region paused it")]
    Paused,
    #[error("version {version} expired")]
    Expired { version: u32 },
}

impl Held {
    #[must_use]
    pub const fn is_expired(&self, today: u32) -> bool {
        today >= self.expires_day
    }
}

impl Life {
    /// Who answers today.
    ///
    /// # Errors
    /// [`Silent`]: the baseline does, and why.
    pub fn answering(&self, today: u32) -> Result<Held, Silent> {
        let active = self.active.ok_or(Silent::NoneActive)?;
        if self.paused {
            return Err(Silent::Paused);
        }
        if active.is_expired(today) {
            return Err(Silent::Expired { version: active.version });
        }
        Ok(active)
    }

    /// Runs a version silently.
    ///
    /// # Errors
    /// [`Unfit`]; nothing changes.
    pub fn shadow(&self, held: Held, today: u32) -> Result<Self, Unfit> {
        self.may_run(held, today)?;
        if self.active.is_some_and(|active| active.manifest == held.manifest) {
            return Err(Unfit::InUse { version: held.version });
        }
        Ok(Self { shadow: Some(held), ..self.clone() })
    }

    /// Puts a version in use, and keeps the one before.
    ///
    /// # Errors
    /// [`Unfit`]; nothing changes.
    pub fn activate(&self, held: Held, today: u32) -> Result<Self, Unfit> {
        self.may_run(held, today)?;
        if let Some(same) = self.active.filter(|active| active.version == held.version) {
            if same.manifest != held.manifest {
                return Err(Unfit::OtherManifest { version: held.version });
            }
            return Ok(Self { paused: false, ..self.clone() });
        }
        if held.version < self.newest {
            return Err(Unfit::Older { version: held.version, newest: self.newest });
        }
        Ok(self.put_in_use(held))
    }

    /// Puts any version in use, for the hub signed that it is to be so.
    ///
    /// # Errors
    /// [`Unfit::Expired`]; nothing changes.
    pub fn roll_back_to(&self, held: Held, today: u32) -> Result<Self, Unfit> {
        if held.is_expired(today) {
            return Err(Unfit::Expired { version: held.version });
        }
        let barred = self.barred.iter().copied().filter(|barred| *barred != held.manifest);
        let life = Self { barred: barred.collect(), ..self.clone() };
        if self.active.is_some_and(|active| active.manifest == held.manifest) {
            return Ok(Self { paused: false, ..life });
        }
        // What the hub sent back must not return by a local rollback.
        Ok(Self { previous: None, ..life.put_in_use(held) })
    }

    /// Goes back to the version before, or to the baseline where there is none that may be used;
    /// the version left is barred.
    ///
    /// # Errors
    /// [`Unfit::NothingBefore`] when no version is in use.
    pub fn roll_back(&self, today: u32) -> Result<Self, Unfit> {
        let left = self.active.ok_or(Unfit::NothingBefore)?;
        let mut life = self.clone();
        life.active = self.previous.filter(|held| {
            !held.is_expired(today) && !self.barred.contains(&held.manifest) && *held != left
        });
        life.previous = None;
        life.shadow = self.shadow.filter(|shadow| Some(*shadow) != life.active);
        life.rollbacks = self.rollbacks.saturating_add(1);
        life.bar(left.manifest);
        Ok(life)
    }

    /// Ends a trial; the version may be tried or used again.
    #[must_use]
    pub fn end_shadow(&self) -> Self {
        Self { shadow: None, ..self.clone() }
    }

    /// Carries out an order of the hub. `held` is the bundle it names, once it is here and sound;
    /// pausing needs none. What was obeyed or refused before changes nothing.
    ///
    /// # Errors
    /// [`Unfit`]: to be noted with [`Life::refuse`], or tried again once the bundle is here.
    pub fn obey(
        &self,
        order: &Announcement,
        held: Option<Held>,
        today: u32,
    ) -> Result<Self, Unfit> {
        if order.number <= self.order {
            return Ok(self.clone());
        }
        let held = held.ok_or(Unfit::NotHere { version: order.version });
        let mut life = match order.step {
            Step::Shadow => match self.shadow(held?, today) {
                // It was put in use here before the order to try it arrived.
                Err(Unfit::InUse { .. }) => Ok(self.clone()),
                tried => tried,
            },
            Step::Activate => self.activate(held?, today),
            // A depot that missed the way back in between must come to the same.
            Step::Resume | Step::Rollback => self.roll_back_to(held?, today),
            Step::Pause => Ok(Self { paused: true, ..self.clone() }),
        }?;
        life.order = order.number;
        life.refusal = None;
        Ok(life)
    }

    /// Notes that an order was refused, and why: it is not tried again.
    #[must_use]
    pub fn refuse(&self, order: &Announcement, reason: &str) -> Self {
        Self { order: order.number, refusal: Some(reason.to_owned()), ..self.clone() }
    }

    /// Every bundle that must stay on the disk.
    pub fn kept(&self) -> impl Iterator<Item = Held> + '_ {
        [self.active, self.previous, self.shadow].into_iter().flatten()
    }

    /// The orders still to be carried out, in turn, without those that a later one makes moot.
    #[must_use]
    pub fn outstanding<'o>(&self, orders: &'o [Announcement]) -> Vec<&'o Announcement> {
        let mut left: Vec<&Announcement> =
            orders.iter().filter(|order| order.number > self.order).collect();
        left.sort_by_key(|order| order.number);
        let last_use = left.iter().rposition(|order| order.step.puts_in_use());
        let last_try = left.iter().rposition(|order| order.step == Step::Shadow);
        let moot = |at: usize, order: &Announcement| match order.step {
            Step::Activate | Step::Resume | Step::Rollback | Step::Pause => {
                last_use.is_some_and(|last| at < last)
            }
            Step::Shadow => last_try.is_some_and(|last| at < last),
        };
        let kept = left.iter().enumerate().filter(|(at, order)| !moot(*at, order));
        kept.map(|(_, order)| *order).collect()
    }

    fn may_run(&self, held: Held, today: u32) -> Result<(), Unfit> {
        if self.barred.contains(&held.manifest) {
            return Err(Unfit::Barred { version: held.version });
        }
        if held.is_expired(today) {
            return Err(Unfit::Expired { version: held.version });
        }
        Ok(())
    }

    fn put_in_use(&self, held: Held) -> Self {
        Self {
            active: Some(held),
            previous: self.active,
            shadow: self.shadow.filter(|shadow| shadow.manifest != held.manifest),
            paused: false,
            newest: self.newest.max(held.version),
            ..self.clone()
        }
    }

    fn bar(&mut self, manifest: BlobId) {
        self.barred.retain(|barred| *barred != manifest);
        self.barred.push(manifest);
        if self.barred.len() > BARRED_MAX {
            self.barred.remove(0);
        }
    }
}

impl Step {
    /// Whether the step says which version answers.
    #[must_use]
    pub const fn puts_in_use(self) -> bool {
        matches!(self, Self::Activate | Self::Resume | Self::Rollback)
    }
}

#[cfg(test)]
mod tests;
