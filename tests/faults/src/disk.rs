//! A disk in memory: files, locks, the shared index of a write-ahead log, a record of all that was
//! written, and faults that come at a call named beforehand.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::dice::Dice;
use crate::image::{File, Image, SECTOR_BYTES};
use crate::states::Platter;

/// A file, whatever its name is or was.
pub type FileId = usize;

/// What happened to a disk, in order.
#[derive(Debug, Clone)]
pub enum Op {
    Create {
        file: FileId,
        name: Arc<str>,
    },
    Write {
        file: FileId,
        at: usize,
        bytes: Arc<[u8]>,
    },
    Truncate {
        file: FileId,
        len: usize,
    },
    Delete {
        name: Arc<str>,
    },
    /// The file's bytes and length are durable.
    Sync {
        file: FileId,
    },
    /// The disk said that it could not, and keeps nothing of what was waiting: a kernel marks such pages
    /// clean, and a second sync then says yes without having written them.
    SyncFailed {
        file: FileId,
    },
    /// Which names there are is durable.
    SyncFolder,
    /// So many commits had been acknowledged.
    Told(u32),
}

/// A kind of call to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    Read,
    Write,
    Sync,
    Truncate,
}

impl Call {
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Sync, Self::Truncate];
}

/// What a call may meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The device fails: `EIO`.
    Failing,
    /// No room: `ENOSPC`; a write may have got half-way.
    Full,
}

/// Faults to come: the calls of one kind from the `first` on, counted from one, so many `times`.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub call: Call,
    pub fault: Fault,
    pub first: u64,
    pub times: u64,
}

#[derive(Debug, Default)]
struct Locks {
    shared: Vec<u64>,
    reserved: Option<u64>,
    pending: Option<u64>,
    exclusive: Option<u64>,
}

/// Shared memory of one database: regions that never move, and eight locks.
#[derive(Default)]
struct Shm {
    regions: Vec<Box<[u64; 4_096]>>,
    users: usize,
    /// Minus one: held alone; else the number that share it.
    locks: [i32; 8],
}

#[derive(Default)]
struct Inode {
    file: File,
    locks: Locks,
    shm: Shm,
}

/// When the power goes: the operation that is not done any more, counted from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Power {
    #[default]
    On,
    /// So many more operations.
    GoesAfter(u64),
    Off,
}

#[derive(Default)]
struct State {
    names: BTreeMap<Arc<str>, FileId>,
    inodes: Vec<Inode>,
    record: Option<Vec<Op>>,
    /// What is on the disk itself, where somebody may want to cut the power.
    platter: Option<Platter>,
    power: Power,
    /// Syncs say yes and do nothing.
    lies: bool,
    plan: Option<Plan>,
    calls: [u64; 4],
    faults: u64,
    read_only: bool,
    opened: usize,
}

/// A disk; cheap to share.
#[derive(Default)]
pub struct Disk {
    state: Mutex<State>,
    closed: Condvar,
}

/// What a lock may be asked to become; SQLite's own levels.
pub const UNLOCKED: i32 = 0;
pub const SHARED: i32 = 1;
pub const RESERVED: i32 = 2;
pub const PENDING: i32 = 3;
pub const EXCLUSIVE: i32 = 4;

impl Disk {
    /// A disk on which these files stand.
    #[must_use]
    pub fn of(image: Image) -> Self {
        let disk = Self::default();
        {
            let mut state = disk.state();
            for (name, file) in image {
                let id = state.inodes.len();
                state.inodes.push(Inode { file, ..Inode::default() });
                state.names.insert(name, id);
            }
        }
        disk
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records from now on.
    pub fn record(&self) {
        self.state().record = Some(Vec::new());
    }

    /// A disk on which these files stand for good, and whose power may be cut at any time.
    #[must_use]
    pub fn with_platter(image: Image) -> Self {
        let platter = Platter::of(&image);
        let disk = Self::of(image);
        disk.state().platter = Some(platter);
        disk
    }

    /// After so many more operations nothing is done any more, and every call fails.
    pub fn cut_power_after(&self, operations: u64) {
        self.state().power = Power::GoesAfter(operations);
    }

    /// Whether the power is gone.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.state().power == Power::Off
    }

    /// The power goes now, if it is not gone: what stands on the disk when it is back. `mixture` is
    /// [`Platter::cut`]'s.
    ///
    /// # Panics
    /// When the disk was made without [`Disk::with_platter`].
    #[must_use]
    pub fn cut(&self, mixture: usize, dice: &mut Dice) -> Image {
        let mut state = self.state();
        state.power = Power::Off;
        state.platter.as_ref().expect("it was made to be cut").cut(mixture, dice).0
    }

    /// From now on syncs do nothing, and say that they did: a control.
    pub fn lie(&self) {
        self.state().lies = true;
    }

    /// What was recorded so far.
    #[must_use]
    pub fn recorded(&self) -> Vec<Op> {
        self.state().record.clone().unwrap_or_default()
    }

    /// Notes that so many commits are acknowledged.
    pub fn tell(&self, acknowledged: u32) {
        self.state().note(Op::Told(acknowledged));
    }

