//! The rules of answering a proposal.

use super::command::{Answer, AnswerProposal};
use super::error::Error;
use super::event::Event;
use super::state::{ON_ORDER_MAX, Replenishment};

/// # Errors
/// [`Error`] when the quantity does not fit the answer, or too much would be on order.
pub fn answer(known: Option<&Replenishment>, command: &AnswerProposal) -> Result<Event, Error> {
    let on_order = known.map_or(0, |record| record.on_order);
    let proposed = command.proposed.units();
    let bought = match (command.answer, command.quantity) {
        (Answer::Accept | Answer::Ignore | Answer::Withdraw, Some(_)) => {
            return Err(Error::QuantityNotAsked);
        }
        (Answer::Accept, None) if proposed == 0 => return Err(Error::NothingProposed),
        (Answer::Accept, None) => proposed,
        (Answer::Change, None) => return Err(Error::QuantityMissing),
        (Answer::Change, Some(quantity)) => quantity.units(),
        (Answer::Withdraw, None) if on_order == 0 => return Err(Error::NothingOnOrder),
        (Answer::Ignore | Answer::Withdraw, None) => 0,
    };
    if on_order.saturating_add(bought) > ON_ORDER_MAX {
        return Err(Error::TooMuchOnOrder);
    }
    let note = command.note.as_ref().map(|note| note.as_str().to_owned());
    let article = command.article.clone();
    Ok(Event::Answered { article, answer: command.answer, proposed, bought, note })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::EntryId;
    use crate::quantity::{Counted, Quantity};
    use crate::time::Timestamp;

    fn command(answer: Answer, proposed: i64, quantity: Option<i64>) -> AnswerProposal {
        AnswerProposal {
            id: EntryId::new(uuid::Uuid::from_u128(1)),
            article: "TEA-1".parse().unwrap(),
            answer,
            proposed: Counted::new(proposed).unwrap(),
            quantity: quantity.map(|units| Quantity::new(units).unwrap()),
            note: None,
        }
    }

    fn told(on_order: i64) -> Replenishment {
        Replenishment::answered(None, Answer::Change, 0, on_order, Timestamp::from_ms(0))
    }

    fn bought(result: Result<Event, Error>) -> i64 {
        let Event::Answered { bought, .. } = result.unwrap();
        bought
    }

    #[test]
    fn accepting_buys_what_was_shown_and_changing_what_was_entered() {
        assert_eq!(bought(answer(None, &command(Answer::Accept, 24, None))), 24);
        assert_eq!(bought(answer(None, &command(Answer::Change, 24, Some(36)))), 36);
        assert_eq!(bought(answer(None, &command(Answer::Ignore, 24, None))), 0);
    }

    #[test]
    fn a_quantity_belongs_to_a_change_alone() {
        let refused = |command| answer(Some(&told(1)), &command).unwrap_err();
        assert_eq!(refused(command(Answer::Change, 24, None)), Error::QuantityMissing);
        assert_eq!(refused(command(Answer::Accept, 24, Some(3))), Error::QuantityNotAsked);
        assert_eq!(refused(command(Answer::Withdraw, 0, Some(3))), Error::QuantityNotAsked);
        assert_eq!(refused(command(Answer::Accept, 0, None)), Error::NothingProposed);
    }

    #[test]
    fn only_what_is_on_order_can_be_withdrawn_and_no_more_than_the_bound_ordered() {
        let nothing = command(Answer::Withdraw, 0, None);
        assert_eq!(answer(None, &nothing), Err(Error::NothingOnOrder));
        assert_eq!(bought(answer(Some(&told(5)), &nothing)), 0);
        let more = command(Answer::Change, 0, Some(1));
        assert_eq!(answer(Some(&told(ON_ORDER_MAX)), &more), Err(Error::TooMuchOnOrder));
    }

    #[test]
    fn receiving_takes_from_what_is_on_order_and_never_below_nothing() {
        let mut record = told(10);
        record.receive(4);
        assert_eq!(record.on_order, 6);
        record.receive(40);
        assert_eq!(record.on_order, 0);
        let again =
            Replenishment::answered(Some(told(7)), Answer::Accept, 5, 5, Timestamp::from_ms(1));
        assert_eq!(again.on_order, 12);
        let gone =
            Replenishment::answered(Some(again), Answer::Withdraw, 0, 0, Timestamp::from_ms(2));
        assert_eq!(gone.on_order, 0);
    }
}
