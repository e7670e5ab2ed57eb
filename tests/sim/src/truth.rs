//! What really happened, seen from outside: every entry a box wrote, every answer a person was given, and
//! the sums that must hold whatever was lost between. Nothing of the region reads it.

use std::collections::{BTreeMap, BTreeSet};

use shared_model::id::{EntryId, NodeId, RightId};
use shared_model::ledger::Account;
use shared_model::log::{EntryBytes, Epoch, Hash, Scope, Seq};
use shared_model::rights::Event as RightsEvent;
use shared_model::time::{Hlc, Timestamp};
use shared_model::workflows::{Body, Event};
use shared_model::{orders, rights};

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// `I1` to `I14`.
    pub invariant: &'static str,
    pub detail: String,
}

/// Says which invariant, and why.
pub(crate) fn broken<T>(
    invariant: &'static str,
    detail: impl Into<String>,
) -> Result<T, Violation> {
    Err(Violation { invariant, detail: detail.into() })
}

/// What a person was told.
#[derive(Debug, Clone)]
pub struct Told {
    pub depot: usize,
    /// What the person wanted: one wish is one entry, however often it was asked for.
    pub wish: u64,
    pub reply: String,
}

/// Where a box's own log was last seen to stand, by epoch.
pub type Seen = BTreeMap<Epoch, (Seq, Hash, Hlc)>;

#[derive(Debug, Clone, Copy, Default)]
struct Hand {
    moved_in: i64,
    spent: i64,
    returned: i64,
    passed_on: i64,
}

#[derive(Debug, Clone, Default)]
struct RightSum {
    home: Option<NodeId>,
    granted: i64,
    holder: Option<NodeId>,
    absorbed: i64,
    hands: BTreeMap<NodeId, Hand>,
}

impl RightSum {
    fn left(&self, holder: NodeId) -> i64 {
        let hand = self.hands.get(&holder).copied().unwrap_or_default();
        let granted = if self.holder == Some(holder) { self.granted } else { 0 };
        granted + hand.moved_in - hand.spent - hand.returned - hand.passed_on
    }
}

/// Why sums of a node are not judged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Excuse {
    /// A copy of its disk ran: two machines spent what one had.
    pub cloned: bool,
    /// It was put back by hand, without a new epoch: it gave numbers again until the hub was met.
    pub by_hand: bool,
    /// It was put back: its book is older than its shelves until the tail is back.
    pub restored: bool,
}

#[derive(Default)]
pub struct Truth {
    pub told: BTreeMap<EntryId, Told>,
    /// What may be gone: nobody who still lives had it.
    pub excused: BTreeSet<EntryId>,
    /// What the hub said it has set aside: from then on it is there.
    pub handed_in: BTreeSet<EntryId>,
    /// Every entry that a box of the author wrote.
    pub written: BTreeMap<NodeId, BTreeSet<Hash>>,
    pub excuses: BTreeMap<NodeId, Excuse>,
    /// Where a count found less than the book said.
    pub missing: BTreeSet<NodeId>,
    /// Nodes revoked, and what the hub held of them then.
    pub revoked: BTreeMap<NodeId, usize>,
    facts: BTreeMap<EntryId, (NodeId, Vec<RightsEvent>)>,
    rights: BTreeMap<RightId, RightSum>,
    numbers: BTreeMap<String, EntryId>,
    /// Which wish an id was sent for.
    pub asked: BTreeMap<EntryId, u64>,
    wishes: BTreeMap<u64, EntryId>,
}

impl Truth {
    #[must_use]
    pub fn excuse(&self, node: NodeId) -> Excuse {
        self.excuses.get(&node).copied().unwrap_or_default()
    }

