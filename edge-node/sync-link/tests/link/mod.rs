//! A depot and its hub over real QUIC with mutual TLS through a cable: the product's sessions,
//! packing, framing and transport; stores in memory, so that only the link is measured.

#![allow(dead_code, clippy::unwrap_used, reason = "each program uses its part; a test panics")]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{Connection, Endpoint};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use shared_model::id::NodeId;
use shared_model::log::{
    AuthorKey, AuthorPublicKey, EntryBytes, Epoch, Hash, Range, Scope, Seal, Seq,
};
use shared_model::sync::v1::{
    Ack, Candidate, EdgeAction, EdgeSession, EpochHead, EpochHeld, Finding, Frame, Hello,
    HubAction, HubSession, OwnHead, Standing, Status,
};
use shared_model::time::Timestamp;
use sync_link::codec::{Inbound, Message, Outbound};
use sync_link::frames::{FrameReceiver, FrameSender};
use sync_link::quic::{LinkSettings, transport};
use tokio::sync::{Semaphore, watch};

use super::cable::Cable;

const KEEP_ALIVE: Duration = Duration::from_secs(10);
const NAME: &str = "hub.nairobi.omniroute";
const HUB: NodeId = NodeId::new(uuid::Uuid::from_u128(0x90));
const EPOCH: Epoch = Epoch(1);
const NOW: Timestamp = Timestamp::from_ms(1_794_204_000_000);

/// What the hub holds of one log, and what it had to look at twice.
#[derive(Debug, Default)]
pub(crate) struct Held {
    entries: BTreeMap<Seq, Hash>,
    /// Frames whose entries were held already, all or some.
    pub(crate) frames_again: usize,
    pub(crate) entries_again: usize,
    pub(crate) frames: usize,
    pub(crate) status: usize,
}

impl Held {
    fn tip(&self) -> Option<EpochHead> {
        let (seq, hash) = self.entries.last_key_value()?;
        Some(EpochHead { epoch: EPOCH, seq: *seq, hash: *hash })
    }

    fn held(&self) -> Vec<EpochHeld> {
        let ranges = self.tip().map(|tip| Range { first: Seq(1), last: tip.seq });
        ranges.map(|range| EpochHeld { epoch: EPOCH, ranges: vec![range] }).into_iter().collect()
    }

    fn standing(&self, hello: &Hello, author_key: AuthorPublicKey) -> Standing {
        let at = |head: &EpochHead| (head.epoch, self.entries.get(&head.seq).copied());
        Standing {
            hub: HUB,
            incarnation: vec![7; 16],
            author_key,
            revoked: false,
            held: self.held(),
            heads: self.tip().into_iter().collect(),
            hash_at_theirs: hello.heads.iter().map(at).collect(),
            admitted_fork: None,
            now: NOW,
        }
    }

    fn ingest(&mut self, candidates: Vec<Candidate>) -> Ack {
        let again = candidates.iter().filter(|c| !matches!(c.finding, Finding::Chained(_))).count();
        self.entries_again += again;
        self.frames_again += usize::from(again > 0);
        self.frames += 1;
        for candidate in candidates {
            self.entries.insert(candidate.position.seq, candidate.hash);
        }
        Ack { held: self.held(), quarantined: 0, set_aside: Vec::new() }
    }

    pub(crate) fn count(&self) -> usize {
        self.entries.len()
    }
}

/// A hub that takes in one depot's log.
pub(crate) struct Hub {
    pub(crate) held: Arc<Mutex<Held>>,
    pub(crate) address: SocketAddr,
    endpoint: Endpoint,
    badge: Badge,
}

/// Both ends show the same certificate, and trust it.
struct Badge {
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

impl Badge {
    fn new() -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let made = rcgen::CertificateParams::new(vec![NAME.to_owned()]).unwrap();
        let certificate = made.self_signed(&key).unwrap().der().clone();
        Self { certificate, key: PrivatePkcs8KeyDer::from(key.serialize_der()) }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        roots
    }

    fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key().into()
    }
}

