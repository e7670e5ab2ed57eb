//! Orders of a day as CSV, one a line, with a fleet given beside it: a plan for a depot that keeps its orders elsewhere.
//! Reads text; opens no file.
//!
//! Columns, in any order: `order,lat,lon` are needed; `weight_g,volume_ml,parcels,cash_minor,service_s,from,until,
//! priority,vehicles` may be left out, or empty on a line. `from` and `until` are hours such as 08:30; `vehicles` are
//! kinds with a `|` between them.

use std::str::FromStr;

use clap::Args;
use planning::problem as p;
use shared_model::dispatch::VehicleKind;

/// Most orders of one file.
const ORDERS_MAX: usize = 5_000;
/// Most vehicles of one kind.
const VEHICLES_MAX: u32 = 500;
const COLUMNS: [&str; 12] = [
    "order",
    "lat",
    "lon",
    "weight_g",
    "volume_ml",
    "parcels",
    "cash_minor",
    "service_s",
    "from",
    "until",
    "priority",
    "vehicles",
];

/// What the file does not say.
#[derive(Debug, Clone, Args)]
pub struct Fleet {
    /// Where the tours of an orders file begin and end: latitude,longitude.
    #[arg(long, value_name = "LAT,LON", allow_hyphen_values = true)]
    depot: Option<String>,
    /// How many of a kind: okada:4, tuktuk:2, van:1. Several times for several kinds.
    #[arg(long = "vehicle", value_name = "KIND:COUNT")]
    vehicles: Vec<FleetPart>,
    /// When they may be out.
    #[arg(long, value_name = "FROM-UNTIL", default_value = "08:00-18:00")]
    shift: Hours,
}

/// Vehicles of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FleetPart {
    kind: VehicleKind,
    count: u32,
}

impl FromStr for FleetPart {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let remedy = || format!("`{text}` is no part of a fleet; remedy: such as okada:4 or van:1");
        let (kind, count) = text.split_once(':').unwrap_or((text, "1"));
        let kind = kind_of(kind).ok_or_else(remedy)?;
        let count = count.parse().ok().filter(|count| (1..=VEHICLES_MAX).contains(count));
        Ok(Self { kind, count: count.ok_or_else(remedy)? })
    }
}

/// Hours of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hours {
    from_s: i64,
    until_s: i64,
}

impl FromStr for Hours {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let remedy = || format!("`{text}` is no span of a day; remedy: such as 08:00-18:00");
        let (from, until) = text.split_once('-').ok_or_else(remedy)?;
        let (from_s, until_s) = (hour(from).ok_or_else(remedy)?, hour(until).ok_or_else(remedy)?);
        if until_s <= from_s { Err(remedy()) } else { Ok(Self { from_s, until_s }) }
    }
}

/// Seconds since midnight of `08:30`, up to 48:00.
fn hour(text: &str) -> Option<i64> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let digits = |part: &str| (1..=2).contains(&part.len()).then(|| part.parse::<u8>().ok())?;
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours <= 48 && minutes < 60).then(|| i64::from(hours) * 3600 + i64::from(minutes) * 60)
}

fn kind_of(text: &str) -> Option<VehicleKind> {
    VehicleKind::ALL.into_iter().find(|kind| kind.as_str() == text.trim())
}

/// What is wrong with a file, a line each, with field and remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the orders cannot be planned:\n  {}", .0.join("\n  "))]
pub struct Wrong(pub Vec<String>);

/// Most faults said at once.
const FAULTS_MAX: usize = 50;

/// Whether the first line is the heading of an orders file.
#[must_use]
pub fn is_one(text: &str) -> bool {
    let heading = text.trim_start_matches('\u{feff}').lines().next().unwrap_or_default();
    let has = |name| heading.split(',').any(|column| column.trim().eq_ignore_ascii_case(name));
    has("order") && has("lat") && has("lon")
}

/// One line, by column.
struct Line<'r> {
    number: u64,
    record: &'r csv::StringRecord,
    columns: &'r [Option<usize>; COLUMNS.len()],
}

