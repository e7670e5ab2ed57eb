//! The hub's side of its links: what `sync-hub/src/sync/driver.rs` does, in virtual time. The session and
//! the bytes of frames are the real ones; the store is `crate::hub`.

use std::collections::VecDeque;

use shared_model::id::NodeId;
use shared_model::sync::v1::{
    Bye, ByeReason, Candidate, Frame, HubAction, HubSession, WINDOW_FRAMES_MAX,
};
use sync_link::codec::{Inbound, Message, Outbound};

use crate::bug::Bug;
use crate::hub::{Declined, NodeStatus};
use crate::net::SILENT_MS_MAX;
use crate::plan::{CrashAt, SECOND};
use crate::truth::{Violation, broken, short};
use crate::world::{ConnId, Event, World};

/// One session at the hub.
pub(crate) struct HubLink {
    node: NodeId,
    session: HubSession,
    outbound: Outbound,
    inbound: Inbound,
    inbox: VecDeque<Vec<u8>>,
    pumping: bool,
    grew: bool,
    /// The node is gone; what came before still counts.
    lost: bool,
}

/// Why a session ends.
enum End {
    Bye(ByeReason),
    /// Its own farewell went out, or the node's came.
    Closed,
    /// The hub is down.
    Down,
    Broken(Violation),
}

impl From<Violation> for End {
    fn from(violation: Violation) -> Self {
        Self::Broken(violation)
    }
}

impl World {
    /// Lives of the hub's database so far: another after each time it was put back.
    pub(crate) const fn hub_life(&self) -> u64 {
        self.hub_lives
    }

    pub(crate) fn hub_receives(&mut self, conn: ConnId, bytes: Vec<u8>) -> Result<(), Violation> {
        if !self.hub_up {
            return Ok(());
        }
        if !self.hub_links.contains_key(&conn) {
            self.accept(conn)?;
        }
        if let Some(link) = self.hub_links.get_mut(&conn) {
            link.inbox.push_back(bytes);
        }
        let wait = self.dice.throw() % 8;
        self.pump_hub_after(conn, wait);
        Ok(())
    }

    /// A newer session of a node takes over: what the older has received counts.
    fn accept(&mut self, conn: ConnId) -> Result<(), Violation> {
        let node = self.machines[self.conns[conn].machine].node;
        if let Some(older) = self.hub_sessions.insert(node, conn) {
            self.pump_hub(older)?;
            if let Some(link) = self.hub_links.remove(&older) {
                self.close_hub(older, link, Some(ByeReason::Done));
            }
            if !self.hub_up {
                return Ok(());
            }
            self.hub_sessions.insert(node, conn);
        }
        let protocol = self.plan.hub_protocol;
        self.hub_links.insert(
            conn,
            HubLink {
                node,
                session: HubSession::offering(node, protocol),
                outbound: Outbound::new(node),
                inbound: Inbound::new(node, protocol),
                inbox: VecDeque::new(),
                pumping: false,
                grew: false,
                lost: false,
            },
        );
        Ok(())
    }

    fn pump_hub_after(&mut self, conn: ConnId, ms: u64) {
        let Some(link) = self.hub_links.get_mut(&conn) else { return };
        if !link.pumping {
            link.pumping = true;
            self.after(ms, Event::PumpHub { conn });
        }
    }

    pub(crate) fn feed_grew(&mut self, conn: ConnId) -> Result<(), Violation> {
        if let Some(link) = self.hub_links.get_mut(&conn) {
            link.grew = true;
            return self.pump_hub(conn);
        }
        Ok(())
    }

    /// Wakes every session; a signal that gets lost is made up for by the next look.
    pub(crate) fn signal_feed(&mut self) {
        if self.bug == Some(Bug::FeedSleeps) {
            return;
        }
        let conns: Vec<ConnId> = self.hub_links.keys().copied().collect();
        for conn in conns {
            let wait = if self.dice.once_in(40) { 60 * SECOND } else { self.dice.throw() % 5 };
            self.after(wait, Event::FeedGrew { conn });
        }
    }

    pub(crate) fn hub_hears_end(&mut self, conn: ConnId) -> Result<(), Violation> {
        if !self.paths[self.conns[conn].depot].is_open() && self.conns[conn].hub_open {
            self.after(SILENT_MS_MAX, Event::HubHearsEnd { conn });
            return Ok(());
        }
        self.conns[conn].hub_open = false;
        if let Some(link) = self.hub_links.get_mut(&conn) {
            link.lost = true;
            return self.pump_hub(conn);
        }
        Ok(())
    }

    /// Nothing was heard for long.
    pub(crate) fn hub_lost(&mut self, conn: ConnId) {
        if let Some(link) = self.hub_links.remove(&conn) {
            self.close_hub(conn, link, None);
        }
    }

