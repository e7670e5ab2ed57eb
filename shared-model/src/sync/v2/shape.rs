//! A payload apart from its values: CBOR (RFC 8949) with each id, number and text replaced by a
//! token that says what kind of thing stands there and, where it was said before, which.
//!
//! Entries of one kind come out with the same tokens again and again, and those cost nothing once
//! compressed. It knows CBOR and no payload: what a later version writes packs as well.

use super::columns::{Columns, Source, Unreadable, put, put_signed};
use super::recent::{Counted, Counters, Ids, Place, TEXT_BYTES_MAX, Texts};
use crate::log::ENTRY_BYTES_MAX;

/// Tokens stand where CBOR has heads with an argument; a head without one stands for itself.
mod token {
    /// Plus the major type in the upper bits: a number follows in its stream.
    pub(super) const NUMBER: u8 = 0x18;
    /// So many ms from the entry's own time.
    pub(super) const TIME: u8 = 0x19;
    /// The entry's own time.
    pub(super) const NOW: u8 = 0x1a;
    /// The sum of the last two new numbers of this entry: a net amount and its tax.
    pub(super) const SUM: u8 = 0x1b;
    /// Plus 0 to 15: the number that was new in this entry as the first, second, ...
    pub(super) const SAME: u8 = 0x40;
    /// A uuid of version 7: ms from the entry's time, and 74 random bits.
    pub(super) const ID_V7: u8 = 0x50;
    pub(super) const ID_RAW: u8 = 0x51;
    pub(super) const ID_TABLE: u8 = 0x52;
    pub(super) const BYTES: u8 = 0x53;
    /// 32 to 64 bytes: a hash or a signature.
    pub(super) const BYTES_RAW: u8 = 0x54;
    pub(super) const ID_FRONT: u8 = 0x58;
    pub(super) const TEXT: u8 = 0x60;
    pub(super) const TEXT_TABLE: u8 = 0x61;
    /// A counted name, one further than last time.
    pub(super) const TEXT_NEXT: u8 = 0x62;
    pub(super) const TEXT_COUNTED: u8 = 0x63;
    pub(super) const TEXT_FRONT: u8 = 0x68;
}

const FRONT: u8 = 8;
const NUMBERS_MAX: usize = 16;
/// A number this near to the entry's time, in ms, is an hour: within 34 years.
const TIME_MS_MAX: i64 = 1 << 40;
const RAW_BYTES: std::ops::RangeInclusive<usize> = 32..=64;

/// What a session remembers of what went over.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) ids: Ids,
    pub(super) texts: Texts,
    pub(super) counters: Counters,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { ids: Ids::ids(), texts: Texts::texts(), counters: Counters::default() }
    }
}

/// New numbers of one entry, in their order.
#[derive(Default)]
struct Numbers {
    seen: [u64; NUMBERS_MAX],
    count: usize,
}

impl Numbers {
    fn position(&self, number: u64) -> Option<u8> {
        let at = self.seen[..self.count].iter().position(|seen| *seen == number)?;
        u8::try_from(at).ok()
    }

    fn sum(&self) -> Option<u64> {
        match self.seen[..self.count] {
            [.., first, second] => first.checked_add(second),
            [] | [_] => None,
        }
    }

    fn note(&mut self, number: u64) {
        if self.count < NUMBERS_MAX && self.position(number).is_none() {
            self.seen[self.count] = number;
            self.count += 1;
        }
    }
}

/// One head of CBOR.
struct Head<'a> {
    initial: u8,
    /// None: the head stands for itself.
    argument: Option<u64>,
    /// The bytes of a string.
    string: &'a [u8],
}

/// Takes the next head and, of a string, its bytes. None when it is not in the shortest form, is a
/// float or of indefinite length, or ends early.
fn next<'a>(rest: &mut &'a [u8]) -> Option<Head<'a>> {
    let (&initial, after) = rest.split_first()?;
    let (major, additional) = (initial >> 5, initial & 0x1f);
    let (argument, after) = match additional {
        0..24 => (u64::from(additional), after),
        24..28 => {
            let width = 1 << (additional - 24);
            let (bytes, after) = after.split_at_checked(width)?;
            (bytes.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)), after)
        }
        _ => return None,
    };
    if additional >= 24 && (major == 7 || !is_shortest(argument, additional)) {
        return None;
    }
    let (string, after) = match major {
        2 | 3 => after.split_at_checked(usize::try_from(argument).ok()?)?,
        _ => (&after[..0], after),
    };
    *rest = after;
    let stands_for_itself = additional < 24 && !matches!(major, 2 | 3);
    Some(Head { initial, argument: (!stands_for_itself).then_some(argument), string })
}

