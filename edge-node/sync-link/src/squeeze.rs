//! A packed frame on the wire: its tag, how it was squeezed, what it inflates to, the squeezed
//! part, and what is not worth squeezing. zstd (RFC 8878) with a dictionary per schema version.
//!
//! What comes from a peer is inflated into exactly as much memory as it declared, and it may not
//! declare more than [`PLAIN_BYTES_MAX`]; a frame that holds more than it says is refused.

use std::cell::RefCell;
use std::sync::LazyLock;

use shared_model::sync::v2::{PLAIN_BYTES_MAX, Packed, Tag};
use zstd_safe::{CCtx, CDict, CParameter, DCtx, DDict};

/// Every frame of zstd begins with it; it does not travel.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Up to here a frame is for a thin link or for one edit: bytes are dearer than time.
const THOROUGH_BYTES_MAX: usize = 16 * 1024;
const LEVEL_THOROUGH: i32 = 19;
const LEVEL_FAST: i32 = 3;

/// A dictionary by its number on the wire: sixteen times the schema version of the entries it was
/// trained with, plus its edition. Append only: peers of earlier versions know the earlier ones.
struct Dictionary {
    id: u64,
    bytes: &'static [u8],
}

const DICTIONARIES: [Dictionary; 1] =
    [Dictionary { id: 0x20, bytes: include_bytes!("../dictionaries/schema-2.zstd") }];
/// What is sent with.
const CURRENT: &Dictionary = &DICTIONARIES[DICTIONARIES.len() - 1];

/// How a frame was squeezed, where no dictionary's number stands.
const STORED: u64 = 0;
const WITHOUT_DICTIONARY: u64 = 1;

static FAST: LazyLock<CDict<'static>> = LazyLock::new(|| CDict::create(CURRENT.bytes, LEVEL_FAST));
static THOROUGH: LazyLock<CDict<'static>> =
    LazyLock::new(|| CDict::create(CURRENT.bytes, LEVEL_THOROUGH));
static OPENING: LazyLock<Vec<DDict<'static>>> =
    LazyLock::new(|| DICTIONARIES.iter().map(|known| DDict::create(known.bytes)).collect());

thread_local! {
    static SQUEEZING: RefCell<CCtx<'static>> = RefCell::new(CCtx::create());
    static INFLATING: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

/// Why a squeezed frame cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the frame is not as it says")]
    Malformed,
    #[error("the frame says it holds {bytes} bytes, more than {PLAIN_BYTES_MAX}")]
    TooLarge { bytes: u64 },
    /// A newer peer; a session of version 1 needs none.
    #[error("dictionary {id:#x} is not known here; remedy: update, or speak protocol 1")]
    UnknownDictionary { id: u64 },
}

/// A frame ready to be sent.
#[must_use]
pub fn squeeze(packed: &Packed) -> Vec<u8> {
    let squeezed = squeezed_plain(&packed.plain).filter(|s| s.len() < packed.plain.len());
    let (how, body) = match &squeezed {
        Some(squeezed) => (CURRENT.id, squeezed.as_slice()),
        None => (STORED, packed.plain.as_slice()),
    };
    let mut frame = Vec::with_capacity(body.len() + packed.raw.len() + 12);
    frame.push(packed.tag.byte());
    put(&mut frame, how);
    put(&mut frame, packed.plain.len() as u64);
    if how != STORED {
        put(&mut frame, body.len() as u64);
    }
    frame.extend_from_slice(body);
    frame.extend_from_slice(&packed.raw);
    frame
}

/// None when zstd has no memory: the frame goes as it is.
fn squeezed_plain(plain: &[u8]) -> Option<Vec<u8>> {
    let dictionary = if plain.len() <= THOROUGH_BYTES_MAX { &*THOROUGH } else { &*FAST };
    let mut squeezed = Vec::with_capacity(zstd_safe::compress_bound(plain.len()));
    SQUEEZING.with_borrow_mut(|context| {
        // The reader knows the size and the dictionary from our own header.
        context.set_parameter(CParameter::ContentSizeFlag(false)).ok()?;
        context.set_parameter(CParameter::DictIdFlag(false)).ok()?;
        context.ref_cdict(dictionary).ok()?;
        context.compress2(&mut squeezed, plain).ok()
    })?;
    squeezed.starts_with(&MAGIC).then(|| squeezed.split_off(MAGIC.len()))
}

/// A frame that came, in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened<'a> {
    pub tag: Tag,
    pub plain: Vec<u8>,
    pub raw: &'a [u8],
}

