//! Frames on a stream of QUIC or of TLS on TCP: four bytes of length, most significant first, then
//! the bytes.
//!
//! What is in a frame is for others to say.

use bytes::{Buf as _, BytesMut};
use quinn::{ReadError, RecvStream, SendStream, WriteError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::call::Ended;
use crate::tcp::{CLOSE, Reading, SILENT_MAX, STILL_HERE, Telling, Writing};

/// A longer frame is refused before any memory is set aside for it.
pub const FRAME_BYTES_MAX: usize = 1024 * 1024;

const LENGTH_BYTES: usize = 4;
/// How much is taken from the stream at once.
const CHUNK_BYTES_MAX: usize = 64 * 1024;
const TCP_CHUNK_BYTES: usize = 16 * 1024;

/// Why a frame could not be sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// Our own mistake: nothing was sent.
    #[error("a frame of {bytes} bytes is longer than {FRAME_BYTES_MAX}")]
    TooLong { bytes: usize },
    /// The peer or the link ended it.
    #[error("the stream ended while sending")]
    Ended(#[source] WriteError),
    /// The same over TCP.
    #[error("the connection ended while sending")]
    TcpEnded(#[source] std::io::Error),
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
    /// The same over TCP.
    #[error("the connection ended while receiving")]
    TcpEnded(#[source] std::io::Error),
    /// Over TCP: the peer says that it closes, and why.
    #[error("the peer closed the connection with code {code:#x}")]
    Closed { code: u32 },
}

/// The sending half of a session.
pub struct FrameSender {
    out: Out,
    sent_bytes: u64,
}

enum Out {
    Quic(SendStream),
    Tcp(Writing, Telling),
}

impl FrameSender {
    #[must_use]
    pub const fn new(stream: SendStream) -> Self {
        Self { out: Out::Quic(stream), sent_bytes: 0 }
    }

    pub(crate) const fn over_tcp(writing: Writing, telling: Telling) -> Self {
        Self { out: Out::Tcp(writing, telling), sent_bytes: 0 }
    }

    /// Before streams of lower priority on the same connection. Over TCP each has its own.
    pub fn set_priority(&self, priority: i32) {
        if let Out::Quic(stream) = &self.out {
            // A stream that is closed already has nothing more to order.
            let _ = stream.set_priority(priority);
        }
    }

    /// Bytes of frames and their lengths so far.
    #[must_use]
    pub const fn sent_bytes(&self) -> u64 {
        self.sent_bytes
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
        self.sent_bytes += (LENGTH_BYTES + frame.len()) as u64;
        match &mut self.out {
            Out::Quic(stream) => {
                stream.write_all(&length.to_be_bytes()).await.map_err(SendError::Ended)?;
                stream.write_all(frame).await.map_err(SendError::Ended)
            }
            Out::Tcp(writing, telling) => {
                let mut writing = writing.lock().await;
                let written = async {
                    writing.write_all(&length.to_be_bytes()).await?;
                    writing.write_all(frame).await?;
                    writing.flush().await
                };
                written.await.map_err(SendError::TcpEnded)?;
                telling.sent(LENGTH_BYTES + frame.len());
                Ok(())
            }
        }
    }

    /// Says that nothing follows, and waits until the peer has received everything; over TCP, until
    /// the system has taken it.
    pub async fn finish(self) {
        match self.out {
            Out::Quic(mut stream) => {
                if stream.finish().is_ok() {
                    let _ = stream.stopped().await;
                }
            }
            Out::Tcp(writing, _) => {
                let _ = writing.lock().await.shutdown().await;
            }
        }
    }
}

/// The receiving half of a session.
pub struct FrameReceiver {
    from: From,
    assembly: Assembly,
    received_bytes: u64,
}

enum From {
    Quic(RecvStream),
    Tcp(Reading, Telling),
}

impl FrameReceiver {
    #[must_use]
    pub fn new(stream: RecvStream) -> Self {
        let assembly = Assembly::new(FRAME_BYTES_MAX);
        Self { from: From::Quic(stream), assembly, received_bytes: 0 }
    }

    pub(crate) fn over_tcp(reading: Reading, telling: Telling) -> Self {
        let assembly = Assembly { over_tcp: true, ..Assembly::new(FRAME_BYTES_MAX) };
        Self { from: From::Tcp(reading, telling), assembly, received_bytes: 0 }
    }

    /// Takes only shorter frames than [`FRAME_BYTES_MAX`].
    #[must_use]
    pub fn limited_to(mut self, frame_bytes_max: usize) -> Self {
        self.assembly.frame_bytes_max = frame_bytes_max.min(FRAME_BYTES_MAX);
        self
    }

    /// Bytes of frames and their lengths so far.
    #[must_use]
    pub const fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// The next frame, or `None` when the peer finished. May be dropped and called again, as in
    /// `select!`: what has arrived is kept.
    ///
    /// # Errors
    /// When the peer breaks the format or the stream has ended.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, RecvError> {
        loop {
            let taken = self.assembly.take_frame();
            if let (Err(RecvError::Closed { code }), From::Tcp(_, telling)) = (&taken, &self.from) {
                telling.ended(Ended::ByPeer { code: u64::from(*code), reason: String::new() });
            }
            if let Some(frame) = taken? {
                self.received_bytes += (LENGTH_BYTES + frame.len()) as u64;
                return Ok(Some(frame));
            }
            let more = match &mut self.from {
                From::Quic(stream) => {
                    let chunk = stream.read_chunk(CHUNK_BYTES_MAX, true).await;
                    let chunk = chunk.map_err(RecvError::Ended)?;
                    if let Some(chunk) = &chunk {
                        self.assembly.arrived.extend_from_slice(&chunk.bytes);
                    }
                    chunk.is_some()
                }
                From::Tcp(reading, telling) => {
                    self.assembly.arrived.reserve(TCP_CHUNK_BYTES);
                    let read = reading.read_buf(&mut self.assembly.arrived);
                    let read = tokio::time::timeout(SILENT_MAX, read).await;
                    let read = read.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()));
                    let read = read.map_err(|error| {
                        telling.ended(ended_over_tcp(&error));
                        RecvError::TcpEnded(error)
                    })?;
                    telling.received(read);
                    if read == 0 {
                        telling.ended(Ended::Lost("the peer hung up".to_owned()));
                    }
                    read > 0
                }
            };
            if !more {
                let whole = self.assembly.arrived.is_empty();
                return if whole { Ok(None) } else { Err(RecvError::Truncated) };
            }
        }
    }
}

