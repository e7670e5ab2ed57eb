//! The hub's own PostgreSQL, run from installed binaries when nobody gave a `DATABASE_URL`.
//!
//! One directory, one postmaster, one hub: a lock keeps a second hub out, and what a killed hub
//! left running is ended before the next start. It opens no network port, and it knows nothing of
//! the hub's schema. Everything here blocks: async callers go through `spawn_blocking`.

mod account;
mod binaries;
mod place;
mod postmaster;

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use anyhow::{Context as _, bail};

use binaries::{Binaries, Places};
use place::{Place, SOCKET_PORT};
use postmaster::Postmaster;

/// Name of the role, who owns everything, and of the database.
const ROLE: &str = "omniroute";

/// A running cluster. Dropping it without [`PrivateCluster::stop`] ends it without a checkpoint:
/// nothing committed is lost, but the next start has to recover.
pub struct PrivateCluster {
    place: Place,
    postmaster: Postmaster,
    stopped: bool,
    /// Held as long as this hub lives; the system lets go of it even after a kill.
    _lock: File,
}

impl PrivateCluster {
    /// Starts the cluster kept in `<state_dir>/postgres`, making it at the first start, and
    /// returns when it answers.
    ///
    /// # Errors
    /// When PostgreSQL is missing, another hub uses the directory, or the database does not start.
    /// The text says what to do.
    pub fn start(state_dir: &Path) -> anyhow::Result<Self> {
        let place = Place::prepare(state_dir)?;
        let lock = lock(&place)?;
        let places = Places::from_environment();
        let binaries = Binaries::find(&places, binaries::written_by(&place.data)?)?;
        if binaries::written_by(&place.data)?.is_none() {
            create(&binaries, &place)?;
        }
        postmaster::end_leftovers(&place)?;
        let postmaster = Postmaster::start(&binaries, &place)?;
        tracing::info!(
            version = binaries.major, data = %place.data.display(), "the hub's own database runs"
        );
        Ok(Self { place, postmaster, stopped: false, _lock: lock })
    }

    /// How to connect: over the socket that only this account may reach.
    #[must_use]
    pub fn connection(&self) -> tokio_postgres::Config {
        connection(&self.place)
    }

    /// How to connect to the cluster of a hub that runs in another process; none when none runs
    /// with this state directory.
    ///
    /// # Errors
    /// When the directory cannot be used.
    pub fn of_running_hub(state_dir: &Path) -> anyhow::Result<Option<tokio_postgres::Config>> {
        if !state_dir.join("postgres").exists() {
            return Ok(None);
        }
        let place = Place::prepare(state_dir)?;
        let path = place.home.join("hub.lock");
        let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
        // Shared: two that ask at once do not take each other for a hub.
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => Ok(Some(connection(&place))),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }

    /// How the database ended, when it did so by itself.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.postmaster.exited()
    }

    /// Ends open sessions, writes a checkpoint and waits for the end.
    ///
    /// # Errors
    /// When the database had to be ended by force. It recovers at the next start.
    pub fn stop(mut self) -> anyhow::Result<()> {
        self.stopped = true;
        self.postmaster.stop_fast()
    }

    /// Ends the database as a power cut would.
    pub fn stop_immediate(mut self) {
        self.stopped = true;
        self.postmaster.stop_immediate();
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        if !self.stopped {
            self.postmaster.stop_immediate();
        }
    }
}

fn connection(place: &Place) -> tokio_postgres::Config {
    let mut config = tokio_postgres::Config::new();
    config.host_path(&place.socket).port(SOCKET_PORT).user(ROLE).dbname(ROLE);
    config
}

fn lock(place: &Place) -> anyhow::Result<File> {
    let path = place.home.join("hub.lock");
    let file = File::create(&path).with_context(|| format!("creating {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => bail!(
            "another hub runs with the database in {}; remedy: stop it, or give this one another \
             state directory",
            place.home.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("locking {}", path.display()))
        }
    }
}

/// Makes the cluster under another name first, so that a half-made one is never taken for whole.
fn create(binaries: &Binaries, place: &Place) -> anyhow::Result<()> {
    let unfinished = place.home.join("data.unfinished");
    match std::fs::remove_dir_all(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error).context("removing a half-made cluster");
        }
        _ => {}
    }
    tracing::info!(data = %place.data.display(), "making the hub's own database");
    let mut initdb = postmaster::quiet_command(&binaries.initdb(), place);
    initdb.arg("--pgdata").arg(&unfinished);
    // The account may reach the socket by the rights of its folder, and there is no other way in.
    initdb.args(["--auth=trust", "--encoding=UTF8", "--data-checksums", "--no-instructions"]);
    // Sorted by code point: indexes outlive the C library's next collation. Letters are Unicode's.
    initdb.args(["--lc-collate=C", "--lc-ctype=C.UTF-8", "--username", ROLE]);
    let output = initdb.output().context("running initdb")?;
    if !output.status.success() {
        bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    create_database(binaries, place, &unfinished)?;
    std::fs::rename(&unfinished, &place.data).context("naming the new cluster")?;
    File::open(&place.home)?.sync_all().context("writing the name of the new cluster")
}

/// In single-user mode, so that no socket is open before the cluster has its final name.
fn create_database(binaries: &Binaries, place: &Place, data: &Path) -> anyhow::Result<()> {
    let mut single = postmaster::quiet_command(&binaries.postgres(), place);
    single.arg("--single").arg("-D").arg(data).arg("template1");
    single.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = single.spawn().context("running postgres in single-user mode")?;
    let mut input = child.stdin.take().context("no input to single-user mode")?;
    input.write_all(format!("CREATE DATABASE {ROLE}\n").as_bytes())?;
    drop(input);
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    // An error in a statement does not show in the exit status of this mode.
    if !output.status.success() || errors.contains("ERROR:") {
        bail!("creating the database failed: {}", errors.trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
