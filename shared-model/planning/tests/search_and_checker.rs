//! On random problems of every feature the checker accepts what the search returns, to the unit of cost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod random;

use planning::check::{audit, differences};
use planning::json::report;
use planning::plan::Plan;
use planning::problem::{Problem, Standing};
use planning::solve::{Prepared, Steps};
use random::{Dice, FEATURES, Feature};

/// Plans and checks; returns the plan.
fn plan(problem: &Problem, from: Option<&Plan>, steps: u64, what: &str) -> Plan {
    let prepared = Prepared::new(problem);
    let mut search = prepared.search(7);
    if let Some(from) = from {
        search.start_from(from);
    }
    search.run(&mut Steps(steps));
    let plan = search.best();
    let audit = audit(problem, &plan);
    assert_eq!(audit.violations, [], "{what}: {plan:?}");
    assert_eq!(audit.cost.total(), search.progress().cost, "{what}: {:?} {plan:?}", audit.cost);
    plan
}

fn rounds(seeds: std::ops::Range<u64>, features: impl Fn(&mut Dice) -> Vec<Feature>) {
    for seed in seeds {
        let mut dice = Dice::new(seed);
        let features = features(&mut dice);
        let what = format!("seed {seed}, {features:?}");
        let problem = random::draft(&mut dice, &features).check().expect(&what);
        let first = plan(&problem, None, 60, &what);
        // The day goes on: what has begun is frozen, and what follows is planned again.
        let now_s = dice.range(2_000, 20_000);
        let draft = random::underway(&problem, &first, now_s, dice.range(0, 500));
        let what = format!("{what}, now {now_s}");
        let problem = draft.check().expect(&what);
        let second = plan(&problem, Some(&first), 60, &what);
        for known in &problem.standing.as_ref().unwrap().underway {
            let route = second.routes.iter().find(|route| route.vehicle == known.vehicle).unwrap();
            let frozen: Vec<_> = known.frozen.iter().map(|stop| stop.action).collect();
            assert_eq!(route.actions[..frozen.len()], frozen, "{what}");
        }
    }
}

#[test]
fn each_feature_alone() {
    for (number, feature) in FEATURES.into_iter().enumerate() {
        let from = 1_000 * number as u64;
        rounds(from..from + 6, |_| vec![feature]);
    }
}

#[test]
fn several_features_together() {
    rounds(50_000..50_060, random::some);
}

#[test]
fn the_same_seed_and_steps_give_the_same_plan() {
    for seed in 0..5 {
        let mut dice = Dice::new(seed);
        let features = random::some(&mut dice);
        let problem = random::draft(&mut dice, &features).check().unwrap();
        let plans = [(); 2].map(|()| plan(&problem, None, 100, &format!("seed {seed}")));
        assert_eq!(plans[0], plans[1], "seed {seed}, {features:?}");
    }
}

/// Steps enough for small problems to cool many times over, from plans of their own and from the best: what comes out is
/// as sound, the same again, and no worse than what a few steps find.
#[test]
fn a_search_that_begins_again_is_sound_and_forgets_nothing() {
    for seed in 0..3 {
        let mut dice = Dice::new(80_000 + seed);
        let features = if seed < 2 { Vec::new() } else { vec![FEATURES[0]] };
        let problem = random::draft(&mut dice, &features).check().unwrap();
        let what = format!("seed {seed}, {features:?}");
        let steps = if seed < 2 { 90_000 } else { 20_000 };
        let long = plan(&problem, None, steps, &what);
        let cost = |plan: &Plan| audit(&problem, plan).cost.total();
        assert!(cost(&long) <= cost(&plan(&problem, None, 20, &what)), "{what}");
        if seed == 0 {
            assert_eq!(long, plan(&problem, None, steps, &what), "{what}");
        }
    }
}

/// What was handed out is late (the day is later than it thought), incomplete (a job is new) and impossible (a job is there
/// twice): it is accepted and repaired, and each job that is not served as it was says so.
#[test]
fn a_plan_handed_out_that_cannot_be_kept_is_repaired_and_the_difference_told() {
    let (mut broken, mut repaired) = (0, 0);
    for seed in 0..20 {
        let mut dice = Dice::new(70_000 + seed);
        let problem = random::draft(&mut dice, &[]).check().unwrap();
        let mut given = plan(&problem, None, 60, "before");
        if given.routes.len() < 2 {
            continue;
        }
        // The first route loses its first job, and has one of the last route's instead, which keeps it too.
        let stolen = given.routes[given.routes.len() - 1].actions[0];
        given.routes[0].actions[0] = stolen;
        let mut draft = problem.clone().into_draft();
        draft.standing =
            Some(Standing { now_s: 0, underway: Vec::new(), handed_out: given.clone() });
        let problem = draft.check().unwrap();
        let after = plan(&problem, Some(&given), 60, "after");
        let (before, after) = (audit(&problem, &given), audit(&problem, &after));
        assert!(!before.is_sound() && !before.unserved.is_empty());
        let told = differences(&problem, &before, &after);
        broken += before.violations.len();
        for job in &before.unserved {
            let told = told.iter().find(|one| one.job == *job);
            let is_served = !after.unserved.contains(job);
            assert_eq!(told.is_some_and(|one| one.before.is_none()), is_served, "{told:?}");
            repaired += usize::from(is_served);
        }
        for one in &told {
            assert_ne!(one.before, one.after);
        }
        let written = report(&problem, &given, &before);
        assert_eq!(written["handed_out"]["difference"], serde_json::json!([]), "as it was");
        assert_eq!(written["handed_out"]["violations"], written["violations"]);
    }
    assert!(broken > 0 && repaired > 0, "{broken} rules broken, {repaired} jobs repaired");
}

/// A slice that begins after every shift, breaks before and after it, reloads nobody needs and a plan handed out that is
/// empty change nothing: the same steps give the very plan of the problem without them.
#[test]
fn rules_that_bind_nobody_cost_nothing() {
    for seed in 0..12 {
        let mut dice = Dice::new(90_000 + seed);
        let mut plain = random::draft(&mut dice, &[]);
        for kind in &mut plain.vehicle_types {
            kind.capacity = planning::problem::Load::UNLIMITED;
        }
        let mut ruled = plain.clone();
        ruled.objective.moved_cost = 500;
        ruled.standing =
            Some(Standing { now_s: 0, underway: Vec::new(), handed_out: Plan::default() });
        let last_s = ruled.vehicles.iter().map(|vehicle| vehicle.shift.to_s).max().unwrap();
        for profile in &mut ruled.profiles {
            let seconds = profile.metres.clone();
            profile.slices.push(planning::problem::Slice { from_s: last_s, seconds });
        }
        for kind in &mut ruled.vehicle_types {
            kind.trips_max = 3;
        }
        for vehicle in &mut ruled.vehicles {
            let at = |from_s| planning::problem::Window { from_s, to_s: from_s + 100 };
            let rest =
                |from_s| planning::problem::Break { windows: vec![at(from_s)], duration_s: 60 };
            vehicle.breaks = vec![rest(vehicle.shift.to_s - 100)];
            vehicle.reload_depots = vec![planning::problem::DepotIx(0)];
        }
        let (plain, ruled) = (plain.check().unwrap(), ruled.check().unwrap());
        let what = format!("seed {seed}");
        assert_eq!(plan(&plain, None, 60, &what), plan(&ruled, None, 60, &what), "{what}");
    }
}
