//! `edge-node import orders`.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use shared_model::workflows::Command;
use tokio::runtime::Handle;

use super::StateArgs;
use crate::import::{
    Conversion, ImportedOrder, OrdersCsv, ProblemsCsv, Rate, Report, Taken, take_in,
};
use crate::state::StateDir;
use crate::store::{Asker, CommandError, Store, StoreError, record};
use shared_model::log::Hash;
use shared_model::orders::Order;

#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Orders, one line an article: InvoiceNo, StockCode, Description, Quantity, InvoiceDate,
    /// UnitPrice, CustomerID, Country. A bad line is reported, the rest goes in; the same file
    /// again adds nothing.
    Orders(Orders),
}

#[derive(Debug, Args)]
struct Orders {
    #[command(flatten)]
    state: StateArgs,
    file: PathBuf,
    /// Site currency for one unit of the file's, such as 165 or 165.25.
    #[arg(long, default_value = "1")]
    rate: Rate,
    /// Where to write the lines that were not taken, with field and remedy.
    #[arg(long, value_name = "FILE")]
    problems: Option<PathBuf>,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

impl Import {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let What::Orders(orders) = self.what;
        let handle = Handle::current();
        tokio::task::spawn_blocking(move || orders.run(&handle)).await?
    }
}

impl Orders {
    fn run(&self, runtime: &Handle) -> anyhow::Result<()> {
        let state = StateDir::new(&self.state.state);
        let profile = state.profile()?;
        let open = state.open_store()?;
        let file = File::open(&self.file).with_context(|| self.file.display().to_string())?;
        let conversion = Conversion {
            site: profile.site.code,
            currency: profile.site.currency,
            rate: self.rate,
            utc_offset_minutes: profile.site.time_zone.utc_offset_minutes(),
        };
        let mut orders = OrdersCsv::open(BufReader::with_capacity(1 << 20, file), conversion)?;
        let mut report = Report::new(&self.file.display().to_string());
        let mut problems = match &self.problems {
            Some(path) => {
                let sink = File::create(path).with_context(|| path.display().to_string())?;
                Some(ProblemsCsv::new(sink)?)
            }
            None => None,
        };
        let done = take_in(
            &mut orders,
            &mut report,
            |problem| match &mut problems {
                Some(csv) => csv.write(problem).map_err(std::io::Error::other),
                None => Ok(()),
            },
            |batch| runtime.block_on(take(&open.store, batch)),
        );
        if let Some(problems) = problems {
            problems.finish()?;
        }
        if self.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            println!("{report}");
        }
        open.close();
        Ok(done?)
    }
}

/// Submits a batch together, so that it shares a commit.
async fn take(store: &Store, batch: &[ImportedOrder]) -> Result<Vec<Taken>, StoreError> {
    let mut asked = Vec::with_capacity(batch.len());
    for order in batch {
        let (key, node) = (order.order.to_string(), store.node());
        let known = store.read(move |db| record::<Order>(db, node, &key)).await?.is_some();
        asked.push((known, order));
    }
    let mut waiting = tokio::task::JoinSet::new();
    for (index, (known, order)) in asked.iter().enumerate() {
        if *known {
            continue;
        }
        let (store, command) = (store.clone(), Command::ImportOrder(order.command()));
        let hash = *Hash::of(order.reference.as_str().as_bytes()).as_bytes();
        waiting
            .spawn(async move { (index, store.submit_in_turn(command, hash, Asker::NODE).await) });
    }
    let mut taken: Vec<Taken> = asked.iter().map(|_| Taken::Known).collect();
    while let Some(done) = waiting.join_next().await {
        let (index, answer) = done.map_err(|_| StoreError::Stopped)?;
        taken[index] = match answer {
            Ok(_) => Taken::In,
            Err(CommandError::Refused(refusal)) => {
                Taken::Refused { problem: refusal.detail, remedy: refusal.remedy.into_owned() }
            }
            Err(CommandError::IdReused { .. }) => Taken::Known,
            Err(CommandError::Store(error)) => return Err(error),
        };
    }
    Ok(taken)
}
