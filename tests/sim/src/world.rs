//! The region in one thread: virtual time, what is to happen next, and the way of one seed from its first
//! event to the last check. Holds no rule of the product.

use std::collections::{BTreeMap, BTreeSet};

use faults::dice::Dice;
use faults::vfs;
use shared_model::id::{EntryId, NodeId};
use shared_model::log::{Epoch, Seq};
use shared_model::time::Timestamp;

use crate::bug::Bug;
use crate::hub::{Base, HubStore};
use crate::hub_link::HubLink;
use crate::hub_log::founded;
use crate::machine::Machine;
use crate::net::{Conn, Path};
use crate::people::Wish;
use crate::plan::{Fault, HOUR, MINUTE, Plan};
use crate::region::{self, BEGINS_MS, HUB};
use crate::trace::Trace;
use crate::truth::{Seen, Truth, Violation, broken};

/// Virtual time within which a healed region must agree.
pub const CONVERGED_WITHIN_MS: u64 = 2 * HOUR;
/// A seed that does more has lost its way.
const EVENTS_MAX: u64 = 3_000_000;

/// Which connection, counted from the first.
pub type ConnId = usize;
/// Which machine: depots in their order, then copies.
pub type MachineId = usize;

/// What happens next.
#[derive(Debug)]
pub(crate) enum Event {
    Burst {
        depot: usize,
        wishes: usize,
    },
    Ask {
        machine: MachineId,
        wishes: Vec<Wish>,
    },
    /// A depot calls its hub.
    Call {
        machine: MachineId,
        life: u32,
    },
    PumpEdge {
        machine: MachineId,
        conn: ConnId,
    },
    PumpHub {
        conn: ConnId,
    },
    Arrive {
        conn: ConnId,
        up: bool,
        bytes: Vec<u8>,
    },
    /// What was held up by a partition goes on.
    Flush {
        conn: ConnId,
        up: bool,
    },
    /// Nothing was heard for as long as a transport waits.
    Silent {
        conn: ConnId,
        edge: bool,
        since: u64,
    },
    HubHearsEnd {
        conn: ConnId,
    },
    EdgeHearsEnd {
        conn: ConnId,
    },
    FeedGrew {
        conn: ConnId,
    },
    Fault(Fault),
    Heal {
        depot: usize,
        up: bool,
        down: bool,
    },
    Faster {
        depot: usize,
    },
    DiskWell {
        machine: MachineId,
    },
    HubUp,
    HubFree,
    Start {
        machine: MachineId,
        life: u32,
    },
    /// The power was to go while something was written.
    PowerGone {
        machine: MachineId,
        life: u32,
    },
    /// One of two machines with one name is found and switched off.
    Retire {
        depot: usize,
        keep_copy: bool,
    },
    /// A person at the hub's console looks what is fenced.
    Decide,
}

/// Everything there is.
pub struct World {
    pub(crate) now: u64,
    next: u64,
    queue: BTreeMap<(u64, u64), Event>,
    pub(crate) plan: Plan,
    pub(crate) bug: Option<Bug>,
    pub(crate) dice: Dice,
    pub(crate) trace: Trace,
    pub(crate) truth: Truth,
    pub(crate) machines: Vec<Machine>,
    pub(crate) paths: Vec<Path>,
    pub(crate) conns: Vec<Conn>,
    pub(crate) hub: HubStore,
    pub(crate) hub_links: BTreeMap<ConnId, HubLink>,
    /// The newest session of each node.
    pub(crate) hub_sessions: BTreeMap<NodeId, ConnId>,
    pub(crate) hub_up: bool,
    pub(crate) hub_busy: bool,
    pub(crate) hub_crash: Option<(u64, crate::plan::CrashAt)>,
    pub(crate) hub_offset_ms: i64,
    pub(crate) hub_backup: Option<(u64, Base)>,
    pub(crate) hub_seen: Seen,
    pub(crate) hub_rewound: bool,
    pub(crate) hub_lives: u64,
    /// Nothing fails any more.
    pub(crate) healed: bool,
    /// The latest hour that a node could know of.
    pub(crate) wall_max: BTreeMap<NodeId, i64>,
    pub(crate) ids: u128,
    pub(crate) wishes: u64,
    pub(crate) figures: Figures,
}

