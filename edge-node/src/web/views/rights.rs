//! Stock that one site promised to another: what is left of each promise, and what was sold under
//! it elsewhere and waits here to be handed over.

use std::collections::BTreeSet;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::id::{ArticleCode, NodeId, OrderId, RightId};
use shared_model::records::keys;
use shared_model::rights::{
    Grants, Holding, PassedIn, PassedOn, RemoteHandover, RemoteSale, Right, left,
};

use super::paging::{Asked, NoStatus, Page, Statuses, page};
use super::reading::{Reached, Reading, read};
use crate::identity::SignedIn;
use crate::store::{StoreError, Wanted, record, record_at, records_listed, records_under};
use crate::web::app::App;
use crate::web::body::{Json, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/v1/rights", get(rights))
        .route("/api/v1/remote-sales", get(remote_sales))
}

/// A right, as the page of its article shows it.
#[derive(Debug, Serialize)]
pub(super) struct RightOfArticle {
    right: RightId,
    holder_site: String,
    home_site: String,
    granted: i64,
    spent: i64,
    returned: i64,
    left: i64,
}

#[derive(Debug, Serialize)]
struct RightItem {
    right: RightId,
    article: ArticleCode,
    name: String,
    home_site: String,
    holder_site: String,
    granted: i64,
    spent: i64,
    returned: i64,
    left: i64,
    travelled: Reached,
}

async fn rights(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<NoStatus>>,
) -> Result<Json<Page<RightItem>>, Problem> {
    read(&app, move |reading| {
        page::<Right, _>(reading, asked.wanted_unsearched(None), |reading, row| {
            let name = reading.article_name(&row.record.article)?;
            if !asked.matches(&format!("{} {name}", row.record.article)) {
                return Ok(None);
            }
            let Some((right, travelled)) = shown(reading, &row.record)? else { return Ok(None) };
            Ok(Some(RightItem {
                right: right.right,
                article: row.record.article,
                name,
                home_site: right.home_site,
                holder_site: right.holder_site,
                granted: right.granted,
                spent: right.spent,
                returned: right.returned,
                left: right.left,
                travelled,
            }))
        })
    })
    .await
}

/// The rights on one article that this site granted or holds.
pub(super) fn rights_of(
    reading: &mut Reading<'_>,
    article: &ArticleCode,
) -> Result<Vec<RightOfArticle>, StoreError> {
    let me = reading.me();
    let mut known: BTreeSet<(RightId, NodeId)> = BTreeSet::new();
    for (home, grants) in records_under::<Grants>(reading.db, &keys::grants(me, article))? {
        known.extend(grants.rights.into_iter().map(|right| (right, home)));
    }
    for peer in reading.peers()? {
        let granted: Option<Grants> = reading.own(&keys::grants(peer.node, article))?;
        known.extend(granted.unwrap_or_default().rights.into_iter().map(|right| (right, me)));
        let passed = passed_to_me(reading, peer.node, article)?;
        known.extend(passed.into_iter().map(|passed| (passed.right, passed.home)));
    }
    let mut rights = Vec::with_capacity(known.len());
    for (right, home) in known {
        let written: Option<Right> = record(reading.db, home, &right.to_string())?;
        if let Some(right) = written {
            rights.extend(shown(reading, &right)?.map(|(right, _)| right));
        }
    }
    Ok(rights)
}

/// A right as this site stands to it; none when it is between two others.
fn shown(
    reading: &mut Reading<'_>,
    right: &Right,
) -> Result<Option<(RightOfArticle, Reached)>, StoreError> {
    if right.home == reading.me() {
        granted_here(reading, right).map(Some)
    } else {
        held_here(reading, right)
    }
}

/// Whoever holds it now, wherever it was passed on to: what all of them spent and gave back.
fn granted_here(
    reading: &mut Reading<'_>,
    right: &Right,
) -> Result<(RightOfArticle, Reached), StoreError> {
    let key = right.right.to_string();
    let holdings = records_under::<Holding>(reading.db, &key)?;
    let sum = |of: fn(&Holding) -> i64| holdings.iter().map(|(_, holding)| of(holding)).sum();
    let (spent, returned): (i64, i64) =
        (sum(|holding| holding.spent), sum(|holding| holding.returned));
    let written = record_at::<Right>(reading.db, reading.me(), &key)?;
    let travelled = written.map_or(Reached::Hub, |(_, at)| reading.reached(reading.me(), at));
    let right = RightOfArticle {
        right: right.right,
        holder_site: reading.site_of(right.holder)?,
        home_site: reading.site_of(right.home)?,
        granted: right.granted,
        spent,
        returned,
        left: right.granted - spent - returned,
    };
    Ok((right, travelled))
}

