//! `edge-node models`: what the models here do, and what a person may do about them.

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, Subcommand};
use model_bundle::PublicKey;
use serde_json::json;
use shared_model::id::ModelCode;
use shared_model::inference::Life;

use super::StateArgs;
use crate::inference::local::{self, Answered, Local, Told};
use crate::state::StateDir;
use crate::store::now;

/// Answers that `explain` shows.
const ANSWERS_SHOWN_MAX: u32 = 10;

#[derive(Debug, Subcommand)]
pub(super) enum Models {
    /// Show each model: what is in use, what is tried, what is here.
    List(List),
    /// Check signature, hashes, features, expiry and golden vectors, in a worker process.
    Verify(Verify),
    /// Run an announced version silently beside the one in use.
    Shadow(TakeUp),
    /// Use an announced version; never one older than what was in use.
    Activate(TakeUp),
    /// Go back to the version before, or to the baseline; the one left stays barred.
    Rollback(Rollback),
    /// Say who answers for a model and why, and what was answered last.
    Explain(Explain),
    /// Take in a bundle's files from a folder, where the link is too thin to fetch them.
    Bring(Bring),
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    state: StateArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    state: StateArgs,
    /// Such as arrival-time; every version here unless named.
    model: Option<ModelCode>,
    /// A bundle's folder instead.
    #[arg(long, value_name = "DIR", requires = "signer")]
    bundle: Option<PathBuf>,
    /// Whose signature the folder must have: 64 hexadecimal digits, or `development`.
    #[arg(long, value_name = "KEY", value_parser = signer)]
    signer: Option<PublicKey>,
}

#[derive(Debug, Args)]
pub(super) struct TakeUp {
    #[command(flatten)]
    state: StateArgs,
    model: ModelCode,
    version: u32,
}

#[derive(Debug, Args)]
pub(super) struct Rollback {
    #[command(flatten)]
    state: StateArgs,
    model: ModelCode,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    #[command(flatten)]
    state: StateArgs,
    model: ModelCode,
    /// Only what was said of this, such as an order's id.
    #[arg(long)]
    subject: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Bring {
    #[command(flatten)]
    state: StateArgs,
    /// The bundle's folder, with manifest.json.
    bundle: PathBuf,
}

fn signer(text: &str) -> Result<PublicKey, String> {
    if text == "development" {
        return Ok(PublicKey::development());
    }
    text.parse()
        .map_err(|_| "is no key; remedy: write 64 lower-case hex digits, or development".to_owned())
}

impl Models {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(),
            Self::Verify(verify) => verify.run(),
            Self::Shadow(take_up) => take_up.run(true),
            Self::Activate(take_up) => take_up.run(false),
            Self::Rollback(rollback) => rollback.run(),
            Self::Explain(explain) => explain.run(),
            Self::Bring(bring) => bring.run(),
        }
    }
}

fn open(state: &StateArgs) -> anyhow::Result<(StateDir, Local)> {
    let state = StateDir::new(&state.state);
    let local = Local::open(&state, now())?;
    Ok((state, local))
}

impl List {
    fn run(self) -> anyhow::Result<()> {
        let (_, local) = open(&self.state)?;
        let told = local.tell()?;
        if self.json {
            let items: Vec<_> = told.iter().map(as_json).collect();
            println!("{}", json!({ "items": items }));
            return Ok(());
        }
        if told.is_empty() {
            println!("The hub has announced no model; the baselines answer.");
        }
        for told in told {
            println!("{:<16} {}", told.model, in_words(&told.life, told.standing.state.as_str()));
            if !told.standing.note.is_empty() {
                println!("  {}", told.standing.note);
            }
            for version in &told.versions {
                println!(
                    "  {:>4} {:<8} {:>8} bytes {} {}",
                    version.published.version,
                    version.place,
                    version.published.bundle_bytes,
                    if version.here { "here    " } else { "not here" },
                    version.published.manifest,
                );
            }
        }
        Ok(())
    }
}

fn in_words(life: &Life, state: &str) -> String {
    let version = |held: Option<shared_model::inference::Held>| {
        held.map_or_else(|| "none".to_owned(), |held| held.version.to_string())
    };
    format!(
        "{state}: in use {}, tried {}, to go back to {}",
        version(life.active),
        version(life.shadow),
        version(life.previous)
    )
}

