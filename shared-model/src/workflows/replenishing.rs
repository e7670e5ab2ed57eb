//! A person answers what the box proposed to buy.

use super::command::Kind;
use super::desk::{Decision, Declined, Desk, Draft};
use crate::records::Load;
use crate::replenishment::{self, AnswerProposal, Replenishment};

pub(super) fn answer<L: Load>(
    command: &AnswerProposal,
    desk: &mut Desk<'_, '_, L>,
) -> Result<Decision, Declined<L::Error>> {
    desk.article(&command.article)?;
    let known: Option<Replenishment> = desk.own(command.article.as_str())?;
    let mut draft = Draft::default();
    draft.event(replenishment::answer(known.as_ref(), command)?);
    Ok(draft.done(Kind::AnswerProposal))
}
