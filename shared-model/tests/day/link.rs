//! A node and its hub with stores in memory and a link that a seed cuts anywhere: between two
//! frames, between a commit and its acknowledgement, in the middle of a recovery.

use std::collections::{BTreeMap, VecDeque};

use shared_model::id::NodeId;
use shared_model::log::{
    AuthorPublicKey, EntryBytes, Epoch, Hash, Position, Range, Scope, Seal, Seq,
};
use shared_model::records::{Memory, WorkingSet};
use shared_model::sync::v1::{
    Ack, Candidate, EdgeAction, EdgeSession, EpochHead, EpochHeld, FeedItem, Finding, Frame, Hello,
    HubAction, HubSession, OwnHead, Standing, Status,
};
use shared_model::sync::v2::{self, Acks, Packed, Packer, Unpacker};
use shared_model::workflows::{Stamp, inspect, project};

use super::dice::Dice;
use super::{Depot, MORNING};

/// Entries in one frame here: few, so that a day has many frames.
const BATCH: usize = 3;

/// What the hub keeps of one node's log.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) chain: BTreeMap<(Epoch, Seq), (Vec<u8>, Option<Seal>)>,
    pub(crate) quarantined: Vec<(Position, Vec<u8>)>,
    pub(crate) admitted_fork: Option<(Epoch, Seq)>,
    pub(crate) digest: Option<Vec<u8>>,
}

/// The hub's store.
#[derive(Debug, Default)]
pub(crate) struct HubStore {
    pub(crate) nodes: BTreeMap<NodeId, Kept>,
    pub(crate) memory: Memory,
    pub(crate) feed: Vec<(NodeId, Scope, FeedItem)>,
    keys: BTreeMap<NodeId, AuthorPublicKey>,
    hub: Option<(NodeId, AuthorPublicKey)>,
}

impl HubStore {
    /// Knows the nodes; its own log is in the feed from the beginning.
    pub(crate) fn new(hub: &Depot, depots: &[&Depot]) -> Self {
        let keys = depots.iter().map(|depot| (depot.node(), depot.key.public())).collect();
        let mut store = Self { keys, hub: Some((hub.node(), hub.key.public())), ..Self::default() };
        for entry in &hub.log {
            let seal = hub.key.seal(entry.entry().position, entry.hash());
            store.project(entry);
            store.publish(entry, Some(seal));
        }
        store
    }

    fn publish(&mut self, entry: &EntryBytes, seal: Option<Seal>) {
        let Some(seal) = seal.filter(|_| entry.entry().scope != Scope::Site) else { return };
        let item = FeedItem { entry: entry.as_bytes().to_vec().into(), seal };
        self.feed.push((entry.entry().position.node, entry.entry().scope, item));
    }

    fn project(&mut self, entry: &EntryBytes) -> bool {
        let Ok(Some(body)) = inspect(entry.entry(), self.hub) else { return false };
        let stamp = Stamp {
            author: entry.entry().position.node,
            at: entry.entry().hlc.at(),
            staff: entry.entry().actor,
        };
        let mut set = WorkingSet::default();
        let mut view = shared_model::records::View::new(&mut set, &mut self.memory);
        match project(&mut view, &stamp, &body) {
            Ok(()) => {}
            Err(never) => match never {},
        }
        self.memory.save(&mut set);
        true
    }

    fn held(&self, node: NodeId) -> Vec<EpochHeld> {
        self.heads(node)
            .into_iter()
            .map(|head| EpochHeld {
                epoch: head.epoch,
                ranges: vec![Range { first: Seq(1), last: head.seq }],
            })
            .collect()
    }

    fn heads(&self, node: NodeId) -> Vec<EpochHead> {
        let mut heads: BTreeMap<Epoch, EpochHead> = BTreeMap::new();
        for ((epoch, seq), (bytes, _)) in self.nodes.get(&node).iter().flat_map(|k| &k.chain) {
            let (epoch, seq, hash) = (*epoch, *seq, Hash::of(bytes));
            heads.insert(epoch, EpochHead { epoch, seq, hash });
        }
        heads.into_values().collect()
    }

