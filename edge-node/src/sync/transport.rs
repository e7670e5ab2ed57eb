//! The link to the hub once the box is enrolled: who is dialled, how it is known, what is measured.
//!
//! It carries frames and knows nothing of what is in them.

use std::sync::Arc;
use std::time::Duration;

use quinn::{Connection, ConnectionError, Endpoint, VarInt};
use rustls::RootCertStore;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use shared_model::id::RegionCode;
use shared_model::time::Timestamp;

use super::dial::{Dialled, dial};
pub use super::frames::{FrameReceiver, FrameSender, RecvError, SendError};
use super::trust::{JudgedTime, hub_name, provider};

const ALPN_SYNC: &[u8] = b"omniroute-sync/1";
/// How long a goodbye may take before the box leaves without it.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(3);

/// Codes with which `sync-hub` closes a connection.
mod close {
    pub(super) const DONE: u32 = 0;
    pub(super) const NOT_ENROLLED: u64 = 0x10;
    pub(super) const BUSY: u64 = 0x11;
    pub(super) const REVOKED: u64 = 0x12;
    pub(super) const STOPPING: u64 = 0x13;
    pub(super) const PROTOCOL: u64 = 0x14;
}

/// How the sending rate follows the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Congestion {
    /// Fair to others; slow where packets get lost for other reasons than load.
    #[default]
    Cubic,
    /// For links that lose packets while idle.
    Bbr,
}

/// How the link is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSettings {
    pub congestion: Congestion,
    /// Off where a middle box drops large packets without a word.
    pub mtu_discovery: bool,
}

/// Everything a box needs to reach its hub.
#[derive(Clone)]
pub struct LinkConfig {
    /// `host:port`, tried in turn.
    pub hub_addresses: Vec<String>,
    pub region: RegionCode,
    pub root_der: Vec<u8>,
    pub node_certificate_chain_der: Vec<Vec<u8>>,
    /// PKCS #8.
    pub tls_key_der: Vec<u8>,
    /// What the box's clock says.
    pub now: Timestamp,
    /// An hour known to have passed; judges the hub's certificate when the clock cannot be right.
    pub clock_floor: Timestamp,
    pub settings: LinkSettings,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Set-up: the box was told no address.
    #[error("no address of the hub is known; remedy: enrol the box again")]
    NoAddress,
    /// The network, or a misspelt name. Try again.
    #[error("the address {address} could not be looked up")]
    Unresolved { address: String, source: std::io::Error },
    /// The network, or the hub is down. Try again.
    #[error("the hub does not answer at {address}")]
    Unreachable { address: String, source: Box<dyn std::error::Error + Send + Sync> },
    /// Whoever answered is not the hub of our region, or finds that we are not its node.
    #[error(
        "no trusted link with {address}: {reason}; remedy: check that this is the region's hub"
    )]
    NotTrusted { address: String, reason: String },
    /// Our own keys or certificates. Trying again does not help.
    #[error("the box's {what} cannot be used; remedy: enrol the box again")]
    Unusable { what: &'static str, source: rustls::Error },
}

impl ConnectError {
    /// Whether the same attempt may succeed later without anybody doing anything.
    #[must_use]
    pub fn is_worth_retrying(&self) -> bool {
        match self {
            Self::Unresolved { .. } | Self::Unreachable { .. } => true,
            Self::NoAddress | Self::NotTrusted { .. } | Self::Unusable { .. } => false,
        }
    }
}

/// Why a link that stood has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkEnd {
    /// One of us said goodbye.
    Done,
    /// The hub does not take us for one of its nodes: enrol again.
    NotEnrolled,
    /// The hub is overloaded: try again later.
    Busy,
    /// A person revoked or fenced this node at the hub.
    Revoked,
    /// The hub stops: try again later.
    HubStopping,
    /// We broke the protocol, as the hub sees it.
    ProtocolBroken(String),
    /// The network.
    Lost(String),
}

/// A link in both directions.
pub struct HubLink {
    pub sender: FrameSender,
    pub receiver: FrameReceiver,
    pub handle: LinkHandle,
}

/// What can be asked of a link while its halves are in use elsewhere.
#[derive(Clone)]
pub struct LinkHandle {
    connection: Connection,
    endpoint: Endpoint,
}

/// What the link has measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkStats {
    pub rtt: Duration,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    pub lost_packets: u64,
}

