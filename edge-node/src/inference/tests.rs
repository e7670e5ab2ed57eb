//! The life of a bundle on a real disk and a real store: cut, filled, bent and forged at every step.
//! Bundles here are tables, which are looked up and not run; networks run in the scenarios.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use inference::{Author, Failure};
use model_bundle::{Sha256Hash, Verified};
use serde_json::json;
use shared_model::blob::BlobId;
use shared_model::id::{EntryId, ModelCode, NodeId};
use shared_model::inference::{
    Announcement, Event, KEYS_SIGNING_CONTEXT, MANIFEST_SIGNING_CONTEXT, ORDER_SIGNING_CONTEXT,
    State, Step, keys_message, order_message,
};
use shared_model::log::{AuthorKey, Entry, EntryBytes, Epoch, Hash, Position, Scope, Seq};
use shared_model::money::Currency;
use shared_model::sync::v1::FeedItem;
use shared_model::tax::Jurisdiction;
use shared_model::time::{ClockTrust, Hlc, Timestamp};
use shared_model::workflows::{Body, Site};
use tempfile::TempDir;
use uuid::Uuid;

use super::blobs::{BlobError, Blobs, hash};
use super::disk::{Disk, DiskStep};
use super::runner::Runner;
use super::{Baseline, Models, Parts, Question};
use crate::store::{Hub, Meta, Opening, Store, migrate, put_hub, write_beside};

const NODE: NodeId = NodeId::new(Uuid::from_u128(100));
const HUB: NodeId = NodeId::new(Uuid::from_u128(900));
const PIECE_BYTES: usize = 700;
const ROOM: u64 = 1024 * 1024;

/// 2026-11-21; tests that need another day set it.
static NOW_MS: AtomicI64 = AtomicI64::new(1_795_219_200_000);

fn now() -> Timestamp {
    Timestamp::from_ms(NOW_MS.load(Ordering::SeqCst))
}

/// Tables need no worker: none can be started.
struct NoWorker;

impl Runner for NoWorker {
    fn load(&mut self, _: Arc<Verified>) -> Result<(), Failure> {
        Err(Failure::CannotStart { reason: "tables are not run".to_owned() })
    }

    fn unload(&mut self, _: Sha256Hash) {}

    fn predict(&mut self, _: Sha256Hash, _: &[f32], _: Duration) -> Result<Vec<f32>, Failure> {
        Err(Failure::NotLoaded)
    }
}

/// The region's hub: its log, its keys, and the bundles that it hands out.
struct Region {
    author: AuthorKey,
    keys: [AuthorKey; 2],
    seq: u64,
    orders: u64,
    blobs: BTreeMap<BlobId, Vec<u8>>,
    manifests: BTreeMap<u32, Vec<u8>>,
}

impl Region {
    fn new() -> Self {
        Self {
            author: AuthorKey::from_secret(&[9; 32]),
            keys: [AuthorKey::from_secret(&[21; 32]), AuthorKey::from_secret(&[22; 32])],
            seq: 0,
            orders: 0,
            blobs: BTreeMap::new(),
            manifests: BTreeMap::new(),
        }
    }

    fn entry(&mut self, event: Event) -> FeedItem {
        self.seq += 1;
        let body = Body { events: vec![event.into()], postings: Vec::new() };
        let position = Position { node: HUB, epoch: Epoch(1), seq: Seq(self.seq) };
        let entry = EntryBytes::seal_in(Entry {
            position,
            prev: Hash::ZERO,
            hlc: Hlc::from_parts(now(), u16::try_from(self.seq).unwrap()),
            clock: ClockTrust::Trusted,
            scope: Scope::Region,
            kind: 105,
            schema: body.schema(),
            id: EntryId::new(Uuid::from_u128(u128::from(self.seq))),
            actor: None,
            payload: body.encode().into(),
        })
        .unwrap();
        let seal = self.author.seal(position, entry.hash());
        FeedItem { entry: entry.into_bytes().into(), seal }
    }

    fn pin(&mut self) -> FeedItem {
        let [current, next] = [0, 1].map(|key| self.keys[key].public());
        let message = keys_message(&current, &next, 1);
        let signature = self.keys[0].sign(KEYS_SIGNING_CONTEXT, &message).into();
        self.entry(Event::KeysPinned {
            current,
            next,
            generation: 1,
            signed_by: current,
            signature,
        })
    }

