//! Measures the link to the hub as the field has it, and prints JSON: bytes for each kind of entry,
//! one edit, a reconnect, cuts, and what each congestion control makes of each link. Sessions,
//! packing, framing and QUIC are the product's; stores are in memory, so that only the link counts.
//!
//! `./ops/bench --only thin_link [--check]`

#![allow(clippy::unwrap_used, reason = "a person runs it and reads what failed")]
#![allow(clippy::inconsistent_digit_grouping, reason = "money shows its minor units: 11_825_00")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "figures are what it is for")]

#[path = "../../../tests/src/cable.rs"]
#[allow(dead_code, unreachable_pub, reason = "the cable of the system tests, in part")]
mod cable;
#[path = "../../../shared-model/tests/day/mod.rs"]
#[allow(unfulfilled_lint_expectations, reason = "the core has lints of its own")]
mod day;
#[path = "../tests/link/mod.rs"]
mod link;
#[path = "../tests/trade/mod.rs"]
mod trade;

use std::time::{Duration, Instant};

use cable::Shape;
use day::dice::Dice;
use link::{Depot, Stage, Told};
use serde_json::{Value, json};
use shared_model::log::AuthorKey;
use sync_link::quic::{Congestion, LinkSettings};
use tokio::sync::{Semaphore, watch};
use trade::{Deed, Trade};

/// 30 kbit/s, 600 ms there and back, one datagram in fifty lost each way.
const THIN: Shape = Shape::of(30_000, 600, 2);
const SEEDS: [u64; 3] = [1, 2, 3];
const ENTRIES: usize = 5_000;

struct Scale {
    check: bool,
}

impl Scale {
    fn of(&self, count: usize) -> usize {
        if self.check { (count / 50).max(20) } else { count }
    }

    fn seeds(&self) -> &'static [u64] {
        if self.check { &SEEDS[..1] } else { &SEEDS }
    }
}

