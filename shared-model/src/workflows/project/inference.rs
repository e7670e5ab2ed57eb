//! Taking in what hub and depots wrote about models.

use super::Stamp;
use crate::inference::{
    Announcement, Event, ModelFacts, ModelKeys, ModelLine, ModelOrder, PublishedModel, order_key,
    report_key, version_key,
};
use crate::records::{Load, View, keys};

pub(super) fn apply<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    event: &Event,
) -> Result<(), L::Error> {
    match event {
        Event::KeysPinned { .. } => {
            let known = view.get::<ModelKeys>(stamp.author, keys::ONLY)?;
            match ModelKeys::after(known, event) {
                Some(pinned) => view.put(stamp.author, keys::ONLY, pinned),
                // New keys that no pinned one vouches for change nothing, whoever wrote them.
                None => Ok(()),
            }
        }
        Event::ModelAnnounced(order) => announced(view, stamp, order),
        Event::FactsReported(facts) => {
            let key = report_key(&facts.model, facts.day);
            let day = ModelFacts { facts: (**facts).clone(), at: stamp.at };
            view.put(stamp.author, &key, day)
        }
    }
}

fn announced<L: Load>(
    view: &mut View<'_, L>,
    stamp: &Stamp,
    order: &Announcement,
) -> Result<(), L::Error> {
    let (author, model) = (stamp.author, &order.model);
    view.put(author, &version_key(model, order.version), PublishedModel::from(order))?;
    let key = order_key(model, &order.ring, order.step);
    view.put(author, &key, ModelOrder { order: order.clone(), at: stamp.at })?;
    view.update(author, model.as_str(), ModelLine::default, |line| {
        line.number = line.number.max(order.number);
    })
}