    /// A bundle whose table has so many articles, each of some ten bytes.
    fn bundle(
        &mut self,
        version: u32,
        articles: usize,
        change: impl FnOnce(&mut serde_json::Value),
    ) {
        let schema = features::discover::SCHEMA;
        let article = |at| features::discover::Article {
            name: format!("a{at:06}"),
            support: 1,
            neighbours: Vec::new(),
        };
        let table = features::discover::Table::new(version, (0..articles).map(article).collect());
        let tables = table.unwrap().encode();
        let golden = [b"OMGV".as_slice(), &[1, 0, 1, 0, 1, 0, 1, 0], &[0; 8]].concat();
        let card = json!({"format": 1, "title": "t", "purpose": "p", "made_with": "m",
            "data": format!("d{version}"), "limits": ["l"], "sections": []});
        let card = card.to_string().into_bytes();
        let file = |name: &str, bytes: &[u8]| json!({"name": name, "sha256": hash(bytes), "bytes": bytes.len()});
        let mut manifest = json!({
            "format": 1, "id": "discover", "version": version, "kind": "tables",
            "files": [file("tables.cbor", &tables), file("golden.bin", &golden),
                file("card.json", &card)],
            "runtime_min": "0.1.0",
            "feature_schema": {"name": schema.name, "sha256": schema.sha256()},
            "outputs": [], "batch_plans": [],
            "tolerance": {"relative": 0.0, "absolute": 0.0},
            "trained": {"from": "2026-01-01", "until": "2026-06-30", "rows": 9, "seed": 1},
            "scores": [], "expires_on": "2027-11-21",
        });
        change(&mut manifest);
        let manifest = manifest.to_string().into_bytes();
        for bytes in [tables, golden, card, manifest.clone()] {
            self.blobs.insert(hash(&bytes), bytes);
        }
        self.manifests.insert(version, manifest);
    }

    fn announcement(&mut self, version: u32, step: Step) -> Announcement {
        self.orders += 1;
        let manifest = &self.manifests[&version];
        let mut order = Announcement {
            model: model(),
            version,
            manifest: hash(manifest),
            manifest_bytes: manifest.len() as u64,
            bundle_bytes: 0,
            step,
            ring: "all".parse().unwrap(),
            sites: Vec::new(),
            number: self.orders,
            key: self.keys[0].public(),
            manifest_signature: self.keys[0].sign(MANIFEST_SIGNING_CONTEXT, manifest).into(),
            signature: [0; 64].into(),
        };
        self.sign(&mut order);
        order
    }

    fn sign(&self, order: &mut Announcement) {
        let message = order_message(order);
        order.signature = self.keys[0].sign(ORDER_SIGNING_CONTEXT, &message).into();
    }

    fn order(&mut self, version: u32, step: Step) -> FeedItem {
        let order = self.announcement(version, step);
        self.entry(Event::ModelAnnounced(Box::new(order)))
    }
}

fn model() -> ModelCode {
    "discover".parse().unwrap()
}

/// A depot's store and its folder of models.
struct Depot {
    store: Store,
    region: Region,
    cursor: u64,
    folder: TempDir,
}

