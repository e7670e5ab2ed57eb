//! What is to be planned. May not hold a plan, and may not search for one.
//!
//! A [`Draft`] is what a shell or a reader of files puts together; [`Draft::check`] turns it into a [`Problem`], and
//! every other module takes a [`Problem`] alone. So what is behind a [`Problem`] is in range: no sum over it can
//! overflow an `i64`, and every index points at something.
//!
//! Units: seconds since an origin of the caller's choice (midnight of the planned day), metres, and *cost units* of
//! the caller's choice (a thousandth of a minor unit is fine enough for prices per metre). All are integers.

pub mod bounds;
mod fleet;
mod ix;
mod job;
mod load;
mod objective;
mod refusal;
mod rules;
mod standing;
mod travel;

use std::ops::Deref;

pub use fleet::{Break, Depot, End, Skills, Start, Vehicle, VehicleType};
pub use ix::{DepotIx, JobIx, PlaceIx, ProfileIx, TypeIx, VehicleIx};
pub use job::{Job, Kind, TypeSet, Visit, Window};
pub use load::{DIMENSIONS, Dimension, Load};
pub use objective::{Objective, PRIORITIES, Priority};
pub use refusal::{REFUSALS_MAX, Refusal, Refusals, Rule};
pub use standing::{FrozenStop, Position, Standing, Underway};
pub use travel::{Cell, Matrix, Slice, Source, TravelProfile};

/// A point on Earth in millionths of a degree (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// Latitude, −90,000,000 to 90,000,000.
    pub lat_e6: i32,
    /// Longitude, −180,000,000 to 180,000,000.
    pub lon_e6: i32,
}

/// Somewhere a vehicle can be. Two jobs at one door may share a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub name: String,
    /// Absent where only travel times are known (benchmarks in a plane).
    pub point: Option<Point>,
}

/// A problem before its check. Indices point into the vectors here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    pub places: Vec<Place>,
    /// Travel times and distances, one entry per kind of vehicle that moves differently.
    pub profiles: Vec<TravelProfile>,
    pub depots: Vec<Depot>,
    pub vehicle_types: Vec<VehicleType>,
    pub vehicles: Vec<Vehicle>,
    pub jobs: Vec<Job>,
    pub objective: Objective,
    /// What is known of a day that has begun, and the plan already handed out.
    pub standing: Option<Standing>,
    /// Names of the skills behind the bits of [`Skills`], bit 0 first.
    pub skill_names: Vec<String>,
}

/// A checked problem. Made by [`Draft::check`] alone, and never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Draft);

impl Problem {
    /// Without a check: for drafts taken from a checked problem and changed within the bounds.
    pub(crate) fn trusted(draft: Draft) -> Self {
        Self(draft)
    }

    /// The draft again, to change and re-check.
    #[must_use]
    pub fn into_draft(self) -> Draft {
        self.0
    }

    #[must_use]
    pub fn type_of(&self, vehicle: VehicleIx) -> &VehicleType {
        &self.vehicle_types[self.vehicles[vehicle.at()].vehicle_type.at()]
    }

    #[must_use]
    pub fn profile_of(&self, vehicle: VehicleIx) -> &TravelProfile {
        &self.profiles[self.type_of(vehicle).profile.at()]
    }

    /// What is known of a vehicle that has already left; `None` for one that has not.
    #[must_use]
    pub fn underway(&self, vehicle: VehicleIx) -> Option<&Underway> {
        let standing = self.standing.as_ref()?;
        let found = standing.underway.binary_search_by_key(&vehicle, |known| known.vehicle).ok()?;
        Some(&standing.underway[found])
    }

    /// Before this nothing can begin: the time of the re-plan, or the origin.
    #[must_use]
    pub fn now_s(&self) -> i64 {
        self.standing.as_ref().map_or(0, |standing| standing.now_s)
    }
}

impl Deref for Problem {
    type Target = Draft;

    fn deref(&self) -> &Draft {
        &self.0
    }
}
