//! The gate: every step that a change must pass, in the order in which a failure is cheapest to meet,
//! each timed. It goes on after a failure, so that one run says all that is wrong.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, bail};

use crate::invoke::Invocation;
use crate::{purity, supply, tidy, ui};

struct Step {
    name: &'static str,
    run: fn(&Path) -> Result<()>,
}

/// `pages` before anything that embeds them; `build` apart from `tests`, so that both times are known;
/// the doc tests before the tests, so that the run closes on the tests' own summary.
const STEPS: [Step; 9] = [
    Step { name: "format", run: |root| Invocation::new(root, "cargo fmt --all --check").run() },
    Step { name: "tidy", run: tidy::check },
    Step { name: "purity", run: purity::check },
    Step { name: "pages", run: ui::check },
    Step { name: "clippy", run: clippy },
    Step { name: "build", run: build },
    Step {
        name: "doctests",
        run: |root| Invocation::new(root, "cargo test --workspace --locked --doc").run(),
    },
    Step { name: "tests", run: tests },
    Step { name: "licenses", run: supply::check },
];

pub(crate) fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

fn clippy(root: &Path) -> Result<()> {
    Invocation::new(root, "cargo clippy --workspace --all-targets --locked -- -D warnings").run()
}

/// Everything that the tests start or are: the programs, the test binaries, the benches.
fn build(root: &Path) -> Result<()> {
    Invocation::new(root, "cargo build --workspace --all-targets --locked").run()
}

fn tests(root: &Path) -> Result<()> {
    if Invocation::new(root, "cargo nextest --version").succeeds() {
        return Invocation::new(root, "cargo nextest run --workspace --locked --no-fail-fast")
            .run();
    }
    println!(
        "cargo-nextest is not installed: cargo test runs the same tests, one binary after the other"
    );
    Invocation::new(root, "cargo test --workspace --locked --no-fail-fast --all-targets").run()
}

/// Which steps were asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    only: Vec<String>,
    skip: Vec<String>,
}

impl Selection {
    /// # Errors
    /// For an unknown option or step, named.
    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let mut selection = Self::default();
        let mut words = words.iter();
        while let Some(option) = words.next() {
            let step = words.next().with_context(|| format!("{option} needs a step"))?;
            if !step_names().contains(&step.as_str()) {
                bail!("no step `{step}`; remedy: one of {}", step_names().join(", "));
            }
            match option.as_str() {
                "--only" => selection.only.push(step.clone()),
                "--skip" => selection.skip.push(step.clone()),
                _ => bail!("unknown option {option}; remedy: --only STEP or --skip STEP"),
            }
        }
        Ok(selection)
    }

    fn takes(&self, name: &str) -> bool {
        let asked = self.only.is_empty() || self.only.iter().any(|only| only == name);
        asked && !self.skip.iter().any(|skip| skip == name)
    }
}

struct Outcome {
    name: &'static str,
    took: Option<Duration>,
    problem: Option<String>,
}

impl Outcome {
    fn word(&self) -> &'static str {
        match (&self.took, &self.problem) {
            (None, _) => "left out",
            (Some(_), None) => "passed",
            (Some(_), Some(_)) => "FAILED",
        }
    }
}

/// # Errors
/// When any step failed; the table printed before says which.
pub(crate) fn run(root: &Path, selection: &Selection) -> Result<()> {
    let cold = is_cold(root);
    let started = Instant::now();
    let outcomes: Vec<Outcome> = STEPS
        .iter()
        .map(|step| if selection.takes(step.name) { timed(step, root) } else { left_out(step) })
        .collect();
    let total = started.elapsed();
    write_times(root, &outcomes, total, cold)?;
    print_table(&outcomes, total);
    let failed: Vec<&str> = outcomes
        .iter()
        .filter(|outcome| outcome.problem.is_some())
        .map(|outcome| outcome.name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

/// Whether the programs were never built here. This program itself was, so the folder alone says nothing.
fn is_cold(root: &Path) -> bool {
    let built = std::fs::read_dir(root.join("target/debug/deps"));
    !built.is_ok_and(|files| {
        files.flatten().any(|file| file.file_name().to_string_lossy().starts_with("libtokio-"))
    })
}

fn timed(step: &Step, root: &Path) -> Outcome {
    println!("\n== {}", step.name);
    let started = Instant::now();
    let problem = (step.run)(root).err().map(|problem| format!("{problem:#}"));
    if let Some(problem) = &problem {
        println!("{} FAILED: {problem}", step.name);
    }
    Outcome { name: step.name, took: Some(started.elapsed()), problem }
}

fn left_out(step: &Step) -> Outcome {
    Outcome { name: step.name, took: None, problem: None }
}

fn print_table(outcomes: &[Outcome], total: Duration) {
    println!("\nstep          seconds");
    for outcome in outcomes {
        let seconds = outcome
            .took
            .map_or_else(|| "-".to_owned(), |took| format!("{:.1}", took.as_secs_f64()));
        println!("{:<12} {seconds:>8}  {}", outcome.name, outcome.word());
    }
    println!("{:<12} {:>8.1}", "all", total.as_secs_f64());
}

/// `target/ci-times.json`: the cold build and test times are published figures.
fn write_times(root: &Path, outcomes: &[Outcome], total: Duration, cold: bool) -> Result<()> {
    let steps: Vec<serde_json::Value> = outcomes
        .iter()
        .map(|outcome| {
            serde_json::json!({
                "step": outcome.name,
                "seconds": outcome.took.map(|took| took.as_secs_f64()),
                "outcome": outcome.word(),
            })
        })
        .collect();
    let commit = Invocation::new(root, "git rev-parse HEAD").output().unwrap_or_default();
    let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let times = serde_json::json!({
        "commit": commit.trim(),
        "unix_s": at.as_secs(),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "cold": cold,
        "seconds": total.as_secs_f64(),
        "steps": steps,
    });
    let target = root.join("target");
    std::fs::create_dir_all(&target).context("creating target")?;
    let text = serde_json::to_string_pretty(&times).context("writing the times")?;
    std::fs::write(target.join("ci-times.json"), text + "\n")
        .context("writing target/ci-times.json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Selection> {
        Selection::parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn every_step_runs_unless_said_otherwise() {
        let all = parse(&[]).unwrap();
        assert!(step_names().into_iter().all(|name| all.takes(name)));
        let only = parse(&["--only", "tidy", "--only", "purity", "--skip", "purity"]).unwrap();
        assert!(only.takes("tidy") && !only.takes("purity") && !only.takes("clippy"));
    }

    #[test]
    fn an_unknown_step_is_named() {
        assert!(parse(&["--only", "lint"]).unwrap_err().to_string().contains("no step `lint`"));
        assert!(parse(&["--only"]).is_err());
        assert!(parse(&["--fast", "tidy"]).is_err());
    }
}
