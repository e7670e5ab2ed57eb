//! The engine's dice: a small seeded generator, so that a plan can be replayed on any machine from its seed.
//! It may not be used for anything secret.

/// xoshiro256++ (Blackman & Vigna 2021, "Scrambled linear pseudorandom number generators").
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: [u64; 4],
}

impl Random {
    /// Spreads `seed` over the state with SplitMix64, as the generator's authors advise.
    pub(crate) fn new(seed: u64) -> Self {
        let mut word = seed;
        let state = std::array::from_fn(|_| {
            word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = word;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        });
        Self { state }
    }

    #[inline]
    pub(crate) fn word(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let t = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= t;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in `0..bound` by multiply-shift; the bias is below `bound / 2^32`.
    #[inline]
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        (((self.word() >> 32) * u64::from(bound)) >> 32) as u32
    }

    /// Uniform in `[0, 1)`.
    #[inline]
    pub(crate) fn share(&mut self) -> f64 {
        (self.word() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_same_seed_gives_the_same_words_and_another_seed_others() {
        let words = |seed| {
            let mut random = Random::new(seed);
            [random.word(), random.word(), random.word()]
        };
        assert_eq!(words(7), words(7));
        assert_ne!(words(7), words(8));
    }

    #[test]
    fn every_number_below_the_bound_is_drawn_about_as_often() {
        let mut random = Random::new(1);
        let mut drawn = [0u32; 7];
        for _ in 0..70_000 {
            drawn[random.below(7) as usize] += 1;
        }
        assert!(drawn.iter().all(|count| (9_500..10_500).contains(count)), "{drawn:?}");
    }
}
