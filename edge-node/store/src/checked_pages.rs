//! Pages that prove themselves: every page of the database file ends in a sum over its bytes and its
//! number, written when the page is written and checked whenever it is read from the file.
//!
//! SQLite keeps no sums of its own: its integrity check looks at structure and sees about one flipped
//! bit in five. This is a shim over the system's VFS. It changes nothing but the last eight bytes of a
//! page, which SQLite leaves to it (header byte 20, "reserved space": <https://sqlite.org/fileformat2.html>).
//! It may not touch the write-ahead log, whose frames carry SQLite's own sums, nor any other file.
#![expect(
    unsafe_code,
    reason = "a VFS is a table of C functions; each block names what SQLite promises it"
)]

use std::ffi::{CStr, c_int, c_void};
use std::sync::OnceLock;

use rusqlite::{Connection, ffi};

use super::StoreError;

/// Bytes of a page. SQLite's own default, and never another here.
pub const PAGE_BYTES: usize = 4_096;
/// Bytes at the end of each page that hold its sum.
const SUM_BYTES: usize = 8;
/// Where the file's header says how many bytes of each page are reserved.
const RESERVED_AT: usize = 20;
const HEADER_BYTES: usize = 100;
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The VFS that every connection to a depot's database is opened with.
pub(super) const VFS: &CStr = c"checked-pages";

/// What a page read from the file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    Sound,
    /// Free, and never written since the file grew past it.
    Unwritten,
    Damaged,
}

/// The sum of a page: the first eight bytes of BLAKE3 over its number, counted from one, and all its
/// bytes but the last eight.
#[must_use]
pub fn page_sum(number: u32, page: &[u8; PAGE_BYTES]) -> [u8; SUM_BYTES] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&number.to_be_bytes());
    hasher.update(&page[..PAGE_BYTES - SUM_BYTES]);
    let mut sum = [0; SUM_BYTES];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..SUM_BYTES]);
    sum
}

/// Whether a page is what was written at its place.
#[must_use]
pub fn is_sound(number: u32, page: &[u8; PAGE_BYTES]) -> bool {
    page[PAGE_BYTES - SUM_BYTES..] == page_sum(number, page)
}

/// Whether a file's first bytes say that its pages carry sums.
#[must_use]
pub(super) fn says_summed(header: &[u8]) -> bool {
    header.len() >= HEADER_BYTES
        && header.starts_with(MAGIC)
        && usize::from(header[RESERVED_AT]) == SUM_BYTES
}

/// SQLite's own structure, followed in memory by the real file's.
#[repr(C)]
struct CheckedFile {
    file: ffi::sqlite3_file,
    is_database: bool,
    summed: bool,
}

/// The shim's structure, once. SQLite's list of VFSs points into it, so it is never given back.
struct Registered(*mut ffi::sqlite3_vfs);
// SAFETY: the pointers are written once, before anybody can read them, and SQLite asks of a VFS that it
// may be called from any thread.
unsafe impl Send for Registered {}
// SAFETY: as above.
unsafe impl Sync for Registered {}

static REGISTERED: OnceLock<Result<Registered, c_int>> = OnceLock::new();
static BASE: OnceLock<Registered> = OnceLock::new();

/// Makes [`VFS`] known to SQLite, over the VFS that is the default at the first call.
pub(super) fn register() -> Result<(), rusqlite::Error> {
    let registered = REGISTERED.get_or_init(|| {
        // SAFETY: without a name SQLite returns its default VFS, which lives as long as the process, or
        // null. The copy differs in name, size and `xOpen` alone; a VFS's other functions get this copy,
        // whose `pAppData` and methods are the original's.
        unsafe {
            ffi::sqlite3_initialize();
            let base = ffi::sqlite3_vfs_find(std::ptr::null());
            if base.is_null() {
                return Err(ffi::SQLITE_NOTFOUND);
            }
            BASE.get_or_init(|| Registered(base));
            let mut shim = *base;
            shim.pNext = std::ptr::null_mut();
            shim.zName = VFS.as_ptr();
            shim.szOsFile += c_int::try_from(size_of::<CheckedFile>()).unwrap_or(c_int::MAX);
            shim.xOpen = Some(open);
            let shim = Box::into_raw(Box::new(shim));
            match ffi::sqlite3_vfs_register(shim, 0) {
                ffi::SQLITE_OK => Ok(Registered(shim)),
                code => Err(code),
            }
        }
    });
    match registered {
        Ok(_) => Ok(()),
        Err(code) => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(*code), None)),
    }
}