/// Bytes that arrived and are not yet a frame: at most one frame and one chunk.
struct Assembly {
    arrived: BytesMut,
    frame_bytes_max: usize,
    /// Two words stand where a length may.
    over_tcp: bool,
}

impl Assembly {
    fn new(frame_bytes_max: usize) -> Self {
        Self { arrived: BytesMut::new(), frame_bytes_max, over_tcp: false }
    }

    fn next_word(&self) -> Option<u32> {
        self.arrived.first_chunk::<LENGTH_BYTES>().map(|word| u32::from_be_bytes(*word))
    }

    fn take_frame(&mut self) -> Result<Option<Vec<u8>>, RecvError> {
        let mut word = self.next_word();
        while self.over_tcp && word == Some(STILL_HERE) {
            self.arrived.advance(LENGTH_BYTES);
            word = self.next_word();
        }
        let Some(word) = word else {
            return Ok(None);
        };
        if self.over_tcp && word & CLOSE != 0 {
            return Err(RecvError::Closed { code: word & 0xffff });
        }
        let bytes = word as usize;
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

/// TLS says why it refuses; anything else is the network.
fn ended_over_tcp(error: &std::io::Error) -> Ended {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::AlertReceived(alert)) => {
            Ended::Alert { alert: u8::from(*alert).into() }
        }
        Some(_) | None => Ended::Lost(error.to_string()),
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
    fn over_tcp_a_peer_says_that_it_is_there_and_that_it_closes() {
        let mut assembly = Assembly { over_tcp: true, ..Assembly::new(FRAME_BYTES_MAX) };
        for word in [STILL_HERE, 2] {
            assembly.arrived.extend_from_slice(&word.to_be_bytes());
        }
        assert!(assembly.take_frame().unwrap().is_none());
        assembly.arrived.extend_from_slice(b"ok");
        assembly.arrived.extend_from_slice(&(CLOSE | 0x11).to_be_bytes());
        assert_eq!(assembly.take_frame().unwrap().unwrap(), b"ok");
        assert!(matches!(assembly.take_frame(), Err(RecvError::Closed { code: 0x11 })));
        let mut quic = Assembly::new(FRAME_BYTES_MAX);
        quic.arrived.extend_from_slice(&(CLOSE | 0x11).to_be_bytes());
        assert!(matches!(quic.take_frame(), Err(RecvError::TooLong { .. })));
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
