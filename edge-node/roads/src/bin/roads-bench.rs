//! Measures building and asking, with Dijkstra's algorithm as the floor in the same run; prints one JSON object a line. Times
//! of questions are CPU time of the one thread that asks, so that other work on the machine shows less. Not part of a box.
//!
//! `roads-bench [--places N] [--keep DIR] [--graph FILE]... [EXTRACT.osm.pbf]...`; with neither file, made-up towns of 10,000 to
//! 100,000 crossings. What is built stays in the kept folder, the last graph as `roads.graph`.
#![expect(clippy::print_stdout, reason = "it answers on its standard output")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use roads::build::{Report, build};
use roads::town::Town;
use roads::{Point, Profile, Roads, Slice, UNREACHABLE};

/// Repetitions of a question; the median is told, and the least.
const REPEATS: usize = 7;
/// Rows by plain Dijkstra.
const FLOOR_ROWS: usize = 5;
/// Crossings along a side: 10,000, 25,000, 50,000 and 100,000 in all.
const TOWN_BLOCKS: [u32; 4] = [100, 158, 224, 317];

fn main() -> Result<(), Box<dyn Error>> {
    let mut places = 1_000;
    let (mut graphs, mut extracts, mut kept) = (Vec::new(), Vec::new(), None);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--places" => places = arguments.next().ok_or("--places N")?.parse()?,
            "--keep" => kept = Some(PathBuf::from(arguments.next().ok_or("--keep DIR")?)),
            "--graph" => graphs.push(PathBuf::from(arguments.next().ok_or("--graph FILE")?)),
            _ => extracts.push(PathBuf::from(argument)),
        }
    }
    for graph in &graphs {
        ask(&graph.display().to_string(), graph, places)?;
    }
    let passing = std::env::temp_dir().join(format!("roads-bench-{}", std::process::id()));
    let folder = kept.as_ref().unwrap_or(&passing);
    fs::create_dir_all(folder)?;
    let measured = if graphs.is_empty() && extracts.is_empty() {
        TOWN_BLOCKS.iter().try_for_each(|blocks| measure_town(*blocks, folder, places))
    } else {
        extracts.iter().try_for_each(|extract| measure(extract, folder, places))
    };
    if kept.is_none() {
        fs::remove_dir_all(folder)?;
    }
    measured
}

fn measure_town(blocks: u32, folder: &Path, places: usize) -> Result<(), Box<dyn Error>> {
    let centre = Point::from_degrees(-1.2864, 36.8172)?;
    let path = folder.join(format!("town-{}.osm.pbf", blocks * blocks));
    fs::write(&path, Town { blocks, seed: 1, centre }.pbf())?;
    measure(&path, folder, places)
}

fn measure(extract: &Path, folder: &Path, places: usize) -> Result<(), Box<dyn Error>> {
    let name = extract.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let before = process_cpu_seconds()?;
    let report = build(extract, folder, &mut |_| {})?;
    tell_build(&name, fs::metadata(extract)?.len(), &report, process_cpu_seconds()? - before);
    ask(&name, &report.graph_path, places)
}

fn tell_build(name: &str, extract_bytes: u64, report: &Report, cpu_seconds: f64) {
    let vertices: u32 = report.profiles.iter().map(|profile| profile.vertices).sum();
    let contracted: Vec<String> = report
        .profiles
        .iter()
        .map(|profile| format!("\"{}\":{:.2}", profile.profile, profile.took.as_secs_f64()))
        .collect();
    println!(
        "{{\"build\":\"{name}\",\"extract_bytes\":{extract_bytes},\"seconds\":{:.2},\"cpu_seconds\":{cpu_seconds:.2},\"segments\":{},\"restrictions\":{},\
         \"graph_bytes\":{},\"bytes_per_vertex\":{},\"map_bytes\":{},\"map_tiles\":{},\"contracting_seconds\":{{{}}}}}",
        report.took.as_secs_f64(),
        report.segments,
        report.restrictions,
        report.graph_bytes,
        report.graph_bytes / u64::from(vertices.max(1)),
        report.map_bytes,
        report.map_tiles,
        contracted.join(",")
    );
}

