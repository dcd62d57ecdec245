//! Failures without the type of their error: what drives runs knows no saga, and so is compiled
//! once for all of them.
//!
//! ```text
//!          raised            lent                    typed
//! Err(E) ─────────▶ Raised ─────────▶ &Failure<E> ─────────▶ the outcome
//!                     ▲                    │
//!                     └──── given back ────┘
//! ```

use crate::{
    report::error::{Failure, Origin},
    values::{call::CallKind, cause::Cause},
};
use std::{any::Any, convert::Infallible, fmt};

/// A step's own error, of any type.
///
/// The box has room for the whole failure that the error is the cause of, because what a
/// compensation or a fallback reads is a `&Failure<E>`. So a failure is boxed once, however often it
/// is read.
pub struct Raised(Box<dyn AnyFailure>);

/// A failure that a call reads, whatever the type of its error.
pub(crate) struct Lent(Box<dyn AnyFailure>);

/// A [`Failure`] without its type.
pub(crate) trait AnyFailure: Any + Send + Sync {
    fn as_any(&self) -> &(dyn Any + Send + Sync);
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send + Sync>;
    /// Exchanges the path, the call, and the verdict for these.
    fn exchange(&mut self, origin: Origin) -> Origin;
    /// The cause, if it is not an error; otherwise the failure itself.
    fn into_plain(self: Box<Self>) -> Result<Cause<Infallible>, Box<dyn AnyFailure>>;
}

impl<E: Send + Sync + 'static> AnyFailure for Failure<E> {
    fn as_any(&self) -> &(dyn Any + Send + Sync) {
        self
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send + Sync> {
        self
    }

    fn exchange(&mut self, origin: Origin) -> Origin {
        Self::exchange(self, origin)
    }

    fn into_plain(self: Box<Self>) -> Result<Cause<Infallible>, Box<dyn AnyFailure>> {
        match self.cause() {
            Cause::Failed(_) => Err(self),
            _ => Ok(self.into_cause().map(|_| unreachable!("it is no error"))),
        }
    }
}

impl dyn AnyFailure + '_ {
    /// The failure by its type.
    ///
    /// # Panics
    /// If the type of its error is another: a run has the errors of one saga.
    pub(crate) fn typed<E: 'static>(&self) -> &Failure<E> {
        let typed = self.as_any().downcast_ref();
        typed.expect("a run has errors of one type")
    }
}

impl Raised {
    /// Boxes an error.
    #[inline(never)]
    pub(crate) fn of<E: Send + Sync + 'static>(error: E) -> Self {
        Self(Box::new(Failure::whole(Cause::Failed(error))))
    }

    /// The error.
    ///
    /// # Panics
    /// If its type is another: a run has the errors of one saga.
    pub(crate) fn error<E: 'static>(&self) -> &E {
        let error = self.0.typed::<E>().error();
        error.expect("the cause is an error")
    }

    /// The error, by value.
    ///
    /// # Panics
    /// If its type is another: a run has the errors of one saga.
    pub(crate) fn into_error<E: 'static>(self) -> E {
        let typed = self.0.into_any().downcast::<Failure<E>>().ok();
        match typed.map(|failure| failure.into_cause()) {
            Some(Cause::Failed(error)) => error,
            _ => unreachable!("a run has errors of one type"),
        }
    }
}

impl Lent {
    /// A failure that is no error, as the type that the saga's code reads.
    pub(crate) fn plain<E: Send + Sync + 'static>(failure: Failure<Infallible>) -> Self {
        let failure: Failure<E> = failure.map(|never| match never {});
        Self(Box::new(failure))
    }

    /// The failure, for a call that reads it.
    pub(crate) fn read(&self) -> &dyn AnyFailure {
        &*self.0
    }

    /// The failure by the type of the saga's errors.
    ///
    /// # Panics
    /// If the type of its error is another: a run has the errors of one saga.
    pub(crate) fn typed<E: 'static>(self) -> Failure<E> {
        let typed = self.0.into_any().downcast::<Failure<E>>().ok();
        *typed.expect("a run has errors of one type")
    }
}

