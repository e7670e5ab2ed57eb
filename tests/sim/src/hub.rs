//! The hub's store in memory, under the contract of the one in Postgres: the same pure rules
//! (`shared_model::admission`), rows in maps where those are in tables. A call is a transaction: it is
//! done whole, or the base is put back. What it cannot show is SQL: locks, feed positions under
//! concurrent commits, isolation, and the statements themselves.

use std::collections::BTreeMap;
use std::sync::Arc;

use shared_model::admission::{
    Aside, Gathered, Page, ROUNDS_MAX, Shelf, Sorted, Step, Tip, Tips, Travels, Work, entry_of,
    epoch_after_rewind, held_of, page, reason, sort, travels,
};
use shared_model::id::{EntryId, NodeId};
use shared_model::log::{
    AuthorPublicKey, EntryBytes, Epoch, Hash, Position, Range, Scope, Seal, Seq,
};
use shared_model::records::{Digest, Kind, Record};
use shared_model::sync::v1::{
    Ack, BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, Candidate, EpochHead, FeedItem, Finding, Hello,
    Standing, Status,
};
use shared_model::time::{Hlc, Timestamp};
use shared_model::workflows::{Stamp, inspect};

use crate::bug::Bug;
use crate::region::{self, HUB};

/// Most entries of the feed in one frame, as the hub's own.
const FEED_ITEMS_MAX: usize = 500;

/// A place in a log.
pub type Place = (NodeId, Epoch, Seq);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeStatus {
    Active,
    Fenced,
    Revoked,
}

#[derive(Debug, Clone)]
pub struct Enrolled {
    pub key: AuthorPublicKey,
    pub status: NodeStatus,
    /// A person lets the branch in.
    pub admitted: bool,
    /// Whether the records were the same when both stood at one entry.
    pub agrees: Option<bool>,
}

#[derive(Debug, Clone)]
pub struct LogRow {
    pub id: EntryId,
    pub hash: Hash,
    pub bytes: Arc<[u8]>,
}

#[derive(Debug, Clone)]
pub struct AsideRow {
    pub id: Option<EntryId>,
    pub reason: &'static str,
    pub bytes: Arc<[u8]>,
    pub in_chain: bool,
    pub resolved: bool,
}

#[derive(Debug, Clone)]
struct FeedRow {
    place: Place,
    reader: Option<NodeId>,
}

/// What a backup of the database holds.
#[derive(Debug, Clone, Default)]
pub struct Base {
    pub nodes: BTreeMap<NodeId, Enrolled>,
    pub log: BTreeMap<Place, LogRow>,
    pub aside: BTreeMap<(Place, Hash), AsideRow>,
    seals: BTreeMap<Place, Seal>,
    pub tips: BTreeMap<NodeId, Tips>,
    feed: Vec<FeedRow>,
    pub records: BTreeMap<(Kind, NodeId), BTreeMap<String, Vec<u8>>>,
    pub digests: BTreeMap<NodeId, Digest>,
    /// The timeline in which the hub's own log was last written.
    pub(crate) own_timeline: u32,
}

/// The store of a running hub.
#[derive(Default)]
pub struct HubStore {
    pub base: Base,
    /// Which life of the database this is: another after a point-in-time recovery.
    timeline: u32,
    warm: BTreeMap<NodeId, (Digest, Shelf)>,
    pub bug: Option<Bug>,
}

/// Why a batch was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    NotEnrolled,
    Revoked,
    Moved,
}

/// What a transaction came to.
#[derive(Debug)]
pub struct Ingested {
    pub ack: Ack,
    /// The feed has grown.
    pub feed: bool,
}

/// One author's rows of one transaction.
pub(crate) struct Landing {
    pub(crate) author: NodeId,
    pub(crate) log: Vec<(Position, EntryBytes, Option<Seal>)>,
    pub(crate) tips: Vec<Tip>,
    pub(crate) gathered: Gathered,
}

impl HubStore {
    #[must_use]
    pub const fn of(base: Base, bug: Option<Bug>) -> Self {
        Self { base, timeline: 0, warm: BTreeMap::new(), bug }
    }

    /// Which life of the database this is, as nodes are told.
    #[must_use]
    pub fn incarnation(&self) -> Vec<u8> {
        self.timeline.to_be_bytes().to_vec()
    }

    pub(crate) const fn timeline(&self) -> u32 {
        self.timeline
    }

    /// The process begins anew: what it had in memory is gone.
    pub fn restart(&mut self) {
        self.warm.clear();
    }

