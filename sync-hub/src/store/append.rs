//! The hub is one more log writer: deciding its commands and appending what was decided.

use deadpool_postgres::Transaction;
use shared_model::admission::{ROUNDS_MAX, Shelf, Step, Tip, Travels, epoch_after_rewind, travels};
use shared_model::id::EntryId;
use shared_model::log::{Entry, EntryBytes, Epoch, Hash, Position, Scope, Seq};
use shared_model::money::Currency;
use shared_model::records::{View, WorkingSet};
use shared_model::refusal::Refusal;
use shared_model::staff::Role;
use shared_model::tax::Jurisdiction;
use shared_model::time::{ClockTrust, Hlc, Timestamp};
use shared_model::workflows::{
    Command, Context, Decision, Declined, Desk, Reply, Site, Stamp, decide,
};
use uuid::Uuid;

use super::HubStore;
use super::error::{AppendError, StoreError};
use super::fetch::fetch;
use super::identity::{incarnation, timeline};
use super::ingest::{TRIES_MAX, tips_of};
use super::landing::{Landing, LogRow, Travelling, digest_of};
use super::projecting::gather;
use super::signals::Committed;

/// What the hub goes by where a depot has its own site code. It gives no order numbers.
const SITE: &str = "HUB";

/// An entry of the hub's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    pub position: Position,
    pub reply: Reply,
    /// It was there before: the same command was sent twice.
    pub again: bool,
}

impl HubStore {
    /// Decides a command and appends its entry to the hub's log. The same command twice is one
    /// entry. `currency` is that of the money it speaks of.
    ///
    /// # Errors
    /// [`AppendError`]; then nothing was changed.
    pub async fn append(
        &self,
        command: &Command,
        currency: Currency,
        now: Timestamp,
    ) -> Result<Appended, AppendError> {
        let mut tries = 1;
        loop {
            match self.try_append(command, currency, now).await {
                Err(error) if error.gave_way() && tries < TRIES_MAX => tries += 1,
                outcome => return outcome,
            }
        }
    }

    async fn try_append(
        &self,
        command: &Command,
        currency: Currency,
        now: Timestamp,
    ) -> Result<Appended, AppendError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let (appended, committed) = self.append_in(&tx, command, currency, now).await?;
        tx.commit().await?;
        if let Some(committed) = committed {
            self.signals().tell(committed);
        }
        Ok(appended)
    }

    /// The same inside a transaction of the caller, who signals after its commit.
    pub(crate) async fn append_in(
        &self,
        tx: &Transaction<'_>,
        command: &Command,
        currency: Currency,
        now: Timestamp,
    ) -> Result<(Appended, Option<Committed>), AppendError> {
        let tip = self.lock_own_chain(tx).await?;
        if let Some(known) = self.known(tx, command).await? {
            return Ok((known, None));
        }
        let position =
            Position { node: self.identity().node, epoch: tip.epoch, seq: tip.seq.next() };
        let hlc = tip.hlc.next(now);
        let site = self.site(currency);
        let context = Context {
            site: &site,
            id: command.id(),
            actor: None,
            role: Role::Manager,
            now: hlc.at(),
            epoch: position.epoch,
            seq: position.seq,
            writer: self.0.writer,
        };
        let (decision, shelf) = decide_with(tx, command, context).await?;
        let reply = decision.reply.clone();
        let new = New { id: command.id(), position, hlc, prev: tip.hash };
        let committed = self.write(tx, new, decision, shelf, now).await?;
        let appended = Appended { position, reply, again: false };
        Ok((appended, Some(committed)))
    }

    /// Locks the hub's own chain. In a database that was put back to an earlier hour the hub goes
    /// on under a new epoch: nodes may hold entries of the hours it lost.
    async fn lock_own_chain(&self, tx: &Transaction<'_>) -> Result<Tip, StoreError> {
        let row = tx.query_one("SELECT incarnation FROM hub FOR UPDATE", &[]).await?;
        let known: Vec<u8> = row.get(0);
        let tips = tips_of(tx, self.identity().node).await?;
        let newest = tips.values().next_back().copied();
        let tip = newest.unwrap_or(Tip::start(Epoch(1)));
        let current = incarnation(tx).await?;
        if known == current {
            return Ok(tip);
        }
        tx.execute("UPDATE hub SET incarnation = $1", &[&current]).await?;
        let epoch = epoch_after_rewind(tip.epoch, timeline(tx).await?);
        Ok(Tip { epoch, seq: Seq(0), ..tip })
    }

    async fn known(
        &self,
        tx: &Transaction<'_>,
        command: &Command,
    ) -> Result<Option<Appended>, AppendError> {
        let statement = tx
            .prepare_cached("SELECT epoch, seq, kind FROM log WHERE entry_id = $1 AND node = $2")
            .await?;
        let (id, node) = (command.id(), self.identity().node);
        let row = tx.query_opt(&statement, &[id.as_uuid(), node.as_uuid()]).await?;
        let Some(row) = row else { return Ok(None) };
        if row.get::<_, i32>(2) != i32::from(command.kind().number()) {
            return Err(AppendError::IdReused);
        }
        Ok(Some(Appended {
            position: Position {
                node,
                epoch: Epoch(row.get::<_, i32>(0).cast_unsigned()),
                seq: Seq(row.get::<_, i64>(1).cast_unsigned()),
            },
            // Nothing that the hub does has more to say.
            reply: Reply::Done {},
            again: true,
        }))
    }

    async fn write(
        &self,
        tx: &Transaction<'_>,
        new: New,
        decision: Decision,
        shelf: Shelf,
        now: Timestamp,
    ) -> Result<Committed, AppendError> {
        let (kind, scope) = (decision.kind.number(), decision.scope);
        let schema = decision.body.schema();
        let entry = EntryBytes::seal_in(Entry {
            position: new.position,
            prev: new.prev,
            hlc: new.hlc,
            clock: ClockTrust::Trusted,
            scope,
            kind,
            schema,
            id: new.id,
            actor: None,
            payload: decision.body.encode().into(),
        })
        .map_err(|error| too_large(&error))?;
        let stamp = Stamp { author: new.position.node, at: new.hlc.at(), staff: None };
        let step = Step { position: new.position, stamp, body: decision.body };
        let gathered = gather(tx, vec![step], shelf).await?;
        if let Some((_, reason)) = gathered.broken.first() {
            return Err(StoreError::Broken(reason.clone()).into());
        }
        let landing = Landing {
            author: new.position.node,
            now,
            log: vec![LogRow {
                position: new.position,
                id: new.id,
                hash: entry.hash(),
                hlc: new.hlc,
                kind,
                projected: true,
                bytes: entry.as_bytes(),
            }],
            aside: Vec::new(),
            seals: vec![self.0.author_key.seal(new.position, entry.hash())],
            travelling: travelling(new.position, scope),
            tips: vec![Tip {
                epoch: new.position.epoch,
                seq: new.position.seq,
                hash: entry.hash(),
                hlc: new.hlc,
            }],
            gathered,
            digest: digest_of(tx, new.position.node).await?,
        };
        Ok(landing.write(tx).await?.committed)
    }

    fn site(&self, currency: Currency) -> Site {
        let identity = self.identity();
        Site {
            node: identity.node,
            hub: Some(identity.node),
            site: SITE.parse().expect("a constant site code"),
            region: identity.region.clone(),
            entity: identity.entity.clone(),
            currency,
            jurisdiction: jurisdiction_of(currency),
            bins: Vec::new(),
            unsellable: Vec::new(),
            rider_fee_minor: 0,
            count_variance_minor_max: 0,
        }
    }
}

