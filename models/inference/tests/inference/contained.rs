//! A worker process and models that panic, loop, hoard, abort and overflow: each ends in a typed failure, and the
//! next question is answered.

use std::sync::Arc;
use std::time::{Duration, Instant};

use inference::{Failure, Limits, Supervisor, WorkerCommand};
use model_bundle::{Sha256Hash, Verified};

use crate::bundles::{Dense, Draft, FEATURES, OUTPUTS};
use crate::onnx::{self, Network};

/// Long enough for a busy machine; nothing here waits for it to pass.
const PLENTY: Duration = Duration::from_secs(60);
/// For a question that is never answered.
const SHORT: Duration = Duration::from_millis(150);

const PANIC: f32 = 1.0;
const LOOP: f32 = 2.0;
const HOARD: f32 = 3.0;
const ABORT: f32 = 4.0;
const OVERFLOW: f32 = 5.0;

fn supervisor(arguments: &[&str]) -> Supervisor {
    let command = WorkerCommand {
        program: env!("CARGO_BIN_EXE_trial-worker").into(),
        arguments: arguments.iter().map(Into::into).collect(),
    };
    Supervisor::new(command, Limits { load_deadline: PLENTY, ..Limits::default() })
}

fn draft(id: &'static str, version: u32) -> Arc<Verified> {
    Draft { id, version, ..Draft::dense() }.verified()
}

/// A misbehaving model, loaded.
fn misbehaving() -> (Supervisor, Sha256Hash, Instant) {
    let (mut supervisor, bundle, now) = (supervisor(&[]), draft("trial", 1), Instant::now());
    supervisor.load(bundle.clone(), now).unwrap();
    (supervisor, bundle.sha256(), now)
}

#[test]
fn a_real_model_is_replayed_asked_and_forgotten() {
    let (mut supervisor, bundle, now) = (supervisor(&["real"]), draft("trial", 1), Instant::now());
    assert_eq!(supervisor.worker_id(), None, "nothing is started before it is needed");
    let loaded = supervisor.load(bundle.clone(), now).unwrap();
    assert!(loaded.replay.holds() && loaded.replay.rows == 64);
    assert!(loaded.worker_resident_bytes > 0);
    let rows = [0.5, f32::NAN, -1.0, 2.0, 0.1, 0.2, 0.3, 0.4];
    let answer = supervisor.predict(bundle.sha256(), &rows, PLENTY, now).unwrap();
    for (row, found) in rows.chunks(FEATURES).zip(answer.chunks(OUTPUTS)) {
        assert!((found[1] - Dense::rolled(7).answer(row)[1]).abs() < 1e-5);
    }
    let odd = supervisor.predict(bundle.sha256(), &rows[1..], PLENTY, now);
    assert!(matches!(odd, Err(Failure::BadQuestion { .. })), "{odd:?}");
    supervisor.unload(bundle.sha256(), now);
    let asked = supervisor.predict(bundle.sha256(), &rows, PLENTY, now);
    assert_eq!(asked, Err(Failure::NotLoaded));
}

#[test]
fn two_versions_of_a_model_live_side_by_side() {
    let (mut supervisor, now) = (supervisor(&["real"]), Instant::now());
    let (old, new) = (draft("trial", 1), draft("trial", 2));
    assert_ne!(old.sha256(), new.sha256());
    supervisor.load(old.clone(), now).unwrap();
    supervisor.load(new.clone(), now).unwrap();
    let row = [0.5; FEATURES];
    let answers = [&old, &new].map(|b| supervisor.predict(b.sha256(), &row, PLENTY, now).unwrap());
    assert_eq!(answers[0], answers[1]);
    supervisor.unload(old.sha256(), now);
    assert!(supervisor.predict(new.sha256(), &row, PLENTY, now).is_ok());
}

#[test]
fn a_network_that_answers_otherwise_than_in_training_is_not_kept() {
    let (mut supervisor, now) = (supervisor(&["real"]), Instant::now());
    let network = Dense::rolled(8).network().bytes();
    let wrong = Draft { network, ..Draft::dense() }.verified();
    let loaded = supervisor.load(wrong.clone(), now);
    assert!(matches!(loaded, Err(Failure::GoldenOff(replay)) if replay.rows_off > 60));
    assert!(!supervisor.holds(wrong.sha256()));
}

#[test]
fn a_network_that_would_take_all_memory_ends_the_worker_and_not_the_depot() {
    let (mut supervisor, now) = (supervisor(&["real"]), Instant::now());
    let hoarding = Network {
        nodes: vec![
            onnx::node("ConstantOfShape", &["shape"], &["huge"], vec![]),
            onnx::node("ReduceSum", &["huge"], &["sum"], vec![onnx::int("keepdims", 0)]),
            onnx::node("Gemm", &["features", "w"], &["h"], vec![]),
            onnx::node("Add", &["h", "sum"], &["prediction"], vec![]),
        ],
        weights: vec![
            onnx::integers("shape", &[40_000, 40_000]),
            onnx::floats("w", &[FEATURES, OUTPUTS], &[1.0; FEATURES * OUTPUTS]),
        ],
        columns: FEATURES,
        outputs: OUTPUTS,
    };
    let bundle = Draft { network: hoarding.bytes(), ..Draft::dense() }.verified();
    let loaded = supervisor.load(bundle, now);
    let contained = matches!(
        loaded,
        Err(Failure::Died { .. } | Failure::Panicked { .. } | Failure::Refused { .. })
    );
    assert!(contained, "{loaded:?}");
    let sound = draft("trial", 2);
    supervisor.load(sound, now).unwrap();
}

