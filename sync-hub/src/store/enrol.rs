//! Who may be a node: invitations, enrolment, renewal and revocation.

use anyhow::Context as _;
use deadpool_postgres::Transaction;
use shared_model::id::{EntityCode, NodeId, SiteCode};
use shared_model::log::AuthorPublicKey;
use shared_model::money::Currency;
use shared_model::time::Timestamp;
use shared_model::workflows::{Command, EnrolNode, RevokeNode};
use tokio_postgres::Row;
use uuid::Uuid;

use super::append::new_entry_id;
use super::error::{AppendError, StoreError};
use super::ingest::tips_of;
use super::signals::Committed;
use super::standing::key_of;
use super::{Appended, HubStore};
use crate::sync::enrolment::{
    Claim, EnrolmentRegistry, IssuedToken, NodeRecord, Refusal, Renewal, Seat, TokenRecord,
    issue_token, judge, judge_renewal,
};

/// Where new boxes find the hub, and how they know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    pub root_pin: [u8; 32],
    /// `host:port`, in the order in which nodes try them.
    pub addresses: Vec<String>,
}

/// Enrolling and revoking move no money; the writer must name some currency.
const NO_MONEY: Currency = Currency::KES;

impl HubStore {
    /// Makes a one-time token for a box at `site`. Its text is shown once and kept nowhere.
    ///
    /// # Errors
    /// When the database fails, or the hub's addresses do not fit into a token.
    pub async fn invite(
        &self,
        door: &Door,
        site: &SiteCode,
        entity: &EntityCode,
        now: Timestamp,
    ) -> anyhow::Result<IssuedToken> {
        let token = issue_token(door.root_pin, &door.addresses, now)?;
        self.change(
            "INSERT INTO enrolment_token (token_hash, site, entity, expires_ms)
             VALUES ($1, $2, $3, $4)",
            &[&token.hash.as_slice(), &site.as_str(), &entity.as_str(), &token.expires.ms()],
        )
        .await?;
        self.signals().tell(Committed::NOTHING_TRAVELS);
        Ok(token)
    }

    /// Shuts a node out, and tells the region so. The same command twice is one.
    ///
    /// # Errors
    /// [`AppendError`]; then nothing was changed.
    pub async fn revoke(
        &self,
        id: shared_model::id::EntryId,
        node: NodeId,
        reason: &str,
        now: Timestamp,
    ) -> Result<Appended, AppendError> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let revoked = tx
            .execute("UPDATE node SET status = 'revoked' WHERE node = $1", &[node.as_uuid()])
            .await?;
        if revoked == 0 {
            return Err(StoreError::NotEnrolled { node }.into());
        }
        // The row is locked: nothing of the node's comes in between the cut and the commit.
        let tips = tips_of(&tx, node).await?;
        self.deny_in(&tx, node, &tips, now).await?;
        let cut = tips.values().next_back().map_or_else(Default::default, |tip| tip.seq);
        let command = Command::RevokeNode(RevokeNode { id, node, cut, reason: reason.to_owned() });
        let (appended, committed) = self.append_in(&tx, &command, NO_MONEY, now).await?;
        tx.commit().await?;
        self.signals().tell(committed.unwrap_or(Committed::NOTHING_TRAVELS));
        self.signals().tell_decided();
        Ok(appended)
    }

    async fn admit_in(
        &self,
        tx: &Transaction<'_>,
        claim: &Claim,
    ) -> anyhow::Result<Result<(Seat, Option<Committed>), Refusal>> {
        let token = locked_token(tx, &claim.token_hash).await?;
        let known = locked_node(tx, claim.node).await?;
        let seat = match judge(token.as_ref(), known.as_ref(), claim) {
            Ok(seat) => seat,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if known.is_none() && site_taken(tx, &seat.site).await? {
            return Ok(Err(Refusal::SiteTaken { site: seat.site }));
        }
        tx.execute(
            "UPDATE enrolment_token SET used_by = $2, used_key = $3 WHERE token_hash = $1",
            &[
                &claim.token_hash.as_slice(),
                claim.node.as_uuid(),
                &claim.author_public_key.as_slice(),
            ],
        )
        .await?;
        tx.execute(
            "INSERT INTO node (node, site, entity, author_key, status, fingerprint, enrolled_ms)
             VALUES ($1, $2, $3, $4, 'active', $5, $6)
             ON CONFLICT (node) DO UPDATE SET fingerprint = EXCLUDED.fingerprint",
            &[
                claim.node.as_uuid(),
                &seat.site.as_str(),
                &seat.entity.as_str(),
                &claim.author_public_key.as_slice(),
                &claim.certificate_fingerprint.as_slice(),
                &claim.now.ms(),
            ],
        )
        .await?;
        if known.is_some() {
            return Ok(Ok((seat, None)));
        }
        let command = Command::EnrolNode(EnrolNode {
            id: new_entry_id(),
            node: claim.node,
            site: seat.site.clone(),
            entity: seat.entity.clone(),
            author_key: AuthorPublicKey::from_bytes(claim.author_public_key),
        });
        let (_, committed) = self.append_in(tx, &command, NO_MONEY, claim.now).await?;
        Ok(Ok((seat, committed)))
    }
}

