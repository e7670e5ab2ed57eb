//! Looking for rot before anybody stumbles over it: every page of the file against its sum, every entry
//! of the log against its hash and its place in the chain. In pieces of a bounded size, beside the writer;
//! changes nothing.

use std::fmt;
use std::path::Path;

use rusqlite::Connection;

use super::StoreError;
use super::checked_pages::{self, Page};
use super::open::open_reading;
use super::verify::ChainWalk;

/// Pages looked at in one piece: a mebibyte.
const SLICE_PAGES: u32 = 256;
/// Entries looked at in one piece.
const SLICE_ENTRIES: u32 = 1_000;
/// Findings after which a scrub ends: the file is to be repaired, not counted.
const FINDINGS_MAX: usize = 100;
/// Looks at a page that seems damaged: a checkpoint may be writing it.
const LOOKS_MAX: usize = 5;

/// What is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// A page of the file, counted from one.
    Page(u32),
    /// Pages that hold nothing and are not free.
    Emptied { pages: u32, free: u32 },
    /// The file ends inside a page, or is too short for what it says.
    Length,
    /// An entry, or what leads to it.
    Log(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page(number) => write!(f, "page {number} is not what was written"),
            Self::Emptied { pages, free } => {
                write!(f, "{pages} pages are empty, and only {free} are free")
            }
            Self::Length => f.write_str("the file's length is not what was written"),
            Self::Log(what) => write!(f, "the log: {what}"),
        }
    }
}

enum Stage {
    Pages { next: u32, unwritten: u32 },
    Log { after: ([u8; 16], i64, i64), walk: Box<ChainWalk> },
    Done,
}

/// A pass over a database file.
pub struct Scrub {
    db: Connection,
    stage: Stage,
    findings: Vec<Damage>,
}

impl Scrub {
    /// # Errors
    /// [`StoreError`] when the file cannot be opened at all.
    pub fn begin(path: &Path) -> Result<Self, StoreError> {
        let db = open_reading(path)?;
        Ok(Self { db, stage: Stage::Pages { next: 1, unwritten: 0 }, findings: Vec::new() })
    }

    /// One piece. Returns whether there are more.
    ///
    /// # Errors
    /// [`StoreError`] when the disk cannot be read; damage is a finding, no error.
    pub fn slice(&mut self) -> Result<bool, StoreError> {
        if self.findings.len() >= FINDINGS_MAX {
            self.stage = Stage::Done;
        }
        self.stage = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Pages { next, unwritten } => self.pages(next, unwritten)?,
            Stage::Log { after, walk } => match self.log(after, walk) {
                Ok(stage) => stage,
                Err(StoreError::Damaged(what)) => {
                    self.findings.push(Damage::Log(what));
                    Stage::Done
                }
                Err(error) => return Err(error),
            },
            Stage::Done => Stage::Done,
        };
        Ok(!matches!(self.stage, Stage::Done))
    }

    #[must_use]
    pub fn findings(&self) -> &[Damage] {
        &self.findings
    }

    fn pages(&mut self, from: u32, mut unwritten: u32) -> Result<Stage, StoreError> {
        let pages = checked_pages::pages_in_file(&self.db)?;
        let end = from.saturating_add(SLICE_PAGES).min(pages.saturating_add(1));
        for number in from..end {
            match self.look_at(number)? {
                Page::Sound => {}
                Page::Unwritten => unwritten += 1,
                Page::Damaged => self.findings.push(Damage::Page(number)),
            }
        }
        if end <= pages {
            return Ok(Stage::Pages { next: end, unwritten });
        }
        if !self.findings.is_empty() && self.is_superseded()? {
            self.findings.clear();
        }
        if !self.findings.is_empty() {
            return Ok(Stage::Done);
        }
        match self.shape(unwritten) {
            Ok(walk) => Ok(Stage::Log { after: ([0; 16], -1, -1), walk }),
            Err(StoreError::Damaged(what)) => {
                self.findings.push(Damage::Log(what));
                Ok(Stage::Done)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether nobody reads the pages that look damaged: after a power cut in the middle of a checkpoint
    /// the write-ahead log holds them whole, and the next start writes them again.
    fn is_superseded(&self) -> Result<bool, StoreError> {
        let reading = self.db.unchecked_transaction()?;
        let walk = "SELECT count(*) FROM dbstat";
        let all_read = reading.query_row(walk, [], |row| row.get::<_, i64>(0)).is_ok();
        Ok(all_read && checked_pages::bytes_in_log(&reading) > 0)
    }

    /// What the pages add up to: as many as the file says, and none empty that is in use.
    fn shape(&mut self, unwritten: u32) -> Result<Box<ChainWalk>, StoreError> {
        let (pages, in_file) = {
            let said: u32 = self.db.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            (said, checked_pages::bytes_in_file(&self.db)?)
        };
        let page_bytes = checked_pages::PAGE_BYTES as u64;
        // The log may hold pages that the file does not have yet: then it is shorter, and in whole pages.
        if !in_file.is_multiple_of(page_bytes) {
            self.findings.push(Damage::Length);
        }
        let free: u32 = self.db.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
        if unwritten > free && u64::from(pages) * page_bytes <= in_file {
            self.findings.push(Damage::Emptied { pages: unwritten, free });
        }
        Ok(Box::new(ChainWalk::begin(&self.db)?))
    }

    fn look_at(&self, number: u32) -> Result<Page, StoreError> {
        for _ in 1..LOOKS_MAX {
            match checked_pages::look_at(&self.db, number)? {
                Page::Damaged => std::thread::yield_now(),
                page @ (Page::Sound | Page::Unwritten) => return Ok(page),
            }
        }
        checked_pages::look_at(&self.db, number)
    }

    fn log(
        &mut self,
        mut after: ([u8; 16], i64, i64),
        mut walk: Box<ChainWalk>,
    ) -> Result<Stage, StoreError> {
        let mut statement = self.db.prepare_cached(
            "SELECT node, epoch, seq, hash, bytes FROM log WHERE (node, epoch, seq) > (?1, ?2, ?3)
             ORDER BY node, epoch, seq LIMIT ?4",
        )?;
        let mut rows = statement.query((after.0, after.1, after.2, SLICE_ENTRIES))?;
        let mut seen = 0;
        while let Some(row) = rows.next()? {
            after = (row.get(0)?, row.get(1)?, row.get(2)?);
            seen += 1;
            if let Some(fault) = walk.look_at(row)? {
                self.findings.push(Damage::Log(fault));
            }
        }
        Ok(if seen < SLICE_ENTRIES { Stage::Done } else { Stage::Log { after, walk } })
    }
}

/// A whole pass at once.
///
/// # Errors
/// [`StoreError`] when the file cannot be read at all.
pub fn scrub(path: &Path) -> Result<Vec<Damage>, StoreError> {
    let mut scrub = Scrub::begin(path)?;
    while scrub.slice()? {}
    Ok(scrub.findings)
}