/// What a seed came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Things that happened, each followed by the checks.
    pub steps: u64,
    pub node_hours: u64,
    /// Answers that people were given.
    pub told: u64,
    pub refused: u64,
    pub sessions: u64,
    /// Entries that the hub took in.
    pub ingested: u64,
    pub crashes: u64,
    pub restores: u64,
    pub forks: u64,
    pub set_aside: u64,
    /// Virtual milliseconds from healing to agreement.
    pub converged_ms: u64,
}

/// One run of a seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub seed: u64,
    pub trace: u64,
    pub figures: Figures,
    pub partitioned: bool,
    pub calm: bool,
    pub violation: Option<(u64, Violation)>,
}

/// Runs a seed once. `told`: what happens goes to standard error.
#[must_use]
pub fn run(seed: u64, bug: Option<Bug>, told: bool) -> Outcome {
    run_plan(Plan::draw(seed), bug, told)
}

/// Runs a plan that was drawn, or made for a purpose.
#[must_use]
pub fn run_plan(plan: Plan, bug: Option<Bug>, told: bool) -> Outcome {
    let (seed, partitioned, calm) = (plan.seed, plan.has_partition(), plan.calm);
    vfs::begin(seed);
    let mut world = World::new(plan, bug, Trace::new(told));
    let violation = world.live().err().map(|violation| (world.now, violation));
    if let Some((at, violation)) = &violation {
        world.trace.line(*at, format_args!("{} {}", violation.invariant, violation.detail));
    }
    let hours = world.plan.ends_ms / HOUR;
    world.figures.node_hours = hours * (world.machines.len() as u64 + 1);
    world.figures.told = world.truth.told.len() as u64;
    let (trace, figures) = (world.trace.hash(), world.figures);
    Outcome { seed, trace, figures, partitioned, calm, violation }
}

impl World {
    fn new(plan: Plan, bug: Option<Bug>, trace: Trace) -> Self {
        let dice = Dice::new(plan.seed ^ 0x00d1_ce00_7157_0002);
        let base = founded(plan.depots);
        let mut world = Self {
            now: 0,
            next: 0,
            queue: BTreeMap::new(),
            bug,
            dice,
            trace,
            truth: Truth::default(),
            machines: Vec::new(),
            paths: plan.lines.iter().map(|line| Path::of(*line)).collect(),
            conns: Vec::new(),
            hub: HubStore::of(base, bug),
            hub_links: BTreeMap::new(),
            hub_sessions: BTreeMap::new(),
            hub_up: true,
            hub_busy: false,
            hub_crash: None,
            hub_offset_ms: 0,
            hub_backup: None,
            hub_seen: Seen::new(),
            hub_rewound: false,
            hub_lives: 0,
            healed: false,
            wall_max: BTreeMap::new(),
            ids: 0x0190_b8a0_7c3e_7000_8000_0100_0000_0000,
            wishes: 0,
            figures: Figures::default(),
            plan,
        };
        world.note_hub_entries();
        for depot in 0..world.plan.depots {
            world.machines.push(Machine::of(depot, region::enrolled(depot)));
            world.after(depot as u64 * 100, Event::Start { machine: depot, life: 0 });
        }
        for burst in world.plan.bursts.clone() {
            let event = Event::Burst { depot: burst.depot, wishes: burst.wishes };
            world.at(burst.at_ms, event);
        }
        for (at, fault) in world.plan.faults.clone() {
            world.at(at, Event::Fault(fault));
        }
        world
    }

    pub(crate) fn at(&mut self, at: u64, event: Event) {
        self.next += 1;
        self.queue.insert((at.max(self.now), self.next), event);
    }