fn main() {
    let scale = Scale { check: std::env::args().any(|argument| argument == "--check") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let figures = runtime.block_on(async {
        json!({
            "link": "30 kbit/s, 600 ms there and back, 2 % of datagrams lost each way",
            "seeds": scale.seeds(),
            "kinds": kinds(&scale).await,
            "edit": edit(&scale).await,
            "reconnect": reconnect().await,
            "cuts": cuts(&scale).await,
            "congestion": congestion(&scale).await,
        })
    });
    println!(
        "{}",
        serde_json::to_string_pretty(&json!({"check_only": scale.check,
        "figures": {"thin_link": figures}}))
        .unwrap()
    );
}

/// A log that ends in `count` deeds of one kind; says where they begin.
async fn log_of(deed: Deed, count: usize) -> (Depot, usize) {
    let made = tokio::task::spawn_blocking(move || {
        let mut trade = Trade::open(7);
        let before = trade.depot.log.len();
        let deeds = trade.entries(deed, count).len();
        let Trade { depot, .. } = trade;
        let mut secret = [7; 32];
        secret[..16].copy_from_slice(depot.node().as_uuid().as_bytes());
        let begin = before.max(depot.log.len() - deeds);
        let key = AuthorKey::from_secret(&secret);
        (Depot { node: depot.node(), key, log: depot.log }, begin)
    });
    made.await.unwrap()
}

fn settings(congestion: Congestion) -> LinkSettings {
    LinkSettings { congestion, mtu_discovery: false }
}

/// What one way over the link took.
struct Cost {
    told: Told,
    up: u64,
    down: u64,
    datagrams: u64,
}

/// The end of a log over a link like `shape`; what is before `begin` is brought over beforehand.
async fn carried(stage: &Stage, begin: usize, shape: Shape) -> Cost {
    let _before = stage.bring(begin, None).await.unwrap();
    stage.cable.shape(shape);
    let (bytes, datagrams) = (stage.cable.carried_bytes(), stage.cable.datagrams());
    let told = stage.bring(stage.depot.log.len(), None).await.unwrap();
    let (after, after_datagrams) = (stage.cable.carried_bytes(), stage.cable.datagrams());
    Cost {
        told,
        up: after.0 - bytes.0,
        down: after.1 - bytes.1,
        datagrams: after_datagrams.0 + after_datagrams.1 - datagrams.0 - datagrams.1,
    }
}

async fn kinds(scale: &Scale) -> Value {
    let mut running = Vec::new();
    for (name, deed) in Deed::ALL {
        running.push(tokio::spawn(kind(name, deed, scale.of(ENTRIES), 2)));
    }
    // The control: version 1, whose frames are as large as its entries.
    let control = scale.of(ENTRIES / 10);
    running.push(tokio::spawn(kind("sale of 1 line", Deed::Sell { lines: 1 }, control, 1)));
    let mut figures = Vec::new();
    for one in running {
        figures.push(one.await.unwrap());
    }
    figures.into()
}

async fn kind(name: &'static str, deed: Deed, count: usize, protocol: u16) -> Value {
    let (depot, begin) = log_of(deed, count).await;
    let tail = &depot.log[begin..];
    let entries = tail.len();
    let raw: usize = tail.iter().map(|entry| entry.as_bytes().len()).sum();
    let payloads: Vec<u8> = tail.iter().flat_map(|entry| entry.entry().payload.to_vec()).collect();
    let (zstd_payload, zstd_raw) = (
        squeezed(&payloads),
        squeezed(&tail.iter().flat_map(|entry| entry.as_bytes().to_vec()).collect::<Vec<_>>()),
    );
    let stage = Stage::new(depot, settings(Congestion::Cubic), protocol);
    let cost = carried(&stage, begin, THIN).await;
    let each = |bytes: u64| rounded(bytes as f64 / entries as f64);
    let app = cost.told.sent_bytes;
    eprintln!(
        "{name}, protocol {protocol}: {} B an entry, {} over UDP, in {:.0} s",
        each(app),
        each(cost.up),
        cost.told.took.as_secs_f64()
    );
    json!({
        "kind": name,
        "protocol": protocol,
        "entries": entries,
        "raw_bytes_each": each(raw as u64),
        "payload_bytes_each": each(payloads.len() as u64),
        "zstd3_of_payloads_bytes_each": each(zstd_payload),
        "zstd3_of_entries_bytes_each": each(zstd_raw),
        "application_up_bytes_each": each(app),
        "application_down_bytes_each": each(cost.told.received_bytes),
        "udp_up_bytes_each": each(cost.up),
        "udp_down_bytes_each": each(cost.down),
        "with_ip_headers_bytes_each": each(cost.up + cost.down + 28 * cost.datagrams),
        "ratio_to_zstd_of_payloads": rounded(app as f64 / zstd_payload as f64),
        "ratio_to_zstd_of_entries": rounded(app as f64 / zstd_raw as f64),
        "frames": cost.told.frames,
        "longest_frame_bytes": cost.told.longest_frame_bytes,
        "seconds": rounded(cost.told.took.as_secs_f64()),
        "goodput_of_the_line": rounded(app as f64 * 8.0 / 30_000.0 / cost.told.took.as_secs_f64()),
    })
}

/// As anybody would compress a file of them.
fn squeezed(bytes: &[u8]) -> u64 {
    let mut out = Vec::with_capacity(zstd_safe::compress_bound(bytes.len()));
    zstd_safe::compress(&mut out, bytes, 3).unwrap();
    out.len() as u64
}

/// One entry at a time in a session that stands: bytes, and how long until it is at the hub.
async fn edit(scale: &Scale) -> Value {
    let edits = scale.of(1_000).min(100);
    let (depot, begin) = log_of(Deed::Sell { lines: 1 }, edits).await;
    let mut figures = Vec::new();
    for (bits_s, round_trip_ms) in [(30_000, 600), (30_000, 80), (1_000_000, 80), (1_000_000, 600)]
    {
        let (depot, _) =
            (Depot { log: depot.log.clone(), node: depot.node, key: key_of(&depot) }, ());
        let stage = Stage::new(depot, settings(Congestion::Cubic), 2);
        let _before = stage.bring(begin, None).await.unwrap();
        stage.cable.shape(Shape::of(bits_s, round_trip_ms, 0));
        let (grow, grown) = watch::channel(begin);
        let acked = Semaphore::new(0);
        let to = stage.cable.address();
        let session = stage.depot.session(&stage.hub, to, stage.settings, 2, grown, &acked);
        let writing = async {
            acked.acquire().await.unwrap().forget();
            let mut took = Vec::new();
            for more in 1..=edits {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let began = Instant::now();
                grow.send(begin + more).unwrap();
                acked.acquire().await.unwrap().forget();
                took.push(began.elapsed().as_secs_f64() * 1000.0);
            }
            drop(grow);
            took
        };
        let (told, mut took) = tokio::join!(session, writing);
        took.sort_by(f64::total_cmp);
        let told = told.unwrap();
        figures.push(json!({
            "bits_s": bits_s,
            "round_trip_ms": round_trip_ms,
            "edits": edits,
            "median_ms": rounded(took[took.len() / 2]),
            "p99_ms": rounded(took[(took.len() * 99 / 100).min(took.len() - 1)]),
            "slowest_ms": rounded(took[took.len() - 1]),
            "longest_frame_bytes": told.longest_frame_bytes + 4,
            "frames": told.frames,
        }));
    }
    json!({"kind": "sale of 1 line", "line": "nothing lost", "links": figures})
}

fn key_of(depot: &Depot) -> AuthorKey {
    let mut secret = [7; 32];
    secret[..16].copy_from_slice(depot.node.as_uuid().as_bytes());
    AuthorKey::from_secret(&secret)
}

/// Nothing changed: hello, welcome, status; and one edit made while away.
async fn reconnect() -> Value {
    let (depot, begin) = log_of(Deed::Sell { lines: 1 }, 1).await;
    let stage = Stage::new(depot, settings(Congestion::Cubic), 2);
    let _before = stage.bring(begin, None).await.unwrap();
    stage.cable.shape(Shape::of(30_000, 600, 0));
    let before = stage.cable.carried_bytes();
    let nothing = stage.bring(begin, None).await.unwrap();
    let after = stage.cable.carried_bytes();
    let one = stage.bring(begin + 1, None).await.unwrap();
    json!({
        "application_bytes": {"up": nothing.sent_bytes, "down": nothing.received_bytes,
            "both": nothing.sent_bytes + nothing.received_bytes},
        "udp_bytes_with_handshake": {"up": after.0 - before.0, "down": after.1 - before.1},
        "connected_after_ms": rounded(nothing.connected_after.as_secs_f64() * 1000.0),
        "agreed_after_ms": rounded(nothing.took.as_secs_f64() * 1000.0),
        "flights_after_connect": 2,
        "with_one_edit": {"application_bytes_up": one.sent_bytes,
            "edit_frame_bytes": one.longest_frame_bytes + 4,
            "at_the_hub_after_ms": rounded(one.took.as_secs_f64() * 1000.0)},
    })
}

/// The link is cut again and again, and the box dials anew at once.
async fn cuts(scale: &Scale) -> Value {
    let mut figures = Vec::new();
    for seed in scale.seeds() {
        let (depot, begin) = log_of(Deed::Sell { lines: 1 }, scale.of(1_000)).await;
        let all = depot.log.len();
        let stage = Stage::new(depot, settings(Congestion::Cubic), 2);
        let _before = stage.bring(begin, None).await.unwrap();
        stage.cable.shape(Shape::of(100_000, 200, 2).seeded(*seed));
        let (mut dice, mut cut) = (Dice::new(*seed), 0);
        while stage.hub.held.lock().unwrap().count() < all {
            let longest = Duration::from_millis(dice.between(500, 2_500).cast_unsigned());
            cut += u64::from(stage.bring(all, Some(longest)).await.is_none());
        }
        let held = stage.hub.held.lock().unwrap();
        figures.push(json!({"seed": seed, "cuts": cut, "frames": held.frames,
            "frames_received_again": held.frames_again,
            "entries_received_again": held.entries_again}));
    }
    json!({"link": "100 kbit/s, 200 ms, 2 %", "runs": figures})
}

/// How long each controller takes over each link, and what it spends.
async fn congestion(scale: &Scale) -> Value {
    let links = [
        ("2G: 30 kbit/s, 600 ms, 2 %", THIN, 1_000),
        ("3G: 1 Mbit/s, 80 ms, 1 %", Shape::of(1_000_000, 80, 1), 8_000),
        ("satellite: 1 Mbit/s, 600 ms, 1 %", Shape::of(1_000_000, 600, 1), 8_000),
        ("lossy: 8 Mbit/s, 300 ms, 5 %", Shape::of(8_000_000, 300, 5), 8_000),
        ("fibre: 50 Mbit/s, 20 ms, 0 %", Shape::of(50_000_000, 20, 0), 8_000),
    ];
    let mut figures = Vec::new();
    for (name, shape, entries) in links {
        for congestion in [Congestion::Cubic, Congestion::NewReno, Congestion::Bbr] {
            let mut runs = Vec::new();
            for seed in scale.seeds() {
                let (depot, begin) = log_of(Deed::Sell { lines: 1 }, scale.of(entries)).await;
                let stage = Stage::new(depot, settings(congestion), 2);
                let running =
                    tokio::spawn(async move { carried(&stage, begin, shape.seeded(*seed)).await });
                runs.push(running);
            }
            let mut costs = Vec::new();
            for run in runs {
                costs.push(run.await.unwrap());
            }
            figures.push(of_controller(name, congestion, &costs));
        }
    }
    figures.into()
}

fn of_controller(name: &str, congestion: Congestion, costs: &[Cost]) -> Value {
    let median = |pick: &dyn Fn(&Cost) -> f64| {
        let mut all: Vec<f64> = costs.iter().map(pick).collect();
        all.sort_by(f64::total_cmp);
        rounded(all[all.len() / 2])
    };
    let seconds = median(&|cost| cost.told.took.as_secs_f64());
    let spent = median(&|cost| cost.up as f64 / cost.told.sent_bytes as f64);
    eprintln!("{name}, {congestion:?}: {seconds} s, {spent} UDP bytes for each of the frames'");
    json!({
        "link": name,
        "controller": format!("{congestion:?}"),
        "seconds": seconds,
        "udp_up_for_each_application_byte": spent,
        "application_bytes": median(&|cost| cost.told.sent_bytes as f64),
        "frame_bytes_longest": median(&|cost| cost.told.longest_frame_bytes as f64),
    })
}

fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}