impl Depot {
    /// One whose hub has pinned its keys, and published versions 1 to 3.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depot.sqlite");
        let mut region = Region::new();
        migrate(&path, NODE).unwrap();
        let hub = Hub { node: HUB, author_key: region.author.public() };
        write_beside(&path, |db| put_hub(db, hub)).unwrap();
        let opening = Opening {
            site: Site {
                node: NODE,
                hub: Some(HUB),
                site: "NBO-1".parse().unwrap(),
                region: "nairobi".parse().unwrap(),
                entity: "KE".parse().unwrap(),
                currency: Currency::KES,
                jurisdiction: Jurisdiction::KE,
                bins: Vec::new(),
                unsellable: Vec::new(),
                rider_fee_minor: 0,
                count_variance_minor_max: 0,
            },
            author_key: AuthorKey::from_secret(&[7; 32]),
            process: [7; 16],
            built_ms: 0,
        };
        let store = Store::open(&path, opening).unwrap().0;
        for version in 1..=3 {
            region.bundle(version, 200, |_| {});
        }
        let pin = region.pin();
        let mut depot = Self { store, region, cursor: 0, folder };
        depot.hear(pin).await;
        depot
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("models")
    }

    async fn hear(&mut self, item: FeedItem) {
        self.cursor += 1;
        self.store.store_feed(vec![item], self.cursor).await.unwrap();
    }

    async fn ordered(&mut self, version: u32, step: Step) {
        let item = self.region.order(version, step);
        self.hear(item).await;
    }

    async fn announced(&mut self, change: impl FnOnce(&Region, &mut Announcement)) {
        let mut order = self.region.announcement(1, Step::Activate);
        change(&self.region, &mut order);
        let item = self.region.entry(Event::ModelAnnounced(Box::new(order)));
        self.hear(item).await;
    }

    /// What the hub hears of today.
    async fn reported(&self, models: &Models) -> shared_model::inference::Facts {
        let key = shared_model::inference::report_key(&model(), models.today());
        let read = self.store.read(move |db| {
            crate::store::record::<shared_model::inference::ModelFacts>(db, NODE, &key)
        });
        read.await.unwrap().unwrap().facts
    }

    fn open(&self, root: &Path, disk: Disk, bytes_max: u64) -> Models {
        let parts = Parts {
            store: self.store.clone(),
            site: "NBO-1".parse().unwrap(),
            root: root.to_owned(),
            disk,
            bytes_max,
            runners: [Box::new(NoWorker), Box::new(NoWorker)],
            now,
        };
        Models::open(parts).unwrap().0
    }

    fn models(&self) -> Models {
        self.open(&self.root(), Disk::default(), ROOM)
    }

    /// Brings what is wanted, in pieces, until nothing is.
    fn fetch(&self, models: &Models) -> Result<bool, BlobError> {
        let wanted = models.wanted().borrow().clone();
        for wanted in &wanted {
            let bytes = &self.region.blobs[&wanted.blob];
            let at = usize::try_from(models.blobs().arrived_bytes(wanted.blob)).unwrap();
            for piece in bytes[at.min(bytes.len())..].chunks(PIECE_BYTES) {
                models.blobs().append(wanted.blob, piece)?;
            }
            models.blobs().finish(wanted.blob)?;
        }
        Ok(!wanted.is_empty())
    }

    /// Looks and fetches until all orders are carried out, or nothing moves any more.
    async fn settle(&self, models: &Models) {
        for _ in 0..8 {
            models.pass().await;
            match self.fetch(models) {
                Ok(true) => {}
                Ok(false) => return,
                // What arrived wrong was thrown away; the next look asks for it again.
                Err(_) => continue,
            }
        }
    }
}

fn active(models: &Models) -> Option<u32> {
    models.lives().unwrap().get(&model())?.active.map(|held| held.version)
}

fn standing(models: &Models) -> (State, String) {
    models.standings().get(&model()).map(|s| (s.state, s.note.clone())).unwrap()
}

/// The version that answers now, checked whole.
fn answers(models: &Models) -> Option<u32> {
    models.table(&model()).map(|bundle| bundle.manifest().version.0)
}

#[tokio::test]
async fn a_bundle_is_fetched_verified_tried_used_and_kept_to_go_back_to() {
    let mut depot = Depot::new().await;
    let models = depot.models();
    depot.ordered(1, Step::Shadow).await;
    models.pass().await;
    assert_eq!(standing(&models).0, State::Downloading);
    depot.settle(&models).await;
    assert_eq!(standing(&models), (State::Shadow, String::new()));
    assert_eq!(answers(&models), None, "a trial does not answer");
    for version in 1..=3 {
        depot.ordered(version, Step::Activate).await;
        depot.settle(&models).await;
        assert_eq!(answers(&models), Some(version));
    }
    let life = models.life(&model());
    assert_eq!(life.previous.map(|held| held.version), Some(2));
    assert_eq!(life.shadow, None);
    // Version 1 is named by nothing any more; the golden vectors are the same in all.
    let files = std::fs::read_dir(depot.root().join("blobs")).unwrap().count();
    assert_eq!(files, 7);
    // After a restart the same answers.
    let again = depot.models();
    again.pass().await;
    assert_eq!(answers(&again), Some(3));
}