    fn standing(&self, hello: &Hello) -> Option<Standing> {
        let kept = self.nodes.get(&hello.node);
        let hash_of = |head: &EpochHead| {
            let (bytes, _) = kept?.chain.get(&(head.epoch, head.seq))?;
            Some(Hash::of(bytes))
        };
        Some(Standing {
            hub: self.hub?.0,
            incarnation: vec![1; 16],
            author_key: *self.keys.get(&hello.node)?,
            revoked: false,
            held: self.held(hello.node),
            heads: self.heads(hello.node),
            hash_at_theirs: hello.heads.iter().map(|head| (head.epoch, hash_of(head))).collect(),
            admitted_fork: kept.and_then(|kept| kept.admitted_fork),
            now: MORNING,
        })
    }

    /// One transaction. Only what stands in the chain counts as held: a fork set aside must not
    /// keep the true owner of those places from sending its own.
    fn ingest(&mut self, node: NodeId, candidates: Vec<Candidate>) -> Ack {
        let mut set_aside = Vec::new();
        for candidate in candidates {
            let place = (candidate.position.epoch, candidate.position.seq);
            let kept = self.nodes.entry(node).or_default();
            let known = kept.chain.get(&place).map(|(bytes, _)| Hash::of(bytes));
            if known == Some(candidate.hash) {
                continue;
            }
            let forked = matches!(candidate.finding, Finding::Forked(_)) || known.is_some();
            if forked {
                let again = (candidate.position, candidate.bytes);
                if !kept.quarantined.contains(&again) {
                    kept.quarantined.push(again);
                }
                continue;
            }
            kept.chain.insert(place, (candidate.bytes.clone(), candidate.seal));
            let sound = match candidate.finding {
                Finding::Chained(entry) | Finding::Held(entry) | Finding::Forked(entry) => {
                    let sound = self.project(&entry);
                    if sound {
                        self.publish(&entry, candidate.seal);
                    } else {
                        set_aside.push(entry.entry().id);
                    }
                    sound
                }
                Finding::Malformed(_) | Finding::Misplaced => false,
            };
            if !sound {
                let kept = self.nodes.entry(node).or_default();
                kept.quarantined.push((candidate.position, candidate.bytes));
            }
        }
        let quarantined = self.nodes.get(&node).map_or(0, |kept| kept.quarantined.len() as u64);
        Ack { held: self.held(node), quarantined, set_aside }
    }

    fn tail(&self, node: NodeId, epoch: Epoch, range: Range) -> (Vec<Vec<u8>>, Vec<Seal>) {
        let from = (epoch, range.first)..=(epoch, range.last);
        let chain = &self.nodes[&node].chain;
        let some: Vec<_> = chain.range(from).take(BATCH).map(|(_, kept)| kept.clone()).collect();
        let seals = some.iter().filter_map(|(_, seal)| *seal).collect();
        (some.into_iter().map(|(bytes, _)| bytes).collect(), seals)
    }

    fn feed(&self, reader: NodeId, after: u64) -> (Vec<FeedItem>, u64) {
        let after = usize::try_from(after).unwrap();
        let until = (after + 2 * BATCH).min(self.feed.len());
        let items = self.feed[after.min(until)..until]
            .iter()
            .filter(|(author, scope, _)| *author != reader && scope.reaches(reader))
            .map(|(_, _, item)| item.clone())
            .collect();
        (items, until as u64)
    }
}

/// A node's store: the depot, what it heard, and how far.
#[derive(Debug)]
pub(crate) struct EdgeStore {
    pub(crate) depot: Depot,
    pub(crate) heard: Vec<EntryBytes>,
    pub(crate) cursor: u64,
    pub(crate) forks: usize,
    incarnation: Option<Vec<u8>>,
}

impl EdgeStore {
    pub(crate) fn new(depot: Depot) -> Self {
        Self { depot, heard: Vec::new(), cursor: 0, forks: 0, incarnation: None }
    }

