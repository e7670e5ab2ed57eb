//! Where nodes dial in: QUIC on a UDP port and, for networks that let no UDP through, TLS on the TCP
//! port of the same number and on others. The same protocols, the same checks of who may speak which.
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
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, Incoming, VarInt};
use rustls::RootCertStore;
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use shared_model::id::NodeId;
use sync_link::call::Call;
use sync_link::frames::{FrameReceiver, FrameSender};
use sync_link::quic::transport;
pub use sync_link::quic::{Congestion, LinkSettings};
use sync_link::tcp::TcpCall;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

use super::reset_key::endpoint_config;
use crate::pki::{RegionPki, fingerprint, node_of, provider};

/// Nodes with a certificate of the region exchange their logs.
pub const ALPN_SYNC: &[u8] = b"omniroute-sync/1";
/// A new node with a token asks for its certificate.
pub const ALPN_ENROL: &[u8] = b"omniroute-enrol/1";
/// A node asks for blobs on a connection of its own: over TCP, where a connection is one stream.
pub const ALPN_BLOBS: &[u8] = b"omniroute-blobs/1";

/// Two flights over a link with seconds of delay, with losses.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
/// Depots of one region, with as many again reconnecting.
const CONNECTIONS_MAX: usize = 4096;
/// From here on a caller must first prove that its address is its own.
const CONNECTIONS_WITHOUT_RETRY_MAX: usize = 256;
/// Handshakes cost a signature each.
const HANDSHAKES_MAX: usize = 256;
/// One session is one stream in both directions; beside it one on which blobs are asked for.
const STREAMS_MAX: u32 = 2;
/// A port that is free for UDP may be taken for TCP: another is tried, where any will do.
const PORTS_TRIED_MAX: usize = 16;
/// When the system has no more sockets, nothing is gained by asking at once again.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

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

/// A node that proved who it is.
pub struct PeerConnection {
    pub node: NodeId,
    /// SHA-256 of the certificate it showed.
    pub fingerprint: [u8; 32],
    pub connection: Call,
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
    pub connection: Call,
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

async fn accept_session(connection: &Call) -> anyhow::Result<(FrameSender, FrameReceiver)> {
    let accepted = tokio::time::timeout(HANDSHAKE_TIMEOUT, connection.accept());
    Ok(accepted.await.context("the peer opened no session in time")??)
}

/// Closes with one of the codes of [`close`].
pub fn close_with(connection: &Call, code: u32, reason: &str) {
    connection.close(code, reason);
}

/// Whoever completed a handshake.
pub enum Arrival {
    Peer(PeerConnection),
    /// A node whose session is on another connection.
    Blobs(PeerConnection),
    Applicant(Applicant),
}

type Handshake = Pin<Box<dyn Future<Output = anyhow::Result<Arrival>> + Send>>;

pub struct SyncEndpoint {
    endpoint: Endpoint,
    listeners: Vec<TcpListener>,
    acceptor: TlsAcceptor,
    /// Over TCP; each has a place in it while it lasts.
    calls: Arc<Semaphore>,
    handshakes: FuturesUnordered<Handshake>,
    settings: LinkSettings,
    connections_max: usize,
}

impl SyncEndpoint {
    /// Listens on `address`, over UDP and over TCP. Needs a running tokio runtime.
    ///
    /// # Errors
    /// When the address is taken, or the certificates are unusable.
    pub fn bind(
        address: SocketAddr,
        pki: &RegionPki,
        settings: LinkSettings,
    ) -> anyhow::Result<Self> {
        let config = server_config(pki, settings)?;
        let (socket, listener) = sockets(address)?;
        let runtime = quinn::default_runtime().context("no tokio runtime")?;
        let known_again = endpoint_config(pki.sync_key().secret_der());
        let endpoint = Endpoint::new(known_again, Some(config), socket, runtime)
            .with_context(|| format!("listening for nodes on UDP {address}"))?;
        Ok(Self {
            endpoint,
            listeners: vec![TcpListener::from_std(listener)?],
            acceptor: TlsAcceptor::from(Arc::new(tls(pki)?)),
            calls: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            handshakes: FuturesUnordered::new(),
            settings,
            connections_max: CONNECTIONS_MAX,
        })
    }

