//! Frames on a QUIC stream: four bytes of length, most significant first, then the bytes.
//!
//! What is in a frame is for others to say. `sync-hub` has the other end of the same format.

use bytes::{Buf as _, BytesMut};
use quinn::{ReadError, RecvStream, SendStream, WriteError};

/// A longer frame is refused before any memory is set aside for it.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;

const LENGTH_BYTES: usize = 4;
/// How much is taken from the stream at once.
const CHUNK_BYTES_MAX: usize = 64 * 1024;

/// Why a frame could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Our own mistake: nothing was sent.
    #[error("a frame of {bytes} bytes is longer than {FRAME_BYTES_MAX}")]
    TooLong { bytes: usize },
    /// The peer or the link ended it.
    #[error("the stream ended while sending")]
    Ended(#[source] WriteError),
}

/// Why no further frame can be received.
#[derive(Debug, thiserror::Error)]
pub enum RecvError {
    /// The peer breaks the format.
    #[error("the peer announced a frame of {bytes} bytes, longer than {bytes_max}")]
    TooLong { bytes: usize, bytes_max: usize },
    /// The peer stopped in the middle of a frame.
    #[error("the stream ended inside a frame")]
    Truncated,
    /// The peer or the link ended it.
    #[error("the stream ended while receiving")]
    Ended(#[source] ReadError),
}

/// The sending half of a session.
pub struct FrameSender(SendStream);

impl FrameSender {
    #[must_use]
    pub fn new(stream: SendStream) -> Self {
        Self(stream)
    }

    /// Sends one frame. When this future is dropped half way the session is beyond repair: await
    /// it to its end.
    ///
    /// # Errors
    /// When the frame is too long, or the stream has ended.
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), SendError> {
        let length = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        if frame.len() > FRAME_BYTES_MAX {
            return Err(SendError::TooLong { bytes: frame.len() });
        }
        self.0.write_all(&length.to_be_bytes()).await.map_err(SendError::Ended)?;
        self.0.write_all(frame).await.map_err(SendError::Ended)
    }

    /// Says that nothing follows, and waits until the peer has received everything.
    pub async fn finish(mut self) {
        if self.0.finish().is_ok() {
            let _ = self.0.stopped().await;
        }
    }
}

/// The receiving half of a session.
pub struct FrameReceiver {
    stream: RecvStream,
    assembly: Assembly,
}

impl FrameReceiver {
    #[must_use]
    pub fn new(stream: RecvStream) -> Self {
        Self { stream, assembly: Assembly::new(FRAME_BYTES_MAX) }
    }

    /// Takes only shorter frames than [`FRAME_BYTES_MAX`].
    #[must_use]
    pub fn limited_to(mut self, frame_bytes_max: usize) -> Self {
        self.assembly.frame_bytes_max = frame_bytes_max.min(FRAME_BYTES_MAX);
        self
    }

    /// The next frame, or `None` when the peer finished. May be dropped and called again, as in
    /// `select!`: what has arrived is kept.
    ///
    /// # Errors
    /// When the peer breaks the format or the stream has ended.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, RecvError> {
        loop {
            if let Some(frame) = self.assembly.take_frame()? {
                return Ok(Some(frame));
            }
            let chunk = self.stream.read_chunk(CHUNK_BYTES_MAX, true).await;
            match chunk.map_err(RecvError::Ended)? {
                Some(chunk) => self.assembly.arrived.extend_from_slice(&chunk.bytes),
                None if self.assembly.arrived.is_empty() => return Ok(None),
                None => return Err(RecvError::Truncated),
            }
        }
    }
}

/// Bytes that arrived and are not yet a frame: at most one frame and one chunk.
struct Assembly {
    arrived: BytesMut,
    frame_bytes_max: usize,
}

impl Assembly {
    fn new(frame_bytes_max: usize) -> Self {
        Self { arrived: BytesMut::new(), frame_bytes_max }
    }

    fn take_frame(&mut self) -> Result<Option<Vec<u8>>, RecvError> {
        let Some(length) = self.arrived.first_chunk::<LENGTH_BYTES>() else {
            return Ok(None);
        };
        let bytes = u32::from_be_bytes(*length) as usize;
        if bytes > self.frame_bytes_max {
            return Err(RecvError::TooLong { bytes, bytes_max: self.frame_bytes_max });
        }
        if self.arrived.len() < LENGTH_BYTES + bytes {
            self.arrived.reserve(LENGTH_BYTES + bytes - self.arrived.len());
            return Ok(None);
        }
        self.arrived.advance(LENGTH_BYTES);
        Ok(Some(self.arrived.split_to(bytes).to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_come_out_whole_however_they_arrive() {
        let sent: [&[u8]; 3] = [b"first", b"", b"third frame"];
        let mut wire = Vec::new();
        for frame in sent {
            wire.extend_from_slice(&u32::try_from(frame.len()).unwrap().to_be_bytes());
            wire.extend_from_slice(frame);
        }
        for chunk_bytes in 1..=wire.len() {
            let mut assembly = Assembly::new(FRAME_BYTES_MAX);
            let mut received = Vec::new();
            for chunk in wire.chunks(chunk_bytes) {
                assembly.arrived.extend_from_slice(chunk);
                while let Some(frame) = assembly.take_frame().unwrap() {
                    received.push(frame);
                }
            }
            assert_eq!(received, sent, "in chunks of {chunk_bytes}");
            assert!(assembly.arrived.is_empty());
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_before_memory_is_set_aside() {
        let longest = u32::try_from(FRAME_BYTES_MAX).unwrap();
        let mut assembly = Assembly::new(FRAME_BYTES_MAX);
        assembly.arrived.extend_from_slice(&longest.to_be_bytes());
        assert!(assembly.take_frame().unwrap().is_none());
        let mut assembly = Assembly::new(FRAME_BYTES_MAX);
        assembly.arrived.extend_from_slice(&(longest + 1).to_be_bytes());
        assert!(matches!(assembly.take_frame(), Err(RecvError::TooLong { .. })));
        assert!(assembly.arrived.capacity() < 1024);
    }
}