fn ask(name: &str, graph: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let roads = Roads::open(graph)?;
    let open_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let places = spread(&roads, count)?;
    for profile in Profile::ALL {
        // The first question builds the index of places.
        let matrix = roads.matrix(profile, Slice::Day, &places)?;
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            times.push(timed(|| roads.matrix(profile, Slice::Day, &places))?.0);
        }
        times.sort_by(f64::total_cmp);
        let mut floors = Vec::new();
        let mut differing = 0;
        for from in (0..FLOOR_ROWS).map(|row| row * count / FLOOR_ROWS) {
            let plain = || roads.plain_row(profile, Slice::Day, places[from], &places);
            let (_, row) = timed(|| Ok::<_, std::convert::Infallible>(plain()))?;
            floors.push(timed(|| Ok::<_, std::convert::Infallible>(plain()))?.0);
            let cells = from * count..(from + 1) * count;
            let found = matrix.seconds[cells.clone()].iter().zip(&matrix.metres[cells]);
            differing += found.zip(&row).filter(|((s, m), plain)| (**s, **m) != **plain).count();
        }
        floors.sort_by(f64::total_cmp);
        let reached = matrix.seconds.iter().filter(|seconds| **seconds != UNREACHABLE);
        let seconds: f64 = reached.map(|seconds| f64::from(*seconds)).sum();
        let metres: f64 =
            matrix.metres.iter().filter(|m| **m != UNREACHABLE).map(|m| f64::from(*m)).sum();
        let (least, median) = (times[0], times[REPEATS / 2]);
        let floor = floors[FLOOR_ROWS / 2];
        #[expect(clippy::cast_precision_loss, reason = "a thousand or so")]
        let ratio = floor * count as f64 / median;
        println!(
            "{{\"ask\":\"{name}\",\"profile\":\"{profile}\",\"vertices\":{},\"places\":{count},\"off_map\":{},\"open_ms\":{open_ms:.0},\
             \"matrix_cpu_ms\":{{\"least\":{least:.1},\"median\":{median:.1}}},\"dijkstra_row_cpu_ms\":{floor:.2},\
             \"times_faster\":{ratio:.0},\"cells_differing\":{differing},\"mean_kmh\":{:.1}}}",
            roads.vertices(profile),
            matrix.off_map().count(),
            metres / seconds * 3.6
        );
    }
    Ok(())
}

/// Places over the whole extent, the same in every run.
fn spread(roads: &Roads, count: usize) -> Result<Vec<Point>, Box<dyn Error>> {
    let info = roads.info();
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut share = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        #[expect(clippy::cast_precision_loss, reason = "32 bits are exact")]
        let share = (state >> 32) as f64 / 4_294_967_296.0;
        share
    };
    let (low, high) = (info.south_west, info.north_east);
    (0..count)
        .map(|_| {
            let lat = low.lat() + share() * (high.lat() - low.lat());
            Ok(Point::from_degrees(lat, low.lon() + share() * (high.lon() - low.lon()))?)
        })
        .collect()
}

/// Milliseconds of CPU of this thread, and the answer.
fn timed<T, E: Error + 'static>(
    question: impl FnOnce() -> Result<T, E>,
) -> Result<(f64, T), Box<dyn Error>> {
    let before = cpu_ns()?;
    let answer = question()?;
    #[expect(clippy::cast_precision_loss, reason = "less than days")]
    let ms = (cpu_ns()? - before) as f64 / 1e6;
    Ok((ms, answer))
}

/// Linux counts it in the first field.
fn cpu_ns() -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(text.split(' ').next().ok_or("no CPU time")?.parse()?)
}

/// User and system time of all threads: fields 14 and 15 of `/proc/self/stat`, in hundredths of a second.
fn process_cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let text = fs::read_to_string("/proc/self/stat")?;
    let (_, after_name) = text.rsplit_once(") ").ok_or("no CPU time")?;
    let ticks: Vec<f64> = after_name.split(' ').skip(11).take(2).flat_map(str::parse).collect();
    Ok(ticks.iter().sum::<f64>() / 100.0)
}
