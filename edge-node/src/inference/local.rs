//! Models as a person at the command line sees and moves them, beside a running depot or without
//! one: it looks at the pointers every two seconds.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use model_bundle::folder;
use model_bundle::manifest::Kind;
use model_bundle::{Day, PinnedKeys, PublicKey, Verified};
use rusqlite::Connection;
use shared_model::blob::BlobId;
use shared_model::id::ModelCode;
use shared_model::inference::{Held, Life, PublishedModel};
use shared_model::time::Timestamp;

use super::blobs::{Blobs, STORE_BYTES_MAX};
use super::bundles::{self, Bundle};
use super::disk::Disk;
use super::obey::standing_of;
use super::pointers::{Lives, Pointers, PointersError};
use super::records::Records;
use super::runner::worker;
use super::service::{DAY_MS, Standing};
use super::sums;
use crate::judged_time::judged;
use crate::state::{BUILT, StateDir};
use crate::store::{Meta, StoreError, read_only};

/// The models of a depot's folder.
pub struct Local {
    blobs: Blobs,
    pointers: Pointers,
    records: Records,
    now: Timestamp,
}

/// A version that was announced, for people.
#[derive(Debug, Clone)]
pub struct Announced {
    pub published: PublishedModel,
    /// `active`, `previous`, `shadow`, or nothing.
    pub place: &'static str,
    /// Whether its files are here.
    pub here: bool,
}

/// What a model says of itself, for people.
#[derive(Debug, Clone)]
pub struct Told {
    pub model: ModelCode,
    pub standing: Standing,
    pub life: Life,
    pub versions: Vec<Announced>,
}

/// One answered row, for people.
#[derive(Debug, Clone)]
pub struct Answered {
    pub at_ms: i64,
    pub role: String,
    pub version: Option<u32>,
    pub features: String,
    pub outputs: Vec<f32>,
    pub baseline: Vec<f32>,
    pub reason: Option<String>,
    pub actual: Option<f64>,
}

impl Local {
    /// # Errors
    /// When there is no depot, or its files cannot be read.
    pub fn open(state: &StateDir, now: Timestamp) -> anyhow::Result<Self> {
        let root = state.models();
        let site = state.site()?.site;
        let read = |db: &Connection| Ok((Records::read(db, &site)?, Meta::read(db)?.hub_now));
        let (records, hub_now) = read_only(&state.database(), read)?;
        let now = judged(now, BUILT.max(hub_now));
        Ok(Self {
            blobs: Blobs::open(&root, Disk::default(), STORE_BYTES_MAX)?,
            pointers: Pointers::new(&root, Disk::default()),
            records,
            now,
        })
    }

    fn today(&self) -> u32 {
        u32::try_from(self.now.ms().div_euclid(DAY_MS)).unwrap_or(0)
    }

    /// Every model that was announced or is in use.
    ///
    /// # Errors
    /// [`PointersError`].
    pub fn tell(&self) -> Result<Vec<Told>, PointersError> {
        let lives = self.pointers.read()?;
        let announced = self.records.published.keys().map(|(model, _)| model);
        let mut models: Vec<&ModelCode> = announced.chain(lives.keys()).collect();
        models.sort_unstable();
        models.dedup();
        Ok(models.into_iter().map(|model| self.told(model, &lives)).collect())
    }

    fn told(&self, model: &ModelCode, lives: &Lives) -> Told {
        let life = lives.get(model).cloned().unwrap_or_default();
        let place = |manifest: BlobId| {
            let is = |held: Option<Held>| held.is_some_and(|held| held.manifest == manifest);
            match () {
                () if is(life.active) => "active",
                () if is(life.previous) => "previous",
                () if is(life.shadow) => "shadow",
                () => "",
            }
        };
        let of_it = self.records.published.iter().filter(|((of, _), _)| of == model);
        let versions = of_it.map(|(_, published)| Announced {
            published: published.clone(),
            place: place(published.manifest),
            here: self.is_here(published.manifest),
        });
        Told {
            model: model.clone(),
            standing: standing_of(&life, self.today()),
            versions: versions.collect(),
            life,
        }
    }

    fn is_here(&self, manifest: BlobId) -> bool {
        self.blobs.holds(manifest)
            && bundles::blobs_of(&self.blobs, manifest).iter().all(|blob| self.blobs.holds(*blob))
    }

    /// Checks a version whole: signature, hashes, schema, day, and the golden vectors in a worker.
    ///
    /// # Errors
    /// What is wrong with it, and what helps.
    pub fn verify(&self, model: &ModelCode, version: u32) -> anyhow::Result<Arc<Verified>> {
        let published = self.records.published.get(&(model.clone(), version)).ok_or_else(|| {
            anyhow::anyhow!(
                "version {version} of {model} was not announced to this depot; remedy: have \
                     the hub publish it"
            )
        })?;
        let life = self.pointers.read()?.get(model).cloned().unwrap_or_default();
        let in_use = life.kept().any(|held| held.manifest == published.manifest);
        // What is in use was let in by a key that may have been rotated since.
        let keys = if in_use {
            bundles::key_of(published)
        } else {
            let pinned = self.records.keys.as_ref().map(bundles::pinned);
            pinned.context("no keys are pinned here; remedy: enrol the depot and let it sync")?
        };
        let day = Day::from_unix_ms(self.now.ms());
        match bundles::gather(&self.blobs, published, &keys, day)? {
            Bundle::Missing(missing) => anyhow::bail!(
                "{} of its files are not here; remedy: have the hub order it, and wait for the \
                 link",
                missing.len()
            ),
            Bundle::Whole(bundle) => {
                replay(&bundle)?;
                Ok(bundle)
            }
        }
    }