/// Asks SQLite to leave room for the sums; to be called on a new connection before anything else. On a
/// file that is there already it takes effect at its next `VACUUM`.
pub(super) fn reserve(db: &Connection) {
    let mut bytes = c_int::try_from(SUM_BYTES).unwrap_or(0);
    // SAFETY: the handle is open, and this control reads and writes one C int.
    unsafe {
        ffi::sqlite3_file_control(
            db.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_RESERVE_BYTES,
            (&raw mut bytes).cast(),
        );
    }
}

/// The first bytes of the database file, or none while it is empty.
pub(super) fn header(db: &Connection) -> Result<Option<[u8; HEADER_BYTES]>, StoreError> {
    let mut header = [0; HEADER_BYTES];
    match read_file(db, &mut header, 0) {
        ffi::SQLITE_OK => Ok(Some(header)),
        ffi::SQLITE_IOERR_SHORT_READ => Ok(None),
        code => Err(failure(code)),
    }
}

/// Whole pages in the database file, whatever the write-ahead log adds to them.
pub(super) fn pages_in_file(db: &Connection) -> Result<u32, StoreError> {
    Ok(u32::try_from(bytes_in_file(db)? / PAGE_BYTES as u64).unwrap_or(u32::MAX))
}

/// Bytes of the database file.
pub(super) fn bytes_in_file(db: &Connection) -> Result<u64, StoreError> {
    let mut bytes: ffi::sqlite3_int64 = 0;
    let file = file_of(db)?;
    // SAFETY: SQLite keeps the file open as long as the connection, and the connection is borrowed.
    let code = unsafe {
        let Some(size) = (*(*file).pMethods).xFileSize else {
            return Err(failure(ffi::SQLITE_MISUSE));
        };
        size(file, &raw mut bytes)
    };
    if code != ffi::SQLITE_OK {
        return Err(failure(code));
    }
    Ok(u64::try_from(bytes).unwrap_or(0))
}

/// Bytes of the write-ahead log's file; to be called inside a transaction.
pub(super) fn bytes_in_log(db: &Connection) -> u64 {
    let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
    let mut bytes: ffi::sqlite3_int64 = 0;
    // SAFETY: the handle is open, and this control writes one pointer: to a file that SQLite keeps open
    // as long as the transaction, or that has no methods.
    unsafe {
        let control = ffi::SQLITE_FCNTL_JOURNAL_POINTER;
        let code = ffi::sqlite3_file_control(
            db.handle(),
            c"main".as_ptr(),
            control,
            (&raw mut file).cast(),
        );
        let methods = file.as_ref().and_then(|file| file.pMethods.as_ref());
        if let (ffi::SQLITE_OK, Some(size)) = (code, methods.and_then(|methods| methods.xFileSize))
        {
            size(file, &raw mut bytes);
        }
    }
    u64::try_from(bytes).unwrap_or(0)
}

/// Reads one page past SQLite's cache and says what it is. A page that a checkpoint is writing right now
/// may look damaged: look again before believing it.
pub(super) fn look_at(db: &Connection, number: u32) -> Result<Page, StoreError> {
    let mut page = [0; PAGE_BYTES];
    let at = (i64::from(number) - 1) * PAGE_BYTES as i64;
    match read_file(db, &mut page, at) {
        ffi::SQLITE_OK if page.iter().all(|byte| *byte == 0) => Ok(Page::Unwritten),
        ffi::SQLITE_OK | ffi::SQLITE_IOERR_DATA => {
            Ok(if is_sound(number, &page) { Page::Sound } else { Page::Damaged })
        }
        code => Err(failure(code)),
    }
}

fn failure(code: c_int) -> StoreError {
    rusqlite::Error::SqliteFailure(ffi::Error::new(code), None).into()
}

fn file_of(db: &Connection) -> Result<*mut ffi::sqlite3_file, StoreError> {
    let mut file: *mut ffi::sqlite3_file = std::ptr::null_mut();
    // SAFETY: the handle is open, and this control writes one pointer.
    let code = unsafe {
        ffi::sqlite3_file_control(
            db.handle(),
            c"main".as_ptr(),
            ffi::SQLITE_FCNTL_FILE_POINTER,
            (&raw mut file).cast(),
        )
    };
    // SAFETY: a file that is open has methods; one that is not has none.
    let open = code == ffi::SQLITE_OK && !file.is_null() && unsafe { !(*file).pMethods.is_null() };
    if open { Ok(file) } else { Err(failure(ffi::SQLITE_CANTOPEN)) }
}

fn read_file(db: &Connection, into: &mut [u8], at: i64) -> c_int {
    let Ok(file) = file_of(db) else { return ffi::SQLITE_CANTOPEN };
    let amount = c_int::try_from(into.len()).unwrap_or(0);
    // SAFETY: the file is open as long as the borrowed connection; `into` has `amount` bytes.
    unsafe {
        let Some(read) = (*(*file).pMethods).xRead else { return ffi::SQLITE_MISUSE };
        read(file, into.as_mut_ptr().cast(), amount, at)
    }
}