impl Hub {
    /// Takes in the log of `node`, sealed with `key`, in no later version than `protocol_max`.
    pub(crate) fn start(
        node: NodeId,
        key: AuthorPublicKey,
        settings: LinkSettings,
        protocol_max: u16,
    ) -> Self {
        let (badge, provider) = (Badge::new(), provider());
        let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
            Arc::new(badge.roots()),
            Arc::clone(&provider),
        );
        let tls = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(vec![badge.certificate.clone()], badge.key())
            .unwrap();
        let crypto = Arc::new(QuicServerConfig::try_from(tls).unwrap());
        let mut config = quinn::ServerConfig::with_crypto(crypto);
        config.transport_config(Arc::new(transport(settings, 2, None)));
        let any = SocketAddr::from((Ipv4Addr::new(127, 0, 0, 2), 0));
        let endpoint = Endpoint::server(config, any).unwrap();
        let (held, address) = (Arc::default(), endpoint.local_addr().unwrap());
        let hub = Self { held: Arc::clone(&held), address, endpoint: endpoint.clone(), badge };
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                let held = Arc::clone(&held);
                tokio::spawn(async move {
                    let Ok(connection) = incoming.await else { return };
                    let _ended = serve(&connection, &held, node, key, protocol_max).await;
                });
            }
        });
        hub
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.endpoint.close(0_u32.into(), b"");
    }
}

/// Frames in, actions out, in one task: what has arrived is handled before the link's end is.
async fn serve(
    connection: &Connection,
    held: &Mutex<Held>,
    node: NodeId,
    key: AuthorPublicKey,
    protocol_max: u16,
) -> anyhow::Result<()> {
    let (send, receive) = connection.accept_bi().await?;
    let (mut sink, mut source) = (FrameSender::new(send), FrameReceiver::new(receive));
    let (mut outbound, mut inbound) = (Outbound::new(node), Inbound::new(node, protocol_max));
    let mut session = HubSession::offering(node, protocol_max);
    while let Some(bytes) = source.recv().await? {
        match inbound.decode(&bytes)? {
            Message::Frame(frame) => session.handle_frame(frame),
            Message::Acks(_) => anyhow::bail!("a node acknowledges nothing"),
            Message::Denylist(_) => anyhow::bail!("nobody was shut out"),
        }
        while let Some(action) = session.poll_action() {
            let message = match action {
                HubAction::Send(frame) => Message::Frame(frame),
                HubAction::Acknowledge(acks) => Message::Acks(acks),
                HubAction::LookUp(hello) => {
                    let standing = held.lock().unwrap().standing(&hello, key);
                    session.handle_standing(Some(standing));
                    continue;
                }
                HubAction::Ingest(candidates) => {
                    let ack = held.lock().unwrap().ingest(candidates);
                    session.handle_ingested(ack);
                    continue;
                }
                HubAction::ReadFeed { after } => {
                    session.handle_feed(Vec::new(), after);
                    continue;
                }
                HubAction::NoteStatus(_) => {
                    held.lock().unwrap().status += 1;
                    continue;
                }
                HubAction::Close(bye) => anyhow::bail!("closed: {}", bye.detail),
                HubAction::ReadTail { .. }
                | HubAction::NoteCursor { .. }
                | HubAction::NoteFork { .. } => anyhow::bail!("{action:?} in a plain session"),
            };
            sink.send(&outbound.encode(&message)).await?;
        }
    }
    Ok(())
}

/// A depot's log, growing as entries are told.
pub(crate) struct Depot {
    pub(crate) node: NodeId,
    pub(crate) key: AuthorKey,
    pub(crate) log: Vec<EntryBytes>,
}

/// What one session was like.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Told {
    /// Frames with their lengths.
    pub(crate) sent_bytes: u64,
    pub(crate) received_bytes: u64,
    /// From the first datagram until everything was acknowledged.
    pub(crate) took: Duration,
    pub(crate) connected_after: Duration,
    pub(crate) frames: usize,
    pub(crate) longest_frame_bytes: usize,
    pub(crate) acked: bool,
}

impl Depot {
    fn heads(&self, entries: usize) -> Vec<EpochHead> {
        let last = self.log[..entries].last();
        let head = last.map(|last| EpochHead {
            epoch: EPOCH,
            seq: last.entry().position.seq,
            hash: last.hash(),
        });
        vec![head.unwrap_or_else(|| EpochHead::empty(EPOCH))]
    }

