//! A depot's end of the link in the test's own hands: the product's transport and certificates, and
//! frames as the test wants them.

use std::time::Duration;

use edge_node::state::StateDir;
use edge_node::store::{now, own_heads};
use edge_node::sync::membership::Membership;
use edge_node::sync::transport::{Congestion, HubLink, LinkConfig, LinkSettings};
use shared_model::id::NodeId;
use shared_model::log::{EntryBytes, Range, Seal, Seq};
use shared_model::sync::v1::{
    Ack, BATCH_BYTES_MAX, Batch, Bye, ByeReason, EpochHead, Frame, Hello, PROTOCOL, Welcome,
};
use system_tests::depot::Depot;
use tokio::runtime::Runtime;

const ANSWER_LONGEST: Duration = Duration::from_secs(30);

/// The log of a stopped depot, epoch by epoch.
pub(super) struct OwnLog {
    pub(super) node: NodeId,
    pub(super) heads: Vec<EpochHead>,
    pub(super) entries: Vec<(EntryBytes, Option<Seal>)>,
}

impl OwnLog {
    pub(super) fn read(depot: &Depot) -> Self {
        let state = StateDir::new(depot.state());
        let open = state.open_store().expect("the depot is stopped");
        let runtime = runtime();
        let heads = runtime.block_on(open.store.read(own_heads)).expect("heads");
        let mut entries = Vec::new();
        for head in &heads {
            let mut next = Seq(1);
            while next <= head.seq {
                let range = Range { first: next, last: head.seq };
                let read = open.store.own_entries(head.epoch, range, 2_000, BATCH_BYTES_MAX);
                let (found, seals) = runtime.block_on(read).expect("entries");
                next = Seq(next.0 + found.len() as u64);
                entries.extend(found.into_iter().map(|entry| {
                    let place = entry.entry().position;
                    let seal = seals.iter().find(|seal| seal.position == place).copied();
                    (entry, seal)
                }));
            }
        }
        open.close();
        Self { node: state.node().expect("a node"), heads, entries }
    }
}

/// A session held by the test.
pub(super) struct Session {
    runtime: Runtime,
    link: HubLink,
    pub(super) welcome: Welcome,
    state: StateDir,
}

impl Session {
    /// Dials as the stopped depot and says that its log ends at `heads`.
    pub(super) fn open(depot: &Depot, heads: Vec<EpochHead>) -> Self {
        let state = StateDir::new(depot.state());
        let runtime = runtime();
        let membership = Membership::load(&state.membership()).expect("a file").expect("enrolled");
        let config = LinkConfig {
            hub_addresses: membership.hub_addresses.clone(),
            region: membership.region.clone(),
            root_der: membership.root_der(),
            node_certificate_chain_der: membership.certificate_chain_der(),
            tls_key_der: membership.tls_key_der(),
            now: now(),
            clock_floor: membership.hub_now,
            settings: LinkSettings { congestion: Congestion::Cubic, mtu_discovery: true },
        };
        let hello = Hello {
            protocol_min: PROTOCOL,
            protocol_max: PROTOCOL,
            node: state.node().expect("a node"),
            site: depot.site.parse().expect("a site"),
            heads,
            hub_incarnation: None,
            cursor: 0,
            software: "test".to_owned(),
            now: now(),
            denylist: None,
        };
        let mut link = runtime.block_on(HubLink::connect(&config)).expect("the hub listens");
        runtime.block_on(link.send(&Frame::Hello(hello).encode())).expect("sent");
        let Frame::Welcome(welcome) = next(&runtime, &mut link) else {
            panic!("no welcome");
        };
        Self { runtime, link, welcome, state }
    }

    /// Sends consecutive entries, sealed at the end, and waits until they are acknowledged.
    pub(super) fn send(&mut self, entries: &[(EntryBytes, Option<Seal>)]) -> Ack {
        let (first, last) = (&entries[0].0, &entries[entries.len() - 1].0);
        let place = first.entry().position;
        let mut seals: Vec<Seal> = entries.iter().filter_map(|(_, seal)| *seal).collect();
        let key = self.state.author_key().expect("a key");
        seals.push(key.seal(last.entry().position, last.hash()));
        let bytes = entries.iter().map(|(entry, _)| entry.as_bytes().to_vec().into()).collect();
        self.send_batch(Batch { epoch: place.epoch, first: place.seq, entries: bytes, seals })
    }

    pub(super) fn send_batch(&mut self, batch: Batch) -> Ack {
        let Self { runtime, link, .. } = self;
        runtime.block_on(link.send(&Frame::Batch(batch).encode())).expect("sent");
        loop {
            match next(runtime, link) {
                Frame::Ack(ack) => return ack,
                Frame::Feed(_) => {}
                other @ (Frame::Hello(_)
                | Frame::Welcome(_)
                | Frame::Batch(_)
                | Frame::FeedAck { .. }
                | Frame::Status(_)
                | Frame::Bye(_)) => panic!("no acknowledgement, but {other:?}"),
            }
        }
    }

    pub(super) fn close(self) {
        let Self { runtime, mut link, .. } = self;
        let bye = Bye { reason: ByeReason::Done, detail: String::new() };
        runtime.block_on(link.send(&Frame::Bye(bye).encode())).expect("sent");
        let (sender, _, handle) = link.split();
        runtime.block_on(async {
            sender.finish().await;
            handle.close().await;
        });
    }
}

fn next(runtime: &Runtime, link: &mut HubLink) -> Frame {
    let received = runtime.block_on(async {
        tokio::time::timeout(ANSWER_LONGEST, link.recv()).await.expect("the hub answers")
    });
    let bytes = received.expect("the link holds").expect("the hub goes on");
    Frame::decode(&bytes).expect("a frame")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime")
}
