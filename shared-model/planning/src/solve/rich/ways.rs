//! Travel of one profile, with everything about a way side by side in memory: its metres and its seconds in each slice.
//! Knows places by numbers of its own, in the order in which the search meets them. May not know what is done at a place.

use crate::problem::{End, PlaceIx, Problem, Start, TravelProfile};

/// A place by its number here.
pub(super) type Spot = u16;

const UNREACHABLE: u32 = u32::MAX;

/// The numbers of the places in use, the visited ones first, in the order of the nodes.
#[derive(Debug, Clone, Default)]
pub(super) struct Spots {
    number: Vec<Spot>,
    places: Vec<PlaceIx>,
}

impl Spots {
    pub(super) fn of(problem: &Problem, visited: impl Iterator<Item = PlaceIx>) -> Self {
        let mut spots = Self { number: vec![Spot::MAX; problem.places.len()], places: Vec::new() };
        for place in visited {
            spots.take(place);
        }
        for depot in &problem.depots {
            spots.take(depot.place);
        }
        for vehicle in &problem.vehicles {
            if let Start::Place(place) = vehicle.start {
                spots.take(place);
            }
            if let End::Place(place) = vehicle.end {
                spots.take(place);
            }
        }
        for underway in problem.standing.iter().flat_map(|standing| &standing.underway) {
            spots.take(underway.position.place);
        }
        spots
    }

    fn take(&mut self, place: PlaceIx) {
        if self.number[place.at()] == Spot::MAX {
            self.number[place.at()] = self.places.len() as Spot;
            self.places.push(place);
        }
    }

    pub(super) fn of_place(&self, place: PlaceIx) -> Spot {
        self.number[place.at()]
    }

    /// The spot that is everywhere at once: no way to it or from it takes anything.
    pub(super) fn nowhere(&self) -> Spot {
        self.places.len() as Spot
    }
}

/// Travel of one profile.
#[derive(Debug, Clone)]
pub(super) struct Ways {
    /// Begin of each slice.
    begins: Vec<i64>,
    side: usize,
    /// `side × side` rows of metres and the seconds of each slice.
    cells: Vec<u32>,
}

impl Ways {
    pub(super) fn of(profile: &TravelProfile, spots: &Spots) -> Self {
        let side = spots.places.len() + 1;
        let stride = profile.slices.len() + 1;
        let mut cells = Vec::with_capacity(side * side * stride);
        for &from in &spots.places {
            for &to in &spots.places {
                cells.push(profile.metres.cell(from, to).raw());
                let seconds = profile.slices.iter().map(|slice| slice.seconds.cell(from, to).raw());
                cells.extend(seconds);
            }
            cells.extend(std::iter::repeat_n(0, stride));
        }
        cells.resize(side * side * stride, 0);
        let begins = profile.slices.iter().map(|slice| slice.from_s).collect();
        Self { begins, side, cells }
    }

    pub(super) fn changes(&self) -> bool {
        self.begins.len() > 1
    }

    /// Whether some way does not exist.
    pub(super) fn has_holes(&self) -> bool {
        self.cells.contains(&UNREACHABLE)
    }

    #[inline]
    fn row(&self, from: Spot, to: Spot) -> &[u32] {
        let stride = self.begins.len() + 1;
        let at = (usize::from(from) * self.side + usize::from(to)) * stride;
        &self.cells[at..at + stride]
    }

    #[inline]
    pub(super) fn metres(&self, from: Spot, to: Spot) -> Option<i64> {
        amount(self.row(from, to)[0])
    }

    /// The slice that `at_s` is in.
    #[inline]
    fn slice(&self, at_s: i64) -> usize {
        self.begins[1..].iter().take_while(|&&from_s| from_s <= at_s).count()
    }

    /// Arrival when leaving at `leave_s`; the speed changes with the slice, as [`TravelProfile`] says.
    #[inline]
    pub(super) fn arrival_s(&self, from: Spot, to: Spot, leave_s: i64) -> Option<i64> {
        let at = self.slice(leave_s);
        let arrive_s = leave_s + amount(self.row(from, to)[1 + at])?;
        if self.begins.get(at + 1).is_none_or(|&next_s| arrive_s <= next_s) {
            return Some(arrive_s);
        }
        self.arrival_through_slices_s(from, to, leave_s)
    }

