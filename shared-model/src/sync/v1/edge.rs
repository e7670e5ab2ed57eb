//! The node's side of a session.
//!
//! Order: [`EdgeSession::new`], poll (it says hello), then `handle_frame` for what comes in,
//! `handle_appended` when the own log grew, and the answers to actions as they are carried out.

use std::collections::VecDeque;

use minicbor::bytes::ByteVec;

use super::frame::{
    Ack, Batch, Bye, ByeReason, EpochHead, EpochHeld, FeedItem, Frame, Hello, PROTOCOL, Status,
    Verdict, Welcome,
};
use super::{BATCH_BYTES_MAX, BATCH_ENTRIES_MAX, WINDOW_FRAMES_MAX};
use crate::id::{NodeId, SiteCode};
use crate::log::{EntryBytes, Epoch, Hash, Range, Seal, Seq, VersionVector};
use crate::sync::v2::{self, Acks, Pace};
use crate::time::Timestamp;

/// Where the own log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnHead {
    pub node: NodeId,
    pub site: SiteCode,
    /// Every epoch, oldest first.
    pub heads: Vec<EpochHead>,
    /// The hub incarnation last met, and the cursor in its feed.
    pub hub_incarnation: Option<Vec<u8>>,
    pub cursor: u64,
    pub software: String,
    pub now: Timestamp,
}

/// What the session asks of its driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EdgeAction {
    Send(Frame),
    /// Read own entries; answer with [`EdgeSession::handle_own_entries`].
    ReadOwn {
        epoch: Epoch,
        range: Range,
        entries_max: usize,
        bytes_max: usize,
    },
    /// The hub is known now; its hour raises the floor of the clock. What it holds may be more than
    /// it could acknowledge before the last link was lost: note it, for all to see.
    Met {
        hub: NodeId,
        incarnation: Vec<u8>,
        now: Timestamp,
        cursor: u64,
        held: Vec<EpochHeld>,
    },
    /// Commit entries of other logs and the cursor; answer with
    /// [`EdgeSession::handle_feed_stored`]. What fails its checks is quarantined by the store.
    StoreFeed {
        items: Vec<FeedItem>,
        position: u64,
    },
    /// The own log lost `first..=last` of `epoch`: move what was written since under a new epoch,
    /// after `newest`, the last one of which the hub knows; answer with
    /// [`EdgeSession::handle_epoch_opened`].
    OpenEpoch {
        epoch: Epoch,
        first: Seq,
        last: Seq,
        newest: Epoch,
    },
    /// Commit own entries that had been lost; answer with [`EdgeSession::handle_tail_stored`].
    StoreTail {
        entries: Vec<EntryBytes>,
        seals: Vec<Seal>,
        complete: bool,
    },
    /// The hub has committed: note it, for all to see.
    NoteAck(Ack),
    /// All is sent and acknowledged; answer with [`EdgeSession::handle_status`].
    ReadStatus,
    /// The hub holds another history of this log: work goes on, a person must decide.
    NoteFork {
        epoch: Epoch,
    },
    Close(Bye),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Opening,
    /// A new epoch is being opened; then the tail comes.
    Reopening {
        epoch: Epoch,
        last: Seq,
    },
    Recovering {
        epoch: Epoch,
        last: Seq,
    },
    /// The whole tail has come and is being committed.
    Recovered,
    Streaming,
    Closed,
}

/// The node's state machine.
#[derive(Debug)]
pub struct EdgeSession {
    node: NodeId,
    stage: Stage,
    protocol_max: u16,
    /// What was agreed on; the lowest before that.
    protocol: u16,
    heads: Vec<EpochHead>,
    hub_incarnation: Option<Vec<u8>>,
    cursor: u64,
    /// What the hub has committed of the own log.
    held: VersionVector,
    /// How far the hub's copy went when it was met.
    hub_tips: Vec<(Epoch, Seq)>,
    /// What was sent in this session or is held: no need to send it again.
    sent: VersionVector,
    /// In protocol 1.
    in_flight: usize,
    /// In protocol 2.
    pace: Pace,
    reading: bool,
    told_status_at: Option<(Epoch, Seq)>,
    reading_status: bool,
    /// Frames that came while the store was at work: the hub does not wait for it.
    waiting: VecDeque<Frame>,
    actions: VecDeque<EdgeAction>,
}