impl Line<'_> {
    fn text(&self, column: &str) -> &str {
        let at = COLUMNS.iter().position(|name| *name == column);
        let field = at.and_then(|at| self.columns[at]).and_then(|at| self.record.get(at));
        field.unwrap_or_default().trim()
    }

    fn fault(&self, column: &str, remedy: &str) -> String {
        let found: String = self.text(column).chars().take(40).collect();
        format!(
            "line {}, {column}: `{found}` is not as it should be; remedy: {remedy}",
            self.number
        )
    }

    fn amount(&self, column: &str, default: i64, most: i64) -> Result<i64, String> {
        match self.text(column) {
            "" => Ok(default),
            text => text
                .parse()
                .ok()
                .filter(|amount| (0..=most).contains(amount))
                .ok_or_else(|| self.fault(column, &format!("a whole number from 0 to {most}"))),
        }
    }

    fn degrees(&self, column: &str, most: f64) -> Result<i32, String> {
        let degrees: Option<f64> = self.text(column).parse().ok();
        let degrees = degrees.filter(|degrees| degrees.is_finite() && degrees.abs() <= most);
        let degrees = degrees.ok_or_else(|| self.fault(column, "degrees, such as -1.2864"))?;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "180 degrees are 180 million millionths"
        )]
        let e6 = (degrees * 1e6).round() as i32;
        Ok(e6)
    }
}

/// Reads a file.
///
/// # Errors
/// [`Wrong`], naming every line at fault.
pub fn read(text: &str, fleet: &Fleet) -> Result<p::Draft, Wrong> {
    let mut draft = base(fleet).map_err(|fault| Wrong(vec![fault]))?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let heading = reader.headers().map_err(|error| Wrong(vec![error.to_string()]))?.clone();
    let columns = columns_of(&heading).map_err(|fault| Wrong(vec![fault]))?;
    let mut faults = Vec::new();
    for record in reader.records() {
        if faults.len() >= FAULTS_MAX {
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                faults.push(error.to_string());
                continue;
            }
        };
        if draft.jobs.len() >= ORDERS_MAX {
            faults.push(format!("there are more than {ORDERS_MAX} orders; remedy: split the file"));
            break;
        }
        let number = record.position().map_or(0, csv::Position::line);
        let line = Line { number, record: &record, columns: &columns };
        if let Err(fault) = take(&mut draft, &line) {
            faults.push(fault);
        }
    }
    if faults.is_empty() { Ok(draft) } else { Err(Wrong(faults)) }
}

fn columns_of(heading: &csv::StringRecord) -> Result<[Option<usize>; COLUMNS.len()], String> {
    let mut columns = [None; COLUMNS.len()];
    for (at, name) in heading.iter().enumerate() {
        let name = name.trim().to_ascii_lowercase();
        let known = COLUMNS.iter().position(|column| *column == name);
        let known = known.ok_or_else(|| {
            format!("the heading has a column `{name}`; remedy: use {}", COLUMNS.join(","))
        })?;
        if columns[known].replace(at).is_some() {
            return Err(format!("the heading names `{name}` twice; remedy: take one out"));
        }
    }
    for (needed, column) in ["order", "lat", "lon"].iter().zip(columns) {
        if column.is_none() {
            return Err(format!("the heading has no column `{needed}`; remedy: add it"));
        }
    }
    Ok(columns)
}

/// The depot and its vehicles.
fn base(fleet: &Fleet) -> Result<p::Draft, String> {
    let depot = fleet.depot.as_deref().ok_or("orders need a depot; remedy: --depot LAT,LON")?;
    let depot: roads::Point = depot.parse().map_err(|error| format!("--depot: {error}"))?;
    if fleet.vehicles.is_empty() {
        return Err("orders need vehicles; remedy: --vehicle okada:4".to_owned());
    }
    let mut draft = p::Draft::default();
    let point = p::Point { lat_e6: depot.lat_e7() / 10, lon_e6: depot.lon_e7() / 10 };
    draft.places.push(p::Place { name: "depot".to_owned(), point: Some(point) });
    draft.depots.push(p::Depot {
        name: "depot".to_owned(),
        place: p::PlaceIx(0),
        window: p::Window::ALWAYS,
        loading_s: super::problem::LOADING_S,
    });
    for part in &fleet.vehicles {
        add_kind(&mut draft, *part, fleet.shift);
    }
    Ok(draft)
}

