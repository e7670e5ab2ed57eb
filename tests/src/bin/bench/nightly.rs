//! A depot's forecast of the coming weeks as a whole job: a thousand articles, a year of orders in the log, the
//! shipped model as the hub publishes it. Measured at the depot's own page, which asks for all of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use edge_node::state::StateDir;
use edge_node::store::read_only;
use model_bundle::Day;
use serde_json::{Value, json};
use system_tests::api::Browser;
use system_tests::binaries::workspace;
use system_tests::depot::Depot;
use system_tests::hub::{ADMIN, Hub, PASSWORD};
use system_tests::process::run;
use system_tests::wait::until;

use crate::Scale;
use crate::figures::{median, rounded, table};

const ARTICLES: usize = 1_000;
const WEEKS: usize = 52;
const LINES_AN_ORDER: usize = 20;
const ROUNDS: usize = 5;
const DAY_MS: i64 = 86_400_000;
const LONGEST: Duration = Duration::from_secs(300);
const MODEL: &str = "demand";
const SECOND: &str = "bea";
const COLUMNS: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

/// One night.
struct Night {
    /// From the process's start: log read, articles folded, model loaded, forecasts made.
    from_start_ms: f64,
    /// Features, inference and proposals alone, as at midnight in a depot that runs.
    job_ms: f64,
    /// Until every answer is in the journal as well.
    written_ms: f64,
}

/// # Errors
/// When a program does not do what it is told, or the formula answers instead of the model.
pub(crate) async fn measure(folder: &Path, scale: &Scale) -> anyhow::Result<(Value, String)> {
    let folder = folder.to_owned();
    let (articles, weeks) = if scale.is_check() { (100, 8) } else { (ARTICLES, WEEKS) };
    let rounds = scale.rounds(ROUNDS, Duration::ZERO).0;
    tokio::task::spawn_blocking(move || nights(&folder, articles, weeks, rounds)).await?
}

fn nights(
    folder: &Path,
    articles: usize,
    weeks: usize,
    rounds: usize,
) -> anyhow::Result<(Value, String)> {
    let (hub, _cable) = Hub::create_behind_a_cable(&folder.join("hub"));
    let file = folder.join("orders.csv");
    std::fs::write(&file, year(articles, weeks)?)?;
    hub.import_catalogue(&file, "165");
    let mut depot = Depot::create(&folder.join("depot"), "NBO-1");
    depot.enrol(&hub.invite("NBO-1"));
    run(depot.cli("import").args(["--rate", "165"]).arg(&file));
    depot.serve();
    publish(&hub, folder)?;
    until("the model is in use", LONGEST, || {
        let listed = run(depot.nested(&["models", "list"]).arg("--json"));
        let listed: Value = serde_json::from_str(&listed).ok()?;
        let mut items = listed["items"].as_array()?.iter();
        let item = items.find(|item| item["model"] == MODEL)?;
        (item["life"]["active"]["version"] == 1).then_some(())
    });
    depot.stop();
    let mut measured = Vec::new();
    for _ in 0..rounds {
        measured.push(night(&mut depot, articles)?);
    }
    let of = |pick: fn(&Night) -> f64| median(&measured.iter().map(pick).collect::<Vec<_>>());
    let (job, written) = (of(|night| night.job_ms), of(|night| night.written_ms));
    let from_start = of(|night| night.from_start_ms);
    let lines = articles * weeks;
    let figures = json!({
        "articles": articles, "order_lines": lines, "nights": rounds,
        "job_ms": rounded(job), "until_written_ms": rounded(written),
        "from_process_start_ms": rounded(from_start),
    });
    let head = [
        "articles",
        "order lines",
        "forecasts and proposals ms",
        "and written ms",
        "from the start of the process ms",
    ];
    let row = [
        articles.to_string(),
        lines.to_string(),
        format!("{job:.0}"),
        format!("{written:.0}"),
        format!("{from_start:.0}"),
    ];
    Ok((figures, table("The night's forecast of all articles", &head, &[row.to_vec()])))
}

