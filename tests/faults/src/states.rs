//! What may stand on a disk when the power goes: everything synced, and of what was not synced any part,
//! in any mixture: there, lost, torn between sectors, or garbage where it was being written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dice::Dice;
use crate::disk::{FileId, Op};
use crate::image::{File, Image, SECTOR_BYTES};

/// What became of one write that was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Done,
    Lost,
    /// Some of its sectors were written, by the dice of this seed.
    Torn(u64),
    /// Like torn, and sectors that were being written hold neither the old nor the new.
    Garbage(u64),
}

#[derive(Debug, Clone)]
enum Pending {
    Write { file: FileId, at: usize, bytes: Arc<[u8]> },
    Truncate { file: FileId, len: usize },
}

impl Pending {
    const fn file(&self) -> FileId {
        match self {
            Self::Write { file, .. } | Self::Truncate { file, .. } => *file,
        }
    }
}

#[derive(Debug, Clone)]
enum Renaming {
    Created { name: Arc<str>, file: FileId },
    Deleted { name: Arc<str> },
}

/// The disk itself, under the cache that the power takes away.
#[derive(Debug, Clone, Default)]
pub struct Platter {
    files: BTreeMap<FileId, File>,
    names: BTreeMap<Arc<str>, FileId>,
    /// In the order of writing, each with its number.
    pending: Vec<(usize, Pending)>,
    renamings: Vec<Renaming>,
    told: u32,
    ops: usize,
    syncs: usize,
}

/// How many kinds of mixture are drawn in turn.
pub const MIXTURES: usize = 8;

impl Platter {
    /// These files stand there for good. They are numbered in the order of their names, as on a disk
    /// of them.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        let mut platter = Self::default();
        for (id, (name, file)) in image.iter().enumerate() {
            platter.files.insert(id, file.clone());
            platter.names.insert(Arc::clone(name), id);
        }
        platter
    }

    /// One more thing happened.
    pub fn step(&mut self, op: &Op) {
        self.ops += 1;
        match op {
            Op::Create { file, name } => {
                self.renamings.push(Renaming::Created { name: Arc::clone(name), file: *file });
            }
            Op::Delete { name } => {
                self.renamings.push(Renaming::Deleted { name: Arc::clone(name) });
            }
            Op::Write { file, at, bytes } => {
                let write = Pending::Write { file: *file, at: *at, bytes: Arc::clone(bytes) };
                self.pending.push((self.ops, write));
            }
            Op::Truncate { file, len } => {
                self.pending.push((self.ops, Pending::Truncate { file: *file, len: *len }));
            }
            Op::Sync { file } => {
                self.syncs += 1;
                for (_, done) in self.take_pending(*file) {
                    apply(self.files.entry(*file).or_default(), &done, Fate::Done);
                }
            }
            Op::SyncFailed { file } => drop(self.take_pending(*file)),
            Op::SyncFolder => {
                self.syncs += 1;
                for renaming in std::mem::take(&mut self.renamings) {
                    rename(&mut self.names, &renaming);
                }
            }
            Op::Told(told) => self.told = *told,
        }
    }

    fn take_pending(&mut self, of: FileId) -> Vec<(usize, Pending)> {
        let (taken, left) = self.pending.drain(..).partition(|(_, pending)| pending.file() == of);
        self.pending = left;
        taken
    }

    /// How much had been acknowledged.
    #[must_use]
    pub const fn told(&self) -> u32 {
        self.told
    }

    /// Everything written, as without a power cut.
    #[must_use]
    pub fn whole(&self) -> Image {
        let fates = vec![Fate::Done; self.pending.len()];
        self.image(&fates, self.renamings.len())
    }

    /// What stands there after a power cut now. `mixture` chooses how it is drawn: 0 all is there, 1 all
    /// is lost, 2 the last is torn, 3 the last is garbage, 4 one is lost, 5 any are lost, 6 any are lost or
    /// torn, 7 any are lost, torn or garbage. The hash tells states apart: what is durable, what has been
    /// acknowledged, and which writes reached the disk and how.
    #[must_use]
    pub fn cut(&self, mixture: usize, dice: &mut Dice) -> (Image, [u8; 16]) {
        let count = self.pending.len();
        let one = dice.below(count);
        let fates: Vec<Fate> = (0..count)
            .map(|index| match mixture {
                0 => Fate::Done,
                1 => Fate::Lost,
                2 if index + 1 == count => Fate::Torn(dice.throw()),
                3 if index + 1 == count => Fate::Garbage(dice.throw()),
                4 if index == one => Fate::Lost,
                2..=4 => Fate::Done,
                5 => draw_fate(dice, 2),
                6 => draw_fate(dice, 3),
                _ => draw_fate(dice, 4),
            })
            .collect();
        let renamed = match mixture {
            0 => self.renamings.len(),
            1 => 0,
            _ => dice.below(self.renamings.len() + 1),
        };
        let mut hasher = blake3::Hasher::new();
        for number in [self.syncs, usize::try_from(self.told).unwrap_or(0), renamed] {
            hasher.update(&number.to_be_bytes());
        }
        for ((number, _), fate) in self.pending.iter().zip(&fates) {
            let (kind, seed) = match fate {
                Fate::Lost => continue,
                Fate::Done => (0_u8, 0),
                Fate::Torn(seed) => (1, *seed),
                Fate::Garbage(seed) => (2, *seed),
            };
            hasher.update(&number.to_be_bytes());
            hasher.update(&[kind]);
            hasher.update(&seed.to_be_bytes());
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        (self.image(&fates, renamed), key)
    }

    fn image(&self, fates: &[Fate], renamed: usize) -> Image {
        let mut files = self.files.clone();
        for ((_, pending), fate) in self.pending.iter().zip(fates) {
            apply(files.entry(pending.file()).or_default(), pending, *fate);
        }
        let mut names = self.names.clone();
        self.renamings[..renamed].iter().for_each(|renaming| rename(&mut names, renaming));
        names
            .into_iter()
            .map(|(name, id)| (name, files.get(&id).cloned().unwrap_or_default()))
            .collect()
    }
}

