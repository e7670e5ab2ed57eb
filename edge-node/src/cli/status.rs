//! `edge-node status`.

use clap::Args;

use super::StateArgs;
use crate::node::wall_clock;
use crate::state::StateDir;
use crate::store::{read_only, sync_state};
use crate::sync::meter::{LinkUse, link_use};
use crate::web::views::sync_json;

#[derive(Debug, Args)]
pub(super) struct Status {
    #[command(flatten)]
    state: StateArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Status {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let state = StateDir::new(&self.state.state);
        let site = state.site()?;
        let sync = read_only(&state.database(), sync_state)?;
        let link = LinkUse::read(&link_use(&self.state.state));
        if self.json {
            let mut status = sync_json(&sync, &[], wall_clock());
            status["link"] = serde_json::json!({"day": link.day, "bytes": link.bytes});
            status["site"] = site.site.as_str().into();
            status["node"] = site.node.to_string().into();
            status["entries"] = sync.entries.into();
            status["digest"] = sync.digest.to_string().into();
            println!("{status}");
            return Ok(());
        }
        println!("{} in {} ({})", site.site, site.region, site.node);
        println!("  log      epoch {}, entry {}", sync.head.epoch, sync.head.seq);
        println!("  unsent   {} of {} entries", sync.unsent, sync.entries);
        match sync.meta.last_contact {
            Some(at) => println!("  hub      last met {} ms after 1970", at.ms()),
            None => println!("  hub      never met"),
        }
        println!(
            "  aside    {} of others here, {} of ours at the hub",
            sync.quarantined, sync.meta.set_aside
        );
        println!("  leaf     {}", leaf_words(&sync_json(&sync, &[], wall_clock())));
        println!("  clock    {}", clock_words(&sync_json(&sync, &[], wall_clock())));
        println!("  link     {} bytes on day {} since 1970", link.bytes, link.day);
        println!("  digest   {}", sync.digest);
        Ok(())
    }
}

/// What the certificate allows, in words.
fn leaf_words(sync: &serde_json::Value) -> String {
    let until = match sync["certificate_until_ms"].as_i64() {
        None => return "none: this depot is not enrolled".to_owned(),
        Some(until) => until,
    };
    let how = match (sync["refused"].as_str(), sync["certificate_expired"].as_bool()) {
        (Some(code), _) => format!("the hub refuses this depot ({code})"),
        (None, Some(true)) => "expired; renewed by itself at the next contact".to_owned(),
        (None, _) => "holds".to_owned(),
    };
    format!("{how}, until {until} ms after 1970")
}

/// What the box's clock is worth, in words.
fn clock_words(sync: &serde_json::Value) -> &'static str {
    match (sync["clock"].as_str(), sync["clock_trusted"].as_bool()) {
        (Some("behind"), _) => "behind an hour that has passed for certain; remedy: set it",
        (Some("ahead"), _) => "years ahead of what the hub last said; remedy: set it",
        (_, Some(true)) => "trusted",
        _ => "not trusted by the last entry",
    }
}