impl Failure<Raised> {
    /// The failure as a call reads it. `plain` is [`Lent::plain`] for the type of the saga's errors.
    pub(crate) fn lend(self, plain: fn(Failure<Infallible>) -> Lent) -> Lent {
        let (origin, cause) = self.into_origin();
        match cause {
            Cause::Failed(Raised(mut whole)) => {
                whole.exchange(origin);
                Lent(whole)
            }
            cause => {
                let cause = cause.map(|_| unreachable!("it is no error"));
                plain(Failure::from_origin(origin, cause))
            }
        }
    }

    /// The failure that a call has read.
    pub(crate) fn given_back(Lent(mut whole): Lent) -> Self {
        let origin = whole.exchange((None, CallKind::Action, None));
        let cause = match whole.into_plain() {
            Ok(cause) => cause.map(|never| match never {}),
            Err(whole) => Cause::Failed(Raised(whole)),
        };
        Self::from_origin(origin, cause)
    }

    /// The failure by the type of the saga's errors, for those who know it.
    pub(crate) fn typed<E: 'static>(self) -> Failure<E> {
        self.map(|raised| Cause::Failed(raised.into_error()))
    }
}

impl<E: Send + Sync + 'static> Failure<E> {
    /// The failure without the type of its error.
    pub(crate) fn raised(self) -> Failure<Raised> {
        self.map(|error| Cause::Failed(Raised::of(error)))
    }
}

impl<E: Send + Sync + 'static> Cause<E> {
    /// The cause without the type of its error.
    pub(crate) fn raised(self) -> Cause<Raised> {
        self.map(|error| Cause::Failed(Raised::of(error)))
    }
}

impl fmt::Debug for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raised").finish_non_exhaustive()
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Lent, Raised};
    use crate::{
        definition::Text,
        kernel::Verdict,
        report::error::Failure,
        values::{call::CallKind, cause::Cause},
    };

    fn of_step(cause: Cause<Raised>) -> Failure<Raised> {
        Failure::of_action(Text::Borrowed("seat"), Some(Verdict::Refused), cause)
    }

    #[test]
    fn a_call_reads_an_error_with_where_it_comes_from() {
        let mut failure = of_step(Cause::Failed(Raised::of(7_u8)));
        failure.name_item(3);
        let lent = failure.lend(Lent::plain::<u8>);
        let read = lent.read().typed::<u8>();
        assert_eq!((read.path(), read.error()), (Some("seat[3]"), Some(&7)));
        assert_eq!(read.verdict(), Some(Verdict::Refused));
        assert_eq!(read.call(), CallKind::Action);

        let failure = Failure::given_back(lent);
        assert_eq!(failure.path(), Some("seat[3]"));
        let typed = failure.typed::<u8>();
        assert_eq!((typed.path(), typed.error()), (Some("seat[3]"), Some(&7)));
    }

    #[test]
    fn a_call_reads_what_is_no_error() {
        let lent = of_step(Cause::TimedOut).lend(Lent::plain::<u8>);
        let read = lent.read().typed::<u8>();
        assert_eq!(read.path(), Some("seat"));
        assert!(matches!(read.cause(), Cause::TimedOut));

        let failure = Failure::given_back(lent);
        assert_eq!(failure.verdict(), Some(Verdict::Refused));
        assert!(matches!(failure.cause(), Cause::TimedOut));
    }

    #[test]
    fn an_error_is_lent_more_than_once() {
        let mut failure = of_step(Cause::Failed(Raised::of("sold out")));
        for item in 0..3 {
            let lent = failure.lend(Lent::plain::<&'static str>);
            assert_eq!(lent.read().typed().error(), Some(&"sold out"), "{item}");
            failure = Failure::given_back(lent);
        }
        let Cause::Failed(raised) = failure.into_cause() else {
            panic!("the cause is an error");
        };
        assert_eq!(raised.error::<&'static str>(), &"sold out");
    }
}
