//! One vehicle, its route and one more job, as a problem of their own. May be relaxed at will: the problem it was taken
//! from stays as it is.

use crate::plan::{Action, Plan};
use crate::problem::{
    Draft, FrozenStop, Job, JobIx, Kind, Place, Problem, Standing, TypeIx, TypeSet, Underway,
    VehicleIx,
};
use crate::solve::compile::compile;
use crate::solve::compiled::{Compiled, NONE};
use crate::solve::evaluator::{Evaluator, NEVER};
use crate::solve::rich::Rich;
use crate::solve::standing::{Stage, stages};
use crate::solve::tours::Tours;

/// Jobs are those of the route, then the one that is to be put in; the vehicle is vehicle 0, of type 0.
pub(super) struct Alone {
    pub(super) draft: Draft,
    /// The jobs' indices in the whole problem.
    whole: Vec<JobIx>,
    /// Planned stops of the route, in terms of the draft here.
    order: Vec<Action>,
    pub(super) vehicle_type: TypeIx,
}

impl Alone {
    /// `None` when another vehicle has the job on board.
    pub(super) fn of(
        problem: &Problem,
        plan: &Plan,
        vehicle: VehicleIx,
        job: JobIx,
    ) -> Option<Self> {
        match stages(problem)[job.at()] {
            Stage::Loaded(other) | Stage::PickedUp(other) if other != vehicle => return None,
            Stage::Done => return None,
            Stage::Open | Stage::Loaded(_) | Stage::PickedUp(_) => {}
        }
        let underway = problem.underway(vehicle);
        let route = plan.routes.iter().find(|route| route.vehicle == vehicle);
        let actions = route.map_or(&[][..], |route| &route.actions);
        let planned =
            actions.get(underway.map_or(0, |known| known.frozen.len())..).unwrap_or_default();
        let known = underway.iter().flat_map(|known| {
            let frozen = known.frozen.iter().filter_map(|stop| stop.action.job());
            frozen.chain(known.loaded.iter().copied())
        });
        let mut whole: Vec<JobIx> =
            known.chain(planned.iter().filter_map(|action| action.job())).collect();
        whole.sort_unstable();
        whole.dedup();
        whole.retain(|&other| other != job);
        whole.push(job);
        let here = |action: Action| renumber(action, &whole);
        let order = planned.iter().copied().filter(|action| action.job().is_some());
        let vehicle_type = problem.vehicles[vehicle.at()].vehicle_type;
        Some(Self {
            order: order.map(here).collect::<Option<_>>()?,
            draft: draft(problem, vehicle, &whole)?,
            whole,
            vehicle_type,
        })
    }

    /// The job that is to be put in.
    pub(super) fn job(&mut self) -> &mut Job {
        self.draft.jobs.last_mut().expect("the job was put in last")
    }

    /// Whether there is a way to each of its stops from the start, and on to the end.
    pub(super) fn is_reachable(&mut self) -> bool {
        let profile = &self.draft.profiles[self.draft.vehicle_types[0].profile.at()];
        let places: Vec<_> = self
            .draft
            .jobs
            .last()
            .into_iter()
            .flat_map(Job::visits)
            .map(|visit| visit.place)
            .collect();
        places.iter().all(|&place| {
            let cells = profile.metres.cells();
            let side = profile.metres.side();
            let others = (0..side).filter(|&other| other != place.at());
            others.clone().any(|other| cells[other * side + place.at()].amount().is_some())
                && others.clone().any(|other| cells[place.at() * side + other].amount().is_some())
        })
    }

    /// What it costs at its cheapest place; `None` when no place is allowed.
    pub(super) fn price(&mut self) -> Option<i64> {
        self.with_best(|_, _, _, best, before| best.map(|(cost, _)| cost - before))
    }

    /// Begin and actions of the whole route with the job in its cheapest place.
    pub(super) fn inserted(&mut self) -> Option<(i64, Vec<Action>)> {
        let (start_s, planned) = self.with_best(|rich, compiled, tours, best, _| {
            let (_, nodes) = best?;
            Some((
                rich.start_s(compiled, tours, 0, &nodes),
                rich.actions(compiled, tours, 0, &nodes),
            ))
        })?;
        let frozen = self.draft.standing.iter().flat_map(|standing| &standing.underway);
        let frozen = frozen.flat_map(|known| &known.frozen).map(|stop| stop.action);
        let actions = frozen.chain(planned).map(|action| match action {
            Action::Visit(job) => Action::Visit(self.whole[job.at()]),
            Action::Pickup(job) => Action::Pickup(self.whole[job.at()]),
            Action::Deliver(job) => Action::Deliver(self.whole[job.at()]),
            Action::Break(_) | Action::Reload(_) => action,
        });
        Some((start_s, actions.collect()))
    }