    /// What a backup holds.
    pub(crate) fn backup(&self) -> Self {
        let mut depot = Depot::new(self.depot.site.clone(), self.depot.hub_key);
        depot.log.clone_from(&self.depot.log);
        depot.epoch = self.depot.epoch;
        let mut copy = Self {
            depot,
            heard: self.heard.clone(),
            cursor: self.cursor,
            forks: 0,
            incarnation: self.incarnation.clone(),
        };
        copy.rebuild();
        copy
    }

    /// The records anew, from the entries alone.
    pub(crate) fn rebuild(&mut self) {
        let hub = self.depot.site.hub.zip(self.depot.hub_key);
        let (mut set, mut memory) = (WorkingSet::default(), Memory::default());
        self.depot.log.sort_by_key(|entry| entry.entry().position);
        for entry in self.depot.log.iter().chain(&self.heard) {
            super::take_in(&mut set, &mut memory, entry, hub);
        }
        memory.save(&mut set);
        self.depot.set = set;
        self.depot.memory = memory;
    }

    fn heads(&self) -> Vec<EpochHead> {
        let mut heads = BTreeMap::new();
        heads.insert(self.depot.epoch, EpochHead::empty(self.depot.epoch));
        for entry in &self.depot.log {
            let (at, hash) = (entry.entry().position, entry.hash());
            heads.insert(at.epoch, EpochHead { epoch: at.epoch, seq: at.seq, hash });
        }
        heads.into_values().collect()
    }

    fn own_head(&self) -> OwnHead {
        OwnHead {
            node: self.depot.node(),
            site: self.depot.site.site.clone(),
            heads: self.heads(),
            hub_incarnation: self.incarnation.clone(),
            cursor: self.cursor,
            software: "test".into(),
            now: MORNING,
        }
    }

    fn read_own(&self, epoch: Epoch, range: Range) -> (Vec<EntryBytes>, Vec<Seal>) {
        let wanted = |entry: &&EntryBytes| {
            let at = entry.entry().position;
            at.epoch == epoch && (range.first..=range.last).contains(&at.seq)
        };
        let some: Vec<EntryBytes> =
            self.depot.log.iter().filter(wanted).take(BATCH).cloned().collect();
        let last = some.last().map(EntryBytes::hash);
        let seals = some
            .iter()
            .filter(|entry| entry.entry().scope != Scope::Site || Some(entry.hash()) == last)
            .map(|entry| self.depot.key.seal(entry.entry().position, entry.hash()))
            .collect();
        (some, seals)
    }

    fn store_feed(&mut self, items: Vec<FeedItem>, position: u64) {
        let hub = self.depot.site.hub.zip(self.depot.hub_key);
        for item in items {
            let entry = EntryBytes::parse(item.entry.into()).unwrap();
            let at = entry.entry().position;
            assert_eq!(item.seal.position, at);
            if self.heard.iter().any(|heard| heard.entry().position == at) {
                continue;
            }
            let depot = &mut self.depot;
            super::take_in(&mut depot.set, &mut depot.memory, &entry, hub);
            depot.memory.save(&mut depot.set);
            self.heard.push(entry);
        }
        self.cursor = position;
    }

    /// A new epoch, unless the lost one is over already; what was written in its lost places is
    /// written again in the new one, under its own id.
    fn open_epoch(&mut self, epoch: Epoch, first: Seq) {
        if self.depot.epoch > epoch {
            return;
        }
        self.depot.epoch = epoch.next();
        let lost = |entry: &EntryBytes| {
            entry.entry().position.epoch == epoch && entry.entry().position.seq >= first
        };
        let (moved, kept): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.depot.log).into_iter().partition(lost);
        self.depot.log = kept;
        let mut prev = self.depot.log.last().map_or(Hash::ZERO, EntryBytes::hash);
        for (seq, entry) in (1..).zip(moved) {
            let mut entry = entry.entry().clone();
            entry.position.epoch = self.depot.epoch;
            entry.position.seq = Seq(seq);
            entry.prev = prev;
            let entry = EntryBytes::seal_in(entry).unwrap();
            prev = entry.hash();
            self.depot.log.push(entry);
        }
        self.rebuild();
    }

    fn store_tail(&mut self, entries: Vec<EntryBytes>) {
        for entry in entries {
            let at = entry.entry().position;
            if !self.depot.log.iter().any(|held| held.entry().position == at) {
                self.depot.log.push(entry);
            }
        }
        self.rebuild();
    }
}

