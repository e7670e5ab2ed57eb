//! A plan's routes cut into tours: what is loaded once at the depot, and becomes one manifest.

use std::collections::BTreeSet;

use planning::check::{StopTimes, Timetable};
use planning::plan::Action;
use planning::problem::{JobIx, VehicleIx};
use shared_model::id::{ManifestId, OrderId};
use uuid::Uuid;

use super::held::{Ground, Held, is_reload};

/// How a tour stands to what was locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    New,
    Changed,
    Same,
    OnTheRoad,
}

/// One loading of one vehicle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tour {
    pub vehicle: VehicleIx,
    /// From 1.
    pub trip: usize,
    pub manifest: ManifestId,
    pub standing: Standing,
    /// Whether locking it would say anything new.
    pub is_changed: bool,
    pub stops: Vec<(JobIx, StopTimes)>,
    pub departs_s: i64,
    pub returns_s: i64,
    pub metres: i64,
}

/// All tours of a plan, and the locked manifests that it makes do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tours {
    pub tours: Vec<Tour>,
    pub released: Vec<ManifestId>,
}

impl Tours {
    #[must_use]
    pub fn of(held: &Held) -> Self {
        let mut tours = Vec::new();
        for (route, timetable) in held.plan.routes.iter().zip(&held.audit.timetables) {
            tours.extend(of_route(held, route.vehicle, timetable));
        }
        let used: BTreeSet<ManifestId> = tours.iter().map(|tour| tour.manifest).collect();
        let ground = &held.ground;
        let released = ground
            .day
            .manifests
            .iter()
            .filter(|known| !known.status.is_on_the_road())
            .filter(|known| ground.vehicle_of(known.vehicle).is_some())
            .map(|known| known.manifest)
            .filter(|manifest| !used.contains(manifest))
            .collect();
        Self { tours, released }
    }
}

fn of_route(held: &Held, vehicle: VehicleIx, timetable: &Timetable) -> Vec<Tour> {
    let ground = &held.ground;
    let standing = &ground.built.standing[vehicle.at()];
    let on_road = standing.iter().filter(|id| is_on_road(ground, **id)).count();
    let mut tours = Vec::new();
    let mut locked = standing[on_road..].iter();
    for (number, cut) in cuts(timetable).into_iter().enumerate() {
        let trip = number + 1;
        let stops: Vec<(JobIx, StopTimes)> = jobs_of(&timetable.stops[cut.first..cut.end])
            .filter(|(job, _)| !ground.order(*job).on_board)
            .collect();
        let tour = |manifest, standing, stops| Tour {
            vehicle,
            trip,
            manifest,
            standing,
            is_changed: standing != Standing::Same,
            stops,
            departs_s: cut.departs_s,
            returns_s: cut.returns_s,
            metres: cut.metres,
        };
        if trip == 1 && on_road > 0 {
            for manifest in &standing[..on_road] {
                // Also what is on board and brought after a call at the depot stays in its manifest.
                let own =
                    |(job, _): &(JobIx, StopTimes)| ground.order(*job).manifest == Some(*manifest);
                let stops: Vec<_> = jobs_of(&timetable.stops).filter(own).collect();
                let last = stops.last().map(|(_, times)| *times);
                let mut tour = tour(*manifest, Standing::OnTheRoad, stops);
                if let Some(last) = last {
                    tour.returns_s = tour.returns_s.max(last.depart_s);
                    tour.metres = tour.metres.max(last.metres);
                }
                tour.is_changed = !says_the_same(ground, &tour);
                tours.push(tour);
            }
            continue;
        }
        if stops.is_empty() {
            continue;
        }
        let tour = match locked.next() {
            Some(manifest) => {
                let mut tour = tour(*manifest, Standing::Changed, stops);
                if says_the_same(ground, &tour) {
                    (tour.standing, tour.is_changed) = (Standing::Same, false);
                }
                tour
            }
            None => tour(manifest_id(held.id, vehicle, trip), Standing::New, stops),
        };
        tours.push(tour);
    }
    tours
}

fn jobs_of(stops: &[StopTimes]) -> impl Iterator<Item = (JobIx, StopTimes)> + '_ {
    stops.iter().filter_map(|stop| stop.action.job().map(|job| (job, *stop)))
}

fn is_on_road(ground: &Ground, manifest: ManifestId) -> bool {
    let known = ground.day.manifests.iter().find(|known| known.manifest == manifest);
    known.is_some_and(|known| known.status.is_on_the_road())
}

/// Whether the stops that are left are those of the manifest, in its order.
fn says_the_same(ground: &Ground, tour: &Tour) -> bool {
    let known = ground.day.manifests.iter().find(|known| known.manifest == tour.manifest);
    let Some(known) = known else { return false };
    let planned: Vec<OrderId> =
        tour.stops.iter().map(|(job, _)| ground.order(*job).order).collect();
    let before: Vec<OrderId> = known.open_stops().map(|stop| stop.order).collect();
    known.vehicle == ground.vehicle(tour.vehicle).vehicle.vehicle && planned == before
}

/// The same for a plan however often it is asked.
fn manifest_id(plan: Uuid, vehicle: VehicleIx, trip: usize) -> ManifestId {
    let mut input = plan.as_bytes().to_vec();
    input.extend_from_slice(&vehicle.0.to_be_bytes());
    input.extend_from_slice(&u32::try_from(trip).unwrap_or(u32::MAX).to_be_bytes());
    let hash = blake3::derive_key("omniroute manifest of a plan v1", &input);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    ManifestId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

struct Cut {
    first: usize,
    end: usize,
    departs_s: i64,
    returns_s: i64,
    metres: i64,
}

fn cuts(timetable: &Timetable) -> Vec<Cut> {
    let mut cuts = Vec::new();
    let (mut first, mut departs_s, mut metres) = (0, timetable.start_s, 0);
    for (at, stop) in timetable.stops.iter().enumerate() {
        if is_reload(stop.action) {
            let returns_s = stop.arrive_s;
            cuts.push(Cut { first, end: at, departs_s, returns_s, metres: stop.metres - metres });
            (first, departs_s, metres) = (at + 1, stop.start_s, stop.metres);
        }
    }
    cuts.push(Cut {
        first,
        end: timetable.stops.len(),
        departs_s,
        returns_s: timetable.end_s,
        metres: timetable.metres - metres,
    });
    cuts
}

/// In which tour of its route an action is, from 1.
#[must_use]
pub fn trip_of(actions: &[Action], stop: usize) -> usize {
    1 + actions.iter().take(stop).filter(|action| is_reload(**action)).count()
}
