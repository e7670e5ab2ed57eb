//! A region in memory: depots and their hub over the core alone, with real entries in real chains.
//! Knows no socket and no disk; time moves by a minute for each thing that is asked.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses its own part of the day, and a test fails by panicking"
)]

pub(crate) mod books;
pub(crate) mod dice;
pub(crate) mod link;
pub(crate) mod manifests;
pub(crate) mod random;
pub(crate) mod region;

pub(crate) use region::{LISTED, Region};

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Value, json};
use shared_model::document::Writer;
use shared_model::id::{ArticleCode, EntryId, NodeId, RightId, StaffId};
use shared_model::ledger::{Account, Unit};
use shared_model::log::{
    AuthorKey, AuthorPublicKey, Entry, EntryBytes, Epoch, Hash, Position, SCHEMA_VERSION, Scope,
    Seq,
};
use shared_model::records::{Balance, Memory, Record, View, WorkingSet, keys};
use shared_model::refusal::Refusal;
use shared_model::rights::{AbsorbReturns, Holding, Right};
use shared_model::staff::Role;
use shared_model::tax::Jurisdiction;
use shared_model::time::{Hlc, HlcClock, Timestamp};
use shared_model::workflows::{
    self, Body, Command, Context, Decision, Declined, Desk, Kind, Site, Stamp, inspect, project,
};
use uuid::Uuid;

/// Monday, 9 November 2026, 06:00 UTC.
pub(crate) const MORNING: Timestamp = Timestamp::from_ms(1_794_204_000_000);
const MINUTE_MS: i64 = 60_000;

/// Somebody who works at a depot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) staff: StaffId,
    pub(crate) role: Role,
}

const fn person(number: u128, role: Role) -> Person {
    Person { staff: StaffId::new(Uuid::from_u128(number)), role }
}

pub(crate) const MANAGER: Person = person(0xa1, Role::Manager);
pub(crate) const SECOND_MANAGER: Person = person(0xa2, Role::Manager);
pub(crate) const CLERK: Person = person(0xb1, Role::Clerk);
pub(crate) const CASHIER: Person = person(0xc1, Role::Cashier);
pub(crate) const PICKER: Person = person(0xd1, Role::Picker);
pub(crate) const DISPATCHER: Person = person(0xe1, Role::Dispatcher);
pub(crate) const RIDER: Person = person(0xf1, Role::Rider);

