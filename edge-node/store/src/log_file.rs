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

use rusqlite::{Connection, OpenFlags, TransactionBehavior, ffi};

use super::StoreError;
use super::open::open_file;

/// Bytes moved at once: SQLite's own file layer takes the length of a write modulo 128 KiB.
const PIECE_BYTES: usize = 64 * 1024;

/// Writes the write-ahead log anew in its place and syncs it. Nobody else may write meanwhile: it holds
/// the lock for writing.
pub(super) fn make_durable(db: &mut Connection) -> Result<(), StoreError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let code = rewrite(&transaction);
    transaction.rollback()?;
    match code {
        ffi::SQLITE_OK => Ok(()),
        code => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()),
    }
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

fn rewrite(db: &Connection) -> c_int {
    let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
    // SAFETY: the handle is open; this control writes one pointer, to a file that SQLite keeps open as
    // long as the connection is in this transaction.
    let code = unsafe {
        ffi::sqlite3_file_control(
            db.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_JOURNAL_POINTER,
            (&raw mut file).cast(),
        )
    };
    // SAFETY: a file that is open has methods, and one that is not has none.
    let methods = unsafe { file.as_ref().and_then(|file| file.pMethods.as_ref()) };
    let Some(methods) = methods.filter(|_| code == ffi::SQLITE_OK) else { return ffi::SQLITE_OK };
    let (Some(size), Some(read), Some(write), Some(sync)) =
        (methods.xFileSize, methods.xRead, methods.xWrite, methods.xSync)
    else {
        return ffi::SQLITE_MISUSE;
    };
    let (mut bytes, mut at) = (0, 0);
    // SAFETY: the file is open, and `bytes` a place for the answer.
    let mut code = unsafe { size(file, &raw mut bytes) };
    let mut piece = vec![0_u8; PIECE_BYTES];
    while code == ffi::SQLITE_OK && at < bytes {
        let amount = (bytes - at).min(PIECE_BYTES as i64);
        let count = c_int::try_from(amount).unwrap_or(0);
        // SAFETY: the file is open, and `piece` has `count` bytes. The lock for writing is held, so
        // these bytes are still those when they are written.
        code = unsafe {
            match read(file, piece.as_mut_ptr().cast(), count, at) {
                ffi::SQLITE_OK => write(file, piece.as_ptr().cast(), count, at),
                code => code,
            }
        };
        at += amount;
    }
    if code == ffi::SQLITE_OK && bytes > 0 {
        // SAFETY: the file is open.
        code = unsafe { sync(file, ffi::SQLITE_SYNC_NORMAL) };
    }
    code
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
            make_durable(&mut db).unwrap();
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
