//! A depot's side of the link: what `edge-node/src/sync/driver.rs` does, step by step in virtual time. The
//! session, the bytes of frames and the store are the real ones; waiting and trying again are copied.

use std::collections::VecDeque;

use depot_store::{Meta, own_heads, sync_state};
use shared_model::log::{EntryBytes, Epoch, Seal};
use shared_model::sync::v1::{
    self, Ack, Bye, ByeReason, EdgeAction, EdgeSession, EpochHeld, FRAME_BYTES_MAX, Frame, OwnHead,
    Status, WINDOW_FRAMES_MAX,
};
use shared_model::sync::v2::{self, Acks};
use shared_model::time::Timestamp;
use sync_link::codec::{Inbound, Message, Outbound};

use crate::bug::Bug;
use crate::hub::NodeStatus;
use crate::machine::Failed;
use crate::net::{Conn, Lane, SILENT_MS_MAX};
use crate::plan::SECOND;
use crate::truth::{Violation, broken, short};
use crate::world::{ConnId, Event, MachineId, World};

/// As the driver waits.
pub(crate) const RETRY_FIRST_MS: u64 = 500;
const RETRY_LONGEST_MS: u64 = 30 * SECOND;
const LINK_GOOD_AFTER_MS: u64 = 10 * SECOND;
/// Batches on their way in protocol 2, at most.
const BATCHES_OUT_MAX: usize = 16;
/// Frames that came and were not looked at: a session sends no more without an answer.
const INBOX_MAX: usize = 64;

/// A session under way.
pub(crate) struct EdgeLink {
    pub(crate) conn: ConnId,
    session: EdgeSession,
    outbound: Outbound,
    inbound: Inbound,
    inbox: VecDeque<Vec<u8>>,
    began: u64,
    pumping: bool,
    /// The other end is gone; what came before still counts.
    lost: bool,
    batches_out: usize,
}

/// Why a session ended.
#[derive(Debug)]
enum End {
    Lost,
    Bye(Bye),
    Store,
    Unreadable,
    /// The machine is off.
    Off,
    Broken(Violation),
}

impl From<Failed> for End {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Off => Self::Off,
            Failed::Store(_) => Self::Store,
            Failed::Broken(violation) => Self::Broken(violation),
        }
    }
}

impl From<Violation> for End {
    fn from(violation: Violation) -> Self {
        Self::Broken(violation)
    }
}

impl World {
    pub(crate) fn call_soon(&mut self, id: MachineId, wait_ms: u64) {
        let life = self.machines[id].life;
        self.after(wait_ms, Event::Call { machine: id, life });
    }

    fn jittered(&mut self, wait_ms: u64) -> u64 {
        wait_ms / 2 + self.dice.throw() % (wait_ms / 2 + 1)
    }

    /// The depot calls its hub.
    pub(crate) fn call(&mut self, id: MachineId, life: u32) -> Result<(), Violation> {
        let machine = &self.machines[id];
        if machine.life != life
            || machine.store.is_none()
            || machine.link.is_some()
            || machine.sulks
        {
            return Ok(());
        }
        let (depot, node) = (machine.depot, machine.node);
        if !self.paths[depot].is_open() || !self.hub_up {
            // In vain, however often it is tried until then.
            let until = self.paths[depot].blocked_until.saturating_sub(self.now);
            let wait = self.jittered(RETRY_LONGEST_MS) + until;
            self.call_soon(id, wait);
            return Ok(());
        }
        let now = self.clock_in(id);
        let read = self.work(id, |store| store.read(|db| Ok((own_heads(db)?, Meta::read(db)?))));
        let (heads, meta) = match read {
            Ok(found) => found,
            Err(Failed::Broken(violation)) => return Err(violation),
            Err(Failed::Off) => return Ok(()),
            Err(Failed::Store(error)) => {
                self.trace.line(self.now, format_args!("machine {id} cannot call: {error}"));
                self.call_soon(id, RETRY_LONGEST_MS);
                return Ok(());
            }
        };
        let own = OwnHead {
            node,
            site: crate::region::site_code(depot),
            heads,
            hub_incarnation: meta.hub_incarnation,
            cursor: meta.cursor,
            software: "sim".to_owned(),
            now,
        };
        let protocol_max = self.machines[id].protocol_max;
        let conn = self.conns.len();
        self.conns.push(Conn {
            machine: id,
            depot,
            up: Lane::default(),
            down: Lane::default(),
            edge_open: true,
            hub_open: true,
            hub_life: self.hub_life(),
        });
        self.figures.sessions += 1;
        self.trace.line(self.now, format_args!("machine {id} calls, connection {conn}"));
        self.machines[id].commits.clear();
        self.machines[id].link = Some(EdgeLink {
            conn,
            session: EdgeSession::offering(own, protocol_max),
            outbound: Outbound::new(node),
            inbound: Inbound::new(node, protocol_max),
            inbox: VecDeque::new(),
            began: self.now,
            pumping: false,
            lost: false,
            batches_out: 0,
        });
        // The handshake of the transport comes first.
        self.pump_edge_after(id, 2 * self.paths[depot].latency_ms());
        Ok(())
    }

