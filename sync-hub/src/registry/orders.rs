//! Orders to rings. What puts a version into depots takes two persons: one proposes, another
//! approves. What only takes one out of use, or puts back what two approved before, takes one.

use deadpool_postgres::Transaction;
use model_bundle::{Day, Manifest};
use serde::{Deserialize, Serialize};
use shared_model::blob::BlobId;
use shared_model::id::{EntryId, ModelCode, RingCode, SiteCode};
use shared_model::inference::{
    AnnounceModel, Announcement, MANIFEST_SIGNING_CONTEXT, ModelKeys, ModelLine,
    ORDER_SIGNING_CONTEXT, Step, order_message,
};
use shared_model::log::AuthorKey;
use shared_model::records::keys::ONLY;
use shared_model::records::{Kind, Record};
use shared_model::text::Remark;
use shared_model::time::Timestamp;
use shared_model::workflows::Command;
use tokio_postgres::Row;

use super::keys::{ensure_keys, load};
use super::proposals::{Proposal, ProposalStatus, lock, proposal};
use super::rings::ALL;
use super::{NO_MONEY, blobs, refused};
use crate::store::{AppendError, Committed, HubStore, StoreError};

/// What somebody wants of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// Of the proposal, and of the entry in the hub's log that comes of it.
    pub id: EntryId,
    pub model: ModelCode,
    pub version: u32,
    pub step: Step,
    pub ring: RingCode,
    /// Why.
    pub note: Remark,
}

/// Proposes to use or to try a version; nothing happens until another person approves.
///
/// # Errors
/// [`AppendError::Refused`] when the version cannot take that step there.
pub async fn propose(
    store: &HubStore,
    ask: &Ask,
    who: &str,
    now: Timestamp,
) -> Result<Proposal, AppendError> {
    if matches!(ask.step, Step::Pause | Step::Rollback) {
        let detail = "pausing and going back need no second person";
        return Err(refused("step-needs-no-approval", "step", detail, "order it at once"));
    }
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    check(&tx, ask, now).await?;
    insert(&tx, ask, ProposalStatus::Open, who, now).await?;
    let made = proposal(&tx, ask.id).await?;
    tx.commit().await?;
    store.tell_changed();
    made.ok_or_else(|| StoreError::Broken("a proposal is not there".to_owned()).into())
}

/// Approves a proposal and gives the order. The same approval twice is one.
///
/// # Errors
/// [`AppendError::Refused`] for one's own proposal, or one decided otherwise.
pub async fn approve(
    store: &HubStore,
    id: EntryId,
    who: &str,
    now: Timestamp,
) -> Result<Proposal, AppendError> {
    prepare_keys(store, now).await?;
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let open = lock(&tx, id).await?.ok_or_else(proposal_unknown)?;
    match open.status {
        ProposalStatus::Open => {}
        ProposalStatus::Approved if open.decided_by.as_deref() == Some(who) => return Ok(open),
        ProposalStatus::Approved | ProposalStatus::Rejected | ProposalStatus::Ordered => {
            return Err(decided_before());
        }
    }
    if open.proposed_by == who {
        let detail = format!("{who} proposed it; publishing takes two persons");
        let remedy = "have another console user approve it";
        return Err(refused("own-proposal", "proposal", detail, remedy));
    }
    let ask = open.ask().map_err(StoreError::Broken)?;
    check(&tx, &ask, now).await?;
    let (number, committed) = give(store, &tx, &ask, now).await?;
    decide(&tx, id, ProposalStatus::Approved, who, "", Some(number), now).await?;
    finish(store, tx, id, committed).await
}

/// Rejects a proposal; its proposer may withdraw it so.
///
/// # Errors
/// [`AppendError::Refused`] when it was decided before.
pub async fn reject(
    store: &HubStore,
    id: EntryId,
    note: &Remark,
    who: &str,
    now: Timestamp,
) -> Result<Proposal, AppendError> {
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    let open = lock(&tx, id).await?.ok_or_else(proposal_unknown)?;
    if open.status != ProposalStatus::Open {
        return Err(decided_before());
    }
    decide(&tx, id, ProposalStatus::Rejected, who, note.as_str(), None, now).await?;
    finish(store, tx, id, None).await
}