fn draw_fate(dice: &mut Dice, fates: usize) -> Fate {
    match dice.below(fates) {
        0 => Fate::Lost,
        1 => Fate::Done,
        2 => Fate::Torn(dice.throw()),
        _ => Fate::Garbage(dice.throw()),
    }
}

fn rename(names: &mut BTreeMap<Arc<str>, FileId>, renaming: &Renaming) {
    match renaming {
        Renaming::Created { name, file } => {
            names.insert(Arc::clone(name), *file);
        }
        Renaming::Deleted { name } => {
            names.remove(name);
        }
    }
}

fn apply(file: &mut File, pending: &Pending, fate: Fate) {
    match (pending, fate) {
        (_, Fate::Lost) => {}
        // A length changes at once or not at all.
        (Pending::Truncate { len, .. }, _) => file.truncate(*len),
        (Pending::Write { at, bytes, .. }, Fate::Done) => file.write_at(*at, bytes),
        (Pending::Write { at, bytes, .. }, Fate::Torn(seed)) => {
            tear(file, *at, bytes, &mut Dice::new(seed), false);
        }
        (Pending::Write { at, bytes, .. }, Fate::Garbage(seed)) => {
            tear(file, *at, bytes, &mut Dice::new(seed), true);
        }
    }
}

/// Writes some sectors of a write. What is garbage stays inside the write: the device says that it keeps
/// what lies beside one (`SQLITE_IOCAP_POWERSAFE_OVERWRITE`), as unix's VFS says of its own.
fn tear(file: &mut File, at: usize, bytes: &[u8], dice: &mut Dice, garbage: bool) {
    let mut from = 0;
    while from < bytes.len() {
        let sector_ends = (at + from) / SECTOR_BYTES * SECTOR_BYTES + SECTOR_BYTES;
        let to = (sector_ends - at).min(bytes.len());
        match dice.below(if garbage { 3 } else { 2 }) {
            0 => {}
            1 => file.write_at(at + from, &bytes[from..to]),
            _ => {
                let mut noise = vec![0; to - from];
                dice.fill(&mut noise);
                file.write_at(at + from, &noise);
            }
        }
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(at: usize, byte: u8) -> Op {
        Op::Write { file: 0, at, bytes: vec![byte; 1_024].into() }
    }

    #[test]
    fn what_is_synced_stays_and_the_rest_may_go() {
        let mut platter = Platter::default();
        let name: Arc<str> = "a".into();
        let ops = [
            Op::Create { file: 0, name: Arc::clone(&name) },
            write(0, 1),
            Op::Sync { file: 0 },
            Op::SyncFolder,
            write(1_024, 2),
            Op::Delete { name: Arc::clone(&name) },
        ];
        ops.iter().for_each(|op| platter.step(op));
        let mut dice = Dice::new(1);
        assert!(platter.cut(0, &mut dice).0.is_empty(), "all happened: it is deleted");
        let lost = platter.cut(1, &mut dice).0;
        assert_eq!(lost[&name].bytes(), vec![1; 1_024], "nothing more happened");
        for mixture in 2..MIXTURES {
            for _ in 0..50 {
                let (image, _) = platter.cut(mixture, &mut dice);
                if let Some(file) = image.get(&name) {
                    assert_eq!(file.bytes()[..1_024], [1; 1_024], "durable bytes are");
                }
            }
        }
    }

    #[test]
    fn what_a_failed_sync_left_behind_is_gone_and_later_writes_are_not() {
        let mut platter = Platter::default();
        let ops = [
            Op::Create { file: 0, name: "a".into() },
            Op::SyncFolder,
            write(0, 1),
            Op::SyncFailed { file: 0 },
            write(2_048, 2),
            Op::Sync { file: 0 },
        ];
        ops.iter().for_each(|op| platter.step(op));
        let bytes = platter.whole()["a"].bytes();
        assert_eq!((bytes[0], bytes[2_048]), (0, 2));
    }
}