    pub(crate) fn pump_edge_after(&mut self, id: MachineId, ms: u64) {
        let Some(link) = &mut self.machines[id].link else { return };
        if !link.pumping {
            link.pumping = true;
            let conn = link.conn;
            self.after(ms, Event::PumpEdge { machine: id, conn });
        }
    }

    pub(crate) fn edge_receives(&mut self, conn: ConnId, bytes: Vec<u8>) -> Result<(), Violation> {
        let id = self.conns[conn].machine;
        let Some(link) = &mut self.machines[id].link else { return Ok(()) };
        if link.conn == conn {
            link.inbox.push_back(bytes);
            if link.inbox.len() > INBOX_MAX {
                return broken("I11", format!("{} frames wait at machine {id}", link.inbox.len()));
            }
            let wait = self.dice.throw() % 3;
            self.pump_edge_after(id, wait);
        }
        Ok(())
    }

    /// The other end is gone: what came before is handled first.
    pub(crate) fn edge_hears_end(&mut self, conn: ConnId) {
        let id = self.conns[conn].machine;
        if !self.paths[self.conns[conn].depot].is_open() {
            return self.after(SILENT_MS_MAX, Event::EdgeHearsEnd { conn });
        }
        let Some(link) = &mut self.machines[id].link else { return };
        if link.conn == conn {
            link.lost = true;
            self.pump_edge_after(id, 0);
        }
    }

    pub(crate) fn edge_lost(&mut self, conn: ConnId, why: &str) {
        let id = self.conns[conn].machine;
        if self.machines[id].link.as_ref().is_some_and(|link| link.conn == conn) {
            self.trace.line(self.now, format_args!("machine {id} lost its link: {why}"));
            if let Some(link) = self.machines[id].link.take() {
                self.end_session(id, link, &End::Lost);
            }
        }
    }

    /// Ends a session because the machine stops.
    pub(crate) fn hang_up(&mut self, id: MachineId) {
        if let Some(link) = self.machines[id].link.take() {
            self.close_edge(link.conn);
        }
    }

    fn close_edge(&mut self, conn: ConnId) {
        let latency = self.paths[self.conns[conn].depot].latency_ms();
        let at = (self.now + latency).max(self.conns[conn].up.last_at + 1);
        self.conns[conn].edge_open = false;
        self.at(at, Event::HubHearsEnd { conn });
    }

    /// Carries out what the session asks and hands it what came, until nothing is left or it pauses.
    pub(crate) fn pump_edge(&mut self, id: MachineId, conn: ConnId) -> Result<(), Violation> {
        let taken = self.machines[id].link.take_if(|link| link.conn == conn);
        let Some(mut link) = taken else { return Ok(()) };
        link.pumping = false;
        loop {
            match self.step_edge(id, &mut link) {
                Ok(true) => {}
                Ok(false) if link.lost => {
                    self.end_session(id, link, &End::Lost);
                    return Ok(());
                }
                Ok(false) => {
                    self.machines[id].link = Some(link);
                    return Ok(());
                }
                Err(End::Broken(violation)) => return Err(violation),
                Err(End::Off) => return Ok(()),
                Err(end) => return self.ended(id, link, end),
            }
            if self.dice.below(1_000) < self.plan.pauses_per_1000 {
                self.machines[id].link = Some(link);
                let wait = self.dice.throw() % 200;
                self.pump_edge_after(id, wait);
                return Ok(());
            }
        }
    }

