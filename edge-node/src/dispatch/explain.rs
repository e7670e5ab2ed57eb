//! What stands in the way of an order that a plan leaves out: the vehicle that could nearly bring it, the rule that
//! binds there, and the smallest change that would do. Asks the checker, and searches nothing.

use std::collections::BTreeMap;

use planning::check::{Violation, audit, latest_start};
use planning::plan::{Action, Plan, Route};
use planning::problem::{Dimension, JobIx, Kind, VehicleIx};
use shared_model::id::VehicleId;

use super::held::{Ground, Held, about};

/// Orders explained for one plan: each asks the checker some thousand times at most.
pub(super) const EXPLAINED_MAX: usize = 40;
/// Positions tried in all, for one order.
const TRIES_MAX: usize = 2_000;

/// Code, words, remedy and vehicle of what binds.
pub(super) type Explained = (String, String, Option<String>, Option<VehicleId>);

/// The most that is wrong with one way of bringing an order: fewer rules broken first, then by how much.
type Wrong = (usize, i64);

/// What binds at the vehicle that could nearly bring it.
#[must_use]
pub(super) fn explained(held: &Held, job: JobIx) -> Explained {
    let ground = &held.ground;
    if held
        .audit
        .unserved
        .iter()
        .position(|left| *left == job)
        .is_some_and(|at| at >= EXPLAINED_MAX)
    {
        let detail = "too many orders are left out to look at each";
        let remedy = "plan fewer orders, or send more vehicles";
        return ("not-explained".to_owned(), detail.to_owned(), Some(remedy.to_owned()), None);
    }
    let mut best: Option<(Wrong, VehicleIx, Violation)> = None;
    let mut tries = 0;
    let routes: BTreeMap<VehicleIx, &Route> =
        held.plan.routes.iter().map(|route| (route.vehicle, route)).collect();
    for vehicle in (0..ground.built.vehicles.len()).map(VehicleIx::of) {
        let route = routes.get(&vehicle);
        let actions = route.map_or(&[][..], |route| &route.actions);
        for at in ground.frozen(vehicle)..=actions.len() {
            tries += 1;
            if tries > TRIES_MAX {
                break;
            }
            match wrong_with(ground, job, vehicle, (actions, at)) {
                None => return fits_by_now(ground, vehicle),
                Some((wrong, found)) => {
                    if best.as_ref().is_none_or(|(least, _, _)| wrong < *least) {
                        best = Some((wrong, vehicle, found));
                    }
                }
            }
        }
    }
    match best {
        Some((_, vehicle, found)) => say(ground, job, vehicle, &found),
        None => ("no-vehicle".to_owned(), "no vehicle takes part".to_owned(), None, None),
    }
}

/// The search left it out although the checker sees a place for it: time was short.
fn fits_by_now(ground: &Ground, vehicle: VehicleIx) -> Explained {
    let today = &ground.vehicle(vehicle).vehicle;
    let detail = format!("{} could bring it: the time to search was short", today.name);
    let remedy = "plan again with more time, or move it there by hand";
    ("time-short".to_owned(), detail, Some(remedy.to_owned()), Some(today.vehicle))
}

/// What breaks when the job is put there; `None` when nothing does.
fn wrong_with(
    ground: &Ground,
    job: JobIx,
    vehicle: VehicleIx,
    (actions, at): (&[Action], usize),
) -> Option<(Wrong, Violation)> {
    let problem = ground.problem();
    let mut actions = actions.to_vec();
    actions.insert(at, Action::Visit(job));
    let mut route = Route { vehicle, start_s: 0, actions };
    route.start_s = latest_start(problem, &route).unwrap_or(problem.now_s());
    let found = audit(problem, &Plan { routes: vec![route] }).violations;
    let own: Vec<Violation> =
        found.into_iter().filter(|found| about(found).0 == Some(vehicle)).collect();
    let worst = own.iter().max_by_key(|found| size(found)).cloned()?;
    Some(((own.len(), size(&worst)), worst))
}

/// How far a rule is broken, on one scale: a minute late weighs as much as a hundredth of nothing that cannot be
/// measured.
fn size(found: &Violation) -> i64 {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest has no size to compare by")]
    match found {
        Violation::WindowMissed { late_s: seconds, .. }
        | Violation::ShiftExceeded { over_s: seconds, .. }
        | Violation::StartTooEarly { early_s: seconds, .. }
        | Violation::DurationExceeded { over_s: seconds, .. } => *seconds,
        Violation::CapacityExceeded { over, .. } => (*over).min(1_000_000),
        _ => 10_000_000,
    }
}

fn say(ground: &Ground, job: JobIx, vehicle: VehicleIx, found: &Violation) -> Explained {
    let today = &ground.vehicle(vehicle).vehicle;
    let name = &today.name;
    let due_s = match &ground.problem().jobs[job.at()].kind {
        Kind::Visit { visit, .. } => visit.due_s(),
        Kind::Shipment { delivery, .. } => delivery.due_s(),
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "the rest is named by its code")]
    let (detail, remedy) = match found {
        Violation::WindowMissed { late_s, .. } => (
            format!("{name} would come {} too late", minutes(*late_s)),
            format!("a window open for {} longer", minutes(*late_s)),
        ),
        Violation::ShiftExceeded { over_s, .. } => (
            format!("{name} would be back {} after its shift", minutes(*over_s)),
            format!("a shift longer by {}", minutes(*over_s)),
        ),
        Violation::StartTooEarly { early_s, .. } => (
            format!("{name} would have to leave {} before it may", minutes(*early_s)),
            format!("a shift that begins {} earlier", minutes(*early_s)),
        ),
        Violation::CapacityExceeded { dimension, over, .. } => {
            let unit = match dimension {
                Dimension::WeightG => "g",
                Dimension::VolumeMl => "ml",
                Dimension::Parcels => "parcels",
                Dimension::CashMinor => "in minor units of cash",
            };
            (
                format!("{name} has no room for {over} {unit}"),
                format!("{over} {unit} more on {name}, or another vehicle"),
            )
        }
        Violation::Unreachable { .. } => (
            format!("there is no way there for {name}"),
            "another kind of vehicle, or see whether the map lacks a bridge or ferry".to_owned(),
        ),
        Violation::TypeForbidden { .. } => (
            "the kind of vehicle that may bring it is not there".to_owned(),
            format!("allow it on {name}, or send a vehicle of that kind"),
        ),
        _ => (format!("{}: {name}", found.code()), "another vehicle".to_owned()),
    };
    let detail = if due_s < ground.problem().now_s() {
        "the last hour at which it may be brought has passed".to_owned()
    } else {
        detail
    };
    (found.code().to_owned(), detail, Some(remedy), Some(today.vehicle))
}

fn minutes(seconds: i64) -> String {
    let minutes = seconds.div_euclid(60) + i64::from(seconds.rem_euclid(60) > 0);
    if minutes == 1 { "1 minute".to_owned() } else { format!("{minutes} minutes") }
}