    pub(crate) fn after(&mut self, ms: u64, event: Event) {
        self.at(self.now + ms, event);
    }

    /// What the hub itself has written is honest too.
    pub(crate) fn note_hub_entries(&mut self) {
        let own = (HUB, Epoch(0), Seq(0))..=(HUB, Epoch(u32::MAX), Seq(u64::MAX));
        let written = self.truth.written.entry(HUB).or_default();
        written.extend(self.hub.base.log.range(own).map(|(_, row)| row.hash));
    }

    /// The hour at the hub.
    pub(crate) fn hub_now(&self) -> Timestamp {
        Timestamp::from_ms(BEGINS_MS + self.now.cast_signed() + self.hub_offset_ms)
    }

    pub(crate) fn id(&mut self) -> uuid::Uuid {
        self.ids += 1;
        uuid::Uuid::from_u128(self.ids)
    }

    /// The ids of a depot's entries that the hub has, in its log or set aside.
    pub(crate) fn at_hub(base: &Base, node: NodeId) -> BTreeSet<EntryId> {
        let log = base.log.iter().filter(|(place, _)| place.0 == node).map(|(_, row)| row.id);
        let aside = base.aside.iter().filter(|((place, _), _)| place.0 == node);
        log.chain(aside.filter_map(|(_, row)| row.id)).collect()
    }

    fn live(&mut self) -> Result<(), Violation> {
        self.until(self.plan.ends_ms)?;
        self.heal()?;
        let healed_at = self.now;
        let mut last = "nothing was looked at".to_owned();
        while self.now < healed_at + CONVERGED_WITHIN_MS {
            self.until(self.now + MINUTE)?;
            self.at(self.now, Event::Decide);
            match self.apart() {
                None => {
                    self.figures.converged_ms = self.now - healed_at;
                    return self.check_all();
                }
                Some(reason) => last = reason,
            }
        }
        broken(
            "I14",
            format!("not in agreement after {} min: {last}", CONVERGED_WITHIN_MS / MINUTE),
        )
    }

    fn until(&mut self, end: u64) -> Result<(), Violation> {
        while let Some(entry) = self.queue.first_entry() {
            let at = entry.key().0;
            if at > end {
                break;
            }
            let event = entry.remove();
            self.now = at;
            self.figures.steps += 1;
            if self.figures.steps > EVENTS_MAX {
                return broken("I11", "more happens than can be");
            }
            self.happen(event)?;
        }
        self.now = end;
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Result<(), Violation> {
        match event {
            Event::Burst { depot, wishes } => self.burst(depot, wishes),
            Event::Ask { machine, wishes } => self.ask(machine, wishes)?,
            Event::Call { machine, life } => self.call(machine, life)?,
            Event::PumpEdge { machine, conn } => self.pump_edge(machine, conn)?,
            Event::PumpHub { conn } => self.pump_hub(conn)?,
            Event::Arrive { conn, up, bytes } => self.arrive(conn, up, bytes)?,
            Event::Flush { conn, up } => self.flush(conn, up)?,
            Event::Silent { conn, edge, since } => self.silent(conn, edge, since),
            Event::HubHearsEnd { conn } => self.hub_hears_end(conn)?,
            Event::EdgeHearsEnd { conn } => self.edge_hears_end(conn),
            Event::FeedGrew { conn } => self.feed_grew(conn)?,
            Event::Fault(fault) => self.fault(fault)?,
            Event::Heal { depot, up, down } => self.unblock(depot, up, down),
            Event::Faster { depot } => self.paths[depot].slow = false,
            Event::DiskWell { machine } => self.disk_well(machine),
            Event::HubUp => self.hub_up = true,
            Event::HubFree => self.hub_busy = false,
            Event::Start { machine, life } => self.start(machine, life)?,
            Event::PowerGone { machine, life } => self.power_gone(machine, life),
            Event::Retire { depot, keep_copy } => self.retire(depot, keep_copy),
            Event::Decide => self.decide(),
        }
        Ok(())
    }
}
