//! Feeds the orders of a file to the depot, some at a time, and keeps the account of each.

use std::io::{self, BufRead};

use super::gathering::ImportedOrder;
use super::orders_csv::{Item, OrdersCsv};
use super::problem::LineProblem;
use super::report::Report;

/// Orders handed over together: they share one commit, and a person waits for no more than these.
pub const BATCH_ORDERS_MAX: usize = 64;

/// What the depot did with one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    In,
    /// An earlier import took it in; it is left as it is.
    Known,
    /// A rule of the depot forbids it, in the depot's words.
    Refused {
        problem: String,
        remedy: String,
    },
}

/// Why an import ended before the end of the file. What was taken in stays in; the same file again
/// goes on where this stopped.
#[derive(Debug, thiserror::Error)]
pub enum Stopped<E> {
    #[error("the file cannot be read to its end")]
    Unreadable(#[source] io::Error),
    #[error("the list of problems cannot be written")]
    Unwritable(#[source] io::Error),
    #[error("the depot cannot take orders in")]
    Depot(#[source] E),
}

/// Reads the file to its end. `note` gets every problem, `take` every order, in batches; for each order
/// of a batch `take` answers in the same place.
///
/// # Errors
/// [`Stopped`]; `report` then holds the account so far.
pub fn take_in<R: BufRead, E>(
    orders: &mut OrdersCsv<R>,
    report: &mut Report,
    mut note: impl FnMut(&LineProblem) -> io::Result<()>,
    mut take: impl FnMut(&[ImportedOrder]) -> Result<Vec<Taken>, E>,
) -> Result<(), Stopped<E>> {
    let mut batch = Vec::with_capacity(BATCH_ORDERS_MAX);
    loop {
        let item = orders.next().transpose().map_err(Stopped::Unreadable)?;
        report.lines_read = orders.lines_read();
        let at_end = item.is_none();
        match item {
            Some(Item::Order(order)) => batch.push(*order),
            Some(Item::Problem(problem)) => {
                report.line_refused(&problem);
                note(&problem).map_err(Stopped::Unwritable)?;
            }
            None => {}
        }
        if batch.len() == BATCH_ORDERS_MAX || (at_end && !batch.is_empty()) {
            let answers = take(&batch).map_err(Stopped::Depot)?;
            assert_eq!(answers.len(), batch.len(), "one answer for each order");
            for (order, taken) in batch.drain(..).zip(answers) {
                account(report, &order, taken, &mut note).map_err(Stopped::Unwritable)?;
            }
        }
        if at_end {
            return Ok(());
        }
    }
}

fn account(
    report: &mut Report,
    order: &ImportedOrder,
    taken: Taken,
    note: &mut impl FnMut(&LineProblem) -> io::Result<()>,
) -> io::Result<()> {
    match taken {
        Taken::In => report.order_in(order),
        Taken::Known => report.order_known(order),
        Taken::Refused { problem, remedy } => {
            let refused = LineProblem::refused_order(
                order.line_first,
                order.reference.as_str(),
                &problem,
                &remedy,
            );
            report.order_refused(order, &refused);
            return note(&refused);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;
    use std::io::Cursor;

    use shared_model::id::OrderId;
    use shared_model::money::Currency;

    use super::*;
    use crate::import::{Conversion, Rate, Reason};

    const SAMPLE: &[u8] = include_bytes!("../../samples/orders.csv");

    fn sample() -> OrdersCsv<Cursor<&'static [u8]>> {
        let conversion = Conversion {
            site: "NBO-1".parse().unwrap(),
            currency: Currency::KES,
            rate: Rate::ONE,
            utc_offset_minutes: 180,
        };
        OrdersCsv::open(Cursor::new(SAMPLE), conversion).unwrap()
    }

    fn check_adds_up(report: &Report) {
        assert_eq!(
            report.lines_read,
            report.lines_in + report.lines_known + report.lines_refused()
        );
    }

    #[test]
    fn the_same_file_again_adds_nothing() {
        let mut known: BTreeSet<OrderId> = BTreeSet::new();
        let mut import = |report: &mut Report| {
            let take = |batch: &[ImportedOrder]| -> Result<Vec<Taken>, Infallible> {
                assert!(batch.len() <= BATCH_ORDERS_MAX);
                let place = |order: &ImportedOrder| {
                    if known.insert(order.order) { Taken::In } else { Taken::Known }
                };
                Ok(batch.iter().map(place).collect())
            };
            take_in(&mut sample(), report, |_| Ok(()), take).unwrap();
        };
        let (mut first, mut second) = (Report::new("orders.csv"), Report::new("orders.csv"));
        import(&mut first);
        import(&mut second);
        check_adds_up(&first);
        check_adds_up(&second);
        assert_eq!((first.orders_in, first.orders_known), (500, 0));
        assert_eq!((second.orders_in, second.orders_known), (0, 500));
        assert_eq!(first.refused, second.refused);
    }

    #[test]
    fn an_order_that_the_depot_refuses_is_reported_in_its_words() {
        let mut report = Report::new("orders.csv");
        let mut noted = Vec::new();
        let refuse = |batch: &[ImportedOrder]| -> Result<Vec<Taken>, Infallible> {
            let refused =
                Taken::Refused { problem: "too dear".to_owned(), remedy: "split it".to_owned() };
            Ok(vec![refused; batch.len()])
        };
        let note = |problem: &LineProblem| {
            noted.push(problem.clone());
            Ok(())
        };
        take_in(&mut sample(), &mut report, note, refuse).unwrap();
        check_adds_up(&report);
        assert_eq!((report.orders_in, report.orders_refused), (0, 500));
        let refused = noted.iter().find(|problem| problem.reason == Reason::OrderRefused).unwrap();
        assert!(refused.to_string().ends_with("too dear; remedy: split it"), "{refused}");
    }

    #[test]
    fn a_depot_that_stops_leaves_the_account_so_far() {
        let mut report = Report::new("orders.csv");
        let mut batches = 0;
        let take = |batch: &[ImportedOrder]| {
            batches += 1;
            if batches == 2 {
                Err(io::Error::other("disk full"))
            } else {
                Ok(vec![Taken::In; batch.len()])
            }
        };
        let stopped = take_in(&mut sample(), &mut report, |_| Ok(()), take);
        assert!(matches!(stopped, Err(Stopped::Depot(_))));
        assert_eq!(report.orders_in, BATCH_ORDERS_MAX as u64);
    }
}
