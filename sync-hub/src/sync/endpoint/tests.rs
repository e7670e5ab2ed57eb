//! Who gets in, over a real socket: every caller here is a bare QUIC client.

use std::net::Ipv4Addr;
use std::time::SystemTime;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, ConnectionError};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use shared_model::time::Timestamp;
use uuid::Uuid;

use super::*;
use sync_link::frames::{FRAME_BYTES_MAX, RecvError};

const SETTINGS: LinkSettings = LinkSettings { congestion: Congestion::Cubic, mtu_discovery: false };
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since_epoch.as_millis()).unwrap())
}

struct Region {
    pki: RegionPki,
    dir: tempfile::TempDir,
}

impl Region {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pki = RegionPki::open(dir.path(), &"nairobi".parse().unwrap(), &[], now()).unwrap();
        Self { pki, dir }
    }

    fn bind(&self) -> (SyncEndpoint, SocketAddr) {
        let any = (Ipv4Addr::LOCALHOST, 0).into();
        let endpoint = SyncEndpoint::bind(any, &self.pki, SETTINGS).unwrap();
        let address = endpoint.local_addr().unwrap();
        (endpoint, address)
    }

    fn node_badge(&self, node: NodeId, issued: Timestamp) -> Badge {
        let key = KeyPair::generate().unwrap();
        let csr = CertificateParams::default().serialize_request(&key).unwrap();
        let leaf = self.pki.sign_node_leaf(node, csr.der(), issued).unwrap();
        Badge { chain: vec![leaf], key: key.into() }
    }
}