/// Pauses a model in a ring, or puts back a version that was approved for it before. The same
/// order twice is one.
///
/// # Errors
/// [`AppendError::Refused`] for other steps, or a version that was never approved there.
pub async fn order_at_once(
    store: &HubStore,
    ask: &Ask,
    who: &str,
    now: Timestamp,
) -> Result<Proposal, AppendError> {
    if !matches!(ask.step, Step::Pause | Step::Rollback) {
        let detail = "a version comes into depots by two persons";
        return Err(refused("step-needs-approval", "step", detail, "propose it instead"));
    }
    prepare_keys(store, now).await?;
    let mut client = store.client().await?;
    let tx = client.transaction().await?;
    if let Some(known) = proposal(&tx, ask.id).await? {
        return if known.is_of(ask, who) { Ok(known) } else { Err(AppendError::IdReused) };
    }
    check(&tx, ask, now).await?;
    insert(&tx, ask, ProposalStatus::Ordered, who, now).await?;
    let (number, committed) = give(store, &tx, ask, now).await?;
    decide(&tx, ask.id, ProposalStatus::Ordered, who, "", Some(number), now).await?;
    finish(store, tx, ask.id, committed).await
}

async fn prepare_keys(store: &HubStore, now: Timestamp) -> Result<(), AppendError> {
    let made = ensure_keys(store, now).await;
    made.map_err(|error| StoreError::Broken(format!("the model keys: {error:#}")))?;
    Ok(())
}

async fn finish(
    store: &HubStore,
    tx: Transaction<'_>,
    id: EntryId,
    committed: Option<Committed>,
) -> Result<Proposal, AppendError> {
    let after = proposal(&tx, id).await?;
    tx.commit().await?;
    match committed {
        Some(committed) => store.signals().tell(committed),
        None => store.tell_changed(),
    }
    after.ok_or_else(|| StoreError::Broken("a proposal is not there".to_owned()).into())
}

fn proposal_unknown() -> AppendError {
    let detail = "there is no such proposal";
    refused("proposal-unknown", "proposal", detail, "choose one from the list")
}

fn decided_before() -> AppendError {
    let detail = "the proposal was decided before";
    refused("proposal-decided", "proposal", detail, "make a new proposal")
}

/// Whether the version may take the step in the ring.
async fn check(tx: &Transaction<'_>, ask: &Ask, now: Timestamp) -> Result<(), AppendError> {
    let version = i64::from(ask.version);
    let row = tx
        .query_opt(
            "SELECT manifest_text FROM model_version WHERE model = $1 AND version = $2",
            &[&ask.model.as_str(), &version],
        )
        .await?;
    let Some(row) = row else {
        let detail = format!("the registry has no version {version} of {}", ask.model);
        return Err(refused("version-unknown", "version", detail, "import its bundle first"));
    };
    sites_of(tx, &ask.ring).await?;
    let manifest = manifest_of(&row)?;
    if ask.step != Step::Pause && manifest.expires_on < Day::from_unix_ms(now.ms()) {
        let detail = format!("version {version} expired on {}", manifest.expires_on);
        return Err(refused("version-expired", "version", detail, "train and import a new one"));
    }
    let used = used_in(tx, ask).await?;
    match ask.step {
        Step::Activate if used.newest.is_some_and(|newest| version < newest) => {
            let newest = used.newest.unwrap_or_default();
            let detail = format!("version {newest} was in use in ring {} before", ask.ring);
            Err(refused("version-older", "step", detail, "order a rollback to go back"))
        }
        Step::Rollback if !used.this => {
            let detail = format!("version {version} was never approved for ring {}", ask.ring);
            let remedy = "choose one that was in use there, or propose it";
            Err(refused("never-in-use", "version", detail, remedy))
        }
        Step::Activate | Step::Rollback | Step::Shadow | Step::Pause | Step::Resume => Ok(()),
    }
}