    /// Listens for TCP on another address as well: port 443 gets through where others do not.
    ///
    /// # Errors
    /// When the address is taken.
    pub fn also_listen(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        self.listeners.push(TcpListener::from_std(tcp_listener(address)?)?);
        Ok(())
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
    pub fn refresh(&mut self, pki: &RegionPki) -> anyhow::Result<()> {
        self.endpoint.set_server_config(Some(server_config(pki, self.settings)?));
        self.acceptor = TlsAcceptor::from(Arc::new(tls(pki)?));
        Ok(())
    }

    /// The next that completed its handshake; `None` after [`SyncEndpoint::close`]. Handshakes
    /// proceed side by side, and only while this is awaited. May be dropped and called again.
    pub async fn accept(&mut self) -> Option<Arrival> {
        loop {
            tokio::select! {
                incoming = self.endpoint.accept() => self.consider(incoming?),
                (stream, from) = accept_any(&self.listeners) => self.consider_tcp(stream, from),
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

    fn consider_tcp(&self, stream: TcpStream, from: SocketAddr) {
        let Ok(place) = Arc::clone(&self.calls).try_acquire_owned() else { return };
        if self.handshakes.len() >= HANDSHAKES_MAX {
            return;
        }
        let acceptor = self.acceptor.clone();
        self.handshakes.push(Box::pin(shake_hands_over_tcp(acceptor, stream, from, place)));
    }

    /// Tells every peer that the hub stops, and waits until they know.
    pub fn close(&self) -> impl Future<Output = ()> + Send + use<> {
        let endpoint = self.endpoint.clone();
        endpoint.close(VarInt::from_u32(close::STOPPING), b"the hub stops");
        async move { endpoint.wait_idle().await }
    }
}

/// The UDP socket of `address`, and the TCP socket of the same port.
fn sockets(address: SocketAddr) -> anyhow::Result<(UdpSocket, std::net::TcpListener)> {
    let mut tried = 0;
    loop {
        let socket = UdpSocket::bind(address)
            .with_context(|| format!("listening for nodes on UDP {address}"))?;
        match tcp_listener(socket.local_addr()?) {
            Ok(listener) => return Ok((socket, listener)),
            Err(_) if address.port() == 0 && tried < PORTS_TRIED_MAX => tried += 1,
            Err(error) => return Err(error),
        }
    }
}

fn tcp_listener(address: SocketAddr) -> anyhow::Result<std::net::TcpListener> {
    let listener = std::net::TcpListener::bind(address)
        .with_context(|| format!("listening for nodes on TCP {address}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// The next caller of any of them. May be dropped and called again.
async fn accept_any(listeners: &[TcpListener]) -> (TcpStream, SocketAddr) {
    loop {
        let mut accepting: FuturesUnordered<_> =
            listeners.iter().map(|listener| listener.accept()).collect();
        match accepting.next().await {
            Some(Ok(accepted)) => return accepted,
            Some(Err(error)) => {
                tracing::warn!(%error, "no TCP connection can be taken");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
            None => return std::future::pending().await,
        }
    }
}

async fn shake_hands(incoming: Incoming) -> anyhow::Result<Arrival> {
    let address = incoming.remote_address();
    let connection = tokio::time::timeout(HANDSHAKE_TIMEOUT, incoming.accept()?)
        .await
        .with_context(|| format!("{address} did not finish its handshake in time"))?
        .with_context(|| format!("{address} failed its handshake"))?;
    let call = Call::Quic(connection);
    let protocol = call.protocol();
    arrived(call, protocol.as_deref(), address)
}

async fn shake_hands_over_tcp(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    address: SocketAddr,
    place: OwnedSemaphorePermit,
) -> anyhow::Result<Arrival> {
    stream.set_nodelay(true)?;
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream))
        .await
        .with_context(|| format!("{address} did not finish its handshake in time"))?
        .with_context(|| format!("{address} failed its handshake"))?;
    let call = Call::Tcp(TcpCall::new(stream.into(), address));
    let ended = call.clone();
    tokio::spawn(async move {
        let _ = ended.closed().await;
        drop(place);
    });
    let protocol = call.protocol();
    arrived(call, protocol.as_deref(), address)
}

/// Who it is, by what it showed. TLS has verified a certificate that was shown, but lets a caller
/// without one pass, because applicants have none yet.
fn arrived(
    connection: Call,
    protocol: Option<&[u8]>,
    address: SocketAddr,
) -> anyhow::Result<Arrival> {
    if protocol == Some(ALPN_ENROL) {
        return Ok(Arrival::Applicant(Applicant { connection }));
    }
    let shown = connection.peer_chain();
    match shown.first().map(|leaf| (node_of(leaf), fingerprint(leaf))) {
        Some((Ok(node), fingerprint)) => {
            let peer = PeerConnection { node, fingerprint, connection };
            Ok(if protocol == Some(ALPN_BLOBS) {
                Arrival::Blobs(peer)
            } else {
                Arrival::Peer(peer)
            })
        }
        _ => {
            close_with(&connection, close::NOT_ENROLLED, "show the certificate of a node");
            anyhow::bail!("{address} asked to sync without a node's certificate")
        }
    }
}

fn server_config(pki: &RegionPki, settings: LinkSettings) -> anyhow::Result<quinn::ServerConfig> {
    let tls = Arc::new(QuicServerConfig::try_from(tls(pki)?)?);
    let mut config = quinn::ServerConfig::with_crypto(tls);
    config
        .transport_config(Arc::new(transport(settings, STREAMS_MAX, None)))
        .max_incoming(HANDSHAKES_MAX);
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
    config.alpn_protocols = vec![ALPN_SYNC.to_vec(), ALPN_ENROL.to_vec(), ALPN_BLOBS.to_vec()];
    // Every connection shows its certificate anew: nothing of an expired one is remembered.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

#[cfg(test)]
mod tests;
