//! On random problems of every feature the checker accepts what the search returns, to the unit of cost.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod random;

use planning::check::audit;
use planning::plan::Plan;
use planning::problem::Problem;
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
