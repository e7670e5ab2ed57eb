//! Taking in what the hub sends: entries of other logs, acknowledgements, its hour.

use std::collections::VecDeque;

use rusqlite::{Connection, OptionalExtension};
use shared_model::enrolment::NODE_REVOKED;
use shared_model::id::NodeId;
use shared_model::log::{AuthorPublicKey, EntryBytes, Epoch, Hash, Position};
use shared_model::network::Peer;
use shared_model::network::denylist::{DenylistRefused, Taken};
use shared_model::records::View;
use shared_model::rights::{self, AbsorbReturns};
use shared_model::sync::v1::{Ack, FeedItem};
use shared_model::time::Timestamp;
use shared_model::workflows::{self, Body, Command, Event, Stamp};

use super::append::{self, write_entry, write_seal};
use super::load::SqliteLoad;
use super::save::{author_bytes, save_documents, seq_sql};
use super::writer::Desk;
use super::{Asker, CommandError, StoreError, meta, reopen};

/// Stores a run of the hub's feed. What fails its checks is quarantined; the rest goes in.
pub(super) fn feed(
    db: &Connection,
    desk: &mut Desk,
    items: Vec<FeedItem>,
    position: u64,
) -> Result<(), StoreError> {
    let mut returned = VecDeque::new();
    for item in items {
        let bytes: Vec<u8> = item.entry.clone().into();
        let place = item.seal.position;
        match check(db, desk, &item)? {
            Ok(Checked::Known) => {}
            Ok(Checked::New(entry, body)) => {
                take_in(db, desk, &entry, &item, body.as_ref())?;
                if let Some(body) = &body {
                    returned.extend(returns_to(desk.meta.node, &entry, body));
                }
            }
            Err(reason) => quarantine(db, place, &bytes, &reason, (desk.now)())?,
        }
    }
    for command in returned {
        absorb_return(db, desk, command)?;
    }
    meta::put(db, "cursor", i64::try_from(position).unwrap_or(i64::MAX))?;
    desk.meta.cursor = position;
    Ok(())
}

enum Checked {
    Known,
    New(Box<EntryBytes>, Option<Body>),
}

/// The inner error is the reason to set the entry aside.
fn check(
    db: &Connection,
    desk: &mut Desk,
    item: &FeedItem,
) -> Result<Result<Checked, String>, StoreError> {
    let entry = match EntryBytes::parse(item.entry.clone().into()) {
        Ok(entry) => entry,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let position = entry.entry().position;
    if position != item.seal.position || entry.hash() != item.seal.hash {
        return Ok(Err("the seal is another entry's".to_owned()));
    }
    if position.node == desk.meta.node {
        return Ok(Err("the hub sent our own entry as another's".to_owned()));
    }
    if !desk.denylists.denied().allows(position) {
        return Ok(Err("its author was shut out, and this stands above the cut".to_owned()));
    }
    let Some(key) = author_key(db, desk, position.node)? else {
        return Ok(Err("its author is not enrolled in the region".to_owned()));
    };
    if key.check(&item.seal).is_err() {
        return Ok(Err("the seal is not its author's".to_owned()));
    }
    if let Some(hash) = held_hash(db, position)? {
        let same = hash == entry.hash();
        return Ok(if same {
            Ok(Checked::Known)
        } else {
            Err("another entry has its place".into())
        });
    }
    let hub = desk.meta.hub.map(|hub| (hub.node, hub.author_key));
    Ok(match workflows::inspect(entry.entry(), hub) {
        Ok(body) => Ok(Checked::New(Box::new(entry), body)),
        Err(unsound) => Err(unsound.to_string()),
    })
}

fn author_key(
    db: &Connection,
    desk: &mut Desk,
    author: NodeId,
) -> Result<Option<AuthorPublicKey>, StoreError> {
    let Some(hub) = desk.meta.hub else { return Ok(None) };
    if author == hub.node {
        return Ok(Some(hub.author_key));
    }
    let mut load = SqliteLoad(db);
    let mut view = View::new(&mut desk.set, &mut load);
    let peer = view.get::<Peer>(hub.node, &author.to_string())?;
    // Where a list names the cut, what stands below it is as good as ever. From a hub without lists
    // nothing is known but that the author is out.
    let cut_known = desk.denylists.denied().cut(author).is_some();
    Ok(peer.filter(|peer| !peer.revoked || cut_known).map(|peer| peer.author_key))
}

/// Takes in a list of shut out nodes. What it denies is denied from here on, whatever comes later.
pub(super) fn denylist(
    db: &Connection,
    desk: &mut Desk,
    list: &[u8],
) -> Result<Result<Taken, DenylistRefused>, StoreError> {
    let Some(hub) = desk.meta.hub else { return Ok(Err(DenylistRefused::NotSigned)) };
    let taken = match desk.denylists.take(list, &hub.author_key) {
        Ok(taken) => taken,
        Err(refused) => return Ok(Err(refused)),
    };
    meta::put(db, "denylists", desk.denylists.to_bytes())?;
    let version = desk.denylists.version();
    meta::put(db, "denylist_version", i64::try_from(version).unwrap_or(i64::MAX))?;
    desk.meta.denylist = version;
    if desk.denylists.denied().cut(desk.meta.node).is_some() {
        meta::put(db, "hub_refused", NODE_REVOKED)?;
        desk.meta.refused = Some(NODE_REVOKED.to_owned());
    }
    // The hub signed it, so its hour has passed, whatever way it came.
    raise_floor(db, desk, taken.issued)?;
    Ok(Ok(taken))
}

fn raise_floor(db: &Connection, desk: &mut Desk, told: Timestamp) -> Result<(), StoreError> {
    if told > desk.meta.hub_now {
        meta::put(db, "hub_now_ms", told.ms())?;
        desk.meta.hub_now = told;
    }
    desk.clock.raise_floor(told);
    Ok(())
}

fn held_hash(db: &Connection, position: Position) -> Result<Option<Hash>, StoreError> {
    let hash: Option<[u8; 32]> = db
        .prepare_cached("SELECT hash FROM log WHERE node = ?1 AND epoch = ?2 AND seq = ?3")?
        .query_row((author_bytes(&position.node), position.epoch.0, seq_sql(position.seq)), |row| {
            row.get(0)
        })
        .optional()?;
    Ok(hash.map(Hash::from_bytes))
}

fn take_in(
    db: &Connection,
    desk: &mut Desk,
    entry: &EntryBytes,
    item: &FeedItem,
    body: Option<&Body>,
) -> Result<(), StoreError> {
    write_entry(db, entry, body.is_some())?;
    write_seal(db, &item.seal)?;
    let meta = entry.entry();
    desk.clock.observe(meta.hlc, (desk.now)());
    if desk.meta.hub.is_some_and(|hub| hub.node == meta.position.node) {
        // Signed by the hub: its hour has passed.
        raise_floor(db, desk, meta.hlc.at())?;
    }
    let Some(body) = body else { return Ok(()) };
    let stamp = Stamp { author: meta.position.node, at: meta.hlc.at(), staff: meta.actor };
    let mut load = SqliteLoad(db);
    let mut view = View::new(&mut desk.set, &mut load);
    workflows::project(&mut view, &stamp, body)?;
    desk.documents_changed |= append::touches_documents(body);
    let at = (desk.head.epoch, desk.head.seq);
    let author = meta.position.node;
    for bad in save_documents(db, &mut desk.set, at, author, &mut desk.documents)? {
        quarantine(db, meta.position, entry.as_bytes(), &bad.reason, (desk.now)())?;
    }
    Ok(())
}

fn quarantine(
    db: &Connection,
    position: Position,
    bytes: &[u8],
    reason: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tracing::warn!(node = %position.node, seq = position.seq.0, reason, "entry set aside");
    db.prepare_cached(
        "INSERT OR IGNORE INTO quarantine (node, epoch, seq, hash, reason, bytes, received_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute((
        author_bytes(&position.node),
        position.epoch.0,
        seq_sql(position.seq),
        Hash::of(bytes).as_bytes(),
        reason,
        bytes,
        now.ms(),
    ))?;
    Ok(())
}