    /// Handles frames as the driver does: those that wait together share one commit.
    pub(crate) fn pump_hub(&mut self, conn: ConnId) -> Result<(), Violation> {
        let Some(mut link) = self.hub_links.remove(&conn) else { return Ok(()) };
        link.pumping = false;
        match self.converse(conn, &mut link) {
            Ok(()) if link.lost => {
                self.close_hub(conn, link, None);
                Ok(())
            }
            Ok(()) => {
                self.hub_links.insert(conn, link);
                Ok(())
            }
            Err(End::Bye(reason)) => {
                self.close_hub(conn, link, Some(reason));
                Ok(())
            }
            Err(End::Closed) => {
                self.close_hub(conn, link, None);
                Ok(())
            }
            Err(End::Down) => Ok(()),
            Err(End::Broken(violation)) => Err(violation),
        }
    }

    fn converse(&mut self, conn: ConnId, link: &mut HubLink) -> Result<(), End> {
        let known = self.hub.base.nodes.get(&link.node);
        let revoked = known.is_some_and(|known| known.status == NodeStatus::Revoked);
        if revoked && self.bug != Some(Bug::RevokedServed) && link.grew {
            return Err(End::Bye(ByeReason::Revoked));
        }
        while !link.inbox.is_empty() {
            for _ in 0..WINDOW_FRAMES_MAX {
                let Some(bytes) = link.inbox.pop_front() else { break };
                match link.inbound.decode(&bytes) {
                    Ok(Message::Frame(frame)) => link.session.handle_frame(frame),
                    Ok(Message::Acks(_) | Message::Denylist(_)) => {
                        return Err(End::Bye(ByeReason::Misbehaved));
                    }
                    Err(_) => return Err(End::Bye(ByeReason::Misbehaved)),
                }
            }
            self.act_hub(conn, link)?;
        }
        if std::mem::take(&mut link.grew) {
            link.session.handle_feed_grew();
            self.act_hub(conn, link)?;
            self.let_branch_in(link)?;
        }
        Ok(())
    }

    /// A person may have decided that the node's branch comes in: that begins with a new comparison.
    fn let_branch_in(&self, link: &HubLink) -> Result<(), End> {
        let known = self.hub.base.nodes.get(&link.node);
        let admitted = known.is_some_and(|known| known.admitted);
        if link.session.is_forked() && admitted { Err(End::Bye(ByeReason::Done)) } else { Ok(()) }
    }

    fn act_hub(&mut self, conn: ConnId, link: &mut HubLink) -> Result<(), End> {
        loop {
            let (mut candidates, mut batches) = (Vec::new(), 0);
            let mut closed = false;
            while let Some(action) = link.session.poll_action() {
                match action {
                    HubAction::Ingest(more) => {
                        candidates.extend(more);
                        batches += 1;
                    }
                    HubAction::Close(_) => {
                        closed = true;
                        break;
                    }
                    action @ (HubAction::Send(_)
                    | HubAction::Acknowledge(_)
                    | HubAction::LookUp(_)
                    | HubAction::ReadTail { .. }
                    | HubAction::ReadFeed { .. }
                    | HubAction::NoteCursor { .. }
                    | HubAction::NoteStatus(_)
                    | HubAction::NoteFork { .. }) => self.carry_out(conn, link, action)?,
                }
            }
            if batches > 0 {
                self.ingest(link, &candidates, batches)?;
            }
            if closed {
                return Err(End::Closed);
            }
            if batches == 0 {
                return Ok(());
            }
        }
    }

    fn carry_out(
        &mut self,
        conn: ConnId,
        link: &mut HubLink,
        action: HubAction,
    ) -> Result<(), End> {
        if let HubAction::Send(frame) = action {
            self.say(conn, link, &frame.into());
            return Ok(());
        } else if let HubAction::Acknowledge(acks) = action {
            self.say(conn, link, &Message::Acks(acks));
            return Ok(());
        }
        if self.hub_busy {
            return Err(End::Bye(ByeReason::Busy));
        }
        match action {
            HubAction::LookUp(hello) => {
                let standing = self.hub.standing(&hello, self.hub_now());
                link.session.handle_standing(standing);
            }
            HubAction::ReadTail { epoch, range } => {
                let (entries, seals) = self.hub.tail(link.node, epoch, range);
                link.session.handle_tail(entries, seals);
            }
            HubAction::ReadFeed { after } => {
                let page = self.hub.feed(link.node, after);
                link.session.handle_feed(page.items, page.position);
            }
            HubAction::NoteStatus(status) => {
                self.hub.note_status(link.node, &status);
                // All of a branch was shown.
                self.let_branch_in(link)?;
            }
            HubAction::NoteFork { .. } => self.hub.fence(link.node),
            HubAction::NoteCursor { .. }
            | HubAction::Send(_)
            | HubAction::Acknowledge(_)
            | HubAction::Ingest(_)
            | HubAction::Close(_) => {}
        }
        Ok(())
    }

