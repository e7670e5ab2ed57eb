//! Arrivals and counts.

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use serde::Serialize;
use shared_model::id::{ArticleCode, BinCode, CountId, ReceiptId};
use shared_model::warehouse::{Count, CountStatus, Receipt, ReceivedLine};

use super::paging::{Asked, Page, Statuses, page};
use super::reading::{Reached, Reading, read};
use crate::identity::SignedIn;
use crate::store::StoreError;
use crate::web::app::App;
use crate::web::body::{Json, Query};
use crate::web::problem::Problem;

pub(super) fn router() -> Router<App> {
    Router::new().route("/api/v1/receipts", get(receipts)).route("/api/v1/counts", get(counts))
}

#[derive(Debug)]
enum OfReceipts {}

impl Statuses for OfReceipts {
    const ALL: &'static [&'static str] = &["received", "short", "over", "damaged"];
}

#[derive(Debug, Serialize)]
struct ReceiptItem {
    receipt: ReceiptId,
    reference: String,
    received_ms: i64,
    staff_name: Option<String>,
    lines: Vec<LineShown>,
    status: &'static str,
    travelled: Reached,
}

#[derive(Debug, Serialize)]
struct LineShown {
    article: ArticleCode,
    name: String,
    quantity: i64,
    damaged: i64,
    expected: Option<i64>,
    bin: BinCode,
    unit_cost_minor: i64,
}

async fn receipts(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<OfReceipts>>,
) -> Result<Json<Page<ReceiptItem>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Receipt, _>(reading, wanted, |reading, row| {
            let receipt = row.record;
            Ok(Some(ReceiptItem {
                receipt: receipt.receipt,
                status: receipt.status(),
                received_ms: receipt.received.ms(),
                staff_name: reading.staff_name(receipt.staff)?,
                reference: receipt.reference,
                lines: receipt
                    .lines
                    .into_iter()
                    .map(|line| line_shown(reading, line))
                    .collect::<Result<_, _>>()?,
                travelled: reading.reached(row.author, row.at),
            }))
        })
    })
    .await
}

fn line_shown(reading: &mut Reading<'_>, line: ReceivedLine) -> Result<LineShown, StoreError> {
    Ok(LineShown {
        name: reading.article_name(&line.article)?,
        article: line.article,
        quantity: line.quantity,
        damaged: line.damaged,
        expected: line.expected,
        bin: line.bin,
        unit_cost_minor: line.unit_cost_minor,
    })
}

#[derive(Debug)]
enum OfCounts {}

impl Statuses for OfCounts {
    const ALL: &'static [&'static str] = &[
        CountStatus::Counting.as_str(),
        CountStatus::Counted.as_str(),
        CountStatus::Approved.as_str(),
    ];
}

/// What the book says is never shown: who counts must not know it, and afterwards the variance
/// says it.
#[derive(Debug, Serialize)]
struct CountItem {
    count: CountId,
    bin: BinCode,
    article: ArticleCode,
    name: String,
    status: CountStatus,
    counted: Option<i64>,
    variance: Option<i64>,
    started_ms: i64,
    staff_name: Option<String>,
    travelled: Reached,
}

async fn counts(
    State(app): State<App>,
    _: SignedIn,
    Query(asked): Query<Asked<OfCounts>>,
) -> Result<Json<Page<CountItem>>, Problem> {
    read(&app, move |reading| {
        let wanted = asked.wanted(Some(reading.me()));
        page::<Count, _>(reading, wanted, |reading, row| {
            let count = row.record;
            let over = count.status != CountStatus::Counting;
            Ok(Some(CountItem {
                count: count.count,
                name: reading.article_name(&count.article)?,
                counted: count.counted.filter(|_| over),
                variance: count.variance().filter(|_| over),
                bin: count.bin,
                article: count.article,
                status: count.status,
                started_ms: count.started.ms(),
                staff_name: reading.staff_name(count.started_by)?,
                travelled: reading.reached(row.author, row.at),
            }))
        })
    })
    .await
}
