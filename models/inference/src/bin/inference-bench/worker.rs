//! The set of shipped models as a depot holds it: in a worker, loaded with replayed golden vectors, asked over
//! pipes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inference::{Limits, Supervisor, WorkerCommand};
use model_bundle::Verified;
use model_bundle::manifest::Kind;
use serde_json::{Value, json};

use crate::rounds::{median, rounded};

const DEADLINE: Duration = Duration::from_secs(10);
const ARTICLES: usize = 1_000;

/// # Errors
/// When a shipped model does not load.
pub(crate) fn measure(bundles: &[Verified], check: bool) -> anyhow::Result<Value> {
    let networks: Vec<Arc<Verified>> = bundles
        .iter()
        .filter(|bundle| bundle.manifest().kind != Kind::Tables)
        .map(|bundle| Arc::new(bundle.clone()))
        .collect();
    let rounds = if check { 1 } else { 7 };
    let mut loads = Vec::new();
    let (mut resident_bytes, mut questions) = (0, Vec::new());
    for _ in 0..rounds {
        let mut supervisor = supervisor()?;
        let started = Instant::now();
        for bundle in &networks {
            resident_bytes = supervisor.load(bundle.clone(), started)?.worker_resident_bytes;
        }
        loads.push(started.elapsed().as_secs_f64() * 1e3);
        questions = networks
            .iter()
            .map(|bundle| asked(&mut supervisor, bundle, rounds * 100))
            .collect::<anyhow::Result<Vec<Value>>>()?;
    }
    Ok(json!({
        "models": networks.len(),
        "load_all_ms": rounded(median(&mut loads)),
        "load_all_ms_least": rounded(loads.first().copied().unwrap_or(f64::NAN)),
        "load_includes": "starting the process, parsing, compiling every plan, replaying golden vectors",
        "resident_bytes": resident_bytes,
        "questions": questions,
    }))
}

fn supervisor() -> anyhow::Result<Supervisor> {
    let command =
        WorkerCommand { program: std::env::current_exe()?, arguments: vec!["--worker".into()] };
    Ok(Supervisor::new(command, Limits::default()))
}

/// Wall time of one row, and of a thousand, there and back.
fn asked(supervisor: &mut Supervisor, bundle: &Verified, calls: usize) -> anyhow::Result<Value> {
    let golden = bundle.golden()?;
    let row = &golden.raw()[..golden.features()];
    let many: Vec<f32> = row.iter().copied().cycle().take(row.len() * ARTICLES).collect();
    let mut time = |rows: &[f32], calls: usize| -> anyhow::Result<f64> {
        let mut took = Vec::new();
        for _ in 0..calls {
            let started = Instant::now();
            supervisor.predict(bundle.sha256(), rows, DEADLINE, started)?;
            took.push(started.elapsed().as_secs_f64());
        }
        Ok(median(&mut took))
    };
    Ok(json!({
        "model": format!("{}-{}", bundle.manifest().id, bundle.manifest().version),
        "one_row_us": rounded(time(row, calls)? * 1e6),
        "thousand_rows_ms": rounded(time(&many, calls.div_ceil(50))? * 1e3),
    }))
}
