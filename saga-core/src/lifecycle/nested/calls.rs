//! The calls of a step that is a child saga: the child begins, continues, or is rolled back by its
//! parent.

use super::{Live, Nested, Nesting};
use crate::{
    basics::{
        discard::discard,
        panic::{Panic, caught},
    },
    calls::{
        journal::{Journal as _, Volatile},
        perform::Scope,
        report::Report,
        watch::Watch,
    },
    executor::{
        driven::{Begin, Driven, Drives},
        run_state::RunState,
    },
    generated::{
        machine::{Machine, go_without},
        object::{Seen, rules},
    },
    kernel::{Cancellation, End},
    lifecycle::nestable::{Nest, Tail},
    report::{
        claims::reserve,
        place::{Above, Place},
    },
    values::{call::CallSite, cause::Cause, codec::Codec, id::LazyId},
};
use std::mem;
use tokio::time::Instant;

/// Attempts a step that is a child saga: starts the child if the round is new, otherwise continues
/// it.
///
/// `input` and `services` call the user's expressions.
///
/// # Errors
/// The end of a child that did not complete.
pub async fn nest<I, V, J, E>(
    nested: &Nested<I, V>,
    scope: &Scope<'_, J>,
    (at, nesting): (CallSite, Nesting),
    input: impl FnOnce() -> I + Send,
    services: impl FnOnce() -> V + Send,
    codec: Codec<<I::Machine as Machine>::Output>,
) -> Result<<I::Machine as Machine>::Output, Report<E>>
where
    I: Nest<V> + Send,
    I::Machine: Tail,
    V: 'static,
    J: Drives,
    E: From<<I::Machine as Machine>::Error> + Send + Sync + 'static,
{
    let mut live = match nested.take() {
        Some(mut live) if live.round == at.round => {
            if !mem::take(&mut live.continues) {
                live.run.take_up();
            }
            scope.note_held(None);
            live
        }
        other => {
            if let Some(before) = other {
                (*before).discard();
            }
            match begin(scope, (at, nesting), input, services) {
                Ok(live) => live,
                Err(cause) => return Err(Report::Failed(cause)),
            }
        }
    };
    let result = match run(&mut live, scope, (at, nesting)).await {
        End::Completed => match live.output() {
            Ok(output) => {
                let (output, json) = scope.read_back(Some(at.step), "its effect", &codec, output);
                scope.leave(json);
                Ok(output)
            }
            Err(panic) => Err(Report::OutputPanicked(panic)),
        },
        end => Err(Report::Nested(Box::new(live.ended::<E>(end, nesting.step)))),
    };
    if let Some(link) = scope.link {
        link.way.end(at.step, live.run.kernel.as_part());
    }
    nested.put(live);
    result
}

/// Undoes a step that is a child saga: rolls the child back, or continues its rollback.
///
/// # Errors
/// The effects that the child could not undo.
pub async fn nest_back<I, V, J, E>(
    nested: &Nested<I, V>,
    scope: &Scope<'_, J>,
    (at, nesting): (CallSite, Nesting),
) -> Result<(), Report<E>>
where
    I: Nest<V> + Send,
    V: 'static,
    J: Drives,
    E: From<<I::Machine as Machine>::Error> + Send + Sync + 'static,
{
    let Some(mut live) = nested.take() else {
        // It has left nothing.
        return Ok(());
    };
    if !mem::take(&mut live.continues) {
        live.run.take_up();
        // In a walk by hand there is no run above it.
        live.run.recall(scope.link.and_then(|link| link.way.why()));
    }
    let result = match run(&mut live, scope, (at, nesting)).await {
        End::Parked => {
            let end = live.ended::<E>(End::Parked, nesting.step);
            Err(Report::Nested(Box::new(end.undone(nesting.step))))
        }
        _ => Ok(()),
    };
    if let Some(link) = scope.link {
        link.way.end(at.step, live.run.kernel.as_part());
    }
    nested.put(live);
    result
}

