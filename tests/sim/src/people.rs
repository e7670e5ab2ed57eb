//! People at the depots' counters: what they want, what they remember of it, and that they ask again until
//! they are told. Their commands go through the real parser and the real rules; some are wrong on purpose.

use depot_store::{Asker, CommandError, StoreError};
use serde_json::{Value, json};
use shared_model::id::{EntryId, StaffId};
use shared_model::log::Hash;
use shared_model::staff::Role;
use shared_model::workflows::{Command, Kind};
use uuid::Uuid;

use crate::bug::Bug;
use crate::machine::Failed;
use crate::plan::SECOND;
use crate::truth::{Told, Violation, broken};
use crate::wants::Want;
use crate::world::{Event, MachineId, World};

/// Times that somebody asks before giving up.
const TRIES_MAX: u32 = 200;

/// How far an order has come, as its people know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Placed,
    Reserved,
    /// So many lines are picked.
    Picking(usize),
    Packed,
    Dispatched,
    Failed,
    Over,
}

#[derive(Debug, Clone)]
pub(crate) struct OrderMemo {
    pub(crate) order: Uuid,
    pub(crate) stage: Stage,
    pub(crate) lines: Vec<(usize, i64)>,
    pub(crate) task: Option<String>,
    pub(crate) due_minor: i64,
}

/// What the people of a depot remember.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    pub(crate) orders: Vec<OrderMemo>,
    pub(crate) riders: Vec<Uuid>,
    pub(crate) counts: Vec<Uuid>,
    pub(crate) handovers: Vec<(Uuid, u8)>,
    pub(crate) rights: Vec<Uuid>,
    pub(crate) received: usize,
    pub(crate) slips: u32,
}

/// One thing that somebody wants, asked for until it is answered.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    number: u64,
    id: Uuid,
    name: &'static str,
    fields: Value,
    want: Want,
    staff: u8,
    tries: u32,
    /// It was answered, and the person asks once more: the page was loaded anew.
    again: bool,
}

impl World {
    /// People at a depot want something, some of them at once.
    pub(crate) fn burst(&mut self, depot: usize, wishes: usize) {
        let machines: Vec<MachineId> = (0..self.machines.len())
            .filter(|id| self.machines[*id].depot == depot && !self.machines[*id].retired)
            .collect();
        if machines.is_empty() {
            return;
        }
        let machine = machines[self.dice.below(machines.len())];
        let (mut left, mut wait) = (wishes, 0);
        while left > 0 {
            let together = (1 + self.dice.below(self.plan.together_max)).min(left);
            left -= together;
            // What is wanted is drawn when it is asked for.
            self.after(wait, Event::Ask { machine, wishes: vec![Wish::blank(); together] });
            wait += self.dice.throw() % (8 * SECOND);
        }
    }

    /// Wishes that reach the store together.
    pub(crate) fn ask(&mut self, id: MachineId, wishes: Vec<Wish>) -> Result<(), Violation> {
        if self.machines[id].retired {
            return Ok(());
        }
        if self.machines[id].store.is_none() {
            self.ask_later(id, wishes);
            return Ok(());
        }
        let mut asked = Vec::with_capacity(wishes.len());
        for wish in wishes {
            asked.extend(if wish.name.is_empty() { self.new_wish(id) } else { Some(wish) });
        }
        let commands: Vec<_> =
            asked.iter().map(|wish| (wish.command(), wish.hash(), wish.asker())).collect();
        if commands.is_empty() {
            return Ok(());
        }
        for wish in &asked {
            self.truth.asked.insert(EntryId::new(wish.id), wish.number);
        }
        // The answers come with the commit, or not at all.
        let answers = self.work(id, |store| Ok(store.submit_together(commands)));
        let answers = match answers {
            Ok(answers) => answers,
            Err(Failed::Broken(violation)) => return Err(violation),
            Err(Failed::Off | Failed::Store(_)) => {
                self.ask_later(id, asked);
                return Ok(());
            }
        };
        for (wish, answer) in asked.into_iter().zip(answers) {
            self.hear(id, wish, answer)?;
        }
        Ok(())
    }

