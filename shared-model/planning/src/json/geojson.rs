//! Plans as GeoJSON (RFC 7946): a line per route and a point per stop, longitude first. May not invent positions: places
//! without a point are left out.

use serde_json::{Value, json};

use super::report::stop;
use crate::check::Timetable;
use crate::problem::{End, PlaceIx, Point, Problem, Start};

/// A feature collection. `ways`: for each timetable the line along the roads, if it is known; else stops are joined by
/// straight lines.
#[must_use]
pub fn geojson(problem: &Problem, timetables: &[Timetable], ways: &[Option<Vec<Point>>]) -> Value {
    let mut features = Vec::new();
    for (at, timetable) in timetables.iter().enumerate() {
        let known = ways.get(at).and_then(Option::as_ref);
        let line: Vec<Value> = match known {
            Some(way) => way.iter().copied().map(position).collect(),
            None => places(problem, timetable)
                .into_iter()
                .filter_map(|place| problem.places[place.at()].point.map(position))
                .collect(),
        };
        let vehicle = &problem.vehicles[timetable.vehicle.at()].name;
        // A line has at least two positions (RFC 7946, 3.1.4).
        if line.len() >= 2 {
            features.push(json!({
                "type": "Feature",
                "geometry": { "type": "LineString", "coordinates": line },
                "properties": {
                    "vehicle": vehicle,
                    "start_s": timetable.start_s,
                    "end_s": timetable.end_s,
                    "metres": timetable.metres,
                    "is_along_roads": known.is_some(),
                },
            }));
        }
        for (number, times) in timetable.stops.iter().enumerate() {
            let Some(point) = problem.places[times.place.at()].point else { continue };
            let mut properties = stop(problem, times);
            properties["vehicle"] = json!(vehicle);
            properties["number"] = json!(number + 1);
            features.push(json!({
                "type": "Feature",
                "geometry": { "type": "Point", "coordinates": position(point) },
                "properties": properties,
            }));
        }
    }
    json!({ "type": "FeatureCollection", "features": features })
}

fn position(point: Point) -> Value {
    json!([f64::from(point.lon_e6) / 1e6, f64::from(point.lat_e6) / 1e6])
}

/// Start, stops and end.
fn places(problem: &Problem, timetable: &Timetable) -> Vec<PlaceIx> {
    let vehicle = &problem.vehicles[timetable.vehicle.at()];
    let start = match vehicle.start {
        Start::Depot(depot) => Some(problem.depots[depot.at()].place),
        Start::Place(place) => Some(place),
        Start::Anywhere => None,
    };
    let end = match vehicle.end {
        End::Depot(depot) => Some(problem.depots[depot.at()].place),
        End::Place(place) => Some(place),
        End::Anywhere => None,
    };
    start.into_iter().chain(timetable.stops.iter().map(|stop| stop.place)).chain(end).collect()
}
