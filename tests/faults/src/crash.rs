//! Power cuts, one after the other: the states that a disk may be left in are opened with the depot's own
//! code, and what is found is compared with what had been acknowledged.
//!
//! A state survives when, after the opening that every start does, the database file is byte for byte
//! what it was after some commit, and no acknowledged one is missing. Each of those whole files has been
//! checked in full: chains, sums, records against a replay of the log, SQLite's own structure. So the
//! comparison is the complete check, and every state gets it.

use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use depot_store::{StoreError, open_once, verify};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::day::{NODE, recorded};
use crate::dice::Dice;
use crate::disk::{DATABASE, Disk, Mounted, Op};
use crate::image::Image;
use crate::states::{MIXTURES, Platter};
use crate::vfs;

/// Commits in a day, about.
const COMMITS: usize = 36;
/// States drawn from one day; then another day is worked.
const STATES_OF_A_DAY: u64 = 20_000;
/// A cut at which nothing new is found any more is left after so many tries.
const TRIES_MAX: usize = 4;
/// Of so many states one is replayed in full as well, whatever it compares to.
const REPLAYED_ONCE_IN: u64 = 1_000;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    pub states: u64,
    /// Opened, whole, and nothing acknowledged is missing.
    pub survived: u64,
    /// Opened and whole, but something acknowledged is missing.
    pub lost: u64,
    /// Did not open, or holds what no commit left.
    pub corrupt: u64,
    /// Cut before the depot was first acknowledged as made.
    pub unborn: u64,
    /// Days worked, places at which the power was cut, whole files that were checked in full.
    pub days: u64,
    pub cuts: u64,
    pub references: u64,
    /// States that were replayed in full besides.
    pub replayed: u64,
    /// The first ones that did not survive.
    pub examples: Vec<String>,
}

impl Figures {
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "states": self.states, "survived": self.survived, "lost": self.lost,
            "corrupt": self.corrupt, "unborn": self.unborn,
            "days": self.days, "cuts": self.cuts,
            "checked": {
                "opened_and_compared_byte_for_byte_with_a_commit": self.states - self.unborn,
                "opened_and_compared_by_schema_and_empty_log": self.unborn,
                "replayed_in_full_besides": self.replayed,
                "commits_to_compare_with_each_replayed_in_full": self.references,
            },
            "examples": self.examples,
        })
    }
}

enum Outcome {
    Survived,
    Lost,
    Corrupt(String),
}

/// Cuts the power until so many different states were looked at.
///
/// # Errors
/// When a day could not be worked on a sound disk, or its own result is not sound.
pub fn enumerate(states: u64, seed: u64) -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let dice = Dice::new(seed);
    while figures.states < states {
        let mut of_day = dice.branch(figures.days);
        let target = states.min(figures.states + STATES_OF_A_DAY);
        let ops = recorded(of_day.throw(), COMMITS)?;
        let references = References::of(&ops)?;
        figures.days += 1;
        figures.references += references.commits.len() as u64;
        cut_a_day(&ops, &references, target, &mut of_day, &mut figures);
    }
    Ok(figures)
}

/// Goes along the day again and again, a mixture more each time.
fn cut_a_day(ops: &[Op], known: &References, target: u64, dice: &mut Dice, figures: &mut Figures) {
    let mut seen = HashSet::new();
    for round in 0.. {
        let (mut platter, before) = (Platter::default(), figures.states);
        for op in ops {
            platter.step(op);
            if matches!(op, Op::Told(_)) && round > 0 {
                continue;
            }
            figures.cuts += u64::from(round == 0);
            for _ in 0..TRIES_MAX {
                let (image, key) = platter.cut(round % MIXTURES, dice);
                if !seen.insert(key) {
                    continue;
                }
                look_at(image, &platter, known, figures);
                if figures.states == target {
                    return;
                }
                break;
            }
        }
        // Two rounds of plain cuts and losses come to an end; what is torn does not.
        if figures.states == before && round > MIXTURES {
            return;
        }
    }
}

fn look_at(image: Image, platter: &Platter, known: &References, figures: &mut Figures) {
    figures.states += 1;
    let in_full = figures.states.is_multiple_of(REPLAYED_ONCE_IN);
    figures.unborn += u64::from(platter.told() == 0);
    figures.replayed += u64::from(in_full);
    let outcome = outcome_of(image, platter.told(), known, in_full);
    match outcome {
        Outcome::Survived => figures.survived += 1,
        Outcome::Lost => figures.lost += 1,
        Outcome::Corrupt(reason) => {
            figures.corrupt += 1;
            if figures.examples.len() < 5 {
                let told = platter.told();
                figures.examples.push(format!("day {}, told {told}: {reason}", figures.days));
            }
        }
    }
}

