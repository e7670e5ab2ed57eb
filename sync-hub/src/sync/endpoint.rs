//! Where nodes dial in: one QUIC socket, two protocols, and who may speak which.
//!
//! It proves who dials and bounds how many; what is said then is decided elsewhere.

use std::future::Future;
use std::net::{SocketAddr, UdpSocket};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use quinn::congestion::{BbrConfig, CubicConfig};
use quinn::crypto::rustls::{HandshakeData, QuicServerConfig};
use quinn::{Connection, Endpoint, Incoming, TransportConfig, VarInt};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use shared_model::id::NodeId;

use super::frames::{FrameReceiver, FrameSender};
use super::reset_key::endpoint_config;
use crate::pki::{RegionPki, fingerprint, node_of, provider};

/// Nodes with a certificate of the region exchange their logs.
pub const ALPN_SYNC: &[u8] = b"omniroute-sync/1";
/// A new node with a token asks for its certificate.
pub const ALPN_ENROL: &[u8] = b"omniroute-enrol/1";

/// Two flights over a link with seconds of delay, with losses.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
/// A node that stays silent this long is gone; it keeps the link alive every ten seconds.
const IDLE_TIMEOUT_MS: u32 = 30_000;
/// Depots of one region, with as many again reconnecting.
const CONNECTIONS_MAX: usize = 4096;
/// From here on a caller must first prove that its address is its own.
const CONNECTIONS_WITHOUT_RETRY_MAX: usize = 256;
/// Handshakes cost a signature each.
const HANDSHAKES_MAX: usize = 256;
/// One session is one stream in both directions; beside it one on which blobs are asked for.
const STREAMS_MAX: u32 = 2;
/// What a node may have sent that we have not yet read.
const RECEIVE_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// What we may have sent that a node has not yet acknowledged.
const SEND_WINDOW_BYTES: u64 = 4 * 1024 * 1024;

/// Codes with which a connection is closed; `edge-node` reads the same ones.
pub mod close {
    /// Nothing is wrong.
    pub const DONE: u32 = 0;
    /// No certificate of this region, or not a node's: enrol again.
    pub const NOT_ENROLLED: u32 = 0x10;
    /// Come back later.
    pub const BUSY: u32 = 0x11;
    /// The node was revoked or fenced: a person decides.
    pub const REVOKED: u32 = 0x12;
    /// The hub stops: come back later.
    pub const STOPPING: u32 = 0x13;
    /// The peer broke the protocol.
    pub const PROTOCOL: u32 = 0x14;
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

/// How the endpoint treats every link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkSettings {
    pub congestion: Congestion,
    /// Off where a middle box drops large packets without a word.
    pub mtu_discovery: bool,
}

/// A node that proved who it is.
pub struct PeerConnection {
    pub node: NodeId,
    /// SHA-256 of the certificate it showed.
    pub fingerprint: [u8; 32],
    pub connection: Connection,
}

impl PeerConnection {
    /// Waits for the node to open its session.
    ///
    /// # Errors
    /// When the node does not within the handshake's time, or the connection ends.
    pub async fn accept_session(&self) -> anyhow::Result<(FrameSender, FrameReceiver)> {
        accept_session(&self.connection).await
    }
}

/// Somebody without a certificate who wants one.
pub struct Applicant {
    pub connection: Connection,
}

impl Applicant {
    /// Waits for the request.
    ///
    /// # Errors
    /// When none comes in time, or the connection ends.
    pub async fn accept_session(&self) -> anyhow::Result<(FrameSender, FrameReceiver)> {
        accept_session(&self.connection).await
    }
}

async fn accept_session(connection: &Connection) -> anyhow::Result<(FrameSender, FrameReceiver)> {
    let (send, receive) = tokio::time::timeout(HANDSHAKE_TIMEOUT, connection.accept_bi())
        .await
        .context("the peer opened no session in time")??;
    Ok((FrameSender::new(send), FrameReceiver::new(receive)))
}

/// Closes with one of the codes of [`close`].
pub fn close_with(connection: &Connection, code: u32, reason: &str) {
    connection.close(VarInt::from_u32(code), reason.as_bytes());
}

/// Whoever completed a handshake.
pub enum Arrival {
    Peer(PeerConnection),
    Applicant(Applicant),
}

type Handshake = Pin<Box<dyn Future<Output = anyhow::Result<Arrival>> + Send>>;

pub struct SyncEndpoint {
    endpoint: Endpoint,
    handshakes: FuturesUnordered<Handshake>,
    settings: LinkSettings,
    connections_max: usize,
}

impl SyncEndpoint {
    /// Listens on `address`. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, or the certificates are unusable.
    pub fn bind(
        address: SocketAddr,
        pki: &RegionPki,
        settings: LinkSettings,
    ) -> anyhow::Result<Self> {
        let config = server_config(pki, settings)?;
        let listening = || format!("listening for nodes on UDP {address}");
        let socket = UdpSocket::bind(address).with_context(listening)?;
        let runtime = quinn::default_runtime().context("no tokio runtime")?;
        let known_again = endpoint_config(pki.sync_key().secret_der());
        let endpoint =
            Endpoint::new(known_again, Some(config), socket, runtime).with_context(listening)?;
        let handshakes = FuturesUnordered::new();
        Ok(Self { endpoint, handshakes, settings, connections_max: CONNECTIONS_MAX })
    }