    #[cold]
    fn arrival_through_slices_s(&self, from: Spot, to: Spot, leave_s: i64) -> Option<i64> {
        let seconds = &self.row(from, to)[1..];
        let mut at = self.slice(leave_s);
        let (mut now_s, mut left) = (leave_s, TravelProfile::WAY);
        loop {
            let whole_s = amount(seconds[at])?;
            let arrival_s = now_s + (left * whole_s + TravelProfile::WAY - 1) / TravelProfile::WAY;
            match self.begins.get(at + 1) {
                Some(&next_s) if arrival_s > next_s => {
                    left -= (next_s - now_s) * TravelProfile::WAY / whole_s;
                    now_s = next_s;
                    at += 1;
                }
                Some(_) | None => return Some(arrival_s),
            }
        }
    }

    /// The latest moment to leave so as to arrive by `arrive_s`: leaving later never means arriving earlier.
    #[inline]
    pub(super) fn leave_s(&self, from: Spot, to: Spot, arrive_s: i64) -> Option<i64> {
        let at = self.slice(arrive_s);
        let leave_s = arrive_s - amount(self.row(from, to)[1 + at])?;
        if at == 0 || leave_s >= self.begins[at] {
            return Some(leave_s);
        }
        self.leave_through_slices_s(from, to, arrive_s)
    }

    #[cold]
    fn leave_through_slices_s(&self, from: Spot, to: Spot, arrive_s: i64) -> Option<i64> {
        let longest_s = self.row(from, to)[1..].iter().filter_map(|&one| amount(one)).max()?;
        let mut good_s = arrive_s - longest_s - self.begins.len() as i64;
        while self.arrival_s(from, to, good_s)? > arrive_s {
            good_s -= longest_s + 1;
        }
        let mut bad_s = arrive_s + 1;
        while bad_s - good_s > 1 {
            let middle_s = good_s + (bad_s - good_s) / 2;
            if self.arrival_s(from, to, middle_s)? <= arrive_s {
                good_s = middle_s;
            } else {
                bad_s = middle_s;
            }
        }
        Some(good_s)
    }

    /// Least seconds of the way at any time of day.
    #[inline]
    pub(super) fn least_s(&self, from: Spot, to: Spot) -> Option<i64> {
        self.row(from, to)[1..].iter().min().and_then(|&least| amount(least))
    }
}

#[inline]
fn amount(cell: u32) -> Option<i64> {
    (cell != UNREACHABLE).then_some(i64::from(cell))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::{Cell, Matrix, Slice, Source};
    use crate::solve::random::Random;

    /// Three places and four slices of unlike speed, by lot.
    fn ways(random: &mut Random) -> Ways {
        let mut table = || {
            let cells = (0..9).map(|_| Cell::new(random.below(3_000)).expect("few seconds"));
            Matrix::new(3, cells.collect()).expect("three by three")
        };
        let slices = [0, 4_000, 5_000, 9_000].map(|from_s| Slice { from_s, seconds: table() });
        let metres = table();
        let profile = TravelProfile {
            name: "by lot".to_owned(),
            source: Source::Given,
            slices: slices.into(),
            metres,
        };
        let places = (0..3).map(PlaceIx::of).collect();
        Ways::of(&profile, &Spots { number: vec![0, 1, 2], places })
    }

    #[test]
    fn the_latest_moment_to_leave_is_in_time_and_the_next_one_is_not() {
        let mut random = Random::new(3);
        for _ in 0..40 {
            let ways = ways(&mut random);
            for _ in 0..200 {
                let (from, to) = (random.below(3) as Spot, random.below(3) as Spot);
                let arrive_s = i64::from(random.below(14_000));
                let leave_s = ways.leave_s(from, to, arrive_s).expect("there is a way");
                let arrival_s =
                    |leave_s| ways.arrival_s(from, to, leave_s).expect("there is a way");
                assert!(arrival_s(leave_s) <= arrive_s, "{from}-{to} by {arrive_s}");
                assert!(arrival_s(leave_s + 1) > arrive_s, "{from}-{to} by {arrive_s}");
                assert!(arrival_s(leave_s) >= leave_s + ways.least_s(from, to).expect("a way"));
            }
        }
    }

    #[test]
    fn who_leaves_later_never_arrives_earlier() {
        let mut random = Random::new(4);
        for _ in 0..20 {
            let ways = ways(&mut random);
            for to in 0..3 {
                let arrivals = (0..12_000).map(|leave_s| ways.arrival_s(0, to, leave_s));
                assert!(arrivals.collect::<Vec<_>>().is_sorted());
            }
        }
    }
}
