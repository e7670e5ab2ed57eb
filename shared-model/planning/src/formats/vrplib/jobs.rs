//! The customers of a file: visits, backhauls and shipments. May not look at vehicles, only at which types may come.

use super::fleet::{place, whole};
use super::{Frame, Refusal, Rule};
use crate::problem::{Cell, DIMENSIONS, Draft, Job, Kind, Load, Matrix, PlaceIx, TypeSet, Visit};

/// Demand, ready, due, service, pickup partner, delivery partner.
pub(super) const PAIRS: &str = "PICKUP_AND_DELIVERY_SECTION";

pub(super) fn add(
    frame: &Frame<'_>,
    draft: &mut Draft,
    allowed: &[TypeSet],
) -> Result<(), Refusal> {
    for at in frame.depots..frame.places {
        if let Some(job) = job(frame, at, allowed)? {
            draft.jobs.push(job);
        }
    }
    Ok(())
}

/// `None` for the second stop of a pair.
fn job(frame: &Frame<'_>, at: usize, allowed: &[TypeSet]) -> Result<Option<Job>, Refusal> {
    if frame.sheet.has(PAIRS) {
        return pair(frame, at, allowed);
    }
    let collect = amounts(frame, "BACKHAUL_SECTION", at)?;
    let deliver = match amounts(frame, "DEMAND_SECTION", at)? {
        Load::ZERO => amounts(frame, "LINEHAUL_SECTION", at)?,
        demand => demand,
    };
    let visit = Visit {
        place: PlaceIx::of(at),
        windows: vec![frame.window(at)?],
        service_s: service(frame, at)?,
    };
    let backhaul = frame.sheet.word("TYPE") == Some("VRPB") && !collect.is_zero();
    let kind = Kind::Visit { visit, deliver, collect, backhaul };
    let mut job = Job::required(&at.to_string(), kind);
    job.types = allowed[at];
    job.release_s = scaled(frame, "RELEASE_TIME_SECTION", at)?.unwrap_or(0);
    job.prize = scaled(frame, "PRIZE_SECTION", at)?.filter(|&prize| prize != 0);
    Ok(Some(job))
}

fn pair(frame: &Frame<'_>, at: usize, allowed: &[TypeSet]) -> Result<Option<Job>, Refusal> {
    let rows =
        frame.sheet.columns(PAIRS, frame.places)?.ok_or_else(|| frame.sheet.missing(PAIRS))?;
    let mine = rows.row(at, 6)?;
    if mine[5] == 0.0 {
        return Ok(None);
    }
    let partner = place(mine[5], frame.places, PAIRS)?;
    let theirs = rows.row(partner, 6)?;
    if partner < frame.depots || place(theirs[4], frame.places, PAIRS)? != at {
        return Err(Refusal::new(Rule::ValueWrong, PAIRS, format_args!("partners of {}", at + 1)));
    }
    let stop = |place: usize, row: &[f64]| -> Result<Visit, Refusal> {
        Ok(Visit {
            place: PlaceIx::of(place),
            windows: vec![frame.window_of(row[1], row[2], PAIRS)?],
            service_s: frame.rounding.apply(row[3], PAIRS)?,
        })
    };
    let kind = Kind::Shipment {
        pickup: stop(at, mine)?,
        delivery: stop(partner, theirs)?,
        load: Load::single(whole(mine[0], PAIRS)?),
        ride_s_max: None,
    };
    let mut job = Job::required(&at.to_string(), kind);
    job.types = TypeSet(allowed[at].0 & allowed[partner].0);
    Ok(Some(job))
}

/// Up to four dimensions; all zero without the section.
fn amounts(frame: &Frame<'_>, section: &str, at: usize) -> Result<Load, Refusal> {
    let Some(rows) = frame.sheet.columns(section, frame.places)? else { return Ok(Load::ZERO) };
    let numbers = rows.any(at)?;
    if numbers.is_empty() || numbers.len() > DIMENSIONS {
        return Err(Refusal::new(Rule::ValueWrong, section, format_args!("row {}", at + 1)));
    }
    let mut load = Load::ZERO;
    for (amount, &number) in load.0.iter_mut().zip(numbers) {
        *amount = whole(number, section)?;
    }
    Ok(load)
}

fn scaled(frame: &Frame<'_>, section: &str, at: usize) -> Result<Option<i64>, Refusal> {
    let Some(rows) = frame.sheet.columns(section, frame.places)? else { return Ok(None) };
    frame.rounding.apply(rows.row(at, 1)?[0], section).map(Some)
}

fn service(frame: &Frame<'_>, at: usize) -> Result<i64, Refusal> {
    if let Some(service) = scaled(frame, "SERVICE_TIME_SECTION", at)? {
        return Ok(service);
    }
    frame.rounding.apply(frame.sheet.number("SERVICE_TIME")?.unwrap_or(0.0), "SERVICE_TIME")
}

/// Of a VRPB: no way from a depot to a backhaul (a route needs a linehaul) and none from a backhaul to a linehaul.
pub(super) fn lines_before_backhauls(
    frame: &Frame<'_>,
    matrix: &Matrix,
) -> Result<Matrix, Refusal> {
    let mut is_backhaul = Vec::with_capacity(frame.places);
    for at in 0..frame.places {
        is_backhaul.push(!amounts(frame, "BACKHAUL_SECTION", at)?.is_zero());
    }
    let side = matrix.side();
    let mut cells = matrix.cells().to_vec();
    for from in 0..side {
        for to in 0..side {
            let from_depot = from < frame.depots && is_backhaul[to];
            let back = is_backhaul[from] && to >= frame.depots && !is_backhaul[to];
            if from_depot || back {
                cells[from * side + to] = Cell::UNREACHABLE;
            }
        }
    }
    Ok(Matrix::new(side, cells).expect("as many cells as before"))
}
