//! A whole run, from the first step to the outcome.

use super::{Control, Core, drive, prepared::run_beside};
use crate::{
    context::LazyId,
    definition::{Definition, Step},
    error::{Completeness, Error, Failure, Panic},
    journal::{At, Journal, Volatile},
    kernel::End,
    machine::{Machine, Report, Scope},
    outcome::{Outcome, Parked, Summary, left, unsettled},
};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

/// Where a run starts.
pub(crate) enum Start<M: Machine> {
    /// At the first step.
    Fresh {
        control: Option<Arc<Control>>,
        deadline: Option<Duration>,
    },
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
        let end = {
            let scope = Scope {
                journal: &Volatile,
                definition: M::DEFINITION,
                id: &id,
            };
            let mut straight = None;
            match start {
                Start::Fresh {
                    control: None,
                    deadline: None,
                } if goes_straight(M::DEFINITION) => {
                    slots = M::Slots::default();
                    let (last, report) =
                        machine.run(&mut slots, At::first(), u16::MAX, &scope).await;
                    if matches!(report, Report::Done)
                        && usize::from(last) + 1 == M::DEFINITION.steps.len()
                    {
                        // Nothing was left to decide: the kernel need not even be made.
                        if let Some(finally) = machine.finally(&|| completed::<M>(&id)) {
                            run_beside(finally).await;
                        }
                        return finish(output(machine, slots));
                    }
                    straight = Some((last, report));
                    core = Core::new(Volatile::DURABLE, None, None);
                }
                Start::Fresh { control, deadline } => {
                    slots = M::Slots::default();
                    core = Core::new(
                        Volatile::DURABLE,
                        control,
                        deadline.and_then(|limit| Instant::now().checked_add(limit)),
                    );
                }
                Start::Parked(parked) => (slots, core) = *parked,
            }
            drive(&machine, &mut slots, &mut core, &scope, straight).await
        };
        if let Some(finally) = machine.finally(&|| summary(&core, &id, end)) {
            run_beside(finally).await;
        }
        finish(match end {
            End::Completed => output(machine, slots),
            End::Compensated => {
                let left = left(&core);
                Outcome::Compensated(Error::new(
                    core.failures.first.expect("a saga goes back for a failure"),
                    core.failures.also,
                    Completeness::Compensated { left },
                ))
            }
            End::Parked => {
                let id = id.get().clone();
                Outcome::Parked(Parked::new(machine, slots, core, id))
            }
        })
    }
}

/// Whether a saga that nobody can interrupt may start with a run of ordinary steps.
fn goes_straight(definition: &Definition) -> bool {
    matches!(
        definition.steps,
        [
            Step {
                when: None,
                group: None,
                ..
            },
            ..
        ]
    )
}

fn output<M: Machine>(machine: M, slots: M::Slots) -> Outcome<M> {
    match catch_unwind(AssertUnwindSafe(|| machine.output(slots))) {
        Ok(output) => Outcome::Completed(output),
        Err(payload) => Outcome::OutputLost(Box::new(Panic::new(payload))),
    }
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

fn summary<M: Machine>(core: &Core<M>, id: &LazyId, end: End) -> Summary {
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
        text.push_str(
            M::describe(error)
                .as_deref()
                .unwrap_or("with an error that has no text"),
        );
        Ok(())
    });
    debug_assert!(written.is_ok(), "a `String` takes every text");
    text
}