fn add_kind(draft: &mut p::Draft, part: FleetPart, shift: Hours) {
    let kind = part.kind;
    let (capacity, [fixed, per_km, per_hour]) = shared_model::dispatch::usual(kind);
    let profile = draft.profiles.iter().position(|known| known.name == kind.as_str());
    let profile = profile.unwrap_or_else(|| {
        let empty = p::Matrix::new(0, Vec::new()).expect("no cells for no places");
        draft.profiles.push(p::TravelProfile {
            name: kind.as_str().to_owned(),
            source: p::Source::Estimate,
            slices: Vec::new(),
            metres: empty,
        });
        draft.profiles.len() - 1
    });
    let cost_units = super::problem::COST_UNITS;
    draft.vehicle_types.push(p::VehicleType {
        name: format!("{} {}", kind.as_str(), draft.vehicle_types.len() + 1),
        profile: p::ProfileIx::of(profile),
        capacity: p::Load([
            capacity.weight_g,
            capacity.volume_ml,
            capacity.parcels,
            p::bounds::LOAD_MAX,
        ]),
        cost_fixed: fixed * cost_units,
        cost_per_metre: per_km,
        cost_per_second: per_hour * cost_units / 3600,
        metres_max: None,
        duration_s_max: None,
        trips_max: super::problem::TRIPS_MAX,
        jobs_max: None,
    });
    let vehicle_type = p::TypeIx::of(draft.vehicle_types.len() - 1);
    for number in 1..=part.count {
        draft.vehicles.push(p::Vehicle {
            name: format!("{} {}-{number}", kind.as_str(), vehicle_type.0 + 1),
            vehicle_type,
            shift: p::Window { from_s: shift.from_s, to_s: shift.until_s },
            start: p::Start::Depot(p::DepotIx(0)),
            end: p::End::Depot(p::DepotIx(0)),
            skills: p::Skills::NONE,
            breaks: Vec::new(),
            reload_depots: vec![p::DepotIx(0)],
        });
    }
}

fn take(draft: &mut p::Draft, line: &Line<'_>) -> Result<(), String> {
    let name = line.text("order");
    if name.is_empty() || name.chars().count() > p::bounds::NAME_CHARS_MAX {
        return Err(line.fault("order", "1 to 200 characters"));
    }
    let (lat_e6, lon_e6) = (line.degrees("lat", 90.0)?, line.degrees("lon", 180.0)?);
    if lat_e6 == 0 && lon_e6 == 0 {
        return Err(line.fault("lat", "0,0 is what a device sends that knows no place: measure it"));
    }
    let most = i64::from(u32::MAX);
    let deliver = p::Load([
        line.amount("weight_g", 0, most)?,
        line.amount("volume_ml", 0, most)?,
        line.amount("parcels", 1, most)?.max(1),
        0,
    ]);
    let collect = p::Load([0, 0, 0, line.amount("cash_minor", 0, p::bounds::LOAD_MAX)?]);
    let service_s = line.amount("service_s", i64::from(super::day::SERVICE_S), 24 * 3600)?;
    let windows = vec![window(line)?];
    let priority = match line.amount("priority", 0, 9)? {
        0..=2 => p::Priority::Normal,
        3..=6 => p::Priority::High,
        _ => p::Priority::Highest,
    };
    let types = types(draft, line)?;
    let place = p::PlaceIx::of(draft.places.len());
    draft.places.push(p::Place { name: name.to_owned(), point: Some(p::Point { lat_e6, lon_e6 }) });
    let visit = p::Visit { place, windows, service_s };
    draft.jobs.push(p::Job {
        name: name.to_owned(),
        kind: p::Kind::Visit { visit, deliver, collect, backhaul: false },
        priority,
        prize: None,
        release_s: 0,
        skills: p::Skills::NONE,
        types,
        late_s_max: 0,
    });
    Ok(())
}

