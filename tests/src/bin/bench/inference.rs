//! Models beside onnxruntime. The measuring is `inference-bench`'s, a program of the crate `inference`; here it is
//! found a library to compare with, started, and its tables are written.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::Context as _;
use serde_json::{Value, json};
use system_tests::binaries::{binary, workspace};
use tokio::process::Command;

use crate::Scale;
use crate::figures::table;

/// Names onnxruntime's shared library.
const LIBRARY_ENV: &str = "OMNIROUTE_ONNXRUNTIME";
/// Where `models/inference/README.md` has it installed.
const VENV_PACKAGES: &str = "target/onnxruntime/lib";

pub(crate) async fn measure(scale: &Scale) -> anyhow::Result<(Value, String)> {
    let Some(library) = library() else {
        let left_out = "onnxruntime is not at hand; remedy: see models/inference/README.md";
        return Ok((json!({ "left_out": left_out }), format!("\ninference: {left_out}\n")));
    };
    let mut command = Command::new(binary("inference-bench"));
    command.arg("--onnxruntime").arg(library).current_dir(workspace()).stderr(Stdio::inherit());
    if scale.check {
        command.arg("--check");
    }
    let output = command.output().await.context("starting inference-bench")?;
    anyhow::ensure!(output.status.success(), "inference-bench ended with {}", output.status);
    let measured: Value = serde_json::from_slice(&output.stdout).context("what it printed")?;
    let text = written(&measured);
    Ok((measured, text))
}

fn library() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(LIBRARY_ENV) {
        return Some(named.into());
    }
    let below = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path())
    };
    below(workspace().join(VENV_PACKAGES))
        .flat_map(|python| below(python.join("site-packages/onnxruntime/capi")))
        .find(|path| path.to_string_lossy().contains("libonnxruntime.so"))
}

fn written(measured: &Value) -> String {
    let empty = serde_json::Map::new();
    let models = measured["models"].as_object().unwrap_or(&empty);
    let rows: Vec<Vec<String>> = models
        .iter()
        .flat_map(|(name, model)| {
            let batches = model["batches"].as_array().map(Vec::as_slice).unwrap_or_default();
            batches.iter().map(move |batch| {
                let fields = ["batch", "ours_us", "onnxruntime_us", "ours_us_a_row", "ratio"];
                let figures = fields.iter().map(|field| batch[field].to_string());
                [name.clone()].into_iter().chain(figures).collect()
            })
        })
        .collect();
    let head = ["model", "rows", "ours, µs", "onnxruntime, µs", "ours, µs a row", "ratio"];
    let worker = &measured["worker"];
    format!(
        "{}\nall models in a worker: loaded in {} ms, {} bytes resident\n",
        table("Inference, one thread, processor time", &head, &rows),
        worker["load_all_ms"],
        worker["resident_bytes"],
    )
}