/// An entry to be.
struct New {
    id: EntryId,
    position: Position,
    hlc: Hlc,
    prev: Hash,
}

fn travelling(position: Position, scope: Scope) -> Vec<Travelling> {
    match travels(scope, true) {
        Travels::No | Travels::Unsealed => Vec::new(),
        Travels::ToAll => vec![Travelling { position, reader: None }],
        Travels::To(reader) => vec![Travelling { position, reader: Some(reader) }],
    }
}

/// The hub sells nothing itself: the law follows the money.
const fn jurisdiction_of(currency: Currency) -> Jurisdiction {
    match currency {
        Currency::NGN => Jurisdiction::NG,
        Currency::KES => Jurisdiction::KE,
        Currency::ZAR => Jurisdiction::ZA,
        Currency::XAF => Jurisdiction::CM,
    }
}

/// Runs the decision until it asks for nothing that is not at hand.
async fn decide_with(
    tx: &Transaction<'_>,
    command: &Command,
    context: Context<'_>,
) -> Result<(Decision, Shelf), AppendError> {
    let mut shelf = Shelf::default();
    for _ in 0..ROUNDS_MAX {
        let mut set = WorkingSet::default();
        let mut view = View::new(&mut set, &mut shelf);
        let outcome = decide(command, &mut Desk::new(&mut view, context));
        let asked = shelf.take_asked();
        if asked.is_empty() {
            return match outcome {
                Ok(decision) => Ok((decision, shelf)),
                Err(Declined::Refused(refusal)) => Err(AppendError::Refused(refusal)),
                Err(Declined::Store(never)) => match never {},
            };
        }
        fetch(tx, &mut shelf, asked).await?;
    }
    Err(StoreError::Broken("the decision asks for ever more records".to_owned()).into())
}

fn too_large(error: &shared_model::log::InvalidEntry) -> AppendError {
    AppendError::Refused(Refusal {
        code: "entry-too-large",
        field: "".into(),
        detail: error.to_string(),
        remedy: "send it in smaller parts".into(),
    })
}

/// Ids for commands that the hub makes by itself.
pub(crate) fn new_entry_id() -> EntryId {
    EntryId::new(Uuid::now_v7())
}
