//! One entry without what its reader knows. Whatever does not come out the same to the byte (fields
//! of a later version, bytes that are no entry) goes as it is.

use super::columns::{Columns, Source, Unreadable, put, put_signed};
use super::shape::{self, Memory, pack_id, unpack_id};
use crate::id::{EntryId, NodeId, StaffId};
use crate::log::{ENTRY_BYTES_MAX, Entry, EntryBytes, Epoch, Hash, Position, Scope, Seq};
use crate::time::{ClockTrust, Hlc};
use uuid::Uuid;

/// What the first byte of an entry's shape says.
mod flag {
    /// The whole entry, as bytes.
    pub(super) const AS_IT_IS: u8 = 1;
    /// It stands where the frame says.
    pub(super) const IN_PLACE: u8 = 1 << 1;
    /// It follows the entry that went over before it.
    pub(super) const FOLLOWS: u8 = 1 << 2;
    /// It is the first of its log.
    pub(super) const FIRST: u8 = 1 << 3;
    /// Several entries had this ms.
    pub(super) const COUNTER: u8 = 1 << 4;
    /// The payload, as bytes.
    pub(super) const PAYLOAD: u8 = 1 << 5;
    /// A person asked.
    pub(super) const ACTOR: u8 = 1 << 6;
    pub(super) const ALL: u8 = (1 << 7) - 1;
}

const CLOCK_UNTRUSTED: u8 = 1;
const SCOPE_REGION: u8 = 1 << 1;
const SCOPE_NODE: u8 = 1 << 2;

/// What both sides remember of a session.
#[derive(Debug)]
pub(super) struct Context {
    memory: Memory,
    /// Of the entry that went over last.
    hash: Hash,
    time_ms: u64,
}

/// What came out of the link.
pub(super) struct Unpacked {
    pub(super) bytes: Vec<u8>,
    pub(super) hash: Hash,
    /// None when it goes as it is and only the frame knows its place.
    pub(super) position: Option<Position>,
}

impl Context {
    /// After an entry that both sides know by its hash.
    pub(super) fn after(hash: Hash) -> Self {
        Self { memory: Memory::new(), hash, time_ms: 0 }
    }

    /// Packs one entry, which stands at `place` when the frame says so.
    pub(super) fn pack(&mut self, bytes: &[u8], place: Option<Position>, out: &mut Columns) {
        match minicbor::decode::<Entry>(bytes) {
            Ok(entry) if same_bytes(&entry, bytes) => self.pack_entry(&entry, place, out),
            Ok(_) | Err(_) => {
                out.shape.push(flag::AS_IT_IS);
                put(&mut out.numbers, bytes.len() as u64);
                out.texts.extend_from_slice(bytes);
            }
        }
        self.hash = Hash::of(bytes);
    }

    fn pack_entry(&mut self, entry: &Entry, place: Option<Position>, out: &mut Columns) {
        let (time_ms, counter) = split(entry.hlc);
        let (in_place, follows) = (place == Some(entry.position), entry.prev == self.hash);
        let first = !follows && entry.prev == Hash::ZERO;
        let as_bytes = !shape::packs(&entry.payload);
        let flags = [
            (in_place, flag::IN_PLACE),
            (follows, flag::FOLLOWS),
            (first, flag::FIRST),
            (counter > 0, flag::COUNTER),
            (as_bytes, flag::PAYLOAD),
            (entry.actor.is_some(), flag::ACTOR),
        ];
        let flags = flags.iter().filter(|(is, _)| *is).fold(0, |sum, (_, flag)| sum | flag);
        out.shape.extend_from_slice(&[flags, sort_of(entry)]);
        put(&mut out.shape, u64::from(entry.kind));
        put(&mut out.shape, u64::from(entry.schema));
        put_signed(&mut out.times, time_ms.wrapping_sub(self.time_ms).cast_signed());
        self.time_ms = time_ms;
        if counter > 0 {
            put(&mut out.times, counter);
        }
        if !in_place {
            let Position { node, epoch, seq } = entry.position;
            pack_id(*node.as_uuid().as_bytes(), time_ms, &mut self.memory.ids, out);
            put(&mut out.shape, u64::from(epoch.0));
            put(&mut out.numbers, seq.0);
        }
        if !follows && !first {
            out.raw.extend_from_slice(entry.prev.as_bytes());
        }
        if let Scope::Node(reader) = entry.scope {
            pack_id(*reader.as_uuid().as_bytes(), time_ms, &mut self.memory.ids, out);
        }
        pack_id(*entry.id.as_uuid().as_bytes(), time_ms, &mut self.memory.ids, out);
        if let Some(actor) = entry.actor {
            pack_id(*actor.as_uuid().as_bytes(), time_ms, &mut self.memory.ids, out);
        }
        if as_bytes {
            put(&mut out.numbers, entry.payload.len() as u64);
            out.texts.extend_from_slice(&entry.payload);
        } else {
            shape::pack(&entry.payload, time_ms, &mut self.memory, out);
        }
    }

