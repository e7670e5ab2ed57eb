//! Instances of the data as problems of this project's planner, by the conventions of the data's
//! README. May not solve.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use planning::formats::{self, Rounding};
use planning::problem::Problem;

use crate::variants::{self, Variant};

/// How the literature of each set rounds; explicit matrices are whole already.
fn rounding(set: &str) -> Rounding {
    match set {
        "hfvrp" | "mdvrptw" => Rounding::Thousandths,
        _ if set.starts_with("lilim") => Rounding::Thousandths,
        "cvrp_x" | "vrpb" | "ortec_asym" => Rounding::Nearest,
        _ => Rounding::Tenths,
    }
}

/// Of `homberger200+breaks`: the set, and the constraint switched on.
pub(crate) fn parts(set: &str) -> (&str, Option<&str>) {
    set.split_once('+').map_or((set, None), |(set, variant)| (set, Some(variant)))
}

/// `set` may name a constraint after a plus, see [`variants`].
///
/// # Errors
/// When the file cannot be read, or the planner refuses it.
pub(crate) fn read(set: &str, file: &Path) -> anyhow::Result<Problem> {
    let (set, variant) = parts(set);
    let plain = read_plain(set, file)?;
    let Some(variant) = variant else { return Ok(plain) };
    let variant = Variant::of(variant).with_context(|| format!("no variant {variant}"))?;
    variants::with(plain, variant).map_err(|refusals| anyhow!("{}: {refusals:?}", file.display()))
}

fn read_plain(set: &str, file: &Path) -> anyhow::Result<Problem> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let draft = formats::read(&text, Some(rounding(set)))
        .map_err(|refusals| anyhow!("{}: {refusals:?}", file.display()))?;
    draft.check().map_err(|refusals| anyhow!("{}: {refusals:?}", file.display()))
}