#[tokio::test]
async fn a_bit_flipped_on_the_way_is_noticed_and_fetched_again() {
    let mut depot = Depot::new().await;
    let models = depot.models();
    depot.ordered(1, Step::Activate).await;
    models.pass().await;
    let wanted = models.wanted().borrow()[0];
    let mut bytes = depot.region.blobs[&wanted.blob].clone();
    bytes[17] ^= 4;
    models.blobs().append(wanted.blob, &bytes).unwrap();
    assert!(matches!(models.blobs().finish(wanted.blob), Err(BlobError::Damaged { .. })));
    assert_eq!(models.blobs().arrived_bytes(wanted.blob), 0);
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(1));
}

#[tokio::test]
async fn a_file_that_rots_on_the_disk_is_fetched_again_and_the_baseline_answers_meanwhile() {
    let mut depot = Depot::new().await;
    let models = depot.models();
    depot.ordered(1, Step::Activate).await;
    depot.settle(&models).await;
    drop(models);
    for entry in std::fs::read_dir(depot.root().join("blobs")).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        std::fs::write(&path, bytes).unwrap();
    }
    let models = depot.models();
    models.pass().await;
    assert_eq!(answers(&models), None);
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(1));
}

#[tokio::test]
async fn what_no_pinned_key_signed_is_refused() {
    let stranger = AuthorKey::from_secret(&[66; 32]);
    for forged in 0..4 {
        let mut depot = Depot::new().await;
        let models = depot.models();
        depot
            .announced(|region, order| match forged {
                // The order is a stranger's, then not the one that was signed.
                0 => {
                    order.key = stranger.public();
                    let message = order_message(order);
                    order.signature = stranger.sign(ORDER_SIGNING_CONTEXT, &message).into();
                }
                1 => order.step = Step::Rollback,
                // The order is sound, its manifest signed by nobody, or by a stranger.
                2 => {
                    order.manifest_signature = [1; 64].into();
                    region.sign(order);
                }
                _ => {
                    let manifest = &region.manifests[&1];
                    let signature = stranger.sign(MANIFEST_SIGNING_CONTEXT, manifest);
                    order.manifest_signature = signature.into();
                    region.sign(order);
                }
            })
            .await;
        depot.settle(&models).await;
        let (state, note) = standing(&models);
        assert_eq!((state, answers(&models)), (State::Refused, None), "{forged}");
        assert!(note.contains("remedy"), "{note}");
    }
}

#[tokio::test]
async fn an_older_version_needs_a_signed_rollback() {
    let mut depot = Depot::new().await;
    let models = depot.models();
    depot.ordered(3, Step::Activate).await;
    depot.settle(&models).await;
    depot.ordered(2, Step::Activate).await;
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(3));
    assert!(standing(&models).1.contains("older"), "{}", standing(&models).1);
    depot.ordered(2, Step::Rollback).await;
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(2));
    depot.ordered(2, Step::Pause).await;
    depot.settle(&models).await;
    assert_eq!((answers(&models), standing(&models).0), (None, State::Paused));
    depot.ordered(2, Step::Resume).await;
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(2));
}

#[tokio::test]
async fn a_bundle_for_other_features_an_expired_one_and_one_for_a_later_runtime_are_refused() {
    type Change = fn(&mut serde_json::Value);
    let changes: [(Change, &str); 5] = [
        (|m| m["feature_schema"]["sha256"] = json!("00".repeat(32)), "train for these features"),
        (|m| m["feature_schema"]["name"] = json!("weather/1"), "computes no features"),
        (|m| m["expires_on"] = json!("2026-11-20"), "expired"),
        (|m| m["runtime_min"] = json!("9.0.0"), "needs runtime"),
        (|m| m["id"] = json!("demand"), "announced as another"),
    ];
    for (change, reason) in changes {
        let mut depot = Depot::new().await;
        depot.region.bundle(4, 10, change);
        let models = depot.models();
        depot.ordered(4, Step::Activate).await;
        depot.settle(&models).await;
        let (state, note) = standing(&models);
        assert_eq!(state, State::Refused, "{note}");
        assert!(note.contains(reason), "{note}");
    }
}

