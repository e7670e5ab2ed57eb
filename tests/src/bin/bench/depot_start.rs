//! How long a depot takes to serve its first page, and what it holds in memory, by the orders in
//! its store.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use system_tests::binaries::{binary, workspace};
use system_tests::depot::Depot;
use system_tests::process::{Process, run};

use crate::Scale;
use crate::client::{Target, get};
use crate::figures::{median, ms, rounded, table};
use crate::machine::resident_bytes;

const STEPS: [usize; 3] = [1_000, 10_000, 100_000];
const STARTS: usize = 5;
const START_LONGEST: Duration = Duration::from_secs(60);
/// Articles taken from the sample, and how many of them an order has.
const LINES_EACH: usize = 3;
const MEBIBYTE: f64 = 1_048_576.0;

/// What one start was like.
struct Start {
    health_ms: f64,
    site_ms: f64,
    resident_mb: f64,
}

/// # Errors
/// When a depot does not take the orders in or does not start.
pub(crate) async fn measure(folder: &Path, scale: &Scale) -> anyhow::Result<(Value, String)> {
    let mut figures = Vec::new();
    let mut rows = Vec::new();
    for orders in STEPS.map(|orders| scale.count(orders)) {
        let folder = folder.join(format!("start-{orders}"));
        let mut depot = Depot::create(&folder.join("depot"), "NBO-1");
        let imported = import(&depot, &folder, orders)?;
        let authority_pem = first_start(&mut depot);
        let mut starts = Vec::new();
        for _ in 0..scale.rounds(STARTS, Duration::ZERO).0 {
            starts.push(start(&depot, &authority_pem).await?);
        }
        let listing = list(depot)?;
        let of = |pick: fn(&Start) -> f64| median(&starts.iter().map(pick).collect::<Vec<_>>());
        let (health, site) = (of(|start| start.health_ms), of(|start| start.site_ms));
        let resident = of(|start| start.resident_mb);
        figures.push(json!({
            "orders": orders,
            "starts": starts.len(),
            "imported_per_second": rounded(imported),
            "health_ms": rounded(health),
            "site_ms": rounded(site),
            "resident_mb": rounded(resident),
            "list_of_50_ms": rounded(listing.first_ms),
            "resident_mb_after_listing_all": rounded(listing.resident_mb),
        }));
        rows.push(vec![
            orders.to_string(),
            format!("{health:.0}"),
            format!("{site:.0}"),
            format!("{resident:.1}"),
            format!("{:.1}", listing.first_ms),
            format!("{:.1}", listing.resident_mb),
        ]);
        // Gigabytes of depots are of no use once measured.
        std::fs::remove_dir_all(&folder)?;
    }
    let head =
        ["orders", "first page ms", "site ms", "MB then", "list of 50 ms", "MB after all lists"];
    Ok((Value::Array(figures), table("Start of a depot", &head, &rows)))
}

/// Imports that many orders, as an operator would; returns orders a second.
pub(crate) fn import(depot: &Depot, folder: &Path, orders: usize) -> anyhow::Result<f64> {
    let file = folder.join("orders.csv");
    std::fs::write(&file, orders_csv(orders)?)?;
    let begun = Instant::now();
    run(depot.cli("import").arg("--rate").arg("165").arg(&file));
    let per_second = orders as f64 / begun.elapsed().as_secs_f64();
    std::fs::remove_file(&file)?;
    let here = depot.status();
    ensure!(here["head_seq"].as_u64() >= Some(orders as u64), "not all orders went in: {here}");
    Ok(per_second)
}

/// Orders of three lines of the sample's articles, each under a number of its own.
fn orders_csv(orders: usize) -> anyhow::Result<String> {
    let sample = std::fs::read_to_string(workspace().join("edge-node/samples/orders.csv"))?;
    let mut lines = sample.lines();
    let head = lines.next().context("the sample is empty")?;
    // Sound ones only: code of digits, a quantity and a price.
    let sound: Vec<(&str, &str)> = lines
        .filter(|line| !line.starts_with('C') && !line.contains('"') && !line.contains(",0.0,"))
        .filter_map(|line| {
            let (number, rest) = line.split_once(',')?;
            let code = rest.split(',').next()?;
            let quantity = rest.split(',').nth(2)?;
            let sound = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit());
            (sound && !quantity.starts_with('-')).then_some((number, rest))
        })
        .collect();
    let mut text = format!("{head}\n");
    // The lines of one order must agree on its moment and customer: they come from one order.
    let whole: Vec<&[(&str, &str)]> = sound
        .chunk_by(|one, other| one.0 == other.0)
        .filter(|lines| lines.len() >= LINES_EACH)
        .collect();
    for order in 0..orders {
        for (_, rest) in &whole[order % whole.len()][..LINES_EACH] {
            let _ = writeln!(text, "{},{rest}", 600_000 + order);
        }
    }
    Ok(text)
}

/// The authority's certificate, from a first start that is not measured: it makes the keys.
fn first_start(depot: &mut Depot) -> String {
    depot.serve();
    let pem = depot.authority_pem().to_owned();
    depot.stop();
    pem
}

async fn start(depot: &Depot, authority_pem: &str) -> anyhow::Result<Start> {
    let begun = Instant::now();
    let mut command = Command::new(binary("edge-node"));
    command.args(["serve", "--bind", "127.0.0.1", "--https-port", "0", "--http-port", "0"]);
    command.arg("--state").arg(depot.state()).env("OMNIROUTE_LOG", "error");
    let process = Process::start(command);
    let address = process
        .line(START_LONGEST, |line| line.split("https://").nth(1)?.split(' ').next()?.parse().ok());
    let mut connection = Target::new(address, authority_pem)?.connect().await?;
    ensure!(connection.ask(&get("/health", "")).await?.status == 200, "no health");
    let health_ms = ms(begun.elapsed());
    ensure!(connection.ask(&get("/api/v1/site", "")).await?.status == 200, "no site");
    let site_ms = ms(begun.elapsed());
    let resident = resident_bytes(process.id()).context("it runs")?;
    drop(connection);
    process.terminate();
    Ok(Start { health_ms, site_ms, resident_mb: resident as f64 / MEBIBYTE })
}

/// What looking through all orders costs.
struct Listing {
    first_ms: f64,
    resident_mb: f64,
}

fn list(mut depot: Depot) -> anyhow::Result<Listing> {
    depot.serve();
    let clerk = depot.signed_in("clerk");
    let mut first = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let _ = clerk.get("/api/v1/orders");
        first.push(ms(begun.elapsed()));
    }
    let mut after = String::new();
    loop {
        let page = clerk.get(&format!("/api/v1/orders?limit=200{after}"));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let resident = resident_bytes(depot.process_id()).context("it runs")?;
    depot.stop();
    Ok(Listing { first_ms: median(&first), resident_mb: resident as f64 / MEBIBYTE })
}
