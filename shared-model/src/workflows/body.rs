//! What an entry's payload holds: events of any context, and the postings they caused.

use minicbor::{Decode, Encode};

use crate::ledger::Posting;
use crate::{
    catalogue, dispatch, document, exceptions, gig, inference, network, orders, payments, pricing,
    replenishment, rights, staff, warehouse,
};

/// An event of any context. Numbers are wire format: append only.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Event {
    #[n(0)]
    Catalogue(#[n(0)] catalogue::Event),
    #[n(1)]
    Pricing(#[n(0)] pricing::Event),
    #[n(2)]
    Orders(#[n(0)] orders::Event),
    #[n(3)]
    Warehouse(#[n(0)] warehouse::Event),
    #[n(4)]
    Gig(#[n(0)] gig::Event),
    #[n(5)]
    Payments(#[n(0)] payments::Event),
    #[n(6)]
    Rights(#[n(0)] rights::Event),
    #[n(7)]
    Document(#[n(0)] document::Event),
    #[n(8)]
    Exceptions(#[n(0)] exceptions::Event),
    #[n(9)]
    Staff(#[n(0)] staff::Event),
    #[n(10)]
    Network(#[n(0)] network::Event),
    #[n(11)]
    Dispatch(#[n(0)] dispatch::Event),
    #[n(12)]
    Inference(#[n(0)] inference::Event),
    #[n(13)]
    Replenishment(#[n(0)] replenishment::Event),
}

macro_rules! into_event {
    ($($variant:ident($inner:ty)),*) => {$(
        impl From<$inner> for Event {
            fn from(event: $inner) -> Self {
                Self::$variant(event)
            }
        }
    )*};
}

into_event! {
    Catalogue(catalogue::Event), Pricing(pricing::Event), Orders(orders::Event),
    Warehouse(warehouse::Event), Gig(gig::Event), Payments(payments::Event),
    Rights(rights::Event), Document(document::Event), Exceptions(exceptions::Event),
    Staff(staff::Event), Network(network::Event), Inference(inference::Event),
    Dispatch(dispatch::Event), Replenishment(replenishment::Event)
}

/// The facts of one entry: all of them, or none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Body {
    #[n(0)]
    pub events: Vec<Event>,
    #[n(1)]
    pub postings: Vec<Posting>,
}

impl Body {
    /// The earliest schema that reads all of it.
    #[must_use]
    pub fn schema(&self) -> u16 {
        let later = |event: &Event| {
            matches!(event, Event::Dispatch(_) | Event::Inference(_) | Event::Replenishment(_))
        };
        if self.events.iter().any(later) { 2 } else { 1 }
    }

    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        minicbor::to_vec(self).expect("writing to memory")
    }

    /// # Errors
    /// When the payload is of a schema this build does not know: keep the entry, read it later.
    pub fn decode(payload: &[u8]) -> Result<Self, minicbor::decode::Error> {
        minicbor::decode(payload)
    }
}
