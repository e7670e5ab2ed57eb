//! The end of a seed: everything is healed, the region must agree within a bound of virtual time, and then
//! everything is looked at.

use std::collections::{BTreeMap, BTreeSet};

use depot_store::{Meta, own_heads, sync_state, verify};
use minicbor::Decode;
use shared_model::admission::{Shelf, Step};
use shared_model::id::NodeId;
use shared_model::log::{EntryBytes, Hash, Seq};
use shared_model::records::{Balance, Kind, Memory, View, WorkingSet};
use shared_model::rights::Right;
use shared_model::warehouse::ArticleStock;
use shared_model::workflows::{Body, Stamp, inspect, project};

use crate::hub::{HubStore, NodeStatus, Place};
use crate::net::SILENT_MS_MAX;
use crate::region::{self, HUB};
use crate::truth::{Excuse, Violation, broken, short};
use crate::wants::bodies;
use crate::world::{Event, MachineId, World};

/// Of so many seeds the depots' files of one are verified in full, by the command for it.
const VERIFIED_ONE_IN: u64 = 32;

impl World {
    /// Nothing fails any more; what is off is switched on.
    pub(crate) fn heal(&mut self) -> Result<(), Violation> {
        self.trace.line(self.now, format_args!("everything heals"));
        self.healed = true;
        self.hub_crash = None;
        (self.hub_up, self.hub_busy) = (true, false);
        for depot in 0..self.plan.depots {
            let line = self.plan.lines[depot];
            self.paths[depot] = crate::net::Path::of(line);
            for conn in self.open_conns(depot) {
                for up in [true, false] {
                    self.flush(conn, up)?;
                }
            }
            self.retire(depot, self.plan.seed.is_multiple_of(2));
        }
        for id in 0..self.machines.len() {
            let disk = &self.machines[id].mounted.disk;
            disk.arm(None);
            disk.cut_power_after(u64::MAX);
            let life = self.machines[id].life;
            self.after(0, Event::Start { machine: id, life });
            // Nobody waits for the hour of a call that was put off while nothing passed.
            self.call_soon(id, SILENT_MS_MAX);
        }
        Ok(())
    }

    fn alive(&self) -> impl Iterator<Item = (MachineId, NodeId)> {
        let machines = self.machines.iter().enumerate().filter(|(_, machine)| !machine.retired);
        machines
            .map(|(id, machine)| (id, machine.node))
            .filter(|(_, node)| !self.truth.revoked.contains_key(node))
    }

    /// A person at the hub's console looks what is fenced, and lets a branch in when one machine is left
    /// that wrote it.
    pub(crate) fn decide(&mut self) {
        for depot in 0..self.plan.depots {
            let node = region::node(depot);
            let known = self.hub.base.nodes.get(&node);
            if known.is_none_or(|known| known.status != NodeStatus::Fenced || known.admitted) {
                continue;
            }
            let mut alive = self.machines.iter().filter(|m| m.depot == depot && !m.retired);
            let (Some(machine), None) = (alive.next(), alive.next()) else { continue };
            let forked = machine.store.as_ref().and_then(|store| store.read(Meta::read).ok());
            if forked.is_some_and(|meta| meta.forked.is_some()) && self.hub.admit_branch(node) {
                self.trace.line(self.now, format_args!("the branch of depot {depot} is let in"));
                if let Some(conn) = self.hub_sessions.get(&node).copied() {
                    self.at(self.now, Event::FeedGrew { conn });
                }
            }
        }
    }

    /// Why the region does not agree yet.
    pub(crate) fn apart(&self) -> Option<String> {
        self.alive().find_map(|(id, node)| {
            let reason = self.machine_apart(id, node)?;
            Some(format!("{}: {reason}", short(node)))
        })
    }

    fn machine_apart(&self, id: MachineId, node: NodeId) -> Option<String> {
        let Some(store) = &self.machines[id].store else { return Some("it is off".to_owned()) };
        let Ok(state) = store.read(sync_state) else { return Some("cannot be read".to_owned()) };
        let Ok(heads) = store.read(own_heads) else { return Some("cannot be read".to_owned()) };
        let none = BTreeMap::new();
        let tips = self.hub.base.tips.get(&node).unwrap_or(&none);
        for head in heads.iter().filter(|head| head.seq.0 > 0) {
            let tip = tips.get(&head.epoch).map(|tip| (tip.seq, tip.hash));
            if tip != Some((head.seq, head.hash)) {
                return Some(format!("{}/{} is not the hub's {tip:?}", head.epoch, head.seq));
            }
        }
        let epochs = tips.values().filter(|tip| tip.seq.0 > 0).count();
        if epochs != heads.iter().filter(|head| head.seq.0 > 0).count() {
            return Some("the hub holds other epochs".to_owned());
        }
        if state.unsent > 0 {
            return Some(format!("{} are not acknowledged", state.unsent));
        }
        if state.meta.hub_incarnation != Some(self.hub.incarnation()) {
            return Some("it has not met this life of the hub".to_owned());
        }
        if state.meta.cursor != self.hub.feed_head() {
            let head = self.hub.feed_head();
            return Some(format!("it has read {} of the feed's {head}", state.meta.cursor));
        }
        None
    }

