//! The few facts about the box itself: whose log, which hub, which epoch, how far.

use rusqlite::{Connection, OptionalExtension, types::FromSql};
use shared_model::id::NodeId;
use shared_model::log::{AuthorPublicKey, Epoch};
use shared_model::network::denylist::{Denylist, Denylists};
use shared_model::time::Timestamp;

use super::StoreError;

/// The hub this node is enrolled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hub {
    pub node: NodeId,
    pub author_key: AuthorPublicKey,
}

/// Facts about the box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    pub node: NodeId,
    pub epoch: Epoch,
    pub hub: Option<Hub>,
    /// The hub's incarnation last met.
    pub hub_incarnation: Option<Vec<u8>>,
    /// How far the hub's feed is committed here.
    pub cursor: u64,
    /// The latest hour that an authenticated hub told.
    pub hub_now: Timestamp,
    pub last_contact: Option<Timestamp>,
    /// The hub holds another history of this epoch.
    pub forked: Option<Epoch>,
    /// Own entries that the hub has set aside.
    pub set_aside: u64,
    /// When the certificate runs out by which the hub knows this box.
    pub leaf_until: Option<Timestamp>,
    /// Version of the list of shut out nodes that is held; 0 is none.
    pub denylist: u64,
    /// Why the hub will have nothing to do with this box, in the hub's word; none while it has.
    pub refused: Option<String>,
}

impl Meta {
    /// # Errors
    /// [`StoreError::Damaged`] when the file belongs to no node.
    pub fn read(db: &Connection) -> Result<Self, StoreError> {
        let node: [u8; 16] =
            get(db, "node")?.ok_or_else(|| StoreError::Damaged("it names no node".to_owned()))?;
        let hub_node: Option<[u8; 16]> = get(db, "hub_node")?;
        let hub_key: Option<[u8; 32]> = get(db, "hub_author_key")?;
        let hub = hub_node.zip(hub_key).map(|(node, key)| Hub {
            node: NodeId::new(uuid::Uuid::from_bytes(node)),
            author_key: AuthorPublicKey::from_bytes(key),
        });
        Ok(Self {
            node: NodeId::new(uuid::Uuid::from_bytes(node)),
            epoch: Epoch(get(db, "epoch")?.unwrap_or(1)),
            hub,
            hub_incarnation: get(db, "hub_incarnation")?,
            cursor: u64::try_from(get::<i64>(db, "cursor")?.unwrap_or(0)).unwrap_or(0),
            hub_now: Timestamp::from_ms(get(db, "hub_now_ms")?.unwrap_or(0)),
            last_contact: get(db, "last_contact_ms")?.map(Timestamp::from_ms),
            forked: get::<u32>(db, "forked")?.filter(|epoch| *epoch > 0).map(Epoch),
            set_aside: u64::try_from(get::<i64>(db, "set_aside")?.unwrap_or(0)).unwrap_or(0),
            leaf_until: get(db, "leaf_until_ms")?.filter(|ms| *ms > 0).map(Timestamp::from_ms),
            denylist: u64::try_from(get::<i64>(db, "denylist_version")?.unwrap_or(0)).unwrap_or(0),
            refused: get::<String>(db, "hub_refused")?.filter(|word| !word.is_empty()),
        })
    }
}

fn get<T: FromSql>(db: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    let row = db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([key], |row| row.get(0));
    Ok(row.optional()?)
}

/// The lists of shut out nodes that are held.
///
/// # Errors
/// [`StoreError::Damaged`] when they cannot be read.
pub(super) fn denylists(db: &Connection, hub: Option<Hub>) -> Result<Denylists, StoreError> {
    let (Some(bytes), Some(hub)) = (get::<Vec<u8>>(db, "denylists")?, hub) else {
        return Ok(Denylists::default());
    };
    Denylists::from_bytes(&bytes, &hub.author_key)
        .map_err(|error| StoreError::Damaged(format!("its lists of shut out nodes: {error}")))
}

/// The newest list, as it is passed on; none when there is none.
///
/// # Errors
/// [`StoreError`].
pub fn newest_denylist(db: &Connection) -> Result<Option<(Denylist, Vec<u8>)>, StoreError> {
    let lists = denylists(db, Meta::read(db)?.hub)?;
    Ok(lists.newest().map(|(list, bytes)| (list.clone(), bytes.to_vec())))
}

/// Writes one fact. `STRICT` tables keep integers as they are in an untyped column, so the value
/// column is declared `ANY`.
pub(super) fn put(
    db: &Connection,
    key: &str,
    value: impl rusqlite::ToSql,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute((key, value))?;
    Ok(())
}

/// Notes that the link to the hub stands at this hour.
///
/// # Errors
/// [`StoreError`].
pub fn put_contact(db: &Connection, now: Timestamp) -> Result<(), StoreError> {
    put(db, "last_contact_ms", now.ms())
}

/// Notes until when the box's certificate holds and what the hub has against it. `hub_now` is an
/// hour that an authenticated hub told; it never goes back.
///
/// # Errors
/// [`StoreError`].
pub fn put_lease(
    db: &Connection,
    leaf_until: Option<Timestamp>,
    refused: Option<&str>,
    hub_now: Timestamp,
) -> Result<(), StoreError> {
    let known: i64 = get(db, "hub_now_ms")?.unwrap_or(0);
    put(db, "hub_now_ms", known.max(hub_now.ms()))?;
    put(db, "leaf_until_ms", leaf_until.map_or(0, |until| until.ms()))?;
    put(db, "hub_refused", refused.unwrap_or_default())
}

/// Notes the hub after enrolment.
///
/// # Errors
/// [`StoreError`].
pub fn put_hub(db: &Connection, hub: Hub) -> Result<(), StoreError> {
    put(db, "hub_node", hub.node.as_uuid().as_bytes())?;
    put(db, "hub_author_key", hub.author_key.as_bytes())
}
