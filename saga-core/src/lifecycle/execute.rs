//! A whole run in memory, from the current state of its kernel to its outcome.

use super::announce::{Delivery, announce};
use crate::executor::{
    driven::{self, Driven, Drives},
    object::Boxed,
    run_state::RunState,
    tell::words,
};
use crate::{
    basics::{
        control::Control,
        discard::discard,
        drain::spawn,
        panic::{Panic, caught, caught_poll},
    },
    calls::{
        events::Events,
        journal::Volatile,
        perform::Scope,
        watch::{RunOptions, Watch},
    },
    definition::Definition,
    generated::{
        limits::{check_timers, need_timers},
        machine::{Completed, EventOf, Machine, clear, leave, name},
        object::{Seen, children},
    },
    kernel::End,
    lifecycle::outcome::{Outcome, Parked},
    observers::{Audience, RunEvent},
    report::{
        completeness::Completeness, error::Failure, progress::StepProgress, raised::Raised,
        standing::Children, summary::Summary,
    },
    values::{codec::Encode, id::LazyId},
};
use std::{future::poll_fn, sync::Arc};
use tokio::runtime;

/// The start of a run that is not [straight](super::straight).
pub(crate) enum Opening {
    /// At the first step.
    Started(Option<Box<RunOptions>>),
    /// The run continues where it parked.
    Resumed,
    /// The run continues where it stopped being straight, with the progress of the current step.
    GoesOn(StepProgress),
}

/// The state of a run besides its futures.
pub(crate) type SlotsAndRun<M> = (<M as Machine>::Slots, RunState);

/// Runs a saga in memory.
///
/// Boxed here: a future is compiled again in each codegen unit that creates one.
#[inline(never)]
pub(crate) fn execute<M: Machine>(
    machine: M,
    id: LazyId,
    mut state: SlotsAndRun<M>,
    begin: Opening,
) -> Boxed<'static, Outcome<M>> {
    Box::pin(async move {
        check_timers::<M>();
        if matches!(&begin, Opening::Started(Some(options)) if options.deadline.is_some()) {
            need_timers(name::<M>());
        }
        let link;
        let (slots, run) = &mut state;
        let (end, events) = {
            let begin = match begin {
                Opening::Started(options) => {
                    run.watch = Watch::of(name::<M>(), &|| id.get().clone(), options);
                    run.watch_mail(machine.mail());
                    run.open(&RunEvent::Started);
                    driven::Begin::Here
                }
                Opening::Resumed => {
                    run.open(&RunEvent::Resumed);
                    driven::Begin::Here
                }
                Opening::GoesOn(progress) => driven::Begin::Within(progress),
            };
            link = run.link();
            let scope = Scope {
                journal: &Volatile,
                id: &id,
                place: None,
                link: link.as_deref(),
                tray: None,
            };
            let end = {
                let mut object = Seen {
                    machine: &machine,
                    slots: &mut *slots,
                };
                let object = &mut object;
                let (run, scope) = (&mut *run, &scope);
                Volatile::drive(Driven {
                    object,
                    run,
                    scope,
                    begin,
                })
                .await
            };
            let read_back = |event| Ok(M::event_codec().read_back(event).0);
            announce((&machine, slots), run, &scope, end, read_back)
        };
        if let Some(finally) = wind_up(&machine, slots, &id, Some((run, end)), events) {
            finally.await;
        }
        outcome(machine, state, end, &id)
    })
}

/// The work at the end of every run, before its outcome: notifies its observers, starts `finally`,
/// and delivers its events. `decided` is `None` if all steps were straight, so that there is no
/// kernel.
///
/// Returns the tasks for which there is no runtime: the caller awaits them before it returns the
/// outcome.
#[inline]
pub(super) fn wind_up<M: Machine>(
    machine: &M,
    slots: &M::Slots,
    id: &LazyId,
    mut decided: Option<(&mut RunState, End)>,
    events: Vec<EventOf<M>>,
) -> Option<Boxed<'static, ()>> {
    let mut control = None;
    if let Some((run, end)) = &mut decided {
        control = run.close(&|run| summary(run, &children::<M>(slots), id, *end));
        run.unlock(*end);
    }
    let finally = machine.finally(&|| match &decided {
        None => completed(M::DEFINITION, id),
        Some((run, end)) => summary(run, &children::<M>(slots), id, *end),
    });
    let finally = finally.and_then(|finally| {
        let audience = decided.as_ref().and_then(|(run, _)| run.audience());
        finally_beside(&M::DEFINITION.name, control.as_deref(), (finally, audience))
    });
    if !M::Events::EMITS {
        return finally;
    }
    let heard = decided
        .as_ref()
        .map(|(run, _)| (run.audience().cloned(), run.seed()));
    let delivery = Delivery::of(machine, events, id.get(), heard.unwrap_or_default());
    let delivery = delivery.and_then(|delivery| {
        beside(
            &M::DEFINITION.name,
            control.as_deref(),
            Box::pin(delivery.run()),
        )
    });
    match (finally, delivery) {
        (Some(finally), Some(delivery)) => Some(Box::pin(async move {
            finally.await;
            delivery.await;
        })),
        (finally, delivery) => finally.or(delivery),
    }
}

