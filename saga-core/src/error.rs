//! Why a saga did not complete, by cause, and what it left.

use crate::{
    call::CallKind,
    definition::{Definition, Text},
    kernel::{Kernel, Left, StepState},
    panic::Panic,
};
use std::{convert::Infallible, fmt};

/// What went wrong with a call, or with the saga.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause<E> {
    /// The step's own error.
    Failed(E),
    /// It took longer than its timeout.
    TimedOut,
    /// It panicked.
    Panicked(Box<Panic>),
    /// Somebody cancelled the saga.
    Cancelled,
    /// The saga's deadline passed.
    DeadlineExceeded,
    /// It returned `Ok`, but what it returned cannot be recorded.
    Unrecordable {
        /// Why.
        text: String,
    },
    /// The process that made the call ended before it.
    Lost,
    /// An error of an earlier process, as it was recorded.
    Recorded {
        /// What was recorded of it.
        text: String,
    },
}

impl<E> Cause<E> {
    /// As a predicate, with the error in words of the caller's.
    fn write<W: fmt::Write>(
        &self,
        out: &mut W,
        words: impl FnOnce(&E, &mut W) -> fmt::Result,
    ) -> fmt::Result {
        match self {
            Self::Failed(error) => {
                out.write_str("failed: ")?;
                words(error, out)
            }
            Self::TimedOut => out.write_str("timed out"),
            Self::Panicked(panic) => write!(out, "panicked: {}", panic.message()),
            Self::Cancelled => out.write_str("was cancelled"),
            Self::DeadlineExceeded => out.write_str("exceeded its deadline"),
            Self::Unrecordable { text } => write!(out, "gave what cannot be recorded: {text}"),
            Self::Lost => out.write_str("was cut off: the process ended"),
            Self::Recorded { text } => write!(out, "failed: {text}"),
        }
    }
}

impl Cause<Infallible> {
    /// The same, where errors have a type: what is on record has none.
    pub(crate) fn recorded<E>(&self) -> Cause<E> {
        match self {
            Self::Failed(never) => match *never {},
            Self::TimedOut => Cause::TimedOut,
            Self::Panicked(panic) => {
                Cause::Panicked(Box::new(Panic::recorded(panic.message().to_owned())))
            }
            Self::Cancelled => Cause::Cancelled,
            Self::DeadlineExceeded => Cause::DeadlineExceeded,
            Self::Unrecordable { text } => Cause::Unrecordable { text: text.clone() },
            Self::Lost => Cause::Lost,
            Self::Recorded { text } => Cause::Recorded { text: text.clone() },
        }
    }
}

impl<E: fmt::Display> fmt::Display for Cause<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |error, f| error.fmt(f))
    }
}

/// A cause, and the call that it came from: `failure` in a `compensate` or a `fallback`.
#[derive(Debug)]
pub struct Failure<E> {
    pub(crate) step: Option<Text>,
    call: CallKind,
    cause: Cause<E>,
}

impl<E> Failure<E> {
    /// A failure of `step`'s action, which a walk by hand gives to what reads `failure`.
    #[must_use]
    pub fn new(step: &'static str, cause: Cause<E>) -> Self {
        Self {
            step: Some(Text::Borrowed(step)),
            call: CallKind::Action,
            cause,
        }
    }

    pub(crate) fn of(step: Text, call: CallKind, cause: Cause<E>) -> Self {
        Self {
            step: Some(step),
            call,
            cause,
        }
    }

    pub(crate) fn into_parts(self) -> (CallKind, Cause<E>) {
        (self.call, self.cause)
    }

    /// Of the saga as a whole.
    pub(crate) fn whole(cause: Cause<E>) -> Self {
        Self {
            step: None,
            call: CallKind::Action,
            cause,
        }
    }

    /// The step's name; `None` of a cancel, a deadline, or a panic of the output.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.step.as_deref()
    }

    /// Which call of the step.
    #[must_use]
    pub fn call(&self) -> CallKind {
        self.call
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

impl Failure<Infallible> {
    pub(crate) fn recorded<E>(&self) -> Failure<E> {
        Failure {
            step: self.step.clone(),
            call: self.call,
            cause: self.cause.recorded(),
        }
    }
}

impl<E> Failure<E> {
    /// As a sentence, with the error in words of the caller's.
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

/// A step that a compensated saga could not take back, and was not asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftStanding {
    /// The step's name.
    pub step: &'static str,
    /// Whether it is certain that it stands.
    pub how: Left,
}

impl LeftStanding {
    /// `declared`: the definition of the program, which has the same names as the kernel's.
    #[inline]
    pub(crate) fn all<S: AsRef<[StepState]> + AsMut<[StepState]>>(
        declared: &'static Definition,
        kernel: &Kernel<S>,
    ) -> Vec<Self> {
        // A loop, since most often there is nothing to collect.
        let mut all = Vec::new();
        for (step, how) in kernel.left() {
            let step = &declared.steps[usize::from(step)].name;
            all.push(Self { step, how });
        }
        all
    }
}

/// What a parked saga has that somebody must look after: names of steps in order of declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unsettled {
    /// Applied, and not undone; those that say `compensate none` included.
    pub standing: Vec<&'static str>,
    /// It is not known whether they happened.
    pub in_doubt: Vec<&'static str>,
    /// Neither applied nor skipped.
    pub unfinished: Vec<&'static str>,
}

