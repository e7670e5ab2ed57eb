//! Making sure of a write-ahead log that was found: what can be read of it may never have reached the
//! disk.
//!
//! When a sync fails, a kernel may mark the pages clean and go on showing them (the "fsyncgate" of 2018:
//! Rebello et al., "Can Applications Recover from fsync Failures?", USENIX ATC 2020). A process that
//! starts on them would take commits for durable that are not, and answer on their strength. So before
//! anything is answered, the log's bytes are written once more where they stand, and synced.
#![expect(unsafe_code, reason = "SQLite hands out the log's file through a C function alone")]

use std::ffi::c_int;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, ffi};

use super::StoreError;
use super::open::open_file;

/// Bytes moved at once: SQLite's own file layer takes the length of a write modulo 128 KiB.
const PIECE_BYTES: usize = 64 * 1024;

/// Writes the write-ahead log of `database` anew in its place and syncs it. Nobody else may write
/// meanwhile: it holds the lock for writing. A sector that is being written when the power goes may hold
/// noise, and these sectors hold the only copy of commits; so another is kept beside until it is done.
pub(super) fn make_durable(db: &mut Connection, database: &Path) -> Result<(), StoreError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let written = write_through(&transaction, database);
    transaction.rollback()?;
    written
}

fn write_through(db: &Connection, database: &Path) -> Result<(), StoreError> {
    let Some(log) = log_of(db) else { return Ok(()) };
    let bytes = log.read()?;
    if bytes.is_empty() {
        return Ok(());
    }
    let mut beside = open_beside(database)?;
    match keep_copy(&mut beside, &bytes) {
        // There is no room for one: the depot starts all the same.
        Err(StoreError::DiskFull) => {
            tracing::warn!("no copy of the write-ahead log: the disk is full")
        }
        kept => kept?,
    }
    log.write(&bytes)?;
    drop_copy(&beside)
}

fn keep_copy(beside: &mut Connection, bytes: &[u8]) -> Result<(), StoreError> {
    let transaction = beside.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .execute_batch("CREATE TABLE IF NOT EXISTS log_copy (bytes BLOB); DELETE FROM log_copy;")?;
    transaction.execute("INSERT INTO log_copy VALUES (?1)", [bytes])?;
    Ok(transaction.commit()?)
}

fn drop_copy(beside: &Connection) -> Result<(), StoreError> {
    if is_kept(beside)? {
        beside.execute_batch("DELETE FROM log_copy")?;
    }
    Ok(())
}

fn is_kept(beside: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT count(*) FROM sqlite_schema WHERE name = 'log_copy'";
    Ok(beside.query_row(sql, [], |row| row.get::<_, i64>(0))? > 0)
}

/// Puts the copy of the write-ahead log back that a power cut left behind; to be called before anybody
/// opens the database. Nothing was committed since the copy was made: it is gone before that.
pub(super) fn put_copy_back(database: &Path) -> Result<(), StoreError> {
    let beside = match open_beside(database) {
        // It never held anything that is not in the log too.
        Err(StoreError::Damaged(_)) => return Ok(()),
        opened => opened?,
    };
    if !is_kept(&beside)? {
        return Ok(());
    }
    let copy = beside.query_row("SELECT bytes FROM log_copy", [], |row| row.get::<_, Vec<u8>>(0));
    let Some(bytes) = copy.optional()? else { return Ok(()) };
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    // As a file and no database: nothing of it is read.
    let raw = Connection::open_with_flags(Path::new(&name), OpenFlags::default())?;
    file_of(&raw, ffi::SQLITE_FCNTL_FILE_POINTER).map_or(Ok(()), |log| log.write(&bytes))?;
    drop(raw);
    tracing::warn!(
        "the write-ahead log was put back from its copy: the power went at the last start"
    );
    Ok(beside.execute_batch("DELETE FROM log_copy")?)
}

/// Makes sure that the folder knows which files there are. SQLite does so with the first sync of a journal
/// that it has made itself; one that it found was perhaps made by a process that never got there, and
/// without its name it is lost with all commits in it. A small file beside the database gets a new
/// journal for this alone.
pub(super) fn sync_folder(database: &Path) -> Result<(), StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push("-folder");
    let beside = Path::new(&name);
    match begin_a_journal(beside) {
        Err(StoreError::Damaged(_)) => {
            // It holds nothing.
            let _ = std::fs::remove_file(beside);
            begin_a_journal(beside)
        }
        done => done,
    }
}