/// The hub's stamp says that the bundle's last day is over; the box's clock, which went back, does not.
#[tokio::test]
async fn a_clock_that_went_back_keeps_no_bundle_alive() {
    let mut depot = Depot::new().await;
    depot.region.bundle(4, 10, |m| m["expires_on"] = json!("2026-12-15"));
    let models = depot.models();
    depot.ordered(4, Step::Activate).await;
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(4));
    let before = NOW_MS.load(Ordering::SeqCst);
    NOW_MS.store(before + 40 * 86_400_000, Ordering::SeqCst);
    let said_later = depot.region.pin();
    NOW_MS.store(before, Ordering::SeqCst);
    depot.hear(said_later).await;
    depot.settle(&models).await;
    assert_eq!((answers(&models), standing(&models).0), (None, State::Expired));
    // A clock that was years ahead for an hour moves nothing.
    NOW_MS.store(before + 4_000 * 86_400_000, Ordering::SeqCst);
    depot.settle(&models).await;
    NOW_MS.store(before, Ordering::SeqCst);
    let meta = depot.store.read(Meta::read).await.unwrap();
    assert_eq!(meta.hub_now.ms(), before + 40 * 86_400_000);
}

#[tokio::test]
async fn models_take_no_more_of_the_disk_than_they_may() {
    let mut depot = Depot::new().await;
    depot.region.bundle(5, 6_000, |_| {});
    let models = depot.open(&depot.root(), Disk::default(), 40_000);
    depot.ordered(1, Step::Activate).await;
    depot.settle(&models).await;
    depot.ordered(5, Step::Activate).await;
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(1));
    let (state, note) = standing(&models);
    assert_eq!(state, State::Downloaded);
    assert!(note.contains("models may take 40000 bytes"), "{note}");
}

