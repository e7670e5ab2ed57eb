//! Dice with a seed: SplitMix64 (Steele, Lea, Flood 2014). A failing test says the seed, and the
//! seed gives the same run again.

/// Draws numbers.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0, below `bound`.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap();
        usize::try_from(self.roll() % bound).unwrap()
    }

    /// A number from `first` to `last`, both possible.
    pub(crate) fn between(&mut self, first: i64, last: i64) -> i64 {
        let span = u64::try_from(last - first).unwrap() + 1;
        first + i64::try_from(self.roll() % span).unwrap()
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() {
            return None;
        }
        from.get(self.below(from.len()))
    }

    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

/// Says the seed of a run that fails.
struct Told(u64);

impl Drop for Told {
    #[expect(clippy::print_stderr, reason = "the seed is what makes a failure repeatable")]
    fn drop(&mut self) {
        if is_failing() {
            eprintln!("failed with seed {}; again with OMNIROUTE_SEED={}", self.0, self.0);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test may read its own settings")]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn is_failing() -> bool {
    std::thread::panicking()
}

/// Runs a test once for each of `count` seeds: more with `OMNIROUTE_SEEDS`, one with
/// `OMNIROUTE_SEED`.
pub(crate) fn for_seeds(count: u64, run: impl Fn(u64, Dice)) {
    let seeds = match setting("OMNIROUTE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..setting("OMNIROUTE_SEEDS").unwrap_or(count),
    };
    for seed in seeds {
        let told = Told(seed);
        run(seed, Dice::new(seed));
        drop(told);
    }
}
