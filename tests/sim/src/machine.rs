//! A depot's box: its disk, its clock, its store when it runs; starting, stopping, losing power, and what
//! is looked at after each commit.

use std::collections::{BTreeSet, VecDeque};

use depot_store::{InlineStore, OpenError, StoreError, entries_after};
use faults::disk::{Disk, Mounted};
use faults::image::Image;
use faults::states::MIXTURES;
use shared_model::id::{EntryId, NodeId};
use shared_model::log::{Epoch, Seq};
use shared_model::sync::v1::EpochHead;
use shared_model::time::Timestamp;

use crate::bug::Bug;
use crate::edge_link::EdgeLink;
use crate::people::People;
use crate::plan::SECOND;
use crate::region::{self, BEGINS_MS};
use crate::truth::{Excuse, Seen, Violation, broken, short};
use crate::world::{Event, MachineId, World};

/// Entries of a log read at once.
const ENTRIES_MAX: u32 = 10_000;

/// A backup: the disk as it stood, and what was in it.
pub(crate) struct Backup {
    image: Image,
    ids: BTreeSet<EntryId>,
}

/// One box.
pub(crate) struct Machine {
    pub(crate) depot: usize,
    pub(crate) node: NodeId,
    pub(crate) mounted: Mounted,
    pub(crate) store: Option<InlineStore>,
    pub(crate) offset_ms: i64,
    /// Counts starts; what was meant for an earlier life is void.
    pub(crate) life: u32,
    /// Found, and switched off for good.
    pub(crate) retired: bool,
    pub(crate) seen: Seen,
    head: EpochHead,
    /// Own entries that stand on its disk.
    pub(crate) ids: BTreeSet<EntryId>,
    /// Heads after commits that the session has not heard of.
    pub(crate) commits: VecDeque<EpochHead>,
    pub(crate) link: Option<EdgeLink>,
    pub(crate) wait_ms: u64,
    pub(crate) protocol_max: u16,
    pub(crate) backup: Option<Backup>,
    pub(crate) people: People,
    /// The planted one: it never calls again.
    pub(crate) sulks: bool,
    /// It was cut off in the middle of something: look whether all is there.
    was_cut: bool,
}

/// Why a store did not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The machine is off now.
    Off,
    Store(StoreError),
    Broken(Violation),
}

impl From<Violation> for Failed {
    fn from(violation: Violation) -> Self {
        Self::Broken(violation)
    }
}

impl Machine {
    pub(crate) fn of(depot: usize, image: Image) -> Self {
        Self {
            depot,
            node: region::node(depot),
            mounted: Mounted::new(Disk::with_platter(image)),
            store: None,
            offset_ms: 0,
            life: 0,
            retired: false,
            seen: Seen::new(),
            head: EpochHead::empty(Epoch(1)),
            ids: BTreeSet::new(),
            commits: VecDeque::new(),
            link: None,
            wait_ms: crate::edge_link::RETRY_FIRST_MS,
            protocol_max: 0,
            backup: None,
            people: People::default(),
            sulks: false,
            was_cut: false,
        }
    }
}

impl World {
    /// The clock on the machine's wall is what its store reads from now on.
    pub(crate) fn clock_in(&mut self, id: MachineId) -> Timestamp {
        let machine = &self.machines[id];
        let wall = Timestamp::from_ms(BEGINS_MS + self.now.cast_signed() + machine.offset_ms);
        region::set_wall(wall);
        self.note_hour(machine.node, wall);
        wall
    }

    /// An hour that a node knows of now.
    pub(crate) fn note_hour(&mut self, node: NodeId, hour: Timestamp) {
        let max = self.wall_max.entry(node).or_insert(BEGINS_MS);
        *max = (*max).max(hour.ms());
    }

    /// Lets a running store work, and looks at what it committed. When the power went meanwhile, the
    /// machine is off.
    pub(crate) fn work<T>(
        &mut self,
        id: MachineId,
        work: impl FnOnce(&mut InlineStore) -> Result<T, StoreError>,
    ) -> Result<T, Failed> {
        self.clock_in(id);
        let Some(store) = self.machines[id].store.as_mut() else { return Err(Failed::Off) };
        let done = work(store);
        let off = self.machines[id].mounted.disk.is_off();
        if done.is_ok() {
            self.observe(id)?;
        }
        if off {
            self.lose_power(id);
            return done.map_err(|_| Failed::Off);
        }
        done.map_err(Failed::Store)
    }