#[tokio::test]
async fn the_baseline_answers_with_its_reason_and_everything_is_written_down() {
    let depot = Depot::new().await;
    let parts = Parts {
        store: depot.store.clone(),
        site: "NBO-1".parse().unwrap(),
        root: depot.root(),
        disk: Disk::default(),
        bytes_max: ROOM,
        runners: [Box::new(NoWorker), Box::new(NoWorker)],
        now,
    };
    let (models, notes) = Models::open(parts).unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let running = tokio::spawn(models.clone().run(notes, stop.clone()));
    let question = Question {
        model: model(),
        subjects: vec!["a".to_owned(), "b".to_owned()],
        rows: vec![1.0, 2.0, 3.0, f32::NAN],
        baseline: Baseline { name: "popularity", values: vec![10.0, 20.0] },
    };
    let answer = models.predict(question, Duration::from_millis(50)).await;
    assert_eq!(answer.values, [10.0, 20.0]);
    let Author::Baseline { name, reason } = answer.by else { panic!("no model is in use") };
    assert_eq!((name.as_str(), reason.as_str()), ("popularity", "no version is active"));
    models.observe(&model(), "a", 12.5);
    models.written().await;
    let rows: Vec<(String, String, Option<f64>)> = depot
        .store
        .read(|db| {
            let mut rows =
                db.prepare("SELECT subject, role, actual FROM prediction ORDER BY id")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
        .unwrap();
    let role = "baseline".to_owned();
    assert_eq!(rows, [("a".to_owned(), role.clone(), Some(12.5)), ("b".to_owned(), role, None)]);
    stop.cancel();
    running.await.unwrap();
}

/// Counts the steps on a disk, and from one of them on lets nothing through.
struct Strike {
    at: usize,
    seen: AtomicUsize,
    error: io::ErrorKind,
    /// How many steps fail; a dead machine does none any more.
    steps: usize,
    done: Mutex<Vec<(DiskStep, Option<Vec<u8>>)>>,
}

impl Strike {
    fn new(at: usize, error: io::ErrorKind, steps: usize) -> Arc<Self> {
        Arc::new(Self { at, seen: AtomicUsize::new(0), error, steps, done: Mutex::default() })
    }

    fn disk(self: &Arc<Self>) -> Disk {
        let strike = Arc::clone(self);
        Disk::watched(Arc::new(move |step| {
            let seen = strike.seen.fetch_add(1, Ordering::SeqCst);
            if (strike.at..strike.at.saturating_add(strike.steps)).contains(&seen) {
                return Err(strike.error.into());
            }
            let replaced = match step {
                DiskStep::Rename(_, to) => std::fs::read(to).ok(),
                DiskStep::Append(_) | DiskStep::Sync(_) => None,
                DiskStep::SyncFolder(_) | DiskStep::Remove(_) => None,
            };
            strike.done.lock().unwrap().push((step.clone(), replaced));
            Ok(())
        }))
    }

    /// What a machine that lost its power would find: bytes that were not flushed are gone in part,
    /// and names that were not flushed are the old ones, if `lose_names`.
    fn lose_what_was_not_flushed(&self, lose_names: bool) {
        let done = self.done.lock().unwrap();
        for (at, (step, replaced)) in done.iter().enumerate().rev() {
            let later = &done[at + 1..];
            match step {
                DiskStep::Rename(from, to) if lose_names => {
                    let folder = to.parent().unwrap();
                    let flushed = later.iter().any(
                        |(step, _)| matches!(step, DiskStep::SyncFolder(path) if path == folder),
                    );
                    if !flushed && to.exists() {
                        std::fs::rename(to, from).unwrap();
                        if let Some(bytes) = replaced {
                            std::fs::write(to, bytes).unwrap();
                        }
                    }
                }
                DiskStep::Append(path) => {
                    let flushed = later
                        .iter()
                        .any(|(step, _)| matches!(step, DiskStep::Sync(other) if other == path));
                    if !flushed && path.exists() {
                        let bytes = std::fs::read(path).unwrap();
                        std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
                    }
                }
                DiskStep::Rename(..)
                | DiskStep::Sync(_)
                | DiskStep::SyncFolder(_)
                | DiskStep::Remove(_) => {}
            }
        }
    }
}

/// A depot that uses version 2, keeps 1, and is ordered to use 3, for which 1 must make room; and
/// the folder as it is before.
async fn about_to_switch() -> (Depot, PathBuf) {
    let mut depot = Depot::new().await;
    let models = depot.models();
    for version in [1, 2] {
        depot.ordered(version, Step::Activate).await;
        depot.settle(&models).await;
    }
    assert_eq!(active(&models), Some(2));
    drop(models);
    depot.ordered(3, Step::Activate).await;
    let before = depot.root();
    (depot, before)
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let there = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &there);
        } else {
            std::fs::copy(&path, &there).unwrap();
        }
    }
}

/// How many steps switching takes when nothing strikes.
async fn steps_of(depot: &Depot, before: &Path) -> usize {
    let root = depot.folder.path().join("whole");
    copy(before, &root);
    let counted = Strike::new(usize::MAX, io::ErrorKind::Other, 0);
    let models = depot.open(&root, counted.disk(), ROOM);
    depot.settle(&models).await;
    models.pass().await;
    assert_eq!(answers(&models), Some(3));
    counted.seen.load(Ordering::SeqCst)
}

#[tokio::test]
async fn a_power_cut_at_any_step_leaves_a_version_that_answers() {
    let (depot, before) = about_to_switch().await;
    let steps = steps_of(&depot, &before).await;
    assert!(steps > 20, "{steps} steps");
    for at in 0..steps {
        for lose_names in [false, true] {
            let root = depot.folder.path().join(format!("cut-{at}-{lose_names}"));
            copy(&before, &root);
            let strike = Strike::new(at, io::ErrorKind::Other, usize::MAX);
            let models = depot.open(&root, strike.disk(), ROOM);
            depot.settle(&models).await;
            drop(models);
            strike.lose_what_was_not_flushed(lose_names);
            let models = depot.open(&root, Disk::default(), ROOM);
            models.pass().await;
            let answering = answers(&models);
            assert!(matches!(answering, Some(2 | 3)), "cut at {at}: {answering:?}");
            depot.settle(&models).await;
            assert_eq!(answers(&models), Some(3), "cut at {at}, and it goes on");
        }
    }
}

