//! Travel times, distances and directions on the streets of a town, computed on the box from a file built on the box.
//! Knows no orders, riders or plans, opens no socket, and reads no clock: a caller names the slice of the day.
//!
//! - `build` turns an operator's `.osm.pbf` into a graph file and an offline map file.
//! - `Roads` opens the graph file and answers `matrix` and `route`.
//! - [`estimate`] answers the same questions without a graph, and says so in each answer.

pub mod build;
mod class;
pub mod estimate;
mod file;
mod geodesy;
mod hierarchy;
mod map;
mod place;
mod profile;
mod roads;
mod route;
mod slice;
mod snap;
pub mod town;
mod travel;

pub use file::OpenError;
pub use place::{Point, PointError};
pub use profile::Profile;
pub use roads::{Info, Roads};
pub use slice::Slice;
pub use travel::{
    Leg, MatrixError, PLACES_MAX, Route, RouteError, Snap, Source, Travel, TravelMatrix, Turn,
    TurnKind, UNREACHABLE,
};
