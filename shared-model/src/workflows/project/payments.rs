//! Cash on its way.

use super::Stamp;
use crate::payments::{self, Deposit, Handover, HandoverStatus};
use crate::records::{Load, View, keys};

pub(super) fn apply<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &payments::Event,
) -> Result<(), L::Error> {
    let author = stamp.author;
    match event {
        payments::Event::HandoverDeclared { handover, rider, declared_minor } => view.put(
            author,
            &handover.to_string(),
            Handover {
                handover: *handover,
                rider: *rider,
                declared_minor: *declared_minor,
                counted_minor: None,
                status: HandoverStatus::Declared,
                declared_by: stamp.staff,
                counted_by: None,
                declared: stamp.at,
            },
        ),
        payments::Event::HandoverCounted { handover, counted_minor } => {
            view.amend::<Handover>(author, &handover.to_string(), |handover| {
                handover.counted_minor = Some(*counted_minor);
                handover.counted_by = stamp.staff;
                handover.status = HandoverStatus::Counted;
            })
        }
        payments::Event::HandoverCosigned { handover, accepted } => {
            view.amend::<Handover>(author, &handover.to_string(), |handover| {
                let settled = *accepted || handover.shortage_minor() == Some(0);
                handover.status =
                    if settled { HandoverStatus::Closed } else { HandoverStatus::Disputed };
            })
        }
        payments::Event::CashDeposited { slip, amount_minor } => {
            let deposit =
                Deposit { slip: slip.clone(), amount_minor: *amount_minor, matched: false };
            view.put(author, slip, deposit)
        }
        payments::Event::StatementMatched { slip, amount_minor, fee_minor, depot } => {
            let amount_minor = amount_minor.saturating_add(*fee_minor);
            view.put(
                author,
                &keys::matched_deposit(*depot, slip),
                Deposit { slip: slip.clone(), amount_minor, matched: true },
            )
        }
        payments::Event::CashTaken { .. }
        | payments::Event::CashReturned { .. }
        | payments::Event::RiderPaid { .. } => Ok(()),
    }
}
