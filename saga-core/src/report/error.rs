//! The reasons why a saga did not complete, and what it left behind.

use crate::{
    basics::{panic::Panic, source::Source},
    definition::{Step, Text},
    kernel::Verdict,
    report::{
        completeness::Completeness,
        parked::{AnyParked, Leftovers},
        standing::Unsettled,
    },
    values::{call::CallKind, cause::Cause},
};
use std::fmt;

mod origin;

pub(crate) use origin::Origin;

/// A cause, and the call that it came from: `failure` in a `compensate` or a `fallback`, and what the
/// `if` of a `#[savepoint]` judges.
#[derive(Debug)]
pub struct Failure<E> {
    pub(crate) step: Option<Text>,
    call: CallKind,
    verdict: Option<Verdict>,
    cause: Cause<E>,
}

/// A failed call of a step, without the step's name.
#[derive(Debug)]
pub(crate) struct CallFailure<E> {
    pub(crate) call: CallKind,
    /// The verdict on the error of an action.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) cause: Cause<E>,
}

impl<E> CallFailure<E> {
    /// A copy whose error is made by `error`.
    pub(crate) fn map_ref<F>(&self, error: impl FnOnce(&E) -> Cause<F>) -> CallFailure<F> {
        CallFailure {
            call: self.call,
            verdict: self.verdict,
            cause: self.cause.as_ref().map(error),
        }
    }
}

impl<E> Failure<E> {
    /// A failure of the action of `step`: in a walk by hand, the value for code that reads
    /// `failure`.
    #[must_use]
    pub fn new(step: &'static str, cause: Cause<E>) -> Self {
        Self::of_action(Text::Borrowed(step), None, cause)
    }

    /// Adds the verdict on the step's own error, which [`new`](Self::new) does not know.
    #[must_use]
    pub fn judged(mut self, verdict: Verdict) -> Self {
        self.verdict = Some(verdict.happened());
        self
    }

    pub(crate) fn of_action(step: Text, verdict: Option<Verdict>, cause: Cause<E>) -> Self {
        let call = CallKind::Action;
        Self::of(
            step,
            CallFailure {
                call,
                verdict,
                cause,
            },
        )
    }

    pub(crate) fn of(step: Text, failed: CallFailure<E>) -> Self {
        let CallFailure {
            call,
            verdict,
            cause,
        } = failed;
        Self {
            step: Some(step),
            call,
            verdict,
            cause,
        }
    }

    /// The failure of a step's own call. Where an expression says what a step waits for, or the
    /// items of a loop, a record does not tell that expression from a `when`: both are the step's.
    pub(crate) fn of_step(declared: &Step, failed: CallFailure<E>) -> Self {
        let has_expression = declared.items.is_some() || !declared.kind.acts();
        let call = match failed.call {
            CallKind::When if has_expression => CallKind::Action,
            call => call,
        };
        Self::of(declared.name.clone(), CallFailure { call, ..failed })
    }

    /// Whether the failure names an item of a loop.
    pub(crate) fn is_of_item(&self) -> bool {
        let step = self.step.as_deref().unwrap_or_default();
        step.split('/').next().is_some_and(|own| own.ends_with(']'))
    }

    /// Adds the index of the item to the name of the loop's step.
    pub(crate) fn name_item(&mut self, index: u32) {
        if let Some(step) = &mut self.step {
            let own = step.find('/').unwrap_or(step.len());
            *step = format!("{}[{index}]{}", &step[..own], &step[own..]).into();
        }
    }

    /// Converts the step's own error to a cause with `error`.
    pub(crate) fn map<F>(self, error: impl FnOnce(E) -> Cause<F>) -> Failure<F> {
        let (origin, cause) = self.into_origin();
        Failure::from_origin(origin, cause.map(error))
    }

    pub(crate) fn into_call(self) -> CallFailure<E> {
        CallFailure {
            call: self.call,
            verdict: self.verdict,
            cause: self.cause,
        }
    }

    /// A failure of the saga as a whole.
    pub(crate) fn whole(cause: Cause<E>) -> Self {
        Self {
            step: None,
            call: CallKind::Action,
            verdict: None,
            cause,
        }
    }

    /// The step's name; `None` for a cancel, a deadline, or a panic of the output. For a failure in
    /// a child saga, the name of the child's step.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        let path = self.path()?;
        path.split('/').next()
    }

    /// The step's path: its name, after that of the child saga's step if it is in a child saga, as
    /// in `wrapped/ribbon`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// A copy whose error is made by `error`.
    pub(crate) fn map_ref<F>(&self, error: impl FnOnce(&E) -> Cause<F>) -> Failure<F> {
        Failure {
            step: self.step.clone(),
            call: self.call,
            verdict: self.verdict,
            cause: self.cause.as_ref().map(error),
        }
    }

    /// Converts the failure of a child to the one that the parent reports: the child's deadline is
    /// a timeout of its step.
    pub(crate) fn of_child(mut self) -> Self {
        if let Cause::DeadlineExceeded = self.cause {
            self.cause = Cause::TimedOut;
        }
        self
    }

    /// Converts a failure of a run that is part of another: its path then begins with `step`, and
    /// `error` converts its error.
    pub(crate) fn within<F>(self, step: &str, error: impl FnOnce(E) -> Cause<F>) -> Failure<F> {
        let own = self.step;
        let path = own.map_or_else(|| step.to_owned(), |own| format!("{step}/{own}"));
        Failure {
            step: Some(path.into()),
            call: self.call,
            verdict: self.verdict,
            cause: self.cause.map(error),
        }
    }

    /// The call of the step that failed. What is evaluated before a lock, a wait or a loop counts as
    /// the action.
    #[must_use]
    pub fn call(&self) -> CallKind {
        self.call
    }

    /// The verdict on the step's own error, if that is the cause and the call is the action:
    /// `#[classify]` has judged the error as the action returned it.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    /// What went wrong.
    #[must_use]
    pub fn cause(&self) -> &Cause<E> {
        &self.cause
    }

    /// The step's own error, if that is the cause.
    #[must_use]
    pub fn error(&self) -> Option<&E> {
        match &self.cause {
            Cause::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The cause, owned.
    #[must_use]
    pub fn into_cause(self) -> Cause<E> {
        self.cause
    }
}

impl<E> Failure<E> {
    /// Writes the failure as a sentence; `words` writes the step's own error.
    pub(crate) fn write<W: fmt::Write>(
        &self,
        out: &mut W,
        words: impl FnOnce(&E, &mut W) -> fmt::Result,
    ) -> fmt::Result {
        match (&self.step, self.call) {
            (None, _) => out.write_str("the saga")?,
            (Some(step), CallKind::Action) => write!(out, "step `{step}`")?,
            (Some(step), call) => write!(out, "the {call} of step `{step}`")?,
        }
        out.write_char(' ')?;
        self.cause.write(out, words)
    }
}

impl<E: fmt::Display> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |error, f| error.fmt(f))
    }
}

