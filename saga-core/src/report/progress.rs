//! The progress of a step while it runs, and the failures that it leaves in the report when the run
//! moves on. Runs and the fold of their records share this, so that both report the same.

use crate::{
    basics::discard::discard,
    definition::{Definition, Text},
    kernel::{
        CallChange, Cancellation, Command, Direction, EffectChange, Event, Kernel, Phase, Verdict,
    },
    report::{
        error::{CallFailure, Failure},
        failures::Failures,
        raised::{Lent, Raised},
    },
    values::{
        call::CallKind,
        cause::Cause,
        parent_failure::{ParentFailure, ROLLED_BACK},
    },
};
use std::{mem, sync::Arc};
use tokio::time::Instant;

/// The progress of one step. `T` is the type of moments.
#[derive(Debug)]
pub struct StepProgress<E = Raised, T = Instant> {
    pub(crate) step: u16,
    /// Whether any of the fields below may be set.
    pub(crate) used: bool,
    /// A wait that the kernel asked for, and when it ends.
    pub(crate) wait: Option<(Command, T)>,
    /// The last error of an attempt, and the call that it came from. (Without the step's name,
    /// which would make every run larger.)
    pub(crate) failed: Option<CallFailure<E>>,
    /// Boxed, because few steps need it.
    doubt: Option<Box<StepDoubt<E, T>>>,
}

/// The progress of a step in doubt, of one that is not undone, and of one that falls back.
#[derive(Debug)]
pub(crate) struct StepDoubt<E, T> {
    /// When the attempt that caused the doubt ended; set only for steps with `#[late]`.
    pub(crate) doubt_since: Option<T>,
    /// The failure from [`StepProgress::failed`], while a fallback reads it.
    pub(crate) lent: Option<Arc<Lent>>,
    /// The last error of a `resolve` or a compensation.
    pub(crate) unsettled: Option<CallFailure<E>>,
    /// If the step is a child saga: where in it the last error came from, and its other failures.
    pub(crate) within: Option<Within<E>>,
}

/// The origin of a child saga's failure.
#[derive(Debug)]
pub(crate) struct Within<E> {
    /// The path of the call that failed.
    pub(crate) path: Text,
    pub(crate) call: CallKind,
    /// The verdict on its error.
    pub(crate) verdict: Option<Verdict>,
    pub(crate) also: Vec<Failure<E>>,
}

impl<E> Within<E> {
    /// What the run around a child saga that has failed notes of it. Its failures are already those of
    /// that run.
    pub(crate) fn of(failure: Failure<E>, also: Vec<Failure<E>>) -> (Self, Cause<E>) {
        let ((path, call, verdict), cause) = failure.into_origin();
        let within = Self {
            path: path.unwrap_or_default(),
            call,
            verdict,
            also,
        };
        (within, cause)
    }

    /// The failure of the call in the child saga.
    pub(crate) fn failure(&self, cause: Cause<E>) -> Failure<E> {
        let (call, verdict) = (self.call, self.verdict);
        let failed = CallFailure {
            call,
            verdict,
            cause,
        };
        Failure::of(self.path.clone(), failed)
    }
}

impl<E, T> StepProgress<E, T> {
    pub(crate) fn of(step: u16) -> Self {
        Self {
            step,
            used: false,
            wait: None,
            failed: None,
            doubt: None,
        }
    }

    pub(crate) fn forget(&mut self) {
        if let Some(failed) = self.failed.take() {
            discard(failed);
        }
        if let Some(doubt) = self.doubt.take() {
            discard(doubt.lent);
            discard(doubt.unsettled);
            discard(doubt.within);
        }
        *self = Self::of(self.step);
    }

    pub(crate) fn doubt(&mut self) -> &mut StepDoubt<E, T> {
        self.doubt.get_or_insert_with(|| {
            Box::new(StepDoubt {
                doubt_since: None,
                lent: None,
                unsettled: None,
                within: None,
            })
        })
    }

    /// Where in the child saga the error came from.
    pub(crate) fn within(&self) -> Option<&Within<E>> {
        self.doubt.as_ref()?.within.as_ref()
    }

    fn take_within(&mut self) -> Option<Within<E>> {
        self.doubt.as_mut()?.within.take()
    }