    fn ask_later(&mut self, id: MachineId, wishes: Vec<Wish>) {
        let wait = 5 * SECOND + self.dice.throw() % (90 * SECOND);
        let mut again: Vec<Wish> = Vec::with_capacity(wishes.len());
        for mut wish in wishes {
            wish.tries += 1;
            if wish.tries < TRIES_MAX {
                again.push(wish);
            }
        }
        if !again.is_empty() {
            self.after(wait, Event::Ask { machine: id, wishes: again });
        }
    }

    fn hear(
        &mut self,
        id: MachineId,
        mut wish: Wish,
        answer: Result<depot_store::Answer, CommandError>,
    ) -> Result<(), Violation> {
        let lost = !self.healed && self.dice.below(1_000) < self.plan.answers_lost_per_1000;
        let reply = match answer {
            Ok(answer) => answer.reply,
            Err(CommandError::Refused(refusal)) => {
                self.figures.refused += 1;
                self.trace.line(self.now, format_args!("{} refused: {}", wish.name, refusal.code));
                return Ok(());
            }
            Err(CommandError::IdReused { id }) => {
                return broken("I6", format!("the id {id} was used for another command"));
            }
            Err(CommandError::Store(error)) => {
                let gone = matches!(error, StoreError::Stopped);
                if self.bug == Some(Bug::AckBeforeCommit) && !gone {
                    return self.tell(id, &wish, "{}".to_owned());
                }
                self.trace.line(self.now, format_args!("{} not done: {error}", wish.name));
                self.ask_later(id, vec![wish]);
                return Ok(());
            }
        };
        if lost {
            if self.bug == Some(Bug::RetryWithNewId) {
                let id = self.id();
                wish.id = id;
                wish.fields["id"] = json!(id);
            }
            self.ask_later(id, vec![wish]);
            return Ok(());
        }
        let reply = match self.bug {
            Some(Bug::WrongAnswer) if wish.again => "{\"number\":\"another\"}".to_owned(),
            Some(_) | None => reply,
        };
        self.tell(id, &wish, reply)?;
        if !wish.again && self.dice.once_in(25) {
            wish.again = true;
            self.ask_later(id, vec![wish]);
        }
        Ok(())
    }

    fn tell(&mut self, id: MachineId, wish: &Wish, reply: String) -> Result<(), Violation> {
        self.trace.line(self.now, format_args!("{} done: {reply}", wish.name));
        let machine = &mut self.machines[id];
        if !wish.again {
            let heard = serde_json::from_str(&reply).unwrap_or(Value::Null);
            machine.people.hear(&wish.want, &heard);
        }
        let told = Told { depot: machine.depot, wish: wish.number, reply };
        self.truth.tell(EntryId::new(wish.id), told)
    }

    fn new_wish(&mut self, id: MachineId) -> Option<Wish> {
        let (name, fields, want) = self.draw_want(id)?;
        let entry = self.id();
        let mut fields = fields;
        fields["id"] = json!(entry);
        self.wishes += 1;
        let staff = u8::try_from(self.dice.below(3)).unwrap_or(0);
        Some(Wish {
            number: self.wishes,
            id: entry,
            name,
            fields,
            want,
            staff,
            tries: 0,
            again: false,
        })
    }
}

impl Wish {
    const fn blank() -> Self {
        Self {
            number: 0,
            id: Uuid::nil(),
            name: "",
            fields: Value::Null,
            want: Want::Other,
            staff: 0,
            tries: 0,
            again: false,
        }
    }

    fn command(&self) -> Command {
        let kind = Kind::by_name(self.name).expect("a command for people");
        Command::parse(kind, &self.fields)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.name, self.fields))
    }

    fn hash(&self) -> [u8; 32] {
        *Hash::of(self.fields.to_string().as_bytes()).as_bytes()
    }

    fn asker(&self) -> Asker {
        let staff = StaffId::new(Uuid::from_u128(
            0x0190_b8a0_7c3e_7000_8000_0000_0000_0a00 + u128::from(self.staff),
        ));
        Asker { staff: Some(staff), role: Role::Manager }
    }
}