    /// Puts a version in use or on trial.
    ///
    /// # Errors
    /// When it is not sound, or may not take that place.
    pub fn take_up(&self, model: &ModelCode, version: u32, trial: bool) -> anyhow::Result<Life> {
        let held = bundles::held(&*self.verify(model, version)?);
        let today = self.today();
        self.change(model, |life| {
            Ok(if trial { life.shadow(held, today)? } else { life.activate(held, today)? })
        })
    }

    /// Goes back to the version before, or to the baseline.
    ///
    /// # Errors
    /// When none is in use.
    pub fn roll_back(&self, model: &ModelCode) -> anyhow::Result<Life> {
        let today = self.today();
        self.change(model, |life| {
            let mut back = life.roll_back(today)?;
            back.refusal = Some("a person at this depot went back".to_owned());
            Ok(back)
        })
    }

    fn change(
        &self,
        model: &ModelCode,
        change: impl FnOnce(&Life) -> anyhow::Result<Life>,
    ) -> anyhow::Result<Life> {
        let lives = self.pointers.change::<anyhow::Error>(|lives| {
            let life = lives.entry(model.clone()).or_default();
            *life = change(life)?;
            Ok(())
        })?;
        Ok(lives.get(model).cloned().unwrap_or_default())
    }

    /// Takes the files of a bundle's folder in: from a stick, where no link is. They are used once
    /// the hub has ordered that version, and thrown away again when it has not.
    ///
    /// # Errors
    /// When the folder holds no bundle that a pinned key or its announcement vouches for.
    pub fn bring(&self, bundle: &Path) -> anyhow::Result<u32> {
        let manifest = std::fs::read(bundle.join(folder::MANIFEST_FILE))?;
        let blob = super::blobs::hash(&manifest);
        let announced = self.records.published.values().any(|known| known.manifest == blob);
        anyhow::ensure!(
            announced,
            "the hub has not announced manifest {blob} to this depot; remedy: publish it first"
        );
        let parsed = model_bundle::Manifest::parse(&manifest)?;
        for file in &parsed.files {
            let bytes = folder::read_file(&bundle.join(file.name.file_name()), file)?;
            let found = self.blobs.put(&bytes)?;
            anyhow::ensure!(
                found.as_bytes() == file.sha256.as_bytes(),
                "{} is not what the manifest names; remedy: copy it again",
                file.name.file_name()
            );
        }
        self.blobs.put(&manifest)?;
        Ok(parsed.version.0)
    }
}

/// The last answers about a subject, or about anything.
///
/// # Errors
/// [`StoreError`].
pub fn answers(
    state: &StateDir,
    model: &ModelCode,
    subject: Option<&str>,
    limit: u32,
) -> Result<Vec<Answered>, StoreError> {
    read_only(&state.database(), |db| {
        let mut statement = db.prepare(
            "SELECT at_ms, role, version, features, outputs, baseline, reason, actual
             FROM prediction WHERE model = ?1 AND (?2 IS NULL OR subject = ?2)
             ORDER BY id DESC LIMIT ?3",
        )?;
        let rows = statement.query_map((model.as_str(), subject, limit), |row| {
            Ok(Answered {
                at_ms: row.get(0)?,
                role: row.get(1)?,
                version: row.get(2)?,
                features: data_encoding::HEXLOWER.encode(&row.get::<_, Vec<u8>>(3)?),
                outputs: sums::values_of(&row.get::<_, Vec<u8>>(4)?),
                baseline: sums::values_of(&row.get::<_, Vec<u8>>(5)?),
                reason: row.get(6)?,
                actual: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })
}

/// Checks a bundle's folder whole, against the key of the region or the one that is named.
///
/// # Errors
/// What is wrong with it, and what helps.
pub fn verify_folder(
    path: &Path,
    signer: PublicKey,
    now: Timestamp,
) -> anyhow::Result<Arc<Verified>> {
    let bundle = folder::read(path, &PinnedKeys { current: signer, next: None })?;
    bundles::check_expected(bundle.signed(), Day::from_unix_ms(now.ms()))?;
    let bundle = Arc::new(bundle);
    replay(&bundle)?;
    Ok(bundle)
}

fn replay(bundle: &Arc<Verified>) -> anyhow::Result<()> {
    if bundle.manifest().kind == Kind::Tables {
        return Ok(bundles::check_tables(bundle)?);
    }
    Ok(worker()?.load(Arc::clone(bundle))?)
}
