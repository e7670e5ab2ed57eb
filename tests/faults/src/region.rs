//! A hub in memory, with the real session's rules: it takes a depot's log in, sends its feed, and gives
//! back what was lost. It keeps what it holds as long as the test runs, and forgets nothing.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use depot_store::{Meta, own_heads};
use shared_model::log::{EntryBytes, Epoch, Hash, Range, Seal, Seq};
use shared_model::sync::v1::{
    Ack, ByeReason, Candidate, EdgeAction, EdgeSession, EpochHead, EpochHeld, FeedItem, Finding,
    Frame, Hello, HubAction, HubSession, OwnHead, Standing, Status,
};
use shared_model::time::Timestamp;

use crate::day::{Depot, HUB, NODE, author_key, site};

/// Sessions until everything that was lost is back: one an epoch, and one more.
const SESSIONS_MAX: usize = 6;
const INCARNATION: &[u8] = &[1];

/// What a hub holds of one depot, and has for it.
#[derive(Clone, Default)]
pub struct Region {
    entries: BTreeMap<(Epoch, Seq), (EntryBytes, Option<Seal>)>,
    feed: Vec<FeedItem>,
}

enum Ended {
    Quiet,
    /// More was lost than one session gives back.
    Again,
}

impl Region {
    #[must_use]
    pub fn new(feed: Vec<FeedItem>) -> Self {
        Self { entries: BTreeMap::new(), feed }
    }

    /// Entries held of the depot's log.
    #[must_use]
    pub fn held(&self) -> usize {
        self.entries.len()
    }

    /// Meets the depot until neither has anything to say.
    ///
    /// # Errors
    /// When they do not come to an end, or the hub sees what an honest depot never sends.
    pub fn meet(&mut self, depot: &Depot) -> anyhow::Result<()> {
        for _ in 0..SESSIONS_MAX {
            match self.session(depot)? {
                Ended::Quiet => return Ok(()),
                Ended::Again => {}
            }
        }
        bail!("the sessions do not come to an end")
    }

    fn session(&mut self, depot: &Depot) -> anyhow::Result<Ended> {
        let (heads, meta) =
            depot.block_on(depot.store().read(|db| Ok((own_heads(db)?, Meta::read(db)?))))?;
        let mut edge = EdgeSession::new(OwnHead {
            node: NODE,
            site: site().site,
            heads,
            hub_incarnation: meta.hub_incarnation,
            cursor: meta.cursor,
            software: "rig".to_owned(),
            now: Timestamp::from_ms(0),
        });
        let mut hub = HubSession::new(NODE);
        loop {
            let mut quiet = true;
            while let Some(action) = edge.poll_action() {
                quiet = false;
                if let EdgeAction::Send(Frame::Hello(mut hello)) = action {
                    // The oldest version: it is the one that never changes.
                    hello.protocol_max = hello.protocol_min;
                    hub.handle_frame(over_the_wire(&Frame::Hello(hello))?);
                } else if let EdgeAction::Send(frame) = action {
                    hub.handle_frame(over_the_wire(&frame)?);
                } else if let EdgeAction::Close(bye) = action {
                    anyhow::ensure!(bye.reason == ByeReason::Done, "it ended: {}", bye.detail);
                    return Ok(Ended::Again);
                } else {
                    carry_out(depot, &mut edge, action)?;
                }
            }
            while let Some(action) = hub.poll_action() {
                quiet = false;
                if let HubAction::Send(frame) = action {
                    edge.handle_frame(over_the_wire(&frame)?);
                } else if let HubAction::Acknowledge(acks) = action {
                    edge.handle_acks(acks, 0);
                } else {
                    self.carry_out(&mut hub, action)?;
                }
            }
            if quiet {
                return Ok(Ended::Quiet);
            }
        }
    }

    /// What a hub's store does. Notes about the node are not kept.
    fn carry_out(&mut self, hub: &mut HubSession, action: HubAction) -> anyhow::Result<()> {
        if let HubAction::LookUp(hello) = &action {
            hub.handle_standing(Some(self.standing(hello)));
        } else if let HubAction::ReadTail { epoch, range } = &action {
            let tail: Vec<_> =
                self.entries.range((*epoch, range.first)..=(*epoch, range.last)).collect();
            let entries = tail.iter().map(|(_, (entry, _))| entry.as_bytes().to_vec()).collect();
            let seals = tail.iter().filter_map(|(_, (_, seal))| *seal).collect();
            hub.handle_tail(entries, seals);
        } else if let HubAction::ReadFeed { after } = &action {
            let from = usize::try_from(*after)?.min(self.feed.len());
            hub.handle_feed(self.feed[from..].to_vec(), self.feed.len() as u64);
        } else if let HubAction::NoteFork { epoch } = &action {
            bail!("epoch {} looks forked", epoch.0);
        } else if let HubAction::Ingest(candidates) = action {
            self.ingest(candidates)?;
            let held = self.held_ranges();
            hub.handle_ingested(Ack { held, quarantined: 0, set_aside: Vec::new() });
        }
        Ok(())
    }

