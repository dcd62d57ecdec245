//! What depends on a step that cannot be undone.

use super::{declared, steps};
use crate::kernel::{Phase, tests::build::Saga};

/// Whether a step that cannot be undone depends on this step, directly or through others.
pub(super) fn is_stood_on(saga: &Saga, step: u16) -> bool {
    let mut above = step + 1..steps(saga).end;
    above.any(|upper| {
        let phase = saga.phase(upper);
        let resists = matches!(phase, Phase::Uncompensated | Phase::Kept | Phase::Unsettled);
        declared(saga, upper).stands_on.contains(&step)
            && phase != Phase::Skipped
            && (resists || is_stood_on(saga, upper))
    })
}
