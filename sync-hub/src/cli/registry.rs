//! `sync-hub models`: the registry at the command line. Whoever orders something is a console user
//! who gives the password, so that two persons are two persons here too.

use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand, ValueEnum};
use data_encoding::HEXLOWER;
use serde_json::json;
use shared_model::id::{EntryId, ModelCode, RingCode, SiteCode};
use shared_model::inference::{ModelKeys, Step};
use shared_model::text::Remark;
use web_rim::secret::Hasher;

use super::opening::{OpenHub, StateArgs, pepper};
use crate::clock;
use crate::console::credentials::{self, Charged, UserName};
use crate::registry::{self, Ask, Proposal, Signer};
use crate::store::{AppendError, uuid_v7};

const PROPOSALS_SHOWN_MAX: i64 = 20;

#[derive(Debug, Subcommand)]
pub(super) enum Models {
    /// Show the keys that sign models, making them if there are none; or take the next one.
    Keys(Keys),
    /// Take a bundle into the registry; depots hear nothing of it yet.
    Import(Import),
    /// Show models, versions, where they are in use, and what waits for approval.
    List(List),
    /// Say which sites are in a ring; without sites the ring goes.
    Ring(SetRing),
    /// Propose that a ring tries or uses a version; another person approves.
    Publish(Publish),
    /// Approve what another person proposed: the order goes out to the ring.
    Approve(Decide),
    /// Reject a proposal, or withdraw one's own.
    Reject(Decide),
    /// Have a ring answer by the baseline at once.
    Pause(OrderNow),
    /// Put back a version that was approved for the ring before, at once.
    Rollback(OrderNow),
}

/// Who asks.
#[derive(Debug, Args)]
struct PersonArgs {
    /// A user of the console.
    #[arg(long, value_parser = super::admin::user_name, value_name = "NAME")]
    user: UserName,
    /// Where that user's password is (first line).
    #[arg(long, value_name = "FILE")]
    password_file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Keys {
    #[command(flatten)]
    state: StateArgs,
    /// The next key becomes the current one, and a new next one is made.
    #[arg(long)]
    rotate: bool,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    person: PersonArgs,
    /// The bundle's folder, with manifest.json and manifest.sig.
    bundle: PathBuf,
    /// Whose signature it has, when it is no key of this region: 64 hexadecimal digits, or
    /// `development` for the key that everybody has.
    #[arg(long, value_name = "KEY")]
    signer: Option<Signer>,
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    state: StateArgs,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct SetRing {
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    person: PersonArgs,
    ring: RingCode,
    /// Such as NBO-1.
    sites: Vec<SiteCode>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Use {
    /// Run it silently beside the one in use.
    Shadow,
    /// Use it.
    Activate,
    /// Use the paused version again.
    Resume,
}

#[derive(Debug, Args)]
pub(super) struct Publish {
    #[command(flatten)]
    which: Which,
    /// What the ring is to do with it.
    #[arg(long, value_enum)]
    step: Use,
}

#[derive(Debug, Args)]
pub(super) struct OrderNow {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    person: PersonArgs,
    /// Such as arrival-time.
    model: ModelCode,
    version: u32,
    /// Which depots; every one of the region unless named.
    #[arg(long, default_value = registry::ALL)]
    ring: RingCode,
    /// Why.
    #[arg(long, value_parser = remark)]
    note: Remark,
}

#[derive(Debug, Args)]
pub(super) struct Decide {
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    person: PersonArgs,
    /// The proposal's id, as sync-hub models list shows it.
    proposal: EntryId,
    /// Why it is rejected.
    #[arg(long, value_parser = remark, default_value = "not now")]
    note: Remark,
}

fn remark(text: &str) -> Result<Remark, String> {
    Remark::new(text).map_err(|error| error.to_string())
}

impl Models {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Keys(keys) => keys.run().await,
            Self::Import(import) => import.run().await,
            Self::List(list) => list.run().await,
            Self::Ring(ring) => ring.run().await,
            Self::Publish(publish) => publish.run().await,
            Self::Approve(decide) => decide.run(true).await,
            Self::Reject(decide) => decide.run(false).await,
            Self::Pause(order) => order.run(Step::Pause).await,
            Self::Rollback(order) => order.run(Step::Rollback).await,
        }
    }
}

impl Keys {
    async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let keys = if self.rotate {
            registry::rotate_keys(&hub.store, clock::now()).await
        } else {
            registry::ensure_keys(&hub.store, clock::now()).await
        };
        hub.close().await?;
        let ModelKeys { current, next, generation } = keys?;
        println!("current {}", HEXLOWER.encode(current.as_bytes()));
        println!("next    {}", HEXLOWER.encode(next.as_bytes()));
        println!("pinned  {generation} times; depots learn it from the hub's log");
        Ok(())
    }
}

impl Import {
    async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let imported = async {
            let who = self.person.prove(&hub, &self.state).await?;
            let (bundle, now) = (&self.bundle, clock::now());
            let imported = registry::import(&hub.store, bundle, self.signer, &who, now).await;
            imported.with_context(|| format!("importing {}", self.bundle.display()))
        };
        let imported = imported.await;
        hub.close().await?;
        let imported = imported?;
        let again = if imported.again { " (it was there before)" } else { "" };
        println!(
            "{} version {}, {} bytes, manifest {}{again}",
            imported.model, imported.version, imported.bundle_bytes, imported.manifest
        );
        if imported.signer == model_bundle::PublicKey::development() {
            println!("It is signed by the development key, which everybody has: for trials only.");
        }
        println!("Next: sync-hub models publish --step shadow");
        Ok(())
    }
}