    /// One action, else one frame or the news of one commit. False when there is nothing to do.
    fn step_edge(&mut self, id: MachineId, link: &mut EdgeLink) -> Result<bool, End> {
        if let Some(action) = link.session.poll_action() {
            self.act_edge(id, link, action)?;
            return Ok(true);
        }
        let commit_first = link.inbox.is_empty() || self.dice.once_in(2);
        if commit_first && let Some(head) = self.machines[id].commits.pop_front() {
            link.session.handle_appended(head);
            return Ok(true);
        }
        let Some(bytes) = link.inbox.pop_front() else { return Ok(false) };
        let message = link.inbound.decode(&bytes).map_err(|_| End::Unreadable)?;
        let (now_ms, welcomed) = (self.now - link.began, link.session.is_welcomed());
        match message {
            Message::Frame(frame) => {
                if matches!(frame, Frame::Ack(_)) {
                    link.batches_out = link.batches_out.saturating_sub(1);
                }
                link.session.handle_frame(frame);
            }
            Message::Acks(acks) => {
                link.batches_out = link.batches_out.saturating_sub(usize::from(acks.batches));
                link.session.pace().note_trip(now_ms.max(1));
                link.session.handle_acks(acks, now_ms);
            }
            // The hub here keeps no list of shut out nodes.
            Message::Denylist(_) => return Err(End::Unreadable),
        }
        if link.session.is_welcomed() && !welcomed {
            link.session.pace().note_trip(now_ms.max(1));
            link.outbound.speak(link.session.protocol());
        }
        Ok(true)
    }

    fn act_edge(
        &mut self,
        id: MachineId,
        link: &mut EdgeLink,
        action: EdgeAction,
    ) -> Result<(), End> {
        match action {
            EdgeAction::Send(frame) => self.send_edge(link, frame)?,
            EdgeAction::ReadOwn { epoch, range, entries_max, bytes_max } => {
                let read =
                    self.work(id, |s| s.own_entries(epoch, range, entries_max, bytes_max))?;
                link.session.handle_own_entries(read.0, read.1);
            }
            EdgeAction::Met { incarnation, now, cursor, held, .. } => {
                self.note_hour(self.machines[id].node, now);
                self.work(id, |s| s.note_met(incarnation, now, cursor))?;
                let ack = Ack { held, quarantined: 0, set_aside: Vec::new() };
                self.note_ack(id, link.conn, ack)?;
            }
            EdgeAction::StoreFeed { items, position } => {
                let node = self.machines[id].node;
                for item in &items {
                    let told = self.truth.handed_on(node, &item.entry)?;
                    // The hub's word is an hour that has passed.
                    told.into_iter().for_each(|hour| self.note_hour(node, hour));
                }
                self.work(id, |s| s.store_feed(items, position))?;
                link.session.handle_feed_stored(position);
            }
            EdgeAction::OpenEpoch { epoch, first, newest, .. } => {
                self.trace.line(self.now, format_args!("machine {id} opens an epoch"));
                let heads = self.work(id, |s| s.open_epoch(epoch, first, newest))?;
                self.walk(id)?;
                link.session.handle_epoch_opened(heads);
            }
            EdgeAction::StoreTail { entries, seals, complete } => {
                let heads = self.store_tail(id, entries, seals, complete)?;
                link.session.handle_tail_stored(complete, heads);
            }
            EdgeAction::NoteAck(ack) => self.note_ack(id, link.conn, ack)?,
            EdgeAction::ReadStatus => {
                let state = self.work(id, |s| s.read(sync_state))?;
                link.session.handle_status(Status {
                    epoch: state.head.epoch,
                    seq: state.head.seq,
                    digest: state.digest.to_bytes().to_vec().into(),
                    unsent: state.unsent,
                    quarantined: state.quarantined,
                    clock_trusted: state.clock_trusted,
                });
            }
            EdgeAction::NoteFork { epoch } => {
                self.figures.forks += 1;
                self.trace.line(self.now, format_args!("machine {id} is told of a fork"));
                self.work(id, |s| s.note_fork(Some(epoch)))?;
                let wait = 600 * SECOND + self.dice.throw() % (3_600 * SECOND);
                self.after(wait, Event::Decide);
            }
            EdgeAction::Close(bye) => return Err(End::Bye(bye)),
        }
        Ok(())
    }

    fn store_tail(
        &mut self,
        id: MachineId,
        entries: Vec<EntryBytes>,
        seals: Vec<Seal>,
        complete: bool,
    ) -> Result<Vec<v1::EpochHead>, End> {
        let entries = if self.bug == Some(Bug::TailDropped) { Vec::new() } else { entries };
        let heads = self.work(id, |s| s.store_tail(entries, seals, complete))?;
        self.walk(id)?;
        Ok(heads)
    }

