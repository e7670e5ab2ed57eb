//! Makes the runs that are wanted and not made yet: each in a process of its own, pinned to a core,
//! one at a time per core. May not look into solutions.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail, ensure};

use crate::row::{self, Row, Run};
use crate::sample::SampleRow;

/// The solver of this project, among the peers.
pub(crate) const OURS: &str = "ours";
/// Name here, and name in `requirements.txt`.
const PEERS: [(&str, &str); 4] =
    [("pyvrp", "pyvrp"), ("ortools", "ortools"), ("vroom", "pyvroom"), ("vrp-cli", "vrp-cli")];
/// PyVRP is stopped by processor time as it is; these look at a clock, and are given that one.
const SHIMMED: [&str; 3] = ["ortools", "vroom", "vrp-cli"];

/// Where things are and how runs are made.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub data: PathBuf,
    /// Folder of the kept rows.
    pub results: PathBuf,
    /// One run at a time on each.
    pub cores: Vec<usize>,
    /// Runs of ours per instance.
    pub seeds: u32,
    /// Solvers that are measured; rows of others are still read.
    pub solvers: Vec<String>,
    /// Fingerprints of searches whose rows count as ours.
    pub searches: Vec<String>,
}

/// The root of the clone.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn file_of(data: &Path, set: &str, instance: &str) -> PathBuf {
    let (set, _) = crate::instance::parts(set);
    let dialect = ["cvrp_x", "hfvrp", "mtvrptwr", "pcvrptw", "mdvrptw", "vrpb"].contains(&set);
    data.join(set).join(format!("{instance}.{}", if dialect { "vrp" } else { "txt" }))
}

impl Campaign {
    /// Measures what is missing and returns all rows that are kept, of present versions alone.
    ///
    /// # Errors
    /// When a solver cannot be started or the results cannot be written.
    pub(crate) fn measure(&self, rows: &[SampleRow]) -> anyhow::Result<Vec<Row>> {
        fs::create_dir_all(&self.results)?;
        let mut wanted = Vec::new();
        for solver in &self.solvers {
            wanted.extend(self.wanted(solver, rows)?);
        }
        let stand = self.kept()?;
        wanted.retain(|run| !stand.iter().any(|row| row.run() == *run));
        if wanted.iter().any(|run| run.solver != OURS) {
            let installed = Command::new(workspace().join("tests/peers/install")).status()?;
            ensure!(installed.success(), "tests/peers/install did not install the peers");
        }
        // First seeds first: stopped early, no row of the tables is left empty.
        wanted.sort_by_key(|run| run.seed);
        self.make(wanted);
        self.kept()
    }

    /// Begins the files of rows anew; the old ones stay beside them.
    ///
    /// # Errors
    /// When they cannot be renamed.
    pub(crate) fn put_aside(&self) -> anyhow::Result<()> {
        let of = |solver: &str| if solver == OURS { "ours.jsonl" } else { "peers.jsonl" };
        let mut files: Vec<&str> = self.solvers.iter().map(|solver| of(solver)).collect();
        files.dedup();
        for file in files {
            let file = self.results.join(file);
            if file.exists() {
                fs::rename(&file, file.with_extension("before.jsonl"))?;
            }
        }
        Ok(())
    }

    /// Rows of the versions that are pinned now.
    fn kept(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = row::kept(&self.results.join("peers.jsonl"))?;
        rows.extend(row::kept(&self.results.join("ours.jsonl"))?);
        let ours = self.searches.iter().map(|search| (OURS.to_owned(), search.clone()));
        let mut versions: Vec<_> = ours.collect();
        for (peer, _) in PEERS {
            versions.push((peer.to_owned(), pinned(peer)?));
        }
        rows.retain(|row| versions.contains(&(row.solver.clone(), row.version.clone())));
        Ok(rows)
    }