    /// A box committed an entry of its own. Checks the chain, the stamp, order numbers and rights.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn wrote(
        &mut self,
        node: NodeId,
        seen: &mut Seen,
        entry: &EntryBytes,
        wall_max_ms: i64,
    ) -> Result<(), Violation> {
        let at = entry.entry().position;
        let place = format!("{}/{}/{}", short(at.node), at.epoch, at.seq);
        let before = seen.get(&at.epoch).copied();
        let (seq, hash, hlc) = before.unwrap_or((Seq(0), entry.entry().prev, Hlc::default()));
        if at.node != node || at.seq != seq.next() || entry.entry().prev != hash {
            return broken("I8", format!("{place} does not follow {seq}"));
        }
        if entry.entry().hlc <= hlc {
            return broken("I13", format!("{place} is stamped before the entry it follows"));
        }
        if entry.entry().hlc.at().ms() > wall_max_ms + shared_model::time::SKEW_AHEAD_MS_MAX + 1 {
            return broken("I13", format!("{place} is stamped later than any clock it could know"));
        }
        seen.insert(at.epoch, (at.seq, entry.hash(), entry.entry().hlc));
        self.written.entry(node).or_default().insert(entry.hash());
        let id = entry.entry().id;
        if self.facts.contains_key(&id) {
            return Ok(());
        }
        let Ok(body) = Body::decode(&entry.entry().payload) else {
            return broken("I8", format!("{place} cannot be read"));
        };
        for posting in &body.postings {
            if posting.check().is_err() {
                return broken("I5", format!("{place} holds a posting that does not balance"));
            }
        }
        self.take_note(node, id, &body, &place)
    }

    fn take_note(
        &mut self,
        node: NodeId,
        id: EntryId,
        body: &Body,
        place: &str,
    ) -> Result<(), Violation> {
        if let Some(wish) = self.asked.get(&id)
            && let Some(other) = self.wishes.insert(*wish, id)
            && other != id
        {
            return broken("I6", format!("{place}: one wish became the entries {other} and {id}"));
        }
        let short_count =
            body.postings.iter().any(|posting| posting.debit == Account::CountVariance);
        if short_count {
            self.missing.insert(node);
        }
        let mut of_rights = Vec::new();
        for event in &body.events {
            if let Event::Orders(orders::Event::Placed(order)) = event {
                self.note_number(node, id, &order.number)?;
            }
            if let Event::Rights(event) = event {
                self.count(node, event, 1);
                of_rights.push(event.clone());
            }
        }
        let judged = of_rights.clone();
        self.facts.insert(id, (node, of_rights));
        judged.iter().try_for_each(|event| self.judge(event, place))
    }

    fn note_number(&mut self, node: NodeId, id: EntryId, number: &str) -> Result<(), Violation> {
        let excuse = self.excuse(node);
        match self.numbers.insert(number.to_owned(), id) {
            Some(other) if other != id && !excuse.cloned && !excuse.by_hand => {
                broken("I6", format!("order number {number} was given twice"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn count(&mut self, node: NodeId, event: &RightsEvent, times: i64) {
        let right = match event {
            RightsEvent::Granted { right, .. }
            | RightsEvent::Spent { right, .. }
            | RightsEvent::Returned { right, .. }
            | RightsEvent::PassedOn { right, .. }
            | RightsEvent::ReturnAbsorbed { right, .. }
            | RightsEvent::HandedOver { right, .. } => *right,
        };
        let sum = self.rights.entry(right).or_default();
        match event {
            rights::Event::Granted { quantity, holder, .. } => {
                (sum.home, sum.holder) = (Some(node), Some(*holder));
                sum.granted += times * quantity;
            }
            rights::Event::Spent { quantity, .. } => {
                sum.hands.entry(node).or_default().spent += times * quantity;
            }
            rights::Event::Returned { quantity, .. } => {
                sum.hands.entry(node).or_default().returned += times * quantity;
            }
            rights::Event::PassedOn { quantity, to, .. } => {
                sum.hands.entry(node).or_default().passed_on += times * quantity;
                sum.hands.entry(*to).or_default().moved_in += times * quantity;
            }
            rights::Event::ReturnAbsorbed { quantity, .. } => sum.absorbed += times * quantity,
            rights::Event::HandedOver { .. } => {}
        }
    }

    /// For every right: granted + in - out - spent - returned >= 0 at each holder, and what came free
    /// again at home was given back before.
    fn judge(&self, event: &RightsEvent, place: &str) -> Result<(), Violation> {
        let right = match event {
            RightsEvent::Spent { right, .. }
            | RightsEvent::Returned { right, .. }
            | RightsEvent::PassedOn { right, .. }
            | RightsEvent::ReturnAbsorbed { right, .. } => right,
            RightsEvent::Granted { .. } | RightsEvent::HandedOver { .. } => return Ok(()),
        };
        let Some(sum) = self.rights.get(right) else { return Ok(()) };
        let parties: Vec<NodeId> = sum.hands.keys().copied().chain(sum.home).collect();
        if parties.iter().any(|node| self.excuse(*node) != Excuse::default()) {
            return Ok(());
        }
        for holder in sum.hands.keys() {
            let left = sum.left(*holder);
            if left < 0 {
                let holder = short(*holder);
                return broken("I4", format!("{place}: {holder} spent {} too much", -left));
            }
        }
        let returned: i64 = sum.hands.values().map(|hand| hand.returned).sum();
        if sum.absorbed > returned {
            return broken("I4", format!("{place}: more came free than was given back"));
        }
        Ok(())
    }

    /// A person was told that it is done.
    ///
    /// # Errors
    /// [`Violation`] when the same question had another answer, or one wish became two entries.
    pub fn tell(&mut self, id: EntryId, told: Told) -> Result<(), Violation> {
        if let Some(other) = self.wishes.insert(told.wish, id)
            && other != id
        {
            return broken("I6", format!("one wish became the entries {other} and {id}"));
        }
        if let Some(before) = self.told.get(&id)
            && before.reply != told.reply
            && self.excuse(crate::region::node(told.depot)) == Excuse::default()
        {
            return broken("I7", format!("{id} was answered {} and {}", before.reply, told.reply));
        }
        self.told.insert(id, told);
        Ok(())
    }

    /// Facts that nobody has any more.
    pub fn forget(&mut self, id: EntryId) {
        self.excused.insert(id);
        if let Some((node, events)) = self.facts.remove(&id) {
            for event in &events {
                self.count(node, event, -1);
            }
        }
    }

    /// What must be somewhere: told, and not excused.
    pub fn owed(&self, depot: usize) -> impl Iterator<Item = (&EntryId, &Told)> {
        let of_it =
            move |(id, told): &(&EntryId, &Told)| told.depot == depot && !self.excused.contains(id);
        self.told.iter().filter(of_it)
    }

    /// An entry that the hub hands to `reader`: by its author, and meant for the reader. Returns the
    /// hour of the hub's own.
    ///
    /// # Errors
    /// [`Violation`].
    pub fn handed_on(&self, reader: NodeId, entry: &[u8]) -> Result<Option<Timestamp>, Violation> {
        let Ok(entry) = EntryBytes::parse(entry.to_vec()) else {
            return broken("I9", "the hub handed on what is no entry");
        };
        let at = entry.entry().position;
        let place = format!("{}/{}/{}", short(at.node), at.epoch, at.seq);
        if !self.written.get(&at.node).is_some_and(|all| all.contains(&entry.hash())) {
            return broken("I9", format!("{place} was handed on and never written"));
        }
        let meant = match entry.entry().scope {
            Scope::Site => false,
            Scope::Region => true,
            Scope::Node(only) => only == reader,
        };
        if !meant {
            return broken("I12", format!("{place} came to {}, who may not see it", short(reader)));
        }
        Ok((at.node == crate::region::HUB).then(|| entry.entry().hlc.at()))
    }
}

/// A node's name in a message.
pub(crate) fn short(node: NodeId) -> String {
    match crate::region::depot_of(node) {
        Some(depot) => format!("depot {}", depot + 1),
        None => "the hub".to_owned(),
    }
}
