//! Frames that carry entries, and how both sides pack and unpack them in the stream's order.

use minicbor::{Decode, Encode};

use super::columns::{Columns, Source, Unreadable, put};
use super::entry::Context;
use crate::id::NodeId;
use crate::log::{Epoch, Hash, Position, Seal, Seq};
use crate::sync::v1::{
    Ack, BATCH_ENTRIES_MAX, Batch, FRAME_BYTES_MAX, FeedBatch, FeedItem, Frame, FrameError,
};

/// Most bytes of `plain` of one frame, checked before anything is inflated.
pub const PLAIN_BYTES_MAX: usize = FRAME_BYTES_MAX;
/// Most bytes that the entries of one frame may come to when they are rebuilt.
const REBUILT_BYTES_MAX: usize = FRAME_BYTES_MAX;

/// The first byte of a frame of version 2. Those of version 1 begin with 0x82.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    Batch,
    Feed,
    Acks,
}

impl Tag {
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::Batch => 0xd1,
            Self::Feed => 0xd2,
            Self::Acks => 0xd3,
        }
    }

    #[must_use]
    pub const fn of(byte: u8) -> Option<Self> {
        match byte {
            0xd1 => Some(Self::Batch),
            0xd2 => Some(Self::Feed),
            0xd3 => Some(Self::Acks),
            _ => None,
        }
    }
}

/// One acknowledgement for several batches: the hub commits what waits together.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Acks {
    #[n(0)]
    pub batches: u16,
    #[n(1)]
    pub ack: Ack,
}

impl Acks {
    /// With its tag in front.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![Tag::Acks.byte()];
        minicbor::encode(self, &mut bytes).expect("writing to memory");
        bytes
    }

    /// Without the tag.
    ///
    /// # Errors
    /// [`Unreadable`] when it is none, or answers no batch.
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        let acks: Self = minicbor::decode(bytes).map_err(|_| Unreadable::Malformed)?;
        if acks.batches == 0 { Err(Unreadable::Malformed) } else { Ok(acks) }
    }
}

/// A frame in its two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub tag: Tag,
    /// Worth compressing; at most [`PLAIN_BYTES_MAX`].
    pub plain: Vec<u8>,
    /// Not worth compressing.
    pub raw: Vec<u8>,
}

/// Packs the frames of one direction of one session.
#[derive(Debug)]
pub struct Packer {
    /// Whose log batches are of.
    node: NodeId,
    context: Context,
}

impl Packer {
    #[must_use]
    pub fn new(node: NodeId) -> Self {
        Self::after(node, Hash::ZERO)
    }

    /// Both sides know an entry by its hash already: the head that the hello named.
    #[must_use]
    pub fn after(node: NodeId, hash: Hash) -> Self {
        Self { node, context: Context::after(hash) }
    }

    /// None when the frame goes as one of version 1; then nothing is remembered of it.
    #[must_use]
    pub fn pack(&mut self, frame: &Frame) -> Option<Packed> {
        let (tag, columns) = match frame {
            Frame::Batch(batch) => (Tag::Batch, self.pack_batch(batch)?),
            Frame::Feed(feed) => (Tag::Feed, self.pack_feed(feed)?),
            Frame::Hello(_)
            | Frame::Welcome(_)
            | Frame::Ack(_)
            | Frame::FeedAck { .. }
            | Frame::Status(_)
            | Frame::Bye(_) => return None,
        };
        let (plain, raw) = columns.into_parts();
        Some(Packed { tag, plain, raw })
    }

    fn pack_batch(&mut self, batch: &Batch) -> Option<Columns> {
        let sealed = sealed_places(self.node, batch)?;
        let mut out = Columns::default();
        put(&mut out.shape, batch.entries.len() as u64);
        put(&mut out.shape, sealed.len() as u64);
        put(&mut out.numbers, u64::from(batch.epoch.0));
        put(&mut out.numbers, batch.first.0);
        let mut next = 0;
        for (place, seal) in sealed.iter().zip(&batch.seals) {
            put(&mut out.shape, place - next);
            next = place + 1;
            out.raw.extend_from_slice(&*seal.signature);
        }
        for (seq, bytes) in (batch.first.0..).zip(&batch.entries) {
            let place = Position { node: self.node, epoch: batch.epoch, seq: Seq(seq) };
            self.context.pack(bytes, Some(place), &mut out);
        }
        Some(out)
    }

    fn pack_feed(&mut self, feed: &FeedBatch) -> Option<Columns> {
        let fits = |item: &FeedItem| {
            let entry = crate::log::EntryBytes::parse(item.entry.to_vec()).ok()?;
            let same = item.seal.position == entry.entry().position;
            (same && item.seal.hash == entry.hash()).then_some(item.entry.len())
        };
        let sizes = feed.items.iter().map(fits).collect::<Option<Vec<_>>>()?;
        if sizes.iter().sum::<usize>() > REBUILT_BYTES_MAX {
            return None;
        }
        let mut out = Columns::default();
        put(&mut out.shape, feed.items.len() as u64);
        put(&mut out.numbers, feed.position);
        for item in &feed.items {
            self.context.pack(&item.entry, None, &mut out);
            out.raw.extend_from_slice(&*item.seal.signature);
        }
        Some(out)
    }
}