    fn read(&self, range: Range, most: usize, bytes_max: usize) -> (Vec<EntryBytes>, Vec<Seal>) {
        let first = usize::try_from(range.first.0).unwrap() - 1;
        let last = usize::try_from(range.last.0).unwrap();
        let mut bytes = 0;
        let fits = |entry: &&EntryBytes| {
            bytes += entry.as_bytes().len();
            bytes <= bytes_max || bytes == entry.as_bytes().len()
        };
        let some: Vec<_> =
            self.log[first..last].iter().take(most).take_while(fits).cloned().collect();
        let end = some.len() - 1;
        let sealed = |(at, entry): (usize, &EntryBytes)| {
            let seals = at == end || entry.entry().scope != Scope::Site;
            seals.then(|| self.key.seal(entry.entry().position, entry.hash()))
        };
        let seals = some.iter().enumerate().filter_map(sealed).collect();
        (some, seals)
    }

    /// Holds a session until all that `grown` announces is acknowledged and the session is told to
    /// end, or the link is lost. `grown` says how many entries of the log exist by now.
    pub(crate) async fn session(
        &self,
        hub: &Hub,
        dial: SocketAddr,
        settings: LinkSettings,
        protocol_max: u16,
        grown: watch::Receiver<usize>,
        acked: &Semaphore,
    ) -> anyhow::Result<Told> {
        let began = Instant::now();
        let (endpoint, connection) = connect(hub, dial, settings).await?;
        let connected_after = began.elapsed();
        let (send, receive) = connection.open_bi().await?;
        let mut talk = Talk {
            depot: self,
            sink: FrameSender::new(send),
            source: FrameReceiver::new(receive),
            outbound: Outbound::new(self.node),
            inbound: Inbound::new(self.node, protocol_max),
            session: EdgeSession::offering(self.own(*grown.borrow()), protocol_max),
            told: Told { connected_after, ..Told::default() },
            began,
            known: *grown.borrow(),
            acked,
            connection: connection.clone(),
        };
        let ended = talk.hold(grown).await;
        let mut told = talk.told;
        told.sent_bytes = talk.sink.sent_bytes();
        told.received_bytes = talk.source.received_bytes();
        connection.close(0_u32.into(), b"");
        let _ = tokio::time::timeout(Duration::from_millis(1500), endpoint.wait_idle()).await;
        ended.map(|()| told).or_else(|error| if told.frames > 0 { Ok(told) } else { Err(error) })
    }

    fn own(&self, entries: usize) -> OwnHead {
        OwnHead {
            node: self.node,
            site: "NBO-1".parse().unwrap(),
            heads: self.heads(entries),
            hub_incarnation: Some(vec![7; 16]),
            cursor: 70_000,
            software: "0.1.0".to_owned(),
            now: NOW,
        }
    }
}

struct Talk<'a> {
    depot: &'a Depot,
    sink: FrameSender,
    source: FrameReceiver,
    outbound: Outbound,
    inbound: Inbound,
    session: EdgeSession,
    told: Told,
    began: Instant,
    known: usize,
    acked: &'a Semaphore,
    connection: Connection,
}

