//! A command becomes an entry: known id, decide, append, project. All in the caller's transaction.

use rusqlite::{Connection, OptionalExtension};
use shared_model::id::{EntryId, NodeId};
use shared_model::log::{
    AuthorKey, Entry, EntryBytes, Epoch, Hash, InvalidEntry, Position, Scope, Seq,
};
use shared_model::records::View;
use shared_model::refusal::Refusal;
use shared_model::sync::v1::EpochHead;
use shared_model::time::Timestamp;
use shared_model::workflows::{self, Body, Command, Context, Decision, Declined, Event, Stamp};

use super::load::SqliteLoad;
use super::save::{author_bytes, save_documents, seq_sql};
use super::writer::Desk;
use super::{Answer, Asker, CommandError, StoreError};

/// Carries a command out. On a refusal nothing has been written.
pub(super) fn command(
    db: &Connection,
    desk: &mut Desk,
    command: &Command,
    body_hash: [u8; 32],
    asker: Asker,
    now: Timestamp,
) -> Result<Answer, CommandError> {
    if let Some(answer) = known(db, desk, command, body_hash)? {
        return Ok(answer);
    }
    let clock_before = desk.clock;
    let (hlc, clock) = desk.clock.tick(now);
    let decision = match decide(db, desk, command, asker, hlc.at()) {
        Ok(decision) => decision,
        Err(error) => {
            desk.clock = clock_before;
            return Err(error);
        }
    };
    let entry = Entry {
        position: Position {
            node: desk.meta.node,
            epoch: desk.head.epoch,
            seq: desk.head.seq.next(),
        },
        prev: desk.head.hash,
        hlc,
        clock,
        scope: decision.scope,
        kind: decision.kind.number(),
        schema: decision.body.schema(),
        id: command.id(),
        actor: asker.staff,
        payload: decision.body.encode().into(),
    };
    let entry = EntryBytes::seal_in(entry).map_err(too_large)?;
    write_entry(db, &entry, true)?;
    seal_if_it_travels(db, &desk.key, &entry)?;
    let reply = serde_json::to_string(&decision.reply).map_err(|_| unanswerable())?;
    remember(db, &entry, body_hash, &reply)?;
    advance(desk, &entry);
    let stamp = Stamp { author: desk.meta.node, at: hlc.at(), staff: asker.staff };
    let mut load = SqliteLoad(db);
    let mut view = View::new(&mut desk.set, &mut load);
    workflows::project(&mut view, &stamp, &decision.body)?;
    desk.documents_changed |= touches_documents(&decision.body);
    let at = (desk.head.epoch, desk.head.seq);
    let bad = save_documents(db, &mut desk.set, at, desk.meta.node, &mut desk.documents)?;
    if let Some(bad) = bad.first() {
        return Err(
            StoreError::Damaged(format!("document {}: {}", bad.document, bad.reason)).into()
        );
    }
    Ok(Answer { position: entry.entry().position, reply })
}

/// Whether open pages that show documents should look again.
pub(super) fn touches_documents(body: &Body) -> bool {
    body.events.iter().any(|event| matches!(event, Event::Document(_)))
}

fn unanswerable() -> StoreError {
    StoreError::Damaged("the answer could not be written down".to_owned())
}

fn too_large(error: InvalidEntry) -> CommandError {
    CommandError::Refused(Refusal {
        code: "too-large",
        field: "".into(),
        detail: error.to_string(),
        remedy: "split it into several commands".into(),
    })
}

fn known(
    db: &Connection,
    desk: &Desk,
    command: &Command,
    body_hash: [u8; 32],
) -> Result<Option<Answer>, CommandError> {
    answer_of(db, desk.meta.node, command.id(), body_hash)
}