const fn is_shortest(argument: u64, additional: u8) -> bool {
    match additional {
        24 => argument >= 24,
        25 => argument > 0xff,
        26 => argument > 0xffff,
        _ => argument > 0xffff_ffff,
    }
}

/// How many items a head opens beyond itself.
fn opens(major: u8, argument: u64) -> u64 {
    match major {
        4 => argument,
        5 => argument.saturating_mul(2),
        6 => 1,
        _ => 0,
    }
}

/// Whether the payload is exactly one item that packs.
pub(super) fn packs(payload: &[u8]) -> bool {
    let (mut rest, mut open) = (payload, 1_u64);
    while open > 0 {
        let Some(head) = next(&mut rest) else { return false };
        let argument = head.argument.unwrap_or(u64::from(head.initial & 0x1f));
        open = (open - 1).saturating_add(opens(head.initial >> 5, argument));
    }
    rest.is_empty()
}

/// Packs a payload that [`packs`]. `now_ms` is the entry's own time.
pub(super) fn pack(payload: &[u8], now_ms: u64, memory: &mut Memory, out: &mut Columns) {
    let (mut rest, mut numbers) = (payload, Numbers::default());
    while let Some(head) = next(&mut rest) {
        let Some(argument) = head.argument else {
            out.shape.push(head.initial);
            continue;
        };
        match head.initial >> 5 {
            0 => pack_number(argument, now_ms, &mut numbers, out),
            2 => pack_bytes(head.string, now_ms, memory, out),
            3 => pack_text(head.string, memory, out),
            major => {
                out.shape.push(major << 5 | token::NUMBER);
                put(&mut out.numbers, argument);
            }
        }
    }
}

fn pack_number(number: u64, now_ms: u64, numbers: &mut Numbers, out: &mut Columns) {
    let from_now = number.wrapping_sub(now_ms).cast_signed();
    if number == now_ms {
        out.shape.push(token::NOW);
    } else if number > u64::from(u32::MAX) && (-TIME_MS_MAX..TIME_MS_MAX).contains(&from_now) {
        out.shape.push(token::TIME);
        put_signed(&mut out.times, from_now);
    } else if let Some(at) = numbers.position(number) {
        out.shape.push(token::SAME + at);
    } else if numbers.sum() == Some(number) {
        out.shape.push(token::SUM);
        numbers.note(number);
    } else {
        out.shape.push(token::NUMBER);
        put(&mut out.numbers, number);
        numbers.note(number);
    }
}

fn pack_bytes(bytes: &[u8], now_ms: u64, memory: &mut Memory, out: &mut Columns) {
    if let Ok(id) = <[u8; 16]>::try_from(bytes) {
        return pack_id(id, now_ms, &mut memory.ids, out);
    }
    put(&mut out.numbers, bytes.len() as u64);
    if RAW_BYTES.contains(&bytes.len()) {
        out.shape.push(token::BYTES_RAW);
        out.raw.extend_from_slice(bytes);
    } else {
        out.shape.push(token::BYTES);
        out.texts.extend_from_slice(bytes);
    }
}

/// An id, which may be one of the session's.
pub(super) fn pack_id(id: [u8; 16], now_ms: u64, ids: &mut Ids, out: &mut Columns) {
    match ids.find(&id) {
        Some(Place::Front(at)) => out.shape.push(token::ID_FRONT + at),
        Some(Place::Table(at)) => {
            out.shape.push(token::ID_TABLE);
            put(&mut out.numbers, u64::from(at));
        }
        None if id[6] >> 4 == 7 && id[8] >> 6 == 2 => {
            out.shape.push(token::ID_V7);
            let made_ms = id[..6].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            put_signed(&mut out.times, made_ms.wrapping_sub(now_ms).cast_signed());
            out.raw.extend_from_slice(&[id[6] & 0x0f, id[7], id[8] & 0x3f]);
            out.raw.extend_from_slice(&id[9..]);
        }
        None => {
            out.shape.push(token::ID_RAW);
            out.raw.extend_from_slice(&id);
        }
    }
    ids.note(id);
}

