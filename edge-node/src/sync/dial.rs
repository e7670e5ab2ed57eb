//! Opens a QUIC connection to a hub at one of its addresses, tried in turn.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::congestion::{BbrConfig, CubicConfig};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, Endpoint, TransportConfig, VarInt};

use super::transport::{Congestion, ConnectError, LinkSettings};

/// Two flights over a link with seconds of delay, with losses.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// A hub that stays silent this long is out of reach.
const IDLE_TIMEOUT_MS: u32 = 30_000;
/// Three chances within the idle time; a radio wakes up each time.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// What the hub may have sent that we have not yet read.
const RECEIVE_WINDOW_BYTES: u32 = 2 * 1024 * 1024;
/// What we may have sent that the hub has not yet acknowledged.
const SEND_WINDOW_BYTES: u64 = 4 * 1024 * 1024;

pub(super) struct Dialled {
    /// Lives as long as the connection, to say goodbye.
    pub(super) endpoint: Endpoint,
    pub(super) connection: Connection,
}

/// The first of `addresses` (`host:port`) that completes a handshake.
pub(super) async fn dial(
    addresses: &[String],
    server_name: &str,
    tls: rustls::ClientConfig,
    settings: LinkSettings,
) -> Result<Dialled, ConnectError> {
    let crypto = QuicClientConfig::try_from(tls).map_err(|_| ConnectError::Unusable {
        what: "cipher suites",
        source: rustls::Error::General("QUIC needs AES-128-GCM".to_owned()),
    })?;
    let mut config = quinn::ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport(settings)));
    let mut last = ConnectError::NoAddress;
    for address in addresses {
        match resolve(address).await {
            Ok(found) => {
                for socket in found {
                    match dial_one(address, socket, server_name, &config).await {
                        Ok(dialled) => return Ok(dialled),
                        Err(error) => last = error,
                    }
                }
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn resolve(address: &str) -> Result<Vec<SocketAddr>, ConnectError> {
    let unresolved = |source| ConnectError::Unresolved { address: address.to_owned(), source };
    let found = tokio::time::timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host(address))
        .await
        .map_err(|_| unresolved(std::io::ErrorKind::TimedOut.into()))?
        .map_err(unresolved)?;
    Ok(found.collect())
}

async fn dial_one(
    address: &str,
    socket: SocketAddr,
    server_name: &str,
    config: &quinn::ClientConfig,
) -> Result<Dialled, ConnectError> {
    let unreachable = |source: anyhow::Error| {
        tracing::debug!(address, %socket, error = %format!("{source:#}"), "the hub does not answer");
        ConnectError::Unreachable { address: address.to_owned(), source: source.into() }
    };
    let local: SocketAddr = match socket {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let endpoint = Endpoint::client(local).map_err(|error| unreachable(error.into()))?;
    let connecting = endpoint
        .connect_with(config.clone(), socket, server_name)
        .map_err(|error| unreachable(error.into()))?;
    let connection = tokio::time::timeout(HANDSHAKE_TIMEOUT, connecting)
        .await
        .map_err(|error| unreachable(error.into()))?
        .map_err(|error| match tls_alert(&error) {
            Some(reason) => ConnectError::NotTrusted { address: address.to_owned(), reason },
            None => unreachable(error.into()),
        })?;
    Ok(Dialled { endpoint, connection })
}

/// What TLS said, when it was TLS that ended the handshake.
fn tls_alert(error: &quinn::ConnectionError) -> Option<String> {
    if let quinn::ConnectionError::TransportError(error) = error {
        // RFC 9001, 4.8: 0x100 plus the number of the alert.
        let code = u64::from(error.code);
        return (0x100..0x200).contains(&code).then(|| error.reason.clone());
    }
    None
}

fn transport(settings: LinkSettings) -> TransportConfig {
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(VarInt::from_u32(IDLE_TIMEOUT_MS).into()))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
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