fn begin_a_journal(beside: &Path) -> Result<(), StoreError> {
    let db = open_file(beside, OpenFlags::default())?;
    db.pragma_update(None, "journal_mode", "DELETE")?;
    let times: i32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    Ok(db.pragma_update(None, "user_version", times.wrapping_add(1))?)
}

/// The small file beside the database, with a journal of its own kind: what is committed there is whole.
fn open_beside(database: &Path) -> Result<Connection, StoreError> {
    let mut name = database.as_os_str().to_owned();
    name.push("-folder");
    let db = open_file(Path::new(&name), OpenFlags::default())?;
    db.pragma_update(None, "journal_mode", "DELETE")?;
    db.pragma_update(None, "synchronous", "EXTRA")?;
    Ok(db)
}

/// A file that SQLite keeps open, as long as its connection lives.
struct OpenFile<'c> {
    file: *mut ffi::sqlite3_file,
    methods: &'c ffi::sqlite3_io_methods,
}

fn log_of(db: &Connection) -> Option<OpenFile<'_>> {
    file_of(db, ffi::SQLITE_FCNTL_JOURNAL_POINTER)
}

fn file_of(db: &Connection, which: c_int) -> Option<OpenFile<'_>> {
    let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
    // SAFETY: the handle is open; this control writes one pointer, to a file that SQLite keeps open as
    // long as the connection is.
    let code = unsafe {
        ffi::sqlite3_file_control(db.handle(), c"main".as_ptr(), which, (&raw mut file).cast())
    };
    // SAFETY: a file that is open has methods, and one that is not has none.
    let methods = unsafe { file.as_ref().and_then(|file| file.pMethods.as_ref()) };
    methods.filter(|_| code == ffi::SQLITE_OK).map(|methods| OpenFile { file, methods })
}

impl OpenFile<'_> {
    fn read(&self) -> Result<Vec<u8>, StoreError> {
        let (Some(size), Some(read)) = (self.methods.xFileSize, self.methods.xRead) else {
            return done(ffi::SQLITE_MISUSE).map(|()| Vec::new());
        };
        let mut len = 0;
        // SAFETY: the file is open, and `len` a place for the answer.
        done(unsafe { size(self.file, &raw mut len) })?;
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        for (piece, at) in bytes.chunks_mut(PIECE_BYTES).zip((0..).step_by(PIECE_BYTES)) {
            let count = c_int::try_from(piece.len()).unwrap_or(0);
            // SAFETY: the file is open, and `piece` has `count` bytes.
            done(unsafe { read(self.file, piece.as_mut_ptr().cast(), count, at) })?;
        }
        Ok(bytes)
    }

    /// Writes from the beginning on, and syncs.
    fn write(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let (Some(write), Some(sync)) = (self.methods.xWrite, self.methods.xSync) else {
            return done(ffi::SQLITE_MISUSE);
        };
        for (piece, at) in bytes.chunks(PIECE_BYTES).zip((0..).step_by(PIECE_BYTES)) {
            let count = c_int::try_from(piece.len()).unwrap_or(0);
            // SAFETY: the file is open, and `piece` has `count` bytes.
            done(unsafe { write(self.file, piece.as_ptr().cast(), count, at) })?;
        }
        // SAFETY: the file is open.
        done(unsafe { sync(self.file, ffi::SQLITE_SYNC_NORMAL) })
    }
}

fn done(code: c_int) -> Result<(), StoreError> {
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::open::open_writing;
    use super::*;

    #[test]
    fn a_log_of_any_length_is_made_sure_of_on_a_real_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("long.sqlite");
        let writer = open_writing(&path).unwrap();
        writer.execute_batch("CREATE TABLE filler (bytes BLOB)").unwrap();
        for _ in 0..3 {
            writer.execute("INSERT INTO filler VALUES (zeroblob(500000))", []).unwrap();
            let mut db = open_writing(&path).unwrap();
            make_durable(&mut db, &path).unwrap();
            let rows: i64 = db
                .query_row("SELECT count(*) FROM filler WHERE length(bytes) = 500000", [], |row| {
                    row.get(0)
                })
                .unwrap();
            assert!(rows > 0);
        }
        let log = std::fs::metadata(format!("{}-wal", path.display())).unwrap().len();
        assert!(log > 4 * PIECE_BYTES as u64, "{log} bytes");
    }
}
