//! A node's session against the driver and a real store, over a pipe in this process.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../shared-model/tests/day/mod.rs"]
#[allow(
    clippy::inconsistent_digit_grouping,
    clippy::too_many_lines,
    unfulfilled_lint_expectations,
    reason = "the core's own settings of the lints do not hold here"
)]
mod day;
mod region;

use std::time::Duration;

use region::{Base, NOW, SITES, busy, count, enrol, hello, lived, seal};
use shared_model::id::EntryId;
use shared_model::log::{EntryBytes, Epoch, Range, Scope, Seal, Seq};
use shared_model::network::denylist::{Denylist, DenylistRefused};
use shared_model::sync::v1::{
    Batch, Bye, ByeReason, EdgeAction, EdgeSession, FeedItem, Frame, OwnHead, Status,
};
use shared_model::tax::Jurisdiction;
use sync_hub::clock;
use sync_hub::store::HubStore;
use sync_hub::sync::driver::{Driver, FrameSink, FrameSource};
use sync_hub::sync::endpoint::close;
use sync_link::codec::{Inbound, Message, Outbound};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SOON: Duration = Duration::from_secs(20);

struct Source(mpsc::Receiver<Vec<u8>>);
struct Sink(mpsc::Sender<Vec<u8>>);

impl FrameSource for Source {
    async fn recv(&mut self) -> anyhow::Result<Option<Vec<u8>>> {
        Ok(self.0.recv().await)
    }
}

impl FrameSink for Sink {
    async fn send(&mut self, frame: Vec<u8>) -> anyhow::Result<()> {
        Ok(self.0.send(frame).await?)
    }
}

/// A node at the other end of a pipe: answers its session from what it holds in memory.
struct Edge<'d> {
    depot: &'d day::Depot,
    log: Vec<EntryBytes>,
    session: EdgeSession,
    outbound: Outbound,
    inbound: Inbound,
    to_hub: mpsc::Sender<Vec<u8>>,
    from_hub: mpsc::Receiver<Vec<u8>>,
    hub: JoinHandle<u32>,
    acks: usize,
    first_sent: Option<Seq>,
    told: bool,
    feed: Vec<FeedItem>,
    cursor: u64,
    incarnation: Vec<u8>,
    tail: Vec<EntryBytes>,
    forked: bool,
    bye: Option<Bye>,
    /// Of shut out nodes.
    lists: Vec<Vec<u8>>,
}

fn dial<'d>(
    driver: &Driver,
    depot: &'d day::Depot,
    log: Vec<EntryBytes>,
    cursor: u64,
    incarnation: Option<Vec<u8>>,
) -> Edge<'d> {
    dial_holding(driver, depot, log, cursor, incarnation, 0)
}

/// A node that holds a list of shut out nodes of this version.
fn dial_holding<'d>(
    driver: &Driver,
    depot: &'d day::Depot,
    log: Vec<EntryBytes>,
    cursor: u64,
    incarnation: Option<Vec<u8>>,
    denylist: u64,
) -> Edge<'d> {
    let (to_hub, at_hub) = mpsc::channel(2);
    let (hub_out, from_hub) = mpsc::channel(2);
    let (driver, node) = (driver.clone(), depot.node());
    let hub = tokio::spawn(async move { driver.run(node, Source(at_hub), Sink(hub_out)).await });
    let hello = hello(depot, &log);
    let session = EdgeSession::new(OwnHead {
        node,
        site: hello.site,
        heads: hello.heads,
        hub_incarnation: incarnation,
        cursor,
        software: hello.software,
        now: NOW,
    })
    .holding_denylist(denylist);
    Edge {
        depot,
        log,
        session,
        outbound: Outbound::new(node),
        inbound: Inbound::new(node, 2),
        to_hub,
        from_hub,
        hub,
        acks: 0,
        first_sent: None,
        told: false,
        feed: Vec::new(),
        cursor,
        incarnation: Vec::new(),
        tail: Vec::new(),
        forked: false,
        bye: None,
        lists: Vec::new(),
    }
}

