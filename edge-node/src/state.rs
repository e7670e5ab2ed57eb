//! The state directory: what a depot is, on disk. One folder, readable by its owner alone; a
//! backup of it is a backup of the depot.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use firmware_config::Profile;
use shared_model::id::NodeId;
use shared_model::log::AuthorKey;
use shared_model::time::Timestamp;
use shared_model::workflows::Site;
use web_rim::kept_key::private_folder;
use web_rim::secret::Pepper;
use web_rim::token::random;

use crate::store::{
    Hub, InProcess, Opening, PAGE_BYTES, ReadDocuments, Salvage, Store, is_sound, mend, salvage,
    scrub,
};
use crate::sync::membership::Membership;

/// An hour known to have passed: the release of this software, 2026-11-01. A clock before it is
/// wrong.
pub const BUILT: Timestamp = Timestamp::from_ms(1_793_491_200_000);

/// Largest site profile read, in bytes.
const PROFILE_BYTES_MAX: u64 = 256 * 1024;

/// A depot's folder.
#[derive(Debug, Clone)]
pub struct StateDir(PathBuf);

impl StateDir {
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.0.join("depot.sqlite")
    }

    #[must_use]
    pub fn membership(&self) -> PathBuf {
        self.0.join("secrets").join("membership")
    }

    /// Files of models, and which of them are in use.
    #[must_use]
    pub fn models(&self) -> PathBuf {
        self.0.join("models")
    }

    /// The road graph that the operator built of an extract.
    #[must_use]
    pub fn road_graph(&self) -> PathBuf {
        self.0.join("roads").join("roads.graph")
    }

    /// The map of the town, made of the same extract.
    #[must_use]
    pub fn map_file(&self) -> PathBuf {
        self.0.join("roads").join(roads::build::MAP_FILE)
    }

    fn profile_path(&self) -> PathBuf {
        self.0.join("site.toml")
    }

    fn author_key_path(&self) -> PathBuf {
        self.0.join("secrets").join("author_key")
    }

    fn node_path(&self) -> PathBuf {
        self.0.join("node")
    }

    fn pepper_path(&self) -> PathBuf {
        self.0.join("secrets").join("pepper")
    }

    /// Makes a new depot of a profile: its id, its author key, its pepper, its empty database.
    ///
    /// # Errors
    /// When there is a depot already, the profile is unsound, or a file cannot be written.
    pub fn create(&self, profile_text: &str, now: Timestamp) -> anyhow::Result<NodeId> {
        ensure!(
            !self.node_path().exists(),
            "{} holds a depot already; remedy: choose another --state",
            self.0.display()
        );
        parse_profile(profile_text)?;
        private_folder(&self.0)?;
        private_folder(&self.0.join("secrets"))?;
        Pepper::create(&self.pepper_path())?;
        write_new(&self.author_key_path(), &random::<32>()?)?;
        write_new(&self.profile_path(), profile_text.as_bytes())?;
        let since_epoch =
            uuid::Timestamp::from_unix_time(u64::try_from(now.ms() / 1000).unwrap_or(0), 0, 0, 0);
        let random = random::<16>()?;
        let mut id = *uuid::Uuid::new_v7(since_epoch).as_bytes();
        id[8..].copy_from_slice(&random[..8]);
        let id = uuid::Builder::from_bytes(id).with_variant(uuid::Variant::RFC4122).into_uuid();
        write_new(&self.node_path(), id.to_string().as_bytes())?;
        let node = NodeId::new(id);
        crate::store::migrate(&self.database(), node)?;
        Ok(node)
    }

    /// # Errors
    /// When there is no depot here, or its profile is unsound.
    pub fn profile(&self) -> anyhow::Result<Profile> {
        let path = self.profile_path();
        let mut text = String::new();
        File::open(&path)
            .and_then(|file| file.take(PROFILE_BYTES_MAX).read_to_string(&mut text))
            .with_context(|| format!("{} cannot be read; remedy: run init first", path.display()))?;
        parse_profile(&text)
    }

    /// # Errors
    /// When there is no depot here.
    pub fn node(&self) -> anyhow::Result<NodeId> {
        let path = self.node_path();
        let text = fs::read_to_string(&path).with_context(|| {
            format!("{} cannot be read; remedy: run init first", path.display())
        })?;
        text.trim().parse().with_context(|| format!("{} holds no node id", path.display()))
    }

    /// # Errors
    /// When the key is missing, open to others, or not 32 bytes.
    pub fn author_key(&self) -> anyhow::Result<AuthorKey> {
        let path = self.author_key_path();
        let bytes = read_secret(&path)?;
        let secret: [u8; 32] = bytes
            .try_into()
            .ok()
            .with_context(|| format!("{} does not hold 32 bytes", path.display()))?;
        Ok(AuthorKey::from_secret(&secret))
    }

    /// # Errors
    /// When the pepper is missing or open to others.
    pub fn pepper(&self) -> anyhow::Result<Pepper> {
        Ok(Pepper::load(&self.pepper_path())?)
    }

    /// The site as the core knows it. The hub is filled in by the store.
    ///
    /// # Errors
    /// When the profile or the node's id cannot be read.
    pub fn site(&self) -> anyhow::Result<Site> {
        let profile = self.profile()?;
        let unsellable = profile.bins.iter().filter(|bin| !bin.sellable);
        Ok(Site {
            node: self.node()?,
            hub: None,
            site: profile.site.code.clone(),
            region: profile.site.region.clone(),
            entity: profile.site.entity.clone(),
            currency: profile.site.currency,
            jurisdiction: profile.site.jurisdiction,
            bins: profile.bins.iter().map(|bin| bin.code.clone()).collect(),
            unsellable: unsellable.map(|bin| bin.code.clone()).collect(),
            rider_fee_minor: profile.riders.fee_per_delivery.minor(),
            count_variance_minor_max: profile.counts.variance_limit.minor(),
        })
    }

    /// Opens the store for writing. One process at a time may: the lock is held as long as the
    /// returned file lives.
    ///
    /// # Errors
    /// When another process has it open, or it cannot be opened.
    pub fn open_store(&self) -> anyhow::Result<OpenStore> {
        self.open_store_with(Box::new(InProcess))
    }

    /// Like [`StateDir::open_store`], with a reader of other nodes' texts: for a depot that hears them.
    ///
    /// # Errors
    /// As there.
    pub fn open_store_with(&self, strangers: Box<dyn ReadDocuments>) -> anyhow::Result<OpenStore> {
        let lock = self.lock()?;
        // A new and empty one in its place would look like a depot that never sold anything.
        ensure!(
            fs::metadata(self.database()).is_ok_and(|file| file.len() > 0),
            "{} is missing or empty; remedy: edge-node repair, or restore a backup",
            self.database().display()
        );
        let (store, writer) = Store::open_with(&self.database(), self.opening()?, strangers)?;
        Ok(OpenStore { store, writer, _lock: lock })
    }

    fn opening(&self) -> anyhow::Result<Opening> {
        Ok(Opening {
            site: self.site()?,
            author_key: self.author_key()?,
            process: random::<16>()?,
            built_ms: BUILT.ms(),
        })
    }

    /// Mends a stopped depot's database, or writes it anew from what proves itself. The file as it
    /// was is kept in a folder of its own. None: nothing is damaged.
    ///
    /// # Errors
    /// When the depot runs, or a file cannot be read or written.
    pub fn repair(&self, now: Timestamp) -> anyhow::Result<Option<Repaired>> {
        let _lock = self.lock()?;
        let database = self.database();
        if scrub(&database).is_ok_and(|found| found.is_empty()) {
            return Ok(None);
        }
        let aside = self.0.join(format!("damaged-{}", now.ms()));
        private_folder(&aside)?;
        for name in DATABASE_FILES {
            let (from, to) = (self.0.join(name), aside.join(name));
            if from.exists() {
                fs::copy(&from, &to).with_context(|| to.display().to_string())?;
                File::open(&to).and_then(|file| file.sync_all())?;
            }
        }
        let mended = if database.exists() { mend_pages(&database)? } else { Vec::new() };
        if scrub(&database).is_ok_and(|found| found.is_empty()) {
            return Ok(Some(Repaired { aside, mended, salvage: None }));
        }
        let hub = Membership::load(&self.membership())?
            .map(|member| Hub { node: member.hub_node, author_key: member.hub_author_key });
        let anew = self.0.join("depot.sqlite-anew");
        if anew.exists() {
            fs::remove_file(&anew).with_context(|| anew.display().to_string())?;
        }
        let salvage = salvage(&database, &anew, self.opening()?, hub)?;
        File::open(&anew).and_then(|file| file.sync_all())?;
        // The old log must not meet the new file: it goes first.
        for name in DATABASE_FILES.iter().skip(1) {
            let old = self.0.join(name);
            if old.exists() {
                fs::remove_file(&old).with_context(|| old.display().to_string())?;
            }
        }
        fs::rename(&anew, &database).with_context(|| database.display().to_string())?;
        File::open(&self.0).and_then(|folder| folder.sync_all())?;
        Ok(Some(Repaired { aside, mended, salvage: Some(salvage) }))
    }

    fn lock(&self) -> anyhow::Result<File> {
        let path = self.0.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .with_context(|| format!("{}; remedy: run init first", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(fs::TryLockError::WouldBlock) => bail!(
                "the depot in {} is running; remedy: stop it, or use its pages",
                self.0.display()
            ),
            Err(fs::TryLockError::Error(error)) => {
                Err(error).with_context(|| path.display().to_string())
            }
        }
    }
}