/// The answer that a command was given when it was first carried out.
pub(super) fn answer_of(
    db: &Connection,
    node: NodeId,
    id: EntryId,
    body_hash: [u8; 32],
) -> Result<Option<Answer>, CommandError> {
    let row = db
        .prepare_cached("SELECT body_hash, epoch, seq, reply FROM command WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([id.as_uuid().as_bytes()], |row| {
                    let hash: [u8; 32] = row.get(0)?;
                    Ok((hash, row.get::<_, u32>(1)?, row.get::<_, i64>(2)?, row.get(3)?))
                })
                .optional()
        })
        .map_err(StoreError::from)?;
    let Some((hash, epoch, seq, reply)) = row else { return Ok(None) };
    // What came back from the hub was answered in a time that was lost: the question is not known, and
    // the id was made once.
    if hash != body_hash && hash != no_body() {
        return Err(CommandError::IdReused { id });
    }
    let seq = Seq(u64::try_from(seq).unwrap_or(0));
    let position = Position { node, epoch: Epoch(epoch), seq };
    Ok(Some(Answer { position, reply }))
}

fn decide(
    db: &Connection,
    desk: &mut Desk,
    command: &Command,
    asker: Asker,
    now: Timestamp,
) -> Result<Decision, CommandError> {
    let writer = desk.document_writer();
    let context = Context {
        site: &desk.site,
        id: command.id(),
        actor: asker.staff,
        role: asker.role,
        now,
        epoch: desk.head.epoch,
        seq: desk.head.seq.next(),
        writer,
    };
    let mut load = SqliteLoad(db);
    let mut view = View::new(&mut desk.set, &mut load);
    let mut desk = workflows::Desk::new(&mut view, context);
    workflows::decide(command, &mut desk).map_err(|declined| match declined {
        Declined::Refused(refusal) => CommandError::Refused(refusal),
        Declined::Store(error) => CommandError::Store(error),
    })
}

/// Puts an entry into the log.
pub(super) fn write_entry(
    db: &Connection,
    entry: &EntryBytes,
    projected: bool,
) -> Result<(), StoreError> {
    let position = entry.entry().position;
    db.prepare_cached(
        "INSERT INTO log (node, epoch, seq, hash, bytes, projected) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        author_bytes(&position.node),
        position.epoch.0,
        seq_sql(position.seq),
        entry.hash().as_bytes(),
        entry.as_bytes(),
        projected,
    ))?;
    Ok(())
}

/// An entry that goes on to other nodes is sealed by itself: they see it without its neighbours.
pub(super) fn seal_if_it_travels(
    db: &Connection,
    key: &AuthorKey,
    entry: &EntryBytes,
) -> Result<(), StoreError> {
    match entry.entry().scope {
        Scope::Site => Ok(()),
        Scope::Region | Scope::Node(_) => {
            write_seal(db, &key.seal(entry.entry().position, entry.hash()))
        }
    }
}

pub(super) fn write_seal(
    db: &Connection,
    seal: &shared_model::log::Seal,
) -> Result<(), StoreError> {
    let position = seal.position;
    db.prepare_cached(
        "INSERT OR IGNORE INTO seal (node, epoch, seq, signature) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((
        author_bytes(&position.node),
        position.epoch.0,
        seq_sql(position.seq),
        &seal.signature[..],
    ))?;
    Ok(())
}

/// Remembers the answer to a command, for whoever asks again.
pub(super) fn remember(
    db: &Connection,
    entry: &EntryBytes,
    body_hash: [u8; 32],
    reply: &str,
) -> Result<(), StoreError> {
    let position = entry.entry().position;
    db.prepare_cached(
        "INSERT OR REPLACE INTO command (id, body_hash, epoch, seq, reply) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        entry.entry().id.as_uuid().as_bytes(),
        body_hash,
        position.epoch.0,
        seq_sql(position.seq),
        reply,
    ))?;
    Ok(())
}

/// Like [`remember`], for an entry of which the answer may be known and the question is not.
pub(super) fn remember_if_unknown(db: &Connection, entry: &EntryBytes) -> Result<(), StoreError> {
    let known: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM command WHERE id = ?1)")?
        .query_row([entry.entry().id.as_uuid().as_bytes()], |row| row.get(0))?;
    if known { Ok(()) } else { remember(db, entry, no_body(), "{}") }
}

/// The head moves to the entry just written.
pub(super) fn advance(desk: &mut Desk, entry: &EntryBytes) {
    let position = entry.entry().position;
    desk.head = EpochHead { epoch: position.epoch, seq: position.seq, hash: entry.hash() };
}

/// What the body of a command hashes to when no person sent one.
pub(super) fn no_body() -> [u8; 32] {
    *Hash::ZERO.as_bytes()
}
