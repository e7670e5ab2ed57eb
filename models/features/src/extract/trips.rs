//! Trips to rows of `arrival-time/1`. The pace book of a row that taught never holds that row's group, so
//! what training sees is what serving will: the past of others.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use features::arrival_time::{self, Rider, Trip, Vehicle, WIDTH};
use features::geodesy::Point;
use features::pace::PaceBook;

use super::cells::{Cells, Line};
use super::{describe, npy};

/// Groups of rows that may be left out of each other's books; each costs a book.
const GROUPS_MAX: usize = 64;

const NEEDED: [&str; 10] = [
    "centre_lat",
    "centre_lon",
    "pickup_lat",
    "pickup_lon",
    "drop_lat",
    "drop_lon",
    "road_km",
    "departed_s",
    "actual_s",
    "group",
];

/// A trip, how long it took, and the group whose book must not hold it. Without a group it teaches nothing.
struct Row {
    trip: Trip,
    actual_s: Option<f64>,
    group: Option<u64>,
}

pub(crate) fn extract(csv: &Path, out: &Path) -> Result<String> {
    let cells = Cells::read(csv, &NEEDED)?;
    let mut riders = BTreeMap::new();
    let rows = cells.lines().map(|line| row(line, &mut riders)).collect::<Result<Vec<_>>>()?;
    let books = books(&rows)?;
    let whole = &books[&None];
    let mut numbers = Vec::with_capacity(rows.len() * WIDTH);
    let mut baselines = Vec::with_capacity(rows.len() * arrival_time::OUTPUTS.len());
    for row in &rows {
        let book = books.get(&row.group).unwrap_or(whole);
        numbers.extend(arrival_time::row(&row.trip, book));
        let promise = arrival_time::baseline(&row.trip);
        #[expect(clippy::cast_possible_truncation, reason = "seconds, for a report")]
        baselines.extend([promise.mean_s, promise.q50_s, promise.q90_s].map(|s| s as f32));
    }
    npy::write(&out.join("features.npy"), WIDTH, &numbers)?;
    npy::write(&out.join("baseline.npy"), arrival_time::OUTPUTS.len(), &baselines)?;
    Ok(describe(arrival_time::SCHEMA, rows.len()))
}

/// By group: the book of all teaching rows but the group's own. `None` is the book of all.
fn books(rows: &[Row]) -> Result<BTreeMap<Option<u64>, PaceBook>> {
    let mut groups: Vec<Option<u64>> = rows.iter().map(|row| row.group).chain([None]).collect();
    groups.sort_unstable();
    groups.dedup();
    if groups.len() > GROUPS_MAX {
        bail!("more than {GROUPS_MAX} groups; remedy: fewer, a week or a day of the month each");
    }
    let mut books = BTreeMap::new();
    for group in groups {
        let mut book = PaceBook::default();
        for row in rows.iter().filter(|row| row.group.is_some() && row.group != group) {
            if let Some(actual_s) = row.actual_s {
                book.learn(&row.trip, actual_s);
            }
        }
        books.insert(group, book);
    }
    Ok(books)
}

fn row<'a>(line: Line<'a>, riders: &mut BTreeMap<&'a str, u64>) -> Result<Row> {
    let next = riders.len() as u64;
    let key = line.text("rider").map(|rider| *riders.entry(rider).or_insert(next));
    let vehicle = line.text("vehicle").and_then(Vehicle::named);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be 1 to 7"
    )]
    let weekday =
        line.number("weekday")?.filter(|day| (1.0..=7.0).contains(day)).map(|day| day as u8);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to be 0 or more"
    )]
    let group = line.number("group")?.filter(|group| *group >= 0.0).map(|group| group as u64);
    let trip = Trip {
        centre: point(line, "centre_lat", "centre_lon")?
            .context("centre_lat and centre_lon are needed")?,
        pickup: point(line, "pickup_lat", "pickup_lon")?
            .context("pickup_lat and pickup_lon are needed")?,
        drop: point(line, "drop_lat", "drop_lon")?.context("drop_lat and drop_lon are needed")?,
        road_km: line.number("road_km")?,
        placed_s: line.number("placed_s")?,
        confirmed_s: line.number("confirmed_s")?,
        at_pickup_s: line.number("at_pickup_s")?,
        departed_s: line.number("departed_s")?,
        weekday,
        business: line.number("business")?.map(|yes| yes > 0.5),
        vehicle,
        temperature_c: line.number("temperature_c")?,
        rain_mm: line.number("rain_mm")?,
        rider: rider(line, key)?,
        customer_recent_orders: line.number("customer_recent_orders")?,
        customer_order_gap_s: line.number("customer_order_gap_s")?,
    };
    Ok(Row { trip, actual_s: line.number("actual_s")?, group })
}

fn rider(line: Line<'_>, key: Option<u64>) -> Result<Rider> {
    Ok(Rider {
        key,
        deliveries: line.number("rider_deliveries")?,
        days: line.number("rider_days")?,
        rating: line.number("rider_rating")?,
        ratings: line.number("rider_ratings")?,
        recent_pickups: line.number("rider_recent_pickups")?,
        since_pickup_s: line.number("rider_since_pickup_s")?,
        open_orders: line.number("rider_open_orders")?,
        last_drop: point(line, "rider_last_drop_lat", "rider_last_drop_lon")?,
    })
}

fn point(line: Line<'_>, latitude: &str, longitude: &str) -> Result<Option<Point>> {
    let Some((north, east)) = line.number(latitude)?.zip(line.number(longitude)?) else {
        return Ok(None);
    };
    let point = Point::new(north, east);
    Ok(Some(point.with_context(|| {
        format!("`{latitude}`, `{longitude}`: {north}, {east} is no place on earth")
    })?))
}