/// The database, its write-ahead log, and the log's index.
const DATABASE_FILES: [&str; 3] = ["depot.sqlite", "depot.sqlite-wal", "depot.sqlite-shm"];

/// What a repair did.
#[derive(Debug)]
pub struct Repaired {
    /// Where the damaged file is.
    pub aside: PathBuf,
    /// Pages in which one flipped bit was put right.
    pub mended: Vec<u32>,
    /// What was written anew, if more was damaged.
    pub salvage: Option<Salvage>,
}

/// Puts right every page in which one bit is wrong.
fn mend_pages(database: &Path) -> anyhow::Result<Vec<u32>> {
    let at = || database.display().to_string();
    let file = OpenOptions::new().read(true).write(true).open(database).with_context(at)?;
    let pages = file.metadata()?.len() / PAGE_BYTES as u64;
    let mut mended = Vec::new();
    for number in 1..=u32::try_from(pages)? {
        let place = (u64::from(number) - 1) * PAGE_BYTES as u64;
        let mut page = [0; PAGE_BYTES];
        file.read_exact_at(&mut page, place).with_context(at)?;
        let unwritten = page.iter().all(|byte| *byte == 0);
        if unwritten || is_sound(number, &page) || !mend(number, &mut page) {
            continue;
        }
        file.write_all_at(&page, place).with_context(at)?;
        mended.push(number);
    }
    file.sync_all().with_context(at)?;
    Ok(mended)
}

