//! Single rules that can give way, and how far they have to. May not relax two at once.

use super::Binding;
use super::alone::{Alone, brings};
use crate::problem::bounds::TIME_S_MAX;
use crate::problem::{Dimension, Draft, JobIx, Kind, Skills, TypeIx, VehicleIx, Visit};

/// One rule of the problem, changed. Values are the new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relaxation {
    /// The last window of the job's stop (0, or 1 for a delivery) ends later.
    WindowUntil {
        stop: u8,
        until_s: i64,
        instead_of_s: i64,
    },
    /// The first window of the job's stop begins earlier.
    WindowFrom {
        stop: u8,
        from_s: i64,
        instead_of_s: i64,
    },
    /// The vehicle's type takes so much more.
    MoreCapacity {
        dimension: Dimension,
        more: i64,
    },
    /// The job asks less: these skills are not needed.
    WithoutSkills {
        skills: Skills,
    },
    /// The vehicle's type may serve the job.
    VehicleType {
        vehicle_type: TypeIx,
    },
    RideUpTo {
        s_max: i64,
        instead_of_s: i64,
    },
    /// The shift of the vehicle ends later.
    ShiftUntil {
        until_s: i64,
        instead_of_s: i64,
    },
    DurationUpTo {
        s_max: i64,
        instead_of_s: i64,
    },
    MetresUpTo {
        metres_max: i64,
        instead_of: i64,
    },
    OneJobMore,
    ReleaseAt {
        release_s: i64,
        instead_of_s: i64,
    },
    OneTripMore,
    /// Worth it from this prize on.
    Prize {
        at_least: i64,
    },
}

impl Relaxation {
    /// The rule that it relaxes.
    #[must_use]
    pub fn binding(self) -> Binding {
        match self {
            Self::WindowUntil { .. } | Self::WindowFrom { .. } => Binding::Window,
            Self::MoreCapacity { dimension, .. } => Binding::Capacity(dimension),
            Self::WithoutSkills { .. } => Binding::Skill,
            Self::VehicleType { .. } => Binding::VehicleType,
            Self::RideUpTo { .. } => Binding::RideTime,
            Self::ShiftUntil { .. } => Binding::ShiftEnd,
            Self::DurationUpTo { .. } => Binding::Duration,
            Self::MetresUpTo { .. } => Binding::Metres,
            Self::OneJobMore => Binding::JobCount,
            Self::ReleaseAt { .. } => Binding::Release,
            Self::OneTripMore => Binding::Trips,
            Self::Prize { .. } => Binding::NotWorthItsPrize,
        }
    }

    /// Changes the rule in `draft`, for `job` and `vehicle`.
    pub fn apply(self, draft: &mut Draft, job: JobIx, vehicle: VehicleIx) {
        let of = draft.vehicles[vehicle.at()].vehicle_type.at();
        let job = &mut draft.jobs[job.at()];
        match self {
            Self::WindowUntil { stop, until_s, .. } => {
                if let Some(window) = visit(&mut job.kind, stop).windows.last_mut() {
                    window.to_s = until_s;
                }
            }
            Self::WindowFrom { stop, from_s, .. } => {
                if let Some(window) = visit(&mut job.kind, stop).windows.first_mut() {
                    window.from_s = from_s;
                }
            }
            Self::MoreCapacity { dimension, more } => {
                draft.vehicle_types[of].capacity.0[dimension as usize] += more;
            }
            Self::WithoutSkills { skills } => job.skills = Skills(job.skills.0 & !skills.0),
            Self::VehicleType { .. } => job.types.0 |= 1 << of,
            Self::RideUpTo { s_max, .. } => {
                if let Kind::Shipment { ride_s_max, .. } = &mut job.kind {
                    *ride_s_max = Some(s_max);
                }
            }
            Self::ShiftUntil { until_s, .. } => draft.vehicles[vehicle.at()].shift.to_s = until_s,
            Self::DurationUpTo { s_max, .. } => {
                draft.vehicle_types[of].duration_s_max = Some(s_max)
            }
            Self::MetresUpTo { metres_max, .. } => {
                draft.vehicle_types[of].metres_max = Some(metres_max)
            }
            Self::OneJobMore => {
                draft.vehicle_types[of].jobs_max =
                    draft.vehicle_types[of].jobs_max.map(|most| most + 1);
            }
            Self::ReleaseAt { release_s, .. } => job.release_s = release_s,
            Self::OneTripMore => draft.vehicle_types[of].trips_max += 1,
            Self::Prize { at_least } => job.prize = Some(at_least),
        }
    }
}

fn visit(kind: &mut Kind, stop: u8) -> &mut Visit {
    match kind {
        Kind::Visit { visit, .. } => visit,
        Kind::Shipment { pickup, delivery, .. } => {
            if stop == 0 {
                pickup
            } else {
                delivery
            }
        }
    }
}

/// An hour of delay, a doubled capacity and a rule waived weigh the same.
const HOUR_S: f64 = 3_600.0;

/// For each rule that alone keeps the job out, the least change that lets it in, and how much that is.
pub(super) fn least_of_each(alone: &mut Alone) -> Vec<(f64, Relaxation)> {
    let mut found = Vec::new();
    waivers(alone, &mut found);
    times(alone, &mut found);
    capacities(alone, &mut found);
    limits(alone, &mut found);
    found
}

