//! What an explanation says is so: with its relaxation applied, the checker accepts the job at that vehicle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod random;

use planning::check::audit;
use planning::plan::Plan;
use planning::problem::Problem;
use planning::solve::explain::{Binding, explain, insertion};
use planning::solve::{Prepared, Steps};
use random::{Dice, Feature};

fn plan(problem: &Problem, from: &Plan) -> Plan {
    let prepared = Prepared::new(problem);
    let mut search = prepared.search(1);
    search.start_from(from);
    search.run(&mut Steps(30));
    search.best()
}

/// How many jobs were left out with a relaxation.
fn verify(problem: &Problem, plan: &Plan, what: &str) -> usize {
    let mut relaxed = 0;
    for job in audit(problem, plan).unserved {
        let why = explain(problem, plan, job);
        let what = format!("{what}, {why:?}, {plan:?}");
        let Some(vehicle) = why.vehicle else {
            assert!(matches!(why.binding, Binding::Several | Binding::Unreachable), "{what}");
            continue;
        };
        let mut draft = problem.clone().into_draft();
        if let Some(relaxation) = why.relaxation {
            assert_eq!(relaxation.binding(), why.binding, "{what}");
            relaxation.apply(&mut draft, job, vehicle);
            relaxed += 1;
        }
        let eased = draft.check().expect(&what);
        let with_it = insertion(&eased, plan, vehicle, job).expect(&what);
        let audit = audit(&eased, &with_it);
        assert_eq!(audit.violations, [], "{what} {with_it:?}");
        assert!(!audit.unserved.contains(&job), "{what} {with_it:?}");
    }
    relaxed
}

#[test]
fn a_relaxation_lets_the_job_in() {
    let mut relaxed = 0;
    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let mut features = random::some(&mut dice);
        features.push(Feature::Limits);
        let mut draft = random::draft(&mut dice, &features);
        draft.vehicles.truncate(2);
        let problem = draft.check().unwrap();
        let first = plan(&problem, &Plan::default());
        relaxed += verify(&problem, &first, &format!("seed {seed}, {features:?}"));
        let now_s = dice.range(2_000, 20_000);
        let problem = random::underway(&problem, &first, now_s, 0).check().unwrap();
        let second = plan(&problem, &first);
        verify(&problem, &second, &format!("seed {seed}, {features:?}, now {now_s}"));
    }
    assert!(relaxed > 40, "only {relaxed} jobs were left out with a relaxation");
}
