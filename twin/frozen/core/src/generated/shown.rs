//! The `Debug` of effects, whose types need not have it: chosen by method resolution, as the text of
//! an error is ([`describe`](super::describe)).

use std::fmt;

/// Wraps an effect to be shown.
pub struct Shown<'a, T>(pub &'a T);

/// Stands for a value that cannot be shown.
struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// Selected for values that are `Debug`.
pub trait ByItsDebug {
    /// Adds the value as a field of this name.
    fn __show(&self, name: &str, to: &mut fmt::DebugStruct<'_, '_>);
}

impl<T: fmt::Debug> ByItsDebug for &&Shown<'_, T> {
    fn __show(&self, name: &str, to: &mut fmt::DebugStruct<'_, '_>) {
        to.field(name, self.0);
    }
}

/// Selected for values that are not `Debug`, and may be absent.
pub trait ByPresence {
    /// Adds whether the value exists as a field of this name.
    fn __show(&self, name: &str, to: &mut fmt::DebugStruct<'_, '_>);
}

impl<T> ByPresence for &Shown<'_, Option<T>> {
    fn __show(&self, name: &str, to: &mut fmt::DebugStruct<'_, '_>) {
        to.field(name, &self.0.as_ref().map(|_| Hidden));
    }
}

/// Selected for all other values.
pub trait Unshown {
    /// Adds a field of this name, without the value.
    fn __show(&self, name: &str, to: &mut fmt::DebugStruct<'_, '_>);
}

impl<T> Unshown for Shown<'_, T> {
    fn __show(&self, name: &str, to: &mut fmt::DebugStruct<'_, '_>) {
        to.field(name, &Hidden);
    }
}
