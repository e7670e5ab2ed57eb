//! SQLite's view of the disks in memory: its default VFS in this process, so that a depot's store runs
//! on it unchanged. It owns randomness and time. Devices are as unix's VFS says of its own: a write leaves
//! the bytes beside it alone (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`), and promises nothing else.
#![expect(
    unsafe_code,
    reason = "a VFS is a table of C functions; each block names what SQLite promises it"
)]

use std::collections::HashMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::ffi;

use crate::dice::Dice;
use crate::disk::{Disk, Fault, FileId, SHARED, UNLOCKED};
use crate::image::File;

/// Where disks are found; no path of the system begins like this.
pub const ROOT: &str = "/disks-in-memory/";

const PATH_BYTES_MAX: c_int = 256;
/// The most that SQLite's own layer for unix writes at once (`seekAndWriteFd`).
const WRITE_BYTES_MAX: c_int = 0x1_ffff;
/// Bytes of a region of shared memory.
const REGION_BYTES: c_int = 32_768;

static DISKS: Mutex<Option<HashMap<u64, Arc<Disk>>>> = Mutex::new(None);
static NEXT_DISK: AtomicU64 = AtomicU64::new(1);
static NEXT_HANDLE: AtomicU64 = AtomicU64::new(1);
static RANDOMNESS: Mutex<Dice> = Mutex::new(Dice::new(0));
/// Milliseconds after 1970; every look takes one.
static CLOCK_MS: AtomicI64 = AtomicI64::new(0);

/// 2026-11-02.
const DAY_BEGINS_MS: i64 = 1_793_577_600_000;

/// Lets SQLite draw and tell the time anew, alike for a seed.
pub fn begin(seed: u64) {
    register();
    *RANDOMNESS.lock().unwrap_or_else(PoisonError::into_inner) = Dice::new(seed);
    CLOCK_MS.store(DAY_BEGINS_MS, Ordering::Relaxed);
    // SAFETY: without a buffer it forgets what it drew, and asks the VFS again.
    unsafe { ffi::sqlite3_randomness(0, std::ptr::null_mut()) };
}

/// The hour on these disks: a millisecond later at every look.
#[must_use]
pub fn now_ms() -> i64 {
    CLOCK_MS.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn attach(disk: &Arc<Disk>) -> u64 {
    register();
    let number = NEXT_DISK.fetch_add(1, Ordering::Relaxed);
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    disks.get_or_insert_default().insert(number, Arc::clone(disk));
    number
}

pub(crate) fn detach(number: u64) {
    let mut disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = disks.get_or_insert_default().remove(&number);
}

fn disk_of(path: &CStr) -> Option<(Arc<Disk>, &str)> {
    let (number, name) = path.to_str().ok()?.strip_prefix(ROOT)?.split_once('/')?;
    let number: u64 = number.parse().ok()?;
    let disks = DISKS.lock().unwrap_or_else(PoisonError::into_inner);
    Some((Arc::clone(disks.as_ref()?.get(&number)?), name))
}

/// How durable SQLite is asked to be, in the place of what the store asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Synchronous {
    /// As the store asks.
    Full,
    Normal,
    Off,
}

static LEVEL: OnceLock<Synchronous> = OnceLock::new();

/// For the control that a rig needs: the store's own `PRAGMA synchronous` is overridden for the rest of
/// the process. The first call decides.
///
/// # Panics
/// When SQLite takes no extension.
pub fn override_synchronous(level: Synchronous) {
    let _ = LEVEL.set(level);
    if level != Synchronous::Full {
        // SAFETY: the function lives as long as the process.
        let code = unsafe { ffi::sqlite3_auto_extension(Some(set_level)) };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite takes the control's pragma");
    }
}

fn level() -> Synchronous {
    LEVEL.get().copied().unwrap_or(Synchronous::Full)
}

unsafe extern "C" fn set_level(
    db: *mut ffi::sqlite3,
    _: *mut *mut c_char,
    _: *const ffi::sqlite3_api_routines,
) -> c_int {
    let sql = match level() {
        Synchronous::Full => return ffi::SQLITE_OK,
        Synchronous::Normal => c"PRAGMA synchronous = NORMAL",
        Synchronous::Off => c"PRAGMA synchronous = OFF",
    };
    // SAFETY: SQLite hands in a connection that is open, and asks extensions for no less.
    unsafe {
        ffi::sqlite3_exec(db, sql.as_ptr(), None, std::ptr::null_mut(), std::ptr::null_mut());
    }
    ffi::SQLITE_OK
}

/// An open file.
struct Open {
    /// None: a file of SQLite's own, without a name.
    place: Option<Place>,
    unnamed: File,
    who: u64,
    level: c_int,
    /// The folder is synced with the file's first sync: it is a new journal.
    folder_sync_due: bool,
    shm_joined: bool,
    shm_shared: u8,
    shm_alone: u8,
}

struct Place {
    disk: Arc<Disk>,
    file: FileId,
}

#[repr(C)]
struct Handle {
    file: ffi::sqlite3_file,
    open: *mut Open,
}

