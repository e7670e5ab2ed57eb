//! Opens a connection to a hub at one of its addresses, tried in turn: over QUIC, and over TLS on
//! TCP where no answer comes to UDP.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use quinn::Endpoint;
use quinn::crypto::rustls::QuicClientConfig;
use rustls::pki_types::ServerName;
use sync_link::call::Call;
use sync_link::quic::transport;
use sync_link::tcp::TcpCall;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::transport::{ConnectError, LinkSettings};

/// Two flights over a link with seconds of delay, with losses.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(20);
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(10);
/// UDP that was not answered for so long may be blocked: TCP is tried beside it.
const UDP_ALONE: Duration = Duration::from_secs(6);
/// Where TCP gets through if it does anywhere; tried after the hub's own port.
const HTTPS_PORT: u16 = 443;
/// Three chances within the idle time; a radio wakes up each time.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Which way is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// QUIC, and TCP beside it when it is not answered.
    UdpFirst,
    /// The way that worked last.
    TcpFirst,
    UdpOnly,
}

/// A connection, and what it hangs on.
pub(super) struct Dialled {
    pub(super) call: Call,
    /// Of QUIC: lives as long as the connection, to say goodbye.
    pub(super) endpoint: Option<Endpoint>,
}

/// How to dial.
#[derive(Clone)]
pub(super) struct Dial {
    /// `host:port`
    pub(super) addresses: Vec<String>,
    pub(super) server_name: String,
    pub(super) tls: rustls::ClientConfig,
    pub(super) settings: LinkSettings,
}

impl Dial {
    /// The first address that completes a handshake.
    pub(super) async fn by(&self, way: Way) -> Result<Dialled, ConnectError> {
        match way {
            Way::UdpOnly => self.udp().await,
            Way::TcpFirst => match self.tcp().await {
                Ok(dialled) => Ok(dialled),
                Err(_) => self.udp().await,
            },
            Way::UdpFirst => self.udp_then_both().await,
        }
    }

    /// TCP joins in when UDP is not answered soon; the first that is through stays.
    async fn udp_then_both(&self) -> Result<Dialled, ConnectError> {
        let udp = self.udp();
        tokio::pin!(udp);
        let refused = match tokio::time::timeout(UDP_ALONE, &mut udp).await {
            Ok(Ok(dialled)) => return Ok(dialled),
            Ok(Err(error)) if !error.is_worth_retrying() => return Err(error),
            Ok(Err(error)) => Some(error),
            Err(_) => None,
        };
        let tcp = self.tcp();
        tokio::pin!(tcp);
        if let Some(refused) = refused {
            return tcp.await.map_err(|_| refused);
        }
        tokio::select! {
            dialled = &mut udp => match dialled {
                Err(error) if error.is_worth_retrying() => tcp.await.map_err(|_| error),
                dialled => dialled,
            },
            dialled = &mut tcp => match dialled {
                Ok(dialled) => Ok(dialled),
                Err(_) => udp.await,
            },
        }
    }

    async fn udp(&self) -> Result<Dialled, ConnectError> {
        let crypto =
            QuicClientConfig::try_from(self.tls.clone()).map_err(|_| ConnectError::Unusable {
                what: "cipher suites",
                source: rustls::Error::General("QUIC needs AES-128-GCM".to_owned()),
            })?;
        let mut config = quinn::ClientConfig::new(Arc::new(crypto));
        config.transport_config(Arc::new(transport(self.settings, 0, Some(KEEP_ALIVE))));
        let mut last = ConnectError::NoAddress;
        for address in &self.addresses {
            match resolve(address).await {
                Ok(found) => {
                    for socket in found {
                        match udp_one(address, socket, &self.server_name, &config).await {
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

    async fn tcp(&self) -> Result<Dialled, ConnectError> {
        let mut last = ConnectError::NoAddress;
        for address in tcp_addresses(&self.addresses) {
            match resolve(&address).await {
                Ok(found) => {
                    for socket in found {
                        match tcp_one(&address, socket, &self.server_name, &self.tls).await {
                            Ok(call) => return Ok(Dialled { call, endpoint: None }),
                            Err(error) => last = error,
                        }
                    }
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Another connection to where `call` leads, for another protocol.
    pub(super) async fn beside(&self, call: &Call, alpn: &[u8]) -> Result<Call, ConnectError> {
        let mut tls = self.tls.clone();
        tls.alpn_protocols = vec![alpn.to_vec()];
        let socket = call.remote_address();
        tcp_one(&socket.to_string(), socket, &self.server_name, &tls).await
    }
}

/// Each address as it is, and then each host at the port of HTTPS.
fn tcp_addresses(addresses: &[String]) -> Vec<String> {
    let at_https = addresses.iter().filter_map(|address| {
        let (host, port) = address.rsplit_once(':')?;
        (port != HTTPS_PORT.to_string()).then(|| format!("{host}:{HTTPS_PORT}"))
    });
    let mut all: Vec<String> = addresses.iter().cloned().chain(at_https).collect();
    all.dedup();
    all
}

async fn resolve(address: &str) -> Result<Vec<SocketAddr>, ConnectError> {
    let unresolved = |source| ConnectError::Unresolved { address: address.to_owned(), source };
    let found = tokio::time::timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host(address))
        .await
        .map_err(|_| unresolved(std::io::ErrorKind::TimedOut.into()))?
        .map_err(unresolved)?;
    Ok(found.collect())
}

fn unreachable(address: &str, socket: SocketAddr, source: anyhow::Error) -> ConnectError {
    tracing::debug!(address, %socket, error = %format!("{source:#}"), "the hub does not answer");
    ConnectError::Unreachable { address: address.to_owned(), source: source.into() }
}

async fn udp_one(
    address: &str,
    socket: SocketAddr,
    server_name: &str,
    config: &quinn::ClientConfig,
) -> Result<Dialled, ConnectError> {
    let unreachable = |source| unreachable(address, socket, source);
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
    Ok(Dialled { call: Call::Quic(connection), endpoint: Some(endpoint) })
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

async fn tcp_one(
    address: &str,
    socket: SocketAddr,
    server_name: &str,
    tls: &rustls::ClientConfig,
) -> Result<Call, ConnectError> {
    let unreachable = |source| unreachable(address, socket, source);
    let name = ServerName::try_from(server_name.to_owned())
        .map_err(|error| unreachable(anyhow::Error::from(error)))?;
    let handshake = async {
        let stream = TcpStream::connect(socket).await?;
        stream.set_nodelay(true)?;
        TlsConnector::from(Arc::new(tls.clone())).connect(name, stream).await
    };
    let stream = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake)
        .await
        .map_err(|error| unreachable(error.into()))?
        .map_err(|error| {
            match error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) {
                true => ConnectError::NotTrusted {
                    address: address.to_owned(),
                    reason: error.to_string(),
                },
                false => unreachable(error.into()),
            }
        })?;
    Ok(Call::Tcp(TcpCall::new(stream.into(), socket)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tcp_is_tried_at_the_hub_s_port_and_then_where_https_is() {
        let asked = ["hub.example:7443".to_owned(), "[::1]:443".to_owned()];
        let tried = ["hub.example:7443", "[::1]:443", "hub.example:443"];
        assert_eq!(tcp_addresses(&asked), tried);
    }
}