    /// The database is put back to an earlier hour.
    pub fn rewind(&mut self, to: Base) {
        self.base = to;
        if self.bug != Some(Bug::RewindUnnoticed) {
            self.timeline += 1;
        }
    }

    /// Commits a batch, or several at once, of one node.
    ///
    /// # Errors
    /// [`Declined`]; then nothing was kept.
    pub fn ingest(&mut self, node: NodeId, candidates: &[Candidate]) -> Result<Ingested, Declined> {
        let known = self.base.nodes.get(&node).ok_or(Declined::NotEnrolled)?;
        if known.status == NodeStatus::Revoked && self.bug != Some(Bug::RevokedServed) {
            return Err(Declined::Revoked);
        }
        let tips = self.base.tips.get(&node).cloned().unwrap_or_default();
        let held: BTreeMap<(Epoch, Seq), Hash> = candidates
            .iter()
            .map(|candidate| (candidate.position.epoch, candidate.position.seq))
            .filter_map(|(epoch, seq)| Some(((epoch, seq), self.hash_at((node, epoch, seq))?)))
            .collect();
        let hub = (HUB, region::hub_key().public());
        let mut sorted = sort(node, &tips, &held, candidates, hub).map_err(|_| Declined::Moved)?;
        let mut steps = std::mem::take(&mut sorted.steps);
        if self.bug == Some(Bug::AppliedTwice) {
            steps.extend(held_again(candidates, &sorted));
        }
        let digest = self.digest(node);
        let shelf = match self.warm.remove(&node) {
            Some((of, shelf)) if of == digest => shelf,
            Some(_) | None => Shelf::default(),
        };
        let gathered = self.gather(steps, shelf);
        sorted.set_broken_aside(candidates, &gathered.broken);
        let kept: Vec<EntryId> = sorted.kept_ids(candidates).collect();
        self.resolve_forked(node, &kept);
        let log = sorted.kept.iter().filter_map(|kept| {
            let candidate = &candidates[kept.candidate];
            Some((candidate.position, entry_of(candidate)?.clone(), candidate.seal))
        });
        let landing = Landing {
            author: node,
            log: log.collect(),
            tips: sorted.grown.values().copied().collect(),
            gathered,
        };
        let feed = self.land(landing);
        for seal in sorted.seals(candidates) {
            let at = seal.position;
            self.base.seals.entry((at.node, at.epoch, at.seq)).or_insert(seal);
        }
        let set_aside = sorted.aside.iter().filter_map(|aside| aside.entry).collect();
        for aside in &sorted.aside {
            self.set_aside(&candidates[aside.candidate], aside);
        }
        if sorted.is_forked() {
            self.fence(node);
        }
        Ok(Ingested { ack: self.ack(node, set_aside), feed })
    }

    fn ack(&self, node: NodeId, set_aside: Vec<EntryId>) -> Ack {
        let open = |(place, row): (&(Place, Hash), &AsideRow)| place.0.0 == node && !row.resolved;
        let quarantined = self.base.aside.iter().filter(|row| open(*row)).count() as u64;
        let held = self.base.tips.get(&node).map(held_of).unwrap_or_default();
        Ack { held, quarantined, set_aside }
    }

    fn digest(&self, author: NodeId) -> Digest {
        self.base.digests.get(&author).copied().unwrap_or_default()
    }

    /// The hash of what is held in a place, set aside ones that took it included.
    fn hash_at(&self, place: Place) -> Option<Hash> {
        if let Some(row) = self.base.log.get(&place) {
            return Some(row.hash);
        }
        let aside = self.base.aside.range((place, Hash::ZERO)..);
        let mut here = aside.take_while(|((at, _), _)| *at == place);
        here.find(|(_, row)| row.in_chain).map(|((_, hash), _)| *hash)
    }

    /// Runs steps until they ask for nothing that is not at hand.
    pub(crate) fn gather(&self, steps: Vec<Step>, shelf: Shelf) -> Gathered {
        let mut work = Work::new(steps, shelf);
        for _ in 0..ROUNDS_MAX {
            let gathered = work.run();
            let asked = work.take_asked();
            if asked.is_empty() || !self.fetch(work.shelf(), asked) {
                return work.done(gathered);
            }
        }
        unreachable!("taking entries in asks for ever more records")
    }

