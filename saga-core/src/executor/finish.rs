//! A whole run, from the first step to the outcome.

use super::{Core, Settings, Watch, drive, prepared::run_beside, tell::words, track::Track};
use crate::{
    context::LazyId,
    definition::Definition,
    error::{Completeness, Failure, Panic},
    journal::{At, Journal, Volatile},
    kernel::End,
    machine::{Machine, Report, Scope},
    observe::{What, is_observed},
    outcome::{Outcome, Parked, Summary, left, unsettled},
};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Where a run starts.
pub(crate) enum Start<M: Machine> {
    /// At the first step.
    Fresh(Option<Box<Settings>>),
    /// Where it was parked.
    Parked(Box<(M::Slots, Core<M>)>),
}

/// Runs a saga in memory and gives its outcome to `finish`. Slots and kernel are made inside of the future, so that they are in it once.
#[expect(
    clippy::manual_async_fn,
    reason = "an `async fn` stores its arguments twice"
)]
pub(crate) fn execute<M: Machine, T: Send + 'static>(
    machine: M,
    id: LazyId,
    start: Start<M>,
    finish: impl FnOnce(Outcome<M>) -> T + Send + 'static,
) -> impl Future<Output = T> + Send + 'static {
    async move {
        let mut slots;
        let mut core;
        let track;
        let end = {
            let scope = Scope {
                journal: &Volatile,
                id: &id,
            };
            match start {
                Start::Fresh(None) if goes_straight(M::DEFINITION) => {
                    slots = M::Slots::default();
                    let (last, report) =
                        machine.run(&mut slots, At::first(), u16::MAX, &scope).await;
                    if matches!(report, Report::Done)
                        && usize::from(last) + 1 == M::DEFINITION.steps.len()
                    {
                        // Nothing was left to decide: the kernel need not even be made.
                        if let Some(finally) = machine.finally(&|| completed::<M>(&id)) {
                            run_beside(finally, None).await;
                        }
                        return finish(output(machine, slots));
                    }
                    (core, track) = Core::after_straight(&scope, last, report);
                }
                Start::Fresh(settings) => {
                    slots = M::Slots::default();
                    let watch = Watch::of(M::DEFINITION.name, || id.get().clone(), settings);
                    core = Core::new(M::DEFINITION, Volatile::DURABLE, watch);
                    core.open(&What::Started);
                    track = Track::of(0);
                }
                Start::Parked(parked) => {
                    (slots, core) = *parked;
                    core.open(&What::Resumed);
                    track = Track::of(0);
                }
            }
            drive(&machine, &mut slots, &mut core, &scope, track).await
        };
        core.close(|core| summary(core, &id, end));
        if let Some(finally) = machine.finally(&|| summary(&core, &id, end)) {
            run_beside(finally, core.audience().cloned()).await;
        }
        finish(match end {
            End::Completed => output(machine, slots),
            End::Compensated => {
                let left = left(&core);
                let failures = std::mem::take(&mut core.failures);
                Outcome::Compensated(failures.into_error(Completeness::Compensated { left }))
            }
            End::Parked => {
                let id = id.get().clone();
                Outcome::Parked(Parked::new(machine, slots, core, id))
            }
        })
    }
}

/// Whether a saga may start with a run of ordinary steps: where nobody interrupts or observes it.
fn goes_straight(definition: &Definition) -> bool {
    let first = definition.steps.first();
    first.is_some_and(|first| first.when.is_none() && first.group.is_none()) && !is_observed()
}

fn output<M: Machine>(machine: M, slots: M::Slots) -> Outcome<M> {
    match caught_output(machine, slots) {
        Ok(output) => Outcome::Completed(output),
        Err(panic) => Outcome::OutputLost(panic),
    }
}

pub(super) fn caught_output<M: Machine>(
    machine: M,
    slots: M::Slots,
) -> Result<M::Output, Box<Panic>> {
    catch_unwind(AssertUnwindSafe(|| machine.output(slots)))
        .map_err(|payload| Box::new(Panic::new(payload)))
}

fn completed<M: Machine>(id: &LazyId) -> Summary {
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
