//! A whole run, from the first step to the outcome.

use super::{Core, Settings, Watch, drive, prepared::run_beside, tell::words, track::Track};
use crate::{
    context::LazyId,
    error::{Completeness, Failure, Panic},
    journal::Volatile,
    kernel::End,
    machine::{Machine, Scope},
    observe::What,
    outcome::{Outcome, Parked, Summary, left, unsettled},
};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// How a run begins.
pub(crate) enum Begin<M: Machine> {
    /// At the first step.
    Started(Option<Box<Settings>>),
    /// Where it was parked.
    Resumed,
    /// Where it stopped going straight; this is remembered of the step at hand.
    GoesOn(Track<M::Error>),
}

/// Runs a saga in memory and gives its outcome to `finish`.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
pub(crate) fn execute<M: Machine, T: Send + 'static>(
    machine: M,
    id: LazyId,
    mut slots: M::Slots,
    mut core: Core<M>,
    begin: Begin<M>,
    finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    async move {
        let end = {
            let track = match begin {
                Begin::Started(settings) => {
                    core.watch = Watch::of(M::DEFINITION.name, || id.get().clone(), settings);
                    core.open(&What::Started);
                    Track::of(0)
                }
                Begin::Resumed => {
                    core.open(&What::Resumed);
                    Track::of(0)
                }
                Begin::GoesOn(track) => track,
            };
            let scope = Scope {
                journal: &Volatile,
                id: &id,
            };
            drive(&machine, &mut slots, &mut core, &scope, track).await
        };
        core.close(|core| summary(core, &id, end));
        if let Some(finally) = machine.finally(&|| summary(&core, &id, end)) {
            run_beside(finally, core.audience().cloned()).await;
        }
        finish(outcome(machine, slots, core, &id, end))
    }
}

pub(super) fn outcome<M: Machine>(
    machine: M,
    mut slots: M::Slots,
    mut core: Core<M>,
    id: &LazyId,
    end: End,
) -> Outcome<M> {
    match end {
        End::Completed => output(machine, &mut slots),
        End::Compensated => {
            let left = left(&core);
            let failures = std::mem::take(&mut core.failures);
            Outcome::Compensated(failures.into_error(Completeness::Compensated { left }))
        }
        End::Parked => Outcome::Parked(Parked::new(machine, slots, core, id.get().clone())),
    }
}

#[inline]
pub(super) fn output<M: Machine>(machine: M, slots: &mut M::Slots) -> Outcome<M> {
    match caught_output(machine, slots) {
        Ok(output) => Outcome::Completed(output),
        Err(panic) => Outcome::OutputLost(panic),
    }
}

#[inline]
pub(super) fn caught_output<M: Machine>(
    machine: M,
    slots: &mut M::Slots,
) -> Result<M::Output, Box<Panic>> {
    catch_unwind(AssertUnwindSafe(|| machine.output(slots)))
        .map_err(|payload| Box::new(Panic::new(payload)))
}

pub(super) fn completed<M: Machine>(id: &LazyId) -> Summary {
    Summary {
        id: id.get().clone(),
        saga: M::DEFINITION.name,
        end: End::Completed,
        step: None,
        failure: None,
        completeness: None,
    }
}

pub(super) fn summary<M: Machine>(core: &Core<M>, id: &LazyId, end: End) -> Summary {
    let failure = core
        .failures
        .first
        .as_ref()
        .filter(|_| end != End::Completed);
    Summary {
        end,
        step: failure.and_then(Failure::step),
        failure: failure.map(describe::<M>),
        completeness: match end {
            End::Completed => None,
            End::Compensated => Some(Completeness::Compensated { left: left(core) }),
            End::Parked => Some(Completeness::Parked(unsettled(core))),
        },
        ..completed::<M>(id)
    }
}

/// The failure as a sentence, whether or not its error can be displayed.
fn describe<M: Machine>(failure: &Failure<M::Error>) -> String {
    let mut text = String::new();
    let written = failure.write(&mut text, |error, text| {
        text.push_str(&words::<M>(error));
        Ok(())
    });
    debug_assert!(written.is_ok(), "a `String` takes every text");
    text
}