/// What was approved for use in a ring, or everywhere.
struct Used {
    newest: Option<i64>,
    this: bool,
}

async fn used_in(tx: &Transaction<'_>, ask: &Ask) -> Result<Used, StoreError> {
    let row = tx
        .query_one(
            "SELECT max(version), coalesce(bool_or(version = $3), false) FROM model_proposal
             WHERE model = $1 AND ring IN ($2, $4)
               AND status = 'approved' AND step IN ('activate', 'resume')",
            &[&ask.model.as_str(), &ask.ring.as_str(), &i64::from(ask.version), &ALL],
        )
        .await?;
    Ok(Used { newest: row.get(0), this: row.get(1) })
}

fn manifest_of(row: &Row) -> Result<Manifest, StoreError> {
    Manifest::parse(row.get::<_, &str>(0).as_bytes())
        .map_err(|error| StoreError::Broken(format!("a manifest of the registry: {error}")))
}

/// The sites of a ring; none for the whole region.
async fn sites_of(tx: &Transaction<'_>, ring: &RingCode) -> Result<Vec<SiteCode>, AppendError> {
    if ring.as_str() == ALL {
        return Ok(Vec::new());
    }
    let rows = tx
        .query("SELECT site FROM model_ring_site WHERE ring = $1 ORDER BY site", &[&ring.as_str()])
        .await?;
    if rows.is_empty() {
        let detail = format!("there is no ring {ring}");
        return Err(refused("ring-unknown", "ring", detail, "make it first, or use all"));
    }
    let site = |row: &Row| row.get::<_, &str>(0).parse::<SiteCode>();
    let sites = rows.iter().map(site).collect::<Result<_, _>>();
    Ok(sites.map_err(|error| StoreError::Broken(format!("a site of ring {ring} {error}")))?)
}

async fn insert(
    tx: &Transaction<'_>,
    ask: &Ask,
    status: ProposalStatus,
    who: &str,
    now: Timestamp,
) -> Result<(), AppendError> {
    let decided_by = (status != ProposalStatus::Open).then_some(who);
    let made = tx
        .execute(
            "INSERT INTO model_proposal
                 (id, model, version, step, ring, note, status, proposed_by, proposed_ms,
                  decided_by)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
            &[
                ask.id.as_uuid(),
                &ask.model.as_str(),
                &i64::from(ask.version),
                &ask.step.as_str(),
                &ask.ring.as_str(),
                &ask.note.as_str(),
                &status.as_str(),
                &who,
                &now.ms(),
                &decided_by,
            ],
        )
        .await?;
    if made > 0 {
        return Ok(());
    }
    match proposal(tx, ask.id).await? {
        Some(known) if known.is_of(ask, who) => Ok(()),
        Some(_) | None => Err(AppendError::IdReused),
    }
}

async fn decide(
    tx: &Transaction<'_>,
    id: EntryId,
    status: ProposalStatus,
    who: &str,
    note: &str,
    number: Option<u64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE model_proposal SET status = $2, decided_by = $3, decided_ms = $4,
             decision_note = $5, number = $6
         WHERE id = $1",
        &[id.as_uuid(), &status.as_str(), &who, &now.ms(), &note, &number.map(u64::cast_signed)],
    )
    .await?;
    Ok(())
}

/// Signs the order and appends it to the hub's log; it travels once the transaction is committed.
async fn give(
    store: &HubStore,
    tx: &Transaction<'_>,
    ask: &Ask,
    now: Timestamp,
) -> Result<(u64, Option<Committed>), AppendError> {
    // Orders about a model are counted one by one: whoever gives another waits here.
    tx.query_one("SELECT node FROM hub FOR UPDATE", &[]).await?;
    let line: ModelLine = own(store, tx, ask.model.as_str()).await?.unwrap_or_default();
    let keys: Option<ModelKeys> = own(store, tx, ONLY).await?;
    let keys = keys.ok_or_else(|| StoreError::Broken("no model keys are pinned".to_owned()))?;
    let key = load(store.state_dir(), &keys.current)
        .map_err(|error| StoreError::Broken(format!("{error:#}")))?;
    let announcement = announcement(tx, ask, &key, line.number + 1).await?;
    let number = announcement.number;
    let command = Command::AnnounceModel(AnnounceModel { id: ask.id, announcement });
    let (_, committed) = store.append_in(tx, &command, NO_MONEY, now).await?;
    set_aliases(tx, ask, now).await?;
    Ok((number, committed))
}

