//! Loads: as many orders as so many connections can place (closed), and a fixed rate that does not
//! wait for the server (open), whose latencies count from when each order was due.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::ensure;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::client::{Target, post};
use crate::figures::Latencies;

/// Bytes of a uuid in text.
const ID: usize = 36;

/// An order to be placed again and again under fresh ids: a whole request, and where the ids stand.
#[derive(Clone)]
pub(crate) struct OrderForm {
    request: Vec<u8>,
    id_at: usize,
    order_at: usize,
}

impl OrderForm {
    /// A basket of these articles.
    pub(crate) fn new(cookies: &str, articles: &[&str]) -> Self {
        let nil = Uuid::nil();
        let lines: Vec<String> = articles
            .iter()
            .enumerate()
            .map(|(line, article)| format!(r#"{{"article":"{article}","quantity":{}}}"#, 1 + line))
            .collect();
        let body = format!(
            r#"{{"id":"{nil}","order":"{nil}","terms":"cash_on_delivery","lines":[{}],"delivery_fee_minor":15000,"address":"Enterprise Road 14, Nairobi"}}"#,
            lines.join(",")
        );
        let request = post("/api/v1/commands/place-order", cookies, &body);
        let body_at = request.len() - body.len();
        let id_at = body_at + r#"{"id":""#.len();
        Self { request, id_at, order_at: id_at + ID + r#"","order":""#.len() }
    }

    /// A sale over the counter of these articles.
    pub(crate) fn sale(cookies: &str, articles: &[&str]) -> Self {
        let nil = Uuid::nil();
        let lines: Vec<String> = articles
            .iter()
            .map(|article| format!(r#"{{"article":"{article}","quantity":1}}"#))
            .collect();
        let body = format!(
            r#"{{"id":"{nil}","order":"{nil}","lines":[{}],"tendered_minor":900000000}}"#,
            lines.join(",")
        );
        let request = post("/api/v1/commands/sell", cookies, &body);
        let id_at = request.len() - body.len() + r#"{"id":""#.len();
        Self { request, id_at, order_at: id_at + ID + r#"","order":""#.len() }
    }

    /// The next request: the same basket under two fresh ids.
    fn fill(&mut self) -> &[u8] {
        for at in [self.id_at, self.order_at] {
            Uuid::now_v7().hyphenated().encode_lower(&mut self.request[at..at + ID]);
        }
        &self.request
    }
}

/// What a load came to.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) took: Duration,
    pub(crate) latencies: Latencies,
}

impl Loaded {
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.count() as f64 / self.took.as_secs_f64()
    }
}

/// Every connection places one order after another, for so long.
pub(crate) async fn closed(
    target: &Target,
    form: &OrderForm,
    connections: usize,
    length: Duration,
) -> anyhow::Result<Loaded> {
    let open = connect_all(target, connections).await?;
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for mut connection in open {
        let mut form = form.clone();
        workers.spawn(async move {
            let mut latencies = Latencies::default();
            while begun.elapsed() < length {
                let asked = Instant::now();
                placed(&connection.ask(form.fill()).await?)?;
                latencies.note(asked.elapsed());
            }
            anyhow::Ok(latencies)
        });
    }
    finish(workers, begun).await
}

/// So many orders a second, whether or not the earlier ones are answered.
pub(crate) async fn open(
    target: &Target,
    form: &OrderForm,
    connections: usize,
    rate: f64,
    length: Duration,
) -> anyhow::Result<Loaded> {
    let open = connect_all(target, connections).await?;
    let orders = (rate * length.as_secs_f64()) as u64;
    let next = Arc::new(AtomicU64::new(0));
    let begun = Instant::now();
    let mut workers = JoinSet::new();
    for mut connection in open {
        let (mut form, next) = (form.clone(), Arc::clone(&next));
        workers.spawn(async move {
            let mut latencies = Latencies::default();
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= orders {
                    return anyhow::Ok(latencies);
                }
                let due = begun + Duration::from_secs_f64(turn as f64 / rate);
                tokio::time::sleep_until(due).await;
                placed(&connection.ask(form.fill()).await?)?;
                latencies.note(due.elapsed());
            }
        });
    }
    finish(workers, begun).await
}

async fn connect_all(
    target: &Target,
    connections: usize,
) -> anyhow::Result<Vec<crate::client::Connection>> {
    let mut open = Vec::with_capacity(connections);
    for _ in 0..connections {
        open.push(target.connect().await?);
    }
    Ok(open)
}

async fn finish(
    mut workers: JoinSet<anyhow::Result<Latencies>>,
    begun: Instant,
) -> anyhow::Result<Loaded> {
    let mut latencies = Latencies::default();
    while let Some(done) = workers.join_next().await {
        latencies.append(done??);
    }
    Ok(Loaded { took: begun.elapsed(), latencies })
}

fn placed(answer: &crate::client::Answer<'_>) -> anyhow::Result<()> {
    ensure!(
        answer.status == 200,
        "an order was answered {}: {}",
        answer.status,
        String::from_utf8_lossy(answer.body)
    );
    Ok(())
}
