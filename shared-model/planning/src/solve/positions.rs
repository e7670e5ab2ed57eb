//! Which positions are worth a price: sieves that cost a fraction of it, written without branches, as what passes cannot be
//! foreseen. May not refuse a position that could win.

use super::{
    near::{NEAR_MAX, Neighbour},
    tours::Tours,
};

/// More than two rows of neighbours, and a power of two.
const CHOSEN_MAX: usize = 128;
const _: () = assert!(2 * NEAR_MAX < CHOSEN_MAX && CHOSEN_MAX.is_power_of_two());

/// Whether routes have so little room that positions are asked for it before they are priced: where vehicles are full that
/// saves two prices of three, where they are not it only costs.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Room {
    asked: u32,
    kept: u32,
    is_ample: bool,
    unasked: u32,
}

impl Room {
    /// Positions from which on it is decided anew.
    const SAMPLE: u32 = 4096;
    /// While there is room, asked once in so many times, as that may change.
    const ASK_EVERY: u32 = 16;

    #[inline(always)]
    pub(super) fn is_worth_asking(&mut self) -> bool {
        if !self.is_ample {
            return true;
        }
        self.unasked = (self.unasked + 1) % Self::ASK_EVERY;
        self.unasked == 0
    }

    #[inline(always)]
    pub(super) fn note(&mut self, asked: usize, kept: usize) {
        self.asked += asked as u32;
        self.kept += kept as u32;
        if self.asked >= Self::SAMPLE {
            self.is_ample = u64::from(self.kept) * 5 > u64::from(self.asked) * 4;
            (self.asked, self.kept) = (0, 0);
        }
    }
}

/// Positions next to these neighbours whose way alone does not forbid them.
#[inline(always)]
pub(super) fn add_near(
    tours: &Tours,
    (preds, succs): (&[Neighbour], &[Neighbour]),
    limit: i32,
    candidates: &mut Vec<u16>,
) {
    let mut chosen = [0; CHOSEN_MAX];
    let mut count = 0;
    for near in preds {
        chosen[count % CHOSEN_MAX] = near.node;
        count += usize::from(2 * near.way - tours.leg_out[near.node as usize] < limit);
    }
    for near in succs {
        chosen[count % CHOSEN_MAX] = tours.pred(near.node);
        count += usize::from(2 * near.way - tours.leg_in[near.node as usize] < limit);
    }
    candidates.extend_from_slice(&chosen[..count % CHOSEN_MAX]);
}

/// As `retain`, without a branch, as what is kept cannot be foreseen.
#[inline(always)]
pub(super) fn keep(candidates: &mut Vec<u16>, is_kept: impl Fn(u16) -> bool) {
    let mut count = 0;
    for place in 0..candidates.len() {
        let pred = candidates[place];
        candidates[count] = pred;
        count += usize::from(is_kept(pred));
    }
    candidates.truncate(count);
}