/// The reasons why a saga did not complete: the first failure, the others, and what is left.
///
/// If the saga has parked in memory, its error keeps it: [`into_parked`](Self::into_parked) returns
/// it, to be resumed. Until you drop the error, the saga also keeps its services and its locks.
///
/// `E` needs neither `std::error::Error` nor serde; the error is itself a [`std::error::Error`]
/// where `E` is `Debug + Display`.
pub struct Error<E> {
    failure: Failure<E>,
    also: Vec<Failure<E>>,
    /// Boxed, because it is most of the size, and most failures leave nothing behind.
    left: Option<Box<Leftovers>>,
    /// What lies below an error of a step.
    below: fn(&E) -> Source<'_>,
}

impl<E> Error<E> {
    pub(crate) fn new(
        failure: Failure<E>,
        also: Vec<Failure<E>>,
        completeness: Completeness,
        below: fn(&E) -> Source<'_>,
    ) -> Self {
        Self {
            failure,
            also,
            left: Leftovers::of(completeness),
            below,
        }
    }

    /// The error of a parked saga, which it keeps.
    pub(crate) fn parked(
        failure: Failure<E>,
        also: Vec<Failure<E>>,
        (unsettled, saga): (Unsettled, Box<dyn AnyParked>),
        below: fn(&E) -> Source<'_>,
    ) -> Self {
        Self {
            failure,
            also,
            left: Some(Leftovers::parked(unsettled, saga)),
            below,
        }
    }

    /// Takes out the parked saga if it is a `T`, and its failures, in order.
    pub(crate) fn into_kept<T: 'static>(mut self) -> Result<(Box<T>, Vec<Failure<E>>), Self> {
        let kept = self.left.as_mut().and_then(|left| left.saga.take::<T>());
        match kept {
            Some(saga) => {
                let mut failures = self.also;
                failures.insert(0, self.failure);
                Ok((saga, failures))
            }
            None => Err(self),
        }
    }

    /// The failure whose attempts were used up first, with its last error.
    #[must_use]
    pub fn failure(&self) -> &Failure<E> {
        &self.failure
    }

    /// The step that failed; `None` for a cancel, a deadline, or a panic of the output.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.failure.step()
    }

    /// The path of the step that failed, as in `wrapped/ribbon` if it is in a child saga; `None`
    /// for a cancel, a deadline, or a panic of the output.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.failure.path()
    }

    /// What went wrong.
    #[must_use]
    pub fn cause(&self) -> &Cause<E> {
        &self.failure.cause
    }

    /// The other failures, in order: of other steps of a `concurrent` block, and of compensations.
    #[must_use]
    pub fn also(&self) -> &[Failure<E>] {
        &self.also
    }

    /// How far the saga was compensated.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        let left = self.remains().cloned();
        left.unwrap_or(Completeness::Compensated { left: Vec::new() })
    }

    fn remains(&self) -> Option<&Completeness> {
        self.left.as_deref().map(|left| &left.completeness)
    }

    /// Whether nothing is left: no step remains applied, in doubt or unfinished.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.left.is_none()
    }

    /// The step's own error, if that is the cause. Drops a parked saga that the error keeps.
    #[must_use]
    pub fn into_step_error(self) -> Option<E> {
        match self.failure.cause {
            Cause::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The panic, if that is the cause. Drops a parked saga that the error keeps.
    #[must_use]
    pub fn into_panic(self) -> Option<Panic> {
        match self.failure.cause {
            Cause::Panicked(panic) => Some(*panic),
            _ => None,
        }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remains() {
            Some(Completeness::OutputLost) => {
                let cause = &self.failure.cause;
                return write!(f, "every step is applied, but the output {cause}");
            }
            _ => self.failure.fmt(f)?,
        }
        match self.remains() {
            None => f.write_str("; everything before it was undone"),
            Some(completeness) => write!(f, "; {completeness}"),
        }
    }
}

/// `E` need not be a [`std::error::Error`] itself: `anyhow::Error` is none.
impl<E: fmt::Debug + fmt::Display + 'static> std::error::Error for Error<E> {
    /// What lies below the step's own error, whose text is part of the message: its source, if it is
    /// a [`std::error::Error`] or dereferences to one, as `anyhow::Error` does.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.failure.error().and_then(self.below)
    }
}

#[allow(
    clippy::missing_fields_in_debug,
    reason = "how to find what lies below the error is no part of it"
)]
impl<E: fmt::Debug> fmt::Debug for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("failure", &self.failure)
            .field("also", &self.also)
            .field("left", &self.remains())
            .finish()
    }
}
