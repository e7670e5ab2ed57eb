//! The stream at the NATS server: opened, made when it is missing, appended to. Every message names
//! the sequence that must be before it, so that a lost answer or a second writer can neither reorder
//! nor repeat anything.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use async_nats::jetstream::context::ContextBuilder;
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType, Stream};
use async_nats::jetstream::{self};
use async_nats::{ConnectOptions, HeaderMap, ServerAddr};
use shared_model::id::RegionCode;

use super::envelope::Message;
use super::{ENTRIES_MAX, Settings};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server keeps events that nobody has fetched.
const KEPT_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The event's own id, beside the one in its JSON, for readers that only look at headers.
const ID_HEADER: &str = "ce-id";
/// An entry has few events.
const MESSAGES_LOOKED_AT_MAX: u64 = 8 * ENTRIES_MAX as u64;
/// Acknowledgements waited for at once.
const IN_FLIGHT_MAX: usize = 8 * ENTRIES_MAX;

/// A connection to the stream.
pub(super) struct Outlet {
    context: jetstream::Context,
    stream: Stream,
    /// Where the stream ends; none: unknown since the connection is new.
    end: Option<u64>,
}

impl Outlet {
    /// Connects, and makes the stream when there is none.
    ///
    /// # Errors
    /// When the server cannot be reached, refuses us, or has no JetStream.
    pub(super) async fn open(settings: &Settings, region: &RegionCode) -> anyhow::Result<Self> {
        let address: ServerAddr = settings
            .url
            .parse()
            .context("the address of the NATS server is none; remedy: nats://host:4222")?;
        let mut options = ConnectOptions::new()
            .name("omniroute sync-hub")
            .connection_timeout(CONNECT_TIMEOUT)
            .max_reconnects(1);
        if let Some(authority) = &settings.authority {
            options = options.add_root_certificates(authority.clone());
        }
        let client = options.connect(address).await.context("connecting to the NATS server")?;
        let context = ContextBuilder::new()
            .timeout(ANSWER_TIMEOUT)
            .ack_timeout(ANSWER_TIMEOUT)
            .max_ack_inflight(IN_FLIGHT_MAX)
            .build(client);
        let stream = context
            .get_or_create_stream(Config {
                name: settings.stream.clone(),
                subjects: vec![format!("omniroute.{region}.>")],
                description: Some(format!("What happened in the region {region}")),
                storage: StorageType::File,
                retention: RetentionPolicy::Limits,
                discard: DiscardPolicy::Old,
                max_age: KEPT_FOR,
                ..Config::default()
            })
            .await
            .with_context(|| format!("opening the stream {}", settings.stream))?;
        Ok(Self { context, stream, end: None })
    }

    /// Appends messages in their order, all of them, and returns where the stream ends then.
    /// `last_sequence` is where it ended after ours when progress was last written down.
    ///
    /// # Errors
    /// When an answer is missing or another writes to the stream; then open it anew.
    pub(super) async fn publish(
        &mut self,
        messages: Vec<Message>,
        last_sequence: u64,
    ) -> anyhow::Result<u64> {
        let (mut end, there) = match self.end {
            Some(end) => (end, BTreeSet::new()),
            None => {
                let info = self.stream.info().await.context("asking where the stream ends")?;
                let end = info.state.last_sequence;
                (end, self.ids_after(last_sequence, end).await?)
            }
        };
        self.end = None;
        let mut answers = Vec::with_capacity(messages.len());
        for message in messages.into_iter().filter(|message| !there.contains(&message.id)) {
            let mut headers = HeaderMap::new();
            headers.insert(ID_HEADER, message.id);
            let publish = PublishMessage::build()
                .payload(message.json)
                .headers(headers)
                .expected_last_sequence(end);
            let answer = self.context.send_publish(message.subject, publish).await;
            answers.push(answer.context("sending an event")?);
            end += 1;
        }
        for answer in answers {
            let stored = answer.await.context("waiting for the stream to store an event")?;
            ensure!(stored.sequence <= end, "the stream numbers its messages otherwise");
        }
        self.end = Some(end);
        Ok(end)
    }

    /// The ids of what was stored and never written down as progress: the process ended between.
    async fn ids_after(&self, last_sequence: u64, end: u64) -> anyhow::Result<BTreeSet<String>> {
        let mut ids = BTreeSet::new();
        let first = last_sequence.max(end.saturating_sub(MESSAGES_LOOKED_AT_MAX)) + 1;
        for sequence in first..=end {
            // One that is gone by its age or a person's hand is not there.
            let Ok(message) = self.stream.get_raw_message(sequence).await else { continue };
            if let Some(id) = message.headers.get(ID_HEADER) {
                ids.insert(id.as_str().to_owned());
            }
        }
        Ok(ids)
    }
}
