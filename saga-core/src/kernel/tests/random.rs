//! Any event at any time: the kernel never panics, and an event that does not fit changes nothing.

use super::{
    answers::{answers, hold},
    build::*,
    shapes::sagas,
    situation::Situation,
    world::World,
};
use crate::kernel::Command;

/// `SplitMix64` (Steele, Lea, Flood 2014): the same numbers from the same seed.
pub(super) struct Random(u64);

impl Random {
    /// By the number of the draw.
    pub(super) fn drawn(number: u64) -> Self {
        Self(saga_tests::seed_of(number))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(super) fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let len = u64::try_from(all.len()).unwrap();
        all[usize::try_from(self.next() % len).unwrap()]
    }
}

#[test]
fn any_event_at_any_time() {
    let mut random = Random::drawn(42);
    let sagas = sagas();
    let (mut heard, mut refused, mut ended) = (0, 0, 0);
    for _ in 0..2_000 {
        let at = usize::try_from(random.next()).unwrap() % sagas.len();
        let steps = &sagas[at].steps;
        let mut kernel = memory(steps.iter().cloned());
        let mut world = World::new(steps.len());
        let all = all_events(u16::try_from(steps.len()).unwrap());
        for _ in 0..200 {
            let answers = answers(&kernel);
            let event = if random.next() % 3 == 0 {
                random.of(&all)
            } else {
                random.of(&answers).0
            };
            if !world.allows(&kernel, event) {
                continue;
            }
            let before = kernel.clone();
            if kernel.apply(event).is_ok() {
                assert!(hold(&answers, event), "{event:?}: {before:?}");
                world.hear(&before, event, &kernel);
                heard += 1;
            } else {
                assert!(!hold(&answers, event), "{event:?}: {before:?}");
                assert!(
                    Situation::of(&kernel) == Situation::of(&before),
                    "{event:?} changed {before:?}"
                );
                refused += 1;
            }
            if let Command::End(end) = kernel.next() {
                world.end(&kernel, end);
                ended += 1;
            }
        }
    }
    assert!(
        heard > 10_000 && refused > 10_000 && ended > 1_000,
        "{heard} {refused} {ended}"
    );
}