/// The real file behind the shim's.
///
/// # Safety
/// `file` was opened by [`open`]: SQLite gave it `szOsFile` bytes, which is room for both.
unsafe fn real(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: the caller's promise.
    unsafe { file.cast::<CheckedFile>().add(1).cast() }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let Some(Registered(base)) = BASE.get() else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: SQLite hands in `szOsFile` bytes at `file`, aligned for any structure of its own; both
    // structures are written before anybody reads them. Without methods SQLite closes nothing.
    unsafe {
        let checked = file.cast::<CheckedFile>();
        (*checked).file.pMethods = std::ptr::null();
        (*checked).is_database = flags & ffi::SQLITE_OPEN_MAIN_DB != 0;
        (*checked).summed = false;
        let real = real(file);
        (*real).pMethods = std::ptr::null();
        let Some(base_open) = (**base).xOpen else { return ffi::SQLITE_CANTOPEN };
        let code = base_open(*base, name, real, flags, out_flags);
        if !(*real).pMethods.is_null() {
            (*checked).file.pMethods = &raw const METHODS;
        }
        code
    }
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives a buffer of `amount` bytes, which the real read has filled.
    unsafe {
        let real = real(file);
        let Some(real_read) = (*(*real).pMethods).xRead else { return ffi::SQLITE_MISUSE };
        let code = real_read(real, into, amount, at);
        let checked = file.cast::<CheckedFile>();
        if code != ffi::SQLITE_OK || !(*checked).is_database {
            return code;
        }
        let bytes =
            std::slice::from_raw_parts(into.cast::<u8>(), usize::try_from(amount).unwrap_or(0));
        note_header(checked, bytes, at);
        let (Some(number), true) = (page_number(bytes, at), (*checked).summed) else { return code };
        let Ok(page) = bytes.try_into() else { return code };
        // What was never written since the file grew past it holds nothing, and SQLite reads it as that.
        if is_sound(number, page) || bytes.iter().all(|byte| *byte == 0) {
            return code;
        }
        tracing::error!(page = number, "a page of the database is not what was written");
        ffi::SQLITE_IOERR_DATA
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives `amount` readable bytes; they are copied before they are changed.
    unsafe {
        let real = real(file);
        let Some(real_write) = (*(*real).pMethods).xWrite else { return ffi::SQLITE_MISUSE };
        let checked = file.cast::<CheckedFile>();
        if !(*checked).is_database {
            return real_write(real, from, amount, at);
        }
        let bytes =
            std::slice::from_raw_parts(from.cast::<u8>(), usize::try_from(amount).unwrap_or(0));
        note_header(checked, bytes, at);
        let (Some(number), true) = (page_number(bytes, at), (*checked).summed) else {
            return real_write(real, from, amount, at);
        };
        let mut page = [0; PAGE_BYTES];
        page.copy_from_slice(bytes);
        let sum = page_sum(number, &page);
        page[PAGE_BYTES - SUM_BYTES..].copy_from_slice(&sum);
        real_write(real, page.as_ptr().cast(), amount, at)
    }
}

/// # Safety
/// `checked` is an open file of [`open`].
unsafe fn note_header(checked: *mut CheckedFile, bytes: &[u8], at: i64) {
    if at == 0 && bytes.len() >= HEADER_BYTES && bytes.starts_with(MAGIC) {
        // SAFETY: the caller's promise; SQLite uses a file from one thread at a time.
        unsafe { (*checked).summed = says_summed(bytes) };
    }
}

/// The number of the page that a read or write is of, if it is of a whole one.
fn page_number(bytes: &[u8], at: i64) -> Option<u32> {
    let page_bytes = PAGE_BYTES as i64;
    let whole = bytes.len() == PAGE_BYTES && at >= 0 && at % page_bytes == 0;
    if whole { u32::try_from(at / page_bytes + 1).ok() } else { None }
}

/// A method that only passes on.
macro_rules! passed_on {
    ($($name:ident $method:ident ($($argument:ident: $type:ty),*);)*) => {
        $(unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file, $($argument: $type),*) -> c_int {
            // SAFETY: the real file is open as long as the shim's; the arguments are SQLite's own.
            unsafe {
                let real = real(file);
                match (*(*real).pMethods).$method {
                    Some(method) => method(real, $($argument),*),
                    None => ffi::SQLITE_IOERR,
                }
            }
        })*
    };
}