impl EnrolmentRegistry for HubStore {
    async fn admit(&self, claim: &Claim) -> anyhow::Result<Result<Seat, Refusal>> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let verdict = self.admit_in(&tx, claim).await?;
        let (seat, committed) = match verdict {
            Ok(granted) => granted,
            Err(refusal) => return Ok(Err(refusal)),
        };
        tx.commit().await.context("committing an enrolment")?;
        self.signals().tell(committed.unwrap_or(Committed::NOTHING_TRAVELS));
        Ok(Ok(seat))
    }

    async fn renew(&self, renewal: &Renewal) -> anyhow::Result<Result<(), Refusal>> {
        let mut client = self.client().await?;
        let tx = client.transaction().await?;
        let known = locked_node(&tx, renewal.node).await?;
        if let Err(refusal) = judge_renewal(known.as_ref(), renewal) {
            return Ok(Err(refusal));
        }
        tx.execute(
            "UPDATE node SET fingerprint = $2 WHERE node = $1",
            &[renewal.node.as_uuid(), &renewal.certificate_fingerprint.as_slice()],
        )
        .await?;
        tx.commit().await.context("committing a renewal")?;
        Ok(Ok(()))
    }
}

async fn locked_token(
    tx: &Transaction<'_>,
    hash: &[u8; 32],
) -> anyhow::Result<Option<TokenRecord>> {
    let row = tx
        .query_opt(
            "SELECT site, entity, expires_ms, used_by FROM enrolment_token
             WHERE token_hash = $1 FOR UPDATE",
            &[&hash.as_slice()],
        )
        .await?;
    row.map(|row| {
        Ok(TokenRecord {
            site: code(&row, 0)?,
            entity: code(&row, 1)?,
            expires: Timestamp::from_ms(row.get(2)),
            used_by: row.get::<_, Option<Uuid>>(3).map(NodeId::new),
        })
    })
    .transpose()
}

async fn locked_node(tx: &Transaction<'_>, node: NodeId) -> anyhow::Result<Option<NodeRecord>> {
    let row = tx
        .query_opt(
            "SELECT site, author_key, status FROM node WHERE node = $1 FOR UPDATE",
            &[node.as_uuid()],
        )
        .await?;
    row.map(|row| {
        Ok(NodeRecord {
            site: code(&row, 0)?,
            author_public_key: key_of(&row, 1)?,
            revoked: row.get::<_, &str>(2) == "revoked",
        })
    })
    .transpose()
}

async fn site_taken(tx: &Transaction<'_>, site: &SiteCode) -> anyhow::Result<bool> {
    let row = tx
        .query_one(
            "SELECT EXISTS (SELECT FROM node WHERE site = $1 AND status <> 'revoked')",
            &[&site.as_str()],
        )
        .await?;
    Ok(row.get(0))
}

fn code<T>(row: &Row, column: usize) -> anyhow::Result<T>
where
    T: std::str::FromStr,
    T::Err: std::error::Error + Send + Sync + 'static,
{
    row.get::<_, &str>(column).parse().context("a code in the database is none")
}
