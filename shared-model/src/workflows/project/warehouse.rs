//! Arrivals, promises and counts.

use super::{Stamp, replenishment};
use crate::id::{ArticleCode, NodeId};
use crate::records::{Load, View};
use crate::warehouse::{self, ArticleStock, Count, CountStatus, Receipt};

pub(super) fn apply<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &warehouse::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        warehouse::Event::GoodsReceived { receipt, reference, lines } => {
            replenishment::receive(view, author, lines)?;
            view.put(
                author,
                &receipt.to_string(),
                Receipt {
                    receipt: *receipt,
                    reference: reference.clone(),
                    lines: lines.clone(),
                    received: stamp.at,
                    staff: stamp.staff,
                },
            )
        }
        warehouse::Event::StockReserved { lines } => promise(view, author, lines, 1),
        warehouse::Event::ReservationReleased { lines } => promise(view, author, lines, -1),
        warehouse::Event::StockLent { article, quantity } => {
            view.update(author, article.as_str(), ArticleStock::default, |stock| {
                stock.lent = stock.lent.saturating_add(*quantity);
            })
        }
        warehouse::Event::StockMoved { .. } => Ok(()),
        warehouse::Event::CountStarted { count, bin, article, position, book } => view.put(
            author,
            &count.to_string(),
            Count {
                count: *count,
                bin: bin.clone(),
                article: article.clone(),
                position: *position,
                book: *book,
                counted: None,
                status: CountStatus::Counting,
                started: stamp.at,
                started_by: stamp.staff,
                counted_by: None,
                approved_by: None,
            },
        ),
        warehouse::Event::CountRecorded { count, counted } => {
            view.amend::<Count>(author, &count.to_string(), |count| {
                count.counted = Some(*counted);
                count.counted_by = stamp.staff;
                count.status = CountStatus::Counted;
            })
        }
        warehouse::Event::CountApproved { count } => {
            view.amend::<Count>(author, &count.to_string(), |count| {
                count.approved_by = stamp.staff;
                count.status = CountStatus::Approved;
            })
        }
    }
}

fn promise<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    lines: &[(ArticleCode, i64)],
    sign: i64,
) -> Result<(), L::Error> {
    for (article, quantity) in lines {
        view.update(author, article.as_str(), ArticleStock::default, |stock| {
            stock.reserved = stock.reserved.saturating_add(sign * quantity);
        })?;
    }
    Ok(())
}
