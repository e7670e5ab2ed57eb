//! Drives sync sessions over the link: connects, carries out what the session asks, waits and
//! tries again. Holds no rule of the protocol; never in the way of a person at the counter.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use shared_model::enrolment::SIGNING_CONTEXT;
use shared_model::id::{NodeId, SiteCode};
use shared_model::log::AuthorKey;
use shared_model::network::denylist::DenylistRefused;
use shared_model::sync::v1::{
    self, Ack, Bye, ByeReason, EdgeAction, EdgeSession, Frame, OwnHead, Status,
};
use shared_model::time::Timestamp;
use sync_link::codec::{DecodeError, Inbound, Message, Outbound};
use tokio::sync::{broadcast, mpsc};
use tokio_util::sync::CancellationToken;
use web_rim::token::random;

use super::blobs::keep_fetching;
use super::enrolment::EdgeIdentity;
use super::lease::Lease;
use super::membership::Membership;
use super::meter::Meter;
use super::transport::{
    ConnectError, FrameReceiver, FrameSender, HubLink, LinkConfig, LinkHandle, LinkSettings,
};
use crate::inference::Models;
use crate::store::{
    Committed, Store, StoreError, newest_denylist, own_heads, put_contact, sync_state,
};

/// Frames read ahead: more than the hub may send unacknowledged, so that reading never waits for
/// writing.
const FRAMES_AHEAD_MAX: usize = 16;
/// The first wait after a lost link; doubled up to the longest.
const RETRY_FIRST: Duration = Duration::from_millis(500);
const RETRY_LONGEST: Duration = Duration::from_secs(30);
/// A hub that refused this box is asked again now and then: only people can change its mind.
const REFUSED_WAIT: Duration = Duration::from_secs(10 * 60);
/// A link that stood this long was a good one: the next loss begins with the first wait again.
const LINK_GOOD_AFTER: Duration = Duration::from_secs(10);
/// Between notes that a quiet link still stands: what people read as "all sent, 1 min ago".
const CONTACT_NOTE: Duration = Duration::from_secs(60);
/// Between looks at what the link has cost.
const METER_LOOK: Duration = Duration::from_secs(2);
/// Between looks at whether the certificate is to be renewed.
const RENEWAL_LOOK: Duration = Duration::from_secs(60 * 60);

/// What the driver needs.
pub struct Driver {
    pub store: Store,
    pub membership: Membership,
    pub membership_path: PathBuf,
    pub author_key: Arc<AuthorKey>,
    pub site: SiteCode,
    pub settings: LinkSettings,
    pub software: &'static str,
    pub now: fn() -> Timestamp,
    /// What fetches its files beside the session.
    pub models: Models,
    /// The newest version of the protocol that is offered. Lower once a session of a newer one was
    /// broken off for what its frames were: an older one always works.
    pub protocol_max: u16,
    /// Whether the last link was over TCP, because UDP was not answered.
    pub over_tcp: bool,
    pub lease: Lease,
    /// Between looks, over TCP, at whether UDP is answered again.
    pub udp_look: Duration,
    /// What the link costs.
    pub meter: Meter,
}

/// The link's reading and writing ends while a session is driven.
struct Ends {
    sender: FrameSender,
    outbound: Outbound,
    incoming: mpsc::Receiver<Heard>,
    handle: LinkHandle,
    /// The steady clock of the session.
    began: tokio::time::Instant,
}

/// What the reader hands on.
enum Heard {
    Message(Message),
    Unreadable(DecodeError),
    Lost(String),
}

impl Ends {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A first answer may have been lost on its way: QUIC knows better how far the hub is.
    fn note_trip(&self, session: &mut EdgeSession) {
        let measured = u64::try_from(self.handle.stats().rtt.as_millis()).unwrap_or(u64::MAX);
        let trip_ms = if measured > 0 { measured } else { self.now_ms() };
        session.pace().note_trip(trip_ms);
    }

