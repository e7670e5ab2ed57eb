//! What is sold, at what price, and how much of it may still be promised.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::catalogue::Article;
use shared_model::id::{ArticleCode, BinCode, BookId};
use shared_model::pricing::{PriceBooks, PriceLine};
use shared_model::records::keys;
use shared_model::tax::TaxClass;
use shared_model::warehouse::ArticleStock;

use super::paging::{Asked, NoStatus, Page, page};
use super::reading::{Reached, Reading, read, read_one};
use super::rights::{RightOfArticle, rights_of};
use crate::identity::SignedIn;
use crate::store::{StoreError, now, record_at};
use crate::web::app::App;
use crate::web::body::{Json, Path, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/articles", get(list)).route("/api/v1/articles/{code}", get(show))
}

#[derive(Debug, Serialize)]
struct Item {
    code: ArticleCode,
    name: String,
    barcode: Option<String>,
    tax_class: TaxClass,
    price_minor: Option<i64>,
    on_hand: i64,
    reserved: i64,
    lent: i64,
    available: i64,
    blocked: bool,
    travelled: Reached,
}

#[derive(Debug, Serialize)]
struct Detail {
    #[serde(flatten)]
    item: Item,
    bins: Vec<BinStock>,
    rights: Vec<RightOfArticle>,
}

/// What lies in one bin.
#[derive(Debug, Serialize)]
pub(super) struct BinStock {
    bin: String,
    quantity: i64,
}

async fn list(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<NoStatus>>,
) -> Result<Json<Page<Item>>, Problem> {
    read(&app, move |reading| {
        let book = book_in_force(reading)?;
        let mut before = String::new();
        // Several authors may list one code: it is shown once, as the one that counts here has it.
        page::<Article, _>(reading, asked.wanted(None), |reading, row| {
            if row.key == before {
                return Ok(None);
            }
            before.clone_from(&row.key);
            let article = reading.article(&row.key)?;
            article.map(|article| Ok(item(reading, book, article)?.0)).transpose()
        })
    })
    .await
}

async fn show(
    State(app): State<App>,
    _: SignedIn,
    Path(code): Path<ArticleCode>,
) -> Result<Json<Detail>, Problem> {
    read_one(&app, "article", move |reading| {
        let Some(article) = reading.article(code.as_str())? else { return Ok(None) };
        let book = book_in_force(reading)?;
        let (item, stock) = item(reading, book, article)?;
        let bins = bins_in_walking_order(reading, &stock);
        Ok(Some(Detail { item, bins, rights: rights_of(reading, &code)? }))
    })
    .await
}

pub(super) fn book_in_force(reading: &Reading<'_>) -> Result<Option<BookId>, StoreError> {
    let books: Option<PriceBooks> = reading.published(keys::ONLY)?;
    let in_force = books.as_ref().and_then(|books| books.in_force(now(), reading.site.currency));
    Ok(in_force.map(|book| book.book))
}

/// The price in force; none when the book has none.
pub(super) fn price_minor(
    reading: &Reading<'_>,
    book: Option<BookId>,
    article: &ArticleCode,
) -> Result<Option<i64>, StoreError> {
    let price: Option<PriceLine> = match book {
        Some(book) => reading.published(&keys::price(book, article))?,
        None => None,
    };
    Ok(price.map(|line| line.unit_price_minor))
}

fn item(
    reading: &Reading<'_>,
    book: Option<BookId>,
    article: Article,
) -> Result<(Item, ArticleStock), StoreError> {
    let price_minor = price_minor(reading, book, &article.code)?;
    let kept: Option<(ArticleStock, _)> =
        record_at(reading.db, reading.me(), article.code.as_str())?;
    // What is the hub's own has travelled; what was done with it here may not have.
    let travelled =
        kept.as_ref().map_or(Reached::Hub, |(_, at)| reading.reached(reading.me(), *at));
    let stock = kept.map(|(stock, _)| stock).unwrap_or_default();
    let item = Item {
        code: article.code,
        name: article.name,
        barcode: article.barcode,
        tax_class: article.tax_class,
        price_minor,
        on_hand: stock.on_hand(),
        reserved: stock.reserved,
        lent: stock.lent,
        available: stock.available(&reading.site.unsellable),
        blocked: stock.blocked,
        travelled,
    };
    Ok((item, stock))
}

/// All bins that hold some of it, as a person walks past them.
fn bins_in_walking_order(reading: &Reading<'_>, stock: &ArticleStock) -> Vec<BinStock> {
    let walk = |bin: &&BinCode| {
        reading.site.bins.iter().position(|known| known == *bin).unwrap_or(usize::MAX)
    };
    let mut bins: Vec<_> = stock.bins.iter().filter(|(_, quantity)| **quantity != 0).collect();
    bins.sort_by_key(|(bin, _)| (walk(bin), bin.to_string()));
    bins.into_iter()
        .map(|(bin, quantity)| BinStock { bin: bin.to_string(), quantity: *quantity })
        .collect()
}

/// The bins from which an article may be picked for an order, as a person walks past them.
pub(super) fn bins_to_pick_from(
    reading: &Reading<'_>,
    article: &ArticleCode,
) -> Result<Vec<BinStock>, StoreError> {
    let mut stock: ArticleStock = reading.own(article.as_str())?.unwrap_or_default();
    let unsellable = &reading.site.unsellable;
    stock.bins.retain(|bin, quantity| *quantity > 0 && !unsellable.contains(bin));
    Ok(bins_in_walking_order(reading, &stock))
}
