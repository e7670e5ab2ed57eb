//! How long an event takes from the hub that took it in to a partner who acts on it, while a depot's
//! backlog bursts in: through a NATS server with a durable consumer that acknowledges each. Repeated
//! and misplaced events are counted, and a plain copy of the same messages is the floor.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, ensure};
use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::stream::Config;
use async_nats::jetstream::{self};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use system_tests::cable::{Cable, Shape};
use system_tests::depot::Depot;
use system_tests::hub::Hub;
use system_tests::nats::Nats;

use crate::Scale;
use crate::depot_start::import;
use crate::figures::{median, rounded, table};

const ORDERS: usize = 50_000;
const STREAM: &str = "OMNIROUTE-NAIROBI";
/// Nothing came for so long: it is over, or stands still.
const SILENCE: Duration = Duration::from_secs(15);
/// What a link of this many bits carries is about five thousand orders a second.
const BURST_BITS_S: u64 = 3_000_000;

/// One event as the partner got it.
struct Heard {
    id: String,
    source: String,
    sequence: String,
    at_ms: i64,
}

/// # Errors
/// When a program does not start or the events do not arrive.
pub(crate) async fn measure(folder: &Path, scale: &Scale) -> anyhow::Result<(Value, String)> {
    let orders = scale.count(ORDERS);
    let origin = Depot::create(&folder.join("origin"), "NBO-1");
    import(&origin, folder, orders)?;
    let mut figures = Vec::new();
    let mut rows = Vec::new();
    for (name, bits_s) in [("5,000 orders a second", Some(BURST_BITS_S)), ("all at once", None)] {
        let folder = folder.join(name.replace([' ', ','], "-"));
        std::fs::create_dir_all(&folder)?;
        let figure = burst(&origin, &folder, bits_s).await.context(name)?;
        rows.push(vec![
            name.to_owned(),
            figure["orders_per_second"].to_string(),
            figure["delay_ms"]["p50"].to_string(),
            figure["delay_ms"]["p99_9"].to_string(),
            figure["within_5_s_percent"].to_string(),
            figure["twice"].to_string(),
        ]);
        figures.push(figure);
        std::fs::remove_dir_all(&folder)?;
    }
    let head = ["burst", "orders/s", "p50 ms", "p99.9 ms", "within 5 s, %", "twice"];
    let floor = floor(&folder.join("floor"), orders).await?;
    Ok((json!({"bursts": figures, "floor": floor}), table("Events to a partner", &head, &rows)))
}

async fn burst(origin: &Depot, folder: &Path, bits_s: Option<u64>) -> anyhow::Result<Value> {
    let state = folder.join("depot");
    system_tests::process::run(
        std::process::Command::new("cp").arg("-r").arg(origin.state()).arg(&state),
    );
    let nats = Nats::start(&folder.join("nats"));
    let (mut hub, cable): (Hub, Cable) = Hub::create_behind_a_cable(&folder.join("hub"));
    hub.stop();
    hub.hand_on_to(&nats.url());
    hub.serve();
    let mut depot = origin.at(&state);
    depot.enrol(&hub.invite("NBO-1"));
    if let Some(bits_s) = bits_s {
        cable.shape(Shape::of(bits_s, 20, 0));
    }
    let url = nats.url();
    let listening = tokio::spawn(async move { listen(&url).await });
    depot.serve();
    let heard = listening.await??;
    let received = received(&hub).await?;
    depot.stop();
    hub.stop();
    figures(&heard, &received)
}

/// Everything that comes, until nothing does.
async fn listen(url: &str) -> anyhow::Result<Vec<Heard>> {
    let context = jetstream::new(async_nats::connect(url).await?);
    let began = Instant::now();
    let stream = loop {
        if let Ok(stream) = context.get_stream(STREAM).await {
            break stream;
        }
        ensure!(began.elapsed() < 4 * SILENCE, "the hub made no stream");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let durable_name = Some("partner".to_owned());
    let consumer = stream.create_consumer(pull::Config { durable_name, ..Default::default() });
    let mut messages = consumer.await?.messages().await?;
    let mut heard = Vec::new();
    while let Ok(Some(message)) = tokio::time::timeout(SILENCE, messages.next()).await {
        let message = message?;
        let at_ms = now_ms();
        let event: Value = serde_json::from_slice(&message.payload)?;
        let text = |field: &str| event[field].as_str().unwrap_or_default().to_owned();
        heard.push(Heard {
            id: text("id"),
            source: text("source"),
            sequence: text("sequence"),
            at_ms,
        });
        message.ack().await.map_err(|error| anyhow::anyhow!("{error}"))?;
    }
    Ok(heard)
}

fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

/// When the hub took each entry in, by the entry's id.
async fn received(hub: &Hub) -> anyhow::Result<HashMap<String, i64>> {
    let mut config = tokio_postgres::Config::new();
    config.host_path(hub.state().join("postgres/socket")).user("omniroute").dbname("omniroute");
    let (client, connection) = config.connect(tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let rows = client.query("SELECT entry_id::text, received_ms FROM log", &[]).await?;
    drop(client);
    connection.await??;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}

fn figures(heard: &[Heard], received: &HashMap<String, i64>) -> anyhow::Result<Value> {
    ensure!(!heard.is_empty(), "no event came");
    let (mut delays, mut ids, mut twice, mut misplaced) = (Vec::new(), BTreeSet::new(), 0, 0);
    let mut last: BTreeMap<&str, &str> = BTreeMap::new();
    for event in heard {
        let entry = event.id.split(':').next().unwrap_or_default();
        if let Some(received_ms) = received.get(entry) {
            delays.push(event.at_ms - received_ms);
        }
        twice += u64::from(!ids.insert(&event.id));
        let before = last.insert(&event.source, &event.sequence);
        misplaced += u64::from(before.is_some_and(|before| *before >= *event.sequence));
    }
    delays.sort_unstable();
    let at = |part: f64| delays[((delays.len() - 1) as f64 * part) as usize];
    let within = delays.iter().filter(|delay| **delay < 5_000).count();
    let hours: Vec<i64> = received.values().copied().collect();
    let took_ms = hours.iter().max().unwrap_or(&0) - hours.iter().min().unwrap_or(&0);
    Ok(json!({
        "events": heard.len(),
        "entries": received.len(),
        "orders_per_second": rounded(received.len() as f64 * 1e3 / (took_ms.max(1) as f64)),
        "delay_ms": {"p50": at(0.5), "p99": at(0.99), "p99_9": at(0.999), "longest": at(1.0)},
        "within_5_s_percent": rounded(within as f64 * 100.0 / delays.len() as f64),
        "twice": twice,
        "out_of_order": misplaced,
    }))
}

/// The same number of messages of the same size from one program straight into a stream.
async fn floor(folder: &Path, messages: usize) -> anyhow::Result<Value> {
    let nats = Nats::start(folder);
    let context = jetstream::new(async_nats::connect(nats.url()).await?);
    let subjects = vec!["floor.>".to_owned()];
    let config = Config { name: "FLOOR".to_owned(), subjects, ..Config::default() };
    context.create_stream(config).await?;
    let body = bytes::Bytes::from(vec![b'x'; 700]);
    let mut rates = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        for _ in 0..messages.div_ceil(2_000) {
            let mut answers = Vec::with_capacity(2_000);
            for _ in 0..2_000 {
                answers.push(context.publish("floor.order.created", body.clone()).await?);
            }
            for answer in answers {
                answer.await?;
            }
        }
        rates.push(messages as f64 / began.elapsed().as_secs_f64());
    }
    Ok(json!({"messages_per_second": rounded(median(&rates))}))
}