    /// Says how many bytes the frame took.
    async fn send(&mut self, frame: Frame) -> Result<usize, SessionEnd> {
        let bytes = self.outbound.encode(&frame.into());
        let sent = self.sender.send(&bytes).await;
        sent.map_err(|error| SessionEnd::Lost(error.to_string()))?;
        Ok(bytes.len())
    }
}

/// Why a session ended before its time.
#[derive(Debug, thiserror::Error)]
pub(super) enum SessionEnd {
    #[error("the certificate has run out and was not renewed: {0:#}")]
    NoCertificate(anyhow::Error),
    #[error("no link: {0}")]
    Connect(#[from] ConnectError),
    #[error("the store: {0}")]
    Store(#[from] StoreError),
    #[error("the link was lost: {0}")]
    Lost(String),
    /// After the hub had answered.
    #[error("the link was lost: {0}")]
    LostAgain(String),
    #[error("the hub ended the session: {}", .0.detail)]
    Bye(Bye),
    /// What the hub said cannot be read here.
    #[error("a frame of the hub cannot be read: {0}")]
    Unreadable(#[from] DecodeError),
    #[error("UDP is answered again")]
    UdpAgain,
    #[error("the depot stops")]
    Stopping,
}

impl Driver {
    /// Runs until cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut wait = RETRY_FIRST;
        if let Err(error) = self.recall_lease().await {
            tracing::error!(error = %format!("{error:#}"), "pages cannot say how long the certificate holds");
        }
        loop {
            let began = tokio::time::Instant::now();
            let end = tokio::select! {
                () = stop.cancelled() => return,
                end = self.session(&stop) => end,
            };
            if matches!(end, SessionEnd::Stopping) {
                return;
            }
            tracing::info!(reason = %end, "sync session over");
            // A hub that answered and then was lost may be back at once. One that sent us away (it
            // is busy, or another box of our name is there) is given time.
            let lost = matches!(end, SessionEnd::LostAgain(_) | SessionEnd::UdpAgain);
            if lost || began.elapsed() > LINK_GOOD_AFTER {
                wait = RETRY_FIRST;
            }
            let pause = if self.lease.refused.is_some() { REFUSED_WAIT } else { wait };
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(jittered(pause)) => {}
            }
            wait = (wait * 2).min(RETRY_LONGEST);
        }
    }

    async fn session(&mut self, stop: &CancellationToken) -> SessionEnd {
        if let Err(error) = self.renew_if_due().await {
            tracing::warn!(error = %format!("{error:#}"), "the certificate was not renewed; it is tried again");
            if self.is_leaf_over() {
                return SessionEnd::NoCertificate(error);
            }
        }
        let opened = Box::pin(self.open(stop)).await;
        let end = opened.err().unwrap_or(SessionEnd::Lost("the hub closed the link".to_owned()));
        if matches!(end, SessionEnd::Connect(ConnectError::NotTrusted { .. })) {
            self.lease.leaf_refused = true;
        }
        end
    }

    async fn open(&mut self, stop: &CancellationToken) -> Result<(), SessionEnd> {
        let commits = self.store.commits();
        let config = self.link_config();
        let link = match self.over_tcp {
            true => HubLink::connect_over_tcp(&config).await?,
            false => HubLink::connect(&config).await?,
        };
        let (sender, receiver, handle) = link.split();
        self.note_way(&handle);
        self.meter.begin();
        let (frames, incoming) = mpsc::channel(FRAMES_AHEAD_MAX);
        let node = self.store.node();
        let inbound = Inbound::new(node, self.protocol_max);
        let reader = tokio::spawn(read_frames(receiver, inbound, frames));
        // In this task: it must end with the session, however that ends.
        let fetching = keep_fetching(handle.clone(), self.models.clone(), self.meter.spent());
        let denylist = self.store.read(crate::store::Meta::read).await?.denylist;
        let mut session = EdgeSession::offering(self.own_head().await?, self.protocol_max)
            .holding_denylist(denylist);
        let (began, udp_look) = (tokio::time::Instant::now(), self.udp_look);
        let outbound = Outbound::new(node);
        let ends = Ends { sender, outbound, incoming, handle: handle.clone(), began };
        let ended = tokio::select! {
            ended = self.drive(&mut session, ends, commits, stop) => ended,
            never = fetching => match never {},
            () = udp_is_answered(&handle, &config, udp_look) => Err(SessionEnd::UdpAgain),
        };
        if matches!(ended, Err(SessionEnd::UdpAgain)) {
            self.over_tcp = false;
        }
        reader.abort();
        self.heed(&ended, session.is_welcomed(), handle.end()).await;
        handle.close().await;
        self.meter.count(carried_bytes(&handle), (self.now)());
        self.meter.note();
        self.fall_back(session.protocol(), &ended);
        match ended {
            Err(SessionEnd::Lost(reason)) if session.is_welcomed() => {
                Err(SessionEnd::LostAgain(reason))
            }
            ended => ended,
        }
    }

    fn note_way(&mut self, handle: &LinkHandle) {
        let over_tcp = handle.is_over_tcp();
        if over_tcp && !self.over_tcp {
            tracing::warn!("UDP is not answered: the hub is reached over TCP");
        }
        self.over_tcp = over_tcp;
    }

    /// A session that broke over the form of its frames is followed by one that has less of it.
    fn fall_back(&mut self, spoken: u16, ended: &Result<(), SessionEnd>) {
        let over_its_form = match ended {
            Err(SessionEnd::Unreadable(_)) => true,
            Err(SessionEnd::Bye(bye)) => matches!(
                bye.reason,
                ByeReason::ProtocolUnknown | ByeReason::Misbehaved | ByeReason::SealBroken
            ),
            Ok(())
            | Err(
                SessionEnd::NoCertificate(_)
                | SessionEnd::Connect(_)
                | SessionEnd::Store(_)
                | SessionEnd::Lost(_)
                | SessionEnd::LostAgain(_)
                | SessionEnd::UdpAgain
                | SessionEnd::Stopping,
            ) => false,
        };
        if over_its_form && spoken > v1::PROTOCOL {
            tracing::warn!(spoken, "the hub is spoken to in protocol 1 until the next start");
            self.protocol_max = v1::PROTOCOL;
        }
    }

    async fn own_head(&self) -> Result<OwnHead, SessionEnd> {
        let (heads, meta) =
            self.store.read(|db| Ok((own_heads(db)?, crate::store::Meta::read(db)?))).await?;
        Ok(OwnHead {
            node: meta.node,
            site: self.site.clone(),
            heads,
            hub_incarnation: meta.hub_incarnation,
            cursor: meta.cursor,
            software: self.software.to_owned(),
            now: (self.now)(),
        })
    }

    async fn drive(
        &mut self,
        session: &mut EdgeSession,
        mut ends: Ends,
        mut commits: broadcast::Receiver<Committed>,
        stop: &CancellationToken,
    ) -> Result<(), SessionEnd> {
        let mut renewal = tokio::time::interval(RENEWAL_LOOK);
        renewal.tick().await;
        let mut contact = tokio::time::interval(CONTACT_NOTE);
        contact.tick().await;
        let mut metering = tokio::time::interval(METER_LOOK);
        loop {
            while let Some(action) = session.poll_action() {
                self.act(session, &mut ends, action).await?;
            }
            tokio::select! {
                () = stop.cancelled() => {
                    let bye = Bye { reason: ByeReason::Done, detail: String::new() };
                    let _ = ends.send(Frame::Bye(bye)).await;
                    ends.sender.finish().await;
                    return Err(SessionEnd::Stopping);
                }
                heard = ends.incoming.recv() => match heard {
                    Some(Heard::Message(Message::Denylist(list))) => {
                        self.take_denylist(&mut ends, list).await?;
                    }
                    Some(Heard::Message(message)) => on_message(session, &mut ends, message),
                    Some(Heard::Lost(reason)) => return Err(SessionEnd::Lost(reason)),
                    Some(Heard::Unreadable(error)) => {
                        let (reason, detail) = (ByeReason::ProtocolUnknown, error.to_string());
                        let _ = ends.send(Frame::Bye(Bye { reason, detail })).await;
                        ends.sender.finish().await;
                        return Err(error.into());
                    }
                    None => return Ok(()),
                },
                commit = commits.recv() => self.note_commit(session, commit).await?,
                _ = metering.tick() => {
                    self.meter.count(carried_bytes(&ends.handle), (self.now)());
                }
                _ = contact.tick() => {
                    let now = (self.now)();
                    self.store.write_local(move |db| put_contact(db, now)).await?;
                }
                _ = renewal.tick() => {
                    if let Err(error) = self.renew_if_due().await {
                        tracing::warn!(error = %error, "the certificate was not renewed");
                    }
                }
            }
        }
    }

    /// A list that the hub signed, and back to it whatever of ours it has forgotten since. No bytes say
    /// that it has none any more.
    async fn take_denylist(&mut self, ends: &mut Ends, list: Vec<u8>) -> Result<(), SessionEnd> {
        let none_there = list.is_empty();
        let unknown_there = match self.store.take_denylist(list).await? {
            Ok(taken) => {
                tracing::info!(version = taken.version, "the list of shut out nodes is held");
                taken.unknown_there
            }
            Err(refused) if none_there || matches!(refused, DenylistRefused::Older { .. }) => {
                let newest = self.store.read(newest_denylist).await?;
                newest.map(|(_, bytes)| bytes).into_iter().collect()
            }
            Err(refused) => {
                tracing::warn!(%refused, "a list of shut out nodes was not taken");
                Vec::new()
            }
        };
        for list in unknown_there {
            let bytes = ends.outbound.encode(&Message::Denylist(list));
            let sent = ends.sender.send(&bytes).await;
            sent.map_err(|error| SessionEnd::Lost(error.to_string()))?;
        }
        Ok(())
    }

    async fn note_commit(
        &self,
        session: &mut EdgeSession,
        commit: Result<Committed, broadcast::error::RecvError>,
    ) -> Result<(), SessionEnd> {
        match commit {
            Ok(commit) => session.handle_appended(commit.head),
            Err(broadcast::error::RecvError::Lagged(_)) => {
                let heads = self.store.read(own_heads).await?;
                if let Some(head) = heads.last() {
                    session.handle_appended(*head);
                }
            }
            Err(broadcast::error::RecvError::Closed) => return Err(SessionEnd::Stopping),
        }
        Ok(())
    }

    async fn act(
        &mut self,
        session: &mut EdgeSession,
        ends: &mut Ends,
        action: EdgeAction,
    ) -> Result<(), SessionEnd> {
        match action {
            EdgeAction::Send(frame) => {
                let is_batch = matches!(frame, Frame::Batch(_));
                let bytes = ends.send(frame).await?;
                if is_batch {
                    session.pace().note_sent(bytes, ends.now_ms());
                }
            }
            EdgeAction::ReadOwn { epoch, range, entries_max, bytes_max } => {
                let (entries, seals) =
                    self.store.own_entries(epoch, range, entries_max, bytes_max).await?;
                session.handle_own_entries(entries, seals);
            }
            EdgeAction::Met { hub, incarnation, now, cursor, held } => {
                if hub != self.membership.hub_node {
                    let bye = Bye { reason: ByeReason::NotEnrolled, detail: "another hub".into() };
                    return Err(SessionEnd::Bye(bye));
                }
                self.store.note_met(incarnation, now, cursor).await?;
                let quarantined = self.store.read(crate::store::Meta::read).await?.set_aside;
                let ack = Ack { held, quarantined, set_aside: Vec::new() };
                self.store.note_ack(ack, (self.now)()).await?;
                self.membership.hub_now = self.membership.hub_now.max(now);
                if self.lease.refused.is_some() {
                    self.note_lease(None)
                        .await
                        .map_err(|error| SessionEnd::Lost(error.to_string()))?;
                }
            }
            EdgeAction::StoreFeed { items, position } => {
                self.store.store_feed(items, position).await?;
                session.handle_feed_stored(position);
            }
            EdgeAction::OpenEpoch { epoch, first, newest, .. } => {
                let heads = self.store.open_epoch(epoch, first, newest).await?;
                session.handle_epoch_opened(heads);
            }
            EdgeAction::StoreTail { entries, seals, complete } => {
                let heads = self.store.store_tail(entries, seals, complete).await?;
                session.handle_tail_stored(complete, heads);
            }
            EdgeAction::NoteAck(ack) => self.store.note_ack(ack, (self.now)()).await?,
            EdgeAction::ReadStatus => session.handle_status(self.status().await?),
            EdgeAction::NoteFork { epoch } => {
                tracing::error!(epoch = epoch.0, "the hub holds another history of this log");
                self.store.note_fork(Some(epoch)).await?;
            }
            EdgeAction::Close(bye) => return Err(SessionEnd::Bye(bye)),
        }
        Ok(())
    }

    async fn status(&self) -> Result<Status, SessionEnd> {
        let state = self.store.read(sync_state).await?;
        Ok(Status {
            epoch: state.head.epoch,
            seq: state.head.seq,
            digest: state.digest.to_bytes().to_vec().into(),
            unsent: state.unsent,
            quarantined: state.quarantined,
            clock_trusted: state.clock_trusted,
        })
    }
}

/// Both ways: both are paid for.
fn carried_bytes(handle: &LinkHandle) -> u64 {
    let stats = handle.stats();
    stats.sent_bytes + stats.received_bytes
}

/// Ends, over TCP, when UDP is answered again; over UDP never.
async fn udp_is_answered(handle: &LinkHandle, config: &LinkConfig, look: Duration) {
    if !handle.is_over_tcp() {
        return std::future::pending().await;
    }
    loop {
        tokio::time::sleep(jittered(look)).await;
        if HubLink::is_udp_answered(config).await {
            return;
        }
    }
}

fn on_message(session: &mut EdgeSession, ends: &mut Ends, message: Message) {
    let was_welcomed = session.is_welcomed();
    match message {
        Message::Frame(frame) => session.handle_frame(frame),
        Message::Acks(acks) => {
            ends.note_trip(session);
            session.handle_acks(acks, ends.now_ms());
        }
        // Was taken out before.
        Message::Denylist(_) => {}
    }
    if session.is_welcomed() && !was_welcomed {
        ends.note_trip(session);
        ends.outbound.speak(session.protocol());
    }
}

async fn read_frames(
    mut receiver: FrameReceiver,
    mut inbound: Inbound,
    frames: mpsc::Sender<Heard>,
) {
    loop {
        let heard = match receiver.recv().await {
            Ok(Some(bytes)) => match inbound.decode(&bytes) {
                Ok(message) => Heard::Message(message),
                Err(error) => Heard::Unreadable(error),
            },
            Ok(None) => return,
            Err(error) => Heard::Lost(error.to_string()),
        };
        let last = !matches!(heard, Heard::Message(_));
        if frames.send(heard).await.is_err() || last {
            return;
        }
    }
}

/// Who this box is, with its author key to prove it. The key stays where it is.
pub fn identity(
    node: NodeId,
    site: SiteCode,
    key: &AuthorKey,
) -> EdgeIdentity<impl Fn(&[u8]) -> [u8; 64] + use<'_>> {
    EdgeIdentity {
        node,
        site,
        author_public_key: *key.public().as_bytes(),
        sign: |proof: &[u8]| key.sign(SIGNING_CONTEXT, proof),
    }
}

/// Between half and all of `wait`: boxes that lost the hub together do not come back together.
fn jittered(wait: Duration) -> Duration {
    let half = wait / 2;
    let part = random::<1>().map_or(128, |byte| byte[0]);
    half + half * u32::from(part) / 255
}