#[tokio::test]
async fn a_full_disk_at_any_step_leaves_a_version_that_answers() {
    let (depot, before) = about_to_switch().await;
    let steps = steps_of(&depot, &before).await;
    for at in 0..steps {
        let root = depot.folder.path().join(format!("full-{at}"));
        copy(&before, &root);
        // Full for two steps, and then somebody makes room, in the same process.
        let strike = Strike::new(at, io::ErrorKind::StorageFull, 2);
        let models = depot.open(&root, strike.disk(), ROOM);
        models.pass().await;
        assert!(matches!(answers(&models), Some(2 | 3)), "full at {at}");
        depot.settle(&models).await;
        depot.settle(&models).await;
        assert_eq!(answers(&models), Some(3), "full at {at}, and it goes on");
    }
    // Started anew on a disk that stays full, with all of the new version here.
    let models = depot.open(&before, Disk::default(), ROOM);
    for _ in 0..2 {
        models.pass().await;
        assert!(depot.fetch(&models).unwrap());
    }
    drop(models);
    let full = Strike::new(0, io::ErrorKind::StorageFull, usize::MAX);
    let models = depot.open(&before, full.disk(), ROOM);
    models.pass().await;
    assert_eq!(answers(&models), Some(2));
}

#[tokio::test]
async fn a_version_that_did_worse_is_gone_back_from_and_the_hub_hears_of_it() {
    let mut depot = Depot::new().await;
    let models = depot.models();
    for version in [1, 2] {
        depot.ordered(version, Step::Activate).await;
        depot.settle(&models).await;
    }
    let left = models.life(&model()).active.unwrap();
    models.roll_back(&model(), left, "its error was above the baseline's");
    models.pass().await;
    assert_eq!(answers(&models), Some(1));
    let (state, note) = standing(&models);
    assert_eq!(state, State::RolledBack);
    assert!(note.contains("went back from version 2"), "{note}");
    let facts = depot.reported(&models).await;
    assert_eq!((facts.state, facts.active, facts.rollbacks), (State::RolledBack, Some(1), 1));
    assert!(facts.encoded_bytes() < shared_model::inference::FACTS_BYTES_MAX);
    // The hub's order to use version 2 was obeyed; only its word or a newer version brings it back.
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(1));
    depot.ordered(2, Step::Rollback).await;
    depot.settle(&models).await;
    assert_eq!(answers(&models), Some(2));
}

#[tokio::test]
async fn the_day_on_which_a_trial_ends_keeps_what_the_trial_showed() {
    let mut depot = Depot::new().await;
    let models = depot.models();
    depot.ordered(1, Step::Activate).await;
    depot.settle(&models).await;
    depot.ordered(2, Step::Shadow).await;
    depot.settle(&models).await;
    let (tried, today) = (models.life(&model()).shadow.unwrap(), models.today());
    let shown = super::sums::Day {
        rows: 250,
        pairs: 250,
        error: 500.0,
        baseline_error: 750.0,
        covered: 225,
        counts: Vec::new(),
    };
    let write = move |db: &rusqlite::Connection| {
        super::sums::put_day(db, today, &model(), "shadow", tried.manifest, &shown)
    };
    depot.store.write_local(move |db| write(db)).await.unwrap();
    depot.ordered(2, Step::Activate).await;
    depot.settle(&models).await;
    models.pass().await;
    let facts = depot.reported(&models).await;
    assert_eq!((facts.active, facts.shadow), (Some(2), None));
    let errors = facts.shadow_errors;
    assert_eq!((errors.pairs, errors.model_milli, errors.baseline_milli), (250, 2_000, 3_000));
    assert_eq!(errors.covered, Some(225));
}

#[test]
fn a_name_that_is_no_hash_is_cleared_away() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(folder.path(), Disk::default(), ROOM).unwrap();
    let kept = blobs.put(b"kept").unwrap();
    let unused = blobs.put(b"unused").unwrap();
    std::fs::write(folder.path().join("blobs").join("stray"), b"x").unwrap();
    assert_eq!(blobs.collect(&[kept].into()).unwrap(), 2);
    assert!(blobs.holds(kept) && !blobs.holds(unused));
    assert_eq!(blobs.read(kept).unwrap(), b"kept");
}
