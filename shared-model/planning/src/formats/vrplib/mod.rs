//! VRPLIB files: TSPLIB's keywords, CVRPLIB's sections, and the dialect of PyVRP's instances (several depots, mixed
//! fleets, reloads, releases, prizes, backhauls). May not guess the meaning of a section it does not know.
//!
//! `sheet` reads the layout, `fleet` and `jobs` give it meaning.

mod fleet;
mod jobs;
mod sheet;
mod weights;

pub(super) use fleet::of_one_type as fleet_of_one_type;

use self::sheet::Sheet;
use super::solomon::numbered;
use super::{Rounding, bounded};
use crate::problem::bounds::PLACES_MAX;
use crate::problem::{
    Depot, Draft, PlaceIx, Refusal, Refusals, Rule, Source, TravelProfile, Window,
};

/// What the sections are read against.
struct Frame<'a> {
    sheet: &'a Sheet,
    /// Depots come first.
    depots: usize,
    places: usize,
    rounding: Rounding,
}

impl Frame<'_> {
    fn window(&self, place: usize) -> Result<Window, Refusal> {
        let Some(times) = self.sheet.columns("TIME_WINDOW_SECTION", self.places)? else {
            return self.window_of_pair(place);
        };
        let row = times.row(place, 2)?;
        self.window_of(row[0], row[1], "TIME_WINDOW_SECTION")
    }

    fn window_of_pair(&self, place: usize) -> Result<Window, Refusal> {
        match self.sheet.columns(jobs::PAIRS, self.places)? {
            Some(pairs) => {
                let row = pairs.row(place, 6)?;
                self.window_of(row[1], row[2], jobs::PAIRS)
            }
            None => Ok(Window::ALWAYS),
        }
    }

    fn window_of(&self, from: f64, to: f64, section: &str) -> Result<Window, Refusal> {
        let [from_s, to_s] =
            [self.rounding.apply(from, section)?, self.rounding.apply(to, section)?];
        Ok(Window { from_s, to_s })
    }
}

/// Without a rounding, that of the set is taken: thousandths for HFVRP and MDVRPTW, tenths for VRPTW, MTVRPTWR and
/// PCVRPTW, else whole numbers; explicit weights are whole numbers as they stand.
///
/// # Errors
/// What is not of the format, by line or section.
pub fn read(text: &str, rounding: Option<Rounding>) -> Result<Draft, Refusals> {
    bounded(text)?;
    let sheet = Sheet::parse(text)?;
    Ok(draft(&sheet, rounding)?)
}

fn draft(sheet: &Sheet, rounding: Option<Rounding>) -> Result<Draft, Refusal> {
    let places = sheet.count("DIMENSION", PLACES_MAX)?.ok_or_else(|| sheet.missing("DIMENSION"))?;
    let depots = depots(sheet)?;
    if depots >= places {
        return Err(Refusal::new(Rule::ListEmpty, "DIMENSION", "no customers"));
    }
    let rounding = rounding.unwrap_or_else(|| usual(sheet));
    let frame = Frame { sheet, depots, places, rounding };
    let matrix = weights::matrix(&frame)?;
    let matrix = if sheet.word("TYPE") == Some("VRPB") {
        jobs::lines_before_backhauls(&frame, &matrix)?
    } else {
        matrix
    };
    let mut draft = Draft {
        places: numbered(places),
        profiles: vec![TravelProfile::constant("all", Source::Given, matrix.clone(), matrix)],
        ..Draft::default()
    };
    for at in 0..depots {
        draft.depots.push(Depot {
            name: at.to_string(),
            place: PlaceIx::of(at),
            window: Window::ALWAYS,
            loading_s: 0,
        });
    }
    let allowed = fleet::add(&frame, &mut draft)?;
    jobs::add(&frame, &mut draft, &allowed)?;
    Ok(draft)
}

/// The convention of the published best known values.
fn usual(sheet: &Sheet) -> Rounding {
    match (sheet.word("EDGE_WEIGHT_TYPE"), sheet.word("TYPE")) {
        (Some("EXPLICIT"), _) => Rounding::Nearest,
        (_, Some("HFVRP" | "MDVRPTW" | "PDPTW")) => Rounding::Thousandths,
        (_, Some("VRPTW" | "MTVRPTWR" | "PCVRPTW")) => Rounding::Tenths,
        _ => Rounding::Nearest,
    }
}

/// Depots are the first places, 1, 2, …; without a section, the first place is the depot.
fn depots(sheet: &Sheet) -> Result<usize, Refusal> {
    let Some(list) = sheet.list("DEPOT_SECTION")? else { return Ok(1) };
    let mut count = 0;
    for &depot in list.iter().take_while(|&&depot| depot >= 0.0) {
        count += 1;
        #[expect(clippy::cast_precision_loss, reason = "a list is shorter than 2^52")]
        let expected = count as f64;
        if depot != expected {
            return Err(Refusal::new(Rule::ValueWrong, "DEPOT_SECTION", depot));
        }
    }
    if count == 0 {
        return Err(Refusal::new(Rule::ListEmpty, "DEPOT_SECTION", ""));
    }
    Ok(count)
}
