//! Solomon's format, which Gehring & Homberger use too: title, `VEHICLE`, `CUSTOMER`, seven columns. May not read others.
//!
//! Solomon 1987, *Algorithms for the vehicle routing and scheduling problems with time window constraints*.

use super::matrix::euclidean;
use super::vrplib::fleet_of_one_type;
use super::{Rounding, bounded, number, refusal, whole};
use crate::problem::bounds::{PLACES_MAX, VEHICLES_MAX};
use crate::problem::{
    Draft, Job, Kind, Load, Place, PlaceIx, Refusal, Refusals, Rule, Visit, Window,
};

/// One line of the table.
pub(super) struct Row {
    pub(super) point: (f64, f64),
    pub(super) demand: i64,
    pub(super) ready: f64,
    pub(super) due: f64,
    pub(super) service: f64,
}

impl Row {
    pub(super) fn window(&self, rounding: Rounding) -> Result<Window, Refusal> {
        Ok(Window {
            from_s: rounding.apply(self.ready, "READY TIME")?,
            to_s: rounding.apply(self.due, "DUE DATE")?,
        })
    }

    pub(super) fn visit(&self, place: PlaceIx, rounding: Rounding) -> Result<Visit, Refusal> {
        let service_s = rounding.apply(self.service, "SERVICE TIME")?;
        Ok(Visit { place, windows: vec![self.window(rounding)?], service_s })
    }
}

/// # Errors
/// What is not of the format, by line.
pub fn read(text: &str, rounding: Rounding) -> Result<Draft, Refusals> {
    bounded(text)?;
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty());
    let mut expect = |what: &str| {
        lines.next().ok_or_else(|| Refusal::new(Rule::FieldMissing, "end of file", what))
    };
    let _title = expect("title")?;
    keyword(expect("VEHICLE")?, "VEHICLE")?;
    keyword(expect("NUMBER CAPACITY")?, "NUMBER")?;
    let (line, fleet) = expect("number of vehicles and capacity")?;
    let [vehicles, capacity] = columns(fleet, line)?;
    let vehicles: usize = whole(vehicles, line)?;
    let capacity: i64 = whole(capacity, line)?;
    if !(1..=VEHICLES_MAX).contains(&vehicles) {
        return Err(refusal(Rule::ListTooLong, line, "vehicles").into());
    }
    keyword(expect("CUSTOMER")?, "CUSTOMER")?;
    keyword(expect("heading of the table")?, "CUST")?;
    let mut rows = Vec::new();
    for (line, row) in lines {
        if rows.len() == PLACES_MAX {
            return Err(refusal(Rule::ListTooLong, line, "customers").into());
        }
        let [index, x, y, demand, ready, due, service] = columns(row, line)?;
        if whole::<usize>(index, line)? != rows.len() {
            return Err(refusal(Rule::ValueWrong, line, index).into());
        }
        let point = (number(x, line)?, number(y, line)?);
        let times = [number(ready, line)?, number(due, line)?, number(service, line)?];
        let demand = whole(demand, line)?;
        rows.push(Row { point, demand, ready: times[0], due: times[1], service: times[2] });
    }
    Ok(draft(&rows, vehicles, capacity, rounding)?)
}

fn keyword((line, found): (usize, &str), keyword: &str) -> Result<(), Refusal> {
    if found.to_ascii_uppercase().starts_with(keyword) {
        return Ok(());
    }
    Err(refusal(Rule::SyntaxBroken, line, &format!("{keyword} expected, not {found}")))
}

/// Exactly `N` words.
pub(super) fn columns<const N: usize>(text: &str, line: usize) -> Result<[&str; N], Refusal> {
    let mut words = [""; N];
    let mut found = text.split_whitespace();
    for word in &mut words {
        *word = found.next().ok_or_else(|| refusal(Rule::FieldMissing, line, text))?;
    }
    match found.next() {
        None => Ok(words),
        Some(extra) => Err(refusal(Rule::FieldUnknown, line, extra)),
    }
}

fn draft(
    rows: &[Row],
    vehicles: usize,
    capacity: i64,
    rounding: Rounding,
) -> Result<Draft, Refusal> {
    let depot =
        rows.first().ok_or_else(|| Refusal::new(Rule::ListEmpty, "CUSTOMER", "no depot"))?;
    let points: Vec<_> = rows.iter().map(|row| row.point).collect();
    let mut draft = fleet_of_one_type(
        euclidean(&points, rounding)?,
        vehicles,
        Load::capacity(capacity),
        depot.window(rounding)?,
    );
    draft.places = numbered(rows.len());
    for (at, row) in rows.iter().enumerate().skip(1) {
        let visit = row.visit(PlaceIx::of(at), rounding)?;
        let kind = Kind::Visit {
            visit,
            deliver: Load::single(row.demand),
            collect: Load::ZERO,
            backhaul: false,
        };
        draft.jobs.push(Job::required(&at.to_string(), kind));
    }
    Ok(draft)
}

/// Places named by their number, which is what published solutions use.
pub(super) fn numbered(count: usize) -> Vec<Place> {
    (0..count).map(|at| Place { name: at.to_string(), point: None }).collect()
}