impl EdgeSession {
    /// Opens a session in the newest version; the first action is the hello.
    #[must_use]
    pub fn new(own: OwnHead) -> Self {
        Self::offering(own, v2::PROTOCOL)
    }

    /// Opens a session in no later version than `protocol_max`.
    #[must_use]
    pub fn offering(own: OwnHead, protocol_max: u16) -> Self {
        let hello = Hello {
            protocol_min: PROTOCOL,
            protocol_max,
            node: own.node,
            site: own.site,
            heads: own.heads.clone(),
            hub_incarnation: own.hub_incarnation.clone().map(ByteVec::from),
            cursor: own.cursor,
            software: own.software,
            now: own.now,
            denylist: None,
        };
        Self {
            node: own.node,
            stage: Stage::Opening,
            protocol_max,
            protocol: PROTOCOL,
            heads: own.heads,
            hub_incarnation: own.hub_incarnation,
            cursor: own.cursor,
            held: VersionVector::default(),
            hub_tips: Vec::new(),
            sent: VersionVector::default(),
            in_flight: 0,
            pace: Pace::default(),
            reading: false,
            told_status_at: None,
            reading_status: false,
            waiting: VecDeque::new(),
            actions: VecDeque::from([EdgeAction::Send(Frame::Hello(hello))]),
        }
    }

    /// Says in the hello which list of shut out nodes is held; the hub then gives a newer one.
    #[must_use]
    pub fn holding_denylist(mut self, version: u64) -> Self {
        if let Some(EdgeAction::Send(Frame::Hello(hello))) = self.actions.front_mut() {
            hello.denylist = Some(version);
        }
        self
    }

    /// The next thing to do.
    pub fn poll_action(&mut self) -> Option<EdgeAction> {
        self.actions.pop_front()
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.stage == Stage::Closed
    }

    /// Whether the hub has answered, and the session goes on.
    #[must_use]
    pub fn is_welcomed(&self) -> bool {
        !matches!(self.stage, Stage::Opening | Stage::Closed)
    }

    /// What was agreed on with the hub.
    #[must_use]
    pub const fn protocol(&self) -> u16 {
        self.protocol
    }

    /// How large frames are and how many are under way, in protocol 2.
    pub const fn pace(&mut self) -> &mut Pace {
        &mut self.pace
    }

    /// One acknowledgement came for several batches, at `now_ms` of the steady clock that
    /// [`Pace::note_sent`] is told.
    pub fn handle_acks(&mut self, acks: Acks, now_ms: u64) {
        match self.stage {
            Stage::Closed => {}
            Stage::Streaming if self.protocol >= v2::PROTOCOL => {
                self.pace.note_acked(usize::from(acks.batches), now_ms);
                self.on_ack(acks.ack);
            }
            Stage::Opening
            | Stage::Reopening { .. }
            | Stage::Recovering { .. }
            | Stage::Recovered
            | Stage::Streaming => self.misbehaved("the hub's frame is out of order"),
        }
    }

    /// A frame came from the hub.
    pub fn handle_frame(&mut self, frame: Frame) {
        match (self.stage, frame) {
            (Stage::Closed, _) => {}
            (_, Frame::Bye(bye)) => self.close(bye),
            (Stage::Opening, Frame::Welcome(welcome)) => self.on_welcome(welcome),
            (Stage::Reopening { .. }, frame @ (Frame::Batch(_) | Frame::Feed(_)))
            | (Stage::Recovered, frame @ Frame::Feed(_)) => self.waiting.push_back(frame),
            (Stage::Recovering { epoch, last }, Frame::Batch(batch)) => {
                self.on_tail(epoch, last, batch);
            }
            (Stage::Streaming, Frame::Ack(ack)) => {
                self.in_flight = self.in_flight.saturating_sub(1);
                self.on_ack(ack);
            }
            (Stage::Streaming, Frame::Feed(feed)) => {
                self.actions.push_back(EdgeAction::StoreFeed {
                    items: feed.items,
                    position: feed.position,
                });
            }
            (
                Stage::Streaming,
                Frame::Welcome(Welcome { verdict: Verdict::Forked { epoch }, .. }),
            ) => self.on_forked(epoch),
            (_, Frame::Hello(_) | Frame::FeedAck { .. } | Frame::Status(_))
            | (Stage::Opening | Stage::Reopening { .. } | Stage::Recovered, _)
            | (Stage::Recovering { .. }, _)
            | (Stage::Streaming, Frame::Welcome(_) | Frame::Batch(_)) => {
                self.misbehaved("the hub's frame is out of order");
            }
        }
    }