    /// # Errors
    /// When the system does not say.
    pub fn local_addr(&self) -> anyhow::Result<SocketAddr> {
        self.endpoint.local_addr().context("asking for the address nodes dial")
    }

    /// Shows nodes the certificate that `pki` has now. To be called after the hub's certificates
    /// were made anew; links that stand go on.
    ///
    /// # Errors
    /// When the certificates are unusable; the earlier one stays in use.
    pub fn refresh(&self, pki: &RegionPki) -> anyhow::Result<()> {
        self.endpoint.set_server_config(Some(server_config(pki, self.settings)?));
        Ok(())
    }

    /// The next that completed its handshake; `None` after [`SyncEndpoint::close`]. Handshakes
    /// proceed side by side, and only while this is awaited. May be dropped and called again.
    pub async fn accept(&mut self) -> Option<Arrival> {
        loop {
            tokio::select! {
                incoming = self.endpoint.accept() => self.consider(incoming?),
                Some(done) = self.handshakes.next(), if !self.handshakes.is_empty() => match done {
                    Ok(arrival) => return Some(arrival),
                    Err(error) => tracing::info!(error = %format!("{error:#}"), "a caller was turned away"),
                },
            }
        }
    }

    fn consider(&self, incoming: Incoming) {
        let busy = self.handshakes.len() >= HANDSHAKES_MAX
            || self.endpoint.open_connections() >= self.connections_max;
        let crowded = self.endpoint.open_connections() >= CONNECTIONS_WITHOUT_RETRY_MAX;
        if busy {
            incoming.refuse();
        } else if crowded && incoming.may_retry() && !incoming.remote_address_validated() {
            if let Err(error) = incoming.retry() {
                error.into_incoming().refuse();
            }
        } else {
            self.handshakes.push(Box::pin(shake_hands(incoming)));
        }
    }

    /// Tells every peer that the hub stops, and waits until they know.
    pub fn close(&self) -> impl Future<Output = ()> + Send + use<> {
        let endpoint = self.endpoint.clone();
        endpoint.close(VarInt::from_u32(close::STOPPING), b"the hub stops");
        async move { endpoint.wait_idle().await }
    }
}

async fn shake_hands(incoming: Incoming) -> anyhow::Result<Arrival> {
    let address = incoming.remote_address();
    let connection = tokio::time::timeout(HANDSHAKE_TIMEOUT, incoming.accept()?)
        .await
        .with_context(|| format!("{address} did not finish its handshake in time"))?
        .with_context(|| format!("{address} failed its handshake"))?;
    if protocol_of(&connection).as_deref() == Some(ALPN_ENROL) {
        return Ok(Arrival::Applicant(Applicant { connection }));
    }
    // TLS has verified a certificate that was shown, but lets a caller without one pass, because
    // applicants have none yet.
    match certificate_of(&connection).map(|shown| (node_of(&shown), fingerprint(&shown))) {
        Some((Ok(node), fingerprint)) => {
            Ok(Arrival::Peer(PeerConnection { node, fingerprint, connection }))
        }
        _ => {
            close_with(&connection, close::NOT_ENROLLED, "show the certificate of a node");
            anyhow::bail!("{address} asked to sync without a node's certificate")
        }
    }
}

fn protocol_of(connection: &Connection) -> Option<Vec<u8>> {
    connection.handshake_data()?.downcast::<HandshakeData>().ok()?.protocol
}

fn certificate_of(connection: &Connection) -> Option<CertificateDer<'static>> {
    let shown = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    shown.into_iter().next()
}

fn server_config(pki: &RegionPki, settings: LinkSettings) -> anyhow::Result<quinn::ServerConfig> {
    let tls = Arc::new(QuicServerConfig::try_from(tls(pki)?)?);
    let mut config = quinn::ServerConfig::with_crypto(tls);
    config.transport_config(Arc::new(transport(settings))).max_incoming(HANDSHAKES_MAX);
    Ok(config)
}

fn tls(pki: &RegionPki) -> anyhow::Result<rustls::ServerConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(pki.root().clone()).context("reading the region's root")?;
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
        .allow_unauthenticated()
        .build()
        .context("setting up the check of nodes")?;
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(pki.sync_chain(), pki.sync_key())
        .context("using the hub's certificate")?;
    config.alpn_protocols = vec![ALPN_SYNC.to_vec(), ALPN_ENROL.to_vec()];
    // Every connection shows its certificate anew: nothing of an expired one is remembered.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn transport(settings: LinkSettings) -> TransportConfig {
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(VarInt::from_u32(IDLE_TIMEOUT_MS).into()))
        .max_concurrent_bidi_streams(VarInt::from_u32(STREAMS_MAX))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .datagram_receive_buffer_size(None)
        .stream_receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .send_window(SEND_WINDOW_BYTES);
    match settings.congestion {
        Congestion::Cubic => {
            config.congestion_controller_factory(Arc::new(CubicConfig::default()));
        }
        Congestion::Bbr => {
            config.congestion_controller_factory(Arc::new(BbrConfig::default()));
        }
    }
    if !settings.mtu_discovery {
        config.mtu_discovery_config(None);
    }
    config
}

#[cfg(test)]
mod tests;