/// The same sum as when a sale is decided: granted and passed on to this site, less what it spent,
/// gave back and passed on.
fn held_here(
    reading: &mut Reading<'_>,
    right: &Right,
) -> Result<Option<(RightOfArticle, Reached)>, StoreError> {
    let me = reading.me();
    let mut passed = passed_to_me(reading, right.home, &right.article)?;
    passed.retain(|passed| passed.right == right.right);
    if right.holder != me && passed.is_empty() {
        return Ok(None);
    }
    let written = record_at::<Holding>(reading.db, me, &right.right.to_string())?;
    let travelled = written.as_ref().map_or(Reached::Hub, |(_, at)| reading.reached(me, *at));
    let own = written.map(|(holding, _)| holding).unwrap_or_default();
    let left = left(me, Some(right), &passed, &own);
    let right = RightOfArticle {
        right: right.right,
        holder_site: reading.site_of(me)?,
        home_site: reading.site_of(right.home)?,
        granted: left + own.spent + own.returned + own.passed_on,
        spent: own.spent,
        returned: own.returned,
        left,
    };
    Ok(Some((right, travelled)))
}

fn passed_to_me(
    reading: &Reading<'_>,
    home: NodeId,
    article: &ArticleCode,
) -> Result<Vec<PassedOn>, StoreError> {
    let key = keys::passed_in(reading.me(), home, article);
    let records = records_under::<PassedIn>(reading.db, &key)?;
    Ok(records.into_iter().flat_map(|(_, passed)| passed.passed).collect())
}

#[derive(Debug)]
enum OfRemoteSales {}

const OPEN: &str = "open";
const HANDED_OVER: &str = "handed_over";

impl Statuses for OfRemoteSales {
    const ALL: &'static [&'static str] = &[OPEN, HANDED_OVER];
}

#[derive(Debug, Serialize)]
struct RemoteSaleItem {
    order: OrderId,
    seller_site: String,
    right: RightId,
    article: ArticleCode,
    name: String,
    quantity: i64,
    status: &'static str,
    travelled: Reached,
}

/// Where an item stands in the list: the sale, then the item's place in it.
type ItemKey = (String, u32);

/// Sales of this site's stock by others are few beside its own: all are looked through.
async fn remote_sales(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<OfRemoteSales, ItemKey>>,
) -> Result<Json<Page<RemoteSaleItem>>, Problem> {
    read(&app, move |reading| {
        let wanted = Wanted { limit: u32::MAX, ..Wanted::default() };
        let limit = usize::try_from(asked.limit()).unwrap_or(usize::MAX);
        let mut found: Vec<(ItemKey, RemoteSaleItem)> = Vec::new();
        for row in records_listed::<RemoteSale>(reading.db, &wanted)? {
            for (place, item) in items_here(reading, row.author, &row.record)? {
                let key = (row.key.clone(), place);
                let passed = asked.after().is_some_and(|after| key <= *after);
                let other = asked.status().is_some_and(|status| status != item.status);
                let text = format!("{} {} {}", item.article, item.name, item.seller_site);
                if !passed && !other && asked.matches(&text) {
                    found.push((key, item));
                }
            }
            if found.len() > limit {
                break;
            }
        }
        Ok(Page::cut(found, asked.limit()))
    })
    .await
}

/// What of a sale lies here. All of it leaves at once.
fn items_here(
    reading: &mut Reading<'_>,
    seller: NodeId,
    sale: &RemoteSale,
) -> Result<Vec<(u32, RemoteSaleItem)>, StoreError> {
    let me = reading.me();
    if !sale.items.iter().any(|item| item.home == me) {
        return Ok(Vec::new());
    }
    let gone = record_at::<RemoteHandover>(reading.db, me, &sale.order.to_string())?;
    let travelled = gone.as_ref().map_or(Reached::Hub, |(_, at)| reading.reached(me, *at));
    let status = if gone.is_some() { HANDED_OVER } else { OPEN };
    let mut items = Vec::new();
    for (place, item) in (0..).zip(&sale.items) {
        if item.home == me {
            items.push((
                place,
                RemoteSaleItem {
                    order: sale.order,
                    seller_site: reading.site_of(seller)?,
                    right: item.right,
                    article: item.article.clone(),
                    name: reading.article_name(&item.article)?,
                    quantity: item.quantity,
                    status,
                    travelled,
                },
            ));
        }
    }
    Ok(items)
}
