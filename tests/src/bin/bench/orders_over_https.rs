//! Orders a depot accepts durably over HTTPS, beside a bare handler with the same commit
//! discipline, client and body; both are processes of their own on the cores they share with the
//! load. Rounds alternate, so that whatever else the machine does hits both.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use system_tests::depot::Depot;
use system_tests::process::Process;

use crate::Scale;
use crate::client::{Target, post};
use crate::figures::{median, rounded, table};
use crate::load::{Loaded, OrderForm, closed, open};
use crate::published::{article, publish_to};

const CONNECTIONS: usize = 64;
/// How throughput grows.
const CONNECTION_STEPS: [usize; 3] = [1, 8, 256];
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_secs(5);
const START_LONGEST: Duration = Duration::from_secs(60);

/// One of the two servers, ready to be loaded.
struct Server {
    target: Target,
    form: OrderForm,
}

/// What one server did over the rounds.
#[derive(Default)]
struct Rounds {
    per_second: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
}

impl Rounds {
    fn note(&mut self, mut loaded: Loaded) {
        self.per_second.push(loaded.per_second());
        self.p50_ms.push(loaded.latencies.percentile_ms(50));
        self.p99_ms.push(loaded.latencies.percentile_ms(99));
    }

    fn json(&self) -> Value {
        json!({
            "rounds": self.per_second.len(),
            "per_second": rounded(median(&self.per_second)),
            "p50_ms": rounded(median(&self.p50_ms)),
            "p99_ms": rounded(median(&self.p99_ms)),
        })
    }
}

/// # Errors
/// When a server does not start, or answers anything but that the order is placed.
pub(crate) async fn measure(folder: &Path, scale: &Scale) -> anyhow::Result<(Value, String)> {
    let (rounds, round) = scale.rounds(ROUNDS, ROUND);
    let mut depot = Depot::create(&folder.join("depot"), "NBO-1");
    publish_to(depot.state()).await?;
    depot.serve();
    let product = depot_server(&depot).await?;
    let (_process, bare) = floor_server(folder).await?;
    for server in [&product, &bare] {
        closed(&server.target, &server.form, CONNECTIONS, round / 2).await?;
    }
    let (peak, floor, ratio) = at_peak(&product, &bare, rounds, round).await?;
    let half_rate = median(&peak.per_second) / 2.0;
    let (mut half, mut floor_half) = (Rounds::default(), Rounds::default());
    for _ in 0..rounds {
        half.note(at_rate(&product, half_rate, round).await?);
        floor_half.note(at_rate(&bare, half_rate, round).await?);
    }
    let mut growth = vec![(CONNECTIONS, median(&peak.per_second), median(&floor.per_second))];
    for connections in CONNECTION_STEPS {
        let ours = closed(&product.target, &product.form, connections, round).await?;
        let bare = closed(&bare.target, &bare.form, connections, round).await?;
        growth.push((connections, ours.per_second(), bare.per_second()));
    }
    growth.sort_unstable_by_key(|(connections, ..)| *connections);
    depot.stop();
    depot.verify();
    let figures = json!({
        "connections": CONNECTIONS,
        "lines_each": 3,
        "round_s": round.as_secs_f64(),
        "depot": peak.json(),
        "floor": floor.json(),
        "ratio": rounded(ratio),
        "at_half_of_the_peak": {
            "offered_per_second": rounded(half_rate), "depot": half.json(), "floor": floor_half.json(),
        },
        "by_connections": growth.iter().map(|(connections, ours, floor)| json!({
            "connections": connections, "depot_per_second": rounded(*ours),
            "floor_per_second": rounded(*floor), "ratio": rounded(ours / floor),
        })).collect::<Vec<_>>(),
    });
    let text = shown(&[("peak", &peak, &floor), ("half of it", &half, &floor_half)], &growth);
    Ok((figures, text))
}

/// Alternating rounds; the ratio is the median of each round's own.
async fn at_peak(
    product: &Server,
    bare: &Server,
    rounds: usize,
    round: Duration,
) -> anyhow::Result<(Rounds, Rounds, f64)> {
    let (mut peak, mut floor, mut ratios) = (Rounds::default(), Rounds::default(), Vec::new());
    for _ in 0..rounds {
        let ours = closed(&product.target, &product.form, CONNECTIONS, round).await?;
        let bare = closed(&bare.target, &bare.form, CONNECTIONS, round).await?;
        ratios.push(ours.per_second() / bare.per_second());
        peak.note(ours);
        floor.note(bare);
    }
    Ok((peak, floor, median(&ratios)))
}

async fn at_rate(server: &Server, rate: f64, round: Duration) -> anyhow::Result<Loaded> {
    open(&server.target, &server.form, CONNECTIONS, rate, round).await
}

fn form(cookies: &str) -> OrderForm {
    OrderForm::new(cookies, &[&article(3), &article(57), &article(141)])
}

/// Pairs a till and signs its cashier in, as a browser does.
async fn depot_server(depot: &Depot) -> anyhow::Result<Server> {
    let address = depot.url().trim_start_matches("https://").parse()?;
    let target = Target::new(address, depot.authority_pem())?;
    let mut connection = target.connect().await?;
    let pairing = json!({"code": depot.pairing_code(), "name": "Till 1"}).to_string();
    let answer = connection.ask(&post("/api/v1/device", "", &pairing)).await?;
    let device = answer.cookie().context("no device cookie")?;
    let person = json!({"staff": depot.person("cashier"), "pin": depot.pin("cashier")}).to_string();
    let answer = connection.ask(&post("/api/v1/session", &device, &person)).await?;
    let session = answer.cookie().context("no session cookie")?;
    Ok(Server { target, form: form(&format!("{device}; {session}")) })
}

async fn floor_server(folder: &Path) -> anyhow::Result<(Process, Server)> {
    let folder = folder.join("floor");
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("floor-server").arg(&folder);
    let process = Process::start(command);
    let address = process
        .line(START_LONGEST, |line| line.strip_prefix("floor serves ").map(ToOwned::to_owned));
    let pem = std::fs::read_to_string(folder.join("floor.pem"))?;
    let target = Target::new(address.parse()?, &pem)?;
    // The floor reads no cookie, but carries the same bytes.
    let name = "x".repeat(64);
    let server = Server {
        target,
        form: form(&format!("__Host-nbo-1-device={name}; __Host-nbo-1-session={name}")),
    };
    ensure!(server.target.connect().await.is_ok(), "the floor does not answer");
    Ok((process, server))
}

fn shown(loads: &[(&str, &Rounds, &Rounds)], growth: &[(usize, f64, f64)]) -> String {
    let mut rows = Vec::new();
    for (load, depot, floor) in loads {
        for (who, rounds) in [("depot", depot), ("floor", floor)] {
            rows.push(vec![
                (*load).to_owned(),
                who.to_owned(),
                format!("{:.0}", median(&rounds.per_second)),
                format!("{:.1}", median(&rounds.p50_ms)),
                format!("{:.1}", median(&rounds.p99_ms)),
            ]);
        }
    }
    let head = ["load", "server", "orders/s", "p50 ms", "p99 ms"];
    let peak = table("Orders over HTTPS, 64 connections", &head, &rows);
    let rows: Vec<Vec<String>> = growth
        .iter()
        .map(|(connections, ours, floor)| {
            vec![
                connections.to_string(),
                format!("{ours:.0}"),
                format!("{floor:.0}"),
                format!("{:.2}", ours / floor),
            ]
        })
        .collect();
    peak + &table(
        "Orders over HTTPS by connections",
        &["connections", "depot/s", "floor/s", "ratio"],
        &rows,
    )
}
