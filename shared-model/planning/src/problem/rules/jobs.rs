//! Rules of jobs. May not ask whether a job can be served: that is the search's answer, with a reason.

use super::super::bounds::COST_MAX;
use super::super::refusal::Findings;
use super::super::{Draft, Job, Kind, Rule, Visit};
use super::fleet::skills;
use super::{index, load, names, time, windows, within};

pub(super) fn check(draft: &Draft, findings: &mut Findings) {
    names("jobs", draft.jobs.iter().map(|job| job.name.as_str()), findings);
    let types = draft.vehicle_types.len();
    let known = if types >= 64 { u64::MAX } else { (1 << types) - 1 };
    for (at, job) in draft.jobs.iter().enumerate() {
        let path = |field: &str| format!("jobs[{at}].{field}");
        kind(draft, job, path, findings);
        if let Some(prize) = job.prize {
            within(prize, COST_MAX, || path("prize"), findings);
        }
        time(job.release_s, || path("release_s"), findings);
        time(job.late_s_max, || path("late_s_max"), findings);
        skills(draft, job.skills, || path("skills"), findings);
        if job.types.0 & known == 0 {
            findings.add(Rule::TypesNone, || path("types"), "");
        }
    }
}

fn kind(draft: &Draft, job: &Job, path: impl Fn(&str) -> String, findings: &mut Findings) {
    match &job.kind {
        Kind::Visit { visit: stop, deliver, collect, backhaul } => {
            visit(draft, stop, &path, findings);
            load(*deliver, || path("deliver"), findings);
            load(*collect, || path("collect"), findings);
            if *backhaul && !deliver.is_zero() {
                findings.add(Rule::BackhaulDelivers, || path("backhaul"), "");
            }
        }
        Kind::Shipment { pickup, delivery, load: amount, ride_s_max } => {
            visit(draft, pickup, |field| path(&format!("pickup.{field}")), findings);
            visit(draft, delivery, |field| path(&format!("delivery.{field}")), findings);
            load(*amount, || path("load"), findings);
            if let Some(ride) = *ride_s_max {
                time(ride, || path("ride_s_max"), findings);
            }
            if job.release_s != 0 {
                findings.add(Rule::ReleaseOfShipment, || path("release_s"), job.release_s);
            }
        }
    }
}

fn visit(draft: &Draft, visit: &Visit, path: impl Fn(&str) -> String, findings: &mut Findings) {
    index(visit.place.at(), draft.places.len(), || path("place"), findings);
    windows(&visit.windows, || path("windows"), findings);
    time(visit.service_s, || path("service_s"), findings);
}