#[test]
fn a_panic_is_caught_and_the_worker_lives_on() {
    let (mut supervisor, name, now) = misbehaving();
    let worker = supervisor.worker_id();
    let asked = supervisor.predict(name, &[PANIC], PLENTY, now);
    assert_eq!(asked, Err(Failure::Panicked { reason: "a panic of the trial".to_owned() }));
    assert_eq!(supervisor.predict(name, &[9.0], PLENTY, now), Ok(vec![9.0]));
    assert_eq!(supervisor.worker_id(), worker, "the same process");
}

#[test]
fn a_loop_is_ended_at_the_deadline_and_the_next_question_answered() {
    let (mut supervisor, name, now) = misbehaving();
    let worker = supervisor.worker_id();
    let asked = supervisor.predict(name, &[LOOP], SHORT, now);
    assert_eq!(asked, Err(Failure::TooSlow { deadline_ms: 150 }));
    assert_eq!(supervisor.worker_id(), None, "killed and waited for");
    assert_eq!(supervisor.predict(name, &[9.0], PLENTY, now), Ok(vec![9.0]));
    assert_ne!(supervisor.worker_id(), worker);
}

#[test]
fn hoarding_aborting_and_overflowing_end_the_worker_alone() {
    for misdeed in [HOARD, ABORT, OVERFLOW] {
        let (mut supervisor, name, now) = misbehaving();
        let asked = supervisor.predict(name, &[misdeed], PLENTY, now);
        assert!(matches!(asked, Err(Failure::Died { .. })), "{misdeed}: {asked:?}");
        assert_eq!(supervisor.predict(name, &[9.0], PLENTY, now), Ok(vec![9.0]), "{misdeed}");
    }
}

#[test]
fn a_model_that_keeps_failing_is_barred_and_others_are_not() {
    let (mut supervisor, name, now) = misbehaving();
    let other = draft("other", 1);
    supervisor.load(other.clone(), now).unwrap();
    for _ in 0..3 {
        let asked = supervisor.predict(name, &[PANIC], PLENTY, now);
        assert!(matches!(asked, Err(Failure::Panicked { .. })), "{asked:?}");
    }
    let asked = supervisor.predict(name, &[9.0], PLENTY, now);
    assert_eq!(asked, Err(Failure::Barred { strikes: 3 }));
    assert_eq!(supervisor.predict(other.sha256(), &[9.0], PLENTY, now), Ok(vec![9.0]));
    supervisor.load(draft("trial", 1), now).unwrap();
    assert_eq!(supervisor.predict(name, &[9.0], PLENTY, now), Ok(vec![9.0]), "loading forgives");
}

#[test]
fn a_worker_that_ends_again_and_again_rests_longer_each_time() {
    let (mut supervisor, name, now) = misbehaving();
    for _ in 0..2 {
        let asked = supervisor.predict(name, &[ABORT], PLENTY, now);
        assert!(matches!(asked, Err(Failure::Died { .. })), "{asked:?}");
    }
    // Reloading was an answer, so each of these was the first failure in a row; now three without any.
    let mut absent = Supervisor::new(
        WorkerCommand { program: "no-such-program".into(), arguments: vec![] },
        Limits::default(),
    );
    let bundle = draft("trial", 1);
    for _ in 0..2 {
        let loaded = absent.load(bundle.clone(), now);
        assert!(matches!(loaded, Err(Failure::CannotStart { .. })), "{loaded:?}");
    }
    assert_eq!(absent.load(bundle.clone(), now), Err(Failure::Resting { wait_ms: 1_000 }));
    let later = now + Duration::from_secs(1);
    let loaded = absent.load(bundle, later);
    assert!(matches!(loaded, Err(Failure::CannotStart { .. })), "{loaded:?}");
}

#[test]
fn what_panics_or_loops_while_it_is_loaded_is_not_kept() {
    let (mut supervisor, now) = (supervisor(&[]), Instant::now());
    let panicking = draft("panics-at-load", 1);
    let loaded = supervisor.load(panicking.clone(), now);
    assert_eq!(loaded, Err(Failure::Panicked { reason: "a panic while loading".to_owned() }));
    assert!(!supervisor.holds(panicking.sha256()));
    let mut hasty = Supervisor::new(
        WorkerCommand { program: env!("CARGO_BIN_EXE_trial-worker").into(), arguments: vec![] },
        Limits { load_deadline: Duration::from_secs(2), ..Limits::default() },
    );
    let loaded = hasty.load(draft("loops-at-load", 1), now);
    assert_eq!(loaded, Err(Failure::TooSlow { deadline_ms: 2_000 }));
    assert_eq!(hasty.worker_id(), None);
}

#[test]
fn no_more_models_than_the_limit_are_held() {
    let command =
        WorkerCommand { program: env!("CARGO_BIN_EXE_trial-worker").into(), arguments: vec![] };
    let limits = Limits { loaded_max: 1, load_deadline: PLENTY, ..Limits::default() };
    let (mut supervisor, now) = (Supervisor::new(command, limits), Instant::now());
    supervisor.load(draft("trial", 1), now).unwrap();
    supervisor.load(draft("trial", 1), now).unwrap();
    let second = supervisor.load(draft("trial", 2), now);
    assert_eq!(second, Err(Failure::TooMany { loaded_max: 1 }));
}
