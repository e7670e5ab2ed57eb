//! What the box proposes: purchases for tomorrow, and two shelves for a customer at the counter.
//! Every answer says who computed it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::{Deserialize, Serialize};
use shared_model::id::{ArticleCode, BookId, CustomerId};
use shared_model::quantity::Pack;
use shared_model::replenishment::{Answer, Replenishment};
use shared_model::warehouse::ArticleStock;

use super::articles::{book_in_force, price_minor};
use super::paging::{Asked, Page, Statuses, unless_empty};
use super::reading::{Reached, Reading, read};
use crate::advice::{
    Again, By, Discovered, POLICY, Proposal, Reason, Shelf, again, discovered, propose,
};
use crate::identity::SignedIn;
use crate::store::{StoreError, now, record_at};
use crate::web::app::App;
use crate::web::body::{Json, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/proposals", get(proposals)).route("/api/v1/shelves", get(shelves))
}

#[derive(Debug)]
enum OfProposals {}

const PROPOSED: &str = "proposed";
const ANSWERED: &str = "answered";
const ENOUGH: &str = "enough";

impl Statuses for OfProposals {
    const ALL: &'static [&'static str] = &[PROPOSED, ANSWERED, ENOUGH];
}

/// Most urgent first: why, days left, article.
type Urgency = (i64, i64, String);

#[derive(Debug, Serialize)]
struct ProposalItem {
    article: ArticleCode,
    name: String,
    status: &'static str,
    available: i64,
    on_order: i64,
    #[serde(flatten)]
    proposal: Proposal,
    pack: Option<PackShown>,
    /// Today's answer.
    answered: Option<AnswerShown>,
    by: By,
    travelled: Reached,
}

#[derive(Debug, Serialize)]
struct PackShown {
    name: String,
    units: i64,
}

#[derive(Debug, Serialize)]
struct AnswerShown {
    answer: Answer,
    proposed: i64,
    bought: i64,
    at_ms: i64,
}

async fn proposals(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<OfProposals, Urgency>>,
) -> Result<Json<Page<ProposalItem>>, Problem> {
    let now = now();
    let forecasts = app.advice.forecasts(now).await;
    let advice = app.advice.clone();
    read(&app, move |reading| {
        let mut found = Vec::new();
        for (code, forecast) in &forecasts.of {
            let Some(article) = reading.article(code.as_str())? else { continue };
            if !asked.matches(&format!("{code} {}", article.name)) {
                continue;
            }
            let (stock, kept, travelled) = standing(reading, code)?;
            if stock.blocked {
                continue;
            }
            let shelf = Shelf {
                available: stock.available(&reading.site.unsellable),
                on_order: kept.map_or(0, |kept| kept.on_order),
            };
            let pack = smallest_pack(&article.packs);
            let proposal = propose(forecast, shelf, POLICY, pack);
            let today = |kept: &Replenishment| advice.day(kept.answered) == forecasts.day;
            let answered = kept.filter(today);
            let status = status_of(&proposal, answered.as_ref());
            if asked.status().is_some_and(|wanted| wanted != status) {
                continue;
            }
            let key = urgency(&proposal, code);
            if asked.after().is_some_and(|after| key <= *after) {
                continue;
            }
            let item = ProposalItem {
                article: code.clone(),
                name: article.name.clone(),
                status,
                available: shelf.available,
                on_order: shelf.on_order,
                proposal,
                pack: pack.map(|pack| PackShown { name: pack.name.clone(), units: pack.factor }),
                answered: answered.map(shown),
                by: forecasts.by.clone(),
                travelled,
            };
            found.push((key, item));
        }
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Page::cut(found, asked.limit()))
    })
    .await
}

type Standing = (ArticleStock, Option<Replenishment>, Reached);

fn standing(reading: &Reading<'_>, code: &ArticleCode) -> Result<Standing, StoreError> {
    let stock: Option<ArticleStock> = reading.own(code.as_str())?;
    let kept = record_at::<Replenishment>(reading.db, reading.me(), code.as_str())?;
    let travelled =
        kept.as_ref().map_or(Reached::Hub, |(_, at)| reading.reached(reading.me(), *at));
    Ok((stock.unwrap_or_default(), kept.map(|(kept, _)| kept), travelled))
}

fn status_of(proposal: &Proposal, answered: Option<&Replenishment>) -> &'static str {
    if answered.is_some() {
        ANSWERED
    } else if proposal.reason == Reason::Enough {
        ENOUGH
    } else {
        PROPOSED
    }
}