/// The commands by which this node takes note of rights that came back to it.
fn returns_to(node: NodeId, entry: &EntryBytes, body: &Body) -> Vec<AbsorbReturns> {
    let id = workflows::absorb_id(entry.entry().id);
    let mut commands = Vec::new();
    for event in &body.events {
        if let Event::Rights(rights::Event::Returned { right, home, .. }) = event
            && *home == node
        {
            commands.push(AbsorbReturns { id, right: *right });
        }
    }
    commands
}

fn absorb_return(
    db: &Connection,
    desk: &mut Desk,
    command: AbsorbReturns,
) -> Result<(), StoreError> {
    let command = Command::AbsorbReturns(command);
    let now = (desk.now)();
    match append::command(db, desk, &command, append::no_body(), Asker::NODE, now) {
        Ok(_) => Ok(()),
        Err(CommandError::Store(error)) => Err(error),
        Err(error) => {
            // Nothing is lost: the return stays in the holder's log, and the next one adds it up.
            tracing::warn!(error = %error, "a returned right was not absorbed");
            Ok(())
        }
    }
}

pub(super) fn met(
    db: &Connection,
    desk: &mut Desk,
    incarnation: &[u8],
    hub_now: Timestamp,
    cursor: u64,
) -> Result<(), StoreError> {
    meta::put(db, "hub_incarnation", incarnation)?;
    meta::put(db, "cursor", i64::try_from(cursor).unwrap_or(i64::MAX))?;
    raise_floor(db, desk, hub_now)?;
    meta::put(db, "last_contact_ms", (desk.now)().ms())?;
    desk.meta.hub_incarnation = Some(incarnation.to_vec());
    desk.meta.cursor = cursor;
    Ok(())
}

pub(super) fn acked(
    db: &Connection,
    desk: &mut Desk,
    ack: &Ack,
    now: Timestamp,
) -> Result<(), StoreError> {
    for held in &ack.held {
        db.prepare_cached("DELETE FROM acked WHERE epoch = ?1")?.execute([held.epoch.0])?;
        for range in &held.ranges {
            db.prepare_cached("INSERT INTO acked (epoch, first, last) VALUES (?1, ?2, ?3)")?
                .execute((held.epoch.0, seq_sql(range.first), seq_sql(range.last)))?;
        }
    }
    let set_aside = i64::try_from(ack.quarantined).unwrap_or(i64::MAX);
    meta::put(db, "set_aside", set_aside)?;
    meta::put(db, "last_contact_ms", now.ms())?;
    desk.meta.set_aside = ack.quarantined;
    desk.meta.last_contact = Some(now);
    reopen::write_salvaged_if_due(db, desk)?;
    Ok(())
}

pub(super) fn forked(
    db: &Connection,
    desk: &mut Desk,
    epoch: Option<Epoch>,
) -> Result<(), StoreError> {
    desk.meta.forked = epoch;
    meta::put(db, "forked", epoch.map_or(0, |epoch| epoch.0))
}
