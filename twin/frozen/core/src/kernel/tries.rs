//! How often `resolve` and a compensation have failed: the count that their limits are compared with.

/// So many failures leave no other call, whatever is declared: the call was given up.
pub(super) const GIVEN_UP: u32 = u32::MAX;

/// The failures, with one more, which may give the call up.
pub(super) const fn failures(before: u32, refused: bool) -> u32 {
    if refused {
        GIVEN_UP
    } else {
        before.saturating_add(1)
    }
}
