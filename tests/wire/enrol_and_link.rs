//! A new box and a hub over real sockets: the token, the certificate, the link.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use edge_node::sync::enrolment::{
    EdgeIdentity, Enrolled, EnrolmentRefused, SIGNING_CONTEXT, enrol, leaf_until, renew,
    renewal_is_due,
};
use edge_node::sync::transport::{ConnectError, HubLink, LinkConfig, LinkEnd};
use shared_model::id::NodeId;
use shared_model::log::AuthorKey;
use shared_model::time::Timestamp;
use sync_hub::pki::RegionPki;
use sync_hub::sync::endpoint::{
    Arrival, Congestion, LinkSettings, SyncEndpoint, close, close_with,
};
use sync_hub::sync::enrolment::{
    Claim, EnrolmentRegistry, HubIdentity, NodeRecord, Refusal, Renewal, Seat, TokenRecord,
    answer_applicant, issue_token, judge, judge_renewal,
};
use uuid::Uuid;

const HOUR_MS: i64 = 60 * 60 * 1000;
/// An hour known to have passed, long before these tests run.
const FLOOR: Timestamp = Timestamp::from_ms(1_780_000_000_000);

fn now() -> Timestamp {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_ms(i64::try_from(since_epoch.as_millis()).unwrap())
}

#[derive(Default)]
struct Books {
    tokens: HashMap<[u8; 32], TokenRecord>,
    nodes: HashMap<NodeId, (NodeRecord, [u8; 32])>,
    /// Commits, and then cannot say so.
    fails_after_commit: bool,
}

#[derive(Clone, Default)]
struct Registry(Arc<Mutex<Books>>);

impl EnrolmentRegistry for Registry {
    async fn admit(&self, claim: &Claim) -> anyhow::Result<Result<Seat, Refusal>> {
        let mut books = self.0.lock().unwrap();
        let known = books.nodes.get(&claim.node).map(|(record, _)| record.clone());
        let verdict = judge(books.tokens.get(&claim.token_hash), known.as_ref(), claim);
        if let Ok(seat) = &verdict {
            books.tokens.get_mut(&claim.token_hash).unwrap().used_by = Some(claim.node);
            let record = NodeRecord {
                site: seat.site.clone(),
                author_public_key: claim.author_public_key,
                revoked: false,
            };
            books.nodes.insert(claim.node, (record, claim.certificate_fingerprint));
        }
        anyhow::ensure!(!std::mem::take(&mut books.fails_after_commit), "the store went away");
        Ok(verdict)
    }

    async fn renew(&self, renewal: &Renewal) -> anyhow::Result<Result<(), Refusal>> {
        let mut books = self.0.lock().unwrap();
        let known = books.nodes.get_mut(&renewal.node);
        let verdict = judge_renewal(known.as_ref().map(|(record, _)| record), renewal);
        if let (Some((_, fingerprint)), Ok(())) = (known, &verdict) {
            *fingerprint = renewal.certificate_fingerprint;
        }
        Ok(verdict)
    }
}

/// A hub that enrols whoever comes, and echoes the frames of whoever is enrolled.
struct Hub {
    address: String,
    pin: [u8; 32],
    registry: Registry,
    /// Closes every session with this code instead.
    close_code: Arc<Mutex<Option<u32>>>,
    /// How long ago the hub believes it is, in milliseconds.
    ago_ms: Arc<AtomicI64>,
    _dir: tempfile::TempDir,
}

impl Hub {
    fn start(region: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let pki = RegionPki::open(dir.path(), &region.parse().unwrap(), &[], now()).unwrap();
        let settings = LinkSettings { congestion: Congestion::Cubic, mtu_discovery: true };
        let any = (Ipv4Addr::LOCALHOST, 0).into();
        let endpoint = SyncEndpoint::bind(any, &pki, settings).unwrap();
        let address = endpoint.local_addr().unwrap().to_string();
        let (registry, close_code, ago_ms) = (Registry::default(), Arc::default(), Arc::default());
        let hub = Self {
            address: address.clone(),
            pin: pki.root_pin(),
            registry: registry.clone(),
            close_code: Arc::clone(&close_code),
            ago_ms: Arc::clone(&ago_ms),
            _dir: dir,
        };
        let identity = HubIdentity {
            node: NodeId::new(Uuid::from_u128(1)),
            author_public_key: [7; 32],
            addresses: vec![address],
        };
        tokio::spawn(serve(endpoint, pki, identity, registry, close_code, ago_ms));
        hub
    }