    /// Everything there is to look at, at the end.
    pub(crate) fn check_all(&mut self) -> Result<(), Violation> {
        let alive: Vec<(MachineId, NodeId)> = self.alive().collect();
        for (id, node) in &alive {
            self.check_told(*id, *node)?;
            self.check_feed(*id, *node)?;
            self.check_set_aside(*id, *node)?;
            self.check_records(*id, *node)?;
            self.check_stock(*id)?;
            self.check_lent(*id, *node)?;
        }
        let nodes: Vec<NodeId> = self.hub.base.tips.keys().copied().collect();
        for node in nodes {
            self.check_hub_chain(node)?;
            self.check_hub_books(node)?;
            self.check_hub_records(node)?;
        }
        if self.plan.seed.is_multiple_of(VERIFIED_ONE_IN) {
            for (id, node) in alive {
                self.verify_file(id, node)?;
            }
        }
        Ok(())
    }

    /// I2: whatever a person was told is at the hub and at the depot, or set aside with its bytes.
    fn check_told(&self, id: MachineId, node: NodeId) -> Result<(), Violation> {
        let at_hub = Self::at_hub(&self.hub.base, node);
        let aside: BTreeSet<_> = self.hub.base.aside.values().filter_map(|row| row.id).collect();
        let machine = &self.machines[id];
        for (told, _) in self.truth.owed(machine.depot) {
            if !at_hub.contains(told) {
                return broken("I2", format!("{}: {told} is not at the hub", short(node)));
            }
            if !machine.ids.contains(told) && !aside.contains(told) {
                return broken("I2", format!("{}: {told} is gone from the depot", short(node)));
            }
        }
        Ok(())
    }