    /// Looks for the cheapest order, and hands it over with the cost before.
    fn with_best<T>(
        &mut self,
        look: impl FnOnce(&Rich, &Compiled, &Tours, Option<(i64, Vec<u16>)>, i64) -> Option<T>,
    ) -> Option<T> {
        let problem = Problem::trusted(std::mem::take(&mut self.draft));
        let compiled = compile(&problem);
        let tours = Tours::new(&compiled);
        let mut rich = Rich::new(&problem, &compiled);
        let job = (problem.jobs.len() - 1) as u16;
        let nodes = (0..compiled.visits.len() as u16).map(|node| (compiled.action(node), node));
        let nodes: Vec<_> = nodes.collect();
        let node_of =
            |action: &Action| nodes.iter().find(|known| known.0 == *action).map(|known| known.1);
        let order: Option<Vec<u16>> = self.order.iter().map(node_of).collect();
        let mut found = None;
        if let Some(order) = order
            && compiled.may_serve(0, job)
        {
            let before = rich.price_of(&compiled, &tours, 0, &order);
            if before != NEVER {
                let best = cheapest(&mut rich, &compiled, &tours, &order, job);
                found = look(&rich, &compiled, &tours, best, before);
            }
        }
        drop(rich);
        self.draft = problem.into_draft();
        found
    }
}

/// Every place in `order` is tried, and for a shipment every pair of places.
fn cheapest(
    rich: &mut Rich,
    compiled: &Compiled,
    tours: &Tours,
    order: &[u16],
    job: u16,
) -> Option<(i64, Vec<u16>)> {
    let record = compiled.jobs[usize::from(job)];
    let mut best: Option<(i64, Vec<u16>)> = None;
    let mut attempt = |nodes: &[u16]| {
        let cost = rich.price_of(compiled, tours, 0, nodes);
        if cost != NEVER && best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, nodes.to_vec()));
        }
    };
    let mut nodes = order.to_vec();
    for at in 0..=order.len() {
        nodes.insert(at, record.pickup);
        if record.delivery == NONE {
            attempt(&nodes);
        } else {
            for delivery_at in at + 1..=nodes.len() {
                nodes.insert(delivery_at, record.delivery);
                attempt(&nodes);
                nodes.remove(delivery_at);
            }
        }
        nodes.remove(at);
    }
    best
}

/// The action in terms of the jobs in `whole`.
fn renumber(action: Action, whole: &[JobIx]) -> Option<Action> {
    let here = |job: JobIx| whole.iter().position(|&known| known == job).map(JobIx::of);
    Some(match action {
        Action::Visit(job) => Action::Visit(here(job)?),
        Action::Pickup(job) => Action::Pickup(here(job)?),
        Action::Deliver(job) => Action::Deliver(here(job)?),
        Action::Break(_) | Action::Reload(_) => action,
    })
}

fn draft(problem: &Problem, vehicle: VehicleIx, whole: &[JobIx]) -> Option<Draft> {
    let mut known = problem.vehicles[vehicle.at()].clone();
    let vehicle_type = known.vehicle_type;
    known.vehicle_type = TypeIx(0);
    let mut jobs = Vec::with_capacity(whole.len());
    for &job in whole {
        let mut job = problem.jobs[job.at()].clone();
        // Of the types there is one, and it may or may not.
        job.types = if job.types.contains(vehicle_type) { TypeSet::ALL } else { TypeSet(0) };
        jobs.push(job);
    }
    let standing = match &problem.standing {
        Some(standing) => {
            let underway = problem.underway(vehicle).map(|known| underway(known, whole));
            Some(Standing {
                now_s: standing.now_s,
                underway: match underway {
                    Some(known) => vec![known?],
                    None => Vec::new(),
                },
                handed_out: Plan::default(),
            })
        }
        None => None,
    };
    Some(Draft {
        // Names play no part here, and the draft is copied for each attempt.
        places: vec![Place { name: String::new(), point: None }; problem.places.len()],
        profiles: problem.profiles.clone(),
        depots: problem.depots.clone(),
        vehicle_types: vec![problem.vehicle_types[vehicle_type.at()].clone()],
        vehicles: vec![known],
        jobs,
        objective: problem.objective.clone(),
        standing,
        skill_names: Vec::new(),
    })
}

fn underway(known: &Underway, whole: &[JobIx]) -> Option<Underway> {
    let here = |job: JobIx| whole.iter().position(|&other| other == job).map(JobIx::of);
    let frozen = known
        .frozen
        .iter()
        .map(|stop| Some(FrozenStop { action: renumber(stop.action, whole)?, ..*stop }));
    Some(Underway {
        vehicle: VehicleIx(0),
        frozen: frozen.collect::<Option<_>>()?,
        loaded: known.loaded.iter().map(|&job| here(job)).collect::<Option<_>>()?,
        ..known.clone()
    })
}

/// The load that matters for a capacity: what the job brings on board.
pub(super) fn brings(job: &Job) -> crate::problem::Load {
    match &job.kind {
        Kind::Visit { deliver, collect, .. } => *deliver + *collect,
        Kind::Shipment { load, .. } => *load,
    }
}
