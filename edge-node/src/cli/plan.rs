//! `edge-node plan`: plans the tours of a file, with no depot and no network.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use planning::check::{Audit, audit};
use planning::formats::{self, Format};
use planning::json::{geojson, read_problem, report};
use planning::plan::Plan as Planned;
use planning::problem::bounds::FILE_BYTES_MAX;
use planning::problem::{Draft, Point, Problem};
use roads::Roads;
use serde_json::json;
use shared_model::dispatch::VehicleKind;

use super::ExitWith;
use crate::dispatch::held::Effort;
use crate::dispatch::orders_file::{self, Fleet};
use crate::dispatch::search::{self, Limits, Report, threads_usual};
use crate::dispatch::travel::{profile, profile_of, slices_between};

/// The plan leaves out what must be served, or breaks a rule.
const INCOMPLETE: u8 = 3;
/// Between two lines of progress.
const SAY_EVERY: Duration = Duration::from_secs(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatAsked {
    /// This project's own problem file.
    Json,
    /// Orders by line; needs --depot and --vehicle.
    Orders,
    Vrplib,
    Solomon,
    Lilim,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    /// A problem: JSON, orders as CSV, VRPLIB, Solomon or Li & Lim; told apart by content.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Instead of telling by content.
    #[arg(long, value_enum)]
    format: Option<FormatAsked>,
    /// How long to search, such as 10s, 500ms or 2m; at least 100ms. Ctrl-C ends it early with the best so far.
    #[arg(long, default_value = "10s", value_parser = duration)]
    deadline: Duration,
    /// Threads; all cores when left out.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=8))]
    threads: Option<u16>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Steps of each thread: then seed and threads decide the plan, not the machine's speed.
    #[arg(long)]
    iterations: Option<u64>,
    /// The folder with a road graph; ways are estimated without one. Only for places on a map.
    #[arg(long, value_name = "DIR")]
    roads: Option<PathBuf>,
    /// Where to write the plan; standard output when left out.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Where to write the plan's lines and stops as GeoJSON.
    #[arg(long, value_name = "FILE")]
    geojson: Option<PathBuf>,
    #[command(flatten)]
    fleet: Fleet,
    /// Say nothing on the way.
    #[arg(long)]
    quiet: bool,
}

/// A number with its unit: ms, s or m.
/// Laying out 1,000 stops of a mixed fleet takes up to 66 ms, and cannot be ended early.
const DEADLINE_MS_MIN: u64 = 100;
const DEADLINE_MS_MAX: u64 = 24 * 3_600_000;

fn duration(text: &str) -> Result<Duration, String> {
    let remedy = || format!("`{text}` is no duration; remedy: such as 10s, 500ms or 2m");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| remedy())?;
    let ms = match &text[digits..] {
        "ms" => Some(number),
        "s" | "" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        _ => None,
    };
    let ms = ms.filter(|ms| *ms <= DEADLINE_MS_MAX).ok_or_else(remedy)?;
    if ms < DEADLINE_MS_MIN {
        return Err(format!(
            "`{text}` is too short to lay a large problem out; remedy: {DEADLINE_MS_MIN}ms or more"
        ));
    }
    Ok(Duration::from_millis(ms))
}

