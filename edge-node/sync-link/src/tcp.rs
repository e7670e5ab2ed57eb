//! TLS over TCP, for networks that let no UDP through: one connection carries one stream of the
//! same frames, and two words that QUIC has of its own: "still here" and "I close, because".

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use tokio::io::{AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_rustls::TlsStream;

use crate::call::Ended;
use crate::frames::{FrameReceiver, FrameSender};

/// In place of a frame's length, with a code in the lower bits: nothing follows.
pub(crate) const CLOSE: u32 = 0x8000_0000;
/// In place of a frame's length: no frame, but the peer is there.
pub(crate) const STILL_HERE: u32 = 0xc000_0000;
/// As often as QUIC is told to.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// A peer that stays silent this long is out of reach.
pub(crate) const SILENT_MAX: Duration = Duration::from_secs(30);
/// A word of farewell that nobody takes is given up.
const FAREWELL_WITHIN: Duration = Duration::from_secs(3);

type Stream = TlsStream<TcpStream>;
/// The session writes frames, the call its two words: each whole.
pub(crate) type Writing = Arc<tokio::sync::Mutex<WriteHalf<Stream>>>;
pub(crate) type Reading = ReadHalf<Stream>;

/// One connection.
#[derive(Clone)]
pub struct TcpCall(Arc<Shared>);

struct Shared {
    remote: SocketAddr,
    chain: Vec<CertificateDer<'static>>,
    protocol: Option<Vec<u8>>,
    /// Until the session takes it.
    stream: Mutex<Option<Stream>>,
    writing: Mutex<Option<Writing>>,
    ended: watch::Sender<Option<Ended>>,
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
}

/// What the two halves of a session tell their call.
#[derive(Clone)]
pub(crate) struct Telling(Arc<Shared>);

impl Telling {
    pub(crate) fn sent(&self, bytes: usize) {
        self.0.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.0.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn ended(&self, how: Ended) {
        self.0.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(how);
            first
        });
    }
}

impl TcpCall {
    /// Of a connection whose handshake is done.
    #[must_use]
    pub fn new(stream: Stream, remote: SocketAddr) -> Self {
        let (_, tls) = stream.get_ref();
        let chain = tls.peer_certificates().unwrap_or_default();
        let chain = chain.iter().map(|shown| shown.clone().into_owned()).collect();
        let protocol = tls.alpn_protocol().map(<[u8]>::to_vec);
        Self(Arc::new(Shared {
            remote,
            chain,
            protocol,
            stream: Mutex::new(Some(stream)),
            writing: Mutex::new(None),
            ended: watch::Sender::new(None),
            sent_bytes: AtomicU64::new(0),
            received_bytes: AtomicU64::new(0),
        }))
    }

    pub(crate) fn remote(&self) -> SocketAddr {
        self.0.remote
    }

    pub(crate) fn chain(&self) -> &[CertificateDer<'static>] {
        &self.0.chain
    }

    pub(crate) fn protocol(&self) -> Option<&[u8]> {
        self.0.protocol.as_deref()
    }

    /// Before the session began: afterwards the stream is in use.
    pub(crate) fn export(&self, out: &mut [u8], label: &[u8]) -> bool {
        let stream = self.0.stream.lock().unwrap_or_else(PoisonError::into_inner);
        match stream.as_ref() {
            Some(TlsStream::Client(stream)) => {
                stream.get_ref().1.export_keying_material(out, label, Some(b"")).is_ok()
            }
            Some(TlsStream::Server(stream)) => {
                stream.get_ref().1.export_keying_material(out, label, Some(b"")).is_ok()
            }
            None => false,
        }
    }

    pub(crate) fn carried_bytes(&self) -> (u64, u64) {
        let shared = &self.0;
        (shared.sent_bytes.load(Ordering::Relaxed), shared.received_bytes.load(Ordering::Relaxed))
    }

    /// The one stream there is. None when it is in use, or the call was closed.
    pub(crate) fn take(&self) -> Option<(FrameSender, FrameReceiver)> {
        let stream = self.0.stream.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        let (reading, writing) = tokio::io::split(stream);
        let writing = Arc::new(tokio::sync::Mutex::new(writing));
        *self.0.writing.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&writing));
        tokio::spawn(keep_alive(Arc::clone(&writing), self.0.ended.subscribe()));
        let telling = Telling(Arc::clone(&self.0));
        Some((
            FrameSender::over_tcp(writing, telling.clone()),
            FrameReceiver::over_tcp(reading, telling),
        ))
    }

    /// Says why, if the peer still listens, and ends it.
    pub(crate) fn close(&self, code: u32) {
        let telling = Telling(Arc::clone(&self.0));
        if self.end().is_some() {
            return;
        }
        telling.ended(Ended::Locally);
        let stream = self.0.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        let writing = self.0.writing.lock().unwrap_or_else(PoisonError::into_inner).take();
        let word = (CLOSE | code & 0xffff).to_be_bytes();
        tokio::spawn(tokio::time::timeout(FAREWELL_WITHIN, async move {
            if let Some(mut stream) = stream {
                let _ = stream.write_all(&word).await;
                let _ = stream.shutdown().await;
            }
            if let Some(writing) = writing {
                let mut writing = writing.lock().await;
                let _ = writing.write_all(&word).await;
                let _ = writing.shutdown().await;
            }
        }));
    }

    pub(crate) fn end(&self) -> Option<Ended> {
        self.0.ended.borrow().clone()
    }

    pub(crate) async fn closed(&self) -> Ended {
        let mut ended = self.0.ended.subscribe();
        let how = ended.wait_for(Option::is_some).await;
        how.ok().and_then(|how| how.clone()).unwrap_or(Ended::Locally)
    }
}

async fn keep_alive(writing: Writing, mut ended: watch::Receiver<Option<Ended>>) {
    loop {
        let over = tokio::time::timeout(KEEP_ALIVE, ended.wait_for(Option::is_some)).await.is_ok();
        if over {
            return;
        }
        let mut writing = writing.lock().await;
        let told = writing.write_all(&STILL_HERE.to_be_bytes()).await;
        if told.is_err() || writing.flush().await.is_err() {
            return;
        }
    }
}
