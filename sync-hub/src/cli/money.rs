//! `sync-hub match-statement` and `sync-hub pay-rider`: the money that only the hub moves.

use anyhow::{Context as _, bail};
use clap::Args;
use shared_model::gig::Rider;
use shared_model::id::{EntryId, NodeId, RiderId, SiteCode};
use shared_model::money::Currency;
use shared_model::workflows::{Command, MatchStatement, PayRider};

use super::opening::{OpenHub, StateArgs};
use crate::clock;
use crate::store::{AppendError, HubStore, uuid_v7};

#[derive(Debug, Args)]
pub(super) struct MatchDeposit {
    #[command(flatten)]
    state: StateArgs,
    /// The depot that made the deposit.
    #[arg(long)]
    site: SiteCode,
    /// The number on the deposit slip.
    #[arg(long)]
    slip: String,
    /// What the statement shows as received, in minor units.
    #[arg(long, value_name = "MINOR")]
    amount_minor: i64,
    /// What the bank kept of the deposit, in minor units.
    #[arg(long, default_value_t = 0, value_name = "MINOR")]
    fee_minor: i64,
    #[command(flatten)]
    booking: Booking,
}

#[derive(Debug, Args)]
pub(super) struct Pay {
    #[command(flatten)]
    state: StateArgs,
    /// The depot where the rider works.
    #[arg(long)]
    site: SiteCode,
    /// The rider's id, or name where one rider alone has it.
    #[arg(long)]
    rider: String,
    #[command(flatten)]
    booking: Booking,
}

#[derive(Debug, Args)]
struct Booking {
    /// Of the money; needed where a depot keeps books in several.
    #[arg(long)]
    currency: Option<Currency>,
    /// Keep it to send the same again: the same id is booked once.
    #[arg(long, value_name = "UUID")]
    id: Option<EntryId>,
}

impl MatchDeposit {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let depot = hub.node_at(&self.site).await?;
        let command = Command::MatchStatement(MatchStatement {
            id: self.booking.id(),
            depot,
            slip: self.slip.clone(),
            amount_minor: self.amount_minor,
            fee_minor: self.fee_minor,
        });
        self.booking.book(&hub, depot, &command).await?;
        hub.close().await?;
        println!("Deposit {} of {} is matched.", self.slip, self.site);
        Ok(())
    }
}

impl Pay {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let hub = self.state.open().await?;
        let depot = hub.node_at(&self.site).await?;
        let rider = rider(&hub.store, depot, &self.rider).await?;
        let command =
            Command::PayRider(PayRider { id: self.booking.id(), depot, rider: rider.rider });
        self.booking.book(&hub, depot, &command).await?;
        hub.close().await?;
        println!("{} of {} is paid.", rider.name, self.site);
        Ok(())
    }
}

impl Booking {
    fn id(&self) -> EntryId {
        self.id.unwrap_or_else(|| EntryId::new(uuid_v7()))
    }

    async fn book(&self, hub: &OpenHub, depot: NodeId, command: &Command) -> anyhow::Result<()> {
        let currency = match self.currency {
            Some(currency) => currency,
            None => currency_of(&hub.store, depot).await?,
        };
        match hub.store.append(command, currency, clock::now()).await {
            Ok(_) => Ok(()),
            Err(AppendError::Refused(refusal)) => {
                bail!("{}; remedy: {}", refusal.detail, refusal.remedy)
            }
            Err(AppendError::IdReused) => {
                bail!("the id was used for another command; remedy: leave --id out for a new one")
            }
            Err(AppendError::Store(error)) => Err(error.into()),
        }
    }
}

/// The currency of a depot's books, when it is one.
async fn currency_of(store: &HubStore, depot: NodeId) -> anyhow::Result<Currency> {
    let client = store.client().await?;
    let codes: Vec<&str> = Currency::ALL.iter().map(|currency| currency.code()).collect();
    let rows = client
        .query(
            "SELECT DISTINCT split_part(key, '|', 2) FROM balances
             WHERE author = $1 AND split_part(key, '|', 2) = ANY($2) AND key NOT LIKE 'bin/%'",
            &[depot.as_uuid(), &codes],
        )
        .await?;
    match rows.as_slice() {
        [row] => row.get::<_, &str>(0).parse().context("reading a currency"),
        [] => bail!("the depot has booked no money yet; remedy: name the currency with --currency"),
        _ => bail!("the depot keeps books in several currencies; remedy: name one with --currency"),
    }
}

/// By id, or by a name that one rider alone has.
async fn rider(store: &HubStore, depot: NodeId, asked: &str) -> anyhow::Result<Rider> {
    if let Ok(id) = asked.parse::<RiderId>() {
        let known = store.record::<Rider>(depot, &id.to_string()).await?;
        return known.with_context(|| format!("no rider {id} is known; remedy: check the id"));
    }
    let client = store.client().await?;
    let rows = client
        .query(
            "SELECT body FROM riders WHERE author = $1 AND text = $2",
            &[depot.as_uuid(), &asked.trim().to_lowercase()],
        )
        .await?;
    match rows.as_slice() {
        [row] => minicbor::decode(row.get(0)).context("reading a rider"),
        [] => bail!("no rider is called {asked}; remedy: give the id"),
        _ => bail!("several riders are called {asked}; remedy: give the id"),
    }
}
