//! A worker for tests: the real loop, frames and limits, around models that misbehave as their rows tell them.
//! With `real` as its argument it serves real models.

use std::io::{stdin, stdout};
use std::process::ExitCode;

use inference::worker::serve::{Model, serve, serve_with};
use inference::{LoadError, PredictError};
use model_bundle::golden::{Comparison, Golden};
use model_bundle::manifest::Manifest;

/// Does what the first value of its rows says.
struct Misbehaving;

impl Model for Misbehaving {
    fn predict(&self, rows: &[f32]) -> Result<Vec<f32>, PredictError> {
        match rows.first().map(|value| *value as u32) {
            Some(1) => panic!("a panic of the trial"),
            Some(2) => forever(),
            Some(3) => Ok(vec![hoard().len() as f32]),
            Some(4) => std::process::abort(),
            Some(5) => Ok(vec![deep(0) as f32]),
            _ => Ok(rows.to_vec()),
        }
    }

    fn replay(&self, golden: &Golden, _manifest: &Manifest) -> Result<Comparison, PredictError> {
        Ok(Comparison { rows: golden.rows(), rows_off: 0, worst_relative: 0.0 })
    }
}

fn forever() -> ! {
    loop {
        std::hint::spin_loop();
    }
}

/// Takes memory until there is none.
fn hoard() -> Vec<Vec<u8>> {
    std::iter::repeat_with(|| vec![1; 1024 * 1024]).take(1024 * 1024).collect()
}

#[expect(unconditional_recursion, reason = "to overflow the stack is what it is for")]
fn deep(depth: u64) -> u64 {
    std::hint::black_box([depth; 64])[0] + deep(std::hint::black_box(depth + 1))
}

fn loaded(manifest: &Manifest) -> Result<Box<dyn Model>, LoadError> {
    match manifest.id.as_str() {
        "panics-at-load" => panic!("a panic while loading"),
        "loops-at-load" => forever(),
        _ => Ok(Box::new(Misbehaving)),
    }
}

fn main() -> ExitCode {
    let real = std::env::args().nth(1).is_some_and(|word| word == "real");
    let served = if real {
        serve(stdin().lock(), stdout().lock())
    } else {
        serve_with(stdin().lock(), stdout().lock(), |manifest, _, _| loaded(manifest))
    };
    served.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}
