//! Best-known costs, in the integers the solvers are measured in. May not know what was measured.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// What one unit of the literature's cost is in a set's integers. Sets whose files are in integers
/// already are in the last arm.
pub(crate) fn scale(set: &str) -> f64 {
    match set {
        "solomon100" | "homberger200" | "homberger400" | "homberger600" | "homberger800"
        | "homberger1000" => 10.0,
        "lilim100" | "lilim200" | "lilim400" | "lilim600" | "lilim1000" => 1_000.0,
        "hfvrp" => 100_000.0,
        _ => 1.0,
    }
}

/// Whether the literature's best is of the same objective. Li & Lim's tables count vehicles first, so
/// theirs is only one more solution.
pub(crate) fn is_bound(set: &str) -> bool {
    !set.starts_with("lilim")
}

/// Best known by set and instance.
pub(crate) type Known = BTreeMap<(String, String), f64>;

/// Reads `bks.csv` of the data.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn read(data: &Path) -> anyhow::Result<Known> {
    let file = data.join("bks.csv");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let mut known = Known::new();
    for line in text.lines().skip(1) {
        // Text in quotes comes only after the columns needed here, but for the objective's.
        let fields: Vec<&str> = line.splitn(6, ',').collect();
        let [instance, set, _, _, distance, rest] = fields[..] else { continue };
        if rest.starts_with("hierarchical") == is_bound(set) || !usable(set, rest) {
            continue;
        }
        let distance: f64 = distance.parse().with_context(|| format!("{instance}: {distance}"))?;
        known.insert((set.to_owned(), instance.to_owned()), (distance * scale(set)).round());
    }
    Ok(known)
}

/// Sets in tenths have a second row with distances in double precision, which is another convention.
fn usable(set: &str, rest: &str) -> bool {
    let in_tenths = set.starts_with("solomon") || set.starts_with("homberger");
    !in_tenths || rest.contains("DIMACS")
}