    /// What the hub's `fetch` does, by table.
    pub(crate) fn fetch(&self, shelf: &mut Shelf, asked: shared_model::admission::Asked) -> bool {
        let mut any = false;
        for ((kind, author), keys) in asked.records {
            let bodies = self.base.records.get(&(kind, author));
            let found =
                keys.iter().filter_map(|key| Some((key.clone(), bodies?.get(key)?.clone())));
            let found = found.collect();
            any |= shelf.put_records(kind, author, keys, found);
        }
        for (kind, key) in asked.authors {
            let of_kind = self.base.records.iter().filter(|((found, _), _)| *found == kind);
            let authors: Vec<NodeId> = of_kind
                .filter(|(_, bodies)| bodies.contains_key(&key))
                .map(|((_, author), _)| *author)
                .collect();
            any |= !authors.is_empty();
            shelf.put_authors(kind, key, authors);
        }
        for document in asked.documents {
            shelf.put_document(document, None);
        }
        any
    }

    /// Writes what a transaction came to. Says whether the feed has grown.
    pub(crate) fn land(&mut self, landing: Landing) -> bool {
        let Landing { author, log, tips, mut gathered } = landing;
        if self.bug == Some(Bug::BalanceLost) && author != HUB {
            gathered.saved.pop_if(|saved| saved.kind == Kind::Balance);
        }
        let mut digest = self.digest(author);
        for saved in &gathered.saved {
            if let Some(replaced) = &saved.replaced {
                digest.remove(saved.kind, &saved.key, replaced);
            }
            digest.add(saved.kind, &saved.key, &saved.body);
            let bodies = self.base.records.entry((saved.kind, saved.author)).or_default();
            bodies.insert(saved.key.clone(), saved.body.clone());
        }
        self.base.digests.insert(author, digest);
        self.warm.insert(author, (digest, gathered.shelf.settle(&gathered.saved)));
        let feed_before = self.base.feed.len();
        for (at, entry, seal) in log {
            let place = (at.node, at.epoch, at.seq);
            let (id, scope) = (entry.entry().id, entry.entry().scope);
            let row = LogRow { id, hash: entry.hash(), bytes: entry.as_bytes().into() };
            self.base.log.insert(place, row);
            let scope = match self.bug {
                Some(Bug::ScopeLeaks) if scope == Scope::Site => Scope::Region,
                Some(_) | None => scope,
            };
            match travels(scope, seal.is_some()) {
                Travels::No | Travels::Unsealed => {}
                Travels::ToAll => self.base.feed.push(FeedRow { place, reader: None }),
                Travels::To(reader) => {
                    self.base.feed.push(FeedRow { place, reader: Some(reader) });
                }
            }
            if author == HUB
                && let Some(seal) = seal
            {
                self.base.seals.insert(place, seal);
            }
        }
        let known = self.base.tips.entry(author).or_default();
        known.extend(tips.into_iter().map(|tip| (tip.epoch, tip)));
        self.base.feed.len() > feed_before
    }

    fn set_aside(&mut self, candidate: &Candidate, aside: &Aside) {
        let at = candidate.position;
        let place = (at.node, at.epoch, at.seq);
        match self.bug {
            Some(Bug::QuarantineDropped) => return,
            Some(Bug::ForkOverwrites) if aside.reason == reason::FORKED => {
                if let Some(id) = aside.entry {
                    let (hash, bytes) = (candidate.hash, candidate.bytes.as_slice().into());
                    self.base.log.insert(place, LogRow { id, hash, bytes });
                }
                return;
            }
            Some(_) | None => {}
        }
        let row = self.base.aside.entry((place, candidate.hash)).or_insert_with(|| AsideRow {
            id: aside.entry,
            reason: aside.reason,
            bytes: candidate.bytes.as_slice().into(),
            in_chain: false,
            resolved: false,
        });
        row.in_chain |= aside.in_chain;
    }

    /// What a restored box wrote anew under another epoch need not be looked at any more. When all of
    /// a branch has come, the box is whole again.
    fn resolve_forked(&mut self, node: NodeId, kept: &[EntryId]) {
        let mut resolved = false;
        let mut open = false;
        for ((place, _), row) in &mut self.base.aside {
            if place.0 != node || row.resolved || row.reason != reason::FORKED {
                continue;
            }
            row.resolved = row.id.is_some_and(|id| kept.contains(&id));
            resolved |= row.resolved;
            open |= !row.resolved;
        }
        if let Some(known) = self.base.nodes.get_mut(&node)
            && resolved
            && !open
            && known.status == NodeStatus::Fenced
        {
            (known.status, known.admitted) = (NodeStatus::Active, false);
        }
    }