impl Unsettled {
    /// What is left by declaration stands, too: a parked saga names all of it. `declared`: the
    /// definition of the program, which has the same names as the kernel's.
    pub(crate) fn of<S: AsRef<[StepState]> + AsMut<[StepState]>>(
        declared: &'static Definition,
        kernel: &Kernel<S>,
    ) -> Self {
        let with_left = |listed: Vec<u16>, how| {
            let left = kernel.left().filter(move |(_, left)| *left == how);
            let mut all = listed;
            all.extend(left.map(|(step, _)| step));
            all.sort_unstable();
            all.dedup();
            all
        };
        let name = |step: u16| &*declared.steps[usize::from(step)].name;
        let names = |steps: Vec<u16>| steps.into_iter().map(name).collect();
        Self {
            standing: names(with_left(kernel.standing().collect(), Left::Certain)),
            in_doubt: names(with_left(kernel.in_doubt().collect(), Left::Perhaps)),
            unfinished: names(kernel.unfinished().collect()),
        }
    }
}

/// How far a failed saga was compensated.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completeness {
    /// Nothing stands but what is listed.
    Compensated {
        /// Steps that declare `compensate none`, and panicked steps whose effect is unknown.
        left: Vec<LeftStanding>,
    },
    /// Something could not be undone, finished or settled.
    Parked(Unsettled),
    /// Every step is applied, but the expression of the output panicked.
    OutputLost,
}

/// Why a saga did not complete: the first failure, the others, and what is left.
///
/// `E` needs neither `std::error::Error` nor serde; the error is itself a [`std::error::Error`]
/// where `E` is `Debug + Display`.
#[derive(Debug)]
pub struct Error<E> {
    failure: Failure<E>,
    also: Vec<Failure<E>>,
    /// Boxed: most of the size is here, and most failures leave nothing.
    left: Option<Box<Completeness>>,
}

impl<E> Error<E> {
    pub(crate) fn new(
        failure: Failure<E>,
        also: Vec<Failure<E>>,
        completeness: Completeness,
    ) -> Self {
        let left = (completeness != Completeness::Compensated { left: Vec::new() })
            .then(|| Box::new(completeness));
        Self {
            failure,
            also,
            left,
        }
    }

    /// The failure whose attempts were used up first, with its last error.
    #[must_use]
    pub fn failure(&self) -> &Failure<E> {
        &self.failure
    }

    /// The step that failed; `None` of a cancel, a deadline, or a panic of the output.
    #[must_use]
    pub fn step(&self) -> Option<&str> {
        self.failure.step()
    }

    /// What went wrong.
    #[must_use]
    pub fn cause(&self) -> &Cause<E> {
        &self.failure.cause
    }

    /// What else went wrong, in order: other steps of a `concurrent` block, and compensations.
    #[must_use]
    pub fn also(&self) -> &[Failure<E>] {
        &self.also
    }

    /// How far the saga was taken back.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        self.left
            .as_deref()
            .cloned()
            .unwrap_or(Completeness::Compensated { left: Vec::new() })
    }

    /// Whether nothing at all stands.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.left.is_none()
    }

    /// The step's own error, if that is the cause.
    #[must_use]
    pub fn into_step_error(self) -> Option<E> {
        match self.failure.cause {
            Cause::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The panic, if that is the cause.
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
        match self.left.as_deref() {
            Some(Completeness::OutputLost) => {
                return write!(
                    f,
                    "every step is applied, but the output {}",
                    self.failure.cause
                );
            }
            _ => self.failure.fmt(f)?,
        }
        match self.left.as_deref() {
            None => f.write_str("; everything before it was undone"),
            Some(completeness) => write!(f, "; {completeness}"),
        }
    }
}

impl fmt::Display for Completeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Compensated { left } if left.is_empty() => f.write_str("everything was undone"),
            Self::Compensated { left } => {
                f.write_str("everything was undone but")?;
                for (index, LeftStanding { step, how }) in left.iter().enumerate() {
                    f.write_str(if index == 0 { " " } else { ", " })?;
                    match how {
                        Left::Certain => write!(f, "`{step}`")?,
                        Left::Perhaps => write!(f, "perhaps `{step}`")?,
                    }
                }
                Ok(())
            }
            Self::Parked(unsettled) => unsettled.fmt(f),
            Self::OutputLost => f.write_str("every step is applied, but the output is lost"),
        }
    }
}

impl fmt::Display for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("parked")?;
        for (word, steps) in [
            ("standing", &self.standing),
            ("in doubt", &self.in_doubt),
            ("unfinished", &self.unfinished),
        ] {
            for (index, step) in steps.iter().enumerate() {
                if index == 0 {
                    write!(f, ", {word}: `{step}`")?;
                } else {
                    write!(f, " `{step}`")?;
                }
            }
        }
        Ok(())
    }
}

impl<E: std::error::Error + 'static> std::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The message includes the step's own error.
        self.failure.error().and_then(std::error::Error::source)
    }
}