/// A store with its writer thread and the lock on its folder.
pub struct OpenStore {
    pub store: Store,
    writer: std::thread::JoinHandle<()>,
    _lock: File,
}

impl OpenStore {
    /// Waits until all that was given to the writer is written. Every other handle on the store
    /// must be gone.
    pub fn close(self) {
        let Self { store, writer, _lock } = self;
        drop(store);
        if writer.join().is_err() {
            tracing::error!("the writer thread ended in a panic");
        }
    }
}

fn parse_profile(text: &str) -> anyhow::Result<Profile> {
    Profile::parse(text).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the site profile is unsound:\n  {}", lines.join("\n  "))
    })
}

pub(crate) fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path)
        .with_context(|| path.display().to_string())?;
    file.write_all(bytes).and_then(|()| file.sync_all()).with_context(|| path.display().to_string())
}

pub(crate) fn read_secret(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("{} is missing; remedy: restore a backup", path.display())
        }
        opened => opened.with_context(|| path.display().to_string())?,
    };
    let mode = file.metadata()?.mode();
    ensure!(
        mode & 0o077 == 0,
        "{} is open to others (mode {:o}); remedy: chmod 600 it",
        path.display(),
        mode & 0o777
    );
    let mut bytes = Vec::new();
    file.take(64 * 1024).read_to_end(&mut bytes)?;
    Ok(bytes)
}
