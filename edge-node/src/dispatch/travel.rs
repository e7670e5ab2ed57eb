//! Times and ways between places, for the kinds of vehicles and the hours of one plan: from the road graph where there
//! is one, else estimated and marked so. Knows no orders.

use std::collections::BTreeMap;
use std::sync::Arc;

use planning::problem::{Cell, Matrix, PlaceIx, ProfileIx, Slice, Source, TravelProfile};
use roads::{Profile, Roads, Snap};
use shared_model::dispatch::{TravelSource, VehicleKind};
use shared_model::place::Place;

/// When the streets change, in minutes of the local day, and what they are from then on.
const BORDERS: [(i64, roads::Slice); 5] = [
    (0, roads::Slice::Night),
    (6 * 60, roads::Slice::Morning),
    (9 * 60 + 30, roads::Slice::Day),
    (16 * 60, roads::Slice::Evening),
    (20 * 60, roads::Slice::Night),
];
const DAY_S: i64 = 24 * 3600;
/// Times as they stand.
pub const PACE_MILLI_USUAL: u32 = 1_000;

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
pub enum TravelError {
    #[error(transparent)]
    Matrix(#[from] roads::MatrixError),
    #[error("a place is off the map")]
    Place(#[from] roads::PointError),
    #[error("the run was stopped")]
    Stopped,
}

/// The tables of one plan; cheap to clone.
#[derive(Debug, Clone)]
pub struct Tables {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    places: BTreeMap<Place, PlaceIx>,
    kinds: Vec<VehicleKind>,
    profiles: Vec<TravelProfile>,
    /// Places that met no road, with how far the next one is.
    off_roads: BTreeMap<(VehicleKind, Place), Option<u32>>,
    source: TravelSource,
}

/// How the streets of `kind` are called by the roads.
#[must_use]
pub const fn profile_of(kind: VehicleKind) -> Profile {
    match kind {
        VehicleKind::Okada => Profile::Okada,
        VehicleKind::Tuktuk => Profile::TukTuk,
        VehicleKind::Van => Profile::Van,
    }
}

/// The slices between two moments, in seconds from a local midnight; the first begins at 0.
#[must_use]
pub fn slices_between(from_s: i64, to_s: i64) -> Vec<(i64, roads::Slice)> {
    let mut slices: Vec<(i64, roads::Slice)> = Vec::new();
    for day in 0..=to_s.max(0) / DAY_S {
        for (minute, slice) in BORDERS {
            let begins = day * DAY_S + minute * 60;
            if begins > to_s {
                break;
            }
            if begins <= from_s {
                slices.clear();
                slices.push((0, slice));
            } else if slices.last().is_none_or(|(_, last)| *last != slice) {
                slices.push((begins, slice));
            }
        }
    }
    slices
}

impl Tables {
    /// Works the tables out. `is_stopped` is asked between matrices.
    ///
    /// # Errors
    /// [`TravelError`].
    pub fn new(
        roads: Option<&Roads>,
        places: &[Place],
        kinds: &[VehicleKind],
        slices: &[(i64, roads::Slice)],
        is_stopped: impl Fn() -> bool,
    ) -> Result<Self, TravelError> {
        let points: Vec<roads::Point> =
            places.iter().map(|place| point_of(*place)).collect::<Result<_, _>>()?;
        let mut off_roads = BTreeMap::new();
        let mut profiles = Vec::new();
        for kind in kinds {
            let (profile, snaps) = profile(roads, *kind, &points, slices, &is_stopped)?;
            note_off_roads(&mut off_roads, *kind, places, &snaps);
            profiles.push(profile);
        }
        let source = if roads.is_some() { TravelSource::Roads } else { TravelSource::Estimate };
        let places =
            places.iter().enumerate().map(|(at, place)| (*place, PlaceIx::of(at))).collect();
        let inner = Inner { places, kinds: kinds.to_vec(), profiles, off_roads, source };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// All times longer or shorter by thousandths of themselves: 1,100 is a tenth longer. Ways stay.
    #[must_use]
    pub fn paced(self, pace_milli: u32) -> Self {
        if pace_milli == PACE_MILLI_USUAL {
            return self;
        }
        let longer = |cell: &Cell| {
            let milli = cell.amount().and_then(|seconds| seconds.checked_mul(pace_milli.into()));
            let seconds = milli.and_then(|milli| u32::try_from(milli / 1_000).ok());
            seconds.and_then(Cell::new).unwrap_or(*cell)
        };
        let profiles = self.inner.profiles.iter().cloned().map(|mut profile| {
            for slice in &mut profile.slices {
                let cells = slice.seconds.cells().iter().map(longer).collect();
                slice.seconds = matrix(slice.seconds.side(), cells);
            }
            profile
        });
        let inner = Inner {
            places: self.inner.places.clone(),
            kinds: self.inner.kinds.clone(),
            profiles: profiles.collect(),
            off_roads: self.inner.off_roads.clone(),
            source: self.inner.source,
        };
        Self { inner: Arc::new(inner) }
    }

    #[must_use]
    pub fn source(&self) -> TravelSource {
        self.inner.source
    }

    #[must_use]
    pub fn profiles(&self) -> &[TravelProfile] {
        &self.inner.profiles
    }

    #[must_use]
    pub fn profile(&self, kind: VehicleKind) -> Option<ProfileIx> {
        self.inner.kinds.iter().position(|known| *known == kind).map(ProfileIx::of)
    }

    /// All places, in the order of the tables.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let mut places: Vec<(PlaceIx, Place)> =
            self.inner.places.iter().map(|(place, at)| (*at, *place)).collect();
        places.sort_unstable();
        places.into_iter().map(|(_, place)| place).collect()
    }

    #[must_use]
    pub fn place(&self, place: Place) -> Option<PlaceIx> {
        self.inner.places.get(&place).copied()
    }

    /// How far from any road a place lies that no vehicle of these kinds reaches: `None` when one does.
    #[must_use]
    pub fn off_roads(&self, place: Place) -> Option<Option<u32>> {
        let inner = &self.inner;
        let each = inner.kinds.iter().map(|kind| inner.off_roads.get(&(*kind, place)).copied());
        each.collect::<Option<Vec<_>>>().and_then(|far| far.into_iter().min())
    }
}

/// The tables of one kind of vehicle over the slices, and where the points met the roads.
///
/// # Errors
/// [`TravelError`].
pub fn profile(
    roads: Option<&Roads>,
    kind: VehicleKind,
    points: &[roads::Point],
    slices: &[(i64, roads::Slice)],
    is_stopped: impl Fn() -> bool,
) -> Result<(TravelProfile, Vec<Snap>), TravelError> {
    let mut asked: BTreeMap<roads::Slice, Matrix> = BTreeMap::new();
    let (mut list, mut metres, mut snaps) = (Vec::new(), None, Vec::new());
    for (from_s, slice) in slices {
        if is_stopped() {
            return Err(TravelError::Stopped);
        }
        if !asked.contains_key(slice) {
            let table = match roads {
                Some(roads) => roads.matrix(profile_of(kind), *slice, points)?,
                None => roads::estimate::matrix(profile_of(kind), *slice, points)?,
            };
            let (seconds, way) = matrices(points.len(), &table);
            asked.insert(*slice, seconds);
            metres.get_or_insert(way);
            snaps = table.snaps;
        }
        list.push(Slice { from_s: *from_s, seconds: asked[slice].clone() });
    }
    let metres = metres.unwrap_or_else(|| matrix(points.len(), Vec::new()));
    let source = if roads.is_some() { Source::Graph } else { Source::Estimate };
    let name = kind.as_str().to_owned();
    Ok((TravelProfile { name, source, slices: list, metres }, snaps))
}

/// # Errors
/// When it is no place to the roads; places of records always are.
pub fn point_of(place: Place) -> Result<roads::Point, roads::PointError> {
    roads::Point::from_e7(place.lat_e7(), place.lon_e7())
}

fn note_off_roads(
    off_roads: &mut BTreeMap<(VehicleKind, Place), Option<u32>>,
    kind: VehicleKind,
    places: &[Place],
    snaps: &[Snap],
) {
    for (place, snap) in places.iter().zip(snaps) {
        if let Snap::OffMap { metres } = snap {
            off_roads.insert((kind, *place), *metres);
        }
    }
}

fn matrices(side: usize, table: &roads::TravelMatrix) -> (Matrix, Matrix) {
    let cells = |amounts: &[u32]| -> Vec<Cell> {
        let cell = |(at, amount): (usize, &u32)| match at % (side + 1) {
            // A place off the roads is still no way from itself.
            0 => Cell::new(0).unwrap_or(Cell::UNREACHABLE),
            _ => Cell::new(*amount).unwrap_or(Cell::UNREACHABLE),
        };
        amounts.iter().enumerate().map(cell).collect()
    };
    (matrix(side, cells(&table.seconds)), matrix(side, cells(&table.metres)))
}

fn matrix(side: usize, mut cells: Vec<Cell>) -> Matrix {
    cells.resize(side * side, Cell::UNREACHABLE);
    Matrix::new(side, cells).expect("just given its size")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slices_of_a_tour_begin_with_the_one_it_leaves_in() {
        use roads::Slice::{Day, Evening, Morning, Night};
        let h = |hours: f64| (hours * 3600.0) as i64;
        assert_eq!(slices_between(h(10.0), h(15.0)), [(0, Day)]);
        assert_eq!(
            slices_between(h(8.0), h(17.0)),
            [(0, Morning), (h(9.5), Day), (h(16.0), Evening)]
        );
        assert_eq!(slices_between(h(23.0), h(31.0)), [(0, Night), (h(30.0), Morning)]);
        assert_eq!(slices_between(0, 0), [(0, Night)]);
    }

    #[test]
    fn a_slow_hour_makes_times_longer_and_ways_not() {
        let places = [(-12_864_000, 368_172_000), (-13_000_000, 367_800_000)]
            .map(|(lat, lon)| Place::new(lat, lon).unwrap());
        let slices = slices_between(8 * 3600, 9 * 3600);
        let usual = Tables::new(None, &places, &[VehicleKind::Van], &slices, || false).unwrap();
        let slow = usual.clone().paced(1_500);
        let cell = |tables: &Tables, metres: bool| {
            let profile = &tables.profiles()[0];
            let table = if metres { &profile.metres } else { &profile.slices[0].seconds };
            table.cell(PlaceIx::of(0), PlaceIx::of(1)).amount().unwrap()
        };
        assert_eq!(cell(&slow, false), cell(&usual, false) * 3 / 2);
        assert_eq!(cell(&slow, true), cell(&usual, true));
    }

    #[test]
    fn estimates_are_marked_and_cover_every_kind_and_slice() {
        let places = [(-12_864_000, 368_172_000), (-13_000_000, 367_800_000)]
            .map(|(lat, lon)| Place::new(lat, lon).unwrap());
        let slices = slices_between(8 * 3600, 17 * 3600);
        let tables = Tables::new(None, &places, &VehicleKind::ALL, &slices, || false).unwrap();
        assert_eq!(tables.source(), TravelSource::Estimate);
        assert_eq!(tables.profiles().len(), 3);
        for profile in tables.profiles() {
            assert_eq!(profile.slices.len(), 3);
            let cell = profile.metres.cell(PlaceIx::of(0), PlaceIx::of(1)).amount();
            assert!(cell.is_some_and(|metres| metres > 5_000), "{cell:?}");
        }
        assert_eq!(tables.off_roads(places[0]), None);
        let stopped = Tables::new(None, &places, &VehicleKind::ALL, &slices, || true);
        assert!(matches!(stopped, Err(TravelError::Stopped)));
    }
}