    /// Rebuilds one entry to the byte.
    pub(super) fn unpack(
        &mut self,
        from: &mut Source<'_>,
        place: Option<Position>,
    ) -> Result<Unpacked, Unreadable> {
        let flags = from.shape.byte()?;
        let unpacked = if flags == flag::AS_IT_IS {
            let bytes = from.numbers.count()?;
            let bytes = from.texts.take(bytes)?.to_vec();
            let parsed = EntryBytes::parse(bytes.clone()).ok();
            let position = place.or(parsed.map(|entry| entry.entry().position));
            Unpacked { hash: Hash::of(&bytes), bytes, position }
        } else {
            let entry = self.unpack_entry(flags, from, place)?;
            let position = Some(entry.position);
            let bytes = minicbor::to_vec(&entry).expect("writing to memory");
            Unpacked { hash: Hash::of(&bytes), bytes, position }
        };
        self.hash = unpacked.hash;
        Ok(unpacked)
    }

    fn unpack_entry(
        &mut self,
        flags: u8,
        from: &mut Source<'_>,
        place: Option<Position>,
    ) -> Result<Entry, Unreadable> {
        let has = |flag: u8| flags & flag != 0;
        if flags & !flag::ALL != 0 || has(flag::AS_IT_IS) || has(flag::FOLLOWS) && has(flag::FIRST)
        {
            return Err(Unreadable::Malformed);
        }
        let sort = from.shape.byte()?;
        let (kind, schema) = (small(from.shape.number()?)?, small(from.shape.number()?)?);
        let time_ms = self.time_ms.wrapping_add(from.times.signed()?.cast_unsigned());
        self.time_ms = time_ms;
        let counter = if has(flag::COUNTER) { from.times.number()? } else { 0 };
        let hlc = join(time_ms, counter)?;
        let position = if has(flag::IN_PLACE) {
            place.ok_or(Unreadable::Malformed)?
        } else {
            let node = NodeId::new(self.id(time_ms, from)?);
            let epoch = u32::try_from(from.shape.number()?).map_err(|_| Unreadable::Malformed)?;
            Position { node, epoch: Epoch(epoch), seq: Seq(from.numbers.number()?) }
        };
        let prev = if has(flag::FOLLOWS) {
            self.hash
        } else if has(flag::FIRST) {
            Hash::ZERO
        } else {
            Hash::from_bytes(from.raw.array()?)
        };
        let clock = match sort & CLOCK_UNTRUSTED {
            0 => ClockTrust::Trusted,
            _ => ClockTrust::Untrusted,
        };
        let scope = match sort & !CLOCK_UNTRUSTED {
            0 => Scope::Site,
            SCOPE_REGION => Scope::Region,
            SCOPE_NODE => Scope::Node(NodeId::new(self.id(time_ms, from)?)),
            _ => return Err(Unreadable::Malformed),
        };
        let id = EntryId::new(self.id(time_ms, from)?);
        let actor = match has(flag::ACTOR) {
            true => Some(StaffId::new(self.id(time_ms, from)?)),
            false => None,
        };
        let payload = self.payload(has(flag::PAYLOAD), time_ms, from)?.into();
        Ok(Entry { position, prev, hlc, clock, scope, kind, schema, id, actor, payload })
    }

    fn id(&mut self, time_ms: u64, from: &mut Source<'_>) -> Result<Uuid, Unreadable> {
        let shape = from.shape.byte()?;
        unpack_id(shape, from, time_ms, &mut self.memory.ids).map(Uuid::from_bytes)
    }

    fn payload(
        &mut self,
        as_bytes: bool,
        time_ms: u64,
        from: &mut Source<'_>,
    ) -> Result<Vec<u8>, Unreadable> {
        let mut payload = Vec::new();
        if as_bytes {
            let bytes = from.numbers.count()?;
            payload.extend_from_slice(from.texts.take(bytes)?);
        } else {
            shape::unpack(from, time_ms, &mut self.memory, &mut payload)?;
        }
        if payload.len() > ENTRY_BYTES_MAX {
            return Err(Unreadable::TooLarge { bytes_max: ENTRY_BYTES_MAX });
        }
        Ok(payload)
    }
}

fn same_bytes(entry: &Entry, bytes: &[u8]) -> bool {
    minicbor::to_vec(entry).is_ok_and(|again| again == bytes)
}

/// Clock and scope in one byte.
const fn sort_of(entry: &Entry) -> u8 {
    let clock = match entry.clock {
        ClockTrust::Trusted => 0,
        ClockTrust::Untrusted => CLOCK_UNTRUSTED,
    };
    let scope = match entry.scope {
        Scope::Site => 0,
        Scope::Region => SCOPE_REGION,
        Scope::Node(_) => SCOPE_NODE,
    };
    clock | scope
}

/// Milliseconds, and which of several in one.
const fn split(hlc: Hlc) -> (u64, u64) {
    (hlc.bits() >> 16, hlc.bits() & 0xffff)
}

fn join(time_ms: u64, counter: u64) -> Result<Hlc, Unreadable> {
    if time_ms >> 48 != 0 || counter > 0xffff {
        return Err(Unreadable::Malformed);
    }
    Ok(Hlc::from_bits(time_ms << 16 | counter))
}

fn small(number: u64) -> Result<u16, Unreadable> {
    u16::try_from(number).map_err(|_| Unreadable::Malformed)
}