    fn send_edge(&mut self, link: &mut EdgeLink, frame: Frame) -> Result<(), End> {
        let is_batch = matches!(frame, Frame::Batch(_));
        let bytes = link.outbound.encode(&frame.into());
        if bytes.len() > FRAME_BYTES_MAX {
            let detail = format!("a frame of {} bytes", bytes.len());
            return Err(Violation { invariant: "I11", detail }.into());
        }
        if is_batch {
            link.session.pace().note_sent(bytes.len(), self.now - link.began);
            link.batches_out += 1;
            let v2 = link.session.protocol() >= v2::PROTOCOL;
            let most = if v2 { BATCHES_OUT_MAX } else { WINDOW_FRAMES_MAX };
            if link.batches_out > most {
                let detail = format!("{} batches wait for their acknowledgement", link.batches_out);
                return Err(Violation { invariant: "I11", detail }.into());
            }
        }
        self.send(link.conn, true, bytes);
        if is_batch && self.bug == Some(Bug::WindowIgnored) {
            let ack = Ack { held: Vec::new(), quarantined: 0, set_aside: Vec::new() };
            match link.session.protocol() >= v2::PROTOCOL {
                true => link.session.handle_acks(Acks { batches: 1, ack }, self.now - link.began),
                false => link.session.handle_frame(Frame::Ack(ack)),
            }
        }
        Ok(())
    }

    /// What the hub says it has committed, it has.
    fn note_ack(&mut self, id: MachineId, conn: ConnId, ack: Ack) -> Result<(), End> {
        let node = self.machines[id].node;
        if self.conns[conn].hub_life == self.hub_life() {
            self.check_held(node, &ack.held)?;
            self.truth.handed_in.extend(ack.set_aside.iter().copied());
        }
        let now: Timestamp = self.clock_in(id);
        Ok(self.work(id, |s| s.note_ack(ack, now))?)
    }

    fn check_held(&self, node: shared_model::id::NodeId, held: &[EpochHeld]) -> Result<(), End> {
        let tips = self.hub.base.tips.get(&node);
        for epoch in held {
            let tip = tips.and_then(|tips| tips.get(&epoch.epoch)).map_or(0, |tip| tip.seq.0);
            let last = epoch.ranges.iter().map(|range| range.last.0).max().unwrap_or(0);
            if last > tip {
                let (node, Epoch(epoch)) = (short(node), epoch.epoch);
                let detail = format!("{node}: {epoch}/{last} is acknowledged, the hub has {tip}");
                return Err(Violation { invariant: "I2", detail }.into());
            }
        }
        Ok(())
    }

    fn ended(&mut self, id: MachineId, link: EdgeLink, end: End) -> Result<(), Violation> {
        let over_its_form = match &end {
            End::Unreadable => true,
            End::Bye(bye) => matches!(
                bye.reason,
                ByeReason::ProtocolUnknown | ByeReason::Misbehaved | ByeReason::SealBroken
            ),
            End::Lost | End::Store | End::Off | End::Broken(_) => false,
        };
        self.trace.line(self.now, format_args!("machine {id} ends its session: {end:?}"));
        if over_its_form {
            return broken("I14", format!("an honest session was broken off: {end:?}"));
        }
        self.end_session(id, link, &end);
        Ok(())
    }

    fn end_session(&mut self, id: MachineId, link: EdgeLink, end: &End) {
        self.close_edge(link.conn);
        let busy = matches!(end, End::Bye(bye) if bye.reason == ByeReason::Busy);
        if busy && self.bug == Some(Bug::NeverCallsAgain) {
            self.machines[id].sulks = true;
            return;
        }
        let revoked = self.hub.base.nodes.get(&self.machines[id].node);
        if revoked.is_some_and(|node| node.status == NodeStatus::Revoked) {
            // It goes on calling; once an hour is enough to see what it is told.
            return self.call_soon(id, 3_600 * SECOND);
        }
        let lost = matches!(end, End::Lost) && link.session.is_welcomed();
        if lost || self.now - link.began > LINK_GOOD_AFTER_MS {
            self.machines[id].wait_ms = RETRY_FIRST_MS;
        }
        let wait = self.machines[id].wait_ms;
        self.machines[id].wait_ms = (wait * 2).min(RETRY_LONGEST_MS);
        let wait = self.jittered(wait);
        self.call_soon(id, wait);
    }
}
