//! Calls that fail: each read, write, sync and truncation of a depot's day in turn, once or until the
//! fault ends. What is refused must be refused cleanly, nothing acknowledged may be missing afterwards,
//! and the day must go on when the disk does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context as _, bail, ensure};
use depot_store::{StoreError, open_once, sync_state, verify};
use serde_json::{Value, json};

use crate::day::{Depot, NODE, Step, draw};
use crate::dice::Dice;
use crate::disk::{Call, Disk, Fault, Mounted, Plan};
use crate::states::Platter;
use crate::vfs;

const COMMITS: usize = 30;
/// A step is tried so often once the fault is over.
const TRIES_MAX: usize = 4;

/// How a fault comes and what the box does then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    pub call: Call,
    pub fault: Fault,
    /// It stays until somebody sees to the disk.
    pub lasting: bool,
    /// The process ends when it is refused, as by a crash, and another takes over with what the kernel
    /// still shows it.
    pub restart: bool,
}

impl Case {
    /// Every kind of case.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut cases = Vec::new();
        for call in Call::ALL {
            let faults: &[Fault] = match call {
                Call::Write => &[Fault::Failing, Fault::Full],
                Call::Read | Call::Sync | Call::Truncate => &[Fault::Failing],
            };
            for (fault, lasting, restart) in faults.iter().flat_map(|fault| {
                [(false, false), (true, false), (false, true)]
                    .map(|(lasting, restart)| (*fault, lasting, restart))
            }) {
                cases.push(Self { call, fault, lasting, restart });
            }
        }
        cases
    }

    fn name(self) -> String {
        let fault = match self.fault {
            Fault::Failing => "EIO",
            Fault::Full => "ENOSPC",
        };
        let lasting = if self.lasting { ", lasting" } else { "" };
        let restart = if self.restart { ", then a restart" } else { "" };
        format!("{fault} at {:?}{lasting}{restart}", self.call).to_lowercase()
    }
}

/// What was found of one kind of case.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Places at which the fault came.
    pub tried: u64,
    pub refused: u64,
    /// Acknowledged, and there after the power went as well.
    pub survived: u64,
    pub panics: u64,
    pub failures: Vec<String>,
}

/// Lets every `stride`th call fail, in every kind of case.
///
/// # Errors
/// When the day cannot be worked on a sound disk.
pub fn every_call(seed: u64, stride: u64) -> anyhow::Result<Vec<(String, Counts)>> {
    let steps = draw(seed, COMMITS);
    let mut found = Vec::new();
    for case in Case::all() {
        let calls = calls_of_a_day(seed, &steps, case.call)?;
        let mut counts = Counts::default();
        let mut first = 1 + seed % stride;
        while first <= calls {
            counts.tried += 1;
            let ran = catch_unwind(AssertUnwindSafe(|| run(seed, &steps, case, first)));
            match ran {
                Ok(Ok(refused)) => {
                    counts.survived += 1;
                    counts.refused += refused;
                }
                Ok(Err(error)) => counts.failures.push(format!("call {first}: {error:#}")),
                Err(_) => {
                    counts.panics += 1;
                    counts.failures.push(format!("call {first}: a panic"));
                }
            }
            first += stride;
        }
        found.push((case.name(), counts));
    }
    found.push(("read-only from a step on".to_owned(), read_only_from_each(seed, &steps, stride)));
    Ok(found)
}

/// As JSON: one object a kind of case.
#[must_use]
pub fn json_of(found: &[(String, Counts)]) -> Value {
    let cases = found.iter().map(|(name, counts)| {
        json!({
            "case": name, "calls": counts.tried, "survived": counts.survived,
            "refusals": counts.refused, "panics": counts.panics,
            "examples": counts.failures.iter().take(5).collect::<Vec<_>>(),
        })
    });
    let sum = |of: fn(&Counts) -> u64| found.iter().map(|(_, counts)| of(counts)).sum::<u64>();
    json!({
        "calls": sum(|counts| counts.tried), "survived": sum(|counts| counts.survived),
        "refusals": sum(|counts| counts.refused), "panics": sum(|counts| counts.panics),
        "cases": cases.collect::<Vec<_>>(),
    })
}

fn calls_of_a_day(seed: u64, steps: &[Step], call: Call) -> anyhow::Result<u64> {
    vfs::begin(seed);
    let mut depot = Depot::begin(Disk::default())?;
    for step in steps {
        depot.step(step)?;
    }
    depot.stop();
    Ok(depot.mounted.disk.calls(call))
}

/// One day with one fault. Returns how often somebody was refused.
fn run(seed: u64, steps: &[Step], case: Case, first: u64) -> anyhow::Result<u64> {
    vfs::begin(seed);
    let disk = Disk::default();
    disk.record();
    let times = if case.lasting { u64::MAX } else { 1 };
    disk.arm(Some(Plan { call: case.call, fault: case.fault, first, times }));
    let mut refused = 0;
    let mut depot = Depot::stopped(disk);
    let mut tries = 0;
    while let Err(error) = depot.make() {
        refused += 1;
        tries += 1;
        ensure!(tries < TRIES_MAX, "the depot cannot be made: {error}");
        depot.mounted.disk.arm(None);
    }
    let mut told = Vec::new();
    for step in steps {
        let mut tries = 0;
        while let Err(error) = depot.step(step) {
            refused += 1;
            tries += 1;
            ensure!(tries < TRIES_MAX, "{step:?} is refused for good: {error}");
            ensure!(is_clean(&error), "not what a person can be told: {error}");
            if case.lasting {
                look_round(&depot, case)?;
            }
            depot.mounted.disk.arm(None);
            if case.restart {
                depot = depot.after_a_crash()?;
            } else {
                depot.start_if_stopped()?;
            }
        }
        told.extend(ids_of(step));
    }
    depot.stop();
    check(&depot, &told)?;
    Ok(refused)
}

