//! Carrying out the hub's orders: fetch what is missing, check all of it, then switch the pointer.
//! Idempotent: it goes by what is on the disk and in the log, and may be cut anywhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use inference::Failure;
use model_bundle::manifest::Kind;
use model_bundle::{Day, PinnedKeys, Sha256Hash, Verified};
use rusqlite::Connection;
use shared_model::blob::BlobId;
use shared_model::id::ModelCode;
use shared_model::inference::{Announcement, Held, Life, PublishedModel, State, Step, Unfit};

use super::blobs::Blobs;
use super::bundles::{self, Bundle, Wanted};
use super::pointers::PointersError;
use super::records::Records;
use super::runner::{Role, is_doubtful, is_models_fault};
use super::service::{Models, Ready, Standing, locked};
use crate::store::{Meta, StoreError};

/// Times that a bundle may be too slow to load, or end its worker, before it is refused.
const LOAD_TRIES_MAX: u32 = 3;

/// Why a look at the orders ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum ObeyError {
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Pointers(#[from] PointersError),
    #[error("files of models: {0}")]
    Files(#[from] std::io::Error),
}

/// How an order fared.
enum Fared {
    Done,
    /// These blobs are needed first.
    Waits(Vec<Wanted>),
    /// Not now, for this reason.
    Later(String),
}

/// Why loading did not do.
enum NotLoaded {
    ForGood(String),
    Later(String),
}

/// What one look finds out.
#[derive(Default)]
struct Look {
    wanted: Vec<Wanted>,
    keep: BTreeSet<BlobId>,
    under_way: BTreeMap<ModelCode, Standing>,
}

impl Look {
    fn fetch(&mut self, model: &ModelCode, missing: Vec<Wanted>, blobs: &Blobs) {
        let left = |wanted: &Wanted| wanted.bytes.saturating_sub(blobs.arrived_bytes(wanted.blob));
        let bytes_missing = missing.iter().map(left).sum();
        let standing = Standing { state: State::Downloading, note: String::new(), bytes_missing };
        self.under_way.insert(model.clone(), standing);
        self.keep.extend(missing.iter().map(|wanted| wanted.blob));
        self.wanted.extend(missing);
    }

    fn wait(&mut self, model: &ModelCode, reason: &str) {
        tracing::warn!(%model, reason, "a model waits");
        let note = reason.to_owned();
        let standing = Standing { state: State::Downloaded, note, bytes_missing: 0 };
        self.under_way.insert(model.clone(), standing);
    }
}

impl Models {
    pub(super) async fn obey_orders(&self) -> Result<(), ObeyError> {
        let site = self.0.site.clone();
        let read = move |db: &Connection| Ok((Records::read(db, &site)?, Meta::read(db)?.hub_now));
        let (records, hub_now) = self.0.store.read(read).await?;
        self.raise_floor(hub_now);
        let models = self.clone();
        tokio::task::spawn_blocking(move || models.obey_all(&records))
            .await
            .map_err(|_| StoreError::Stopped)?
    }

    fn obey_all(&self, records: &Records) -> Result<(), ObeyError> {
        // Before anything that may find the disk full: whoever asks is waiting for these.
        self.load_what_is_used(records, &mut Look::default())?;
        let mut look = Look::default();
        for (model, orders) in &records.orders {
            let life = self.lives()?.get(model).cloned().unwrap_or_default();
            for order in life.outstanding(orders) {
                look.keep.extend(bundles::blobs_of(&self.0.blobs, order.manifest));
                match self.carry_out(model, order, records)? {
                    Fared::Done => continue,
                    Fared::Waits(missing) => look.fetch(model, missing, &self.0.blobs),
                    Fared::Later(reason) => look.wait(model, &reason),
                }
                break;
            }
        }
        self.load_what_is_used(records, &mut look)?;
        let (lives, today) = (self.lives()?, self.today());
        let used = lives.values().flat_map(Life::kept).map(|held| held.manifest);
        look.keep.extend(used.flat_map(|manifest| bundles::blobs_of(&self.0.blobs, manifest)));
        let removed = self.0.blobs.collect(&look.keep)?;
        if removed > 0 {
            tracing::info!(removed, "files of models that nothing names were removed");
        }
        let mut standings: BTreeMap<ModelCode, Standing> =
            lives.iter().map(|(model, life)| (model.clone(), standing_of(life, today))).collect();
        standings.extend(look.under_way);
        *locked(&self.0.standings) = standings;
        self.0.wanted.send_if_modified(|known| {
            let changed = *known != look.wanted;
            *known = look.wanted;
            changed
        });
        Ok(())
    }

    fn carry_out(
        &self,
        model: &ModelCode,
        order: &Announcement,
        records: &Records,
    ) -> Result<Fared, ObeyError> {
        let accepted = records.keys.as_ref().filter(|keys| keys.accepts(&order.key));
        let Some(keys) = accepted.filter(|_| order.is_signed()) else {
            let reason = "the order is not signed by a key that is pinned here; remedy: have the \
                          hub give it again with its current key";
            return self.refuse(model, order, reason);
        };
        if order.step == Step::Pause {
            return self.switch(model, order, None);
        }
        let published = PublishedModel::from(order);
        let today = self.day();
        match bundles::gather(&self.0.blobs, &published, &bundles::pinned(keys), today) {
            Ok(Bundle::Missing(missing)) => {
                let bytes = missing.iter().map(|wanted| wanted.bytes).sum();
                match self.0.blobs.check_room(bytes) {
                    Ok(()) => Ok(Fared::Waits(missing)),
                    Err(error) => Ok(Fared::Later(error.to_string())),
                }
            }
            Ok(Bundle::Whole(bundle)) => {
                let role = if order.step == Step::Shadow { Role::Shadow } else { Role::Active };
                match self.load(&bundle, role) {
                    Ok(()) => self.switch(model, order, Some(bundles::held(&bundle))),
                    Err(NotLoaded::ForGood(reason)) => self.refuse(model, order, &reason),
                    Err(NotLoaded::Later(reason)) => Ok(Fared::Later(reason)),
                }
            }
            Err(unusable) if unusable.may_pass() => Ok(Fared::Later(unusable.to_string())),
            Err(unusable) => self.refuse(model, order, &unusable.to_string()),
        }
    }

    /// Moves the pointer; what may not be is noted as refused.
    fn switch(
        &self,
        model: &ModelCode,
        order: &Announcement,
        held: Option<Held>,
    ) -> Result<Fared, ObeyError> {
        let today = self.today();
        let mut unfit: Option<Unfit> = None;
        self.0.pointers.change::<PointersError>(|lives| {
            let life = lives.entry(model.clone()).or_default();
            *life = life.obey(order, held, today).unwrap_or_else(|reason| {
                let refused = life.refuse(order, &reason.to_string());
                unfit = Some(reason);
                refused
            });
            Ok(())
        })?;
        let (step, version) = (order.step.as_str(), order.version);
        match unfit {
            None => tracing::info!(%model, version, step, "an order was carried out"),
            Some(reason) => tracing::warn!(%model, version, step, %reason, "an order was refused"),
        }
        self.lives()?;
        Ok(Fared::Done)
    }

    fn refuse(
        &self,
        model: &ModelCode,
        order: &Announcement,
        reason: &str,
    ) -> Result<Fared, ObeyError> {
        tracing::warn!(%model, version = order.version, reason, "an order was refused");
        self.0.pointers.change::<PointersError>(|lives| {
            let life = lives.entry(model.clone()).or_default();
            *life = life.refuse(order, reason);
            Ok(())
        })?;
        self.lives()?;
        Ok(Fared::Done)
    }

    /// After a start, a rollback, or a step at the command line: what the pointers name is loaded,
    /// and what they name no more is let go.
    fn load_what_is_used(&self, records: &Records, look: &mut Look) -> Result<(), ObeyError> {
        let (lives, today) = (self.lives()?, self.today());
        let mut used = BTreeSet::new();
        for (model, life) in lives.iter() {
            for (role, held) in [(Role::Active, life.active), (Role::Shadow, life.shadow)] {
                let Some(held) = held.filter(|held| !held.is_expired(today)) else { continue };
                used.insert((held.manifest, role));
                if locked(&self.0.ready).contains_key(&(held.manifest, role)) {
                    continue;
                }
                self.load_held(model, held, role, records, look)?;
            }
        }
        let unused: Vec<(BlobId, Role)> = {
            let mut ready = locked(&self.0.ready);
            let unused = ready.keys().filter(|key| !used.contains(*key)).copied().collect();
            ready.retain(|key, _| used.contains(key));
            unused
        };
        for (manifest, role) in unused {
            self.runner(role).unload(Sha256Hash::from_bytes(*manifest.as_bytes()));
        }
        Ok(())
    }

    fn load_held(
        &self,
        model: &ModelCode,
        held: Held,
        role: Role,
        records: &Records,
        look: &mut Look,
    ) -> Result<(), ObeyError> {
        let Some(published) = records.published.get(&(model.clone(), held.version)) else {
            look.wait(model, "its announcement is not in the log");
            return Ok(());
        };
        // It was let in by a key that was pinned then; since, the keys may have been rotated.
        let keys: PinnedKeys = bundles::key_of(published);
        let loaded = match bundles::gather(&self.0.blobs, published, &keys, self.day()) {
            Ok(Bundle::Missing(missing)) => {
                look.fetch(model, missing, &self.0.blobs);
                return Ok(());
            }
            Ok(Bundle::Whole(bundle)) => self.load(&bundle, role),
            Err(unusable) if unusable.may_pass() => Err(NotLoaded::Later(unusable.to_string())),
            Err(unusable) => Err(NotLoaded::ForGood(unusable.to_string())),
        };
        match (loaded, role) {
            (Ok(()), _) => {}
            (Err(NotLoaded::ForGood(reason)), Role::Active) => self.roll_back(model, held, &reason),
            (Err(NotLoaded::ForGood(reason)), Role::Shadow) => {
                self.0.pointers.change::<PointersError>(|lives| {
                    let life = lives.entry(model.clone()).or_default();
                    *life = life.end_shadow();
                    life.refusal = Some(reason);
                    Ok(())
                })?;
            }
            (Err(NotLoaded::Later(reason)), _) => look.wait(model, &reason),
        }
        Ok(())
    }

    /// Brings a bundle to where it can be asked. Tables are looked up as they are.
    fn load(&self, bundle: &Arc<Verified>, role: Role) -> Result<(), NotLoaded> {
        if bundle.manifest().kind == Kind::Tables {
            bundles::check_tables(bundle)
                .map_err(|refused| NotLoaded::ForGood(refused.to_string()))?;
        } else {
            self.runner(role).load(Arc::clone(bundle)).map_err(|failure: Failure| {
                let reason = failure.to_string();
                if is_models_fault(&failure) && !self.may_try_again(bundle, &failure) {
                    NotLoaded::ForGood(reason)
                } else {
                    NotLoaded::Later(reason)
                }
            })?;
        }
        let manifest = BlobId::from_bytes(*bundle.sha256().as_bytes());
        let ready = Ready { bundle: Arc::clone(bundle), reference: bundle.reference().ok() };
        locked(&self.0.ready).insert((manifest, role), Arc::new(ready));
        Ok(())
    }

    /// A box that was busy is no fault of the model's; one that fails every time is.
    fn may_try_again(&self, bundle: &Verified, failure: &Failure) -> bool {
        let manifest = BlobId::from_bytes(*bundle.sha256().as_bytes());
        let mut tries = locked(&self.0.load_tries);
        let tried = tries.entry(manifest).or_default();
        *tried += 1;
        is_doubtful(failure) && *tried < LOAD_TRIES_MAX
    }

    fn day(&self) -> Day {
        Day::from_unix_ms(self.judged_now().ms())
    }
}

/// How a model stands by its life alone.
#[must_use]
pub(super) fn standing_of(life: &Life, today: u32) -> Standing {
    let note = life.refusal.clone().unwrap_or_default();
    let state = match (life.active, life.shadow) {
        (Some(_), _) if life.paused => State::Paused,
        (Some(active), _) if active.is_expired(today) => State::Expired,
        (Some(_), _) if !life.barred.is_empty() && !note.is_empty() => State::RolledBack,
        (Some(_), _) => State::Active,
        (None, _) if !life.barred.is_empty() => State::RolledBack,
        (None, Some(_)) => State::Shadow,
        (None, None) if note.is_empty() => State::Verified,
        (None, None) => State::Refused,
    };
    Standing { state, note, bytes_missing: 0 }
}