/// What is on its way: as bytes of version 1, or packed.
#[derive(Debug)]
enum Carried {
    Plain(Vec<u8>),
    Packed(Packed),
    Acks(Vec<u8>),
}

const UP: usize = 0;
const DOWN: usize = 1;

/// One session over one connection. Frames and store work wait until the dice let them happen.
#[derive(Debug)]
pub(crate) struct Link {
    edge: EdgeSession,
    hub: HubSession,
    node: NodeId,
    up: VecDeque<Carried>,
    down: VecDeque<Carried>,
    packing: [Packer; 2],
    unpacking: [Unpacker; 2],
    edge_work: VecDeque<EdgeAction>,
    hub_work: VecDeque<HubAction>,
    told: usize,
    steps: usize,
}

impl Link {
    pub(crate) fn open(edge: &EdgeStore) -> Self {
        Self::between(edge, v2::PROTOCOL, v2::PROTOCOL)
    }

    /// Each side speaks no later version than it is given.
    pub(crate) fn between(edge: &EdgeStore, edge_max: u16, hub_max: u16) -> Self {
        let node = edge.depot.node();
        Self {
            edge: EdgeSession::offering(edge.own_head(), edge_max),
            hub: HubSession::offering(node, hub_max),
            node,
            packing: [Packer::new(node), Packer::new(node)],
            unpacking: [Unpacker::new(node), Unpacker::new(node)],
            up: VecDeque::new(),
            down: VecDeque::new(),
            edge_work: VecDeque::new(),
            hub_work: VecDeque::new(),
            told: edge.depot.log.len(),
            steps: 0,
        }
    }

    /// Whether nothing is left to happen.
    pub(crate) fn is_quiet(&self) -> bool {
        self.up.is_empty()
            && self.down.is_empty()
            && self.edge_work.is_empty()
            && self.hub_work.is_empty()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.edge.is_closed() || self.hub.is_closed()
    }

    /// One thing happens: a frame arrives or a store finishes its work.
    pub(crate) fn step(&mut self, edge: &mut EdgeStore, hub: &mut HubStore, dice: &mut Dice) {
        self.steps += 1;
        if edge.depot.log.len() > self.told {
            self.told = edge.depot.log.len();
            self.edge.handle_appended(*edge.heads().last().unwrap());
        }
        self.collect();
        match dice.below(4) {
            0 => self.frame_up(),
            1 => self.frame_down(),
            2 => self.work_at_edge(edge),
            _ => self.work_at_hub(hub),
        }
        self.collect();
    }

    /// The hub's feed grew through somebody else.
    pub(crate) fn feed_grew(&mut self) {
        self.hub.handle_feed_grew();
        self.collect();
    }

    fn collect(&mut self) {
        self.edge_work.extend(std::iter::from_fn(|| self.edge.poll_action()));
        self.hub_work.extend(std::iter::from_fn(|| self.hub.poll_action()));
    }

    /// How much has happened.
    pub(crate) const fn steps(&self) -> usize {
        self.steps
    }

    /// What both agreed on.
    pub(crate) const fn protocol(&self) -> u16 {
        self.edge.protocol()
    }

    fn frame_up(&mut self) {
        if let Some(carried) = self.up.pop_front() {
            let frame = self.read(carried, UP).unwrap();
            self.hub.handle_frame(frame);
        }
    }

    fn frame_down(&mut self) {
        match self.down.pop_front() {
            Some(Carried::Acks(bytes)) => {
                self.edge.handle_acks(Acks::decode(&bytes[1..]).unwrap(), 0);
            }
            Some(carried) => {
                let frame = self.read(carried, DOWN).unwrap();
                self.edge.handle_frame(frame);
            }
            None => {}
        }
    }