    /// Two machines wrote as this node: a person must decide.
    pub fn fence(&mut self, node: NodeId) {
        if let Some(known) = self.base.nodes.get_mut(&node)
            && known.status == NodeStatus::Active
        {
            known.status = NodeStatus::Fenced;
        }
    }

    /// A person decided that the fork is one box that was restored. False when nothing is fenced.
    pub fn admit_branch(&mut self, node: NodeId) -> bool {
        let known = self.base.nodes.get_mut(&node);
        let fenced = known.filter(|known| known.status == NodeStatus::Fenced);
        fenced.map(|known| known.admitted = true).is_some()
    }

    /// What is known of the node that says hello; none when it is not enrolled.
    #[must_use]
    pub fn standing(&self, hello: &Hello, now: Timestamp) -> Option<Standing> {
        let node = hello.node;
        let known = self.base.nodes.get(&node)?;
        let none = Tips::new();
        let tips = self.base.tips.get(&node).unwrap_or(&none);
        let fork = if known.admitted { self.admitted_fork(node) } else { None };
        let heads = tips.values().filter(|tip| tip.seq.0 > 0);
        let at = |head: &EpochHead| (head.epoch, self.hash_at((node, head.epoch, head.seq)));
        let revoked = known.status == NodeStatus::Revoked;
        Some(Standing {
            hub: HUB,
            incarnation: self.incarnation(),
            author_key: known.key,
            revoked: revoked && self.bug != Some(Bug::RevokedServed),
            held: held_of(tips),
            heads: heads
                .map(|tip| EpochHead { epoch: tip.epoch, seq: tip.seq, hash: tip.hash })
                .collect(),
            hash_at_theirs: hello.heads.iter().map(at).collect(),
            admitted_fork: fork.filter(|(epoch, _)| self.is_branch(hello, *epoch, tips)),
            now,
        })
    }

    /// The last entry before the branch that a person admitted.
    fn admitted_fork(&self, node: NodeId) -> Option<(Epoch, Seq)> {
        let rows = self.base.aside.iter().filter(|((place, _), row)| {
            place.0 == node && !row.resolved && row.reason == reason::FORKED
        });
        let mut first: BTreeMap<Epoch, Seq> = BTreeMap::new();
        for (((_, epoch, seq), _), _) in rows {
            let least = first.entry(*epoch).or_insert(*seq);
            *least = (*least).min(*seq);
        }
        let (epoch, seq) = first.last_key_value()?;
        Some((*epoch, Seq(seq.0.saturating_sub(1))))
    }

    /// Whether the one who says hello wrote the branch, and not what is held.
    fn is_branch(&self, hello: &Hello, epoch: Epoch, tips: &Tips) -> bool {
        let Some(head) = hello.heads.iter().find(|head| head.epoch == epoch) else {
            return false;
        };
        if tips.get(&epoch).is_some_and(|tip| head.seq <= tip.seq) {
            return true;
        }
        let shown = self.base.aside.get(&((hello.node, epoch, head.seq), head.hash));
        shown.is_some_and(|row| row.reason == reason::FORKED)
    }

    /// Entries of the node's own log that it lost, in order from the first asked for.
    #[must_use]
    pub fn tail(&self, node: NodeId, epoch: Epoch, range: Range) -> (Vec<Vec<u8>>, Vec<Seal>) {
        let (mut entries, mut seals, mut bytes) = (Vec::new(), Vec::new(), 0);
        for seq in range.first.0..=range.last.0 {
            let place = (node, epoch, Seq(seq));
            let found = self.base.log.get(&place).map(|row| &row.bytes).or_else(|| {
                let aside = self.base.aside.range((place, Hash::ZERO)..);
                let mut here = aside.take_while(|((at, _), _)| *at == place);
                here.find(|(_, row)| row.in_chain).map(|(_, row)| &row.bytes)
            });
            let Some(found) = found else { break };
            if bytes >= BATCH_BYTES_MAX || entries.len() >= BATCH_ENTRIES_MAX {
                break;
            }
            bytes += found.len();
            entries.push(found.to_vec());
            seals.extend(self.base.seals.get(&place).copied());
        }
        (entries, seals)
    }

    /// Positions given so far.
    #[must_use]
    pub const fn feed_head(&self) -> u64 {
        self.base.feed.len() as u64
    }

