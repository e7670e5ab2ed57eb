//! What a question about roads is answered with. Each answer says whether a graph or an estimate stands behind it.

use crate::place::Point;
use crate::profile::Profile;
use crate::slice::Slice;

/// Places in one question; 5,000 × 5,000 cells are 200 MB.
pub const PLACES_MAX: usize = 5_000;

/// In [`TravelMatrix::seconds`] and [`TravelMatrix::metres`]: no way from the row's place to the column's.
pub const UNREACHABLE: u32 = u32::MAX;

/// What an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The graph file whose content has this BLAKE3 digest.
    Graph { digest: [u8; 32], profile: Profile, slice: Slice },
    /// Great-circle distance with a detour factor: no road was looked at.
    Estimate { profile: Profile, slice: Slice },
}

impl Source {
    #[must_use]
    pub fn is_estimate(&self) -> bool {
        matches!(self, Source::Estimate { .. })
    }
}

/// Where a place met the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snap {
    /// `metres` from the place to the road it was put on.
    OnRoad { metres: u32, at: Point },
    /// The nearest road that the vehicle may use is `metres` away, which is too far; `None`: no such road was found.
    OffMap { metres: Option<u32> },
    /// No network was looked at.
    Estimated,
}

/// Time and length of one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Travel {
    pub seconds: u32,
    pub metres: u32,
}

/// Times and lengths from each place to each place, row by row: `seconds[from * places + to]`. Asymmetric.
#[derive(Clone, Debug, PartialEq)]
pub struct TravelMatrix {
    pub places: usize,
    /// Seconds of the quickest way, or [`UNREACHABLE`].
    pub seconds: Vec<u32>,
    /// Metres of that same way, or [`UNREACHABLE`].
    pub metres: Vec<u32>,
    /// One for each place, in the order they were given.
    pub snaps: Vec<Snap>,
    pub source: Source,
}

impl TravelMatrix {
    /// `None`: unreachable, or one of the two places is off the map.
    #[must_use]
    pub fn travel(&self, from: usize, to: usize) -> Option<Travel> {
        let cell = from.checked_mul(self.places)?.checked_add(to).filter(|_| to < self.places)?;
        let travel = Travel { seconds: *self.seconds.get(cell)?, metres: *self.metres.get(cell)? };
        (travel.seconds != UNREACHABLE).then_some(travel)
    }

    /// Numbers of the places that met no road.
    pub fn off_map(&self) -> impl Iterator<Item = usize> + '_ {
        self.snaps
            .iter()
            .enumerate()
            .filter(|(_, snap)| matches!(snap, Snap::OffMap { .. }))
            .map(|(place, _)| place)
    }
}

/// Why there is no matrix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    #[error("{places} places are more than {PLACES_MAX}; remedy: split the day or the town")]
    TooManyPlaces { places: usize },
}

/// A way through places in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The line to draw, from the first place's road to the last's.
    pub geometry: Vec<Point>,
    /// One for each pair of neighbouring places.
    pub legs: Vec<Leg>,
    /// What to do, in order, over all legs.
    pub turns: Vec<Turn>,
    pub seconds: u32,
    pub metres: u32,
    pub snaps: Vec<Snap>,
    pub source: Source,
}

/// The way from one place to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leg {
    pub seconds: u32,
    pub metres: u32,
    /// Where this leg begins and ends in [`Route::geometry`], both included.
    pub first_point: usize,
    pub last_point: usize,
}

/// One thing to do, and how far it then goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub kind: TurnKind,
    /// Name of the street that is entered; empty if it has none.
    pub street: String,
    /// From here to the next turn.
    pub metres: u32,
    /// From here to the next turn.
    pub seconds: u32,
    pub at: Point,
    /// Number of the leg that this belongs to.
    pub leg: usize,
}

/// The hand of a turn, by the angle between the two directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TurnKind {
    Depart,
    /// The street's name changes, the direction hardly.
    Straight,
    SlightLeft,
    Left,
    SharpLeft,
    SlightRight,
    Right,
    SharpRight,
    UTurn,
    /// Into a roundabout, leaving it by the exit of this number, counted from 1.
    Roundabout {
        exit: u8,
    },
    /// Onto a ferry.
    Ferry,
    Arrive,
}

/// Why there is no route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    #[error("{places} places make no route; remedy: between 2 and {PLACES_MAX}")]
    PlacesOutOfRange { places: usize },
    #[error("place {place} is {} from a road that a {profile} may use; remedy: move the pin to the road", away(*.metres))]
    OffMap { place: usize, metres: Option<u32>, profile: Profile },
    #[error(
        "no way for a {profile} from place {from} to place {to}; remedy: another vehicle, or see whether the map lacks a bridge or ferry"
    )]
    Unreachable { from: usize, to: usize, profile: Profile },
}

fn away(metres: Option<u32>) -> String {
    metres.map_or_else(|| "far".to_owned(), |metres| format!("{metres} m"))
}