struct Registered(
    #[expect(dead_code, reason = "kept where SQLite's list points to")] Box<ffi::sqlite3_vfs>,
);
// SAFETY: nothing but SQLite reads it, under locks of its own.
unsafe impl Send for Registered {}
// SAFETY: as above.
unsafe impl Sync for Registered {}

static REGISTERED: OnceLock<Registered> = OnceLock::new();

/// Makes disks in memory the default of this process.
fn register() {
    REGISTERED.get_or_init(|| {
        let mut vfs = Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<Handle>()).unwrap_or(c_int::MAX),
            mxPathname: PATH_BYTES_MAX,
            pNext: std::ptr::null_mut(),
            zName: c"disks-in-memory".as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(get_last_error),
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        });
        // SAFETY: the structure is boxed and kept for the rest of the process.
        let code = unsafe {
            ffi::sqlite3_initialize();
            ffi::sqlite3_vfs_register(&raw mut *vfs, 1)
        };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite takes the disks in memory");
        Registered(vfs)
    });
}

/// The open file behind SQLite's.
///
/// # Safety
/// `file` was opened by [`open`] and not closed since; SQLite uses it from one thread at a time.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Open {
    // SAFETY: the caller's promise; `open` put a box there and only `close` takes it.
    unsafe { &mut *(*file.cast::<Handle>()).open }
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives `szOsFile` bytes, a name that ends in a zero or none, and a place for the
    // flags or none. A file without methods is not closed.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let mut open = Open {
            place: None,
            unnamed: File::default(),
            who: NEXT_HANDLE.fetch_add(1, Ordering::Relaxed),
            level: UNLOCKED,
            folder_sync_due: false,
            shm_joined: false,
            shm_shared: 0,
            shm_alone: 0,
        };
        let mut got = flags;
        if !name.is_null() {
            let Some((disk, name)) = disk_of(CStr::from_ptr(name)) else {
                return ffi::SQLITE_CANTOPEN;
            };
            let Some((file, new)) = disk.open(name, flags & ffi::SQLITE_OPEN_CREATE != 0) else {
                return ffi::SQLITE_CANTOPEN;
            };
            let journals = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL;
            open.folder_sync_due = new && flags & journals != 0;
            if disk.is_read_only() {
                got = (flags & !ffi::SQLITE_OPEN_READWRITE) | ffi::SQLITE_OPEN_READONLY;
            }
            open.place = Some(Place { disk, file });
        }
        if !out_flags.is_null() {
            *out_flags = got;
        }
        (*file.cast::<Handle>()).open = Box::into_raw(Box::new(open));
        (*file).pMethods = &raw const METHODS;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once.
    let open = unsafe {
        (*file).pMethods = std::ptr::null();
        Box::from_raw((*file.cast::<Handle>()).open)
    };
    if let Some(place) = &open.place {
        place.disk.unlock(place.file, open.who, UNLOCKED);
        place.disk.closed();
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite gives `amount` writable bytes.
    let (open, into) =
        unsafe { (opened(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), size(amount))) };
    let at = offset(at);
    let read = match &open.place {
        Some(place) => place.disk.read(place.file, at, into),
        None => Ok(open.unnamed.read_at(at, into)),
    };
    match read {
        Ok(there) if there == into.len() => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(Fault::Failing | Fault::Full) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // Unix's layer takes a length modulo 128 KiB, and says that the disk is full: so does this one.
    if amount > WRITE_BYTES_MAX {
        return ffi::SQLITE_FULL;
    }
    // SAFETY: SQLite gives `amount` readable bytes.
    let (open, from) =
        unsafe { (opened(file), std::slice::from_raw_parts(from.cast::<u8>(), size(amount))) };
    let Some(place) = &open.place else {
        open.unnamed.write_at(offset(at), from);
        return ffi::SQLITE_OK;
    };
    match place.disk.write(place.file, offset(at), from) {
        Ok(()) => ffi::SQLITE_OK,
        Err(Fault::Failing) => ffi::SQLITE_IOERR_WRITE,
        Err(Fault::Full) => ffi::SQLITE_FULL,
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, bytes: ffi::sqlite3_int64) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let Some(place) = &open.place else {
        open.unnamed.truncate(offset(bytes));
        return ffi::SQLITE_OK;
    };
    match place.disk.truncate(place.file, offset(bytes)) {
        Ok(()) => ffi::SQLITE_OK,
        Err(Fault::Failing | Fault::Full) => ffi::SQLITE_IOERR_TRUNCATE,
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let Some(place) = &open.place else { return ffi::SQLITE_OK };
    match place.disk.sync(place.file, open.folder_sync_due) {
        Ok(()) => {
            open.folder_sync_due = false;
            ffi::SQLITE_OK
        }
        Err(Fault::Failing | Fault::Full) => ffi::SQLITE_IOERR_FSYNC,
    }
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: the file is open, and SQLite gives a place for the answer.
    unsafe {
        let open = opened(file);
        let len = match &open.place {
            Some(place) => place.disk.len(place.file),
            None => open.unnamed.len(),
        };
        *out = i64::try_from(len).unwrap_or(i64::MAX);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, wanted: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let Some(place) = &open.place else { return ffi::SQLITE_OK };
    let (level, got) = place.disk.lock(place.file, open.who, open.level, wanted);
    open.level = level;
    if got { ffi::SQLITE_OK } else { ffi::SQLITE_BUSY }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, to: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    if let Some(place) = &open.place
        && open.level > to
    {
        place.disk.unlock(place.file, open.who, to);
        open.level = to.min(SHARED);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: the file is open, and SQLite gives a place for the answer.
    unsafe {
        let reserved =
            opened(file).place.as_ref().is_some_and(|place| place.disk.is_reserved(place.file));
        *out = c_int::from(reserved);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(
    _: *mut ffi::sqlite3_file,
    op: c_int,
    argument: *mut c_void,
) -> c_int {
    if op != ffi::SQLITE_FCNTL_PRAGMA || level() == Synchronous::Full {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: this control hands in three strings: an answer to fill in, the pragma's name, its value or
    // null.
    let (name, value) = unsafe {
        let words = argument.cast::<*const c_char>();
        (CStr::from_ptr(*words.add(1)), *words.add(2))
    };
    // SAFETY: as above.
    let full = !value.is_null() && unsafe { CStr::from_ptr(value) } == c"FULL";
    // Taken as done: the control's own level stays.
    if full && name == c"synchronous" { ffi::SQLITE_OK } else { ffi::SQLITE_NOTFOUND }
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    4_096
}

unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    bytes: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    assert_eq!(bytes, REGION_BYTES, "regions of a log's index have one size");
    // SAFETY: the file is open, and SQLite gives a place for the answer. Regions stay where they are as
    // long as anybody has joined.
    unsafe {
        let open = opened(file);
        let Some(place) = &open.place else { return ffi::SQLITE_IOERR_SHMMAP };
        if !open.shm_joined {
            place.disk.shm_join(place.file);
            open.shm_joined = true;
        }
        let found = place.disk.shm_region(place.file, size(region), extend != 0);
        *out = found.map_or(std::ptr::null_mut(), <*mut u64>::cast);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    let Some(place) = &open.place else { return ffi::SQLITE_IOERR_SHMLOCK };
    let slots = size(first)..size(first + count);
    let mask = slots.clone().fold(0_u8, |mask, slot| mask | 1 << slot);
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        for slot in slots {
            for (held, alone) in [(&mut open.shm_shared, false), (&mut open.shm_alone, true)] {
                if *held & 1 << slot != 0 {
                    place.disk.shm_unlock(place.file, slot, alone);
                    *held &= !(1 << slot);
                }
            }
        }
        return ffi::SQLITE_OK;
    }
    let alone = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
    let held = if alone { &mut open.shm_alone } else { &mut open.shm_shared };
    if *held & mask == mask {
        return ffi::SQLITE_OK;
    }
    if !place.disk.shm_lock(place.file, slots, alone) {
        return ffi::SQLITE_BUSY;
    }
    *held |= mask;
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    std::sync::atomic::fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: the file is open.
    let open = unsafe { opened(file) };
    if let Some(place) = &open.place
        && std::mem::take(&mut open.shm_joined)
    {
        place.disk.shm_leave(place.file);
    }
    ffi::SQLITE_OK
}

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

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite gives a name that ends in a zero.
    let Some((disk, name)) = disk_of(unsafe { CStr::from_ptr(name) }) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    if disk.is_read_only() {
        return ffi::SQLITE_IOERR_DELETE;
    }
    if disk.delete(name, sync != 0) { ffi::SQLITE_OK } else { ffi::SQLITE_IOERR_DELETE_NOENT }
}

unsafe extern "C" fn access(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives a name that ends in a zero, and a place for the answer.
    unsafe {
        let found = disk_of(CStr::from_ptr(name)).is_some_and(|(disk, name)| {
            disk.exists(name) && !(flags == ffi::SQLITE_ACCESS_READWRITE && disk.is_read_only())
        });
        *out = c_int::from(found);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite gives a name that ends in a zero, and `room` bytes for the answer.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > size(room) {
            return ffi::SQLITE_CANTOPEN;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, room: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite gives `room` writable bytes.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), size(room)) };
    RANDOMNESS.lock().unwrap_or_else(PoisonError::into_inner).fill(out);
    room
}

/// Really waits: whoever is waited for is another thread.
unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::park_timeout(Duration::from_micros(u64::try_from(microseconds).unwrap_or(0)));
    microseconds
}

unsafe extern "C" fn current_time_int64(
    _: *mut ffi::sqlite3_vfs,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    // Milliseconds of the Julian day on which 1970 began.
    const JULIAN_1970_MS: i64 = 210_866_760_000_000;
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = JULIAN_1970_MS + CLOCK_MS.load(Ordering::Relaxed) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite gives a place for the answer.
    unsafe { *out = 2_440_587.5 + CLOCK_MS.load(Ordering::Relaxed) as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn get_last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    0
}

fn size(bytes: c_int) -> usize {
    usize::try_from(bytes).unwrap_or(0)
}

fn offset(at: ffi::sqlite3_int64) -> usize {
    usize::try_from(at).unwrap_or(0)
}
