//! What a depot does by itself with its models: it goes back from a version that does worse than the formula,
//! and fetches a file on from where the cable was cut. Real bundles in a real worker, published by a real hub.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use edge_node::inference::blobs::STORE_BYTES_MAX;
use edge_node::inference::disk::Disk;
use edge_node::inference::local::answers;
use edge_node::inference::{Author, Baseline, Models, Parts, Question, worker_of};
use edge_node::state::StateDir;
use edge_node::store::{Store, record};
use model_bundle::{PinnedKeys, PublicKey, Sha256Hash, SigningKey, folder};
use serde_json::{Value, json};
use shared_model::inference::{ModelFacts, State, Verdict, report_key};
use shared_model::time::Timestamp;
use system_tests::binaries::{binary, workspace};
use system_tests::process::run;
use system_tests::wait::until;

use super::models::{Desk, MODEL, at, wait_for};
use super::{LONGEST, Region};

const DAY_MS: i64 = 86_400_000;
/// What the bad version says of every trip, s.
const ABSURD_S: f32 = 30_000.0;
/// As `edge-node` has it: fewer pairs say nothing.
const PAIRS_MIN: usize = 200;

/// The depot's clock, which the test moves on.
static NOW_MS: AtomicI64 = AtomicI64::new(0);

fn now() -> Timestamp {
    Timestamp::from_ms(NOW_MS.load(Ordering::SeqCst))
}

