//! Faults as they come: to the network, to a box, to the hub; and strangers at the hub's door.

use faults::disk::{Call, Fault as DiskFault, Plan as DiskPlan};
use minicbor::bytes::ByteVec;
use shared_model::catalogue::ListArticle;
use shared_model::id::EntryId;
use shared_model::log::{AuthorKey, Entry, EntryBytes, Epoch, Position, Scope, Seq};
use shared_model::payments::Deposit;
use shared_model::records::Kind;
use shared_model::sync::v1::{Batch, EpochHead, Frame, Hello, HubAction, HubSession, PROTOCOL};
use shared_model::tax::TaxClass;
use shared_model::text::Name;
use shared_model::time::{ClockTrust, Hlc};
use shared_model::workflows::{Body, Command, ListArticles, MatchStatement, PayRider, RevokeNode};

use crate::bug::Bug;
use crate::hub::NodeStatus;
use crate::plan::{CrashAt, Fault, SECOND};
use crate::region;
use crate::truth::{Violation, broken, short};
use crate::world::{Event, MachineId, World};

/// The power goes after so many operations at last, if nothing was written.
const POWER_WAIT_MS: u64 = 30 * SECOND;

impl World {
    fn machine_of(&mut self, depot: usize) -> Option<MachineId> {
        let ids: Vec<MachineId> = (0..self.machines.len())
            .filter(|id| self.machines[*id].depot == depot && !self.machines[*id].retired)
            .collect();
        (!ids.is_empty()).then(|| ids[self.dice.below(ids.len())])
    }

    pub(crate) fn fault(&mut self, fault: Fault) -> Result<(), Violation> {
        self.trace.line(self.now, format_args!("{fault:?}"));
        match fault {
            Fault::Partition { depot, up, down, ms } => self.block(depot, up, down, ms),
            Fault::Cut { depot } => {
                for conn in self.open_conns(depot) {
                    if self.conns[conn].edge_open {
                        self.cut(conn);
                    }
                }
            }
            Fault::Slow { depot, ms } => {
                self.paths[depot].slow = true;
                self.after(ms, Event::Faster { depot });
            }
            Fault::HubCrash { ms, at: CrashAt::Once } if self.hub_up => self.crash_hub(ms),
            Fault::HubCrash { ms, at } => self.hub_crash = Some((ms, at)),
            Fault::HubBusy { ms } => {
                self.hub_busy = true;
                self.after(ms, Event::HubFree);
            }
            Fault::HubBackup => self.hub_backup = Some((self.now, self.hub.base.clone())),
            Fault::HubRewind => self.rewind_hub()?,
            Fault::HubClock { by_ms } => self.hub_offset_ms += by_ms,
            Fault::HubWork => self.hub_works()?,
            Fault::Revoke { depot } => self.revoke(depot)?,
            Fault::Forger { depot } => self.forge(depot)?,
            Fault::Power { .. }
            | Fault::Kill { .. }
            | Fault::Restart { .. }
            | Fault::Checkpoint { .. }
            | Fault::DiskFull { .. }
            | Fault::DiskFails { .. }
            | Fault::Clock { .. }
            | Fault::Backup { .. }
            | Fault::Restore { .. }
            | Fault::Clone { .. } => self.box_fault(fault)?,
        }
        Ok(())
    }

    fn box_fault(&mut self, fault: Fault) -> Result<(), Violation> {
        let (Fault::Power { depot, .. }
        | Fault::Kill { depot }
        | Fault::Restart { depot }
        | Fault::Checkpoint { depot }
        | Fault::DiskFull { depot, .. }
        | Fault::DiskFails { depot, .. }
        | Fault::Clock { depot, .. }
        | Fault::Backup { depot }
        | Fault::Restore { depot, .. }
        | Fault::Clone { depot, .. }) = fault
        else {
            return Ok(());
        };
        let Some(id) = self.machine_of(depot) else { return Ok(()) };
        match fault {
            Fault::Power { operations, .. } => {
                self.machines[id].mounted.disk.cut_power_after(operations);
                let life = self.machines[id].life;
                self.after(POWER_WAIT_MS, Event::PowerGone { machine: id, life });
            }
            Fault::Kill { .. } => self.restart(id, false),
            Fault::Restart { .. } => self.restart(id, true),
            Fault::Checkpoint { .. } => {
                if let Some(store) = &self.machines[id].store {
                    store.checkpoint();
                }
                if self.machines[id].mounted.disk.is_off() {
                    self.lose_power(id);
                }
            }
            Fault::DiskFull { ms, .. } => {
                let plan = DiskPlan {
                    call: Call::Write,
                    fault: DiskFault::Full,
                    first: 1,
                    times: u64::MAX,
                };
                self.machines[id].mounted.disk.arm(Some(plan));
                self.after(ms, Event::DiskWell { machine: id });
            }
            Fault::DiskFails { call, first, .. } => {
                let plan = DiskPlan { call, fault: DiskFault::Failing, first, times: 1 };
                self.machines[id].mounted.disk.arm(Some(plan));
            }
            Fault::Clock { by_ms, .. } => self.machines[id].offset_ms += by_ms,
            Fault::Backup { .. } => self.back_up(id),
            Fault::Restore { by_hand, .. } => self.restore(id, by_hand)?,
            Fault::Clone { ms, keep_copy, .. } => {
                let alone = self.machines.iter().filter(|m| m.depot == depot && !m.retired).count();
                if alone == 1 && self.start_copy(id) {
                    self.after(ms, Event::Retire { depot, keep_copy });
                }
            }
            Fault::Partition { .. }
            | Fault::Cut { .. }
            | Fault::Slow { .. }
            | Fault::HubCrash { .. }
            | Fault::HubBusy { .. }
            | Fault::HubBackup
            | Fault::HubRewind
            | Fault::HubClock { .. }
            | Fault::HubWork
            | Fault::Revoke { .. }
            | Fault::Forger { .. } => {}
        }
        Ok(())
    }