fn helps(alone: &mut Alone, relaxation: Relaxation) -> bool {
    let (before, job) = (alone.draft.clone(), JobIx::of(alone.draft.jobs.len() - 1));
    relaxation.apply(&mut alone.draft, job, VehicleIx(0));
    let helped = alone.price().is_some();
    alone.draft = before;
    helped
}

/// The least amount from 1 to `most` that helps.
fn least(alone: &mut Alone, most: i64, relaxation: impl Fn(i64) -> Relaxation) -> Option<i64> {
    if most < 1 || !helps(alone, relaxation(most)) {
        return None;
    }
    let (mut too_little, mut enough) = (0, most);
    while enough - too_little > 1 {
        let middle = too_little + (enough - too_little) / 2;
        if helps(alone, relaxation(middle)) {
            enough = middle;
        } else {
            too_little = middle;
        }
    }
    Some(enough)
}

fn waivers(alone: &mut Alone, found: &mut Vec<(f64, Relaxation)>) {
    let missing = Skills(alone.job().skills.0 & !alone.draft.vehicles[0].skills.0);
    if missing != Skills::NONE {
        let relaxation = Relaxation::WithoutSkills { skills: missing };
        if helps(alone, relaxation) {
            found.push((1.0, relaxation));
        }
    }
    if !alone.job().types.contains(TypeIx(0)) {
        let relaxation = Relaxation::VehicleType { vehicle_type: alone.vehicle_type };
        if helps(alone, relaxation) {
            found.push((1.0, relaxation));
        }
    }
    if alone.draft.vehicle_types[0].jobs_max.is_some() && helps(alone, Relaxation::OneJobMore) {
        found.push((1.0, Relaxation::OneJobMore));
    }
    if !alone.draft.vehicles[0].reload_depots.is_empty() && helps(alone, Relaxation::OneTripMore) {
        found.push((1.0, Relaxation::OneTripMore));
    }
}

#[expect(clippy::cast_precision_loss, reason = "an effort is for comparing")]
fn times(alone: &mut Alone, found: &mut Vec<(f64, Relaxation)>) {
    let stops: Vec<(u8, i64, i64)> = alone
        .job()
        .visits()
        .zip(0..)
        .map(|(visit, stop)| {
            (stop, visit.windows.first().map_or(0, |window| window.from_s), visit.due_s())
        })
        .collect();
    for (stop, from_s, due_s) in stops {
        let until = |more: i64| Relaxation::WindowUntil {
            stop,
            until_s: due_s + more,
            instead_of_s: due_s,
        };
        if let Some(more) = least(alone, TIME_S_MAX - due_s, until) {
            found.push((more as f64 / HOUR_S, until(more)));
        }
        let from = |more: i64| Relaxation::WindowFrom {
            stop,
            from_s: from_s - more,
            instead_of_s: from_s,
        };
        if let Some(more) = least(alone, from_s, from) {
            found.push((more as f64 / HOUR_S, from(more)));
        }
    }
    let ends_s = alone.draft.vehicles[0].shift.to_s;
    let shift = |more: i64| Relaxation::ShiftUntil { until_s: ends_s + more, instead_of_s: ends_s };
    if let Some(more) = least(alone, TIME_S_MAX - ends_s, shift) {
        found.push((more as f64 / HOUR_S, shift(more)));
    }
    let released_s = alone.job().release_s;
    let release = |more: i64| Relaxation::ReleaseAt {
        release_s: released_s - more,
        instead_of_s: released_s,
    };
    if let Some(more) = least(alone, released_s, release) {
        found.push((more as f64 / HOUR_S, release(more)));
    }
    let ride = match alone.job().kind {
        Kind::Shipment { ride_s_max, .. } => ride_s_max,
        Kind::Visit { .. } => None,
    };
    if let Some(instead_of_s) = ride {
        let ride = |more: i64| Relaxation::RideUpTo { s_max: instead_of_s + more, instead_of_s };
        if let Some(more) = least(alone, TIME_S_MAX - instead_of_s, ride) {
            found.push((more as f64 / HOUR_S, ride(more)));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an effort is for comparing")]
fn capacities(alone: &mut Alone, found: &mut Vec<(f64, Relaxation)>) {
    let asked = brings(alone.job());
    for dimension in Dimension::ALL {
        let more = |more: i64| Relaxation::MoreCapacity { dimension, more };
        let Some(least) = least(alone, asked.of(dimension), more) else { continue };
        let capacity = alone.draft.vehicle_types[0].capacity.of(dimension).max(1);
        found.push((least as f64 / capacity as f64, more(least)));
    }
}

#[expect(clippy::cast_precision_loss, reason = "an effort is for comparing")]
fn limits(alone: &mut Alone, found: &mut Vec<(f64, Relaxation)>) {
    if let Some(instead_of_s) = alone.draft.vehicle_types[0].duration_s_max {
        let longer =
            |more: i64| Relaxation::DurationUpTo { s_max: instead_of_s + more, instead_of_s };
        if let Some(more) = least(alone, TIME_S_MAX, longer) {
            found.push((more as f64 / HOUR_S, longer(more)));
        }
    }
    if let Some(instead_of) = alone.draft.vehicle_types[0].metres_max {
        let farther =
            |more: i64| Relaxation::MetresUpTo { metres_max: instead_of + more, instead_of };
        if let Some(more) = least(alone, TIME_S_MAX, farther) {
            found.push((more as f64 / instead_of.max(1) as f64, farther(more)));
        }
    }
}