async fn announcement(
    tx: &Transaction<'_>,
    ask: &Ask,
    key: &AuthorKey,
    number: u64,
) -> Result<Announcement, AppendError> {
    let row = tx
        .query_one(
            "SELECT manifest, bundle_bytes FROM model_version WHERE model = $1 AND version = $2",
            &[&ask.model.as_str(), &i64::from(ask.version)],
        )
        .await?;
    let manifest = <[u8; 32]>::try_from(row.get::<_, &[u8]>(0))
        .map(BlobId::from_bytes)
        .map_err(|_| StoreError::Broken("a hash in the registry is none".to_owned()))?;
    let bytes = blobs::whole(tx, manifest).await?;
    let mut announcement = Announcement {
        model: ask.model.clone(),
        version: ask.version,
        manifest,
        manifest_bytes: bytes.len() as u64,
        bundle_bytes: row.get::<_, i64>(1).cast_unsigned(),
        step: ask.step,
        ring: ask.ring.clone(),
        sites: sites_of(tx, &ask.ring).await?,
        number,
        key: key.public(),
        manifest_signature: key.sign(MANIFEST_SIGNING_CONTEXT, &bytes).into(),
        signature: [0; 64].into(),
    };
    let message = order_message(&announcement);
    announcement.signature = key.sign(ORDER_SIGNING_CONTEXT, &message).into();
    Ok(announcement)
}

/// A record of the hub's own, as this transaction sees it.
async fn own<R: Record>(
    store: &HubStore,
    tx: &Transaction<'_>,
    key: &str,
) -> Result<Option<R>, StoreError> {
    let kind: Kind = R::KIND;
    let sql = format!("SELECT body FROM {} WHERE key = $1 AND author = $2", kind.table());
    let row = tx.query_opt(&sql, &[&key, store.identity().node.as_uuid()]).await?;
    let read = |row: Row| {
        minicbor::decode(row.get(0))
            .map_err(|error| StoreError::Broken(format!("a record of {}: {error}", kind.table())))
    };
    row.map(read).transpose()
}

/// The champion is what the whole region uses; the challenger what was last ordered to be tried,
/// until it becomes the champion or people go back from it.
async fn set_aliases(tx: &Transaction<'_>, ask: &Ask, now: Timestamp) -> Result<(), StoreError> {
    let (model, version) = (ask.model.as_str(), i64::from(ask.version));
    if ask.step == Step::Rollback {
        let delete = "DELETE FROM model_alias
                      WHERE model = $1 AND alias = 'challenger' AND version <> $2";
        tx.execute(delete, &[&model, &version]).await?;
    }
    let alias = match ask.step {
        Step::Shadow => "challenger",
        Step::Activate | Step::Resume | Step::Rollback if ask.ring.as_str() == ALL => "champion",
        Step::Activate | Step::Resume | Step::Rollback | Step::Pause => return Ok(()),
    };
    tx.execute(
        "INSERT INTO model_alias (model, alias, version, set_ms) VALUES ($1, $2, $3, $4)
         ON CONFLICT (model, alias) DO UPDATE
         SET version = excluded.version, set_ms = excluded.set_ms",
        &[&model, &alias, &version, &now.ms()],
    )
    .await?;
    if alias == "champion" {
        let delete = "DELETE FROM model_alias
                      WHERE model = $1 AND alias = 'challenger' AND version = $2";
        tx.execute(delete, &[&model, &version]).await?;
    }
    Ok(())
}