    fn restart(&mut self, id: MachineId, in_order: bool) {
        if self.machines[id].store.is_none() {
            return;
        }
        self.stop(id, in_order);
        if self.bug == Some(Bug::RightFreedByClock) {
            let path = self.machines[id].mounted.database();
            let _ = depot_store::write_beside(&path, |db| {
                Ok(db.execute("DELETE FROM holdings", []).map(|_| ())?)
            });
        }
        if self.machines[id].mounted.disk.is_off() {
            return self.lose_power(id);
        }
        let (life, wait) = (self.machines[id].life, SECOND + self.dice.throw() % (20 * SECOND));
        self.after(wait, Event::Start { machine: id, life });
    }

    /// The power was to go, and nothing was written meanwhile.
    pub(crate) fn power_gone(&mut self, id: MachineId, life: u32) {
        if self.machines[id].life == life && self.machines[id].store.is_some() && !self.healed {
            self.lose_power(id);
        }
    }

    /// The hub's database is put back to its last backup: what was said since is gone there.
    fn rewind_hub(&mut self) -> Result<(), Violation> {
        let Some((_, base)) = self.hub_backup.take() else { return Ok(()) };
        self.crash_hub(20 * SECOND);
        self.hub.rewind(base);
        self.hub_lives += 1;
        self.hub_rewound = true;
        for depot in 0..self.plan.depots {
            self.excuse_lost(depot);
        }
        // Whoever revoked a node does so again.
        let revoked: Vec<usize> =
            self.truth.revoked.keys().filter_map(|node| region::depot_of(*node)).collect();
        for depot in revoked {
            self.revoke(depot)?;
        }
        Ok(())
    }

    fn append(&mut self, command: &Command) -> Result<bool, Violation> {
        let now = self.hub_now();
        let grew = match self.hub.append(command, now) {
            Ok(grew) => grew,
            Err(code) => {
                self.trace.line(self.now, format_args!("the hub refuses: {code}"));
                return Ok(false);
            }
        };
        self.note_hub_entries();
        self.check_hub_stamp()?;
        if grew && self.hub_up {
            self.signal_feed();
        }
        Ok(true)
    }

    fn check_hub_stamp(&mut self) -> Result<(), Violation> {
        let Some(tip) = self.hub.base.tips.get(&region::HUB).and_then(|tips| tips.values().last())
        else {
            return Ok(());
        };
        let before = self.hub_seen.insert(tip.epoch, (tip.seq, tip.hash, tip.hlc));
        if before.is_some_and(|(seq, _, hlc)| seq < tip.seq && tip.hlc <= hlc) {
            return broken("I13", format!("the hub's {}/{} is stamped back", tip.epoch, tip.seq));
        }
        Ok(())
    }

    /// The hub publishes, matches the bank's statement, or pays a rider.
    fn hub_works(&mut self) -> Result<(), Violation> {
        let id = EntryId::new(self.id());
        let depot = self.dice.below(self.plan.depots);
        let node = region::node(depot);
        let of = |kind: Kind| self.hub.base.records.get(&(kind, node));
        let command = match self.dice.below(3) {
            0 => {
                let deposits = of(Kind::Deposit).map(|d| d.values().cloned().collect::<Vec<_>>());
                let deposits = deposits.unwrap_or_default();
                if deposits.is_empty() {
                    return Ok(());
                }
                let body = &deposits[self.dice.below(deposits.len())];
                let Ok(deposit) = minicbor::decode::<Deposit>(body) else { return Ok(()) };
                Command::MatchStatement(MatchStatement {
                    id,
                    depot: node,
                    slip: deposit.slip.clone(),
                    amount_minor: deposit.amount_minor - 50,
                    fee_minor: 50,
                })
            }
            1 => {
                let riders =
                    of(Kind::Rider).map(|riders| riders.keys().cloned().collect::<Vec<_>>());
                let Some(rider) = riders.unwrap_or_default().first().cloned() else {
                    return Ok(());
                };
                let Ok(rider) = rider.parse() else { return Ok(()) };
                Command::PayRider(PayRider { id, depot: node, rider })
            }
            _ => {
                let article = self.dice.below(region::ARTICLES);
                let name = format!("Article {article} as of {}", self.now);
                Command::ListArticles(ListArticles {
                    id,
                    articles: vec![ListArticle {
                        article: region::article(article),
                        name: Name::new(&name).expect("a short name"),
                        barcode: None,
                        tax_class: TaxClass::Standard,
                    }],
                })
            }
        };
        self.append(&command).map(|_| ())
    }