/// The shipped model under another version, with another file in place of one of its own, and signed anew by
/// the key that everybody has.
fn version(folder: &Path, number: u32, change: Option<(&str, &[u8])>) -> PathBuf {
    let shipped = workspace().join("models/artefacts").join(MODEL).join("1");
    let made = folder.join(format!("{MODEL}-{number}"));
    std::fs::create_dir_all(&made).expect("a folder");
    for entry in std::fs::read_dir(&shipped).expect("the shipped model") {
        let path = entry.expect("a file").path();
        std::fs::copy(&path, made.join(path.file_name().expect("a name"))).expect("a copy");
    }
    let mut manifest = json_of(&shipped.join("manifest.json"));
    manifest["version"] = number.into();
    if let Some((name, bytes)) = change {
        let files = manifest["files"].as_array_mut().expect("files");
        let file = files.iter_mut().find(|file| file["name"] == name).expect("its entry");
        file["sha256"] = Sha256Hash::of(bytes).to_string().into();
        file["bytes"] = bytes.len().into();
        std::fs::write(made.join(name), bytes).expect("a file");
    }
    let manifest = manifest.to_string().into_bytes();
    let signature = SigningKey::development().sign_manifest(&manifest);
    std::fs::write(made.join("manifest.json"), manifest).expect("a file");
    std::fs::write(made.join("manifest.sig"), signature).expect("a file");
    made
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

/// A network that is sound in every check of its bundle and answers absurdly.
fn absurd(folder: &Path, number: u32) -> PathBuf {
    const CHANGED: &str = "preproc.json";
    let shipped = workspace().join("models/artefacts").join(MODEL).join("1");
    let mut steps = json_of(&shipped.join(CHANGED));
    for output in steps["outputs"].as_array_mut().expect("outputs") {
        output["clip"] = json!([ABSURD_S, 43_200.0]);
    }
    version(folder, number, Some((CHANGED, steps.to_string().as_bytes())))
}

/// The depot's models as its process has them, without its pages.
struct Opened {
    models: Models,
    store: Store,
    state: StateDir,
    /// Rows as in training, and what the formula says of each, s.
    rows: Vec<(Vec<f32>, f32)>,
}

impl Opened {
    fn open(state: StateDir, store: Store, runtime: &tokio::runtime::Runtime) -> Self {
        let runner = || worker_of(binary("edge-node"));
        let parts = Parts {
            store: store.clone(),
            site: state.site().expect("a site").site,
            root: state.models(),
            disk: Disk::default(),
            bytes_max: STORE_BYTES_MAX,
            runners: [runner(), runner()],
            now,
        };
        let (models, notes) = Models::open(parts).expect("its folder");
        runtime.spawn(models.clone().run(notes, Default::default()));
        let shipped = workspace().join("models/artefacts").join(MODEL).join("1");
        let pinned = PinnedKeys { current: PublicKey::development(), next: None };
        let golden = folder::read(&shipped, &pinned).expect("sound").golden().expect("rows");
        let rows = golden.raw().chunks(golden.features()).filter(|row| row[0].is_finite());
        let rows = rows.map(|row| (row.to_vec(), 599.0 + 101.0 * row[0])).collect();
        Self { models, store, state, rows }
    }

    /// Asks about one trip, and says who answered.
    async fn ask(&self, number: usize) -> Author {
        let (row, formula_s) = &self.rows[number % self.rows.len()];
        let question = Question {
            model: MODEL.parse().expect("a name"),
            subjects: vec![format!("trip-{number}")],
            rows: row.clone(),
            baseline: Baseline { name: "599 s + 101 s/km", values: vec![*formula_s; 3] },
        };
        self.models.predict(question, Duration::from_secs(30)).await.by
    }

    async fn ask_until(&self, version: u32) {
        let began = std::time::Instant::now();
        loop {
            let by = self.ask(0).await;
            if matches!(&by, Author::Model { version: found, .. } if found.0 == version) {
                return;
            }
            assert!(began.elapsed() < LONGEST, "version {version} does not answer: {by:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Trips that took a minute longer than the formula says.
    async fn ride(&self, numbers: std::ops::Range<usize>) {
        let model = MODEL.parse().expect("a name");
        for number in numbers {
            let _ = self.ask(number).await;
            let formula_s = self.rows[number % self.rows.len()].1;
            let subject = format!("trip-{number}");
            self.models.observe(&model, &subject, formula_s + 60.0);
            // One after the other: the journal takes so many at once, and lets go of the rest.
            self.wait(|| {
                let said = answers(&self.state, &model, Some(&subject), 1).expect("the journal");
                said.first()?.actual
            })
            .await;
        }
    }

    async fn wait<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        let began = std::time::Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(began.elapsed() < LONGEST, "it does not come true");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn in_use(&self) -> (State, String) {
        let model = MODEL.parse().expect("a name");
        self.models.standings().get(&model).map(|s| (s.state, s.note.clone())).expect("it stands")
    }

    /// What was reported of a day that is over.
    async fn facts_of(&self, day: u32) -> ModelFacts {
        let key = report_key(&MODEL.parse().expect("a name"), day);
        let began = std::time::Instant::now();
        loop {
            self.models.look_again();
            let (key, node) = (key.clone(), self.store.node());
            let read = self.store.read(move |db| record::<ModelFacts>(db, node, &key)).await;
            if let Some(found) =
                read.expect("the store").filter(|f| f.facts.active_errors.pairs > 0)
            {
                return found;
            }
            assert!(began.elapsed() < LONGEST, "the day was not reported");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
}

/// A sound version, and a bad one in use after it; then the depot's process is stopped.
fn with_a_bad_version(region: &Region) -> system_tests::depot::Depot {
    let mut pilot = region.depot("NBO-1");
    let desk = Desk::open(region);
    desk.import(&version(region.path(), 1, None));
    desk.import(&absurd(region.path(), 2));
    run(&mut desk.by(0, &["ring", "pilot", "NBO-1"]));
    desk.publish("1", "activate");
    wait_for(&pilot, "active", 1);
    desk.publish("2", "activate");
    wait_for(&pilot, "active", 2);
    pilot.stop();
    pilot
}

#[test]
fn a_version_that_does_worse_than_the_formula_is_gone_back_from_by_itself() {
    let region = Region::start();
    let mut pilot = with_a_bad_version(&region);
    NOW_MS.store(edge_node::store::now().ms(), Ordering::SeqCst);
    let today = u32::try_from(now().ms().div_euclid(DAY_MS)).expect("a day");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let state = StateDir::new(pilot.state());
    let opened = state.open_store().expect("its store");
    let depot = Opened::open(state, opened.store.clone(), &runtime);
    runtime.block_on(async {
        depot.ask_until(2).await;
        // A day with too few trips says nothing, of drift and of the version.
        depot.ride(1..151).await;
        NOW_MS.fetch_add(DAY_MS, Ordering::SeqCst);
        let facts = depot.facts_of(today).await.facts;
        assert_eq!((facts.active, facts.active_errors.pairs), (Some(2), 150));
        assert!(!facts.columns.is_empty());
        assert!(facts.columns.iter().all(|column| column.verdict == Verdict::TooFew));
        depot.ride(151..PAIRS_MIN).await;
        assert_eq!(depot.in_use().0, State::Active, "199 cases are too few");
        depot.ask_until(2).await;
        depot.ride(PAIRS_MIN..PAIRS_MIN + 1).await;
        depot.ask_until(1).await;
        let (state, note) =
            depot.wait(|| Some(depot.in_use()).filter(|s| s.0 != State::Active)).await;
        assert_eq!(state, State::RolledBack);
        assert!(note.contains("went back from version 2: over 200 cases"), "{note}");
    });
    drop(depot);
    runtime.shutdown_timeout(LONGEST);
    opened.close();
    let listed = at(&pilot);
    assert_eq!(listed["life"]["active"]["version"], 1, "{listed}");
    let explained = run(pilot.nested(&["models", "explain"]).arg(MODEL));
    assert!(explained.contains("went back: 1 times"), "{explained}");
    // Barred: the order to use it was obeyed, and is not obeyed again.
    pilot.serve();
    let console = region.hub.console();
    let path = format!("/api/v1/models/{MODEL}/depots");
    until("the hub hears that it went back", LONGEST, || {
        let depots = console.get(&path);
        let here = depots["items"].as_array()?.iter().find(|item| item["site"] == "NBO-1")?;
        (here["state"] == "rolled_back" && here["active"] == 1).then_some(())
    });
    region.close(vec![pilot]);
}

/// Bytes of files that are on their way.
fn arrived_bytes(depot: &system_tests::depot::Depot) -> u64 {
    let entries = std::fs::read_dir(depot.state().join("models/partial")).into_iter().flatten();
    entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|file| file.len()).sum()
}

#[test]
fn a_file_that_was_cut_off_is_fetched_on_from_where_it_was() {
    /// Beside the file: the session, its acknowledgements, and what was in flight as the cable parted.
    const BESIDE_BYTES: u64 = 200_000;
    let region = Region::start();
    let mut pilot = region.depot("NBO-1");
    let desk = Desk::open(&region);
    let made = version(region.path(), 1, None);
    let file_bytes = std::fs::metadata(made.join("model.onnx")).expect("a network").len();
    desk.import(&made);
    run(&mut desk.by(0, &["ring", "pilot", "NBO-1"]));
    region.cable.cut_after_down(file_bytes * 3 / 4);
    desk.publish("1", "activate");
    let mut before = 0;
    until("most of the file is there, and no more comes", LONGEST, || {
        let arrived = arrived_bytes(&pilot);
        let still = arrived > 2 * BESIDE_BYTES && arrived == before;
        before = arrived;
        still.then_some(())
    });
    // Power fails too: nothing but the disk knows how far it was.
    pilot.kill9();
    let arrived = arrived_bytes(&pilot);
    assert!(arrived < file_bytes, "{arrived} of {file_bytes}");
    let (_, carried) = region.cable.carried_bytes();
    region.cable.mend();
    pilot.serve();
    wait_for(&pilot, "active", 1);
    let (_, carried_then) = region.cable.carried_bytes();
    let sent = carried_then - carried;
    assert!(
        sent < file_bytes - arrived + BESIDE_BYTES,
        "{sent} bytes came for {file_bytes}, of which {arrived} were there"
    );
    let checked = run(&mut pilot.nested(&["models", "verify"]));
    assert!(checked.contains("1 versions checked"), "{checked}");
    region.close(vec![pilot]);
}
