//! Our runtime beside onnxruntime: the same networks, the same rows, one thread, in one process. Prints JSON;
//! asserts nothing about speed.
//!
//! Others use the machine too, so time is the thread's processor time, in rounds that alternate between the two;
//! a figure is the median over rounds, and a ratio the median of the rounds' own ratios.

mod candidates;
#[path = "../../../tests/inference/onnx.rs"]
#[allow(dead_code, reason = "the tests write more than the bench does")]
mod onnx;
mod peer;
mod rounds;
mod worker;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use serde_json::{Value, json};

use candidates::Candidate;
use peer::Library;

#[derive(Debug, Parser)]
#[command(about = "Measures inference beside onnxruntime; prints JSON")]
struct Arguments {
    /// libonnxruntime.so, as the Python package `onnxruntime` brings it.
    #[arg(long, env = "OMNIROUTE_ONNXRUNTIME", value_name = "FILE")]
    onnxruntime: Option<PathBuf>,
    /// The folder of shipped bundles.
    #[arg(long, default_value = "models/artefacts", value_name = "DIR")]
    bundles: PathBuf,
    /// A network without a bundle, from `features` to `prediction`; rows are drawn from a normal distribution.
    #[arg(long, value_name = "FILE")]
    network: Vec<PathBuf>,
    /// Runs everything, too briefly to measure anything.
    #[arg(long)]
    check: bool,
    /// Serves as the worker that the bench measures.
    #[arg(long, hide = true)]
    worker: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            #[expect(clippy::print_stderr, reason = "the command line's own complaint")]
            {
                eprintln!("inference-bench: {error:#}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if arguments.worker {
        return Ok(inference::worker::serve(std::io::stdin().lock(), std::io::stdout().lock())?);
    }
    let path = arguments.onnxruntime.as_ref().context(
        "no onnxruntime; remedy: pip install onnxruntime, and --onnxruntime …/onnxruntime/capi/libonnxruntime.so.…",
    )?;
    let library = Library::open(path)?;
    let bundles = candidates::bundles(&arguments.bundles)?;
    let mut measured = serde_json::Map::new();
    let mut all = vec![candidates::generated_trees(&library)?];
    for bundle in &bundles {
        all.extend(Candidate::of_bundle(&library, bundle)?);
    }
    for path in &arguments.network {
        all.push(Candidate::of_file(&library, path)?);
    }
    for candidate in &mut all {
        let figures = measure(candidate, arguments.check)?;
        measured.insert(candidate.name.clone(), figures);
    }
    let figures = json!({
        "onnxruntime": path.file_name().map(|name| name.to_string_lossy()),
        "threads": 1,
        "clock": "processor time of the thread, median over alternating rounds",
        "models": measured,
        "worker": worker::measure(&bundles, arguments.check)?,
    });
    #[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
    {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    }
    Ok(())
}

fn measure(candidate: &mut Candidate, check: bool) -> anyhow::Result<Value> {
    let batches = [1, 32, 256, 1_024]
        .into_iter()
        .map(|batch| rounds::measure(candidate, batch, check))
        .collect::<anyhow::Result<Vec<Value>>>()?;
    let worst_apart = candidate.worst_apart()?;
    Ok(json!({
        "kind": candidate.kind,
        "network_bytes": candidate.network_bytes,
        "batches": batches,
        "largest_relative_difference_to_onnxruntime": worst_apart,
        "golden": candidate.golden()?,
    }))
}