    /// Looks at what stands in the own log since the last look.
    pub(crate) fn observe(&mut self, id: MachineId) -> Result<(), Violation> {
        let machine = &mut self.machines[id];
        let Some(store) = machine.store.as_ref() else { return Ok(()) };
        let head = store.head();
        if head == machine.head {
            return Ok(());
        }
        machine.commits.push_back(head);
        self.pump_edge_after(id, 0);
        let machine = &mut self.machines[id];
        let Some(store) = machine.store.as_ref() else { return Ok(()) };
        if head.epoch != machine.head.epoch {
            return self.walk(id);
        }
        let (node, from) = (machine.node, (machine.head.epoch, machine.head.seq));
        let read = store.read(|db| entries_after(db, node, from, ENTRIES_MAX));
        machine.head = head;
        let Ok(entries) = read else { return Ok(()) };
        self.note_entries(id, &entries)?;
        self.check_stock(id)
    }

    fn note_entries(
        &mut self,
        id: MachineId,
        entries: &[shared_model::log::EntryBytes],
    ) -> Result<(), Violation> {
        let machine = &mut self.machines[id];
        let wall_max = self.wall_max.get(&machine.node).copied().unwrap_or(BEGINS_MS);
        for entry in entries {
            self.truth.wrote(machine.node, &mut machine.seen, entry, wall_max)?;
            machine.ids.insert(entry.entry().id);
        }
        Ok(())
    }

    /// Walks along the whole own log anew: after a start, and after what moves entries.
    pub(crate) fn walk(&mut self, id: MachineId) -> Result<(), Violation> {
        let machine = &mut self.machines[id];
        let Some(store) = &machine.store else { return Ok(()) };
        let (node, start) = (machine.node, (Epoch(0), Seq(0)));
        let read = store.read(|db| entries_after(db, node, start, ENTRIES_MAX));
        machine.head = store.head();
        // A disk that fails is no news.
        let Ok(entries) = read else { return Ok(()) };
        machine.seen.clear();
        machine.ids.clear();
        self.note_entries(id, &entries)
    }

    /// The box is switched on, or its process begins anew.
    pub(crate) fn start(&mut self, id: MachineId, life: u32) -> Result<(), Violation> {
        let machine = &self.machines[id];
        if machine.life != life || machine.store.is_some() || machine.retired {
            return Ok(());
        }
        self.clock_in(id);
        let machine = &mut self.machines[id];
        let opening = region::opening(machine.depot, life);
        let opened = InlineStore::open(&machine.mounted.database(), opening, region::wall);
        let off = machine.mounted.disk.is_off();
        match opened {
            Ok(_) if off => {}
            Ok(store) => {
                machine.store = Some(store);
                machine.protocol_max = self.plan.protocols[machine.depot];
                self.trace.line(self.now, format_args!("machine {id} runs"));
                self.walk(id)?;
                self.look_for_losses(id)?;
                self.call_soon(id, 0);
                return Ok(());
            }
            Err(error) => self.not_opened(id, &error)?,
        }
        if off {
            self.lose_power(id);
        } else {
            self.after(30 * SECOND, Event::Start { machine: id, life });
        }
        Ok(())
    }

    fn not_opened(&mut self, id: MachineId, error: &OpenError) -> Result<(), Violation> {
        self.trace.line(self.now, format_args!("machine {id} does not start"));
        let disk = &self.machines[id].mounted.disk;
        if disk.is_off() || disk.faults() > 0 {
            return Ok(());
        }
        broken("I2", format!("machine {id} does not open: {error}"))
    }

    /// Whatever a person was told is there after every start, as long as this disk was never put back.
    fn look_for_losses(&mut self, id: MachineId) -> Result<(), Violation> {
        let machine = &mut self.machines[id];
        if !std::mem::take(&mut machine.was_cut) {
            return Ok(());
        }
        let excuse = self.truth.excuse(machine.node);
        if excuse != Excuse::default() {
            return Ok(());
        }
        let (ids, depot) = (&machine.ids, machine.depot);
        if let Some((lost, _)) = self.truth.owed(depot).find(|(told, _)| !ids.contains(*told)) {
            return broken("I2", format!("after a start {} lacks {lost}", short(machine.node)));
        }
        Ok(())
    }

    /// Stops in order, or as a process does that is killed: the disk keeps what was written.
    pub(crate) fn stop(&mut self, id: MachineId, in_order: bool) {
        if self.machines[id].store.is_none() {
            return;
        }
        if in_order {
            self.hang_up(id);
            self.machines[id].store = None;
            self.machines[id].life += 1;
        } else {
            self.put_off(id, 0);
        }
    }

    /// The power goes.
    pub(crate) fn lose_power(&mut self, id: MachineId) {
        let mixture = self.dice.below(MIXTURES);
        self.put_off(id, mixture);
        let (life, wait) = (self.machines[id].life, 10 * SECOND + self.dice.throw() % 600_000);
        self.after(wait, Event::Start { machine: id, life });
    }

