//! A frame's streams, apart because each compresses with its like: what entries look like, their
//! numbers, their times, their texts, and what nobody can compress.

use super::frame::PLAIN_BYTES_MAX;

/// Bytes that are no packed frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the bytes are no packed frame of version 2")]
    Malformed,
    #[error("the packed frame stands for more than {bytes_max} bytes")]
    TooLarge { bytes_max: usize },
}

/// A frame while it is packed.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) shape: Vec<u8>,
    pub(super) numbers: Vec<u8>,
    pub(super) times: Vec<u8>,
    pub(super) texts: Vec<u8>,
    pub(super) raw: Vec<u8>,
}

impl Columns {
    /// `plain`: the lengths of the first three streams, then all four.
    pub(super) fn into_parts(self) -> (Vec<u8>, Vec<u8>) {
        let Self { shape, numbers, times, texts, raw } = self;
        let streams = [&shape, &numbers, &times, &texts];
        let mut plain = Vec::with_capacity(streams.iter().map(|s| s.len()).sum::<usize>() + 9);
        for stream in &streams[..3] {
            put(&mut plain, stream.len() as u64);
        }
        for stream in streams {
            plain.extend_from_slice(stream);
        }
        (plain, raw)
    }
}

/// A frame while it is unpacked.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) shape: Cursor<'a>,
    pub(super) numbers: Cursor<'a>,
    pub(super) times: Cursor<'a>,
    pub(super) texts: Cursor<'a>,
    pub(super) raw: Cursor<'a>,
}

impl<'a> Source<'a> {
    pub(super) fn new(plain: &'a [u8], raw: &'a [u8]) -> Result<Self, Unreadable> {
        if plain.len() > PLAIN_BYTES_MAX {
            return Err(Unreadable::TooLarge { bytes_max: PLAIN_BYTES_MAX });
        }
        let mut plain = Cursor(plain);
        let lengths = [plain.count()?, plain.count()?, plain.count()?];
        Ok(Self {
            shape: Cursor(plain.take(lengths[0])?),
            numbers: Cursor(plain.take(lengths[1])?),
            times: Cursor(plain.take(lengths[2])?),
            texts: plain,
            raw: Cursor(raw),
        })
    }

    /// Nothing may be left over: two frames never mean the same.
    pub(super) fn end(&self) -> Result<(), Unreadable> {
        let left = [&self.shape, &self.numbers, &self.times, &self.texts, &self.raw];
        if left.iter().all(|stream| stream.0.is_empty()) { Ok(()) } else { MALFORMED }
    }
}

const MALFORMED: Result<(), Unreadable> = Err(Unreadable::Malformed);

/// One stream, as far as it is not read.
#[derive(Debug)]
pub(super) struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    pub(super) fn byte(&mut self) -> Result<u8, Unreadable> {
        let (first, rest) = self.0.split_first().ok_or(Unreadable::Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn take(&mut self, bytes: usize) -> Result<&'a [u8], Unreadable> {
        let (taken, rest) = self.0.split_at_checked(bytes).ok_or(Unreadable::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Unreadable::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Little-endian base 128 (as protobuf has it), in as few bytes as it takes.
    pub(super) fn number(&mut self) -> Result<u64, Unreadable> {
        let mut number = 0_u64;
        for at in 0..10 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (at == 9 && bits > 1) || (byte == 0 && at > 0) {
                return Err(Unreadable::Malformed);
            }
            number |= bits << (7 * at);
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(Unreadable::Malformed)
    }

    pub(super) fn signed(&mut self) -> Result<i64, Unreadable> {
        let folded = self.number()?;
        Ok((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed())
    }

    /// A count or a length: never more than there are bytes in any frame.
    pub(super) fn count(&mut self) -> Result<usize, Unreadable> {
        let count = usize::try_from(self.number()?).map_err(|_| Unreadable::Malformed)?;
        if count > PLAIN_BYTES_MAX {
            return Err(Unreadable::TooLarge { bytes_max: PLAIN_BYTES_MAX });
        }
        Ok(count)
    }
}

/// The counterpart of [`Cursor::number`].
pub(super) fn put(stream: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        stream.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    stream.push(number as u8);
}

/// The counterpart of [`Cursor::signed`]: small numbers of either sign stay small.
pub(super) fn put_signed(stream: &mut Vec<u8>, number: i64) {
    put(stream, (number << 1 ^ number >> 63).cast_unsigned());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_come_back(number: u64, signed: i64) {
            let mut stream = Vec::new();
            put(&mut stream, number);
            put_signed(&mut stream, signed);
            let mut cursor = Cursor(&stream);
            prop_assert_eq!(cursor.number(), Ok(number));
            prop_assert_eq!(cursor.signed(), Ok(signed));
            prop_assert!(cursor.0.is_empty());
        }
    }

    #[test]
    fn a_number_has_one_form() {
        for bad in [&[0x80, 0][..], &[0xff; 10], &[0x80; 3], &[]] {
            assert_eq!(Cursor(bad).number(), Err(Unreadable::Malformed), "{bad:?}");
        }
    }
}
