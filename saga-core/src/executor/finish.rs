//! A whole run, from the first step to the outcome.

use super::{Core, drive};
use crate::{
    context::LazyId,
    error::{Completeness, Error, Failure, Panic},
    journal::Volatile,
    kernel::End,
    machine::{Machine, Scope},
    outcome::{Outcome, Parked, Summary, left, unsettled},
};
use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// Runs a saga in memory and gives its outcome to `finish`. `open` makes slots and kernel inside of the future, so that they are in it once.
pub(crate) fn execute<M: Machine, T: Send + 'static>(
    machine: M,
    id: LazyId,
    open: impl FnOnce() -> (M::Slots, Core<M>) + Send + 'static,
    finish: fn(Outcome<M>) -> T,
) -> impl Future<Output = T> + Send + 'static {
    async move {
        let (mut slots, mut core) = open();
        let end = {
            let scope = Scope { journal: &Volatile, definition: M::DEFINITION, id: &id };
            drive(&machine, &mut slots, &mut core, &scope).await
        };
        if let Some(finally) = machine.finally(&|| summary(&core, &id, end)) {
            if let Some(finally) = super::prepared::beside(finally) {
                finally.await;
            }
        }
        finish(match end {
            End::Completed => match catch_unwind(AssertUnwindSafe(|| machine.output(slots))) {
                Ok(output) => Outcome::Completed(output),
                Err(payload) => Outcome::OutputLost(Panic::new(payload)),
            },
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

fn summary<M: Machine>(core: &Core<M>, id: &LazyId, end: End) -> Summary {
    let failure = core.failures.first.as_ref().filter(|_| end != End::Completed);
    Summary {
        id: id.get().clone(),
        saga: M::DEFINITION.name,
        end,
        step: failure.and_then(Failure::step),
        failure: failure.map(describe::<M>),
        completeness: match end {
            End::Completed => None,
            End::Compensated => Some(Completeness::Compensated { left: left(core) }),
            End::Parked => Some(Completeness::Parked(unsettled(core))),
        },
    }
}

/// The failure as a sentence, whether or not its error can be displayed.
fn describe<M: Machine>(failure: &Failure<M::Error>) -> String {
    let mut text = String::new();
    let written = failure.write(&mut text, |error, text| {
        text.push_str(M::describe(error).as_deref().unwrap_or("with an error that has no text"));
        Ok(())
    });
    debug_assert!(written.is_ok(), "a `String` takes every text");
    text
}