    /// The own log grew. News of an epoch that is over is older than what opened the next one: its
    /// entries may have been moved since.
    pub fn handle_appended(&mut self, head: EpochHead) {
        if self.heads.last().is_some_and(|newest| head.epoch < newest.epoch) {
            return;
        }
        match self.heads.iter_mut().find(|known| known.epoch == head.epoch) {
            Some(known) if known.seq < head.seq => *known = head,
            Some(_) => {}
            None => self.heads.push(head),
        }
        self.send_more();
    }

    /// The entries asked for by [`EdgeAction::ReadOwn`], in order, and their seals: one over the
    /// last of them at least.
    pub fn handle_own_entries(&mut self, entries: Vec<EntryBytes>, seals: Vec<Seal>) {
        self.reading = false;
        let Some(first) = entries.first().map(|entry| entry.entry().position) else {
            return;
        };
        let last = Seq(first.seq.0 + entries.len() as u64 - 1);
        self.sent.insert_range(self.node, first.epoch, Range { first: first.seq, last });
        if self.protocol >= v2::PROTOCOL {
            self.pace.begin(entries.iter().map(|entry| entry.as_bytes().len()).sum());
        } else {
            self.in_flight += 1;
        }
        let entries = entries.into_iter().map(|entry| ByteVec::from(entry.into_bytes())).collect();
        let batch = Batch { epoch: first.epoch, first: first.seq, entries, seals };
        self.actions.push_back(EdgeAction::Send(Frame::Batch(batch)));
        self.send_more();
    }

    /// The feed is committed up to `position`.
    pub fn handle_feed_stored(&mut self, position: u64) {
        self.cursor = self.cursor.max(position);
        self.actions.push_back(EdgeAction::Send(Frame::FeedAck { position }));
    }

    /// A new epoch is open; its heads replace what was known.
    pub fn handle_epoch_opened(&mut self, heads: Vec<EpochHead>) {
        if let Stage::Reopening { epoch, last } = self.stage {
            self.heads = heads;
            self.stage = Stage::Recovering { epoch, last };
            self.take_waiting();
        }
    }

    /// The lost tail is committed.
    pub fn handle_tail_stored(&mut self, complete: bool, heads: Vec<EpochHead>) {
        self.heads = heads;
        if complete {
            self.stage = Stage::Streaming;
            if self.lost_more() {
                // A later epoch is lost as well: the next session compares anew.
                let bye = Bye { reason: ByeReason::Done, detail: "more was lost".to_owned() };
                self.actions.push_back(EdgeAction::Send(Frame::Bye(bye.clone())));
                return self.close(bye);
            }
            self.take_waiting();
            self.send_more();
        }
    }

    /// Whether the hub holds more of some epoch than we do.
    fn lost_more(&self) -> bool {
        self.hub_tips.iter().any(|(epoch, tip)| {
            let own = self.heads.iter().find(|head| head.epoch == *epoch);
            own.is_none_or(|head| head.seq < *tip)
        })
    }

    /// How the node is.
    pub fn handle_status(&mut self, status: Status) {
        self.reading_status = false;
        self.actions.push_back(EdgeAction::Send(Frame::Status(status)));
    }

    /// Frames that had to wait; the ones that still must are put back in their order.
    fn take_waiting(&mut self) {
        for frame in std::mem::take(&mut self.waiting) {
            self.handle_frame(frame);
        }
    }