    fn issue(&self, pin: [u8; 32], expires_in_ms: i64) -> String {
        // A dead address first: the next one is tried.
        let addresses = ["no-such-host.invalid:1".to_owned(), self.address.clone()];
        let token = issue_token(pin, &addresses, now()).unwrap();
        let record = TokenRecord {
            site: "NBO-1".parse().unwrap(),
            entity: "KE".parse().unwrap(),
            expires: Timestamp::from_ms(now().ms() + expires_in_ms),
            used_by: None,
        };
        self.registry.0.lock().unwrap().tokens.insert(token.hash, record);
        token.text
    }
}

async fn serve(
    mut endpoint: SyncEndpoint,
    pki: RegionPki,
    identity: HubIdentity,
    registry: Registry,
    close_code: Arc<Mutex<Option<u32>>>,
    ago_ms: Arc<AtomicI64>,
) {
    while let Some(arrival) = endpoint.accept().await {
        match arrival {
            Arrival::Applicant(applicant) => {
                let then = Timestamp::from_ms(now().ms() - ago_ms.load(Ordering::SeqCst));
                answer_applicant(&applicant, &pki, &identity, &registry, then).await.unwrap().ok();
            }
            Arrival::Blobs(_) => panic!("nobody asks for blobs here"),
            Arrival::Peer(peer) => {
                let registered = registry.0.lock().unwrap().nodes[&peer.node].1;
                assert_eq!(registered, peer.fingerprint);
                let code = *close_code.lock().unwrap();
                if let Some(code) = code {
                    close_with(&peer.connection, code, "");
                    continue;
                }
                let Ok((mut send, mut receive)) = peer.accept_session().await else {
                    continue;
                };
                while let Ok(Some(frame)) = receive.recv().await {
                    send.send(&frame).await.unwrap();
                }
                send.finish().await;
            }
        }
    }
}

struct NewBox {
    node: NodeId,
    key: AuthorKey,
}

impl NewBox {
    fn new(number: u8) -> Self {
        let node = NodeId::new(Uuid::from_u128(u128::from(number)));
        Self { node, key: AuthorKey::from_secret(&[number; 32]) }
    }

    fn identity(&self, site: &str) -> EdgeIdentity<impl Fn(&[u8]) -> [u8; 64]> {
        EdgeIdentity {
            node: self.node,
            site: site.parse().unwrap(),
            author_public_key: *self.key.public().as_bytes(),
            sign: |message: &[u8]| self.key.sign(SIGNING_CONTEXT, message),
        }
    }

    async fn enrol_at(&self, site: &str, token: &str, now: Timestamp) -> anyhow::Result<Enrolled> {
        enrol(token, &self.identity(site), now, FLOOR).await
    }

    async fn enrol(&self, token: &str) -> anyhow::Result<Enrolled> {
        self.enrol_at("NBO-1", token, now()).await
    }

    async fn refused(&self, token: &str) -> String {
        let error = self.enrol(token).await.err().expect("must be refused");
        error.downcast::<EnrolmentRefused>().expect("refused by the hub").code
    }
}

fn link_config(enrolled: &Enrolled, now: Timestamp) -> LinkConfig {
    LinkConfig {
        hub_addresses: enrolled.hub_addresses.clone(),
        region: enrolled.region.clone(),
        root_der: enrolled.root_der.clone(),
        node_certificate_chain_der: enrolled.node_certificate_chain_der.clone(),
        tls_key_der: enrolled.tls_key_der.clone(),
        now,
        clock_floor: FLOOR,
        settings: LinkSettings { congestion: Congestion::Bbr, mtu_discovery: false },
    }
}

#[tokio::test]
async fn an_enrolled_box_links_even_when_its_clock_says_1970() {
    let hub = Hub::start("nairobi");
    let token = hub.issue(hub.pin, HOUR_MS);
    let epoch = Timestamp::from_ms(0);
    let enrolled = NewBox::new(2).enrol_at("NBO-1", &token, epoch).await.unwrap();
    assert_eq!(enrolled.region.as_str(), "nairobi");
    assert_eq!((enrolled.site.as_str(), enrolled.entity.as_str()), ("NBO-1", "KE"));
    assert_eq!(enrolled.hub_addresses, std::slice::from_ref(&hub.address));
    assert_eq!(enrolled.hub_author_public_key, [7; 32]);
    assert!(enrolled.hub_now > FLOOR);

    let mut link = HubLink::connect(&link_config(&enrolled, epoch)).await.unwrap();
    for frame in [&b"a frame"[..], &[], &[9; 300_000]] {
        link.send(frame).await.unwrap();
        assert_eq!(link.recv().await.unwrap().unwrap(), frame);
    }
    let (sender, mut receiver, handle) = link.split();
    assert!(handle.stats().rtt.as_millis() < 1000 && handle.stats().sent_bytes > 300_000);
    assert_eq!(handle.end(), None);
    let (end, ()) = tokio::join!(receiver.recv(), sender.finish());
    assert!(end.unwrap().is_none());
    handle.close().await;
    assert_eq!(handle.end(), Some(LinkEnd::Done));
}

