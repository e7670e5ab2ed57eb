//! Rules of profiles: shapes, slices, and what is reachable. May not look at jobs.

use super::super::bounds::{CELLS_MAX, SLICES_MAX};
use super::super::refusal::Findings;
use super::super::{Draft, Matrix, PlaceIx, Rule, TravelProfile};
use super::{names, time};

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    names("profiles", draft.profiles.iter().map(|profile| profile.name.as_str()), findings);
    let matrices: usize = draft.profiles.iter().map(|profile| profile.slices.len() + 1).sum();
    let cells = matrices.saturating_mul(draft.places.len() * draft.places.len());
    if cells > CELLS_MAX {
        findings.add(
            Rule::ListTooLong,
            || "profiles".to_owned(),
            format_args!("{cells} cells of {CELLS_MAX}"),
        );
    }
    for (index, profile) in draft.profiles.iter().enumerate() {
        self::profile(draft, profile, &format!("profiles[{index}]"), findings);
    }
}

fn profile(draft: &Draft, profile: &TravelProfile, path: &str, findings: &mut Findings) {
    let slices = || format!("{path}.slices");
    if profile.slices.is_empty() {
        return findings.add(Rule::ListEmpty, slices, "");
    }
    if profile.slices.len() > SLICES_MAX {
        return findings.add(Rule::ListTooLong, slices, profile.slices.len());
    }
    for (index, slice) in profile.slices.iter().enumerate() {
        time(slice.from_s, || format!("{path}.slices[{index}].from_s"), findings);
    }
    let ascending = profile.slices.windows(2).all(|pair| pair[0].from_s < pair[1].from_s);
    if profile.slices[0].from_s != 0 || !ascending {
        findings.add(Rule::SlicesUnordered, slices, "");
    }
    let mut shaped = matrix(draft, &profile.metres, &format!("{path}.metres"), findings);
    for (index, slice) in profile.slices.iter().enumerate() {
        let path = format!("{path}.slices[{index}].seconds");
        shaped &= matrix(draft, &slice.seconds, &path, findings);
    }
    if shaped {
        reach(profile, path, findings);
    }
}

/// Whether the shape is right, so that pairs may be looked at.
fn matrix(draft: &Draft, matrix: &Matrix, path: &str, findings: &mut Findings) -> bool {
    if matrix.side() != draft.places.len() {
        let found = format!("{} for {} places", matrix.side(), draft.places.len());
        findings.add(Rule::MatrixShapeWrong, || path.to_owned(), found);
        return false;
    }
    for index in 0..matrix.side() {
        let place = PlaceIx::of(index);
        if matrix.cell(place, place).amount() != Some(0) {
            findings.add(Rule::MatrixDiagonalNotZero, || format!("{path}[{index}][{index}]"), "");
        }
    }
    true
}

fn reach(profile: &TravelProfile, path: &str, findings: &mut Findings) {
    let side = profile.metres.side();
    for (index, slice) in profile.slices.iter().enumerate() {
        if slice.seconds.shares_cells(&profile.metres) {
            continue;
        }
        let pairs = slice.seconds.cells().iter().zip(profile.metres.cells());
        for (cell, (seconds, metres)) in pairs.enumerate() {
            if seconds.amount().is_some() != metres.amount().is_some() {
                let (row, column) = (cell / side, cell % side);
                let at = || format!("{path}.slices[{index}].seconds[{row}][{column}]");
                findings.add(Rule::MatrixReachDiffers, at, "");
            }
        }
    }
}
