//! Sagas whose steps are settled by hand.

use super::{CORE, Case, blocks, chained, early, sequences, with_covered, with_remaining};
use crate::definition::Step;

/// Fewer sagas, and with less bad luck, because settling by hand multiplies the runs.
pub(super) fn by_hand() -> Vec<Case> {
    let mut sagas = Vec::new();
    let mut add = |luck: u8, more: &mut dyn Iterator<Item = Vec<Step>>| {
        sagas.extend(more.map(|steps| Case {
            steps,
            luck,
            by_hand: true,
            losses: false,
        }));
    };
    add(2, &mut with_covered(2).into_iter());
    add(2, &mut with_covered(3).into_iter());
    add(2, &mut with_remaining(2).into_iter());
    add(6, &mut sequences(&early(), 1).into_iter());
    let two = sequences(&early(), 2);
    add(2, &mut blocks(&two, 0..2, false));
    add(2, &mut blocks(&two, 0..2, true));
    add(2, &mut two.into_iter().map(chained));
    let three = sequences(&early()[2..CORE], 3);
    add(2, &mut three.into_iter().map(chained));
    sagas
}
