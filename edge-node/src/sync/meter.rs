//! What the link has cost today, kept through restarts, and whether what can wait has to wait.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use minicbor::{Decode, Encode};
use shared_model::time::Timestamp;
use tokio::sync::watch;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Written down whenever so much more went over: a power cut forgets no more.
const NOTE_BYTES: u64 = 64 * 1024;

/// Where a depot keeps what its link has cost today.
#[must_use]
pub fn link_use(state: &Path) -> PathBuf {
    state.join("link-use")
}

/// What went over the link on one day, both ways, as the network counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
pub struct LinkUse {
    /// Days since 1970, in UTC.
    #[n(0)]
    pub day: i64,
    #[n(1)]
    pub bytes: u64,
}

impl LinkUse {
    /// What is kept in `path`; nothing when there is no such file, or it cannot be read.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_default();
        minicbor::decode(&bytes).unwrap_or_default()
    }

    fn keep(self, path: &Path) -> std::io::Result<()> {
        let fresh = path.with_extension("new");
        let bytes = minicbor::to_vec(self).map_err(std::io::Error::other)?;
        let mut file = std::fs::File::create(&fresh)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)
    }
}

/// Counts one link after the other.
#[derive(Debug)]
pub struct Meter {
    path: PathBuf,
    /// None: the link is not metered.
    day_bytes_max: Option<u64>,
    used: LinkUse,
    noted_bytes: u64,
    /// Of the link that stands.
    counted_bytes: u64,
    may_wait: watch::Sender<bool>,
}

impl Meter {
    #[must_use]
    pub fn open(path: PathBuf, day_bytes_max: Option<u64>) -> Self {
        let used = LinkUse::read(&path);
        let (noted_bytes, may_wait) = (used.bytes, watch::Sender::new(false));
        Self { path, day_bytes_max, used, noted_bytes, counted_bytes: 0, may_wait }
    }

    /// Whether the day's allowance is used up: then only the log goes, and blobs wait.
    #[must_use]
    pub fn spent(&self) -> watch::Receiver<bool> {
        self.may_wait.subscribe()
    }

    /// A link begins to count from nothing.
    pub const fn begin(&mut self) {
        self.counted_bytes = 0;
    }

    /// The link has carried so many bytes since it began.
    pub fn count(&mut self, link_bytes: u64, now: Timestamp) {
        let day = now.ms().div_euclid(DAY_MS);
        if day > self.used.day {
            self.used = LinkUse { day, bytes: 0 };
            self.noted_bytes = 0;
        }
        self.used.bytes += link_bytes.saturating_sub(self.counted_bytes);
        self.counted_bytes = self.counted_bytes.max(link_bytes);
        let spent = self.day_bytes_max.is_some_and(|most| self.used.bytes >= most);
        self.may_wait.send_if_modified(|before| std::mem::replace(before, spent) != spent);
        if self.used.bytes >= self.noted_bytes + NOTE_BYTES {
            self.note();
        }
    }

    /// Writes it down.
    pub fn note(&mut self) {
        match self.used.keep(&self.path) {
            Ok(()) => self.noted_bytes = self.used.bytes,
            Err(error) => tracing::warn!(%error, "what the link has cost is not written down"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_ms(day * DAY_MS + 5)
    }

    #[test]
    fn a_day_s_allowance_outlasts_restarts_and_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link-use");
        let mut meter = Meter::open(path.clone(), Some(1_000_000));
        let spent = meter.spent();
        meter.count(600_000, at(9));
        meter.begin();
        meter.count(300_000, at(9));
        assert!(!*spent.borrow());
        meter.note();
        let mut meter = Meter::open(path.clone(), Some(1_000_000));
        let spent = meter.spent();
        meter.count(100_000, at(9));
        assert!(*spent.borrow());
        meter.note();
        assert_eq!(LinkUse::read(&path), LinkUse { day: 9, bytes: 1_000_000 });
        // A clock that goes back does not open another day.
        meter.count(150_000, at(8));
        assert!(*spent.borrow());
        meter.count(150_001, at(10));
        assert!(!*spent.borrow());
        let mut free = Meter::open(folder.path().join("other"), None);
        free.count(u64::MAX, at(9));
        assert!(!*free.spent().borrow());
    }
}