#[tokio::test]
async fn a_token_admits_one_box_and_admits_it_again_when_the_answer_was_lost() {
    let hub = Hub::start("nairobi");
    let token = hub.issue(hub.pin, HOUR_MS);
    hub.registry.0.lock().unwrap().fails_after_commit = true;
    assert_eq!(NewBox::new(2).refused(&token).await, "hub-failed");
    let again = NewBox::new(2).enrol(&token).await.unwrap();
    let mut link = HubLink::connect(&link_config(&again, now())).await.unwrap();
    link.send(b"here I am").await.unwrap();
    assert!(link.recv().await.unwrap().is_some());
    link.handle.close().await;
    assert_eq!(NewBox::new(3).refused(&token).await, "token-used");
    let impostor = NewBox { key: AuthorKey::from_secret(&[99; 32]), ..NewBox::new(2) };
    assert_eq!(impostor.refused(&token).await, "other-author-key");
}

#[tokio::test]
async fn a_token_is_for_one_site_and_one_day() {
    let hub = Hub::start("nairobi");
    let token = hub.issue(hub.pin, HOUR_MS);
    let error = NewBox::new(2).enrol_at("NBO-2", &token, now()).await.err().unwrap();
    let refused = error.downcast::<EnrolmentRefused>().unwrap();
    assert_eq!(refused.code, "other-site");
    assert!(refused.reason.contains("NBO-1") && refused.reason.contains("NBO-2"));
    let expired = hub.issue(hub.pin, 0);
    assert_eq!(NewBox::new(2).refused(&expired).await, "token-expired");
    let elsewhere = issue_token(hub.pin, std::slice::from_ref(&hub.address), now()).unwrap();
    assert_eq!(NewBox::new(2).refused(&elsewhere.text).await, "token-unknown");
}

#[tokio::test]
async fn a_box_tells_its_secret_to_no_other_hub() {
    let (hub, other) = (Hub::start("nairobi"), Hub::start("nairobi"));
    let token = hub.issue(other.pin, HOUR_MS);
    let error = NewBox::new(2).enrol(&token).await.err().unwrap();
    let untrusted = error.downcast::<ConnectError>().unwrap();
    assert!(matches!(untrusted, ConnectError::NotTrusted { .. }), "{untrusted}");
    assert!(!untrusted.is_worth_retrying());

    let mine = NewBox::new(2).enrol(&hub.issue(hub.pin, HOUR_MS)).await.unwrap();
    let misled =
        LinkConfig { hub_addresses: vec![other.address.clone()], ..link_config(&mine, now()) };
    let error = HubLink::connect(&misled).await.err().unwrap();
    assert!(matches!(error, ConnectError::NotTrusted { .. }), "{error}");
}

#[tokio::test]
async fn a_box_learns_why_the_hub_ended_the_link() {
    let hub = Hub::start("nairobi");
    let enrolled = NewBox::new(2).enrol(&hub.issue(hub.pin, HOUR_MS)).await.unwrap();
    let ends = [
        (close::REVOKED, LinkEnd::Revoked),
        (close::BUSY, LinkEnd::Busy),
        (close::STOPPING, LinkEnd::HubStopping),
        (close::NOT_ENROLLED, LinkEnd::NotEnrolled),
    ];
    for (code, end) in ends {
        *hub.close_code.lock().unwrap() = Some(code);
        let mut link = HubLink::connect(&link_config(&enrolled, now())).await.unwrap();
        assert!(link.recv().await.is_err());
        assert_eq!(link.handle.ended().await, end);
    }
}

#[tokio::test]
async fn a_box_of_another_region_is_told_to_enrol() {
    let (hub, other) = (Hub::start("nairobi"), Hub::start("nairobi"));
    let mine = NewBox::new(2).enrol(&hub.issue(hub.pin, HOUR_MS)).await.unwrap();
    let theirs = NewBox::new(3).enrol(&other.issue(other.pin, HOUR_MS)).await.unwrap();
    let mixed = LinkConfig {
        node_certificate_chain_der: theirs.node_certificate_chain_der,
        tls_key_der: theirs.tls_key_der,
        ..link_config(&mine, now())
    };
    let mut link = HubLink::connect(&mixed).await.unwrap();
    assert!(link.recv().await.is_err());
    assert_eq!(link.handle.end(), Some(LinkEnd::NotEnrolled));
}