fn outcome_of(image: Image, told: u32, known: &References, in_full: bool) -> Outcome {
    let mounted = Mounted::new(Disk::of(image));
    let path = mounted.database();
    let opened = catch_unwind(AssertUnwindSafe(|| {
        open_once(&path, NODE, |db| if told == 0 { schema(db) } else { Ok(String::new()) })
    }));
    let schema = match opened {
        Ok(Ok(schema)) => schema,
        Ok(Err(error)) => return Outcome::Corrupt(reasons(&error)),
        Err(_) => return Outcome::Corrupt("the opening panicked".to_owned()),
    };
    if in_full && let Err(reason) = replayed(&mounted) {
        return Outcome::Corrupt(reason);
    }
    // The last connection has moved the write-ahead log into the file.
    let digest = mounted.disk.file(DATABASE).map(|file| file.digest()).unwrap_or_default();
    match known.commits.get(&digest) {
        Some(commit) if *commit >= told => Outcome::Survived,
        Some(_) => Outcome::Lost,
        None if told == 0 && schema == known.schema => Outcome::Survived,
        None => Outcome::Corrupt("no commit left it like this".to_owned()),
    }
}

/// An error with what caused it.
fn reasons(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The files that a day's commits left.
struct References {
    /// The database file's digest, to the last commit after which it was so.
    commits: HashMap<[u8; 32], u32>,
    schema: String,
}

impl References {
    fn of(ops: &[Op]) -> anyhow::Result<Self> {
        let mut platter = Platter::default();
        let mut references = Self { commits: HashMap::new(), schema: String::new() };
        for op in ops {
            platter.step(op);
            let Op::Told(told) = op else { continue };
            let mounted = Mounted::new(Disk::of(platter.whole()));
            let path = mounted.database();
            if *told == 1 {
                references.schema = open_once(&path, NODE, schema)?;
            } else {
                open_once(&path, NODE, |_| Ok(()))?;
            }
            if let Err(reason) = replayed(&mounted) {
                anyhow::bail!("commit {told} is not sound without any fault: {reason}");
            }
            let file = mounted.disk.file(DATABASE).unwrap_or_default();
            references.commits.insert(file.digest(), *told);
        }
        Ok(references)
    }
}

/// Everything that can be checked: `edge-node verify`, and SQLite's own structure.
fn replayed(mounted: &Mounted) -> Result<(), String> {
    let path = mounted.database();
    let scratch = scratch_of(mounted);
    let found = verify(&path, &scratch, NODE).map_err(|error| error.to_string())?;
    if let Some(fault) = found.faults.first() {
        return Err(fault.clone());
    }
    let check = |db: &Connection| {
        Ok(db.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?)
    };
    match depot_store::read_only(&path, check) {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(said),
        Err(error) => Err(error.to_string()),
    }
}

/// A folder of its own on the same disk, where nothing of an earlier check lies.
fn scratch_of(mounted: &Mounted) -> PathBuf {
    mounted.folder().join("scratch")
}

/// What a new depot's file says of itself: its tables and indices, its own name, and an empty log.
fn schema(db: &Connection) -> Result<String, StoreError> {
    let mut statement = db.prepare("SELECT ifnull(sql, name) FROM sqlite_schema ORDER BY name")?;
    let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut schema = rows.collect::<Result<Vec<_>, _>>()?.join("\n");
    let entries: i64 = db.query_row("SELECT count(*) FROM log", [], |row| row.get(0))?;
    let versions = "SELECT group_concat(version) FROM refinery_schema_history";
    let versions: String = db.query_row(versions, [], |row| row.get(0))?;
    let facts: String =
        db.query_row("SELECT group_concat(key || hex(value)) FROM meta", [], |row| row.get(0))?;
    schema.push_str(&format!("\n{entries} {versions} {facts}"));
    Ok(schema)
}

/// The control that a rig needs, and what must come of it: see [`vfs::override_synchronous`].
pub fn with_synchronous(level: vfs::Synchronous) {
    vfs::override_synchronous(level);
}