    /// Counts calls anew, and lets faults come.
    pub fn arm(&self, plan: Option<Plan>) {
        let mut state = self.state();
        (state.plan, state.calls, state.faults) = (plan, [0; 4], 0);
    }

    /// Calls of a kind since the disk was armed.
    #[must_use]
    pub fn calls(&self, call: Call) -> u64 {
        self.state().calls[call as usize]
    }

    /// Faults that came since the disk was armed.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.state().faults
    }

    /// As a kernel does with a card that fails: nothing more is written.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }

    /// The same disk for another process, after the one that had it open was killed: what was written is
    /// there, locks and shared memory are gone, and the record goes on.
    #[must_use]
    pub fn fork(&self) -> Self {
        let state = self.state();
        let inodes = state.inodes.iter();
        let inodes = inodes.map(|inode| Inode { file: inode.file.clone(), ..Inode::default() });
        let forked = State {
            names: state.names.clone(),
            inodes: inodes.collect(),
            record: state.record.clone(),
            ..State::default()
        };
        Self { state: Mutex::new(forked), closed: Condvar::new() }
    }

    /// What stands on it now, written through or not.
    #[must_use]
    pub fn image(&self) -> Image {
        let state = self.state();
        let files = state.names.iter();
        files.map(|(name, id)| (Arc::clone(name), state.inodes[*id].file.clone())).collect()
    }

    #[must_use]
    pub fn file(&self, name: &str) -> Option<File> {
        let state = self.state();
        state.names.get(name).map(|id| state.inodes[*id].file.clone())
    }

    /// Waits until nobody has a file open: threads of a store close theirs after it is gone.
    pub fn wait_until_closed(&self) {
        let mut state = self.state();
        while state.opened > 0 {
            state = self.closed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What the VFS asks. Errors are SQLite's codes, chosen by the caller.
impl Disk {
    pub(crate) fn open(&self, name: &str, create: bool) -> Option<(FileId, bool)> {
        let mut state = self.state();
        if let Some(id) = state.names.get(name).copied() {
            state.opened += 1;
            return Some((id, false));
        }
        if !create || state.read_only || !state.has_power() {
            return None;
        }
        let (id, name): (_, Arc<str>) = (state.inodes.len(), name.into());
        state.inodes.push(Inode::default());
        state.names.insert(Arc::clone(&name), id);
        state.note(Op::Create { file: id, name });
        state.opened += 1;
        Some((id, true))
    }

    pub(crate) fn closed(&self) {
        self.state().opened -= 1;
        self.closed.notify_all();
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        let state = self.state();
        // As on unix: a journal without bytes is none.
        state.names.get(name).is_some_and(|id| !state.inodes[*id].file.is_empty())
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.state().read_only
    }

    /// Whether there was such a file.
    pub(crate) fn delete(&self, name: &str, durably: bool) -> bool {
        let mut state = self.state();
        if !state.has_power() {
            return false;
        }
        let there = state.names.remove(name).is_some();
        if there {
            state.note(Op::Delete { name: name.into() });
        }
        if durably {
            state.note(Op::SyncFolder);
        }
        there
    }

    pub(crate) fn read(&self, file: FileId, at: usize, into: &mut [u8]) -> Result<usize, Fault> {
        let mut state = self.state();
        state.count(Call::Read)?;
        Ok(state.inodes[file].file.read_at(at, into))
    }

    pub(crate) fn write(&self, file: FileId, at: usize, bytes: &[u8]) -> Result<(), Fault> {
        let mut state = self.state();
        let counted = state.count(Call::Write);
        if state.read_only || !state.has_power() {
            return Err(Fault::Failing);
        }
        let written = match counted {
            Ok(()) => bytes,
            Err(Fault::Full) => &bytes[..bytes.len() / 2 / SECTOR_BYTES * SECTOR_BYTES],
            Err(Fault::Failing) => return Err(Fault::Failing),
        };
        if !written.is_empty() {
            state.inodes[file].file.write_at(at, written);
            state.note(Op::Write { file, at, bytes: written.into() });
        }
        counted
    }

    pub(crate) fn truncate(&self, file: FileId, len: usize) -> Result<(), Fault> {
        let mut state = self.state();
        state.count(Call::Truncate)?;
        if state.read_only || !state.has_power() {
            return Err(Fault::Failing);
        }
        state.inodes[file].file.truncate(len);
        state.note(Op::Truncate { file, len });
        Ok(())
    }

    pub(crate) fn sync(&self, file: FileId, folder_too: bool) -> Result<(), Fault> {
        let mut state = self.state();
        let counted = state.count(Call::Sync);
        if !state.has_power() {
            return Err(Fault::Failing);
        }
        if state.lies {
            return Ok(());
        }
        if let Err(fault) = counted {
            state.note(Op::SyncFailed { file });
            return Err(fault);
        }
        state.note(Op::Sync { file });
        if folder_too {
            state.note(Op::SyncFolder);
        }
        Ok(())
    }

    pub(crate) fn len(&self, file: FileId) -> usize {
        self.state().inodes[file].file.len()
    }

    /// Raises a lock; returns the level reached, which may be short of the one asked for.
    pub(crate) fn lock(&self, file: FileId, who: u64, held: i32, wanted: i32) -> (i32, bool) {
        let mut state = self.state();
        let locks = &mut state.inodes[file].locks;
        if held >= wanted {
            return (held, true);
        }
        let others = |holder: Option<u64>| holder.is_some_and(|holder| holder != who);
        let mut level = held;
        if level == UNLOCKED {
            if others(locks.pending) || others(locks.exclusive) {
                return (level, false);
            }
            locks.shared.push(who);
            level = SHARED;
        }
        if wanted >= RESERVED {
            if others(locks.reserved) || others(locks.pending) {
                return (level, false);
            }
            locks.reserved = Some(who);
            level = level.max(RESERVED);
        }
        if wanted == EXCLUSIVE {
            locks.pending = Some(who);
            level = level.max(PENDING);
            if locks.shared.iter().any(|holder| *holder != who) {
                return (level, false);
            }
            locks.exclusive = Some(who);
            level = EXCLUSIVE;
        }
        (level, true)
    }

    pub(crate) fn unlock(&self, file: FileId, who: u64, to: i32) {
        let mut state = self.state();
        let locks = &mut state.inodes[file].locks;
        for holder in [&mut locks.reserved, &mut locks.pending, &mut locks.exclusive] {
            if *holder == Some(who) {
                *holder = None;
            }
        }
        if to == UNLOCKED {
            locks.shared.retain(|holder| *holder != who);
        }
    }

    pub(crate) fn is_reserved(&self, file: FileId) -> bool {
        self.state().inodes[file].locks.reserved.is_some()
    }

    /// Where a region of shared memory is; it stays there until the last user is gone.
    pub(crate) fn shm_region(&self, file: FileId, region: usize, extend: bool) -> Option<*mut u64> {
        let mut state = self.state();
        let shm = &mut state.inodes[file].shm;
        while extend && shm.regions.len() <= region {
            shm.regions.push(Box::new([0; 4_096]));
        }
        shm.regions.get_mut(region).map(|region| region.as_mut_ptr())
    }

    pub(crate) fn shm_join(&self, file: FileId) {
        self.state().inodes[file].shm.users += 1;
    }

    pub(crate) fn shm_leave(&self, file: FileId) {
        let mut state = self.state();
        let shm = &mut state.inodes[file].shm;
        shm.users -= 1;
        if shm.users == 0 {
            *shm = Shm::default();
        }
    }

    /// Takes locks of shared memory; `mine` are those that the asker holds already.
    pub(crate) fn shm_lock(
        &self,
        file: FileId,
        slots: std::ops::Range<usize>,
        alone: bool,
    ) -> bool {
        let mut state = self.state();
        let locks = &mut state.inodes[file].shm.locks[slots];
        let free = locks.iter().all(|lock| if alone { *lock == 0 } else { *lock >= 0 });
        if free {
            locks.iter_mut().for_each(|lock| *lock = if alone { -1 } else { *lock + 1 });
        }
        free
    }

    pub(crate) fn shm_unlock(&self, file: FileId, slot: usize, alone: bool) {
        let lock = &mut self.state().inodes[file].shm.locks[slot];
        *lock = if alone { 0 } else { *lock - 1 };
    }
}

impl State {
    /// Counts one more operation.
    fn has_power(&mut self) -> bool {
        self.power = match self.power {
            Power::GoesAfter(0) => Power::Off,
            Power::GoesAfter(more) => Power::GoesAfter(more - 1),
            unchanged @ (Power::On | Power::Off) => unchanged,
        };
        self.power != Power::Off
    }

    fn note(&mut self, op: Op) {
        if let Some(platter) = &mut self.platter {
            platter.step(&op);
        }
        if let Some(record) = &mut self.record {
            record.push(op);
        }
    }

    fn count(&mut self, call: Call) -> Result<(), Fault> {
        let count = &mut self.calls[call as usize];
        *count += 1;
        let Some(plan) = self.plan.filter(|plan| plan.call == call) else { return Ok(()) };
        if *count < plan.first || *count - plan.first >= plan.times {
            return Ok(());
        }
        self.faults += 1;
        Err(plan.fault)
    }
}

/// A disk that SQLite can see, under a path of its own. Dropped, it is gone.
pub struct Mounted {
    pub disk: Arc<Disk>,
    number: u64,
}

/// The file that a depot keeps everything in.
pub const DATABASE: &str = "depot.sqlite";

impl Mounted {
    /// Puts a disk where SQLite finds it.
    #[must_use]
    pub fn new(disk: Disk) -> Self {
        let disk = Arc::new(disk);
        let number = crate::vfs::attach(&disk);
        Self { disk, number }
    }

    /// The folder that the disk is.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        PathBuf::from(format!("{}{}", crate::vfs::ROOT, self.number))
    }

    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.folder().join(DATABASE)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        crate::vfs::detach(self.number);
    }
}