    fn put_off(&mut self, id: MachineId, mixture: usize) {
        self.trace.line(self.now, format_args!("machine {id} is off, mixture {mixture}"));
        self.figures.crashes += 1;
        let (image, _) = {
            let disk = &self.machines[id].mounted.disk;
            (disk.cut(mixture, &mut self.dice), ())
        };
        if let Some(conn) = self.machines[id].link.take().map(|link| link.conn) {
            self.conns[conn].edge_open = false;
            let wait = self.dice.throw() % crate::net::SILENT_MS_MAX;
            self.after(wait, Event::HubHearsEnd { conn });
        }
        let machine = &mut self.machines[id];
        machine.store = None;
        machine.life += 1;
        machine.was_cut = true;
        self.mount(id, image);
    }

    fn mount(&mut self, id: MachineId, image: Image) {
        let disk = Disk::with_platter(image);
        if self.bug == Some(Bug::SyncIgnored) {
            disk.lie();
        }
        self.machines[id].mounted = Mounted::new(disk);
    }

    pub(crate) fn disk_well(&mut self, id: MachineId) {
        self.machines[id].mounted.disk.arm(None);
    }

    /// Copies the disk as it stands, write-ahead log and all: a file copy of a moment.
    pub(crate) fn back_up(&mut self, id: MachineId) {
        let machine = &mut self.machines[id];
        if machine.store.is_some() && !machine.mounted.disk.is_off() {
            let image = machine.mounted.disk.image();
            machine.backup = Some(Backup { image, ids: machine.ids.clone() });
        }
    }

    /// Puts the backup back. By the command for it a new epoch is opened; by hand the file is all.
    pub(crate) fn restore(&mut self, id: MachineId, by_hand: bool) -> Result<(), Violation> {
        let Some(backup) = self.machines[id].backup.take() else { return Ok(()) };
        if self.machines[id].retired {
            return Ok(());
        }
        self.trace.line(self.now, format_args!("machine {id} is put back, by hand: {by_hand}"));
        self.figures.restores += 1;
        self.stop(id, true);
        let machine = &mut self.machines[id];
        let node = machine.node;
        machine.life += 1;
        machine.ids = backup.ids;
        let life = machine.life;
        self.mount(id, backup.image);
        if !by_hand && self.bug != Some(Bug::EpochReused) {
            let path = self.machines[id].mounted.database();
            if let Err(error) = depot_store::open_next_epoch(&path) {
                return broken("I2", format!("a backup is not put back: {error}"));
            }
        }
        let excuse = self.truth.excuses.entry(node).or_default();
        excuse.restored = true;
        excuse.by_hand |= by_hand;
        self.excuse_lost(self.machines[id].depot);
        self.after(5 * SECOND, Event::Start { machine: id, life });
        Ok(())
    }

    /// What nobody has any more may be gone.
    pub(crate) fn excuse_lost(&mut self, depot: usize) {
        let mut there = Self::at_hub(&self.hub.base, region::node(depot));
        for machine in self.machines.iter().filter(|m| m.depot == depot && !m.retired) {
            there.extend(machine.ids.iter().copied());
        }
        let owed = self.truth.owed(depot).map(|(id, _)| *id);
        let kept = |id: &EntryId| !self.hub_rewound && self.truth.handed_in.contains(id);
        let lost: Vec<EntryId> = owed.filter(|id| !there.contains(id) && !kept(id)).collect();
        for id in lost {
            self.trace.line(self.now, format_args!("{id} may be gone"));
            self.truth.forget(id);
        }
    }

    /// A copy of the disk is started in another machine.
    pub(crate) fn start_copy(&mut self, of: MachineId) -> bool {
        if self.machines[of].store.is_none() || self.machines[of].mounted.disk.is_off() {
            return false;
        }
        let image = self.machines[of].mounted.disk.image();
        let mut copy = Machine::of(self.machines[of].depot, image);
        copy.people = self.machines[of].people.clone();
        copy.offset_ms = self.machines[of].offset_ms;
        let node = copy.node;
        let id = self.machines.len();
        self.trace.line(self.now, format_args!("machine {id} is a copy of {of}"));
        self.machines.push(copy);
        self.truth.excuses.entry(node).or_default().cloned = true;
        self.after(20 * SECOND, Event::Start { machine: id, life: 0 });
        true
    }

    /// One of two machines with one name is found and switched off.
    pub(crate) fn retire(&mut self, depot: usize, keep_copy: bool) {
        let twins: Vec<MachineId> = (0..self.machines.len())
            .filter(|id| self.machines[*id].depot == depot && !self.machines[*id].retired)
            .collect();
        let [original, copy] = twins[..] else { return };
        let off = if keep_copy { original } else { copy };
        self.trace.line(self.now, format_args!("machine {off} is switched off for good"));
        self.stop(off, true);
        self.machines[off].retired = true;
        self.excuse_lost(depot);
    }
}