    /// Every place of the feed that a node is to have.
    pub fn feed_for(&self, node: NodeId) -> impl Iterator<Item = (u64, Place)> {
        (1..).zip(&self.base.feed).filter_map(move |(at, row)| {
            let for_it = row.reader.is_none_or(|reader| reader == node) && row.place.0 != node;
            for_it.then_some((at, row.place))
        })
    }

    /// What is for `node` after a position, and how far was looked.
    #[must_use]
    pub fn feed(&self, node: NodeId, after: u64) -> Page {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        let skipped = usize::try_from(after).unwrap_or(usize::MAX);
        for (at, row) in (1..).zip(&self.base.feed).skip(skipped) {
            let for_it = row.reader.is_none_or(|reader| reader == node) && row.place.0 != node;
            if !for_it {
                continue;
            }
            if rows.len() >= FEED_ITEMS_MAX || bytes >= BATCH_BYTES_MAX {
                break;
            }
            // As the statement joins them: a row without its entry or its seal is none.
            let (Some(entry), Some(seal)) =
                (self.base.log.get(&row.place), self.base.seals.get(&row.place))
            else {
                continue;
            };
            bytes += entry.bytes.len();
            let item = FeedItem { entry: entry.bytes.to_vec().into(), seal: *seal };
            rows.push((at, Some(item)));
        }
        self.broken_page(page(after, self.feed_head(), FEED_ITEMS_MAX, rows))
    }

    fn broken_page(&self, mut page: Page) -> Page {
        match self.bug {
            Some(Bug::FeedSkips) if page.items.len() > 1 => drop(page.items.pop()),
            Some(Bug::FeedUnordered) if page.items.len() > 1 => {
                page.items.reverse();
                page.items.truncate(1);
            }
            Some(Bug::HubForges) => {
                for item in &mut page.items {
                    let mut bytes = item.entry.to_vec();
                    if let Some(last) = bytes.last_mut() {
                        *last ^= 1;
                    }
                    let hash = Hash::of(&bytes);
                    item.seal = region::hub_key().seal(item.seal.position, hash);
                    item.entry = bytes.into();
                }
            }
            Some(_) | None => {}
        }
        page
    }

    /// How the node says it is. Whether its records are ours shows when both stand at one entry.
    pub fn note_status(&mut self, node: NodeId, status: &Status) {
        let newest = self.base.tips.get(&node).and_then(|tips| {
            tips.values().rev().find(|tip| tip.seq.0 > 0).map(|tip| (tip.epoch, tip.seq))
        });
        let ours = self.digest(node).to_bytes();
        if let Some(known) = self.base.nodes.get_mut(&node)
            && newest == Some((status.epoch, status.seq))
        {
            known.agrees = Some(ours.as_slice() == status.digest.as_slice());
        }
    }

    /// A record, as last committed.
    #[must_use]
    pub fn record<R: Record>(&self, author: NodeId, key: &str) -> Option<R> {
        let body = self.base.records.get(&(R::KIND, author))?.get(key)?;
        minicbor::decode(body).ok()
    }

    /// The hub's own log: where its newest epoch stands.
    pub(crate) fn own_tip(&self) -> Tip {
        let tips = self.base.tips.get(&HUB);
        let tip = tips.and_then(|tips| tips.values().next_back().copied());
        let tip = tip.unwrap_or(Tip::start(Epoch(1)));
        if self.base.own_timeline == self.timeline {
            return tip;
        }
        // Nodes may hold entries of the hours that were lost.
        let epoch = epoch_after_rewind(tip.epoch, self.timeline + 1);
        Tip { epoch, seq: Seq(0), ..tip }
    }

    /// The newest stamp of the hub's own log.
    pub(crate) fn stamp(&self, now: Timestamp) -> Hlc {
        if self.bug == Some(Bug::HubClockBack) {
            return Hlc::from_parts(now, 0);
        }
        self.own_tip().hlc.next(now)
    }
}

/// The planted second helping: what came again and is held already.
fn held_again(candidates: &[Candidate], sorted: &Sorted) -> Vec<Step> {
    let known = |index: usize| {
        sorted.kept.iter().all(|kept| kept.candidate != index)
            && sorted.aside.iter().all(|aside| aside.candidate != index)
    };
    let again = candidates.iter().enumerate().filter_map(|(index, candidate)| {
        let Finding::Held(entry) = &candidate.finding else { return None };
        let entry = entry.entry();
        let body = inspect(entry, None).ok()??;
        let stamp = Stamp { author: entry.position.node, at: entry.hlc.at(), staff: entry.actor };
        known(index).then_some(Step { position: candidate.position, stamp, body })
    });
    again.collect()
}
