//! A depot's whole log into the hub's Postgres over QUIC, by the real programs over a loopback
//! cable; beside it the floor: the same entries from the same file, verified and merged into one
//! table. The hub does more: it also keeps the records that the entries add up to.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use edge_node::state::StateDir;
use edge_node::store::{read_only, sync_state};
use serde_json::{Value, json};
use sync_hub::cluster::PrivateCluster;
use system_tests::cable::Cable;
use system_tests::depot::Depot;
use system_tests::hub::Hub;
use system_tests::process::run;

use crate::Scale;
use crate::depot_start::import;
use crate::figures::{median, rounded, table};
use crate::machine::cpu_of;
use crate::sync_floor::carry;

const ENTRIES: usize = 100_000;
const ROUNDS: usize = 3;
const LONGEST: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(10);

/// What carrying the entries took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// Over the wire, up.
    pub(crate) bytes: u64,
}

/// # Errors
/// When a program does not start or the entries do not arrive.
pub(crate) async fn measure(folder: &Path, scale: &Scale) -> anyhow::Result<(Value, String)> {
    let entries = scale.count(ENTRIES);
    let origin = Depot::create(&folder.join("origin"), "NBO-1");
    import(&origin, folder, entries)?;
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for round in 0..scale.rounds(ROUNDS, Duration::ZERO).0 {
        let folder = folder.join(format!("round-{round}"));
        std::fs::create_dir_all(&folder)?;
        floors.push(floor(&origin, &folder).await?);
        ours.push(product(&origin, &folder).await?);
        std::fs::remove_dir_all(&folder)?;
    }
    let sent = unsent(origin.state())? as f64;
    let figures = json!({
        "entries": sent,
        "rounds": ours.len(),
        "product": costs(&ours, sent),
        "floor": costs(&floors, sent),
        "ratio": {
            "wall": rounded(ratio(&ours, &floors, |cost| cost.wall.as_secs_f64())),
            "cpu": rounded(ratio(&ours, &floors, |cost| cost.cpu.as_secs_f64())),
            "bytes": rounded(ratio(&ours, &floors, |cost| cost.bytes as f64)),
        },
    });
    let row = |name: &str, all: &[Cost]| {
        vec![
            name.to_owned(),
            format!("{:.2}", of(all, |cost| cost.wall.as_secs_f64())),
            format!("{:.2}", of(all, |cost| cost.cpu.as_secs_f64())),
            format!("{:.1}", of(all, |cost| cost.bytes as f64) / 1e6),
        ]
    };
    let rows = [row("depot to hub", &ours), row("floor", &floors)];
    let head = ["", "wall s", "CPU s", "MB carried"];
    Ok((figures, table(&format!("{sent} entries to the hub"), &head, &rows)))
}

fn of(all: &[Cost], pick: fn(&Cost) -> f64) -> f64 {
    median(&all.iter().map(pick).collect::<Vec<_>>())
}

/// The median of each round's own ratio.
fn ratio(ours: &[Cost], floors: &[Cost], pick: fn(&Cost) -> f64) -> f64 {
    let ratios = ours.iter().zip(floors).map(|(ours, floor)| pick(ours) / pick(floor));
    median(&ratios.collect::<Vec<_>>())
}

fn costs(all: &[Cost], entries: f64) -> Value {
    let wall_s = of(all, |cost| cost.wall.as_secs_f64());
    let cpu_s = of(all, |cost| cost.cpu.as_secs_f64());
    json!({
        "wall_s": rounded(wall_s),
        "cpu_s": rounded(cpu_s),
        "cpu_us_each": rounded(cpu_s * 1e6 / entries),
        "entries_per_second": rounded(entries / wall_s),
        "bytes_each": rounded(of(all, |cost| cost.bytes as f64) / entries),
    })
}

async fn floor(origin: &Depot, folder: &Path) -> anyhow::Result<Cost> {
    let state = folder.join("floor");
    std::fs::create_dir_all(&state)?;
    let started = tokio::task::spawn_blocking(move || PrivateCluster::start(&state));
    let cluster = started.await??;
    let carried = carry(&StateDir::new(origin.state()).database(), &cluster.connection()).await;
    tokio::task::spawn_blocking(move || cluster.stop_immediate()).await?;
    carried
}

/// From the first datagram until the depot knows that the hub has everything.
async fn product(origin: &Depot, folder: &Path) -> anyhow::Result<Cost> {
    let state = folder.join("depot");
    run(std::process::Command::new("cp").arg("-r").arg(origin.state()).arg(&state));
    let (mut hub, cable) = Hub::create_behind_a_cable(&folder.join("hub"));
    let mut depot = origin.at(&state);
    depot.enrol(&hub.invite("NBO-1"));
    let enrolled_bytes = cable.carried_bytes().0;
    depot.serve();
    until(|| Ok(cable.carried_bytes().0 > enrolled_bytes)).await.context("nothing is sent")?;
    let begun = (Instant::now(), used(&depot, &hub));
    until(|| Ok(unsent(depot.state())? == 0)).await.context("it does not all arrive")?;
    let cost = Cost {
        wall: begun.0.elapsed(),
        cpu: used(&depot, &hub).saturating_sub(begun.1),
        bytes: up(&cable) - enrolled_bytes,
    };
    depot.stop();
    hub.stop();
    Ok(cost)
}

fn up(cable: &Cable) -> u64 {
    cable.carried_bytes().0
}

/// Processor time of depot, hub and the hub's database, which is the hub's child.
fn used(depot: &Depot, hub: &Hub) -> Duration {
    cpu_of(depot.process_id()) + cpu_of(hub.process_id())
}

/// Read beside the depot, so that looking costs it nothing.
fn unsent(state: &Path) -> anyhow::Result<u64> {
    Ok(read_only(&StateDir::new(state).database(), sync_state)?.unsent)
}

async fn until(mut look: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !look()? {
        ensure!(begun.elapsed() < LONGEST, "not in {LONGEST:?}");
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}