fn pack_text(text: &[u8], memory: &mut Memory, out: &mut Columns) {
    let counted = Counted::of(text);
    match memory.texts.find(text) {
        Some(Place::Front(at)) => out.shape.push(token::TEXT_FRONT + at),
        Some(Place::Table(at)) => {
            out.shape.push(token::TEXT_TABLE);
            put(&mut out.numbers, u64::from(at));
        }
        None => {
            let known = counted.and_then(|counted| memory.counters.find(counted.prefix));
            match counted.zip(known) {
                Some((counted, (place, last))) => {
                    let further = counted.number.wrapping_sub(last).cast_signed();
                    let next = further == 1;
                    out.shape.push(if next { token::TEXT_NEXT } else { token::TEXT_COUNTED });
                    out.shape.extend_from_slice(&[place, counted.digits]);
                    if !next {
                        put_signed(&mut out.numbers, further);
                    }
                }
                None => {
                    out.shape.push(token::TEXT);
                    put(&mut out.numbers, text.len() as u64);
                    out.texts.extend_from_slice(text);
                }
            }
        }
    }
    note_text(text, memory);
}

fn note_text(text: &[u8], memory: &mut Memory) {
    if let Some(counted) = Counted::of(text) {
        memory.counters.note(counted);
    }
    if text.len() <= TEXT_BYTES_MAX {
        memory.texts.note(text.into());
    }
}

/// Rebuilds one payload at the end of `payload`.
pub(super) fn unpack(
    from: &mut Source<'_>,
    now_ms: u64,
    memory: &mut Memory,
    payload: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    let (mut open, mut numbers) = (1_u64, Numbers::default());
    while open > 0 {
        if payload.len() > ENTRY_BYTES_MAX {
            return Err(Unreadable::TooLarge { bytes_max: ENTRY_BYTES_MAX });
        }
        let shape = from.shape.byte()?;
        open -= 1;
        let (major, additional) = (shape >> 5, shape & 0x1f);
        match (major, additional) {
            (2, _) => unpack_bytes(shape, from, now_ms, memory, &mut numbers, payload)?,
            (3, _) => unpack_text(shape, from, memory, payload)?,
            (_, 0..24) => {
                payload.push(shape);
                open = open.saturating_add(opens(major, u64::from(additional)));
            }
            (0, _) => unpack_number(shape, from, now_ms, &mut numbers, payload)?,
            (1 | 4 | 5 | 6, token::NUMBER) => {
                let argument = from.numbers.number()?;
                head(major, argument, payload);
                open = open.saturating_add(opens(major, argument));
            }
            _ => return Err(Unreadable::Malformed),
        }
    }
    Ok(())
}

fn unpack_number(
    shape: u8,
    from: &mut Source<'_>,
    now_ms: u64,
    numbers: &mut Numbers,
    payload: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    let number = match shape {
        token::NOW => now_ms,
        token::TIME => now_ms.wrapping_add(from.times.signed()?.cast_unsigned()),
        token::SUM => numbers.sum().ok_or(Unreadable::Malformed)?,
        token::NUMBER => from.numbers.number()?,
        _ => return Err(Unreadable::Malformed),
    };
    if matches!(shape, token::SUM | token::NUMBER) {
        numbers.note(number);
    }
    head(0, number, payload);
    Ok(())
}