impl Edge<'_> {
    /// Goes on until the condition holds.
    async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let going = async {
            loop {
                while let Some(action) = self.session.poll_action() {
                    self.act(action).await;
                }
                if holds(self) {
                    return;
                }
                match self.from_hub.recv().await {
                    Some(frame) => self.hear(&frame),
                    None => panic!("the hub hung up before: {what}"),
                }
            }
        };
        tokio::time::timeout(SOON, going).await.unwrap_or_else(|_| panic!("never: {what}"));
    }

    fn hear(&mut self, frame: &[u8]) {
        match self.inbound.decode(frame).unwrap() {
            Message::Frame(frame) => self.session.handle_frame(frame),
            Message::Acks(acks) => self.session.handle_acks(acks, 0),
            Message::Denylist(list) => self.lists.push(list),
        }
        self.outbound.speak(self.session.protocol());
    }

    async fn act(&mut self, action: EdgeAction) {
        match action {
            EdgeAction::Send(frame) => {
                self.told |= matches!(frame, Frame::Status(_));
                if let Frame::Batch(batch) = &frame {
                    self.first_sent.get_or_insert(batch.first);
                }
                // The hub may have hung up, which the next read tells.
                let _ = self.to_hub.send(self.outbound.encode(&frame.into())).await;
            }
            EdgeAction::ReadOwn { epoch, range, entries_max, .. } => {
                let (entries, seals) = self.own(epoch, range, entries_max.min(300));
                self.session.handle_own_entries(entries, seals);
            }
            EdgeAction::Met { incarnation, .. } => self.incarnation = incarnation,
            EdgeAction::StoreFeed { items, position } => {
                self.feed.extend(items);
                self.cursor = position;
                self.session.handle_feed_stored(position);
            }
            EdgeAction::OpenEpoch { .. } => {
                let heads = hello(self.depot, &self.log).heads;
                self.session.handle_epoch_opened(heads);
            }
            EdgeAction::StoreTail { entries, complete, .. } => {
                self.tail.extend(entries.iter().cloned());
                self.log.extend(entries);
                let heads = hello(self.depot, &self.log).heads;
                self.session.handle_tail_stored(complete, heads);
            }
            EdgeAction::NoteAck(_) => self.acks += 1,
            EdgeAction::ReadStatus => self.session.handle_status(self.status()),
            EdgeAction::NoteFork { .. } => self.forked = true,
            EdgeAction::Close(bye) => self.bye = Some(bye),
        }
    }

    fn own(&self, epoch: Epoch, range: Range, most: usize) -> (Vec<EntryBytes>, Vec<Seal>) {
        let in_range = |entry: &&EntryBytes| {
            let at = entry.entry().position;
            at.epoch == epoch && range.first <= at.seq && at.seq <= range.last
        };
        let entries: Vec<_> = self.log.iter().filter(in_range).take(most).cloned().collect();
        let last = entries.len() - 1;
        let sealed = entries
            .iter()
            .enumerate()
            .filter(|(index, entry)| *index == last || entry.entry().scope != Scope::Site);
        let seals = sealed.map(|(_, entry)| seal(&self.depot.key, entry)).collect();
        (entries, seals)
    }

    fn status(&self) -> Status {
        let head = self.log.last().map(|entry| entry.entry().position);
        let digest = self.depot.memory.digest(self.depot.node());
        Status {
            epoch: head.map_or(Epoch(1), |head| head.epoch),
            seq: head.map_or(Seq(0), |head| head.seq),
            digest: digest.to_bytes().to_vec().into(),
            unsent: 0,
            quarantined: 0,
            clock_trusted: true,
        }
    }

    /// Hangs up, and says with which code the hub would close the link.
    async fn hang_up(self) -> u32 {
        drop((self.to_hub, self.from_hub));
        tokio::time::timeout(SOON, self.hub).await.unwrap().unwrap()
    }
}

