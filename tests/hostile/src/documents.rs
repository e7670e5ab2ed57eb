//! Spoiled automerge changes, their checksums mended so that the reader gets to what is behind them, read by the worker
//! as the hub reads them. Beside it the control: the same change read in this process, panics caught.

use std::panic::{AssertUnwindSafe, catch_unwind};

use sha2::{Digest as _, Sha256};
use shared_model::document::DocumentKind;
use worker::documents::{Decoder, Unread};

use crate::corpus::Corpus;
use crate::dice::Dice;
use crate::mutation::spoil;

/// One input in so many is a bomb.
const BOMB_ONCE_IN: usize = 20_000;
/// A chunk is four bytes of magic, four of SHA-256 over the rest, and the rest.
const CHUNK_HEAD_BYTES: usize = 8;

/// A change for a document.
pub(crate) struct Spoiled {
    kind: DocumentKind,
    saved: Option<Vec<u8>>,
    change: Vec<u8>,
    is_bomb: bool,
}

/// What came of the inputs so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) inputs: u64,
    pub(crate) bombs: u64,
    pub(crate) merged: u64,
    pub(crate) refused: u64,
    pub(crate) panics_in_worker: u64,
    pub(crate) too_slow: u64,
    pub(crate) too_large: u64,
    /// No worker to be had: a finding about this machine.
    pub(crate) unanswered: u64,
    pub(crate) worker_resident_bytes_peak: u64,
    pub(crate) control_inputs: u64,
    pub(crate) control_panics: u64,
}

impl Spoiled {
    pub(crate) fn draw(corpus: &Corpus, dice: &mut Dice) -> Self {
        let (kind, saved, change) = &corpus.documents[dice.below(corpus.documents.len())];
        if dice.below(BOMB_ONCE_IN) == 0 {
            let change = corpus.bombs[dice.below(corpus.bombs.len())].clone();
            let kind = DocumentKind::DeliveryNote;
            return Self { kind, saved: None, change, is_bomb: true };
        }
        let (_, _, other) = &corpus.documents[dice.below(corpus.documents.len())];
        let mut change = spoil(change, other, dice);
        mend_checksum(&mut change);
        Self { kind: *kind, saved: saved.clone(), change, is_bomb: false }
    }

    pub(crate) fn read(&self, decoder: &mut Decoder, tally: &mut Tally) {
        tally.inputs += 1;
        tally.bombs += u64::from(self.is_bomb);
        let started = decoder.worker_id();
        match decoder.merge(self.kind, self.saved.as_deref(), &self.change) {
            Ok(_) => tally.merged += 1,
            Err(Unread::Unsound { .. }) => tally.refused += 1,
            Err(Unread::Panicked { .. }) => tally.panics_in_worker += 1,
            Err(Unread::TooSlow { .. }) => tally.too_slow += 1,
            Err(Unread::TooLarge { .. }) => tally.too_large += 1,
            Err(Unread::NoWorker { .. }) => tally.unanswered += 1,
        }
        if self.is_bomb || tally.inputs % 10_000 == 1 || started.is_none() {
            let peak = decoder.worker_id().and_then(resident_peak).unwrap_or(0);
            tally.worker_resident_bytes_peak = tally.worker_resident_bytes_peak.max(peak);
        }
    }

    /// As a reader without a worker would: a bomb is left out, or this process would be the one that it ends.
    pub(crate) fn control(&self, tally: &mut Tally) {
        if self.is_bomb {
            return;
        }
        tally.control_inputs += 1;
        let read = || shared_model::document::merge(self.saved.as_deref(), &self.change).is_ok();
        tally.control_panics += u64::from(catch_unwind(AssertUnwindSafe(read)).is_err());
    }
}

fn mend_checksum(chunk: &mut [u8]) {
    if let Some((head, rest)) = chunk.split_at_mut_checked(CHUNK_HEAD_BYTES) {
        head[4..].copy_from_slice(&Sha256::digest(&*rest)[..4]);
    }
}

/// The most that a process ever held, as Linux counts it (proc(5), `VmHWM`).
fn resident_peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_ascii_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