impl Plan {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let is_stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&is_stopped);
        let work = tokio::task::spawn_blocking(move || self.plan(&is_stopped));
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done?,
                pressed = tokio::signal::ctrl_c() => {
                    pressed.context("listening for Ctrl-C")?;
                    stop.store(true, Ordering::Relaxed);
                }
            }
        }
    }

    fn plan(&self, is_stopped: &AtomicBool) -> anyhow::Result<()> {
        let text = read(&self.input)?;
        let roads = self.roads.as_deref().map(open_roads).transpose()?;
        let mut draft = self.draft(&text)?;
        drop(text);
        fill_ways(&mut draft, roads.as_ref(), is_stopped)?;
        let problem = draft.check().map_err(|refused| {
            anyhow::anyhow!("{} cannot be planned:\n  {}", self.input.display(), lines(&refused))
        })?;
        let limits = Limits {
            time: self.deadline,
            iterations: self.iterations,
            threads: self.threads.map_or_else(threads_usual, usize::from),
            seed: self.seed,
        };
        let mut said = Instant::now();
        let (plan, effort) = search::run(&problem, limits, is_stopped, |report| {
            if !self.quiet && said.elapsed() >= SAY_EVERY {
                said = Instant::now();
                say(report);
            }
        });
        let audit = audit(&problem, &plan);
        self.write(&problem, &plan, &audit, effort, roads.as_ref())?;
        let owed = audit.owed(&problem).count();
        if audit.is_sound() && owed == 0 {
            return Ok(());
        }
        let found = audit.violations.len();
        Err(ExitWith {
            code: INCOMPLETE,
            words: format!(
                "the plan leaves out {owed} jobs that must be served and breaks {found} rules"
            ),
        }
        .into())
    }

    fn draft(&self, text: &str) -> anyhow::Result<Draft> {
        let known = match self.format {
            Some(FormatAsked::Json) => Some(Format::Json),
            Some(FormatAsked::Vrplib) => Some(Format::Vrplib),
            Some(FormatAsked::Solomon) => Some(Format::Solomon),
            Some(FormatAsked::Lilim) => Some(Format::LiLim),
            Some(FormatAsked::Orders) => None,
            None if orders_file::is_one(text) => None,
            None => Some(Format::of(text).with_context(|| {
                format!(
                    "{} is neither JSON, orders, VRPLIB, Solomon nor Li & Lim; remedy: name it with --format",
                    self.input.display()
                )
            })?),
        };
        let read = match known {
            None => return Ok(orders_file::read(text, &self.fleet)?),
            Some(Format::Json) => read_problem(text),
            Some(Format::Vrplib) => formats::vrplib::read(text, None),
            Some(Format::Solomon) => formats::solomon::read(text, formats::Rounding::Tenths),
            Some(Format::LiLim) => formats::lilim::read(text, formats::Rounding::Thousandths),
        };
        read.map_err(|refused| {
            anyhow::anyhow!("{} cannot be read:\n  {}", self.input.display(), lines(&refused))
        })
    }

    fn write(
        &self,
        problem: &Problem,
        plan: &Planned,
        audit: &Audit,
        effort: Effort,
        roads: Option<&Roads>,
    ) -> anyhow::Result<()> {
        let mut shown = report(problem, plan, audit);
        shown["effort"] = json!({
            "elapsed_ms": effort.elapsed_ms, "first_complete_ms": effort.first_ms,
            "threads": effort.threads, "iterations": effort.iterations, "seed": effort.seed,
        });
        let text = serde_json::to_string_pretty(&shown)? + "\n";
        match &self.output {
            Some(path) => std::fs::write(path, text).with_context(|| path.display().to_string())?,
            None => std::io::stdout().write_all(text.as_bytes())?,
        }
        if let Some(path) = &self.geojson {
            let ways = ways(problem, audit, roads);
            let text = geojson(problem, &audit.timetables, &ways).to_string() + "\n";
            std::fs::write(path, text).with_context(|| path.display().to_string())?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut text = String::new();
    let limit = FILE_BYTES_MAX as u64 + 1;
    file.take(limit)
        .read_to_string(&mut text)
        .with_context(|| format!("{} is no UTF-8 text", path.display()))?;
    ensure!(
        text.len() <= FILE_BYTES_MAX,
        "{} is larger than {FILE_BYTES_MAX} bytes; remedy: split the problem",
        path.display()
    );
    Ok(text)
}

fn open_roads(folder: &Path) -> anyhow::Result<Roads> {
    let path = folder.join(roads::build::GRAPH_FILE);
    Roads::open(&path)
        .with_context(|| format!("{}; remedy: build it with edge-node roads build", path.display()))
}

fn lines(refused: &planning::problem::Refusals) -> String {
    refused.to_string().replace('\n', "\n  ")
}

/// Times and ways of the profiles that the file leaves to us: those of okadas, tuktuks and vans.
fn fill_ways(
    draft: &mut Draft,
    roads: Option<&Roads>,
    is_stopped: &AtomicBool,
) -> anyhow::Result<()> {
    if draft.profiles.iter().all(|profile| !profile.slices.is_empty()) {
        return Ok(());
    }
    let points = draft.places.iter().map(|place| {
        let Some(point) = place.point else {
            bail!("place {} has no point; remedy: give lat and lon, or the tables", place.name)
        };
        let degrees = |e6: i32| f64::from(e6) / 1e6;
        roads::Point::from_degrees(degrees(point.lat_e6), degrees(point.lon_e6))
            .with_context(|| format!("place {}", place.name))
    });
    let points: Vec<roads::Point> = points.collect::<anyhow::Result<_>>()?;
    let last_s = draft.vehicles.iter().map(|vehicle| vehicle.shift.to_s).max().unwrap_or(0);
    let slices = slices_between(0, last_s.min(2 * 24 * 3600));
    for empty in draft.profiles.iter_mut().filter(|profile| profile.slices.is_empty()) {
        let kind = VehicleKind::ALL
            .into_iter()
            .find(|kind| kind.as_str() == empty.name || profile_of(*kind).name() == empty.name)
            .with_context(|| {
                format!(
                    "nobody knows how fast `{}` is; remedy: call the profile okada, tuktuk or van, or give slices and metres",
                    empty.name
                )
            })?;
        let stopped = || is_stopped.load(Ordering::Relaxed);
        let (filled, _) = profile(roads, kind, &points, &slices, stopped)?;
        let name = std::mem::take(&mut empty.name);
        *empty = planning::problem::TravelProfile { name, ..filled };
    }
    Ok(())
}

/// The lines of the routes along the roads, where there is a graph and a way.
fn ways(problem: &Problem, audit: &Audit, roads: Option<&Roads>) -> Vec<Option<Vec<Point>>> {
    let line = |timetable: &planning::check::Timetable| {
        let roads = roads?;
        let name = &problem.profile_of(timetable.vehicle).name;
        let kind = VehicleKind::ALL.into_iter().find(|kind| kind.as_str() == name)?;
        let start = match problem.vehicles[timetable.vehicle.at()].start {
            planning::problem::Start::Depot(depot) => Some(problem.depots[depot.at()].place),
            planning::problem::Start::Place(place) => Some(place),
            planning::problem::Start::Anywhere => None,
        };
        let end = match problem.vehicles[timetable.vehicle.at()].end {
            planning::problem::End::Depot(depot) => Some(problem.depots[depot.at()].place),
            planning::problem::End::Place(place) => Some(place),
            planning::problem::End::Anywhere => None,
        };
        let stops = timetable.stops.iter().map(|stop| stop.place);
        let places = start.into_iter().chain(stops).chain(end);
        let points = places.map(|place| {
            let point = problem.places[place.at()].point?;
            let degrees = |e6: i32| f64::from(e6) / 1e6;
            roads::Point::from_degrees(degrees(point.lat_e6), degrees(point.lon_e6)).ok()
        });
        let points: Vec<roads::Point> = points.collect::<Option<_>>()?;
        let slice = slices_between(timetable.start_s, timetable.start_s).first()?.1;
        let route = roads.route(profile_of(kind), slice, &points).ok()?;
        let point =
            |at: &roads::Point| Point { lat_e6: at.lat_e7() / 10, lon_e6: at.lon_e7() / 10 };
        Some(route.geometry.iter().map(point).collect())
    };
    audit.timetables.iter().map(line).collect()
}

#[expect(clippy::print_stderr, reason = "progress for the person at the terminal")]
fn say(report: Report) {
    let cost = report.cost.map_or_else(|| "-".to_owned(), |cost| cost.to_string());
    eprintln!(
        "{:6.1} s  cost {cost}  left out {}  steps {}",
        report.elapsed.as_secs_f64(),
        report.left_out,
        report.iterations
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_a_unit_and_a_limit() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for wrong in
            ["", "s", "0s", "99ms", "-1s", "1.5s", "10h", "99999999999999999999s", "25000m"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