    /// I1: of other logs a depot holds what the feed has for it, and nothing else.
    fn check_feed(&self, id: MachineId, node: NodeId) -> Result<(), Violation> {
        let Some(store) = &self.machines[id].store else { return Ok(()) };
        let held = foreign(store, node);
        let mut meant: BTreeMap<Place, Hash> = BTreeMap::new();
        for (_, place) in self.hub.feed_for(node) {
            if let Some(row) = self.hub.base.log.get(&place) {
                meant.insert(place, row.hash);
            }
        }
        for (place, hash) in &meant {
            if held.get(place) != Some(hash) {
                let (of, seq) = (short(place.0), place.2);
                return broken("I1", format!("{} lacks {of}'s {}/{seq}", short(node), place.1));
            }
        }
        // What the hub lost of its own in a rewind, depots may still have.
        let extra = held
            .keys()
            .find(|place| !(meant.contains_key(place) || self.hub_rewound && place.0 == HUB));
        match extra {
            Some(place) if !self.truth.revoked.contains_key(&place.0) && !self.hub_rewound => {
                broken("I12", format!("{} holds {}'s {}", short(node), short(place.0), place.2))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Nothing honest is set aside, unless two machines wrote as one.
    fn check_set_aside(&self, id: MachineId, node: NodeId) -> Result<(), Violation> {
        let Some(store) = &self.machines[id].store else { return Ok(()) };
        let here = store.read(|db| {
            let mut statement = db.prepare("SELECT reason FROM quarantine")?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            Ok(rows.collect::<Result<Vec<_>, _>>()?)
        });
        let revoked = !self.truth.revoked.is_empty();
        if let Some(reason) = here.unwrap_or_default().first()
            && !revoked
        {
            return broken("I9", format!("{} set aside what is honest: {reason}", short(node)));
        }
        let excuse = self.truth.excuse(node);
        let open = |((place, _), row): &(&(Place, Hash), &crate::hub::AsideRow)| {
            place.0 == node && !row.resolved
        };
        if let Some(((place, _), row)) = self.hub.base.aside.iter().find(open)
            && excuse == Excuse::default()
            && !self.hub_rewound
        {
            let (who, at) = (short(node), place.2);
            return broken("I8", format!("the hub set {who}'s honest {at} aside: {}", row.reason));
        }
        Ok(())
    }

    /// I1 and I8: the depot's records are what its logs add up to, and its own are the hub's.
    fn check_records(&self, id: MachineId, node: NodeId) -> Result<(), Violation> {
        let Some(store) = &self.machines[id].store else { return Ok(()) };
        let read = store.read(|db| {
            let mut logs =
                db.prepare("SELECT bytes FROM log WHERE projected = 1 ORDER BY node, epoch, seq")?;
            let entries = logs.query_map([], |row| row.get::<_, Vec<u8>>(0))?;
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let mut digests = db.prepare("SELECT author, digest FROM digest ORDER BY author")?;
            let found = digests.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok((entries, found.collect::<Result<Vec<([u8; 16], [u8; 32])>, _>>()?))
        });
        let Ok((entries, digests)) = read else { return broken("I8", "a file cannot be read") };
        let mut memory = Memory::default();
        for bytes in entries {
            replay(&mut memory, bytes);
        }
        for (author, digest) in digests {
            let author = NodeId::new(uuid::Uuid::from_bytes(author));
            if memory.digest(author).to_bytes() != digest {
                let (who, of) = (short(node), short(author));
                return broken(
                    "I1",
                    format!("{who}: {of}'s records are not what its log adds up to"),
                );
            }
        }
        check_books(memory.records().filter(|record| record.2 == node), node)?;
        let ours = self.hub.base.digests.get(&node).copied().unwrap_or_default();
        if memory.digest(node) != ours {
            let differs =
                memory.records().filter(|record| record.2 == node).find(|(kind, key, ..)| {
                    let theirs = self.hub.base.records.get(&(*kind, node));
                    let here =
                        memory.records().find(|r| r.0 == *kind && r.1 == *key && r.2 == node);
                    theirs.and_then(|all| all.get(*key).map(Vec::as_slice)) != here.map(|r| r.3)
                });
            let what = differs.map(|(kind, key, ..)| format!("{} {key}", kind.table()));
            return broken("I1", format!("{}: not the hub's records: {what:?}", short(node)));
        }
        Ok(())
    }

    /// I3: no bin, reservation or loan is below zero.
    pub(crate) fn check_stock(&self, id: MachineId) -> Result<(), Violation> {
        let machine = &self.machines[id];
        let Some(store) = &machine.store else { return Ok(()) };
        if self.truth.excuse(machine.node) != Excuse::default() {
            return Ok(());
        }
        for stock in bodies::<ArticleStock>(store, "stock", Some(machine.node)) {
            // A recorded loss may leave less than was picked since.
            let bins = stock.bins.values().copied().min().unwrap_or(0);
            let least = if self.truth.missing.contains(&machine.node) { 0 } else { bins };
            let least = least.min(stock.reserved).min(stock.lent).min(stock.staged);
            if least < 0 || stock.with_riders < 0 || stock.quarantined < 0 {
                return broken("I3", format!("{}: {stock:?}", short(machine.node)));
            }
        }
        Ok(())
    }

    /// I4: what is lent is what was granted and did not come back.
    fn check_lent(&self, id: MachineId, node: NodeId) -> Result<(), Violation> {
        let Some(store) = &self.machines[id].store else { return Ok(()) };
        // A grant may be gone with the disk, and still be spent elsewhere.
        if self.truth.excuse(node) != Excuse::default() {
            return Ok(());
        }
        let rights: Vec<Right> = bodies(store, "rights", Some(node));
        let out: i64 = rights
            .iter()
            .filter(|right| right.home == node)
            .map(|right| right.granted - right.absorbed - right.handed_over)
            .sum();
        let stock: Vec<ArticleStock> = bodies(store, "stock", Some(node));
        let lent: i64 = stock.iter().map(|stock| stock.lent).sum();
        if lent != out {
            return broken("I4", format!("{}: {lent} lent, {out} in rights", short(node)));
        }
        Ok(())
    }

    /// I8: what the hub holds of an epoch is one chain.
    pub(crate) fn check_hub_chain(&self, node: NodeId) -> Result<(), Violation> {
        let none = BTreeMap::new();
        for tip in self.hub.base.tips.get(&node).unwrap_or(&none).values() {
            let mut before = None;
            for seq in 1..=tip.seq.0 {
                let (bytes, _) = self.hub.tail(
                    node,
                    tip.epoch,
                    shared_model::log::Range { first: Seq(seq), last: Seq(seq) },
                );
                let place = format!("{} {}/{seq}", short(node), tip.epoch);
                let Some(bytes) = bytes.into_iter().next() else {
                    return broken("I8", format!("the hub lacks {place}"));
                };
                let Ok(entry) = EntryBytes::parse(bytes) else {
                    return broken("I8", format!("{place} is no entry"));
                };
                if before.is_some_and(|hash| hash != entry.entry().prev) {
                    return broken("I8", format!("{place} does not follow at the hub"));
                }
                before = Some(entry.hash());
            }
        }
        Ok(())
    }

    /// I5: debits are credits, in every unit, of every author.
    pub(crate) fn check_hub_books(&self, node: NodeId) -> Result<(), Violation> {
        let Some(balances) = self.hub.base.records.get(&(Kind::Balance, node)) else {
            return Ok(());
        };
        let rows =
            balances.iter().map(|(key, body)| (Kind::Balance, key.as_str(), node, body.as_slice()));
        check_books(rows, node)
    }

    /// I1: the hub's records are what its log of the author adds up to.
    fn check_hub_records(&self, node: NodeId) -> Result<(), Violation> {
        let hub = (HUB, region::hub_key().public());
        let of_it = self.hub.base.log.iter().filter(|(place, _)| place.0 == node);
        let steps: Vec<Step> = of_it
            .filter_map(|(_, row)| {
                let entry = EntryBytes::parse(row.bytes.to_vec()).ok()?;
                let entry = entry.entry();
                let body = inspect(entry, Some(hub)).ok()??;
                let (author, at) = (entry.position.node, entry.hlc.at());
                let stamp = Stamp { author, at, staff: entry.actor };
                Some(Step { position: entry.position, stamp, body })
            })
            .collect();
        let gathered = HubStore::default().gather(steps, Shelf::default());
        let none = BTreeMap::new();
        let mut records = 0;
        for saved in &gathered.saved {
            let held = self.hub.base.records.get(&(saved.kind, node)).unwrap_or(&none);
            if held.get(&saved.key) != Some(&saved.body) {
                let (who, key) = (short(node), &saved.key);
                return broken("I1", format!("the hub's {key} of {who} is not what the log says"));
            }
            records += 1;
        }
        let held = self.hub.base.records.iter().filter(|((_, author), _)| *author == node);
        if held.map(|(_, bodies)| bodies.len()).sum::<usize>() != records {
            return broken(
                "I1",
                format!("the hub has more records of {} than it wrote", short(node)),
            );
        }
        Ok(())
    }

    /// The whole file, by the command that people have for it.
    fn verify_file(&mut self, id: MachineId, node: NodeId) -> Result<(), Violation> {
        self.stop(id, true);
        let mounted = &self.machines[id].mounted;
        match verify(&mounted.database(), &mounted.folder(), node) {
            Ok(found) if found.faults.is_empty() => Ok(()),
            Ok(found) => broken("I8", format!("{}: {}", short(node), found.faults.join("; "))),
            Err(error) => broken("I8", format!("{} cannot be verified: {error}", short(node))),
        }
    }
}

/// Entries of others that a depot holds.
fn foreign(store: &depot_store::InlineStore, own: NodeId) -> BTreeMap<Place, Hash> {
    let read = store.read(|db| {
        let mut statement =
            db.prepare("SELECT node, epoch, seq, hash FROM log WHERE node <> ?1")?;
        let rows = statement.query_map([depot_store::author_bytes(&own)], |row| {
            let node = NodeId::new(uuid::Uuid::from_bytes(row.get(0)?));
            let seq = Seq(row.get::<_, i64>(2)?.cast_unsigned());
            let place = (node, shared_model::log::Epoch(row.get(1)?), seq);
            Ok((place, Hash::from_bytes(row.get(3)?)))
        })?;
        Ok(rows.collect::<Result<BTreeMap<_, _>, _>>()?)
    });
    read.unwrap_or_default()
}

fn replay(memory: &mut Memory, bytes: Vec<u8>) {
    let Ok(entry) = EntryBytes::parse(bytes) else { return };
    let entry = entry.entry();
    let Ok(body) = Body::decode(&entry.payload) else { return };
    let stamp = Stamp { author: entry.position.node, at: entry.hlc.at(), staff: entry.actor };
    let mut set = WorkingSet::default();
    let Ok(()) = project(&mut View::new(&mut set, memory), &stamp, &body);
    memory.save(&mut set);
}

fn check_books<'a>(
    records: impl Iterator<Item = (Kind, &'a str, NodeId, &'a [u8])>,
    node: NodeId,
) -> Result<(), Violation> {
    let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
    for (kind, key, _, body) in records {
        if kind == Kind::Balance {
            let balance = Balance::decode(&mut minicbor::Decoder::new(body), &mut ());
            let unit = key.rsplit('|').next().unwrap_or_default();
            *sums.entry(unit).or_default() += i128::from(balance.map_or(0, |balance| balance.0));
        }
    }
    let open = sums.into_iter().find(|(_, sum)| *sum != 0);
    open.map_or(Ok(()), |(unit, sum)| {
        broken("I5", format!("{}: {unit} does not balance by {sum}", short(node)))
    })
}