fn as_json(told: &Told) -> serde_json::Value {
    let versions: Vec<_> = told
        .versions
        .iter()
        .map(|version| {
            json!({
                "version": version.published.version,
                "manifest": version.published.manifest,
                "place": version.place,
                "here": version.here,
                "bundle_bytes": version.published.bundle_bytes,
            })
        })
        .collect();
    json!({
        "model": told.model,
        "state": told.standing.state,
        "note": told.standing.note,
        "life": told.life,
        "versions": versions,
    })
}

impl Verify {
    fn run(self) -> anyhow::Result<()> {
        if let (Some(bundle), Some(signer)) = (&self.bundle, self.signer) {
            let verified = local::verify_folder(bundle, signer, now())?;
            let manifest = verified.manifest();
            println!(
                "{} version {} is sound: {}",
                manifest.id,
                manifest.version,
                verified.sha256()
            );
            return Ok(());
        }
        let (_, local) = open(&self.state)?;
        let (mut checked, mut faults) = (0, 0);
        for told in local.tell()? {
            if self.model.as_ref().is_some_and(|model| *model != told.model) {
                continue;
            }
            for version in told.versions.iter().filter(|version| version.here) {
                checked += 1;
                let number = version.published.version;
                match local.verify(&told.model, number) {
                    Ok(_) => println!("{} version {number} is sound", told.model),
                    Err(error) => {
                        faults += 1;
                        println!("{} version {number} is NOT sound: {error:#}", told.model);
                    }
                }
            }
        }
        if faults > 0 {
            bail!("{faults} of {checked} versions are not sound");
        }
        println!("{checked} versions checked.");
        Ok(())
    }
}

impl TakeUp {
    fn run(self, trial: bool) -> anyhow::Result<()> {
        let (_, local) = open(&self.state)?;
        let life = local.take_up(&self.model, self.version, trial)?;
        println!("{} {}", self.model, in_words(&life, "switched"));
        println!("A running depot goes by it within two seconds.");
        Ok(())
    }
}

impl Rollback {
    fn run(self) -> anyhow::Result<()> {
        let (_, local) = open(&self.state)?;
        let life = local.roll_back(&self.model)?;
        println!("{} {}", self.model, in_words(&life, "went back"));
        Ok(())
    }
}

impl Explain {
    fn run(self) -> anyhow::Result<()> {
        let (state, local) = open(&self.state)?;
        let Some(told) = local.tell()?.into_iter().find(|told| told.model == self.model) else {
            bail!(
                "the hub has announced no model {}; remedy: see edge-node models list",
                self.model
            );
        };
        println!("{} {}", told.model, in_words(&told.life, told.standing.state.as_str()));
        if !told.standing.note.is_empty() {
            println!("why: {}", told.standing.note);
        }
        println!("last order obeyed or refused: {}", told.life.order);
        println!("went back: {} times", told.life.rollbacks);
        for barred in &told.life.barred {
            println!("barred: {barred}");
        }
        let subject = self.subject.as_deref();
        let answers = local::answers(&state, &self.model, subject, ANSWERS_SHOWN_MAX)?;
        if answers.is_empty() {
            println!("nothing was asked yet");
        }
        for answer in answers {
            println!("{}", line(&answer));
        }
        Ok(())
    }
}

fn line(answer: &Answered) -> String {
    let version = answer.version.map_or_else(String::new, |version| format!(" {version}"));
    let actual = answer.actual.map_or_else(String::new, |actual| format!(", came to {actual:.1}"));
    let reason = answer.reason.as_deref().map_or_else(String::new, |why| format!(", for {why}"));
    format!(
        "{} ms: {}{version} said {:?}, baseline {:?}{actual}{reason}, features {}",
        answer.at_ms,
        answer.role,
        answer.outputs,
        answer.baseline,
        answer.features.get(..12).unwrap_or_default()
    )
}

impl Bring {
    fn run(self) -> anyhow::Result<()> {
        let (_, local) = open(&self.state)?;
        let version = local.bring(&self.bundle)?;
        println!("All files of version {version} are here; it is used when the hub orders it.");
        Ok(())
    }
}
