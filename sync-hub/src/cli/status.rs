//! `sync-hub status`.

use clap::Args;
use serde_json::{Value, json};

use super::opening::StateArgs;
use crate::clock;
use crate::console::views::{CurrencyTrial, Fleet, FleetItem, fleet, trial_balance};
use crate::documents;

#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    state: StateArgs,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let fleet = fleet(&hub.store, clock::now()).await?;
        let books = trial_balance(&hub.store).await?;
        let waiting = documents::waiting(&hub.store).await?;
        let node = hub.store.identity().node;
        hub.close().await?;
        if self.json {
            println!("{}", as_json(&json!(node), &fleet, &books, waiting));
        } else {
            print(&fleet, &books, waiting);
        }
        Ok(())
    }
}

fn as_json(node: &Value, fleet: &Fleet, books: &[CurrencyTrial], waiting: u64) -> Value {
    let difference = |book: &CurrencyTrial| {
        json!({
            "currency": book.currency,
            "debit_minor": book.debit_minor,
            "credit_minor": book.credit_minor,
            "difference_minor": book.difference_minor,
        })
    };
    json!({
        "region": fleet.region,
        "node": node,
        "items": fleet.items,
        "trial_balance": books.iter().map(difference).collect::<Vec<_>>(),
        "documents_waiting": waiting,
    })
}

fn print(fleet: &Fleet, books: &[CurrencyTrial], waiting: u64) {
    println!("Region {}", fleet.region);
    if fleet.items.is_empty() {
        println!("  no box is enrolled; invite one with sync-hub invite");
    }
    for item in &fleet.items {
        println!("  {}", line(item));
    }
    for book in books {
        let (currency, difference) = (book.currency, book.difference_minor);
        let verdict = if difference == 0 { "the books close" } else { "THE BOOKS DO NOT CLOSE" };
        println!("  {currency}: {verdict}, difference {difference}");
    }
    if waiting > 0 {
        println!("  {waiting} changes of texts wait to be taken in");
    }
}

fn line(item: &FleetItem) -> String {
    let seen = match item.lag_ms {
        Some(0) => "linked".to_owned(),
        Some(lag_ms) => format!("{} s behind", lag_ms / 1000),
        None => "never seen".to_owned(),
    };
    let agrees = match item.digest_agrees {
        Some(true) => "agrees",
        Some(false) => "DIFFERS",
        None => "not compared",
    };
    let (site, status, head) = (&item.site, &item.status, item.head_seq);
    let unsent = item.unsent.map_or_else(|| "?".to_owned(), |unsent| unsent.to_string());
    let (aside, open) = (item.quarantined, item.exceptions_open);
    format!(
        "{site:<16} {status:<8} {seen}, {head} entries, {unsent} unsent, {agrees}, \
         {aside} set aside, {open} exceptions"
    )
}