/// Each article once a week, twenty lines an order, up to today.
fn year(articles: usize, weeks: usize) -> anyhow::Result<String> {
    let today = edge_node::store::now().ms().div_euclid(DAY_MS);
    let mut text = format!("{COLUMNS}\n");
    for week in 0..weeks {
        for article in 0..articles {
            let order = week * articles.div_ceil(LINES_AN_ORDER) + article / LINES_AN_ORDER;
            let day = today - 7 * i64::try_from(weeks - week)? + i64::try_from(order % 6)?;
            let day = Day::from_unix_ms(day * DAY_MS);
            let quantity = 1 + (article * 7 + week * week * 3) % 19;
            let customer = 10_000 + order % 300;
            writeln!(
                text,
                "{order},A{article:04},ARTICLE {article},{quantity},{day} 09:30:00,2.5,{customer},Kenya"
            )?;
        }
    }
    Ok(text)
}

fn publish(hub: &Hub, folder: &Path) -> anyhow::Result<()> {
    let file = |name: &str, word: &str| -> anyhow::Result<PathBuf> {
        let path = folder.join(name);
        std::fs::write(&path, word)?;
        Ok(path)
    };
    let passwords =
        [file("admin.password", PASSWORD)?, file("bea.password", "maji-9-ndogo-sana-kabisa")?];
    let mut set = hub.nested(&["admin", "set-password"]);
    run(set.args(["--name", SECOND, "--password-file"]).arg(&passwords[1]));
    let by = |person: usize, words: &[&str]| -> Command {
        let mut command = hub.nested(&["models", words[0]]);
        command.args(&words[1..]).args(["--user", [ADMIN, SECOND][person], "--password-file"]);
        command.arg(&passwords[person]);
        command
    };
    let bundle = workspace().join("models/artefacts").join(MODEL).join("1");
    let bundle = bundle.to_str().context("a path")?;
    run(&mut by(0, &["import", bundle, "--signer", "development"]));
    let words = ["publish", MODEL, "1", "--ring", "all", "--step", "activate", "--note", "bench"];
    let proposal = run(&mut by(0, &words));
    run(&mut by(1, &["approve", proposal.trim()]));
    Ok(())
}

fn night(depot: &mut Depot, articles: usize) -> anyhow::Result<Night> {
    let database = StateDir::new(depot.state()).database();
    let journalled = || -> anyhow::Result<usize> {
        let counted: i64 = read_only(&database, |db| {
            let count = "SELECT count(*) FROM prediction WHERE model = ?1 AND role = 'active'";
            Ok(db.query_row(count, [MODEL], |row| row.get(0))?)
        })?;
        Ok(usize::try_from(counted)?)
    };
    let began = Instant::now();
    depot.serve();
    let manager = depot.signed_in("manager");
    // What was read of the log so far answers, and is not kept, until all is read and the model is loaded: the
    // question that is answered for all articles is the one that made the forecasts.
    let (asked, before, job_ms) = loop {
        let (asked, before) = (Instant::now(), journalled()?);
        let first = manager.get("/api/v1/proposals?limit=200");
        let job_ms = asked.elapsed().as_secs_f64() * 1e3;
        if forecast_by_model(&manager, first) == articles {
            break (asked, before, job_ms);
        }
        ensure!(began.elapsed() < LONGEST, "the model does not forecast all articles");
    };
    let from_start_ms = began.elapsed().as_secs_f64() * 1e3;
    until("the answers are in the journal", LONGEST, || {
        (journalled().ok()? >= before + articles).then_some(())
    });
    let written_ms = asked.elapsed().as_secs_f64() * 1e3;
    depot.stop();
    Ok(Night { from_start_ms, job_ms, written_ms })
}

/// Articles on this page of proposals and those after it, if a model forecast them.
fn forecast_by_model(manager: &Browser, mut page: Value) -> usize {
    let mut found = 0;
    loop {
        let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        found += items.iter().filter(|item| item["by"]["kind"] == "model").count();
        let Some(next) = page["next"].as_str() else { return found };
        page = manager.get(&format!("/api/v1/proposals?limit=200&after={next}"));
    }
}