/// Spawns a task of the saga, which those who wait for the saga wait for, too. Returns the task if
/// there is no runtime.
pub(super) fn beside(
    saga: &'static str,
    control: Option<&Control>,
    task: Boxed<'static, ()>,
) -> Option<Boxed<'static, ()>> {
    match runtime::Handle::try_current() {
        Ok(runtime) => {
            let task = spawn(&runtime, saga, task);
            if let Some(control) = control {
                control.begun(task);
            }
            None
        }
        Err(_) => Some(task),
    }
}

fn outcome<M: Machine>(machine: M, mut state: SlotsAndRun<M>, end: End, id: &LazyId) -> Outcome<M> {
    let (slots, run) = &mut state;
    match end {
        End::Completed => completed_outcome(machine, slots),
        End::Compensated => compensated_outcome(machine, slots, run),
        End::Parked => {
            let (slots, run) = state;
            Outcome::Parked(Parked::new(machine, slots, run, id.get().clone()))
        }
    }
}

/// The outcome of a compensated saga. By reference, so that the run is not moved.
fn compensated_outcome<M: Machine>(
    machine: M,
    slots: &mut M::Slots,
    run: &mut RunState,
) -> Outcome<M> {
    let left = run.left(&children::<M>(slots));
    leave(machine, slots);
    let (plain, compensated) = (run.rules.plain, Completeness::Compensated { left });
    Outcome::Compensated(run.failures.take_error(plain, compensated, M::below))
}

/// The outcome of a completed saga: its output, whose expression is the user's and may panic, as it
/// is read back in a durable saga.
#[inline]
pub(super) fn completed_outcome<M: Machine>(machine: M, slots: &mut M::Slots) -> Outcome<M> {
    match output(machine, slots) {
        Ok(output) => Outcome::Completed(M::output_codec().read_back(output).0),
        Err(panic) => Outcome::OutputLost(panic),
    }
}

/// The output of a completed saga.
#[inline]
pub(super) fn output<M: Machine>(
    machine: M,
    slots: &mut M::Slots,
) -> Result<M::Output, Box<Panic>> {
    let mut output = None;
    let panic = caught(|| machine.output(slots, Completed::new(&mut output))).err();
    if M::NESTS {
        clear::<M>(slots);
    }
    match (output, panic) {
        (Some(output), None) => Ok(output),
        // The panic came from a value that was dropped after the output had been created.
        (Some(output), Some(panic)) => {
            discard(panic);
            Ok(output)
        }
        (None, Some(panic)) => Err(panic),
        (None, None) => unreachable!("an output is made, or panics"),
    }
}

fn completed(definition: &'static Definition, id: &LazyId) -> Summary {
    Summary {
        id: id.get().clone(),
        saga: &definition.name,
        end: End::Completed,
        step: None,
        failure: None,
        completeness: None,
        unconsumed: Vec::new(),
    }
}

/// `children`: those of the saga.
#[inline(never)]
pub(super) fn summary(
    run: &RunState,
    children: Children<'_, '_>,
    id: &LazyId,
    end: End,
) -> Summary {
    let definition = run.rules.definition;
    let unconsumed = run.kernel.signalled();
    let name = |step: u16| definition.steps[usize::from(step)].name.clone();
    let completeness = completeness(run, children, end);
    let failure = run.failures.first.as_ref();
    let failure = failure.filter(|_| completeness.is_some());
    Summary {
        end,
        step: failure.and_then(|failure| failure.step.clone()),
        failure: failure.map(|failure| run.describe(failure)),
        completeness,
        unconsumed: unconsumed.map(name).collect(),
        ..completed(definition, id)
    }
}

/// How far a saga that did not complete was compensated. `children`: those of the saga.
#[inline(never)]
pub(super) fn completeness(
    run: &RunState,
    children: Children<'_, '_>,
    end: End,
) -> Option<Completeness> {
    match end {
        End::Completed => None,
        End::Compensated => Some(Completeness::Compensated {
            left: run.left(children),
        }),
        End::Parked => Some(Completeness::Parked(run.unsettled(children))),
    }
}

impl RunState {
    /// The failure as a sentence, whether or not its error can be displayed.
    fn describe(&self, failure: &Failure<Raised>) -> String {
        let mut text = String::new();
        let written = failure.write(&mut text, |error, text| {
            text.push_str(&words(self.rules, error));
            Ok(())
        });
        debug_assert!(written.is_ok(), "a `String` takes every text");
        text
    }
}

/// Spawns `finally`, as [`beside`] does.
#[inline(never)]
fn finally_beside(
    saga: &'static str,
    control: Option<&Control>,
    (finally, audience): (Boxed<'static, ()>, Option<&Arc<Audience>>),
) -> Option<Boxed<'static, ()>> {
    beside(saga, control, boxed_finally(finally, audience))
}

/// Boxes [`caught_finally`], which would be compiled into the crate of the saga that polls it.
#[inline(never)]
pub(super) fn boxed_finally(
    finally: Boxed<'static, ()>,
    audience: Option<&Arc<Audience>>,
) -> Boxed<'static, ()> {
    Box::pin(caught_finally(finally, audience.cloned()))
}

/// Runs `finally`. A panic is reported only to the observers.
async fn caught_finally(mut finally: Boxed<'static, ()>, audience: Option<Arc<Audience>>) {
    let ended = poll_fn(|cx| caught_poll(|| finally.as_mut().poll(cx).map(Ok), Err)).await;
    discard(finally);
    if let (Err(panic), Some(audience)) = (&ended, &audience) {
        let message = panic.message();
        audience.tell(&RunEvent::FinallyPanicked { message });
    }
    discard((ended, audience));
}