impl Talk<'_> {
    async fn hold(&mut self, mut grown: watch::Receiver<usize>) -> anyhow::Result<()> {
        loop {
            while let Some(action) = self.session.poll_action() {
                self.act(action).await?;
            }
            tokio::select! {
                changed = grown.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    self.known = *grown.borrow();
                    let head = self.depot.heads(self.known)[0];
                    self.session.handle_appended(head);
                }
                received = self.source.recv() => match received? {
                    None => return Ok(()),
                    Some(bytes) => self.hear(&bytes)?,
                },
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let now_ms = self.now_ms();
        let trip_ms = u64::try_from(self.connection.rtt().as_millis())?;
        self.session.pace().note_trip(trip_ms);
        let welcomed = self.session.is_welcomed();
        match self.inbound.decode(bytes)? {
            Message::Frame(frame) => self.session.handle_frame(frame),
            Message::Acks(acks) => self.session.handle_acks(acks, now_ms),
            Message::Denylist(_) => anyhow::bail!("nobody was shut out"),
        }
        if self.session.is_welcomed() && !welcomed {
            self.outbound.speak(self.session.protocol());
        }
        Ok(())
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap()
    }

    async fn act(&mut self, action: EdgeAction) -> anyhow::Result<()> {
        match action {
            EdgeAction::Send(frame) => {
                let is_batch = matches!(frame, Frame::Batch(_));
                let bytes = self.outbound.encode(&frame.into());
                self.sink.send(&bytes).await?;
                if is_batch {
                    let now_ms = self.now_ms();
                    self.session.pace().note_sent(bytes.len(), now_ms);
                    self.told.frames += 1;
                    self.told.longest_frame_bytes = self.told.longest_frame_bytes.max(bytes.len());
                }
            }
            EdgeAction::ReadOwn { range, entries_max, bytes_max, .. } => {
                let (entries, seals) = self.depot.read(range, entries_max, bytes_max);
                self.session.handle_own_entries(entries, seals);
            }
            EdgeAction::NoteAck(ack) => {
                let held = ack.held.first().map_or(0, |held| held.ranges[0].last.0);
                if held == self.known as u64 {
                    self.told.took = self.began.elapsed();
                    self.told.acked = true;
                    self.acked.add_permits(1);
                }
            }
            EdgeAction::ReadStatus => {
                let head = self.depot.heads(self.known)[0];
                let status = Status {
                    epoch: head.epoch,
                    seq: head.seq,
                    digest: vec![3; 32].into(),
                    unsent: 0,
                    quarantined: 0,
                    clock_trusted: true,
                };
                if self.told.frames == 0 {
                    self.told.took = self.began.elapsed();
                    self.told.acked = true;
                    self.acked.add_permits(1);
                }
                self.session.handle_status(status);
            }
            EdgeAction::Met { .. } => {}
            EdgeAction::Close(bye) => anyhow::bail!("closed: {}", bye.detail),
            EdgeAction::StoreFeed { .. }
            | EdgeAction::OpenEpoch { .. }
            | EdgeAction::StoreTail { .. }
            | EdgeAction::NoteFork { .. } => anyhow::bail!("{action:?} in a plain session"),
        }
        Ok(())
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

async fn connect(
    hub: &Hub,
    dial: SocketAddr,
    settings: LinkSettings,
) -> anyhow::Result<(Endpoint, Connection)> {
    let tls = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_root_certificates(hub.badge.roots())
        .with_client_auth_cert(vec![hub.badge.certificate.clone()], hub.badge.key())?;
    let mut config = quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    config.transport_config(Arc::new(transport(settings, 0, Some(KEEP_ALIVE))));
    let endpoint = Endpoint::client((Ipv4Addr::UNSPECIFIED, 0).into())?;
    let connection = endpoint.connect_with(config, dial, NAME)?.await?;
    Ok((endpoint, connection))
}

/// A depot, its hub, and the cable between.
pub(crate) struct Stage {
    pub(crate) depot: Depot,
    pub(crate) hub: Hub,
    pub(crate) cable: Cable,
    pub(crate) settings: LinkSettings,
    pub(crate) protocol_max: u16,
}

impl Stage {
    pub(crate) fn new(depot: Depot, settings: LinkSettings, protocol_max: u16) -> Self {
        let hub = Hub::start(depot.node, depot.key.public(), settings, protocol_max);
        let near = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let cable = Cable::lay_at(near, hub.address);
        Self { depot, hub, cable, settings, protocol_max }
    }

    /// One session in which the first `entries` of the log are brought over, and which is then
    /// ended. With `longest`, the link is cut when it took so long.
    pub(crate) async fn bring(&self, entries: usize, longest: Option<Duration>) -> Option<Told> {
        let (grow, grown) = watch::channel(entries);
        let acked = Semaphore::new(0);
        let told_before = self.hub.held.lock().unwrap().status;
        let to = self.cable.address();
        let session =
            self.depot.session(&self.hub, to, self.settings, self.protocol_max, grown, &acked);
        tokio::pin!(session);
        let cut = tokio::time::sleep(longest.unwrap_or(Duration::from_secs(3600)));
        tokio::pin!(cut);
        tokio::select! {
            told = &mut session => return told.ok(),
            () = &mut cut => return None,
            permit = acked.acquire() => drop(permit),
        }
        // The status goes out yet: the session has to go on for it.
        tokio::select! {
            told = &mut session => return told.ok(),
            () = &mut cut => return None,
            () = self.hub_told(told_before) => {}
        }
        drop(grow);
        session.await.ok()
    }

    /// Ends once the hub has heard one status more.
    async fn hub_told(&self, before: usize) {
        while self.hub.held.lock().unwrap().status == before {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