impl List {
    async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let read = async {
            let listed = registry::versions(&hub.store).await?;
            let open =
                registry::proposals(&hub.store, None, Some("open"), None, PROPOSALS_SHOWN_MAX);
            anyhow::Ok((listed, open.await?, registry::rings(&hub.store).await?))
        };
        let read = read.await;
        hub.close().await?;
        let (listed, open, rings) = read?;
        if self.json {
            println!("{}", json!({ "items": listed, "open": open, "rings": rings }));
            return Ok(());
        }
        if listed.is_empty() {
            println!("No model was imported; take one with sync-hub models import.");
        }
        for model in &listed {
            println!("{}", model.model);
            for version in &model.versions {
                let number = version.version;
                let named = [(model.champion, "champion"), (model.challenger, "challenger")];
                let names: Vec<&str> = named
                    .iter()
                    .filter(|(version, _)| *version == Some(number))
                    .map(|(_, name)| *name)
                    .collect();
                println!(
                    "  {number:>4} {:<10} until {}, {} bytes, used at {}, tried at {}",
                    names.join("+"),
                    version.expires_on,
                    version.bundle_bytes,
                    listing(&version.active_at),
                    listing(&version.shadow_at),
                );
            }
        }
        for ring in rings {
            println!("ring {:<16} {}", ring.ring, listing(&ring.sites));
        }
        for proposal in open {
            println!("waits for approval: {}", line(&proposal));
        }
        Ok(())
    }
}

fn listing(sites: &[String]) -> String {
    if sites.is_empty() { "no site".to_owned() } else { sites.join(" ") }
}

fn line(proposal: &Proposal) -> String {
    let Proposal { proposal: id, model, version, step, ring, proposed_by, note, .. } = proposal;
    format!("{id} {step} {model} {version} in {ring}, by {proposed_by}: {note}")
}

impl SetRing {
    async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let set = async {
            let who = self.person.prove(&hub, &self.state).await?;
            let (ring, sites) = (&self.ring, &self.sites);
            told(registry::set_ring(&hub.store, ring, sites, &who, clock::now()).await)
        };
        let set = set.await;
        hub.close().await?;
        set?;
        println!(
            "Ring {} has {} sites; orders from now on go to them.",
            self.ring,
            self.sites.len()
        );
        Ok(())
    }
}

impl Publish {
    async fn run(self) -> anyhow::Result<()> {
        let step = match self.step {
            Use::Shadow => Step::Shadow,
            Use::Activate => Step::Activate,
            Use::Resume => Step::Resume,
        };
        let hub = self.which.state.open().await?;
        let proposed = async {
            let who = self.which.person.prove(&hub, &self.which.state).await?;
            let ask = self.which.ask(step);
            told(registry::propose(&hub.store, &ask, &who, clock::now()).await)
        };
        let proposed = proposed.await;
        hub.close().await?;
        println!("{}", proposed?.proposal);
        Ok(())
    }
}

impl OrderNow {
    async fn run(self, step: Step) -> anyhow::Result<()> {
        let hub = self.which.state.open().await?;
        let ordered = async {
            let who = self.which.person.prove(&hub, &self.which.state).await?;
            let ask = self.which.ask(step);
            told(registry::order_at_once(&hub.store, &ask, &who, clock::now()).await)
        };
        let ordered = ordered.await;
        hub.close().await?;
        println!("Ordered: {}", line(&ordered?));
        Ok(())
    }
}

impl Which {
    fn ask(&self, step: Step) -> Ask {
        Ask {
            id: EntryId::new(uuid_v7()),
            model: self.model.clone(),
            version: self.version,
            step,
            ring: self.ring.clone(),
            note: self.note.clone(),
        }
    }
}

impl Decide {
    async fn run(self, yes: bool) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let decided = async {
            let who = self.person.prove(&hub, &self.state).await?;
            let (store, now) = (&hub.store, clock::now());
            told(if yes {
                registry::approve(store, self.proposal, &who, now).await
            } else {
                registry::reject(store, self.proposal, &self.note, &who, now).await
            })
        };
        let decided = decided.await;
        hub.close().await?;
        let decided = decided?;
        println!("{}: {}", decided.status.as_str(), line(&decided));
        Ok(())
    }
}

impl PersonArgs {
    /// The user's name, once the password was right.
    async fn prove(&self, hub: &OpenHub, state: &StateArgs) -> anyhow::Result<String> {
        let name = self.user.as_str();
        let text = std::fs::read_to_string(&self.password_file)
            .with_context(|| format!("reading the password in {}", self.password_file.display()))?;
        let password = text.lines().next().unwrap_or_default().to_owned();
        let mut client = hub.store.client().await?;
        let tx = client.build_transaction().start().await?;
        let charged = credentials::charge(&*tx, &self.user).await?;
        tx.commit().await?;
        let phc = match charged {
            Charged::Try { phc, .. } => phc,
            Charged::Unknown => bail!("there is no user {name}; remedy: see sync-hub admin list"),
            Charged::Pause { wait_ms } => {
                bail!("too many wrong passwords for {name}; remedy: wait {} s", wait_ms / 1000 + 1)
            }
        };
        let hasher = Hasher::new(pepper(&state.state)?)?;
        let right = hasher.verify(password, Some(phc)).await?;
        ensure!(
            right,
            "the password of {name} is wrong; remedy: correct the first line of the file"
        );
        credentials::forgive(&**client, &self.user).await?;
        Ok(name.to_owned())
    }
}

fn told<T>(outcome: Result<T, AppendError>) -> anyhow::Result<T> {
    match outcome {
        Ok(done) => Ok(done),
        Err(AppendError::Refused(refusal)) => {
            bail!("{}; remedy: {}", refusal.detail, refusal.remedy)
        }
        Err(error) => Err(error.into()),
    }
}
