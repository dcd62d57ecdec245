//! What the function of `#[classify]` returns: a verdict, or the promise that there is no doubt.
//!
//! A saga whose steps declare nothing for lost answers relies on the promise. The macro does not
//! know what a name stands for, but the type is the same under every name.

use crate::kernel::Verdict;

/// [`Verdict::Transient`] for every error: what [`transient`] returns.
///
/// It converts to a [`Verdict`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AlwaysTransient(());

/// Every `Err` is [`Verdict::Transient`]: an attempt that fails has no effect.
///
/// Right for a computation, or for one transaction in a database that you have seen roll back.
/// Never right for a call over a network, because its answer may be lost after the service has
/// acted: see `typed_saga::classify::io`. (`typed_saga::transient` is the same function.)
///
/// The type of its answer tells the macro that no step can be in doubt. Where a [`Verdict`] is
/// needed, write `transient(&error).into()`.
#[must_use]
pub fn transient<E>(_: &E) -> AlwaysTransient {
    AlwaysTransient(())
}

impl From<AlwaysTransient> for Verdict {
    fn from(_: AlwaysTransient) -> Self {
        Self::Transient
    }
}

/// The return value of the function of `#[classify]`, in a saga that settles every doubt itself.
#[diagnostic::on_unimplemented(
    message = "the function of `#[classify]` does not return a `Verdict`",
    label = "returns `{Self}`",
    note = "it is called with a reference to the error of a step, and returns a `typed_saga::Verdict`"
)]
pub trait Judged {
    /// The verdict.
    fn judged(self) -> Verdict;
}

impl Judged for Verdict {
    #[inline]
    fn judged(self) -> Verdict {
        self
    }
}

impl Judged for AlwaysTransient {
    #[inline]
    fn judged(self) -> Verdict {
        self.into()
    }
}

/// The return value of the function of `#[classify]`, in a saga that relies on there being no
/// doubt. Implemented for [`AlwaysTransient`].
#[diagnostic::on_unimplemented(
    message = "this `transient` is not the library's: it may return `Unknown`",
    label = "returns `{Self}`, and not `typed_saga::classify::AlwaysTransient`",
    note = "a step of the saga declares nothing for the case that its answer is lost, which only `typed_saga::transient` rules out",
    note = "write `#[classify(typed_saga::transient)]`; or give your function another name, and the macro tells you which steps could be in doubt"
)]
pub trait NeverInDoubt {
    /// The verdict.
    fn never_in_doubt(self) -> Verdict;
}

impl NeverInDoubt for AlwaysTransient {
    #[inline]
    fn never_in_doubt(self) -> Verdict {
        self.into()
    }
}
