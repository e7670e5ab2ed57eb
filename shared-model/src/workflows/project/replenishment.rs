//! Answers to proposals, and arrivals that shorten what is on order.

use super::Stamp;
use crate::id::NodeId;
use crate::records::{Load, View};
use crate::replenishment::{self, Replenishment};
use crate::warehouse::ReceivedLine;

pub(super) fn apply<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &replenishment::Event,
) -> Result<(), L::Error> {
    let replenishment::Event::Answered { article, answer, proposed, bought, note: _ } = event;
    let key = article.as_str();
    let before: Option<Replenishment> = view.get(stamp.author, key)?.copied();
    let record = Replenishment::answered(before, *answer, *proposed, *bought, stamp.at);
    view.put(stamp.author, key, record)
}

pub(super) fn receive<L: Load>(
    view: &mut View<'_, L>,
    author: NodeId,
    lines: &[ReceivedLine],
) -> Result<(), L::Error> {
    for line in lines {
        view.amend::<Replenishment>(author, line.article.as_str(), |record| {
            record.receive(line.quantity);
        })?;
    }
    Ok(())
}