    fn take_unsettled(&mut self) -> Option<CallFailure<E>> {
        self.doubt.as_mut()?.unsettled.take()
    }
}

impl<T> StepProgress<Raised, T> {
    /// The fallback has failed, and released the failure that it has read: that is the one that is
    /// reported.
    pub(crate) fn take_back(&mut self) {
        let doubt = self.doubt.as_mut();
        if let Some(lent) = doubt.and_then(|doubt| Arc::into_inner(doubt.lent.take()?)) {
            let lent = Failure::given_back(lent).into_call();
            discard(self.failed.replace(lent));
        }
    }
}

impl<E, T: Copy> StepProgress<E, T> {
    /// Since when the step is in doubt, if that is recorded.
    pub(crate) fn doubt_since(&self) -> Option<T> {
        self.doubt.as_ref()?.doubt_since
    }
}

impl<E, T: Clone> StepProgress<E, T> {
    /// A copy of recorded progress on another clock, whose errors are made by `error`. Waits are
    /// omitted: the kernel has to ask for them.
    pub(crate) fn map_ref<F, U>(
        &self,
        moment: impl Fn(T) -> U,
        error: impl Fn(&E) -> Cause<F>,
    ) -> StepProgress<F, U> {
        let failed = |failed: &CallFailure<E>| failed.map_ref(&error);
        StepProgress {
            step: self.step,
            used: self.used,
            wait: None,
            failed: self.failed.as_ref().map(failed),
            doubt: self.doubt.as_ref().map(|doubt| {
                Box::new(StepDoubt {
                    doubt_since: doubt.doubt_since.clone().map(moment),
                    lent: None,
                    unsettled: doubt.unsettled.as_ref().map(failed),
                    within: doubt.within.as_ref().map(|within| Within {
                        path: within.path.clone(),
                        call: within.call,
                        verdict: within.verdict,
                        also: within
                            .also
                            .iter()
                            .map(|also| also.map_ref(&error))
                            .collect(),
                    }),
                })
            }),
        }
    }
}

impl<E> Failures<E> {
    /// Notes the failure of a call, whose event the kernel has just applied. `within`: where in the
    /// child saga it came from, if the step is one; `at`: when the call ended.
    #[inline]
    pub(crate) fn file_failure<T>(
        &mut self,
        kernel: &Kernel,
        progress: &mut StepProgress<E, T>,
        event: Event,
        (call, cause): (CallKind, Cause<E>),
        within: Option<Within<E>>,
        at: impl FnOnce() -> T,
    ) where
        T: Copy,
    {
        let declared = &kernel.definition().steps[usize::from(progress.step)];
        if call == CallKind::Action && declared.late.is_some() {
            // A doubt whose start is not known counts from the first answer.
            let counts = kernel.is_in_doubt(progress.step) && progress.doubt_since().is_none();
            if event.brings_doubt() || counts {
                progress.doubt().doubt_since = Some(at());
            }
        }
        let failure = CallFailure {
            call,
            verdict: event.verdict(),
            cause,
        };
        match call {
            CallKind::When | CallKind::Action => {
                if let Some(before) = progress.failed.replace(failure) {
                    discard(before);
                }
                // The origin of an earlier round's failure is not that of this one.
                if within.is_some() || progress.doubt.is_some() {
                    discard(mem::replace(&mut progress.doubt().within, within));
                }
            }
            CallKind::Resolve | CallKind::Compensate => {
                discard(progress.doubt().unsettled.replace(failure));
            }
            // The error that the fallback was to replace is the one that is reported.
            CallKind::Fallback => discard(failure),
        }
        self.file_if_final(kernel, progress);
    }

    /// Notes any other event of a step that the kernel has just applied.
    pub(crate) fn file_event<T>(
        &mut self,
        kernel: &Kernel,
        progress: &mut StepProgress<E, T>,
        event: Event,
    ) {
        if let Event::Decided { .. } = event {
            return progress.forget();
        }
        match event.effect() {
            EffectChange::Filled | EffectChange::Skipped => return progress.forget(),
            EffectChange::None | EffectChange::Cleared | EffectChange::ClearedFromHere => {}
        }
        match event.call() {
            CallChange::Succeeds(_) | CallChange::Settled => {
                discard(progress.take_unsettled());
                self.file_if_final(kernel, progress);
            }
            CallChange::None | CallChange::Starts(_) | CallChange::Fails(..) | CallChange::Lost => {
            }
        }
    }

