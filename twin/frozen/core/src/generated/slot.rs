//! The slots in which a run stores its effects.

use crate::basics::discard::discard;
use std::sync::OnceLock;

/// The slot of an effect: an `Option`, or a `OnceLock` for siblings, which run concurrently.
pub trait Slot<T> {
    /// Creates a slot with this value.
    fn new(value: Option<T>) -> Self;
    /// Returns the value.
    fn get(&self) -> Option<&T>;
    /// Takes the value, and leaves the slot empty.
    fn take(&mut self) -> Option<T>;
    /// Drops the value. A panic in its `Drop` is swallowed.
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

/// Fills the slot of a sibling, which is empty: it is filled once in each run of its block.
#[inline]
pub fn fill<T>(slot: &OnceLock<T>, value: T) {
    let filled = slot.set(value);
    debug_assert!(
        filled.is_ok(),
        "a sibling happens once in a run of its block"
    );
}

/// Fills a slot, if there is a value.
#[inline]
pub fn keep<T>(slot: &mut Option<T>, value: Option<T>) {
    if let Some(value) = value {
        *slot = Some(value);
    }
}

/// Returns the effect, which the typestates prove to exist.
///
/// # Panics
/// If there is no effect: a defect of the library.
#[inline]
#[must_use]
pub fn filled<T>(effect: Option<&T>) -> &T {
    effect.expect("an effect is read only where it exists")
}

/// Returns the effect of a step that may be skipped, and was not.
///
/// # Panics
/// If there is no effect: a defect of the library.
#[inline]
#[must_use]
pub fn there_is<T>(effect: &Option<T>) -> &T {
    filled(effect.as_ref())
}

/// Takes the effect, which the typestates prove to exist, for the output.
///
/// # Panics
/// If there is no effect: a defect of the library.
#[inline]
pub fn effect<T>(slot: &mut impl Slot<T>) -> T {
    slot.take().expect("a completed saga has all its effects")
}