/// What a caller shows.
struct Badge {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

async fn call(
    region: &Region,
    address: SocketAddr,
    protocol: &[u8],
    badge: Option<Badge>,
) -> Result<Connection, ConnectionError> {
    let mut roots = RootCertStore::empty();
    roots.add(region.pki.root().clone()).unwrap();
    let builder = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    let mut tls = match badge {
        Some(badge) => builder.with_client_auth_cert(badge.chain, badge.key).unwrap(),
        None => builder.with_no_client_auth(),
    };
    tls.alpn_protocols = vec![protocol.to_vec()];
    let config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let endpoint = Endpoint::client((Ipv4Addr::UNSPECIFIED, 0).into()).unwrap();
    endpoint.connect_with(config, address, "hub.nairobi.omniroute").unwrap().await
}

/// Calls, expects to be turned away, and says why.
async fn turned_away(region: &Region, protocol: &[u8], badge: Option<Badge>) -> ConnectionError {
    let (mut endpoint, address) = region.bind();
    let caller = async {
        match call(region, address, protocol, badge).await {
            Ok(connection) => connection.closed().await,
            Err(error) => error,
        }
    };
    tokio::select! {
        _ = endpoint.accept() => panic!("was let in"),
        reason = caller => reason,
    }
}

fn node() -> NodeId {
    NodeId::new(Uuid::from_u128(7))
}

fn is_tls_alert(reason: &ConnectionError) -> bool {
    matches!(reason, ConnectionError::ConnectionClosed(closed)
        if (0x100..0x200).contains(&u64::from(closed.error_code)))
}

#[tokio::test]
async fn a_node_is_known_by_its_certificate_and_frames_go_both_ways() {
    let region = Region::new();
    let (mut endpoint, address) = region.bind();
    let badge = region.node_badge(node(), now());
    let shown = fingerprint(&badge.chain[0]);
    let node_side = async {
        let connection = call(&region, address, ALPN_SYNC, Some(badge)).await.unwrap();
        let (send, receive) = connection.open_bi().await.unwrap();
        let (mut send, mut receive) = (FrameSender::new(send), FrameReceiver::new(receive));
        send.send(b"hello hub").await.unwrap();
        assert_eq!(receive.recv().await.unwrap().unwrap(), b"hello node");
        send.send(&vec![5; FRAME_BYTES_MAX]).await.unwrap();
        send.finish().await;
        assert!(receive.recv().await.unwrap().is_none());
    };
    let hub_side = async {
        let Some(Arrival::Peer(peer)) = endpoint.accept().await else { panic!("no peer") };
        assert_eq!((peer.node, peer.fingerprint), (node(), shown));
        let (mut send, mut receive) = peer.accept_session().await.unwrap();
        assert_eq!(receive.recv().await.unwrap().unwrap(), b"hello hub");
        send.send(b"hello node").await.unwrap();
        let longest = receive.recv().await.unwrap().unwrap();
        assert_eq!(longest.len(), FRAME_BYTES_MAX);
        assert!(receive.recv().await.unwrap().is_none());
        send.finish().await;
    };
    tokio::join!(node_side, hub_side);
}

#[tokio::test]
async fn to_sync_takes_a_certificate() {
    let region = Region::new();
    let reason = turned_away(&region, ALPN_SYNC, None).await;
    let ConnectionError::ApplicationClosed(closed) = reason else { panic!("{reason}") };
    assert_eq!(closed.error_code, VarInt::from_u32(close::NOT_ENROLLED));
}

#[tokio::test]
async fn a_certificate_of_another_region_is_none() {
    let (region, other) = (Region::new(), Region::new());
    let badge = other.node_badge(node(), now());
    let reason = turned_away(&region, ALPN_SYNC, Some(badge)).await;
    assert!(is_tls_alert(&reason), "{reason}");
}

#[tokio::test]
async fn an_expired_certificate_is_none() {
    let region = Region::new();
    let long_ago = Timestamp::from_ms(now().ms() - 91 * DAY_MS);
    let badge = region.node_badge(node(), long_ago);
    let reason = turned_away(&region, ALPN_SYNC, Some(badge)).await;
    assert!(is_tls_alert(&reason), "{reason}");
}

#[tokio::test]
async fn the_hubs_own_certificate_opens_no_session() {
    let region = Region::new();
    let badge = Badge { chain: region.pki.sync_chain(), key: region.pki.sync_key() };
    let reason = turned_away(&region, ALPN_SYNC, Some(badge)).await;
    assert!(is_tls_alert(&reason), "{reason}");
}

#[tokio::test]
async fn an_unknown_protocol_is_refused() {
    let region = Region::new();
    let reason = turned_away(&region, b"h3", None).await;
    assert!(is_tls_alert(&reason), "{reason}");
}

#[tokio::test]
async fn a_full_hub_refuses_at_once() {
    let region = Region::new();
    let (mut endpoint, address) = region.bind();
    endpoint.connections_max = 1;
    let callers = async {
        let first = call(&region, address, ALPN_ENROL, None).await.unwrap();
        let second = call(&region, address, ALPN_ENROL, None).await.unwrap_err();
        assert!(matches!(second, ConnectionError::ConnectionClosed(_)), "{second}");
        drop(first);
    };
    let hub = async {
        let mut arrived = Vec::new();
        while let Some(arrival) = endpoint.accept().await {
            arrived.push(arrival);
        }
    };
    tokio::select! { () = callers => {}, () = hub => panic!("the hub ended") }
}

#[tokio::test]
async fn an_announced_giant_ends_the_session() {
    let region = Region::new();
    let (mut endpoint, address) = region.bind();
    let node_side = async {
        let badge = region.node_badge(node(), now());
        let connection = call(&region, address, ALPN_SYNC, Some(badge)).await.unwrap();
        let (mut send, _receive) = connection.open_bi().await.unwrap();
        send.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
        connection.closed().await
    };
    let hub_side = async {
        let Some(Arrival::Peer(peer)) = endpoint.accept().await else { panic!("no peer") };
        let (mut send, mut receive) = peer.accept_session().await.unwrap();
        let refused = receive.recv().await.unwrap_err();
        assert!(matches!(refused, RecvError::TooLong { .. }), "{refused}");
        let giant = vec![0; FRAME_BYTES_MAX + 1];
        assert!(send.send(&giant).await.is_err(), "nor do we send one");
        close_with(&peer.connection, close::PROTOCOL, "a frame was too long");
        peer
    };
    let (reason, _) = tokio::join!(node_side, hub_side);
    assert!(matches!(reason, ConnectionError::ApplicationClosed(_)), "{reason}");
}

#[tokio::test]
async fn a_running_hub_shows_its_new_certificate() {
    let region = Region::new();
    let (mut endpoint, address) = region.bind();
    let shown = |connection: &Connection| Call::Quic(connection.clone()).peer_chain()[0].clone();
    let callers = async {
        let first = call(&region, address, ALPN_ENROL, None).await.unwrap();
        assert_eq!(shown(&first), region.pki.sync_chain()[0]);
        let hosts = ["another.example".to_owned()];
        let nairobi = "nairobi".parse().unwrap();
        let renewed = RegionPki::open(region.dir.path(), &nairobi, &hosts, now()).unwrap();
        first.close(VarInt::from_u32(0), b"renew");
        renewed
    };
    let hub = async {
        let Some(Arrival::Applicant(applicant)) = endpoint.accept().await else { panic!("nobody") };
        applicant.connection.closed().await
    };
    let (renewed, _) = tokio::join!(callers, hub);
    endpoint.refresh(&renewed).unwrap();
    let (second, arrival) =
        tokio::join!(call(&region, address, ALPN_ENROL, None), endpoint.accept());
    assert!(arrival.is_some());
    assert_eq!(shown(&second.unwrap()), renewed.sync_chain()[0]);
    assert_ne!(renewed.sync_chain()[0], region.pki.sync_chain()[0]);
}