/// Starts a child saga, in its first round or in a new one.
///
/// # Errors
/// A panic of the user's expressions, or that another item of a loop has a key of this child.
///
/// # Panics
/// If its parent's kernel has it with a different number of steps: a defect of the library.
fn begin<I: Nest<V>, V, E>(
    scope: &Scope<'_, impl Drives>,
    (at, nesting): (CallSite, Nesting),
    input: impl FnOnce() -> I,
    services: impl FnOnce() -> V,
) -> Result<Box<Live<I, V>>, Cause<E>> {
    let limit = nesting.limit.map(caught).transpose();
    let limit = limit.map_err(Cause::Panicked)?;
    let promised = I::Machine::DEFINITION.deadline;
    let limit = limit.into_iter().chain(promised).min();
    let input = caught(input).map_err(Cause::Panicked)?;
    let (input, json) = scope.read_back(Some(at.step), "its input", &I::codec(), input);
    let keys = caught(|| input.keys()).map_err(Cause::Panicked)?;
    if let Err(equal) = reserve(scope.place, nesting.step, &keys) {
        discard(input);
        return Err(equal.into());
    }
    if let Err(why) = scope.enclose(json, limit) {
        discard(input);
        let why = format!("its inputs cannot be recorded: {why}");
        return Err(Cause::Panicked(Box::new(Panic::recorded(why))));
    }
    let machine = caught(|| input.give(services())).map_err(Cause::Panicked)?;
    let kernel = scope.link.and_then(|link| link.parts.kernel(at.step));
    let rules = rules::<I::Machine>();
    let run = match kernel {
        Some(kernel) => RunState::of(rules, kernel, None),
        // In a walk by hand there is no run above it.
        None => RunState::new(rules, I::Machine::DEFINITION, Volatile::DURABLE, None),
    };
    let of = run.kernel.definition();
    assert_eq!(
        rules.definition.steps.len(),
        of.steps.len(),
        "the child saga at `{}` begins under its own steps",
        nesting.step
    );
    let mut slots = Default::default();
    go_without::<I::Machine>(&mut slots, of);
    Ok(Box::new(Live {
        round: at.round,
        machine: Some(machine),
        recorded: None,
        slots,
        run,
        at_hand: None,
        deadline: limit.and_then(|limit| Instant::now().checked_add(limit)),
        continues: false,
    }))
}

/// Runs a child saga from its current state to its end. Its `finally` does not run: what the child
/// has done may still be undone, and the `finally` of the outermost saga knows how everything ended.
///
/// # Panics
/// If the child was restored, and has not been given its services: a defect of the library.
async fn run<I, V, J>(
    live: &mut Live<I, V>,
    scope: &Scope<'_, J>,
    (at, nesting): (CallSite, Nesting),
) -> End
where
    I: Nest<V> + Send,
    V: 'static,
    J: Drives,
{
    let machine = live.machine.as_ref();
    let machine = machine.expect("it has its services before its parent runs");
    let definition = <I::Machine as Machine>::DEFINITION;
    let Nesting { saga, step, .. } = nesting;
    let above = Above {
        place: scope.place,
        saga,
        id: scope.id,
        way: scope.link.map(|link| &link.way),
    };
    let place = Place::child(above, (step, live.round), definition);
    let mut id = LazyId::default();
    id.set(place.own_id());
    let link = scope.link;
    live.run.watch = Some(Box::new(Watch {
        deadline: live.deadline,
        deadline_heard: live.run.kernel.deadline() != Cancellation::None,
        // Its parent reports it if the run is orphaned.
        ended: true,
        seed: link
            .and_then(|link| link.seed)
            .map(|seed| seed ^ u64::from(at.step) << 32),
        audience: link
            .and_then(|link| link.audience.as_ref())
            .map(|audience| audience.within(place.path())),
        items_limit: link.and_then(|link| link.items_limit),
        ..Watch::default()
    }));
    let own = live.run.link();
    let scope = Scope {
        journal: scope.journal,
        id: &id,
        place: Some(&place),
        link: own.as_deref(),
        tray: scope.tray,
    };
    let at_hand = live.at_hand.take();
    let mut object = Seen {
        machine,
        slots: &mut live.slots,
    };
    let object = &mut object;
    let (run, scope) = (&mut live.run, &scope);
    let begin = at_hand.map_or(Begin::Here, Begin::Recorded);
    J::drive(Driven {
        object,
        run,
        scope,
        begin,
    })
    .await
}