    fn carry(&mut self, frame: &Frame, way: usize) -> Carried {
        let protocol = [self.edge.protocol(), self.hub.protocol()][way];
        let packs = protocol >= v2::PROTOCOL && !matches!(frame, Frame::Welcome(_));
        match packs.then(|| self.packing[way].pack(frame)).flatten() {
            Some(packed) => Carried::Packed(packed),
            None => Carried::Plain(frame.encode()),
        }
    }

    fn read(&mut self, carried: Carried, way: usize) -> Option<Frame> {
        match carried {
            Carried::Plain(bytes) => Some(Frame::decode(&bytes).unwrap()),
            Carried::Packed(Packed { tag, plain, raw }) => {
                Some(self.unpacking[way].unpack(tag, &plain, &raw).unwrap())
            }
            Carried::Acks(_) => None,
        }
    }

    fn work_at_edge(&mut self, store: &mut EdgeStore) {
        match self.edge_work.pop_front() {
            Some(EdgeAction::Send(frame)) => {
                let carried = self.carry(&frame, UP);
                self.up.push_back(carried);
            }
            Some(EdgeAction::ReadOwn { epoch, range, .. }) => {
                let (entries, seals) = store.read_own(epoch, range);
                self.edge.handle_own_entries(entries, seals);
            }
            Some(EdgeAction::Met { incarnation, cursor, .. }) => {
                store.incarnation = Some(incarnation);
                store.cursor = cursor;
            }
            Some(EdgeAction::StoreFeed { items, position }) => {
                store.store_feed(items, position);
                self.edge.handle_feed_stored(position);
            }
            Some(EdgeAction::OpenEpoch { epoch, first, .. }) => {
                store.open_epoch(epoch, first);
                self.edge.handle_epoch_opened(store.heads());
            }
            Some(EdgeAction::StoreTail { entries, complete, .. }) => {
                store.store_tail(entries);
                self.told = store.depot.log.len();
                self.edge.handle_tail_stored(complete, store.heads());
            }
            Some(EdgeAction::ReadStatus) => {
                let head = *store.heads().last().unwrap();
                let digest = store.depot.memory.digest(self.node).to_bytes().to_vec();
                self.edge.handle_status(Status {
                    epoch: head.epoch,
                    seq: head.seq,
                    digest: digest.into(),
                    unsent: 0,
                    quarantined: 0,
                    clock_trusted: true,
                });
            }
            Some(EdgeAction::NoteFork { .. }) => store.forks += 1,
            Some(EdgeAction::NoteAck(_) | EdgeAction::Close(_)) | None => {}
        }
    }

    fn work_at_hub(&mut self, store: &mut HubStore) {
        match self.hub_work.pop_front() {
            Some(HubAction::Send(frame)) => {
                let carried = self.carry(&frame, DOWN);
                self.down.push_back(carried);
            }
            Some(HubAction::Acknowledge(acks)) => {
                self.down.push_back(Carried::Acks(acks.encode()));
            }
            Some(HubAction::LookUp(hello)) => self.hub.handle_standing(store.standing(&hello)),
            Some(HubAction::Ingest(candidates)) => {
                let ack = store.ingest(self.node, candidates);
                self.hub.handle_ingested(ack);
            }
            Some(HubAction::ReadTail { epoch, range }) => {
                let (entries, seals) = store.tail(self.node, epoch, range);
                self.hub.handle_tail(entries, seals);
            }
            Some(HubAction::ReadFeed { after }) => {
                let (items, position) = store.feed(self.node, after);
                self.hub.handle_feed(items, position);
            }
            Some(HubAction::NoteStatus(status)) => {
                let kept = store.nodes.entry(self.node).or_default();
                kept.digest = Some(status.digest.into());
            }
            Some(
                HubAction::NoteCursor { .. } | HubAction::NoteFork { .. } | HubAction::Close(_),
            )
            | None => {}
        }
    }
}