    fn ingest(&mut self, candidates: Vec<Candidate>) -> anyhow::Result<()> {
        for candidate in candidates {
            let place = (candidate.position.epoch, candidate.position.seq);
            match candidate.finding {
                Finding::Chained(entry) => {
                    self.entries.insert(place, (entry, candidate.seal));
                }
                Finding::Held(entry) => {
                    let held = self.entries.get(&place).context("held, and not there")?;
                    anyhow::ensure!(held.0.hash() == entry.hash(), "{place:?} is another");
                }
                Finding::Forked(_) | Finding::Malformed(_) | Finding::Misplaced => {
                    bail!("{place:?} would be set aside")
                }
            }
        }
        Ok(())
    }

    fn standing(&self, hello: &Hello) -> Standing {
        let hash_at = |head: &EpochHead| {
            self.entries.get(&(head.epoch, head.seq)).map(|(entry, _)| entry.hash())
        };
        let at_theirs = hello.heads.iter().map(|head| (head.epoch, hash_at(head))).collect();
        Standing {
            hub: HUB,
            incarnation: INCARNATION.to_vec(),
            author_key: author_key().public(),
            revoked: false,
            held: self.held_ranges(),
            heads: self
                .tips()
                .into_iter()
                .map(|(epoch, (seq, hash))| EpochHead { epoch, seq, hash })
                .collect(),
            hash_at_theirs: at_theirs,
            admitted_fork: None,
            now: Timestamp::from_ms(1),
        }
    }

    fn tips(&self) -> BTreeMap<Epoch, (Seq, Hash)> {
        self.entries
            .iter()
            .map(|((epoch, seq), (entry, _))| (*epoch, (*seq, entry.hash())))
            .collect()
    }

    fn held_ranges(&self) -> Vec<EpochHeld> {
        let tips = self.tips().into_iter();
        tips.map(|(epoch, (last, _))| EpochHeld {
            epoch,
            ranges: vec![Range { first: Seq(1), last }],
        })
        .collect()
    }
}

fn over_the_wire(frame: &Frame) -> anyhow::Result<Frame> {
    Ok(Frame::decode(&frame.encode())?)
}

/// What `edge-node/src/sync/driver.rs` does, without a wire.
fn carry_out(depot: &Depot, edge: &mut EdgeSession, action: EdgeAction) -> anyhow::Result<()> {
    let store = depot.store();
    let now = Timestamp::from_ms(2);
    match action {
        EdgeAction::ReadOwn { epoch, range, entries_max, bytes_max } => {
            let read = store.own_entries(epoch, range, entries_max, bytes_max);
            let (entries, seals) = depot.block_on(read)?;
            edge.handle_own_entries(entries, seals);
        }
        EdgeAction::Met { incarnation, now: hub_now, cursor, held, .. } => {
            depot.block_on(store.note_met(incarnation, hub_now, cursor))?;
            let ack = Ack { held, quarantined: 0, set_aside: Vec::new() };
            depot.block_on(store.note_ack(ack, now))?;
        }
        EdgeAction::StoreFeed { items, position } => {
            depot.block_on(store.store_feed(items, position))?;
            edge.handle_feed_stored(position);
        }
        EdgeAction::OpenEpoch { epoch, first, newest, .. } => {
            let heads = depot.block_on(store.open_epoch(epoch, first, newest))?;
            edge.handle_epoch_opened(heads);
        }
        EdgeAction::StoreTail { entries, seals, complete } => {
            let heads = depot.block_on(store.store_tail(entries, seals, complete))?;
            edge.handle_tail_stored(complete, heads);
        }
        EdgeAction::NoteAck(ack) => depot.block_on(store.note_ack(ack, now))?,
        EdgeAction::ReadStatus => edge.handle_status(Status {
            epoch: Epoch(1),
            seq: Seq(0),
            digest: vec![0; 32].into(),
            unsent: 0,
            quarantined: 0,
            clock_trusted: true,
        }),
        EdgeAction::NoteFork { epoch } => bail!("the hub holds another history of {}", epoch.0),
        EdgeAction::Send(_) | EdgeAction::Close(_) => {}
    }
    // What any commit tells the driver.
    let heads = depot.block_on(store.read(own_heads))?;
    if let Some(head) = heads.last() {
        edge.handle_appended(*head);
    }
    Ok(())
}