fn unpack_bytes(
    shape: u8,
    from: &mut Source<'_>,
    now_ms: u64,
    memory: &mut Memory,
    numbers: &mut Numbers,
    payload: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    if (token::SAME..token::SAME + 16).contains(&shape) {
        let at = usize::from(shape - token::SAME);
        let number = *numbers.seen[..numbers.count].get(at).ok_or(Unreadable::Malformed)?;
        head(0, number, payload);
        return Ok(());
    }
    let bytes = match shape {
        token::BYTES => {
            let bytes = from.numbers.count()?;
            from.texts.take(bytes)?
        }
        token::BYTES_RAW => {
            let bytes = from.numbers.count()?;
            from.raw.take(bytes)?
        }
        _ => {
            let id = unpack_id(shape, from, now_ms, &mut memory.ids)?;
            head(2, 16, payload);
            payload.extend_from_slice(&id);
            return Ok(());
        }
    };
    head(2, bytes.len() as u64, payload);
    payload.extend_from_slice(bytes);
    Ok(())
}

/// The id that a token of the shape stands for.
pub(super) fn unpack_id(
    shape: u8,
    from: &mut Source<'_>,
    now_ms: u64,
    ids: &mut Ids,
) -> Result<[u8; 16], Unreadable> {
    let known = |place| ids.at(place).copied().ok_or(Unreadable::Malformed);
    let id = match shape {
        token::ID_V7 => {
            let made_ms = now_ms.wrapping_add(from.times.signed()?.cast_unsigned());
            let random: [u8; 10] = from.raw.array()?;
            let mut id = [0; 16];
            id[..6].copy_from_slice(&made_ms.to_be_bytes()[2..]);
            id[6..].copy_from_slice(&random);
            id[6] = random[0] & 0x0f | 0x70;
            id[8] = random[2] & 0x3f | 0x80;
            id
        }
        token::ID_RAW => from.raw.array()?,
        token::ID_TABLE => {
            let at = u16::try_from(from.numbers.number()?).map_err(|_| Unreadable::Malformed)?;
            known(Place::Table(at))?
        }
        _ => match shape.checked_sub(token::ID_FRONT) {
            Some(at) if at < FRONT => known(Place::Front(at))?,
            Some(_) | None => return Err(Unreadable::Malformed),
        },
    };
    ids.note(id);
    Ok(id)
}

fn unpack_text(
    shape: u8,
    from: &mut Source<'_>,
    memory: &mut Memory,
    payload: &mut Vec<u8>,
) -> Result<(), Unreadable> {
    let known = |place| memory.texts.at(place).cloned().ok_or(Unreadable::Malformed);
    let text = match shape {
        token::TEXT => {
            let bytes = from.numbers.count()?;
            from.texts.take(bytes)?.into()
        }
        token::TEXT_TABLE => {
            let at = u16::try_from(from.numbers.number()?).map_err(|_| Unreadable::Malformed)?;
            known(Place::Table(at))?
        }
        token::TEXT_NEXT | token::TEXT_COUNTED => {
            let (place, digits) = (from.shape.byte()?, from.shape.byte()?);
            let further = if shape == token::TEXT_NEXT { 1 } else { from.numbers.signed()? };
            let (prefix, last) = memory.counters.at(place).ok_or(Unreadable::Malformed)?;
            let number = last.wrapping_add(further.cast_unsigned());
            let written = format!("{number:0digits$}", digits = usize::from(digits.min(18)));
            [prefix, written.as_bytes()].concat().into()
        }
        _ => match shape.checked_sub(token::TEXT_FRONT) {
            Some(at) if at < FRONT => known(Place::Front(at))?,
            Some(_) | None => return Err(Unreadable::Malformed),
        },
    };
    head(3, text.len() as u64, payload);
    payload.extend_from_slice(&text);
    note_text(&text, memory);
    Ok(())
}

/// A head in its shortest form.
fn head(major: u8, argument: u64, payload: &mut Vec<u8>) {
    let initial = major << 5;
    match argument {
        0..24 => payload.push(initial | argument as u8),
        24..=0xff => payload.extend_from_slice(&[initial | 24, argument as u8]),
        0x100..=0xffff => {
            payload.push(initial | 25);
            payload.extend_from_slice(&(argument as u16).to_be_bytes());
        }
        0x1_0000..=0xffff_ffff => {
            payload.push(initial | 26);
            payload.extend_from_slice(&(argument as u32).to_be_bytes());
        }
        _ => {
            payload.push(initial | 27);
            payload.extend_from_slice(&argument.to_be_bytes());
        }
    }
}
