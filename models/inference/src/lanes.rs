//! The same code for the processor at hand: compiled three times, for wider and wider lanes, and chosen when it
//! runs. The one place of this crate with `unsafe`: calling code for a processor is sound where the processor was
//! asked first.

/// How wide the lanes of this processor are. Made by asking it, and in no other way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lanes(Width);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// What every processor of this kind has.
    Plain,
    #[cfg(target_arch = "x86_64")]
    Wide,
    #[cfg(target_arch = "x86_64")]
    Widest,
}

impl Lanes {
    /// Of the processor that this runs on.
    #[must_use]
    pub fn here() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let wide = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
            let widest = is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl");
            Self(match (wide, widest) {
                (true, true) => Width::Widest,
                (true, false) => Width::Wide,
                (false, _) => Width::Plain,
            })
        }
        #[cfg(not(target_arch = "x86_64"))]
        Self(Width::Plain)
    }

    /// The narrowest, the ones between, and those of this processor: for tests that all give the same.
    #[must_use]
    pub fn all_here() -> Vec<Self> {
        let mut all = vec![Self(Width::Plain)];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            all.push(Self(Width::Wide));
        }
        all.push(Self::here());
        all
    }
}

/// Something that gains by wider lanes. `run` is inlined into code for each kind of processor, so everything in
/// it must be inlined too.
pub(crate) trait Work {
    /// `FUSED`: whether the processor multiplies and adds in one step, so that `mul_add` is no call. `WIDTH`:
    /// float32 numbers of a register.
    fn run<const FUSED: bool, const WIDTH: usize>(self);
}

/// Does the work with the lanes that are given.
pub(crate) fn run(lanes: Lanes, work: impl Work) {
    match lanes.0 {
        Width::Plain => work.run::<{ cfg!(target_arch = "aarch64") }, 4>(),
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "`Lanes::here` has asked the processor for these features")]
        Width::Wide => unsafe { wide(work) },
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "`Lanes::here` has asked the processor for these features")]
        Width::Widest => unsafe { widest(work) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn wide(work: impl Work) {
    work.run::<true, 8>();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512bw,avx512vl")]
fn widest(work: impl Work) {
    work.run::<true, 16>();
}