    fn say(&mut self, conn: ConnId, link: &mut HubLink, message: &Message) {
        let bytes = link.outbound.encode(message);
        self.send(conn, false, bytes);
    }

    /// One transaction for all batches at hand, one acknowledgement for each.
    fn ingest(
        &mut self,
        link: &mut HubLink,
        candidates: &[Candidate],
        batches: u16,
    ) -> Result<(), End> {
        if self.hub_busy {
            return Err(End::Bye(ByeReason::Busy));
        }
        let crash = self.hub_crash.filter(|(_, at)| *at != CrashAt::Once);
        if let Some((ms, CrashAt::BeforeCommit)) = crash {
            self.crash_hub(ms);
            return Err(End::Down);
        }
        let before = (self.bug == Some(Bug::HubAckBeforeCommit)).then(|| self.hub.base.clone());
        let ingested = match self.hub.ingest(link.node, candidates) {
            Ok(ingested) => ingested,
            Err(Declined::Revoked) => return Err(End::Bye(ByeReason::Revoked)),
            Err(Declined::NotEnrolled) => return Err(End::Bye(ByeReason::NotEnrolled)),
            Err(Declined::Moved) => return Err(End::Bye(ByeReason::Busy)),
        };
        self.figures.ingested += candidates.len() as u64;
        let aside = ingested.ack.set_aside.len() as u64;
        self.figures.set_aside += aside;
        let (node, count) = (short(link.node), candidates.len());
        self.trace.line(self.now, format_args!("{count} of {node} taken in, {aside} set aside"));
        if let Some(before) = before {
            self.hub.base = before;
        }
        self.check_ingested(link.node, candidates, aside > 0)?;
        if ingested.feed {
            self.signal_feed();
            link.grew = true;
        }
        if let Some((ms, _)) = crash {
            self.crash_hub(ms);
            return Err(End::Down);
        }
        link.session.handle_ingested_together(ingested.ack, batches);
        Ok(())
    }

    fn close_hub(&mut self, conn: ConnId, mut link: HubLink, farewell: Option<ByeReason>) {
        if let Some(reason) = farewell {
            let bye = Frame::Bye(Bye { reason, detail: String::new() });
            self.say(conn, &mut link, &bye.into());
        }
        self.conns[conn].hub_open = false;
        if self.hub_sessions.get(&link.node) == Some(&conn) {
            self.hub_sessions.remove(&link.node);
        }
        let latency = self.paths[self.conns[conn].depot].latency_ms();
        let at = (self.now + latency).max(self.conns[conn].down.last_at + 1);
        self.at(at, Event::EdgeHearsEnd { conn });
    }

    /// The hub's process ends: sessions are gone, the database stays.
    pub(crate) fn crash_hub(&mut self, ms: u64) {
        self.trace.line(self.now, format_args!("the hub crashes"));
        self.hub_crash = None;
        self.hub_up = false;
        self.hub.restart();
        self.hub_links.clear();
        self.hub_sessions.clear();
        for conn in 0..self.conns.len() {
            if self.conns[conn].hub_open {
                self.conns[conn].hub_open = false;
                let wait = self.dice.throw() % SILENT_MS_MAX;
                self.after(wait, Event::EdgeHearsEnd { conn });
            }
        }
        self.after(ms, Event::HubUp);
    }

    /// What must hold at the hub after each batch.
    fn check_ingested(
        &self,
        node: NodeId,
        candidates: &[Candidate],
        aside: bool,
    ) -> Result<(), Violation> {
        let base = &self.hub.base;
        let written = self.truth.written.get(&node);
        for candidate in candidates {
            let at = candidate.position;
            let row = base.log.get(&(at.node, at.epoch, at.seq));
            let taken = row.is_some_and(|row| row.hash == candidate.hash);
            if taken && !written.is_some_and(|all| all.contains(&candidate.hash)) {
                return broken("I9", format!("{}/{} was never written", short(node), at.seq));
            }
        }
        if let Some(held) = self.truth.revoked.get(&node)
            && base.log.keys().filter(|place| place.0 == node).count() > *held
        {
            return broken("I10", format!("{} is revoked, and heard", short(node)));
        }
        if aside {
            self.check_hub_chain(node)?;
        }
        self.check_hub_books(node)
    }
}
