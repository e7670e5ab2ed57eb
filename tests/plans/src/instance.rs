//! Instances of the data as problems of this project's planner, by the conventions of the data's
//! README. May not solve.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use planning::formats::{self, Rounding};
use planning::problem::Problem;

/// How the literature of each set rounds; explicit matrices are whole already.
fn rounding(set: &str) -> Rounding {
    match set {
        "hfvrp" | "mdvrptw" => Rounding::Thousandths,
        _ if set.starts_with("lilim") => Rounding::Thousandths,
        "cvrp_x" | "vrpb" | "ortec_asym" => Rounding::Nearest,
        _ => Rounding::Tenths,
    }
}

/// # Errors
/// When the file cannot be read, or the planner refuses it.
pub(crate) fn read(set: &str, file: &Path) -> anyhow::Result<Problem> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let draft = formats::read(&text, Some(rounding(set)))
        .map_err(|refusals| anyhow!("{}: {refusals:?}", file.display()))?;
    draft.check().map_err(|refusals| anyhow!("{}: {refusals:?}", file.display()))
}
