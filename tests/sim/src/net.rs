//! The simulated network: ordered streams that may die, as QUIC and TLS on TCP give them. What is lost on
//! the way is sent again by the transport and comes later; nothing comes twice or out of order on one
//! stream. A partition holds everything up; a transport that hears nothing for long gives up. A frame cut
//! in its middle is none: the reader takes whole ones only (`sync_link::frames`).

use std::collections::VecDeque;

use crate::plan::{Line, SECOND};
use crate::truth::Violation;
use crate::world::{ConnId, Event, MachineId, World};

/// A transport that heard nothing for so long gives up.
pub const SILENT_MS_MAX: u64 = 30 * SECOND;

/// One way of a connection.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    /// When the last frame has left.
    free_at: u64,
    /// When the last frame arrives.
    pub(crate) last_at: u64,
    held: VecDeque<Vec<u8>>,
    /// Nothing of what is under way arrives.
    cut: bool,
}

/// A connection of a machine to the hub.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) machine: MachineId,
    pub(crate) depot: usize,
    pub(crate) up: Lane,
    pub(crate) down: Lane,
    pub(crate) edge_open: bool,
    pub(crate) hub_open: bool,
    /// Which life of the hub's database it is a session of.
    pub(crate) hub_life: u64,
}

/// The way between a depot and its hub.
#[derive(Debug)]
pub(crate) struct Path {
    line: Line,
    pub(crate) slow: bool,
    up_blocks: u32,
    down_blocks: u32,
    /// Calling before is in vain.
    pub(crate) blocked_until: u64,
}

impl Path {
    pub(crate) const fn of(line: Line) -> Self {
        Self { line, slow: false, up_blocks: 0, down_blocks: 0, blocked_until: 0 }
    }

    const fn is_blocked(&self, up: bool) -> bool {
        if up { self.up_blocks > 0 } else { self.down_blocks > 0 }
    }

    pub(crate) const fn is_open(&self) -> bool {
        self.up_blocks == 0 && self.down_blocks == 0
    }

    pub(crate) const fn latency_ms(&self) -> u64 {
        self.line.latency_ms
    }

    const fn bytes_per_s(&self) -> u64 {
        if self.slow { 1_500 } else { self.line.bytes_per_s }
    }
}

impl Conn {
    const fn lane(&mut self, up: bool) -> &mut Lane {
        if up { &mut self.up } else { &mut self.down }
    }
}

impl World {
    /// Hands bytes to the transport.
    pub(crate) fn send(&mut self, conn: ConnId, up: bool, bytes: Vec<u8>) {
        let path = &self.paths[self.conns[conn].depot];
        let (latency, pace) = (path.latency_ms(), path.bytes_per_s());
        let lost = self.dice.below(1_000) < path.line.lost_per_1000 && !self.healed;
        let again = if lost { 3 * latency + self.dice.throw() % 400 } else { 0 };
        self.trace.bytes(&bytes);
        let now = self.now;
        let lane = self.conns[conn].lane(up);
        lane.free_at = lane.free_at.max(now) + bytes.len() as u64 * 1_000 / pace;
        lane.last_at = lane.last_at.max(lane.free_at + latency + again);
        let at = lane.last_at;
        self.at(at, Event::Arrive { conn, up, bytes });
    }

    pub(crate) fn arrive(&mut self, id: ConnId, up: bool, bytes: Vec<u8>) -> Result<(), Violation> {
        let blocked = self.paths[self.conns[id].depot].is_blocked(up);
        let conn = &mut self.conns[id];
        let open = if up { conn.hub_open } else { conn.edge_open };
        let lane = conn.lane(up);
        if lane.cut || !open {
            return Ok(());
        }
        if blocked || !lane.held.is_empty() {
            lane.held.push_back(bytes);
            return Ok(());
        }
        if up { self.hub_receives(id, bytes) } else { self.edge_receives(id, bytes) }
    }

    /// What a partition held up arrives.
    pub(crate) fn flush(&mut self, id: ConnId, up: bool) -> Result<(), Violation> {
        if self.paths[self.conns[id].depot].is_blocked(up) {
            return Ok(());
        }
        let held = std::mem::take(&mut self.conns[id].lane(up).held);
        for bytes in held {
            self.arrive(id, up, bytes)?;
        }
        Ok(())
    }

    /// Nothing passes any more.
    pub(crate) fn block(&mut self, depot: usize, up: bool, down: bool, ms: u64) {
        let path = &mut self.paths[depot];
        path.up_blocks += u32::from(up);
        path.down_blocks += u32::from(down);
        path.blocked_until = path.blocked_until.max(self.now + ms);
        self.after(ms, Event::Heal { depot, up, down });
        let open: Vec<ConnId> = self.open_conns(depot);
        for conn in open {
            // The end that hears nothing gives up first; the other when that one has fallen silent.
            for (edge, blocked) in [(true, down), (false, up)] {
                let wait = if blocked { SILENT_MS_MAX } else { 2 * SILENT_MS_MAX };
                self.after(wait, Event::Silent { conn, edge, since: self.now });
            }
        }
    }

    pub(crate) fn open_conns(&self, depot: usize) -> Vec<ConnId> {
        let open = |conn: &Conn| conn.edge_open || conn.hub_open;
        let conns = self.conns.iter().enumerate();
        conns.filter(|(_, conn)| conn.depot == depot && open(conn)).map(|(id, _)| id).collect()
    }

    pub(crate) fn unblock(&mut self, depot: usize, up: bool, down: bool) {
        let path = &mut self.paths[depot];
        path.up_blocks = path.up_blocks.saturating_sub(u32::from(up));
        path.down_blocks = path.down_blocks.saturating_sub(u32::from(down));
        let latency = path.latency_ms();
        self.trace.line(self.now, format_args!("depot {depot}: passes again"));
        for conn in self.open_conns(depot) {
            for up in [true, false] {
                self.after(latency, Event::Flush { conn, up });
            }
        }
    }

    /// A transport waited in vain, unless the way has been free since.
    pub(crate) fn silent(&mut self, id: ConnId, edge: bool, since: u64) {
        let depot = self.conns[id].depot;
        let waits = self.now - since;
        if self.paths[depot].is_open() && waits > 0 && self.paths[depot].blocked_until <= self.now {
            // It healed before; what was held has been heard.
            return;
        }
        if edge {
            self.edge_lost(id, "silence");
        } else {
            self.hub_lost(id);
        }
    }

    /// The connection dies; the ends hear of it, or find out.
    pub(crate) fn cut(&mut self, id: ConnId) {
        let late = self.dice.once_in(2);
        let (up_at, wait) = (self.conns[id].up.last_at, self.dice.throw() % SILENT_MS_MAX);
        let conn = &mut self.conns[id];
        conn.down.cut = true;
        conn.up.cut = !late;
        // What had passed the cut still comes.
        let at = (self.now + wait).max(if late { up_at + 1 } else { 0 });
        self.at(at, Event::HubHearsEnd { conn: id });
        self.edge_lost(id, "cut");
    }
}
