//! Dropping what is the user's: a `drop` that panics ends no run, and changes nothing about its
//! outcome. The panic hook has said that it panicked.

use std::{
    any::Any,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Drops a value of the user's, whatever that does.
#[inline]
pub fn discard<T>(value: T) {
    if mem::needs_drop::<T>() {
        quietly(|| drop(value));
    }
}

/// What the user's code gives; `None` if it panics.
#[inline]
pub(crate) fn quietly<T>(code: impl FnOnce() -> T) -> Option<T> {
    // Unwind safe: what it was at is not looked at afterwards.
    catch_unwind(AssertUnwindSafe(code))
        .map_err(discard_payload)
        .ok()
}

/// A payload may panic when it is dropped, and that payload, too: the second one is leaked.
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
            // Its payload is another one.
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
