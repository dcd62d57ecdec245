//! A machine and its slots without their types, for the executor.

use super::machine::{Machine, go_without};
use crate::{
    calls::{
        lane::{Lanes, RunLanes},
        perform::{AnyCall, Scope, Straight},
        report::Report,
    },
    definition::DefinitionRef,
    executor::{
        batch::{Batch, caught_batch},
        driven::Drives,
        object::{Boxed, Object},
        rules::Rules,
    },
    history::child::boxed,
    report::{
        raised::{Lent, Raised},
        standing::AnyChild,
    },
    values::{
        call::{CallKind, CallSite},
        node::Node,
    },
};
use pin_project_lite::pin_project;
use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

/// A machine and its slots.
pub(crate) struct Seen<'m, M: Machine> {
    pub(crate) machine: &'m M,
    pub(crate) slots: &'m mut M::Slots,
}

impl<M: Machine, J: Drives> Object<J> for Seen<'_, M> {
    fn run<'a>(
        &'a mut self,
        at: CallSite,
        until: u16,
        scope: &'a Scope<'a, J>,
    ) -> Boxed<'a, (u16, Report<Raised>)> {
        let Self { machine, slots } = self;
        Box::pin(async move {
            let mut straight = Straight::new(at, until);
            let panic = {
                let mut batch = pin!(Batch::new(machine.run(slots, &mut straight, scope)));
                poll_fn(|cx| caught_batch(|| batch.as_mut().poll(cx))).await
            };
            let (last, report) = straight.ended(panic);
            (last, report.raised())
        })
    }

    fn call<'a>(
        &'a mut self,
        call: AnyCall<'a>,
        scope: &'a Scope<'a, J>,
    ) -> Boxed<'a, Report<Raised>> {
        let Self { machine, slots } = self;
        let (at, call) = (call.at, call.typed());
        if at.call == CallKind::Compensate && M::is_sequential(at.step) {
            let call = machine.undo(slots, at, call.failure, scope);
            return Box::pin(Undone { call });
        }
        let call = machine.call(slots, call, scope);
        Box::pin(Called { call })
    }

    fn group<'a>(
        &'a mut self,
        first: u16,
        block: &'a mut (dyn RunLanes + 'a),
        scope: &'a Scope<'a, J>,
    ) -> Boxed<'a, ()> {
        self.machine
            .group(self.slots, first, Lanes::new(block), scope)
    }

    fn decide(&mut self, block: u16) -> bool {
        self.machine.decide(self.slots, block)
    }

    fn clear(&mut self, step: u16) {
        M::clear(self.slots, step);
    }

    fn go_without(&mut self, definition: &DefinitionRef) {
        go_without::<M>(self.slots, definition);
    }
}

pin_project! {
    /// A compensation whose report loses the type of the saga's errors.
    struct Undone<F> {
        #[pin]
        call: F,
    }
}

impl<E, F> Future for Undone<F>
where
    E: Send + Sync + 'static,
    F: Future<Output = Result<(), Report<E>>>,
{
    type Output = Report<Raised>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let undone = self.project().call.poll(cx);
        undone.map(|undone| undone.map_or_else(Report::raised, |()| Report::Done))
    }
}

pin_project! {
    /// A call whose report loses the type of the saga's errors.
    struct Called<F> {
        #[pin]
        call: F,
    }
}

impl<E: Send + Sync + 'static, F: Future<Output = Report<E>>> Future for Called<F> {
    type Output = Report<Raised>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().call.poll(cx).map(Report::raised)
    }
}

/// The child sagas of a saga, by step or item.
#[expect(
    clippy::needless_lifetimes,
    reason = "`'_` would be a lifetime of the returned closure"
)]
pub(crate) fn children<'s, M: Machine>(
    slots: &'s M::Slots,
) -> impl Fn(Node) -> Option<Box<dyn AnyChild + 's>> {
    move |node| boxed(M::child(slots, node))
}

/// The rules of a saga.
pub(crate) const fn rules<M: Machine>() -> &'static Rules {
    const {
        &Rules {
            definition: M::DEFINITION,
            loops: M::LOOPS,
            nests: M::NESTS,
            classify: |step, error| M::classify(step, error.error()),
            gives_up: |step, call, error| M::gives_up(step, call, error.error()),
            turns: |step, failure| M::turns(step, failure.typed()),
            describe: |error| M::describe(error.error()),
            error_codec: M::ERROR_CODEC.over(
                |error: &Raised, form| M::ERROR_CODEC.written(error.error(), form),
                |json| M::ERROR_CODEC.read(json).map(Raised::of),
            ),
            read_error: |of, json| M::read_error(of, json).map(Raised::of),
            plain: Lent::plain::<M::Error>,
        }
    }
}
