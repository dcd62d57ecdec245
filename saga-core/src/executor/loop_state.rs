//! The state of a run's loops, the consequences of their ends, and the reports of their items.

use super::run_state::{RunState, States};
use crate::{
    calls::{
        journal::Journal,
        loops::{LoopCall, LoopReport, LoopState, Looped, Looping},
        perform::Scope,
        report::Report,
        watch::ITEMS_LIMIT,
    },
    definition::Items,
    generated::machine::Machine,
    history::child::boxed,
    kernel::{Event, LoopEnd, StepState},
    report::{
        error::Failure,
        progress::StepProgress,
        standing::{LeftPaths, LeftStep, Remains, Unsettled, UnsettledPaths, keeps_items},
    },
    values::{call::CallKind, cause::Cause},
};
use std::mem;

impl<E: Send + Sync + 'static, S: States> RunState<E, S> {
    fn looping(&mut self, step: u16) -> &mut Looping {
        let loops = &mut self.aside.get_or_insert_default().loops;
        let known = loops.iter().position(|looping| looping.step == step);
        let known = known.unwrap_or_else(|| {
            loops.push(Looping {
                step,
                state: LoopState::default(),
            });
            loops.len() - 1
        });
        &mut loops[known]
    }

    /// The state that is passed to a loop with a call.
    #[inline]
    pub(super) fn looped(&mut self, step: u16, call: CallKind) -> Option<Box<Looped>> {
        if self.item().is_some() || !self.rules.is_loop(step) {
            return None;
        }
        Some(Box::new(self.hand_loop(step, call)))
    }

    fn hand_loop(&mut self, step: u16, call: CallKind) -> Looped {
        let watch = self.watch.as_ref();
        let limit = watch.and_then(|watch| watch.items_limit);
        let audience = self.audience().cloned();
        let seeded = watch.is_some_and(|watch| watch.seed.is_some());
        let seed = seeded.then(|| self.random());
        let definition = self.rules.definition;
        let looping = self.looping(step);
        let state = if call == CallKind::When {
            let keeps = keeps_items(&definition.steps[usize::from(step)]);
            LoopState {
                items: looping.state.items.clone().filter(|_| keeps),
                ..LoopState::default()
            }
        } else {
            mem::take(&mut looping.state)
        };
        Looped {
            state,
            limit: limit.unwrap_or(ITEMS_LIMIT),
            audience,
            seed,
        }
    }

    /// Translates a loop's report into an ordinary step report where one exists; passes other
    /// reports through.
    #[inline]
    pub(super) fn plain(&mut self, step: u16, call: CallKind, report: Report<E>) -> Report<E> {
        if !self.rules.loops {
            return report;
        }
        match report {
            Report::Looped(looped) => self.plain_loop(step, call, looped),
            report => report,
        }
    }

    fn plain_loop(&mut self, step: u16, call: CallKind, looped: Box<LoopReport<E>>) -> Report<E> {
        match (call, looped.end) {
            (CallKind::When, LoopCall::Made) => {
                self.begin_items(step, looped.state);
                Report::Decided(true)
            }
            (CallKind::Action, LoopCall::Ended(LoopEnd::Applied))
            | (CallKind::Compensate, LoopCall::Ended(LoopEnd::Undone { .. })) => {
                self.looping(step).state = looped.state;
                looped
                    .failures
                    .into_iter()
                    .for_each(|failure| self.failures.push(failure));
                Report::Done
            }
            _ => Report::Looped(looped),
        }
    }

    /// The items of a loop were created. Items that existed before start again.
    fn begin_items(&mut self, step: u16, made: LoopState) {
        let item = self.kernel.parts().kernel(step, |_| [StepState::NEW; 2]);
        let item = item.expect("the step is a loop");
        let LoopState { count, items, .. } = made;
        let state = &mut self.looping(step).state;
        for kernel in &mut state.kernels {
            kernel.begin_anew(Items::STEP);
        }
        if state.kernels.len() < count {
            state.kernels.resize(count, item);
        }
        (state.count, state.items) = (count, items);
    }

    /// A loop has ended without success.
    pub(super) fn loop_ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        call: CallKind,
        report: LoopReport<E>,
    ) {
        let step = progress.step;
        let LoopReport {
            state,
            end,
            failures,
        } = report;
        let event = match end {
            LoopCall::TooMany(limit) => {
                return self.unfit_items(scope, progress, Cause::TooManyItems { limit });
            }
            LoopCall::Equal(first, second) => {
                return self.unfit_items(scope, progress, Cause::EqualItems { first, second });
            }
            LoopCall::Ended(end) => end.event(step, call),
            LoopCall::Made => unreachable!("that is no failure"),
        };
        self.looping(step).state = state;
        self.apply_caused(scope, event, failures.first().map(Failure::cause));
        for failure in failures {
            self.failures.push(failure);
        }
    }

    /// No item of the loop may begin.
    fn unfit_items<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<E>,
        cause: Cause<E>,
    ) {
        let event = Event::WhenPanicked {
            step: progress.step,
        };
        self.apply_caused(scope, event, Some(&cause));
        self.file_failure(progress, event, (CallKind::When, cause));
    }
}

impl<E: Send + Sync + 'static, S: States> RunState<E, S> {
    /// The steps that a compensated saga leaves behind.
    pub(crate) fn left<M: Machine<Error = E>>(&self, slots: &M::Slots) -> Vec<LeftStep> {
        self.remains::<M, LeftPaths>(slots).shown(M::DEFINITION)
    }

    /// The steps of a parked saga that an operator must look after.
    pub(crate) fn unsettled<M: Machine<Error = E>>(&self, slots: &M::Slots) -> Unsettled {
        let all = self.remains::<M, UnsettledPaths>(slots);
        all.shown(M::DEFINITION, self.kernel.is_unsaid())
    }

    /// Collects the steps of either kind, by path.
    pub(crate) fn remains<M: Machine<Error = E>, R: Remains>(&self, slots: &M::Slots) -> R {
        let run = self.kernel.view();
        let mut all = R::of_saga(run);
        let child = |node| boxed(M::child(slots, node));
        if M::LOOPS {
            for looping in self.loops() {
                let LoopState { count, kernels, .. } = &looping.state;
                let items = kernels.iter();
                all.add_items(run, (looping.step, *count), items, &child);
            }
        }
        if M::NESTS {
            all.add_children(run, &child);
        }
        all
    }

    fn loops(&self) -> impl Iterator<Item = &Looping> {
        self.aside.iter().flat_map(|aside| &aside.loops)
    }
}