async fn until(store: &HubStore, what: &str, sql: &str) {
    let deadline = tokio::time::Instant::now() + SOON;
    while count(store, sql).await == 0 {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn driver(store: &HubStore) -> Driver {
    Driver::new(store.clone(), CancellationToken::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_catches_up_agrees_and_receives_what_is_for_it() {
    let base = Base::new().await;
    let store = base.open().await;
    let driver = driver(&store);
    let region = lived(3, 400);
    for depot in &region.depots {
        enrol(&store, depot).await;
    }
    let mut edges = Vec::new();
    for depot in &region.depots {
        let mut edge = dial(&driver, depot, depot.log.clone(), 0, None);
        edge.until("all is sent and told", |edge| edge.told).await;
        edges.push(edge);
    }
    until(&store, "all agree", "SELECT count(*) / 3 FROM node WHERE agrees").await;
    for (index, edge) in edges.iter_mut().enumerate() {
        let node = edge.depot.node();
        let others = region.depots.iter().filter(|depot| depot.node() != node);
        let for_it = others.flat_map(|depot| &depot.log);
        let expected = for_it.filter(|entry| entry.entry().scope.reaches(node)).count();
        edge.until("the feed came", |edge| edge.feed.len() >= expected).await;
        assert_eq!(edge.feed.len(), expected, "depot {index}");
        for item in &edge.feed {
            let author = region.depots.iter().find(|d| d.node() == item.seal.position.node);
            author.unwrap().key.public().check(&item.seal).unwrap();
        }
    }
    // With the same cursor nothing comes twice.
    let edge = edges.pop().unwrap();
    let (depot, cursor, met) = (edge.depot, edge.cursor, edge.incarnation.clone());
    assert_eq!(edge.hang_up().await, close::DONE);
    let mut again = dial(&driver, depot, depot.log.clone(), cursor, Some(met));
    again.until("all is told", |edge| edge.told).await;
    assert!(again.feed.is_empty());
    assert_eq!(again.acks, 0, "nothing was sent again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_node_gets_its_lost_tail_back() {
    let base = Base::new().await;
    let store = base.open().await;
    let driver = driver(&store);
    let depot = busy(30);
    enrol(&store, &depot).await;
    let mut edge = dial(&driver, &depot, depot.log.clone(), 0, None);
    edge.until("all is told", |edge| edge.told).await;
    edge.hang_up().await;
    let mut restored = dial(&driver, &depot, depot.log[..20].to_vec(), 0, None);
    restored.until("the tail came", |edge| edge.told).await;
    assert_eq!(restored.log, depot.log);
    assert_eq!(restored.tail.len(), depot.log.len() - 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_is_fenced_and_its_branch_set_aside() {
    let base = Base::new().await;
    let store = base.open().await;
    let driver = driver(&store);
    let depot = busy(8);
    enrol(&store, &depot).await;
    let mut edge = dial(&driver, &depot, depot.log.clone(), 0, None);
    edge.until("all is told", |edge| edge.told).await;
    edge.hang_up().await;
    let mut branch = depot.log.clone();
    for entry in &mut branch[6..] {
        let mut changed = entry.entry().clone();
        changed.id = EntryId::new(Uuid::now_v7());
        *entry = EntryBytes::seal_in(changed).unwrap();
    }
    let branch = region::rechained(&branch);
    let mut clone = dial(&driver, &depot, branch, 0, None);
    clone.until("its branch is set aside", |edge| edge.forked && edge.told).await;
    until(&store, "the node is fenced", "SELECT count(*) FROM node WHERE status = 'fenced'").await;
    let apart = "SELECT count(*) FROM quarantine WHERE NOT in_chain AND reason = 'forked'";
    assert_eq!(count(&store, apart).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_breaks_ends_alone() {
    let base = Base::new().await;
    let store = base.open().await;
    let driver = driver(&store);
    let depot = busy(3);
    // Not enrolled yet.
    let mut stranger = dial(&driver, &depot, depot.log.clone(), 0, None);
    stranger.until("it is turned away", |edge| edge.bye.is_some()).await;
    assert_eq!(stranger.bye.as_ref().unwrap().reason, ByeReason::NotEnrolled);
    assert_eq!(stranger.hang_up().await, close::NOT_ENROLLED);
    enrol(&store, &depot).await;
    // Noise.
    let mut noisy = dial(&driver, &depot, depot.log.clone(), 0, None);
    noisy.to_hub.send(vec![0xff; 40]).await.unwrap();
    noisy.until("it is told off", |edge| edge.bye.is_some()).await;
    assert_eq!(noisy.bye.as_ref().unwrap().reason, ByeReason::Misbehaved);
    assert_eq!(noisy.hang_up().await, close::PROTOCOL);
    // Another session of the same node takes over.
    let mut older = dial(&driver, &depot, depot.log.clone(), 0, None);
    older.until("all is told", |edge| edge.told).await;
    let mut newer = dial(&driver, &depot, depot.log.clone(), 0, None);
    newer.until("all is told", |edge| edge.told).await;
    older.until("it gives way", |edge| edge.bye.is_some()).await;
    assert_eq!(older.bye.as_ref().unwrap().reason, ByeReason::Done);
    assert_eq!(driver.connected(), [depot.node()]);
    // Revoked, it is shut out.
    let id = EntryId::new(Uuid::now_v7());
    store.revoke(id, depot.node(), "stolen", clock::now()).await.unwrap();
    newer.hang_up().await;
    let mut revoked = dial(&driver, &depot, depot.log.clone(), 0, None);
    revoked.until("it is shut out", |edge| edge.bye.is_some()).await;
    assert_eq!(revoked.bye.as_ref().unwrap().reason, ByeReason::Revoked);
}

/// A box whose link broke dials again before the hub has noticed: what had arrived whole counts.
#[tokio::test(flavor = "multi_thread")]
async fn a_newer_session_begins_where_the_older_one_had_received() {
    let base = Base::new().await;
    let store = base.open().await;
    let driver = driver(&store);
    let depot = busy(60);
    enrol(&store, &depot).await;
    let mut older = dial(&driver, &depot, depot.log[..40].to_vec(), 0, None);
    older.until("all is told", |edge| edge.told).await;
    // Frames that the hub has and has not looked at when the next session says hello.
    let at = |seq: usize| depot.log[seq - 1].entry().position;
    for first in [41, 46] {
        let entries = depot.log[first - 1..first + 4].to_vec();
        let seals = vec![seal(&depot.key, &entries[4])];
        let entries = entries.into_iter().map(|entry| entry.into_bytes().into()).collect();
        let batch = Batch { epoch: Epoch(1), first: at(first).seq, entries, seals };
        let frame = older.outbound.encode(&Frame::Batch(batch).into());
        older.to_hub.send(frame).await.unwrap();
    }
    let mut newer = dial(&driver, &depot, depot.log.clone(), 0, None);
    newer.until("all is told", |edge| edge.told).await;
    assert_eq!(newer.first_sent, Some(at(51).seq), "none of it is sent again");
}

/// A depot beside the one of [`busy`].
fn second() -> day::Depot {
    day::Region::new(Jurisdiction::KE, &SITES[..2]).depots.remove(1)
}

/// What a box wrote until it was revoked stays; what it still has is set aside with its bytes, once, and
/// it is sent away. Everybody else is given the list.
#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_box_hands_in_what_it_has_and_others_learn_of_it() {
    let base = Base::new().await;
    let store = base.open().await;
    let driver = driver(&store);
    let (depot, other) = (busy(60), second());
    enrol(&store, &depot).await;
    enrol(&store, &other).await;
    let mut first = dial(&driver, &depot, depot.log[..40].to_vec(), 0, None);
    first.until("all is told", |edge| edge.told).await;
    assert!(first.lists.is_empty(), "nobody was shut out");
    let mut standing_by = dial(&driver, &other, Vec::new(), 0, None);
    standing_by.until("it is met", |edge| !edge.incarnation.is_empty()).await;

    let id = EntryId::new(Uuid::now_v7());
    store.revoke(id, depot.node(), "stolen", clock::now()).await.unwrap();
    first.until("it is cut off at once", |edge| edge.bye.is_some()).await;
    assert_eq!(first.bye.as_ref().unwrap().reason, ByeReason::Revoked);
    standing_by.until("the list has come", |edge| !edge.lists.is_empty()).await;
    let list = Denylist::open(&standing_by.lists[0], &store.identity().author_key).unwrap();
    let cut = list.denied.cut(depot.node()).unwrap();
    let at = |seq: usize| depot.log[seq - 1].entry().position;
    assert_eq!(cut.heads().collect::<Vec<_>>(), [(at(40).epoch, at(40).seq)]);

    let mut again = dial(&driver, &depot, depot.log.clone(), 0, None);
    again.until("it is sent away", |edge| edge.bye.is_some()).await;
    assert_eq!(again.bye.as_ref().unwrap().reason, ByeReason::Revoked);
    assert_eq!(again.first_sent, Some(at(41).seq));
    assert!(again.feed.is_empty(), "it is told nothing");
    let aside = "SELECT count(*), min(seq), max(length(bytes)) FROM quarantine
                 WHERE node = $1 AND reason = 'revoked' AND in_chain";
    let client = store.client().await.unwrap();
    let row = client.query_one(aside, &[depot.node().as_uuid()]).await.unwrap();
    let beyond = i64::try_from(depot.log.len() - 40).unwrap();
    assert_eq!((row.get::<_, i64>(0), row.get::<_, i64>(1)), (beyond, 41));
    assert!(row.get::<_, i32>(2) > 0, "with their bytes");
    let log = "SELECT max(seq) FROM log WHERE node = $1";
    let row = client.query_one(log, &[depot.node().as_uuid()]).await.unwrap();
    assert_eq!(row.get::<_, i64>(0), 40, "no effect");
    let mut third = dial(&driver, &depot, depot.log.clone(), 0, None);
    third.until("it is sent away", |edge| edge.bye.is_some()).await;
    assert_eq!(third.first_sent, None, "it was heard out once");
}

/// A hub whose database went back to an earlier hour learns from any node whom it had shut out.
#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_was_put_back_is_told_whom_it_shut_out() {
    let base = Base::new().await;
    let store = base.open().await;
    let driver = driver(&store);
    let (depot, other) = (busy(5), second());
    enrol(&store, &depot).await;
    enrol(&store, &other).await;
    let id = EntryId::new(Uuid::now_v7());
    store.revoke(id, depot.node(), "stolen", clock::now()).await.unwrap();
    let mut informed = dial(&driver, &other, Vec::new(), 0, None);
    informed.until("the list has come", |edge| !edge.lists.is_empty()).await;
    let list = informed.lists[0].clone();
    let client = store.client().await.unwrap();
    client.execute("DELETE FROM denylist", &[]).await.unwrap();
    client.execute("UPDATE node SET status = 'active'", &[]).await.unwrap();

    let mut spoiled = list.clone();
    *spoiled.last_mut().unwrap() ^= 1;
    assert_eq!(store.take_denylist(&spoiled, NOW).await.unwrap(), Err(DenylistRefused::NotSigned));
    informed.hang_up().await;
    let mut informed = dial_holding(&driver, &other, Vec::new(), 0, None, 1);
    informed.until("the hub says that it has none", |edge| !edge.lists.is_empty()).await;
    assert_eq!(informed.lists, [Vec::<u8>::new()]);
    let message = informed.outbound.encode(&Message::Denylist(list.clone()));
    informed.to_hub.send(message).await.unwrap();
    informed.until("the hub has signed anew", |edge| edge.lists.len() == 2).await;
    let old = Denylist::open(&list, &store.identity().author_key).unwrap();
    let new = Denylist::open(&informed.lists[1], &store.identity().author_key).unwrap();
    assert!(new.version > old.version && new.denied == old.denied);
    assert_eq!(store.take_denylist(&list, NOW).await.unwrap(), Ok(false), "nothing new");
    let mut revoked = dial(&driver, &depot, depot.log.clone(), 0, None);
    revoked.until("it is sent away", |edge| edge.bye.is_some()).await;
    assert_eq!(revoked.bye.as_ref().unwrap().reason, ByeReason::Revoked);
}