/// Opens a batch or a feed of version 2.
///
/// # Errors
/// [`OpenError`]; then nothing was inflated beyond [`PLAIN_BYTES_MAX`].
pub fn open(frame: &[u8]) -> Result<Opened<'_>, OpenError> {
    let (tag, mut rest) = frame.split_first().ok_or(OpenError::Malformed)?;
    let tag = Tag::of(*tag).ok_or(OpenError::Malformed)?;
    let (how, declared) = (take(&mut rest)?, take(&mut rest)?);
    let plain_bytes = usize::try_from(declared).unwrap_or(usize::MAX);
    if plain_bytes > PLAIN_BYTES_MAX {
        return Err(OpenError::TooLarge { bytes: declared });
    }
    if how == STORED {
        let (plain, raw) = rest.split_at_checked(plain_bytes).ok_or(OpenError::Malformed)?;
        return Ok(Opened { tag, plain: plain.to_vec(), raw });
    }
    let squeezed_bytes = usize::try_from(take(&mut rest)?).map_err(|_| OpenError::Malformed)?;
    let (squeezed, raw) = rest.split_at_checked(squeezed_bytes).ok_or(OpenError::Malformed)?;
    let plain = inflated(how, squeezed, plain_bytes)?;
    Ok(Opened { tag, plain, raw })
}

fn inflated(how: u64, squeezed: &[u8], plain_bytes: usize) -> Result<Vec<u8>, OpenError> {
    let frame = [&MAGIC, squeezed].concat();
    let mut plain = Vec::with_capacity(plain_bytes);
    let known = DICTIONARIES.iter().position(|known| known.id == how);
    let held = INFLATING.with_borrow_mut(|context| match known {
        Some(at) => Ok(context.decompress_using_ddict(&mut plain, &frame, &OPENING[at])),
        None if how == WITHOUT_DICTIONARY => Ok(context.decompress(&mut plain, &frame)),
        None => Err(OpenError::UnknownDictionary { id: how }),
    })?;
    match held {
        Ok(bytes) if bytes == plain_bytes && plain.len() == plain_bytes => Ok(plain),
        Ok(_) | Err(_) => Err(OpenError::Malformed),
    }
}

/// Little-endian base 128.
fn put(frame: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        frame.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    frame.push(number as u8);
}

fn take(rest: &mut &[u8]) -> Result<u64, OpenError> {
    let mut number = 0;
    // Sizes of frames fit in far fewer.
    for at in 0..6 {
        let (byte, after) = rest.split_first().ok_or(OpenError::Malformed)?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(OpenError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packed(plain: Vec<u8>, raw: Vec<u8>) -> Packed {
        Packed { tag: Tag::Batch, plain, raw }
    }

    proptest! {
        #[test]
        fn what_is_squeezed_opens(plain: Vec<u8>, raw: Vec<u8>, times in 1_usize..40) {
            let packed = packed(plain.repeat(times), raw);
            let frame = squeeze(&packed);
            let opened = open(&frame).unwrap();
            prop_assert_eq!(opened.plain, packed.plain);
            prop_assert_eq!(opened.raw, packed.raw);
        }

        #[test]
        fn other_bytes_are_refused_or_bounded(mut frame: Vec<u8>, at: usize, byte: u8) {
            let _ = open(&frame);
            let mut real = squeeze(&packed(b"a sale and a sale and a sale".repeat(9), vec![1; 64]));
            let place = at % real.len();
            real[place] ^= byte;
            frame = real;
            if let Ok(opened) = open(&frame) {
                prop_assert!(opened.plain.len() <= PLAIN_BYTES_MAX);
            }
        }
    }

    /// A frame that says `declared` and holds `plain`.
    fn saying(declared: u64, plain: &[u8]) -> Vec<u8> {
        let squeezed = squeezed_plain(plain).unwrap();
        let mut frame = vec![Tag::Batch.byte()];
        put(&mut frame, CURRENT.id);
        put(&mut frame, declared);
        put(&mut frame, squeezed.len() as u64);
        frame.extend_from_slice(&squeezed);
        frame
    }

    #[test]
    fn a_bomb_is_refused_by_what_it_says_and_by_what_it_holds() {
        let zeros = vec![0; 300 << 20];
        let honest = saying(zeros.len() as u64, &zeros);
        assert!(honest.len() < 64 * 1024, "{} bytes stand for 300 MiB", honest.len());
        assert_eq!(open(&honest), Err(OpenError::TooLarge { bytes: zeros.len() as u64 }));
        for declared in [0, 1, 1000, PLAIN_BYTES_MAX as u64] {
            assert_eq!(open(&saying(declared, &zeros)), Err(OpenError::Malformed), "{declared}");
        }
        assert_eq!(open(&saying(5, b"fours")).unwrap().plain, b"fours");
        assert_eq!(open(&saying(6, b"fours")), Err(OpenError::Malformed));
    }

    #[test]
    fn an_unknown_dictionary_is_named() {
        let mut frame = saying(5, b"fours");
        frame[1] = 0x7f;
        assert_eq!(open(&frame), Err(OpenError::UnknownDictionary { id: 0x7f }));
    }
}
