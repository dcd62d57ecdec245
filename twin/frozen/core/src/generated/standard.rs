//! What generated code uses of the standard library, as aliases and functions: what a project disallows in
//! its `clippy.toml` concerns what people write, and lints look through a re-export. (No alias of a trait
//! exists.)

use crate::calls::loops::ListOf;
use std::{
    future::Pending, ops::DerefMut, option::Option as StdOption, pin::Pin as StdPin,
    sync::Arc as StdArc, vec::Vec as StdVec,
};

/// `Arc`.
pub type Arc<T> = StdArc<T>;
/// `Box`.
pub type Box<T> = std::boxed::Box<T>;
/// `Duration`.
pub type Duration = std::time::Duration;
/// A future that never ends.
pub type Never<T> = Pending<T>;
/// `OnceLock`.
pub type OnceLock<T> = std::sync::OnceLock<T>;
/// `Option`.
pub type Option<T> = StdOption<T>;
/// `Pin`.
pub type Pin<T> = StdPin<T>;
/// `Result`.
pub type Result<T, E> = std::result::Result<T, E>;
/// `String`.
pub type String = std::string::String;
/// `Vec`.
pub type Vec<T> = StdVec<T>;

/// Appends a list to another one.
#[inline]
pub fn append<T>(to: &mut StdVec<T>, from: &mut StdVec<T>) {
    to.append(from);
}

/// Shares a value.
#[inline]
#[must_use]
pub fn arc<T>(value: T) -> StdArc<T> {
    StdArc::new(value)
}

/// The same pinned value again.
#[inline]
pub fn as_mut<P: DerefMut>(pinned: &mut StdPin<P>) -> StdPin<&mut P::Target> {
    pinned.as_mut()
}

/// Boxes a value.
#[inline]
#[must_use]
pub fn boxed<T>(value: T) -> std::boxed::Box<T> {
    std::boxed::Box::new(value)
}

/// Clones a value.
#[inline]
#[must_use]
pub fn cloned<T: Clone>(value: &T) -> T {
    value.clone()
}

/// The default value of a type.
#[inline]
#[must_use]
pub fn default<T: Default>() -> T {
    T::default()
}

/// A duration.
#[inline]
#[must_use]
pub const fn duration(seconds: u64, nanoseconds: u32) -> std::time::Duration {
    std::time::Duration::new(seconds, nanoseconds)
}

/// As many items as are wanted at most, in a list.
pub fn first_of<I>(items: impl ListOf<I>, most: usize) -> StdVec<I> {
    items.list().into_iter().take(most).collect()
}

/// A list of these items.
#[inline]
#[must_use]
pub fn list_of<T, const N: usize>(items: [T; N]) -> StdVec<T> {
    StdVec::from(items)
}

/// Items with their positions, last first.
pub fn last_first<T>(items: &[T]) -> impl Iterator<Item = (usize, &T)> {
    items.iter().enumerate().rev()
}

/// An empty list.
#[inline]
#[must_use]
pub const fn nothing<T>() -> StdVec<T> {
    StdVec::new()
}

/// Pins a value on the heap.
#[inline]
#[must_use]
pub fn pinned<T>(value: T) -> StdPin<std::boxed::Box<T>> {
    std::boxed::Box::pin(value)
}

/// Two lists as one of pairs.
#[must_use]
pub fn zipped<A, B>(one: StdVec<A>, other: StdVec<B>) -> StdVec<(A, B)> {
    one.into_iter().zip(other).collect()
}

/// The same value.
#[inline]
pub fn same<T>(value: T) -> T {
    value
}