    fn wanted(&self, solver: &str, rows: &[SampleRow]) -> anyhow::Result<Vec<Run>> {
        let version = if solver == OURS { sources() } else { pinned(solver)? };
        let mut runs = Vec::new();
        for row in rows {
            let seeds = if solver == OURS {
                self.seeds
            } else {
                row.seeds.get(solver).copied().unwrap_or(0)
            };
            let shorter = row.also_s.iter().filter(|_| solver == OURS);
            let budgets = std::iter::once(row.budget_s).chain(shorter.copied());
            let asked = budgets.flat_map(|budget_s| (1..=seeds).map(move |seed| (budget_s, seed)));
            // A longer run is there to be compared with: one will do.
            let asked = asked.filter(|(budget_s, seed)| *budget_s <= row.budget_s || *seed == 1);
            for (budget_s, seed) in asked {
                runs.extend(row.cases().map(|(set, instance)| Run {
                    solver: solver.to_owned(),
                    version: version.clone(),
                    set: set.to_owned(),
                    instance: instance.to_owned(),
                    seed,
                    budget_s,
                }));
            }
        }
        Ok(runs)
    }

    /// Makes the runs, on every core one after the other.
    fn make(&self, runs: Vec<Run>) {
        let total = runs.len();
        let queue = Mutex::new(VecDeque::from(runs));
        let next = || {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.pop_front().map(|run| (total - queue.len(), run))
        };
        std::thread::scope(|scope| {
            for &core in &self.cores {
                scope.spawn(move || {
                    while let Some((number, run)) = next() {
                        crate::note(&format!(
                            "{number}/{total} {} {} seed {} {} s\n",
                            run.solver, run.instance, run.seed, run.budget_s
                        ));
                        // A solver that breaks down leaves a hole in a table, not no table.
                        if let Err(error) = self.make_one(&run, core) {
                            crate::note(&format!("{error:#}\n"));
                        }
                    }
                });
            }
        });
    }

    fn make_one(&self, run: &Run, core: usize) -> anyhow::Result<()> {
        let file = file_of(&self.data, &run.set, &run.instance);
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &core.to_string()]);
        let rows = if run.solver == OURS {
            command.arg(std::env::current_exe()?).arg("run");
            "ours.jsonl"
        } else {
            let peers = workspace().join("target/peers");
            command.arg(peers.join("venv/bin/python"));
            command.arg(workspace().join("tests/peers/run.py")).arg(&run.solver);
            command.envs([("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1")]);
            if SHIMMED.contains(&run.solver.as_str()) {
                command.env("LD_PRELOAD", fs::canonicalize(peers.join("cpu_clock.so"))?);
            }
            if run.solver == "ortools" {
                // It copies its matrix so often that returning memory to the kernel takes most of its time.
                let kept = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"];
                command.envs(kept.map(|name| (name, "4000000000")));
            }
            "peers.jsonl"
        };
        command.arg(&run.set).arg(&file);
        command.args(["--seed", &run.seed.to_string(), "--budget", &run.budget_s.to_string()]);
        let output = command.stdin(Stdio::null()).output().context("taskset")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let Some(line) = said.lines().rev().find(|line| line.starts_with('{')) else {
            let error = String::from_utf8_lossy(&output.stderr);
            bail!("{run:?} left no row, {}:\n{error}", output.status);
        };
        let row: Row = serde_json::from_str(line).with_context(|| format!("{run:?}: {line}"))?;
        row::keep(&self.results.join(rows), &row)
    }
}

/// The version that `requirements.txt` pins.
fn pinned(peer: &str) -> anyhow::Result<String> {
    let (_, package) =
        PEERS.iter().find(|(name, _)| *name == peer).with_context(|| format!("no peer {peer}"))?;
    let file = workspace().join("tests/peers/requirements.txt");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let pin = text.lines().find_map(|line| line.strip_prefix(&format!("{package}==")));
    Ok(pin.with_context(|| format!("{}: {package} is not pinned", file.display()))?.to_owned())
}

/// A fingerprint of the search's sources: a row of ours is of exactly these.
pub(crate) fn sources() -> String {
    env!("SEARCH_SOURCES").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_peer_is_pinned() {
        for (peer, _) in PEERS {
            let version = pinned(peer).expect("pinned");
            assert!(version.contains('.'), "{peer} {version}");
        }
        assert!(pinned("nobody").is_err());
    }

    #[test]
    fn the_search_has_a_fingerprint() {
        assert_ne!(sources(), "src-cbf29ce484222325", "the build script read nothing");
    }
}