    fn on_welcome(&mut self, welcome: Welcome) {
        if !(PROTOCOL..=self.protocol_max).contains(&welcome.protocol) {
            return self.misbehaved("the hub chose a version that was not offered");
        }
        self.protocol = welcome.protocol;
        for held in &welcome.held {
            for range in &held.ranges {
                self.held.insert_range(self.node, held.epoch, *range);
                self.hub_tips.push((held.epoch, range.last));
            }
        }
        let incarnation = welcome.incarnation.to_vec();
        if self.hub_incarnation.as_ref() != Some(&incarnation) {
            self.cursor = 0;
        }
        self.hub_incarnation = Some(incarnation.clone());
        self.actions.push_back(EdgeAction::Met {
            hub: welcome.hub,
            incarnation,
            now: welcome.now,
            cursor: self.cursor,
            held: welcome.held,
        });
        self.sent = self.held.clone();
        match welcome.verdict {
            Verdict::Current => {
                self.stage = Stage::Streaming;
                self.send_more();
            }
            Verdict::Restored { epoch, first, last } => {
                self.stage = Stage::Reopening { epoch, last };
                let newest = self.hub_tips.iter().map(|(epoch, _)| *epoch).max();
                let newest = newest.unwrap_or(epoch);
                self.actions.push_back(EdgeAction::OpenEpoch { epoch, first, last, newest });
            }
            Verdict::Forked { epoch } => {
                self.stage = Stage::Streaming;
                self.on_forked(epoch);
            }
        }
    }

    /// Everything is shown to the hub again: it skips what it has and sets aside what differs.
    fn on_forked(&mut self, epoch: Epoch) {
        self.sent = VersionVector::default();
        self.actions.push_back(EdgeAction::NoteFork { epoch });
        self.send_more();
    }

    fn on_tail(&mut self, epoch: Epoch, last: Seq, batch: Batch) {
        let mut entries = Vec::with_capacity(batch.entries.len());
        let mut expected = batch.first;
        for bytes in batch.entries {
            let Ok(entry) = EntryBytes::parse(bytes.into()) else {
                return self.misbehaved("a returned entry cannot be read");
            };
            let position = entry.entry().position;
            if position.node != self.node || position.epoch != epoch || position.seq != expected {
                return self.misbehaved("a returned entry is not ours");
            }
            expected = expected.next();
            entries.push(entry);
        }
        let complete = expected > last;
        if complete {
            self.stage = Stage::Recovered;
        }
        self.actions.push_back(EdgeAction::StoreTail { entries, seals: batch.seals, complete });
    }

    fn on_ack(&mut self, ack: Ack) {
        for held in &ack.held {
            for range in &held.ranges {
                self.held.insert_range(self.node, held.epoch, *range);
            }
        }
        self.actions.push_back(EdgeAction::NoteAck(ack));
        self.send_more();
    }

    /// Keeps the window full, oldest first; when nothing is left, says so once.
    fn send_more(&mut self) {
        let (may_send, idle, bytes_max) = match self.protocol >= v2::PROTOCOL {
            true => (self.pace.may_send(), self.pace.is_idle(), self.pace.read_bytes_max()),
            false => (self.in_flight < WINDOW_FRAMES_MAX, self.in_flight == 0, BATCH_BYTES_MAX),
        };
        if self.stage != Stage::Streaming || self.reading || !may_send {
            return;
        }
        let gap = self.heads.iter().find_map(|head| {
            let missing = self.sent.missing(self.node, head.epoch, head.seq);
            missing.first().map(|range| (head.epoch, *range))
        });
        if let Some((epoch, range)) = gap {
            self.reading = true;
            self.actions.push_back(EdgeAction::ReadOwn {
                epoch,
                range,
                entries_max: BATCH_ENTRIES_MAX,
                bytes_max,
            });
        } else if idle {
            let at = self.heads.last().map(|head| (head.epoch, head.seq));
            if at != self.told_status_at && !self.reading_status {
                self.reading_status = true;
                // What is written while it is read is told again: it may not be sent yet.
                self.told_status_at = at;
                self.actions.push_back(EdgeAction::ReadStatus);
            }
        }
    }

    fn misbehaved(&mut self, detail: &str) {
        let bye = Bye { reason: ByeReason::Misbehaved, detail: detail.to_owned() };
        self.actions.push_back(EdgeAction::Send(Frame::Bye(bye.clone())));
        self.close(bye);
    }

    fn close(&mut self, bye: Bye) {
        self.stage = Stage::Closed;
        self.actions.push_back(EdgeAction::Close(bye));
    }
}

impl EpochHead {
    /// The head of an epoch without entries.
    #[must_use]
    pub const fn empty(epoch: Epoch) -> Self {
        Self { epoch, seq: Seq(0), hash: Hash::ZERO }
    }
}
