//! What a depot takes in of an author that was shut out, whatever way it comes, and by which hours it
//! judges.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use depot_store::{Hub, Meta, Opening, Store, migrate, newest_denylist, put_hub, write_beside};
use shared_model::id::{EntryId, NodeId};
use shared_model::log::{AuthorKey, Entry, EntryBytes, Epoch, Hash, Position, Scope, Seq};
use shared_model::money::Currency;
use shared_model::network;
use shared_model::network::denylist::{Cut, Denied, Denylist, DenylistRefused};
use shared_model::sync::v1::FeedItem;
use shared_model::tax::Jurisdiction;
use shared_model::time::{ClockTrust, Hlc, Timestamp};
use shared_model::workflows::{Body, Event, Site};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use uuid::Uuid;

const NOON: i64 = 1_795_000_000_000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn node(number: u128) -> NodeId {
    NodeId::new(Uuid::from_u128(number))
}

fn key(number: u8) -> AuthorKey {
    AuthorKey::from_secret(&[number; 32])
}

/// Who writes what: the hub is 9, the depot under test 1, the other depot 2.
struct Depot {
    runtime: Runtime,
    store: Store,
    cursor: u64,
    folder: TempDir,
}

fn opening() -> Opening {
    Opening {
        site: Site {
            node: node(1),
            hub: Some(node(9)),
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
        author_key: key(1),
        process: [7; 16],
        built_ms: NOON,
    }
}

fn item(author: u8, epoch: u32, seq: u64, at_ms: i64, events: Vec<Event>) -> FeedItem {
    let position = Position { node: node(author.into()), epoch: Epoch(epoch), seq: Seq(seq) };
    let body = Body { events, postings: Vec::new() };
    let number = u128::from(author) << 64 | u128::from(epoch) << 32 | u128::from(seq);
    let entry = EntryBytes::seal_in(Entry {
        position,
        prev: Hash::ZERO,
        hlc: Hlc::from_parts(Timestamp::from_ms(at_ms), 0),
        clock: ClockTrust::Trusted,
        scope: Scope::Region,
        kind: 105,
        schema: body.schema(),
        id: EntryId::new(Uuid::from_u128(number)),
        actor: None,
        payload: body.encode().into(),
    })
    .unwrap();
    let seal = key(author).seal(position, entry.hash());
    FeedItem { entry: entry.into_bytes().into(), seal }
}

fn list(version: u64, issued_ms: i64, denied: &[(u128, &[(u32, u64)])]) -> Vec<u8> {
    let mut all = Denied::default();
    for (number, heads) in denied {
        let heads = heads.iter().map(|(epoch, seq)| (Epoch(*epoch), Seq(*seq)));
        all.deny(node(*number), &Cut::at(heads));
    }
    let region = "nairobi".parse().unwrap();
    let issued = Timestamp::from_ms(issued_ms);
    Denylist { region, version, issued, denied: all }.sign(&key(9)).unwrap()
}

impl Depot {
    /// One that knows the other depot.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("depot.sqlite");
        migrate(&path, node(1)).unwrap();
        let hub = Hub { node: node(9), author_key: key(9).public() };
        write_beside(&path, |db| put_hub(db, hub)).unwrap();
        let runtime = Builder::new_current_thread().build().unwrap();
        let store = Store::open(&path, opening()).unwrap().0;
        let mut depot = Self { runtime, store, cursor: 0, folder };
        let enrolled = network::Event::NodeEnrolled {
            node: node(2),
            site: "NBO-2".parse().unwrap(),
            entity: "KE".parse().unwrap(),
            author_key: key(2).public(),
        };
        depot.hear(item(9, 1, 1, NOON, vec![enrolled.into()]));
        depot
    }

    fn hear(&mut self, item: FeedItem) {
        self.cursor += 1;
        self.runtime.block_on(self.store.store_feed(vec![item], self.cursor)).unwrap();
    }

    fn take(&self, list: Vec<u8>) -> Result<bool, DenylistRefused> {
        let taken = self.runtime.block_on(self.store.take_denylist(list)).unwrap();
        taken.map(|taken| taken.news)
    }

    fn meta(&self) -> Meta {
        self.runtime.block_on(self.store.read(Meta::read)).unwrap()
    }

    /// Entries of the other depot: in the log, and set aside with their bytes.
    fn held(&self) -> (i64, i64) {
        let count = |sql: &'static str| {
            self.runtime.block_on(self.store.read(move |db| {
                let author = *node(2).as_uuid().as_bytes();
                Ok(db.query_row(sql, [author], |row| row.get::<_, i64>(0))?)
            }))
        };
        let log = count("SELECT count(*) FROM log WHERE node = ?1").unwrap();
        let aside = count("SELECT count(*) FROM quarantine WHERE node = ?1 AND length(bytes) > 0");
        (log, aside.unwrap())
    }

    /// A new process on the same files.
    fn reopen(&mut self) {
        let path = self.folder.path().join("depot.sqlite");
        self.store = Store::open(&path, opening()).unwrap().0;
    }
}