/// A uuid for a test: readable, and the same at every run.
pub(crate) fn uuid(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

pub(crate) fn article(code: &str) -> ArticleCode {
    code.parse().unwrap()
}

/// One node: its log, its records, and what it has seen of others.
#[derive(Debug)]
pub(crate) struct Depot {
    pub(crate) site: Site,
    pub(crate) hub_key: Option<AuthorPublicKey>,
    pub(crate) key: AuthorKey,
    pub(crate) epoch: Epoch,
    pub(crate) log: Vec<EntryBytes>,
    pub(crate) memory: Memory,
    pub(crate) set: WorkingSet,
    pub(crate) seen: BTreeMap<NodeId, usize>,
    clock: HlcClock,
    now: Timestamp,
    minted: u128,
}

impl Depot {
    pub(crate) fn new(site: Site, hub_key: Option<AuthorPublicKey>) -> Self {
        let mut secret = [7; 32];
        secret[..16].copy_from_slice(site.node.as_uuid().as_bytes());
        Self {
            minted: site.node.as_uuid().as_u128() << 64,
            site,
            hub_key,
            key: AuthorKey::from_secret(&secret),
            epoch: Epoch(1),
            log: Vec::new(),
            memory: Memory::default(),
            set: WorkingSet::default(),
            seen: BTreeMap::new(),
            clock: HlcClock::new(Hlc::default(), MORNING),
            now: MORNING,
        }
    }

    pub(crate) const fn node(&self) -> NodeId {
        self.site.node
    }

    /// Leaves out some ids: a restored or cloned box mints others than the one it came from.
    pub(crate) const fn skip_ids(&mut self, count: u128) {
        self.minted += count;
    }

    /// An id never used before at this node.
    pub(crate) fn mint(&mut self) -> String {
        self.minted += 1;
        uuid(self.minted)
    }

    pub(crate) fn entry_id(&mut self) -> EntryId {
        self.mint().parse().unwrap()
    }

    /// Asks as a person does: JSON in, reply or refusal out. `id` is minted when the body has none.
    pub(crate) fn ask(&mut self, by: Person, name: &str, body: Value) -> Result<Value, Refusal> {
        let mut body = body;
        if body.get("id").is_none() {
            body["id"] = self.mint().into();
        }
        let kind = Kind::by_name(name).unwrap();
        let command = Command::parse(kind, body).unwrap();
        self.run(by, &command).map(|decision| serde_json::to_value(decision.reply).unwrap())
    }

    /// [`Self::ask`] where a refusal is a failure of the test.
    pub(crate) fn must(&mut self, by: Person, name: &str, body: Value) -> Value {
        let shown = body.to_string();
        self.ask(by, name, body).unwrap_or_else(|refusal| panic!("{name} {shown}: {refusal:?}"))
    }

    /// [`Self::ask`] where only a refusal will do.
    pub(crate) fn refused(&mut self, by: Person, name: &str, body: Value) -> Refusal {
        let shown = body.to_string();
        match self.ask(by, name, body) {
            Err(refusal) => refusal,
            Ok(reply) => panic!("{name} {shown} was not refused: {reply}"),
        }
    }

    /// Decides, writes the entry, and takes it into the records.
    pub(crate) fn run(&mut self, by: Person, command: &Command) -> Result<Decision, Refusal> {
        let decision = self.decide(by, command)?;
        self.commit(by, command.id(), &decision);
        Ok(decision)
    }

    /// Decides only: nothing is written, and nothing may have changed.
    pub(crate) fn decide(&mut self, by: Person, command: &Command) -> Result<Decision, Refusal> {
        self.now = Timestamp::from_ms(self.now.ms() + MINUTE_MS);
        let context = Context {
            site: &self.site,
            id: command.id(),
            actor: Some(by.staff),
            role: by.role,
            now: self.clock.last().next(self.now).at(),
            epoch: self.epoch,
            seq: Seq(self.log_of_epoch() + 1),
            writer: self.writer(),
        };
        let mut view = View::new(&mut self.set, &mut self.memory);
        match workflows::decide(command, &mut Desk::new(&mut view, context)) {
            Ok(decision) => Ok(decision),
            Err(Declined::Refused(refusal)) => Err(refusal),
            Err(Declined::Store(never)) => match never {},
        }
    }

    fn writer(&self) -> Writer {
        let mut writer = *self.site.node.as_uuid().as_bytes();
        writer[0] ^= u8::try_from(self.epoch.0).unwrap();
        Writer(writer)
    }

    fn log_of_epoch(&self) -> u64 {
        let of_it = |entry: &&EntryBytes| entry.entry().position.epoch == self.epoch;
        self.log.iter().filter(of_it).count() as u64
    }

    /// Appends the decision's entry; the records are saved at once.
    pub(crate) fn commit(&mut self, by: Person, id: EntryId, decision: &Decision) {
        let payload = decision.body.encode();
        self.append(by, id, (decision.kind, decision.scope), payload);
        let authority = self.authority();
        let entry = self.log.last().unwrap();
        take_in(&mut self.set, &mut self.memory, entry, authority);
        self.memory.save(&mut self.set);
    }

    /// Writes an entry and nothing else.
    pub(crate) fn append(
        &mut self,
        by: Person,
        id: EntryId,
        (kind, scope): (Kind, Scope),
        payload: Vec<u8>,
    ) {
        let (hlc, clock) = self.clock.tick(self.now);
        let entry = Entry {
            position: Position {
                node: self.node(),
                epoch: self.epoch,
                seq: Seq(self.log_of_epoch() + 1),
            },
            prev: self.log.last().map_or(Hash::ZERO, EntryBytes::hash),
            hlc,
            clock,
            scope,
            kind: kind.number(),
            schema: Body::decode(&payload).map_or(SCHEMA_VERSION, |body| body.schema()),
            id,
            actor: Some(by.staff),
            payload: payload.into(),
        };
        self.log.push(EntryBytes::seal_in(entry).unwrap());
    }

    fn authority(&self) -> Option<(NodeId, AuthorPublicKey)> {
        self.site.hub.zip(self.hub_key)
    }

    /// Takes in the next entries of another log. What was taken in before is passed over.
    pub(crate) fn hear(&mut self, author: NodeId, entries: &[EntryBytes]) {
        let seen = self.seen.get(&author).copied().unwrap_or(0);
        for entry in entries.iter().skip(seen) {
            let scope = entry.entry().scope;
            let is_hub = self.site.hub == Some(self.node());
            if is_hub || scope.reaches(self.node()) {
                let authority = self.authority();
                take_in(&mut self.set, &mut self.memory, entry, authority);
                self.memory.save(&mut self.set);
            }
        }
        self.seen.insert(author, seen.max(entries.len()));
    }

    /// Nothing happens here for some days.
    pub(crate) fn wait_days(&mut self, days: i64) {
        self.now = Timestamp::from_ms(self.now.ms() + days * 24 * 60 * MINUTE_MS);
    }

    /// Some time passes; says when the next thing that is asked will happen.
    pub(crate) fn wait_ms(&mut self, ms: i64) -> Timestamp {
        self.now = Timestamp::from_ms(self.now.ms() + ms);
        Timestamp::from_ms(self.now.ms() + MINUTE_MS)
    }

    /// Does what a node does by itself once a holder's return has arrived.
    pub(crate) fn absorb(&mut self, right: RightId) -> Result<Decision, Refusal> {
        let id = self.entry_id();
        self.run(MANAGER, &Command::AbsorbReturns(AbsorbReturns { id, right }))
    }

    pub(crate) fn of<R: Record>(&self, author: NodeId, key: &str) -> Option<R> {
        self.memory.get(author, key)
    }

    pub(crate) fn own<R: Record>(&self, key: &str) -> Option<R> {
        self.of(self.node(), key)
    }

    pub(crate) fn balance(&self, account: &Account, unit: &Unit) -> i64 {
        self.own::<Balance>(&keys::balance(account, unit)).unwrap_or_default().0
    }

    pub(crate) fn money(&self, account: &Account) -> i64 {
        self.balance(account, &Unit::Money(self.site.currency))
    }

    /// Every own record of one kind.
    pub(crate) fn all<R: Record>(&self) -> Vec<R> {
        let node = self.node();
        self.memory
            .records()
            .filter(|(kind, _, author, _)| *kind == R::KIND && *author == node)
            .map(|(_, _, _, body)| minicbor::decode(body).unwrap())
            .collect()
    }

    /// What this node may still sell under a right, as it knows it.
    pub(crate) fn holding(&self, right: &str) -> Holding {
        self.own(right).unwrap_or_default()
    }

    pub(crate) fn right(&self, right: &str) -> Option<Right> {
        self.own(right)
    }
}

/// Inspects and projects one entry, as every node does with every entry.
pub(crate) fn take_in(
    set: &mut WorkingSet,
    memory: &mut Memory,
    entry: &EntryBytes,
    hub: Option<(NodeId, AuthorPublicKey)>,
) {
    let entry = EntryBytes::parse(entry.as_bytes().to_vec()).unwrap();
    let entry = entry.entry();
    let body: Body = inspect(entry, hub)
        .unwrap_or_else(|unsound| panic!("{:?}: {unsound}", entry.position))
        .unwrap();
    let stamp = Stamp { author: entry.position.node, at: entry.hlc.at(), staff: entry.actor };
    match project(&mut View::new(set, memory), &stamp, &body) {
        Ok(()) => {}
        Err(never) => match never {},
    }
}

pub(crate) fn site(number: u128, code: &str, hub: NodeId, jurisdiction: Jurisdiction) -> Site {
    Site {
        node: NodeId::new(Uuid::from_u128(number)),
        hub: Some(hub),
        site: code.parse().unwrap(),
        region: "nairobi".parse().unwrap(),
        entity: "KE".parse().unwrap(),
        currency: jurisdiction.currency(),
        jurisdiction,
        bins: ["A-01", "A-02", "B-01", "BAY"]
            .into_iter()
            .map(|bin| FromStr::from_str(bin).unwrap())
            .collect(),
        unsellable: vec!["BAY".parse().unwrap()],
        rider_fee_minor: 800_00,
        count_variance_minor_max: 5_000,
    }
}

/// One line of an arrival.
pub(crate) fn arrival(code: &str, quantity: i64, bin: &str, unit_cost_minor: i64) -> Value {
    json!({"article": code, "quantity": quantity, "bin": bin, "unit_cost_minor": unit_cost_minor})
}

/// Steps of a day that most tests need on their way.
impl Depot {
    pub(crate) fn receive(&mut self, lines: Vec<Value>) {
        let receipt = self.mint();
        let body = json!({"receipt": receipt, "reference": "LPO 7", "lines": lines});
        self.must(CLERK, "receive-goods", body);
    }

    /// Places and reserves; says the order's id.
    pub(crate) fn reserved(
        &mut self,
        terms: &str,
        lines: &[(&str, i64)],
        fee_minor: i64,
    ) -> String {
        let order = self.mint();
        let lines: Vec<Value> = lines
            .iter()
            .map(|(article, quantity)| json!({"article": article, "quantity": quantity}))
            .collect();
        let body = json!({"order": order, "terms": terms, "lines": lines,
            "delivery_fee_minor": fee_minor});
        self.must(CASHIER, "place-order", body);
        self.must(CASHIER, "reserve-order", json!({"order": order}));
        order
    }

    pub(crate) fn pick(&mut self, order: &str, line: u32, code: &str, bin: &str, quantity: i64) {
        let body = json!({"order": order, "line": line, "bin": bin, "article": code,
            "quantity": quantity});
        self.must(PICKER, "pick-line", body);
    }

    /// Registers the rider who signs in as [`RIDER`]; says the rider's id.
    pub(crate) fn with_rider(&mut self) -> String {
        let rider = self.mint();
        let body = json!({"rider": rider, "staff": RIDER.staff, "name": "Otieno",
            "cash_ceiling_minor": 100_000_000});
        self.must(DISPATCHER, "register-rider", body);
        rider
    }

    /// Packs and hands an order to a rider; says the task's id and the cash due.
    pub(crate) fn dispatched(&mut self, order: &str, rider: &str) -> (String, i64) {
        self.must(PICKER, "pack-order", json!({"order": order, "parcels": 1}));
        let body = json!({"rider": rider, "orders": [order]});
        let reply = self.must(DISPATCHER, "dispatch-orders", body);
        let task = &reply["tasks"][0];
        (task["task"].as_str().unwrap().to_owned(), task["cash_due_minor"].as_i64().unwrap())
    }

    pub(crate) fn delivered(&mut self, task: &str, cash_minor: i64) {
        let body = json!({"task": task, "cash_collected_minor": cash_minor,
            "proof": {"kind": "otp", "value": "4821"}});
        self.must(RIDER, "record-delivery", body);
    }

    /// An order picked from A-01 and packed; says the order's id.
    pub(crate) fn packed(&mut self, lines: &[(&str, i64)]) -> String {
        let order = self.reserved("cash_on_delivery", lines, 0);
        for (line, (article, quantity)) in (1..).zip(lines) {
            self.pick(&order, line, article, "A-01", *quantity);
        }
        self.must(PICKER, "pack-order", json!({"order": order, "parcels": 1}));
        order
    }
}

/// A manifest to be locked: a stop every ten minutes from the morning on, a place for each.
pub(crate) fn manifest_draft(manifest: &str, vehicle: &str, orders: &[&String]) -> Value {
    let at = |minutes: i64| MORNING.ms() + minutes * MINUTE_MS;
    let stops: Vec<Value> = (1..)
        .zip(orders)
        .map(|(stop, order)| {
            json!({"order": order, "arrive_ms": at(10 * stop), "leave_ms": at(10 * stop + 5),
                "place": {"lat_e7": -12_900_000 - 1_000 * stop, "lon_e7": 368_000_000}})
        })
        .collect();
    json!({"manifest": manifest, "vehicle": vehicle, "departs_ms": at(0), "returns_ms": at(600),
        "metres": 9_000, "travel": "estimate", "stops": stops})
}
