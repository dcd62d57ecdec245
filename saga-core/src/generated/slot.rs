//! Where a run keeps its effects.

use crate::basics::discard::discard;
use std::sync::OnceLock;

/// Where an effect is kept: an `Option`, or a `OnceLock` for siblings, which run beside each other.
pub trait Slot<T> {
    /// A slot that holds what is given.
    fn new(value: Option<T>) -> Self;
    /// What it holds.
    fn get(&self) -> Option<&T>;
    /// What it held; it is empty then.
    fn take(&mut self) -> Option<T>;
    /// Drops what it holds, whatever that does.
    #[inline]
    fn clear(&mut self) {
        discard(self.take());
    }
}

impl<T> Slot<T> for Option<T> {
    #[inline]
    fn new(value: Option<T>) -> Self {
        value
    }

    #[inline]
    fn get(&self) -> Option<&T> {
        self.as_ref()
    }

    #[inline]
    fn take(&mut self) -> Option<T> {
        Self::take(self)
    }
}

impl<T> Slot<T> for OnceLock<T> {
    fn new(value: Option<T>) -> Self {
        value.map_or_else(Self::new, Self::from)
    }

    fn get(&self) -> Option<&T> {
        Self::get(self)
    }

    fn take(&mut self) -> Option<T> {
        Self::take(self)
    }
}

/// Fills the slot of a sibling, which is empty: it is filled once in a run of its block.
#[inline]
pub fn fill<T>(slot: &OnceLock<T>, value: T) {
    let filled = slot.set(value);
    debug_assert!(
        filled.is_ok(),
        "a sibling happens once in a run of its block"
    );
}

/// Fills a slot, if there is anything for it.
#[inline]
pub fn keep<T>(slot: &mut Option<T>, value: Option<T>) {
    if let Some(value) = value {
        *slot = Some(value);
    }
}

/// The effect that the typestates prove to be there.
///
/// # Panics
/// If it is not: a defect of the library.
#[inline]
#[must_use]
pub fn filled<T>(effect: Option<&T>) -> &T {
    effect.expect("an effect is read only where it exists")
}

/// The same, owned, for the output.
///
/// # Panics
/// If it is not there: a defect of the library.
#[inline]
pub fn effect<T>(slot: &mut impl Slot<T>) -> T {
    slot.take().expect("a completed saga has all its effects")
}