#[test]
fn what_a_shut_out_author_wrote_above_its_cut_is_set_aside_and_below_it_counts() {
    let mut depot = Depot::new();
    depot.hear(item(2, 1, 1, NOON, Vec::new()));
    assert_eq!(depot.take(list(3, NOON, &[(2, &[(1, 5)])])), Ok(true));
    // The hub's own word that it is out does not void what stands below the cut.
    let revoked =
        network::Event::NodeRevoked { node: node(2), cut: Seq(5), reason: "stolen".into() };
    depot.hear(item(9, 1, 2, NOON, vec![revoked.into()]));
    for (epoch, seq, held) in [(1, 5, (2, 0)), (1, 6, (2, 1)), (2, 1, (2, 2)), (1, 6, (2, 2))] {
        depot.hear(item(2, epoch, seq, NOON, Vec::new()));
        assert_eq!(depot.held(), held, "epoch {epoch}, entry {seq}");
    }
    depot.reopen();
    assert_eq!(depot.meta().denylist, 3);
    depot.hear(item(2, 1, 7, NOON, Vec::new()));
    assert_eq!(depot.held(), (2, 3), "after a restart too");
}

#[test]
fn only_the_hub_shuts_out_and_no_list_ever_lets_in_again() {
    let mut depot = Depot::new();
    let second = list(2, NOON, &[(2, &[(1, 5)])]);
    assert_eq!(depot.take(second.clone()), Ok(true));
    assert_eq!(depot.take(second.clone()), Ok(false), "again");
    let older = Err(DenylistRefused::Older { offered: 1, held: 2 });
    assert_eq!(depot.take(list(1, NOON, &[])), older);
    let mut forged = list(9, NOON, &[]);
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(depot.take(forged), Err(DenylistRefused::NotSigned));
    assert_eq!(depot.take(list(3, NOON, &[(2, &[(1, 90)])])), Ok(false), "a cut never moves up");
    depot.hear(item(2, 1, 6, NOON, Vec::new()));
    assert_eq!(depot.held(), (0, 1));
    let newest = depot.runtime.block_on(depot.store.read(newest_denylist)).unwrap().unwrap();
    assert_eq!(newest.0.version, 3);
    assert_eq!(depot.meta().refused, None);
    let _ = depot.take(list(4, NOON, &[(1, &[]), (2, &[(1, 5)])]));
    assert_eq!(depot.meta().refused.as_deref(), Some("node-revoked"), "it learns of itself");
}

#[test]
fn the_floor_of_time_is_raised_by_what_the_hub_signed_and_by_nothing_else() {
    let mut depot = Depot::new();
    let floor = |depot: &Depot| depot.meta().hub_now.ms();
    assert_eq!(floor(&depot), NOON, "the hub's first entry");
    depot.hear(item(9, 1, 2, NOON + DAY_MS, Vec::new()));
    assert_eq!(floor(&depot), NOON + DAY_MS);
    // A list that was carried here by hand.
    let _ = depot.take(list(1, NOON + 2 * DAY_MS, &[(3, &[])]));
    assert_eq!(floor(&depot), NOON + 2 * DAY_MS);
    // Neither another depot's clock that is years ahead, nor an older word of the hub, moves it.
    depot.hear(item(2, 1, 1, NOON + 4_000 * DAY_MS, Vec::new()));
    depot.hear(item(9, 1, 3, NOON, Vec::new()));
    depot.reopen();
    assert_eq!(floor(&depot), NOON + 2 * DAY_MS);
}