    #[inline]
    fn file_if_final<T>(&mut self, kernel: &Kernel, progress: &mut StepProgress<E, T>) {
        self.request(kernel);
        if is_final(kernel, progress) {
            self.flush(kernel.definition(), progress);
        }
    }

    /// Adds the failures of a step to those of the run.
    pub(crate) fn flush<T>(&mut self, definition: &Definition, progress: &mut StepProgress<E, T>) {
        if !progress.used {
            return;
        }
        if progress.doubt.is_some() {
            return self.flush_all(definition, progress);
        }
        if let Some(failed) = progress.failed.take() {
            let declared = &definition.steps[usize::from(progress.step)];
            self.push(Failure::of_step(declared, failed));
        }
    }

    /// [`flush`](Self::flush) for a step whose progress has the rarely used part.
    #[cold]
    fn flush_all<T>(&mut self, definition: &Definition, progress: &mut StepProgress<E, T>) {
        let declared = &definition.steps[usize::from(progress.step)];
        let within = progress.take_within();
        if let Some(failed) = progress.failed.take() {
            match (&within, &failed.cause) {
                // The reason is reported already.
                (Some(_), Cause::ParentRolledBack(_)) => {}
                (Some(within), _) => self.push(within.failure(failed.cause)),
                (None, _) => self.push(Failure::of_step(declared, failed)),
            }
        }
        for also in within.into_iter().flat_map(|within| within.also) {
            self.push(also);
        }
        if let Some(failed) = progress.take_unsettled() {
            self.push(Failure::of_step(declared, failed));
        }
    }

    /// Selects another step; the pending failures of the step before it are reported as they are.
    #[inline]
    pub(crate) fn select_step<T>(
        &mut self,
        definition: &Definition,
        progress: &mut StepProgress<E, T>,
        step: u16,
    ) {
        if progress.step != step {
            if progress.used {
                self.flush(definition, progress);
                progress.forget();
            }
            progress.step = step;
        }
    }

    /// Makes an accepted cancel, or else the deadline, the failure of a run that has none.
    #[inline]
    pub(crate) fn request(&mut self, kernel: &Kernel) {
        // A failure that the kernel knows already is added by the code that reported it to the
        // kernel.
        if self.is_open() && kernel.first_failed().is_none() {
            if kernel.is_recalled() {
                let parent = self.parent.clone();
                let parent = parent.unwrap_or_else(|| ParentFailure::unnamed(ROLLED_BACK).into());
                self.report(Failure::whole(Cause::ParentRolledBack(parent)));
            } else if kernel.cancellation() == Cancellation::Accepted {
                self.report(Failure::whole(Cause::Cancelled));
            } else if kernel.deadline() == Cancellation::Accepted {
                self.report(Failure::whole(Cause::DeadlineExceeded));
            }
        }
    }
}

/// Whether the step's failure is final. A final failure is added at once, so that the failures of a
/// run are in order.
fn is_final<E, T>(kernel: &Kernel, progress: &StepProgress<E, T>) -> bool {
    let step = progress.step;
    match kernel.phase(step) {
        Phase::Failed | Phase::Unsettled | Phase::Uncompensated => true,
        // While compensating, the step may stay in doubt.
        Phase::InDoubt => {
            let compensation = &kernel.definition().steps[usize::from(step)].compensation;
            kernel.direction() == Direction::Compensating && compensation.is_passed()
        }
        // The saga rolls back, or parks, because of this failure. The effect may be found out again
        // later, by another process.
        Phase::Applied => kernel.has_failed(step),
        Phase::Pending
        | Phase::Running(_)
        | Phase::Waiting(_)
        | Phase::Listening
        | Phase::Sleeping
        | Phase::Queued
        | Phase::UsedUp
        | Phase::Skipped
        | Phase::FellBack
        | Phase::Undone
        | Phase::Kept => false,
    }
}
