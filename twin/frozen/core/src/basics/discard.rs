//! Dropping values of the user's types: a `drop` that panics does not end a run, and does not
//! change its outcome. The panic hook has already reported the panic.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Drops a value of a user's type. A panic in its `Drop` is swallowed.
#[inline]
pub fn discard<T>(value: T) {
    if mem::needs_drop::<T>() {
        quietly(|| drop(value));
    }
}

/// Runs the user's code and returns its result, or `None` if it panics.
#[inline]
pub(crate) fn quietly<T>(code: impl FnOnce() -> T) -> Option<T> {
    // Unwind safe: the state that the code was changing is not read afterwards.
    catch_unwind(AssertUnwindSafe(code))
        .map_err(discard_payload)
        .ok()
}

/// A payload may panic when it is dropped, with a payload that does so, too: the second one is
/// leaked.
#[cold]
fn discard_payload(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        mem::forget(second);
    }
}

#[cfg(test)]
mod tests {
    use super::{discard, quietly};
    use std::panic::panic_any;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            // The payload of this panic panics in turn when it is dropped.
            panic_any(Self);
        }
    }

    #[test]
    fn a_drop_that_panics_goes_no_further() {
        discard(Bomb);
        discard(vec![Bomb]);
        discard(1);
    }

    #[test]
    fn what_panics_gives_nothing() {
        assert_eq!(quietly(|| 1), Some(1));
        assert_eq!(quietly::<()>(|| panic_any(Bomb)), None);
    }
}
