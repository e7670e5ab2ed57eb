//! `edge-node roads`: from an OpenStreetMap extract to the depot's road graph and offline map, and questions to try them with.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use data_encoding::HEXLOWER;
use roads::build::{Report, build};
use roads::town::{BLOCKS_MAX, Town};
use roads::{PLACES_MAX, Point, Profile, Route, Slice, TravelMatrix, UNREACHABLE, estimate};
use serde_json::{Value, json};

use crate::state::StateDir;

/// Largest list of places read, in bytes: a place is at most 64.
const PLACES_BYTES_MAX: u64 = 64 * PLACES_MAX as u64;

#[derive(Debug, Subcommand)]
pub(super) enum Roads {
    /// Build the road graph and the offline map from an .osm.pbf extract.
    Build(Build),
    /// Show what a road graph holds.
    Info(Info),
    /// The quickest way between two places, with directions.
    Route(RouteOf),
    /// Times and lengths between all places of a file, as CSV.
    Matrix(MatrixOf),
    /// Make up a town as an .osm.pbf extract, to try things in.
    Town(TownAt),
}

/// Where the graph and the map are kept.
#[derive(Debug, Args)]
struct Place {
    /// The depot's folder; its roads are in `roads` there.
    #[arg(long, env = "OMNIROUTE_STATE", value_name = "DIR")]
    state: Option<PathBuf>,
    /// Another folder, whatever the depot's is.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Place {
    fn folder(&self) -> anyhow::Result<PathBuf> {
        let of_state = |state: &PathBuf| {
            let graph = StateDir::new(state).road_graph();
            graph.parent().map(Path::to_owned)
        };
        let folder = self.out.clone().or_else(|| self.state.as_ref().and_then(of_state));
        folder.context("no folder is named; remedy: --state or --out")
    }

    fn open(&self) -> anyhow::Result<roads::Roads> {
        Ok(roads::Roads::open(&self.folder()?.join(roads::build::GRAPH_FILE))?)
    }
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The extract, such as one of download.geofabrik.de cut to the town.
    #[arg(value_name = "EXTRACT")]
    extract: PathBuf,
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Info {
    #[command(flatten)]
    place: Place,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Who travels, and when.
#[derive(Debug, Args)]
struct Travelling {
    /// okada, tuk-tuk or van.
    #[arg(long, default_value = "okada")]
    profile: Profile,
    /// night, morning, day or evening.
    #[arg(long, default_value = "day")]
    slice: Slice,
    /// Without a graph: estimate by great-circle distance.
    #[arg(long)]
    estimate: bool,
}

#[derive(Debug, Args)]
pub(super) struct RouteOf {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    travelling: Travelling,
    /// Latitude,longitude in degrees.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    from: Point,
    /// Latitude,longitude in degrees.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    to: Point,
    /// Print JSON, with the line as GeoJSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct MatrixOf {
    /// A place a line: latitude,longitude in degrees.
    #[arg(value_name = "PLACES")]
    places: PathBuf,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    travelling: Travelling,
}

#[derive(Debug, Args)]
pub(super) struct TownAt {
    /// The middle of the town: latitude,longitude in degrees.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    centre: Point,
    /// Crossings along each side.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(8..=i64::from(BLOCKS_MAX)))]
    blocks: u32,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file to write.
    #[arg(value_name = "EXTRACT")]
    extract: PathBuf,
}

impl Roads {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Roads::Build(build) => build.run(),
            Roads::Info(info) => info.run(),
            Roads::Route(route) => route.run(),
            Roads::Matrix(matrix) => matrix.run(),
            Roads::Town(town) => town.run(),
        }
    }
}

impl Build {
    fn run(self) -> anyhow::Result<()> {
        let folder = self.place.folder()?;
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let quiet = self.json;
        let report = build(&self.extract, &folder, &mut |step| {
            if !quiet {
                println!("{step}");
            }
        })?;
        if self.json {
            println!("{}", report_json(&report));
            return Ok(());
        }
        println!("{} segments of {} ways", report.segments, report.ways);
        if report.ways_cut > 0 {
            println!("  {} ways are cut off by the extract's rim", report.ways_cut);
        }
        println!(
            "  {} turn restrictions heeded, {} for some hours only or malformed",
            report.restrictions, report.restrictions_unread
        );
        for profile in &report.profiles {
            println!(
                "  {:8} {} vertices, {} parts, {} restrictions without a road",
                profile.profile.to_string(),
                profile.vertices,
                profile.parts,
                profile.restrictions_unplaced
            );
        }
        println!("{} ({} bytes)", report.graph_path.display(), report.graph_bytes);
        println!(
            "{} ({} bytes, {} tiles)",
            report.map_path.display(),
            report.map_bytes,
            report.map_tiles
        );
        println!("Map data © OpenStreetMap contributors, ODbL 1.0: say so wherever it is shown.");
        Ok(())
    }
}