/// Reads go on while nothing can be written.
fn look_round(depot: &Depot, case: Case) -> anyhow::Result<()> {
    if case.call == Call::Read || !depot.is_running() {
        return Ok(());
    }
    depot.block_on(depot.store().read(sync_state)).context("a read beside the fault")?;
    Ok(())
}

/// Refused for a reason that can be told: never for a broken promise of the store's own.
fn is_clean(error: &StoreError) -> bool {
    match error {
        StoreError::DiskFull | StoreError::Sqlite(_) => true,
        // A start whose migrations met the fault.
        StoreError::Damaged(said) => said.contains("could not be brought up to date"),
        StoreError::Stopped | StoreError::QueueFull | StoreError::NoReader(_) => false,
    }
}

/// From a step on nothing can be written; then the disk is seen to.
fn read_only_from_each(seed: u64, steps: &[Step], stride: u64) -> Counts {
    let mut counts = Counts::default();
    let stride = usize::try_from(stride).unwrap_or(usize::MAX).clamp(1, steps.len() / 2);
    for from in (0..steps.len()).step_by(stride) {
        counts.tried += 1;
        match read_only_from(seed, steps, from) {
            Ok(refused) => {
                counts.survived += 1;
                counts.refused += refused;
            }
            Err(error) => counts.failures.push(format!("step {from}: {error:#}")),
        }
    }
    counts
}

fn read_only_from(seed: u64, steps: &[Step], from: usize) -> anyhow::Result<u64> {
    vfs::begin(seed);
    let disk = Disk::default();
    disk.record();
    let mut depot = Depot::begin(disk)?;
    let (mut refused, mut told) = (0, Vec::new());
    for (index, step) in steps.iter().enumerate() {
        if index == from {
            depot.mounted.disk.set_read_only(true);
            for _ in 0..2 {
                let commits = !matches!(step, Step::Checkpoint);
                let done = depot.step(step);
                ensure!(
                    done.is_err() || !commits,
                    "{step:?} was acknowledged, and nothing written"
                );
                refused += u64::from(done.is_err());
                if depot.is_running() {
                    depot.block_on(depot.store().read(sync_state)).context("a read")?;
                }
            }
            depot.mounted.disk.set_read_only(false);
            depot.start_if_stopped()?;
        }
        depot.step(step).with_context(|| format!("{step:?} after the disk came back"))?;
        told.extend(ids_of(step));
    }
    depot.stop();
    check(&depot, &told)?;
    Ok(refused)
}

fn ids_of(step: &Step) -> Vec<String> {
    let id = |fields: &Value| fields["id"].as_str().unwrap_or_default().to_owned();
    match step {
        Step::Do(_, fields) => vec![id(fields)],
        Step::Together(commands) => commands.iter().map(|(_, fields)| id(fields)).collect(),
        Step::Feed(..)
        | Step::Met(_)
        | Step::Acked(_)
        | Step::Contact(_)
        | Step::Checkpoint
        | Step::Restart => Vec::new(),
    }
}

/// What stands there, and what would after the power had gone at the end: every acknowledged command
/// once, and all of it sound.
fn check(depot: &Depot, told: &[String]) -> anyhow::Result<()> {
    sound(Disk::of(depot.mounted.disk.image()), told).context("as it stands")?;
    let mut platter = Platter::default();
    for op in depot.mounted.disk.recorded() {
        platter.step(&op);
        if platter.told() == depot.told() {
            break;
        }
    }
    let (image, _) = platter.cut(1, &mut Dice::new(1));
    sound(Disk::of(image), told).context("after the power went")
}

fn sound(disk: Disk, told: &[String]) -> anyhow::Result<()> {
    let mounted = Mounted::new(disk);
    let path = mounted.database();
    let ids: Vec<Vec<u8>> = open_once(&path, NODE, |db| {
        let mut statement = db.prepare(
            "SELECT c.id FROM command c JOIN log l ON l.epoch = c.epoch AND l.seq = c.seq
             WHERE l.node = (SELECT value FROM meta WHERE key = 'node')",
        )?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
    })?;
    for id in told {
        let id = uuid::Uuid::parse_str(id)?;
        ensure!(ids.iter().any(|held| held == id.as_bytes()), "{id} was acknowledged and is lost");
    }
    let found = verify(&path, &mounted.folder().join("scratch"), NODE)?;
    if let Some(fault) = found.faults.first() {
        bail!("{fault}");
    }
    Ok(())
}

/// What a person at the terminal does.
impl Depot {
    /// A depot after its process was killed: the disk as the kernel shows it, and what was recorded.
    ///
    /// # Errors
    /// When it does not start.
    pub fn after_a_crash(self) -> anyhow::Result<Self> {
        let disk = self.mounted.disk.fork();
        let mut next = Self::stopped(disk);
        next.take_over(&self);
        self.abandon();
        next.start()?;
        Ok(next)
    }
}