#[tokio::test]
async fn nobody_at_the_address_is_worth_another_try() {
    let hub = Hub::start("nairobi");
    let mine = NewBox::new(2).enrol(&hub.issue(hub.pin, HOUR_MS)).await.unwrap();
    let lost = LinkConfig {
        hub_addresses: vec!["no-such-host.invalid:7443".to_owned()],
        ..link_config(&mine, now())
    };
    let error = HubLink::connect(&lost).await.err().unwrap();
    assert!(error.is_worth_retrying(), "{error}");
}

#[tokio::test]
async fn a_node_renews_its_certificate_and_a_stranger_does_not() {
    let hub = Hub::start("nairobi");
    let new_box = NewBox::new(2);
    let enrolled = new_box.enrol(&hub.issue(hub.pin, HOUR_MS)).await.unwrap();
    let mut config = link_config(&enrolled, now());
    let first = config.node_certificate_chain_der[0].clone();
    assert!(!renewal_is_due(&first, now(), FLOOR));
    let in_a_week = Timestamp::from_ms(now().ms() + 7 * 24 * HOUR_MS);
    assert!(renewal_is_due(&first, in_a_week, FLOOR));

    let renewed = renew(&config, &new_box.identity("NBO-1"), false).await.unwrap();
    assert_ne!(renewed.node_certificate_chain_der[0], first);
    assert_eq!(renewed.hub_addresses, std::slice::from_ref(&hub.address));
    config.node_certificate_chain_der = renewed.node_certificate_chain_der;
    config.tls_key_der = renewed.tls_key_der;
    let mut link = HubLink::connect(&config).await.unwrap();
    link.send(b"still here").await.unwrap();
    assert!(link.recv().await.unwrap().is_some());
    link.handle.close().await;

    let impostor = NewBox { key: AuthorKey::from_secret(&[99; 32]), ..new_box };
    for (asks, code) in [(impostor, "other-author-key"), (NewBox::new(3), "node-unknown")] {
        let error = renew(&config, &asks.identity("NBO-1"), false).await.err().unwrap();
        assert_eq!(error.downcast::<EnrolmentRefused>().unwrap().code, code);
    }
}

/// The same frames go over QUIC and over TLS on TCP, and so does the lane for renewals.
#[tokio::test]
async fn a_box_whose_certificate_ran_out_gets_a_new_one_and_nothing_else_over_quic_and_tcp() {
    for over_tcp in [false, true] {
        let hub = Hub::start("nairobi");
        hub.ago_ms.store(100 * 24 * HOUR_MS, Ordering::SeqCst);
        let new_box = NewBox::new(2);
        let token = hub.issue(hub.pin, HOUR_MS);
        let enrolled = new_box.enrol(&token).await.unwrap();
        hub.ago_ms.store(0, Ordering::SeqCst);
        let mut config = link_config(&enrolled, now());
        let old = config.node_certificate_chain_der[0].clone();
        assert!(leaf_until(&old).unwrap() < now() && renewal_is_due(&old, now(), FLOOR));
        let connect = async |config: &LinkConfig| match over_tcp {
            true => HubLink::connect_over_tcp(config).await.unwrap(),
            false => HubLink::connect(config).await.unwrap(),
        };

        let mut link = connect(&config).await;
        assert_eq!(link.handle.is_over_tcp(), over_tcp);
        assert!(link.recv().await.is_err(), "no session with it");
        assert_eq!(link.handle.ended().await, LinkEnd::NotEnrolled);

        let renewed = renew(&config, &new_box.identity("NBO-1"), over_tcp).await.unwrap();
        config.node_certificate_chain_der = renewed.node_certificate_chain_der;
        assert_ne!(config.tls_key_der, renewed.tls_key_der, "another key each time");
        config.tls_key_der = renewed.tls_key_der;
        assert!(leaf_until(&config.node_certificate_chain_der[0]).unwrap() > now());
        let mut link = connect(&config).await;
        link.send(b"back").await.unwrap();
        assert_eq!(link.recv().await.unwrap().unwrap(), b"back");
        link.handle.close().await;

        hub.registry.0.lock().unwrap().nodes.get_mut(&new_box.node).unwrap().0.revoked = true;
        let error = renew(&config, &new_box.identity("NBO-1"), over_tcp).await.err().unwrap();
        let refused = error.downcast::<EnrolmentRefused>().unwrap();
        assert_eq!(refused.code, "node-revoked");
        assert!(!refused.remedy.is_empty());
    }
}
