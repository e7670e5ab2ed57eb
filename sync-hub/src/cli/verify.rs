//! `sync-hub verify`.

use std::process::ExitCode;

use clap::Args;

use super::opening::StateArgs;
use crate::verify::{Findings, verify};

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    state: StateArgs,
    /// Print what was found as JSON.
    #[arg(long)]
    json: bool,
}

impl Verify {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let hub = self.state.open().await?;
        let findings = verify(&hub.store).await;
        hub.close().await?;
        let findings = findings?;
        if self.json {
            println!("{}", serde_json::to_string(&findings)?);
        } else {
            print(&findings);
        }
        Ok(if findings.sound() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn print(findings: &Findings) {
    for author in &findings.authors {
        let (site, node, entries) = (&author.site, author.node, author.entries);
        let (epochs, aside, digest) = (author.epochs, author.set_aside, &author.digest);
        println!(
            "{site} {node}: {entries} entries in {epochs} epochs, {aside} set aside, \
             records {digest}"
        );
        for fault in &author.faults {
            println!("  FAULT: {fault}");
        }
    }
    for (currency, difference) in &findings.unbalanced {
        println!("FAULT: the books of {currency} do not close; difference {difference}");
    }
    if findings.sound() {
        println!(
            "Every chain holds, every book closes, and the records are what the logs come to."
        );
    } else {
        println!("Remedy: stop the hub, keep a copy of its folder and database, and call support.");
    }
}