fn report_json(report: &Report) -> Value {
    let profiles: Vec<Value> = report
        .profiles
        .iter()
        .map(|profile| {
            json!({
                "profile": profile.profile.name(),
                "vertices": profile.vertices,
                "arcs": profile.arcs,
                "parts": profile.parts,
                "restrictions_unplaced": profile.restrictions_unplaced,
            })
        })
        .collect();
    json!({
        "graph": report.graph_path, "graph_bytes": report.graph_bytes,
        "map": report.map_path, "map_bytes": report.map_bytes, "map_tiles": report.map_tiles,
        "ways": report.ways, "ways_cut": report.ways_cut, "segments": report.segments,
        "restrictions": report.restrictions, "restrictions_unread": report.restrictions_unread,
        "data_time": report.data_time, "took_ms": report.took.as_millis(), "profiles": profiles,
    })
}

impl Info {
    fn run(self) -> anyhow::Result<()> {
        let roads = self.place.open()?;
        let info = roads.info();
        if self.json {
            println!(
                "{}",
                json!({
                    "digest": HEXLOWER.encode(&info.digest), "data_time": info.data_time,
                    "south_west": [info.south_west.lat(), info.south_west.lon()],
                    "north_east": [info.north_east.lat(), info.north_east.lon()],
                    "segments": info.segments, "file_bytes": info.file_bytes,
                })
            );
            return Ok(());
        }
        println!("from {} to {}", info.south_west, info.north_east);
        println!("  segments {}", info.segments);
        for profile in roads.profiles() {
            println!("  {:8} {} vertices", profile.to_string(), roads.vertices(*profile));
        }
        match info.data_time {
            Some(at) => println!("  data of  {at} s after 1970"),
            None => println!("  data of  an unknown date"),
        }
        println!("  digest   {}", HEXLOWER.encode(&info.digest));
        Ok(())
    }
}

impl RouteOf {
    fn run(self) -> anyhow::Result<()> {
        let Travelling { profile, slice, estimate } = self.travelling;
        let places = [self.from, self.to];
        let route = match estimate {
            true => estimate::route(profile, slice, &places)?,
            false => self.place.open()?.route(profile, slice, &places)?,
        };
        if self.json {
            println!("{}", route_json(&route));
            return Ok(());
        }
        let mark = if route.source.is_estimate() { ", estimated" } else { "" };
        println!("{} m in {} s{mark}", route.metres, route.seconds);
        for turn in &route.turns {
            let kind = format!("{:?}", turn.kind);
            println!("  {kind:24} {:32} {:6} m {:5} s", turn.street, turn.metres, turn.seconds);
        }
        Ok(())
    }
}

fn route_json(route: &Route) -> Value {
    let line: Vec<[f64; 2]> = route.geometry.iter().map(|at| [at.lon(), at.lat()]).collect();
    let turns: Vec<Value> = route
        .turns
        .iter()
        .map(|turn| {
            json!({
                "kind": format!("{:?}", turn.kind), "street": turn.street,
                "metres": turn.metres, "seconds": turn.seconds,
                "at": [turn.at.lon(), turn.at.lat()],
            })
        })
        .collect();
    json!({
        "seconds": route.seconds, "metres": route.metres, "estimate": route.source.is_estimate(),
        "geometry": { "type": "LineString", "coordinates": line }, "turns": turns,
    })
}

impl MatrixOf {
    fn run(self) -> anyhow::Result<()> {
        let places = places_of(&self.places)?;
        let Travelling { profile, slice, estimate } = self.travelling;
        let matrix = match estimate {
            true => estimate::matrix(profile, slice, &places)?,
            false => self.place.open()?.matrix(profile, slice, &places)?,
        };
        print_matrix(&matrix);
        let off_map: Vec<String> = matrix.off_map().map(|place| (place + 1).to_string()).collect();
        if !off_map.is_empty() {
            bail!(
                "places {} are off the map; their rows and columns are empty",
                off_map.join(", ")
            );
        }
        Ok(())
    }
}

fn print_matrix(matrix: &TravelMatrix) {
    println!("from,to,seconds,metres");
    let cells = matrix.seconds.iter().zip(&matrix.metres).enumerate();
    for (cell, (seconds, metres)) in cells {
        let (from, to) = (cell / matrix.places + 1, cell % matrix.places + 1);
        if *seconds == UNREACHABLE {
            println!("{from},{to},,");
        } else {
            println!("{from},{to},{seconds},{metres}");
        }
    }
}

fn places_of(path: &Path) -> anyhow::Result<Vec<Point>> {
    let length =
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?.len();
    ensure!(length <= PLACES_BYTES_MAX, "{length} bytes are more than {PLACES_MAX} places take");
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .filter(|(number, line)| *number > 0 || !line.starts_with("lat"))
        .map(|(number, line)| {
            line.parse().with_context(|| format!("line {} of {}", number + 1, path.display()))
        })
        .collect()
}

impl TownAt {
    fn run(self) -> anyhow::Result<()> {
        let town = Town { centre: self.centre, blocks: self.blocks, seed: self.seed };
        std::fs::write(&self.extract, town.pbf())
            .with_context(|| format!("cannot write {}", self.extract.display()))?;
        println!("{}", self.extract.display());
        Ok(())
    }
}