fn urgency(proposal: &Proposal, code: &ArticleCode) -> Urgency {
    let days_left = proposal.days_left.unwrap_or(i64::MAX);
    (proposal.reason as i64, days_left, code.to_string())
}

fn smallest_pack(packs: &[Pack]) -> Option<&Pack> {
    packs.iter().filter(|pack| pack.factor > 1).min_by_key(|pack| pack.factor)
}

fn shown(kept: Replenishment) -> AnswerShown {
    AnswerShown {
        answer: kept.answer,
        proposed: kept.proposed,
        bought: kept.bought,
        at_ms: kept.answered.ms(),
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    #[serde(default, deserialize_with = "unless_empty")]
    customer: Option<CustomerId>,
}

#[derive(Debug, Serialize)]
struct Shelves {
    again: Vec<AgainShown>,
    discover: Vec<DiscoverShown>,
    /// Who knew what is bought together.
    by: By,
}

#[derive(Debug, Serialize)]
struct Offered {
    name: String,
    price_minor: i64,
    available: i64,
}

#[derive(Debug, Serialize)]
struct AgainShown {
    #[serde(flatten)]
    again: Again,
    #[serde(flatten)]
    offered: Offered,
}

#[derive(Debug, Serialize)]
struct DiscoverShown {
    #[serde(flatten)]
    discovered: Discovered,
    because_of_name: Option<String>,
    #[serde(flatten)]
    offered: Offered,
}

async fn shelves(
    State(app): State<App>,
    _: SignedIn,
    Query(whose): Query<Whose>,
) -> Result<Json<Shelves>, Problem> {
    let now = now();
    let (table, by) = app.advice.table(now);
    let advice = app.advice.clone();
    read(&app, move |reading| {
        let habits = whose
            .customer
            .and_then(|customer| advice.with(|history| history.habits(customer).cloned()))
            .unwrap_or_default();
        let counter = Counter::open(reading)?;
        let due = again(&habits, &advice.fares(advice.day(now)), advice.day(now), |article| {
            counter.sells(article)
        });
        let new = discovered(&table, &habits, |article| counter.sells(article));
        let mut offers = counter.offers()?;
        let mut shelves = Shelves { again: Vec::new(), discover: Vec::new(), by };
        for again in due {
            let Some(offered) = offers.remove(&again.article) else { continue };
            shelves.again.push(AgainShown { again, offered });
        }
        for discovered in new {
            let Some(offered) = offers.remove(&discovered.article) else { continue };
            let because_of_name = match &discovered.because_of {
                Some(article) => Some(reading.article_name(article)?),
                None => None,
            };
            shelves.discover.push(DiscoverShown { discovered, because_of_name, offered });
        }
        Ok(shelves)
    })
    .await
}

/// What can be sold here now, looked up as it is asked for: few articles of many are.
struct Counter<'r, 'c> {
    reading: &'r Reading<'c>,
    book: Option<BookId>,
    seen: RefCell<BTreeMap<ArticleCode, Offered>>,
    failed: RefCell<Option<StoreError>>,
}

impl<'r, 'c> Counter<'r, 'c> {
    fn open(reading: &'r Reading<'c>) -> Result<Self, StoreError> {
        let book = book_in_force(reading)?;
        Ok(Self { reading, book, seen: RefCell::default(), failed: RefCell::default() })
    }

    /// Priced, on the shelf, not blocked.
    fn sells(&self, article: &ArticleCode) -> bool {
        match self.offer(article) {
            Ok(Some(offered)) => {
                self.seen.borrow_mut().insert(article.clone(), offered);
                true
            }
            Ok(None) => false,
            Err(error) => {
                self.failed.borrow_mut().get_or_insert(error);
                false
            }
        }
    }

    fn offer(&self, code: &ArticleCode) -> Result<Option<Offered>, StoreError> {
        let stock: ArticleStock = self.reading.own(code.as_str())?.unwrap_or_default();
        let available = stock.available(&self.reading.site.unsellable);
        if stock.blocked || available <= 0 {
            return Ok(None);
        }
        let Some(article) = self.reading.article(code.as_str())? else { return Ok(None) };
        let price = price_minor(self.reading, self.book, code)?;
        Ok(price.map(|price_minor| Offered { name: article.name, price_minor, available }))
    }

    /// Everything found sellable, or what kept it from being looked up.
    fn offers(self) -> Result<BTreeMap<ArticleCode, Offered>, StoreError> {
        match self.failed.into_inner() {
            Some(error) => Err(error),
            None => Ok(self.seen.into_inner()),
        }
    }
}
