//! The link to the hub once the box is enrolled: who is dialled, how it is known, what is measured.
//!
//! It carries frames and knows nothing of what is in them.

use std::sync::Arc;
use std::time::Duration;

use quinn::Endpoint;
use rustls::RootCertStore;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use shared_model::id::RegionCode;
use shared_model::time::Timestamp;

use super::dial::{Dial, Dialled, Way};
use super::trust::{JudgedTime, hub_name, provider};
use sync_link::call::{Call, Ended, NoStream};
pub use sync_link::frames::{FrameReceiver, FrameSender, RecvError, SendError};
pub use sync_link::quic::{Congestion, LinkSettings};

const ALPN_SYNC: &[u8] = b"omniroute-sync/1";
/// Over TCP, where a connection is one stream: blobs have their own.
const ALPN_BLOBS: &[u8] = b"omniroute-blobs/1";
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
    call: Call,
    endpoint: Option<Endpoint>,
    dial: Dial,
}

/// No second stream can be had.
#[derive(Debug, thiserror::Error)]
pub enum NoSecondStream {
    #[error(transparent)]
    Stream(#[from] NoStream),
    #[error(transparent)]
    Connect(#[from] ConnectError),
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
        Self::connect_by(config, Way::UdpFirst).await
    }

    /// The same, along the way that worked last: [`LinkHandle::is_over_tcp`].
    ///
    /// # Errors
    /// When no address leads to the region's hub.
    pub async fn connect_over_tcp(config: &LinkConfig) -> Result<Self, ConnectError> {
        Self::connect_by(config, Way::TcpFirst).await
    }

    async fn connect_by(config: &LinkConfig, way: Way) -> Result<Self, ConnectError> {
        let dial = dial_of(config)?;
        let Dialled { call, endpoint } = dial.by(way).await?;
        let address = call.remote_address().to_string();
        let (sender, receiver) = call
            .open()
            .await
            .map_err(|error| ConnectError::Unreachable { address, source: error.into() })?;
        Ok(Self { sender, receiver, handle: LinkHandle { call, endpoint, dial } })
    }

    /// Whether UDP is answered: a handshake, and goodbye.
    pub async fn is_udp_answered(config: &LinkConfig) -> bool {
        let Ok(dial) = dial_of(config) else { return false };
        let Ok(dialled) = dial.by(Way::UdpOnly).await else { return false };
        dialled.call.close(close::DONE, "");
        if let Some(endpoint) = dialled.endpoint {
            let _ = tokio::time::timeout(GOODBYE_TIMEOUT, endpoint.wait_idle()).await;
        }
        true
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
        let stats = self.call.stats();
        LinkStats {
            rtt: stats.rtt,
            sent_bytes: stats.sent_bytes,
            received_bytes: stats.received_bytes,
            lost_packets: stats.lost_packets,
        }
    }

    /// Whether UDP was not answered.
    #[must_use]
    pub const fn is_over_tcp(&self) -> bool {
        !self.call.has_streams()
    }

    /// Why the link has ended, once it has.
    #[must_use]
    pub fn end(&self) -> Option<LinkEnd> {
        self.call.end().map(end_of)
    }

    /// Another stream beside the session's, for blobs. Waits while the hub takes none.
    ///
    /// # Errors
    /// When the link has ended.
    pub async fn open_stream(&self) -> Result<(FrameSender, FrameReceiver), NoSecondStream> {
        if self.is_over_tcp() {
            return Ok(self.dial.beside(&self.call, ALPN_BLOBS).await?.open().await?);
        }
        Ok(self.call.open().await?)
    }

    /// Waits for the link's end.
    pub async fn ended(&self) -> LinkEnd {
        end_of(self.call.closed().await)
    }

    /// Says goodbye, and waits a moment for the hub to hear it.
    pub async fn close(&self) {
        self.call.close(close::DONE, "");
        if let Some(endpoint) = &self.endpoint {
            let _ = tokio::time::timeout(GOODBYE_TIMEOUT, endpoint.wait_idle()).await;
        }
    }
}

fn end_of(how: Ended) -> LinkEnd {
    let (code, reason) = match how {
        Ended::Locally => return LinkEnd::Done,
        // The hub refused our certificate.
        Ended::Alert { .. } => return LinkEnd::NotEnrolled,
        Ended::Lost(reason) => return LinkEnd::Lost(reason),
        Ended::ByPeer { code, reason } => (code, reason),
    };
    match code {
        code if code == u64::from(close::DONE) => LinkEnd::Done,
        close::NOT_ENROLLED => LinkEnd::NotEnrolled,
        close::BUSY => LinkEnd::Busy,
        close::REVOKED => LinkEnd::Revoked,
        close::STOPPING => LinkEnd::HubStopping,
        close::PROTOCOL => LinkEnd::ProtocolBroken(reason),
        other => LinkEnd::Lost(format!("closed with code {other:#x}: {reason}")),
    }
}

fn dial_of(config: &LinkConfig) -> Result<Dial, ConnectError> {
    Ok(Dial {
        addresses: config.hub_addresses.clone(),
        server_name: hub_name(&config.region),
        tls: tls(config)?,
        settings: config.settings,
    })
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
