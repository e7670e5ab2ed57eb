//! What people want next, drawn from what they remember and from what their depot shows them.

use depot_store::InlineStore;
use serde_json::{Value, json};
use shared_model::id::NodeId;
use shared_model::rights::{RemoteSale, Right};
use uuid::Uuid;

use crate::people::{OrderMemo, People, Stage};
use crate::region::{self, ARTICLES};
use crate::world::{MachineId, World};

/// What a wish changes in its people's memory, once it is answered.
#[derive(Debug, Clone)]
pub(crate) enum Want {
    Other,
    Received,
    Rider(Uuid),
    Placed(OrderMemo),
    /// The order comes to this stage.
    Step(Uuid, Stage),
    Dispatched(Uuid),
    CountStarted(Uuid),
    CountRecorded(Uuid),
    Handover(Uuid, u8),
    Granted(Uuid),
}

type Drawn = Option<(&'static str, Value, Want)>;

impl People {
    /// What an answer says is remembered.
    pub(crate) fn hear(&mut self, want: &Want, reply: &Value) {
        match want {
            Want::Other => {}
            Want::Received => self.received += 1,
            Want::Rider(rider) => self.riders.push(*rider),
            Want::Placed(order) => self.orders.push(order.clone()),
            Want::Step(order, stage) => {
                if let Some(memo) = self.order(*order) {
                    memo.stage = *stage;
                }
            }
            Want::Dispatched(order) => {
                if let Some(memo) = self.order(*order) {
                    memo.stage = Stage::Dispatched;
                    let task = &reply["tasks"][0];
                    memo.task = task["task"].as_str().map(str::to_owned);
                    memo.due_minor = task["cash_due_minor"].as_i64().unwrap_or(0);
                }
            }
            Want::CountStarted(count) => self.counts.push(*count),
            Want::CountRecorded(count) => self.counts.retain(|known| known != count),
            Want::Handover(handover, step) => {
                self.handovers.retain(|(known, _)| known != handover);
                if *step < 3 {
                    self.handovers.push((*handover, *step));
                }
            }
            Want::Granted(right) => self.rights.push(*right),
        }
    }

    fn order(&mut self, order: Uuid) -> Option<&mut OrderMemo> {
        self.orders.iter_mut().find(|memo| memo.order == order)
    }
}

impl World {
    /// What somebody at the machine wants now.
    pub(crate) fn draw_want(&mut self, id: MachineId) -> Drawn {
        if self.machines[id].people.received < ARTICLES {
            let article = self.machines[id].people.received;
            return Some(self.receive(article));
        }
        match self.dice.below(20) {
            0 | 1 => {
                let article = self.dice.below(ARTICLES);
                Some(self.receive(article))
            }
            2..=5 => Some(self.sell(None)),
            6 => self.place(),
            7..=11 => self.go_on(id),
            12 => self.count(id),
            13 => self.cash(id),
            14 | 15 => self.lend(id),
            16 | 17 => self.sell_remotely(id),
            18 => self.hand_over_remote(id),
            _ => self.odd(id),
        }
    }

    fn code(&mut self) -> (usize, Value) {
        let index = self.dice.below(ARTICLES);
        (index, json!(region::article(index).as_str()))
    }

    fn receive(&mut self, article: usize) -> (&'static str, Value, Want) {
        let (receipt, quantity) = (self.id(), 5 + self.dice.below(40));
        let line = json!({
            "article": region::article(article).as_str(), "quantity": quantity, "bin": "A-01",
            "unit_cost_minor": 6_000 + self.dice.below(2_000), "damaged": self.dice.below(20) / 18,
        });
        let fields = json!({"receipt": receipt, "reference": "LPO 7", "lines": [line]});
        ("receive-goods", fields, Want::Received)
    }

    fn sell(&mut self, from_site: Option<(usize, String)>) -> (&'static str, Value, Want) {
        let (order, (_, article)) = (self.id(), self.code());
        let quantity = 1 + self.dice.below(6);
        let mut lines = vec![json!({"article": article, "quantity": quantity})];
        if let Some((remote, site)) = from_site {
            let code = region::article(remote);
            let line = json!({
                "article": code.as_str(), "quantity": 1 + self.dice.below(5), "from_site": site,
            });
            lines = vec![line];
        } else if self.dice.once_in(3) {
            let (_, other) = self.code();
            lines.push(json!({"article": other, "quantity": 1}));
        }
        let fields = json!({"order": order, "lines": lines, "tendered_minor": 900_000});
        ("sell", fields, Want::Other)
    }

    fn place(&mut self) -> Drawn {
        let (order, (index, article)) = (self.id(), self.code());
        let quantity = 1 + self.dice.below(4);
        let prepaid = self.dice.once_in(3);
        let terms = if prepaid { "prepaid_cash" } else { "cash_on_delivery" };
        let fields = json!({
            "order": order, "terms": terms, "delivery_fee_minor": 10_000,
            "lines": [{"article": article, "quantity": quantity}],
        });
        let lines = vec![(index, i64::try_from(quantity).unwrap_or(1))];
        let memo = OrderMemo { order, stage: Stage::Placed, lines, task: None, due_minor: 0 };
        Some(("place-order", fields, Want::Placed(memo)))
    }

    /// One of the open orders goes on its way.
    fn go_on(&mut self, id: MachineId) -> Drawn {
        let open: Vec<usize> = self.machines[id]
            .people
            .orders
            .iter()
            .enumerate()
            .filter(|(_, memo)| memo.stage != Stage::Over)
            .map(|(index, _)| index)
            .collect();
        if open.is_empty() {
            return self.place();
        }
        let memo = self.machines[id].people.orders[open[self.dice.below(open.len())]].clone();
        let order = memo.order;
        let step = |stage| Want::Step(order, stage);
        Some(match memo.stage {
            Stage::Placed if self.dice.once_in(12) => {
                let fields = json!({"order": order, "reason": "not wanted"});
                ("cancel-order", fields, step(Stage::Over))
            }
            Stage::Placed => ("reserve-order", json!({"order": order}), step(Stage::Reserved)),
            Stage::Reserved => self.pick(&memo, 0),
            Stage::Picking(done) if done < memo.lines.len() => self.pick(&memo, done),
            Stage::Picking(_) => {
                ("pack-order", json!({"order": order, "parcels": 1}), step(Stage::Packed))
            }
            Stage::Packed => return self.send_out(id, order),
            Stage::Dispatched => self.arrive_at_door(&memo),
            Stage::Failed => {
                let fields = json!({"task": memo.task, "bin": "B-01"});
                ("take-back", fields, step(Stage::Over))
            }
            Stage::Over => return None,
        })
    }

    fn pick(&mut self, memo: &OrderMemo, line: usize) -> (&'static str, Value, Want) {
        let (article, quantity) = memo.lines[line];
        let short = self.dice.once_in(10);
        let mut fields = json!({
            "order": memo.order, "line": line + 1, "bin": "A-01",
            "article": region::article(article).as_str(),
            "quantity": if short { 0 } else { quantity },
        });
        if short {
            fields["short_reason"] = json!("not found");
        }
        ("pick-line", fields, Want::Step(memo.order, Stage::Picking(line + 1)))
    }

    fn send_out(&mut self, id: MachineId, order: Uuid) -> Drawn {
        let riders = &self.machines[id].people.riders;
        if riders.is_empty() || self.dice.once_in(20) {
            let rider = self.id();
            let fields =
                json!({"rider": rider, "name": "Otieno", "cash_ceiling_minor": 20_000_000});
            return Some(("register-rider", fields, Want::Rider(rider)));
        }
        let rider = riders[self.dice.below(riders.len())];
        let fields = json!({"rider": rider, "orders": [order]});
        Some(("dispatch-orders", fields, Want::Dispatched(order)))
    }

    /// The rider is at the door: paid, paid too little, or nobody there.
    fn arrive_at_door(&mut self, memo: &OrderMemo) -> (&'static str, Value, Want) {
        if self.dice.once_in(4) {
            let fields = json!({"task": memo.task, "reason": "absent"});
            return ("record-failed-delivery", fields, Want::Step(memo.order, Stage::Failed));
        }
        let less = if self.dice.once_in(6) { 500 } else { 0 };
        let fields = json!({
            "task": memo.task, "cash_collected_minor": (memo.due_minor - less).max(0),
            "proof": {"kind": "name", "value": "Wanjiru"},
        });
        ("record-delivery", fields, Want::Step(memo.order, Stage::Over))
    }

    fn count(&mut self, id: MachineId) -> Drawn {
        if let Some(count) = self.machines[id].people.counts.last().copied() {
            if self.dice.once_in(3) {
                let fields = json!({"count": count});
                return Some(("approve-count", fields, Want::CountRecorded(count)));
            }
            // Seldom less than the book can still hold: then goods are missing, and sums may say so.
            let found = if self.dice.once_in(6) { self.dice.below(60) } else { 200 };
            let fields = json!({"count": count, "quantity": found});
            return Some(("record-count", fields, Want::Other));
        }
        let (count, (_, article)) = (self.id(), self.code());
        let fields = json!({"count": count, "bin": "A-01", "article": article});
        Some(("start-count", fields, Want::CountStarted(count)))
    }

    /// Cash goes from the rider to the safe, and on to the bank.
    fn cash(&mut self, id: MachineId) -> Drawn {
        let amount = 1_000 + self.dice.below(60_000);
        let people = &self.machines[id].people;
        match people.handovers.last().copied() {
            Some((handover, 1)) => {
                let fields = json!({"handover": handover, "counted_minor": amount});
                Some(("count-handover", fields, Want::Handover(handover, 2)))
            }
            Some((handover, _)) => {
                let fields = json!({"handover": handover, "accept_shortage": true});
                Some(("cosign-handover", fields, Want::Handover(handover, 3)))
            }
            None if self.dice.once_in(2) => {
                let slips = &mut self.machines[id].people.slips;
                *slips += 1;
                let fields = json!({"slip": format!("SLIP {slips}"), "amount_minor": amount});
                Some(("deposit-cash", fields, Want::Other))
            }
            None => {
                let rider = *people.riders.first()?;
                let handover = self.id();
                let fields =
                    json!({"handover": handover, "rider": rider, "declared_minor": amount});
                Some(("declare-handover", fields, Want::Handover(handover, 1)))
            }
        }
    }

    fn other_site(&mut self, id: MachineId) -> Option<String> {
        if self.plan.depots < 2 {
            return None;
        }
        let own = self.machines[id].depot;
        let other = (own + 1 + self.dice.below(self.plan.depots - 1)) % self.plan.depots;
        Some(region::site_code(other).to_string())
    }

    /// Stock is promised to another depot, or a promise goes on or back.
    fn lend(&mut self, id: MachineId) -> Drawn {
        let site = self.other_site(id)?;
        let held = self.rights_held(id);
        if !held.is_empty() && self.dice.once_in(2) {
            let right = &held[self.dice.below(held.len())];
            let quantity = 1 + self.dice.below(3);
            if self.dice.once_in(2) {
                let fields = json!({"right": right.right.to_string(), "quantity": quantity});
                return Some(("return-right", fields, Want::Other));
            }
            let fields = json!({
                "right": right.right.to_string(), "quantity": quantity, "to_site": site,
            });
            return Some(("transfer-right", fields, Want::Other));
        }
        let (right, (_, article)) = (self.id(), self.code());
        let fields = json!({
            "right": right, "article": article, "quantity": 1 + self.dice.below(6), "to_site": site,
        });
        Some(("grant-right", fields, Want::Granted(right)))
    }

    /// Rights of other depots, as the list on the page shows them.
    fn rights_held(&self, id: MachineId) -> Vec<Right> {
        let machine = &self.machines[id];
        let all: Vec<Right> =
            machine.store.as_ref().map(|store| bodies(store, "rights", None)).unwrap_or_default();
        all.into_iter().filter(|right| right.home != machine.node).collect()
    }

    fn sell_remotely(&mut self, id: MachineId) -> Drawn {
        let held = self.rights_held(id);
        if held.is_empty() {
            return Some(self.sell(None));
        }
        let right = &held[self.dice.below(held.len())];
        let article = (0..ARTICLES).find(|index| region::article(*index) == right.article)?;
        let site = region::site_code(region::depot_of(right.home)?).to_string();
        Some(self.sell(Some((article, site))))
    }

    /// Goods that another depot sold are handed out here.
    fn hand_over_remote(&mut self, id: MachineId) -> Drawn {
        let machine = &self.machines[id];
        let sales: Vec<RemoteSale> = bodies(machine.store.as_ref()?, "remote_sales", None);
        let here = |sale: &&RemoteSale| sale.items.iter().any(|item| item.home == machine.node);
        let waiting: Vec<&RemoteSale> = sales.iter().filter(here).collect();
        if waiting.is_empty() {
            return None;
        }
        let order = waiting[self.dice.below(waiting.len())].order.to_string();
        Some(("hand-over-remote-sale", json!({"order": order, "bin": "A-01"}), Want::Other))
    }

    /// What does not come up every day, or is wrong.
    fn odd(&mut self, id: MachineId) -> Drawn {
        let (nobody, (_, article)) = (self.id(), self.code());
        Some(match self.dice.below(5) {
            0 => {
                let fields = json!({
                    "article": article, "quantity": 1 + self.dice.below(5),
                    "from_bin": "A-01", "to_bin": "B-01",
                });
                ("move-stock", fields, Want::Other)
            }
            1 => {
                let blocked = self.dice.once_in(3);
                let fields = json!({"article": article, "blocked": blocked, "reason": "recall"});
                ("block-article", fields, Want::Other)
            }
            2 => ("reserve-order", json!({"order": nobody}), Want::Other),
            3 => {
                let memo = self.machines[id].people.orders.first()?;
                let lines = json!([{"line": 1, "quantity": 1, "restock_bin": "B-01"}]);
                let fields = json!({"order": memo.order, "reason": "broken", "lines": lines});
                ("refund-order", fields, Want::Other)
            }
            _ => {
                let line = json!({"article": "NO-SUCH", "quantity": 1});
                let fields = json!({"order": nobody, "lines": [line], "tendered_minor": 1});
                ("sell", fields, Want::Other)
            }
        })
    }
}

/// Every record of a table that `author` wrote; with none, all.
pub(crate) fn bodies<R: for<'b> minicbor::Decode<'b, ()>>(
    store: &InlineStore,
    table: &str,
    author: Option<NodeId>,
) -> Vec<R> {
    let read = store.read(|db| {
        let sql = format!(
            "SELECT body FROM {table} WHERE author = ?1 OR ?1 IS NULL ORDER BY key, author"
        );
        let mut statement = db.prepare_cached(&sql)?;
        let author = author.as_ref().map(depot_store::author_bytes);
        let rows = statement.query_map([author], |row| row.get::<_, Vec<u8>>(0))?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    });
    let found = read.unwrap_or_default();
    found.iter().filter_map(|body| minicbor::decode(body).ok()).collect()
}