    fn revoke(&mut self, depot: usize) -> Result<(), Violation> {
        let node = region::node(depot);
        let cut = self.hub.base.tips.get(&node).and_then(|tips| tips.values().last());
        let cut = cut.map_or(Seq(0), |tip| tip.seq);
        let id = EntryId::new(self.id());
        let command = Command::RevokeNode(RevokeNode { id, node, cut, reason: "stolen".into() });
        self.append(&command)?;
        if let Some(known) = self.hub.base.nodes.get_mut(&node) {
            known.status = NodeStatus::Revoked;
        }
        let held = self.hub.base.log.keys().filter(|place| place.0 == node).count();
        self.truth.revoked.insert(node, held);
        if let Some(conn) = self.hub_sessions.get(&node).copied() {
            let wait = self.dice.throw() % (60 * SECOND);
            self.after(wait, Event::FeedGrew { conn });
        }
        Ok(())
    }

    /// Somebody holds the depot's certificate and not its author key, and sends an entry in its name.
    fn forge(&mut self, depot: usize) -> Result<(), Violation> {
        if !self.hub_up || self.hub_busy {
            return Ok(());
        }
        let (node, forger) = (region::node(depot), AuthorKey::from_secret(&[0x66; 32]));
        let tips = self.hub.base.tips.get(&node).cloned().unwrap_or_default();
        let tip = tips.values().last().copied();
        let (epoch, seq, hash) = tip
            .map_or((Epoch(1), Seq(0), shared_model::log::Hash::ZERO), |tip| {
                (tip.epoch, tip.seq, tip.hash)
            });
        let position = Position { node, epoch, seq: seq.next() };
        let entry = EntryBytes::seal_in(Entry {
            position,
            prev: hash,
            hlc: Hlc::from_parts(self.hub_now(), 7),
            clock: ClockTrust::Trusted,
            scope: Scope::Region,
            kind: 4,
            schema: shared_model::log::SCHEMA_VERSION,
            id: EntryId::new(self.id()),
            actor: None,
            payload: Body::default().encode().into(),
        });
        let Ok(entry) = entry else { return Ok(()) };
        let seal = forger.seal(position, entry.hash());
        let batch = Batch {
            epoch,
            first: position.seq,
            entries: vec![ByteVec::from(entry.into_bytes())],
            seals: vec![seal],
        };
        let heads = tips.values().filter(|tip| tip.seq.0 > 0);
        let hello = Hello {
            protocol_min: PROTOCOL,
            protocol_max: PROTOCOL,
            node,
            site: region::site_code(depot),
            heads: heads
                .map(|tip| EpochHead { epoch: tip.epoch, seq: tip.seq, hash: tip.hash })
                .collect(),
            hub_incarnation: Some(self.hub.incarnation().into()),
            cursor: self.hub.feed_head(),
            software: "forger".to_owned(),
            now: self.hub_now(),
            denylist: None,
        };
        self.let_in(node, &forger, hello, batch)
    }

    fn let_in(
        &mut self,
        node: shared_model::id::NodeId,
        forger: &AuthorKey,
        hello: Hello,
        batch: Batch,
    ) -> Result<(), Violation> {
        let mut session = HubSession::new(node);
        session.handle_frame(Frame::Hello(hello));
        let mut batch = Some(batch);
        while let Some(action) = session.poll_action() {
            if let HubAction::LookUp(hello) = action {
                let mut standing = self.hub.standing(&hello, self.hub_now());
                if let (Some(standing), Some(Bug::SealUnchecked)) = (&mut standing, self.bug) {
                    standing.author_key = forger.public();
                }
                session.handle_standing(standing);
                if let Some(batch) = batch.take() {
                    session.handle_frame(Frame::Batch(batch));
                }
            } else if let HubAction::Ingest(candidates) = action {
                let _ = self.hub.ingest(node, &candidates);
                let who = short(node);
                return broken("I9", format!("an entry in the name of {who} was let in"));
            }
        }
        Ok(())
    }
}
