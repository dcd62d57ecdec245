//! Uniform random values of `u64`: for ids, and for jitter.
//!
//! Ids come from the standard library's [`RandomState`], although std does not promise that its
//! keys are random: the in-memory runtime depends on tokio and pin-project-lite alone, and an id
//! need only be unlikely to meet another one, not secret.

#[cfg(feature = "testing")]
use std::cell::Cell;
use std::hash::{BuildHasher, RandomState};

#[cfg(feature = "testing")]
thread_local! {
    static SEED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Has everything that this thread draws from now on come from this seed; with `None`, from the
/// standard library again. For tests that compare two runs.
#[cfg(feature = "testing")]
pub fn seed(seed: Option<u64>) {
    SEED.set(seed);
}

/// A uniform random `u64`: hashes with the standard library's per-thread random keys, which change
/// with every use.
#[must_use]
pub fn random() -> u64 {
    #[cfg(feature = "testing")]
    if let Some(mut state) = SEED.get() {
        let drawn = split_mix(&mut state);
        SEED.set(Some(state));
        return drawn;
    }
    RandomState::new().hash_one(0u8)
}

/// The next number of a seeded sequence: `SplitMix64` (Steele, Lea, Flood: *Fast Splittable
/// Pseudorandom Number Generators*, 2014).
pub(crate) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::split_mix;

    #[cfg(feature = "testing")]
    #[test]
    fn a_seed_draws_the_same_again() {
        use super::{random, seed};
        let drawn = [0, 1].map(|_| {
            seed(Some(7));
            [0; 3].map(|_| random())
        });
        assert_eq!(drawn[0], drawn[1]);
        assert!(drawn[0][0] != drawn[0][1]);
        seed(None);
        assert_ne!(drawn[0], [0; 3].map(|_| random()));
    }

    /// The first numbers that the authors' `splitmix64.c` gives for this seed.
    #[test]
    fn draws_as_its_authors_do() {
        let mut state = 1_234_567;
        let drawn = [0; 3].map(|_| split_mix(&mut state));
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423
            ]
        );
    }
}
