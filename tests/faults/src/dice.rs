//! Dice that fall alike for a seed: SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.

/// A run of throws.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Throws of their own, told apart by `of`.
    #[must_use]
    pub fn branch(&self, of: u64) -> Self {
        let mut dice = Self(self.0 ^ of.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17));
        dice.throw();
        Self(dice.throw())
    }

    pub fn throw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, which is not zero.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.throw() % end).unwrap_or(0)
    }

    /// True in `of` of `among` throws.
    pub fn once_in(&mut self, among: usize) -> bool {
        self.below(among) == 0
    }

    pub fn fill(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let drawn = self.throw().to_le_bytes();
            let len = chunk.len();
            chunk.copy_from_slice(&drawn[..len]);
        }
    }
}
