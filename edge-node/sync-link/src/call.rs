//! One connection with a peer, over QUIC or over TLS on TCP: who is at the other end, its streams
//! of frames, how it ends.

use std::net::SocketAddr;
use std::time::Duration;

use quinn::crypto::rustls::HandshakeData;
use quinn::{Connection, ConnectionError, VarInt};
use rustls::pki_types::CertificateDer;

use crate::frames::{FrameReceiver, FrameSender};
use crate::tcp::TcpCall;

/// How a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// We closed it.
    Locally,
    /// The peer closed it, and says why by a code that the two agree on.
    ByPeer { code: u64, reason: String },
    /// TLS refused (RFC 9001, 4.8), by the number of its alert.
    Alert { alert: u64 },
    /// The network.
    Lost(String),
}

/// What a connection has measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallStats {
    /// Of the path; zero where nobody measures it.
    pub rtt: Duration,
    /// As the network counts them.
    pub sent_bytes: u64,
    pub received_bytes: u64,
    pub lost_packets: u64,
}

/// One connection.
#[derive(Clone)]
pub enum Call {
    Quic(Connection),
    Tcp(TcpCall),
}

/// No stream can be had.
#[derive(Debug, thiserror::Error)]
pub enum NoStream {
    #[error("the connection ended")]
    Ended(#[source] ConnectionError),
    #[error("a connection over TCP carries one stream, and it is in use")]
    InUse,
}

impl Call {
    /// Opens a stream to the peer.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn open(&self) -> Result<(FrameSender, FrameReceiver), NoStream> {
        match self {
            Self::Quic(connection) => {
                let (send, receive) = connection.open_bi().await.map_err(NoStream::Ended)?;
                Ok((FrameSender::new(send), FrameReceiver::new(receive)))
            }
            Self::Tcp(call) => call.take().ok_or(NoStream::InUse),
        }
    }

    /// Waits for the peer to open a stream.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn accept(&self) -> Result<(FrameSender, FrameReceiver), NoStream> {
        match self {
            Self::Quic(connection) => {
                let (send, receive) = connection.accept_bi().await.map_err(NoStream::Ended)?;
                Ok((FrameSender::new(send), FrameReceiver::new(receive)))
            }
            Self::Tcp(call) => call.take().ok_or(NoStream::InUse),
        }
    }

    /// Whether several streams may be open at once.
    #[must_use]
    pub const fn has_streams(&self) -> bool {
        matches!(self, Self::Quic(_))
    }

    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        match self {
            Self::Quic(connection) => connection.remote_address(),
            Self::Tcp(call) => call.remote(),
        }
    }

    /// What the peer showed, leaf first; TLS has checked it.
    #[must_use]
    pub fn peer_chain(&self) -> Vec<CertificateDer<'static>> {
        match self {
            Self::Quic(connection) => connection
                .peer_identity()
                .and_then(|shown| shown.downcast::<Vec<CertificateDer<'static>>>().ok())
                .map_or_else(Vec::new, |chain| *chain),
            Self::Tcp(call) => call.chain().to_vec(),
        }
    }

    /// What both agreed to speak (ALPN).
    #[must_use]
    pub fn protocol(&self) -> Option<Vec<u8>> {
        match self {
            Self::Quic(connection) => {
                connection.handshake_data()?.downcast::<HandshakeData>().ok()?.protocol
            }
            Self::Tcp(call) => call.protocol().map(<[u8]>::to_vec),
        }
    }

    /// What only the two ends of this connection know (RFC 5705). To be asked for before its first
    /// stream. Says whether there is such a thing.
    #[must_use]
    pub fn export(&self, out: &mut [u8], label: &[u8]) -> bool {
        match self {
            Self::Quic(connection) => connection.export_keying_material(out, label, b"").is_ok(),
            Self::Tcp(call) => call.export(out, label),
        }
    }

    #[must_use]
    pub fn stats(&self) -> CallStats {
        match self {
            Self::Quic(connection) => {
                let stats = connection.stats();
                CallStats {
                    rtt: stats.path.rtt,
                    sent_bytes: stats.udp_tx.bytes,
                    received_bytes: stats.udp_rx.bytes,
                    lost_packets: stats.path.lost_packets,
                }
            }
            Self::Tcp(call) => {
                let (sent_bytes, received_bytes) = call.carried_bytes();
                CallStats { sent_bytes, received_bytes, ..CallStats::default() }
            }
        }
    }

    /// Ends it and says why.
    pub fn close(&self, code: u32, reason: &str) {
        match self {
            Self::Quic(connection) => {
                connection.close(VarInt::from_u32(code), reason.as_bytes());
            }
            Self::Tcp(call) => call.close(code),
        }
    }

    /// How it ended, once it has.
    #[must_use]
    pub fn end(&self) -> Option<Ended> {
        match self {
            Self::Quic(connection) => connection.close_reason().map(|reason| ended(&reason)),
            Self::Tcp(call) => call.end(),
        }
    }

    /// Waits for the end.
    pub async fn closed(&self) -> Ended {
        match self {
            Self::Quic(connection) => ended(&connection.closed().await),
            Self::Tcp(call) => call.closed().await,
        }
    }
}

fn ended(reason: &ConnectionError) -> Ended {
    if matches!(reason, ConnectionError::LocallyClosed) {
        return Ended::Locally;
    }
    if let ConnectionError::ApplicationClosed(closed) = reason {
        let reason = String::from_utf8_lossy(&closed.reason).into_owned();
        return Ended::ByPeer { code: closed.error_code.into_inner(), reason };
    }
    // RFC 9001, 4.8: 0x100 plus the number of the alert.
    if let ConnectionError::ConnectionClosed(closed) = reason
        && (0x100..0x200).contains(&u64::from(closed.error_code))
    {
        return Ended::Alert { alert: u64::from(closed.error_code) - 0x100 };
    }
    Ended::Lost(reason.to_string())
}
