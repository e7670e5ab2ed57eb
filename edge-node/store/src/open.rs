//! Opening the file: pragmas, migrations, and the facts without which nothing may start.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use shared_model::id::NodeId;
use shared_model::log::AuthorKey;
use shared_model::workflows::Site;

use super::checkpoint::{copy, pages_to_copy};
use super::{StoreError, checked_pages, log_file, meta};

/// Where checkpoints begin: pages of the write-ahead log.
pub(super) const CHECKPOINT_PAGES: u32 = 4_000;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// What the store needs to know of the site.
pub struct Opening {
    pub site: Site,
    pub author_key: AuthorKey,
    /// Drawn once a process: with node and epoch it names the writer of automerge changes.
    pub process: [u8; 16],
    /// An hour that has passed for certain: the build's.
    pub built_ms: i64,
}

/// Why a store does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the schema could not be brought up to date")]
    Migration(#[source] Box<refinery::Error>),
    #[error("SQLite {found} has a known fault that corrupts the write-ahead log")]
    SqliteTooOld { found: &'static str },
    #[error("the database belongs to node {found}, the site's files to {expected}")]
    OtherNode { found: NodeId, expected: NodeId },
    #[error("page 1 of the database is not what was written")]
    HeaderDamaged,
    #[error("the writer thread could not be started")]
    Thread(#[source] std::io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A connection that writes: every commit is on the disk before it returns.
pub(super) fn open_writing(path: &Path) -> Result<Connection, OpenError> {
    // sqlite.org/wal.html#walresetbug: corruption up to 3.51.2.
    if rusqlite::version_number() < 3_051_003 {
        return Err(OpenError::SqliteTooOld { found: rusqlite::version() });
    }
    let db = open_file(path, OpenFlags::default())?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "wal_autocheckpoint", 0)?;
    db.pragma_update(None, "cache_size", -16_000)?;
    db.set_prepared_statement_cache_capacity(128);
    Ok(db)
}

/// A connection whose pages prove themselves; the caller sets the rest.
pub(super) fn open_file(path: &Path, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    checked_pages::register()?;
    let db = Connection::open_with_flags_and_vfs(path, flags, checked_pages::VFS)?;
    checked_pages::reserve(&db);
    // Else every new value bound to a range compiles its statement anew (`SQLITE_ENABLE_STAT4`), for
    // statistics that nobody keeps here.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(db)
}

/// A connection that only reads.
pub(super) fn open_reading(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = open_file(path, flags)?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.pragma_update(None, "query_only", true)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

/// Brings the schema up to date, and marks a new file as this node's.
///
/// # Errors
/// [`OpenError`]: a node whose schema fails does not start.
pub fn migrate(path: &Path, node: NodeId) -> Result<(), OpenError> {
    open_current(path, node).map(|_| ())
}

/// Opens the file for writing as every start of a depot does: the write-ahead log of a power cut is
/// taken in, the schema is brought up to date, and the file is this node's.
pub(super) fn open_current(path: &Path, node: NodeId) -> Result<Connection, OpenError> {
    log_file::put_copy_back(path)?;
    let mut db = open_writing(path)?;
    log_file::make_durable(&mut db, path)?;
    log_file::sync_folder(path)?;
    copy(&db);
    sum_old_pages(&db)?;
    // In one transaction: by itself each step is noted in another one than it is done in, and a power
    // cut between the two leaves a file that never opens again.
    embedded::migrations::runner()
        .set_grouped(true)
        .run(&mut db)
        .map_err(|error| OpenError::Migration(Box::new(error)))?;
    db.execute(
        "INSERT OR IGNORE INTO meta (key, value) VALUES ('node', ?1)",
        [node.as_uuid().as_bytes()],
    )?;
    let found = meta::Meta::read(&db)?.node;
    if found == node { Ok(db) } else { Err(OpenError::OtherNode { found, expected: node }) }
}

/// Writes a file anew that is older than the sums of its pages. While the write-ahead log holds more
/// than the file, the file's own first page may be torn, and says nothing.
fn sum_old_pages(db: &Connection) -> Result<(), OpenError> {
    let Some(header) = checked_pages::header(db)? else { return Ok(()) };
    if checked_pages::says_summed(&header) || pages_to_copy(db) != Some(0) {
        return Ok(());
    }
    // A header that lost just this byte must not pass for an old one: then every page has its sum.
    if matches!(checked_pages::look_at(db, 2), Ok(checked_pages::Page::Sound)) {
        return Err(OpenError::HeaderDamaged);
    }
    tracing::info!("the database is older than the sums of its pages; it is written anew");
    db.execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE);")?;
    Ok(())
}

/// Opens the file as [`Store::open`](super::Store::open) does, lets `f` read it, and closes it again:
/// for whoever checks what a start would find.
///
/// # Errors
/// [`OpenError`], or the reading function's.
pub fn open_once<T>(
    path: &Path,
    node: NodeId,
    f: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, OpenError> {
    let db = open_current(path, node)?;
    Ok(f(&db)?)
}

/// Reads a database file beside whoever has it open.
///
/// # Errors
/// [`StoreError`] of the reading function, or when the file cannot be opened.
pub fn read_only<T>(
    path: &Path,
    f: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut db = open_reading(path)?;
    let transaction = db.transaction()?;
    f(&transaction)
}

/// Writes what is local to the box, from another process than the one that writes the log: a
/// pairing code. The log's tables are never written this way.
///
/// # Errors
/// [`StoreError`] of the writing function, or when the file cannot be opened.
pub fn write_beside<T>(
    path: &Path,
    f: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, OpenError> {
    let mut db = open_writing(path)?;
    // Immediate: it waits its turn behind the depot's own commits.
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done = f(&transaction)?;
    transaction.commit()?;
    Ok(done)
}
