//! Orders that a plan leaves out, each with what stands in the way.

use planning::problem::JobIx;
use serde::Serialize;
use shared_model::id::{OrderId, VehicleId};
use shared_model::place::Place;

use super::day::NoPlace;
use super::held::Held;

/// An order that the plan does not bring.
#[derive(Debug, Serialize)]
pub(super) struct Unassigned {
    order: OrderId,
    number: String,
    place: Option<Place>,
    /// What binds, by code.
    binding: String,
    detail: String,
    /// The smallest change that would serve it.
    relaxation: Option<String>,
    /// At which vehicle.
    vehicle: Option<VehicleId>,
}

/// All of them: those the search left out, and those it could not be asked about.
#[must_use]
pub(super) fn unassigned(held: &Held) -> Vec<Unassigned> {
    let mut left: Vec<Unassigned> =
        held.audit.unserved.iter().map(|job| unserved(held, *job)).collect();
    let ground = &held.ground;
    for at in &ground.selection.unplaced {
        let order = &ground.day.orders[*at];
        let reason = NoPlace::of(order).unwrap_or(NoPlace::NoPlace);
        left.push(Unassigned {
            order: order.order,
            number: order.number.clone(),
            place: None,
            binding: "place-missing".to_owned(),
            detail: reason.detail().to_owned(),
            relaxation: Some(reason.remedy().to_owned()),
            vehicle: None,
        });
    }
    left.sort_by(|a, b| (&a.number, a.order).cmp(&(&b.number, b.order)));
    left
}

fn unserved(held: &Held, job: JobIx) -> Unassigned {
    let ground = &held.ground;
    let order = ground.order(job);
    let off = order.place.and_then(|place| ground.tables.off_roads(place));
    let (binding, detail, relaxation, vehicle) = match off {
        Some(metres) => {
            let far = metres.map_or_else(|| "far".to_owned(), |metres| format!("{metres} m"));
            let detail = format!("the place is {far} from any road that these vehicles may use");
            let remedy = "move the pin to the road, or send another kind of vehicle";
            ("off-the-roads".to_owned(), detail, Some(remedy.to_owned()), None)
        }
        None => super::explain::explained(held, job),
    };
    let number = order.number.clone();
    Unassigned {
        order: order.order,
        number,
        place: order.place,
        binding,
        detail,
        relaxation,
        vehicle,
    }
}

impl NoPlace {
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::NoPlace => "nobody has said where the order or its customer is",
            Self::NoCustomer => "the order names no customer, and has no place of its own",
        }
    }

    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::NoPlace => "point at the customer's place on the map, or at the order's own",
            Self::NoCustomer => "point at the order's place on the map",
        }
    }
}