impl HubLink {
    /// Dials the hub. A hub that refuses our certificate may only say so when we receive: see
    /// [`LinkHandle::end`].
    ///
    /// # Errors
    /// When no address leads to the region's hub.
    pub async fn connect(config: &LinkConfig) -> Result<Self, ConnectError> {
        let name = hub_name(&config.region);
        let dialled = dial(&config.hub_addresses, &name, tls(config)?, config.settings).await?;
        let Dialled { endpoint, connection } = dialled;
        let address = connection.remote_address().to_string();
        let (send, receive) = connection
            .open_bi()
            .await
            .map_err(|error| ConnectError::Unreachable { address, source: error.into() })?;
        Ok(Self {
            sender: FrameSender::new(send),
            receiver: FrameReceiver::new(receive),
            handle: LinkHandle { connection, endpoint },
        })
    }

    /// Sends one frame; to be awaited to its end.
    ///
    /// # Errors
    /// When the frame is too long, or the link has ended.
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), SendError> {
        self.sender.send(frame).await
    }

    /// The next frame, or `None` when the hub finished. May be dropped and called again.
    ///
    /// # Errors
    /// When the hub breaks the format, or the link has ended.
    pub async fn recv(&mut self) -> Result<Option<Vec<u8>>, RecvError> {
        self.receiver.recv().await
    }

    /// For one task each.
    #[must_use]
    pub fn split(self) -> (FrameSender, FrameReceiver, LinkHandle) {
        (self.sender, self.receiver, self.handle)
    }
}

impl LinkHandle {
    #[must_use]
    pub fn stats(&self) -> LinkStats {
        let stats = self.connection.stats();
        LinkStats {
            rtt: stats.path.rtt,
            sent_bytes: stats.udp_tx.bytes,
            received_bytes: stats.udp_rx.bytes,
            lost_packets: stats.path.lost_packets,
        }
    }

    /// Why the link has ended, once it has.
    #[must_use]
    pub fn end(&self) -> Option<LinkEnd> {
        self.connection.close_reason().map(|reason| end_of(&reason))
    }

    /// Another stream beside the session's, for blobs. Waits while the hub takes none.
    ///
    /// # Errors
    /// When the link has ended.
    pub async fn open_stream(&self) -> Result<(FrameSender, FrameReceiver), ConnectionError> {
        let (send, receive) = self.connection.open_bi().await?;
        Ok((FrameSender::new(send), FrameReceiver::new(receive)))
    }

    /// Waits for the link's end.
    pub async fn ended(&self) -> LinkEnd {
        end_of(&self.connection.closed().await)
    }

    /// Says goodbye, and waits a moment for the hub to hear it.
    pub async fn close(&self) {
        self.connection.close(VarInt::from_u32(close::DONE), b"");
        let _ = tokio::time::timeout(GOODBYE_TIMEOUT, self.endpoint.wait_idle()).await;
    }
}

fn end_of(reason: &ConnectionError) -> LinkEnd {
    if matches!(reason, ConnectionError::LocallyClosed) {
        return LinkEnd::Done;
    }
    // RFC 9001, 4.8: 0x100 plus the number of the alert by which the hub refused our certificate.
    if let ConnectionError::ConnectionClosed(closed) = reason
        && (0x100..0x200).contains(&u64::from(closed.error_code))
    {
        return LinkEnd::NotEnrolled;
    }
    let ConnectionError::ApplicationClosed(closed) = reason else {
        return LinkEnd::Lost(reason.to_string());
    };
    match closed.error_code.into_inner() {
        code if code == u64::from(close::DONE) => LinkEnd::Done,
        close::NOT_ENROLLED => LinkEnd::NotEnrolled,
        close::BUSY => LinkEnd::Busy,
        close::REVOKED => LinkEnd::Revoked,
        close::STOPPING => LinkEnd::HubStopping,
        close::PROTOCOL => {
            LinkEnd::ProtocolBroken(String::from_utf8_lossy(&closed.reason).into_owned())
        }
        _ => LinkEnd::Lost(reason.to_string()),
    }
}

fn tls(config: &LinkConfig) -> Result<rustls::ClientConfig, ConnectError> {
    let unusable = |what| move |source| ConnectError::Unusable { what, source };
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(config.root_der.clone())).map_err(unusable("region root"))?;
    let chain =
        config.node_certificate_chain_der.iter().cloned().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::Pkcs8(config.tls_key_der.clone().into());
    let time = JudgedTime::new(config.now, config.clock_floor);
    let mut tls = rustls::ClientConfig::builder_with_details(provider(), Arc::new(time))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(unusable("TLS version"))?
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .map_err(unusable("certificate"))?;
    tls.alpn_protocols = vec![ALPN_SYNC.to_vec()];
    tls.resumption = Resumption::disabled();
    Ok(tls)
}