fn window(line: &Line<'_>) -> Result<p::Window, String> {
    let at = |column: &str, default: i64| match line.text(column) {
        "" => Ok(default),
        text => hour(text).ok_or_else(|| line.fault(column, "an hour such as 08:30")),
    };
    let (from_s, to_s) = (at("from", 0)?, at("until", p::bounds::TIME_S_MAX)?);
    if to_s < from_s {
        return Err(line.fault("until", "an hour after `from`"));
    }
    Ok(p::Window { from_s, to_s })
}

fn types(draft: &p::Draft, line: &Line<'_>) -> Result<p::TypeSet, String> {
    let text = line.text("vehicles");
    if text.is_empty() {
        return Ok(p::TypeSet::ALL);
    }
    let mut set = 0_u64;
    for name in text.split('|') {
        let kind = kind_of(name)
            .ok_or_else(|| line.fault("vehicles", "okada, tuktuk or van, with | between"))?;
        let profile = draft.profiles.iter().position(|known| known.name == kind.as_str());
        for (at, known) in draft.vehicle_types.iter().enumerate() {
            set |= u64::from(profile == Some(known.profile.at())) << at.min(63);
        }
    }
    if set == 0 {
        return Err(line.fault("vehicles", "a kind of which the fleet has one"));
    }
    Ok(p::TypeSet(set))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet() -> Fleet {
        Fleet {
            depot: Some("-1.2864,36.8172".to_owned()),
            vehicles: vec!["okada:2".parse().unwrap(), "van".parse().unwrap()],
            shift: "08:00-18:00".parse().unwrap(),
        }
    }

    #[test]
    fn a_file_becomes_jobs_with_what_it_says() {
        let text = "\u{feff}lon,lat,order,weight_g,from,until,vehicles,cash_minor\n\
            36.82,-1.29,A 1,500,08:30,10:00,van,12000\n36.83,-1.30,A 2,,,,,\n";
        assert!(is_one(text));
        let draft = read(text, &fleet()).unwrap();
        assert_eq!((draft.jobs.len(), draft.vehicles.len(), draft.profiles.len()), (2, 3, 2));
        let visits: Vec<_> = draft.jobs[0].visits().collect();
        assert_eq!(visits[0].windows, [p::Window { from_s: 30_600, to_s: 36_000 }]);
        assert_eq!(draft.jobs[0].types, p::TypeSet(0b10));
        assert_eq!(draft.jobs[1].types, p::TypeSet::ALL);
        assert_eq!(draft.jobs[1].delivers(), p::Load([0, 0, 1, 0]));
    }

    #[test]
    fn every_fault_is_named_with_its_line() {
        let text = "order,lat,lon,weight_g,from,until,vehicles\n\
            A,0,0,,,,\nB,91,1,,,,\nC,NaN,1,,,,\nD,1,1,-5,,,\nE,1,1,,25:61,,\nF,1,1,,10:00,09:00,\n\
            G,1,1,,,,tuktuk\n,1,1,,,,\n";
        let Wrong(faults) = read(text, &fleet()).unwrap_err();
        let expected = ["lat", "lat", "lat", "weight_g", "from", "until", "vehicles", "order"];
        assert_eq!(faults.len(), expected.len(), "{faults:?}");
        for ((number, column), fault) in (2..).zip(expected).zip(&faults) {
            assert!(fault.starts_with(&format!("line {number}, {column}: ")), "{fault}");
            assert!(fault.contains("remedy"), "{fault}");
        }
        for heading in ["order,lat\n", "order,lat,lon,lat\n", "order,lat,lon,colour\n", ""] {
            assert!(read(heading, &fleet()).is_err(), "{heading:?}");
        }
        assert!(read("order,lat,lon\n", &Fleet { depot: None, ..fleet() }).is_err());
        assert!("okada:0".parse::<FleetPart>().is_err());
        assert!("18:00-08:00".parse::<Hours>().is_err());
    }
}