passed_on! {
    close xClose();
    truncate xTruncate(bytes: ffi::sqlite3_int64);
    sync xSync(flags: c_int);
    file_size xFileSize(bytes: *mut ffi::sqlite3_int64);
    lock xLock(level: c_int);
    unlock xUnlock(level: c_int);
    check_reserved_lock xCheckReservedLock(out: *mut c_int);
    file_control xFileControl(op: c_int, argument: *mut c_void);
    sector_size xSectorSize();
    device_characteristics xDeviceCharacteristics();
    shm_map xShmMap(region: c_int, bytes: c_int, extend: c_int, out: *mut *mut c_void);
    shm_lock xShmLock(offset: c_int, n: c_int, flags: c_int);
    shm_unmap xShmUnmap(delete: c_int);
}

unsafe extern "C" fn shm_barrier(file: *mut ffi::sqlite3_file) {
    // SAFETY: the real file is open as long as the shim's.
    unsafe {
        let real = real(file);
        if let Some(barrier) = (*(*real).pMethods).xShmBarrier {
            barrier(real);
        }
    }
}

/// Version 2: without the methods that map the file into memory, where no read could be checked.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

#[cfg(test)]
mod tests {
    use std::os::unix::fs::FileExt as _;
    use std::path::Path;

    use shared_model::id::NodeId;
    use uuid::Uuid;

    use super::*;
    use crate::open::{migrate, open_file, open_reading, write_beside};
    use crate::{Damage, scrub};

    const NODE: NodeId = NodeId::new(Uuid::from_u128(7));

    fn filled(path: &Path) {
        migrate(path, NODE).unwrap();
        write_beside(path, |db| {
            for device in 0..400_u32 {
                let (id, hash) = ([device.to_be_bytes(); 4], [device.to_be_bytes(); 8]);
                db.execute(
                    "INSERT INTO device (device, token_hash, name, paired_ms) VALUES (?1, ?2, '', 0)",
                    (id.concat(), hash.concat()),
                )?;
            }
            Ok(())
        })
        .unwrap();
    }

    fn count(path: &Path) -> Result<i64, StoreError> {
        let db = open_reading(path)?;
        Ok(db.query_row("SELECT sum(length(token_hash)) FROM device", [], |row| row.get(0))?)
    }

    #[test]
    fn a_page_that_is_not_what_was_written_is_found_and_never_served() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depot.sqlite");
        filled(&path);
        assert_eq!(count(&path).unwrap(), 400 * 32);
        assert_eq!(scrub(&path).unwrap(), []);
        let pages = std::fs::metadata(&path).unwrap().len() / PAGE_BYTES as u64;
        let (mut refused, file) =
            (0, std::fs::File::options().read(true).write(true).open(&path).unwrap());
        for number in 1..=pages {
            let at = (number - 1) * PAGE_BYTES as u64 + 2_000;
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ 4], at).unwrap();
            let number = u32::try_from(number).unwrap();
            assert_eq!(scrub(&path).unwrap(), [Damage::Page(number)]);
            match count(&path) {
                Ok(sum) => assert_eq!(sum, 400 * 32, "of other pages"),
                Err(StoreError::Damaged(said)) => {
                    refused += 1;
                    assert!(said.contains("edge-node repair"), "{said}");
                }
                Err(other) => panic!("{other}"),
            }
            file.write_all_at(&byte, at).unwrap();
        }
        assert!(refused > 4, "the pages of one table at least: {refused}");
        assert_eq!(scrub(&path).unwrap(), []);
    }

    #[test]
    fn a_file_from_before_gets_its_sums_at_its_first_start() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depot.sqlite");
        {
            #[expect(clippy::disallowed_methods, reason = "as it was opened before")]
            let old = Connection::open(&path).unwrap();
            old.execute_batch(
                "PRAGMA journal_mode = WAL; CREATE TABLE kept (what TEXT);
                 INSERT INTO kept VALUES ('an old fact'), (hex(zeroblob(20000)));",
            )
            .unwrap();
        }
        migrate(&path, NODE).unwrap();
        assert_eq!(scrub(&path).unwrap(), []);
        let db = open_file(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        assert!(says_summed(&header(&db).unwrap().unwrap()));
        let longest: i64 =
            db.query_row("SELECT max(length(what)) FROM kept", [], |row| row.get(0)).unwrap();
        assert_eq!(longest, 40_000);
        let old: String = db
            .query_row("SELECT what FROM kept WHERE length(what) < 50", [], |row| row.get(0))
            .unwrap();
        assert_eq!(old, "an old fact");
    }

    #[test]
    fn a_header_that_lost_its_reserve_is_damage_and_no_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depot.sqlite");
        filled(&path);
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.write_all_at(&[0], RESERVED_AT as u64).unwrap();
        let refused = migrate(&path, NODE).unwrap_err().to_string();
        assert!(refused.contains("page 1") || refused.contains("damaged"), "{refused}");
        assert_eq!(scrub(&path).unwrap(), [Damage::Page(1)]);
    }
}
