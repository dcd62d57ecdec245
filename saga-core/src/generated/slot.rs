//! The slots in which a run stores its effects.
//!
//! Slots, and not the typestates of a walk: if these were passed through the executor, the future
//! of a run would hold every state at once, and grow with the square of their number. The
//! typestates only make rustc prove that each read exists. A value keeps its type in its slot:
//! boxing the values, too, made a straight run fourteen times as slow.

use crate::basics::discard::discard;
use std::{any::Any, sync::OnceLock};

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

/// Returns what one of several arms has made: what was `found` in an earlier arm, or else the effect of
/// the step in this one. All effects have one type, which the generated code proves elsewhere.
#[must_use]
pub fn or_arm<'a, T: Any, U: Any>(found: Option<&'a T>, other: &'a Option<U>) -> Option<&'a T> {
    let other: &dyn Any = other;
    found.or_else(|| other.downcast_ref::<Option<T>>()?.as_ref())
}

/// The same where it is not certain that one of the arms has made it.
#[must_use]
pub fn or_skipped<'a, T: Any, U: Any>(found: &'a Option<T>, other: &'a Option<U>) -> &'a Option<T> {
    let other: &dyn Any = other;
    let other = other.downcast_ref().filter(|_| found.is_none());
    other.unwrap_or(found)
}

/// The same for effects that are taken for the output.
#[must_use]
pub fn or_taken<T: Any, U: Any>(found: Option<T>, mut other: Option<U>) -> Option<T> {
    let other: &mut dyn Any = &mut other;
    found.or_else(|| other.downcast_mut::<Option<T>>()?.take())
}

/// Takes the effect, which the typestates prove to exist, for the output.
///
/// # Panics
/// If there is no effect: a defect of the library.
#[inline]
pub fn effect<T>(slot: &mut impl Slot<T>) -> T {
    slot.take().expect("a completed saga has all its effects")
}