/// The places of a batch's sealed entries; none when a batch cannot be packed.
fn sealed_places(node: NodeId, batch: &Batch) -> Option<Vec<u64>> {
    let bytes: usize = batch.entries.iter().map(|entry| entry.len()).sum();
    let count = batch.entries.len();
    let last = batch.first.0.checked_add(u64::try_from(count).ok()?);
    if bytes > REBUILT_BYTES_MAX || count > BATCH_ENTRIES_MAX || last.is_none() {
        return None;
    }
    let mut places: Vec<u64> = Vec::with_capacity(batch.seals.len());
    for seal in &batch.seals {
        let place = seal.position.seq.0.checked_sub(batch.first.0)?;
        let entry = batch.entries.get(usize::try_from(place).ok()?)?;
        let here = seal.position.node == node && seal.position.epoch == batch.epoch;
        let in_order = places.last().is_none_or(|before| *before < place);
        if !here || !in_order || seal.hash != Hash::of(entry) {
            return None;
        }
        places.push(place);
    }
    Some(places)
}

/// Unpacks the frames of one direction of one session.
#[derive(Debug)]
pub struct Unpacker {
    node: NodeId,
    context: Context,
}

impl Unpacker {
    /// `node` is whose log batches are of.
    #[must_use]
    pub fn new(node: NodeId) -> Self {
        Self::after(node, Hash::ZERO)
    }

    /// The counterpart of [`Packer::after`].
    #[must_use]
    pub fn after(node: NodeId, hash: Hash) -> Self {
        Self { node, context: Context::after(hash) }
    }

    /// A frame of version 1 that came in a stream of version 2.
    ///
    /// # Errors
    /// [`FrameError`].
    pub fn plain(bytes: &[u8]) -> Result<Frame, FrameError> {
        Frame::decode(bytes)
    }

    /// Rebuilds a batch or a feed. After an error the session is beyond repair.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn unpack(&mut self, tag: Tag, plain: &[u8], raw: &[u8]) -> Result<Frame, Unreadable> {
        let mut from = Source::new(plain, raw)?;
        let frame = match tag {
            Tag::Batch => Frame::Batch(self.unpack_batch(&mut from)?),
            Tag::Feed => Frame::Feed(self.unpack_feed(&mut from)?),
            Tag::Acks => return Err(Unreadable::Malformed),
        };
        from.end()?;
        Ok(frame)
    }

    fn unpack_batch(&mut self, from: &mut Source<'_>) -> Result<Batch, Unreadable> {
        let (count, sealed) = (from.shape.count()?, from.shape.count()?);
        if count > BATCH_ENTRIES_MAX || sealed > count {
            return Err(Unreadable::Malformed);
        }
        let epoch = u32::try_from(from.numbers.number()?).map_err(|_| Unreadable::Malformed)?;
        let (epoch, first) = (Epoch(epoch), Seq(from.numbers.number()?));
        if first.0.checked_add(count as u64).is_none() {
            return Err(Unreadable::Malformed);
        }
        let (mut places, mut next) = (Vec::with_capacity(sealed), 0_usize);
        for _ in 0..sealed {
            let place = next.checked_add(from.shape.count()?).ok_or(Unreadable::Malformed)?;
            places.push((place, from.raw.array::<64>()?));
            next = place + 1;
        }
        let (mut entries, mut hashes, mut rebuilt) = (Vec::new(), Vec::new(), 0);
        for seq in (first.0..).take(count) {
            let place = Position { node: self.node, epoch, seq: Seq(seq) };
            let unpacked = self.context.unpack(from, Some(place))?;
            rebuilt += unpacked.bytes.len();
            within(rebuilt)?;
            entries.push(unpacked.bytes.into());
            hashes.push(unpacked.hash);
        }
        let seal = |(place, signature): (usize, [u8; 64])| {
            let hash = *hashes.get(place).ok_or(Unreadable::Malformed)?;
            let seq = Seq(first.0 + place as u64);
            let position = Position { node: self.node, epoch, seq };
            Ok(Seal { position, hash, signature: signature.into() })
        };
        let seals = places.into_iter().map(seal).collect::<Result<_, _>>()?;
        Ok(Batch { epoch, first, entries, seals })
    }

    fn unpack_feed(&mut self, from: &mut Source<'_>) -> Result<FeedBatch, Unreadable> {
        let count = from.shape.count()?;
        let position = from.numbers.number()?;
        let (mut items, mut rebuilt) = (Vec::new(), 0);
        for _ in 0..count {
            let unpacked = self.context.unpack(from, None)?;
            rebuilt += unpacked.bytes.len();
            within(rebuilt)?;
            let position = unpacked.position.ok_or(Unreadable::Malformed)?;
            let signature = from.raw.array::<64>()?;
            let seal = Seal { position, hash: unpacked.hash, signature: signature.into() };
            items.push(FeedItem { entry: unpacked.bytes.into(), seal });
        }
        Ok(FeedBatch { items, position })
    }
}

fn within(rebuilt_bytes: usize) -> Result<(), Unreadable> {
    if rebuilt_bytes > REBUILT_BYTES_MAX {
        return Err(Unreadable::TooLarge { bytes_max: REBUILT_BYTES_MAX });
    }
    Ok(())
}
