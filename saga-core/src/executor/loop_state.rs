//! The state of a run's loops, the consequences of their ends, and the reports of their items.

use super::run_state::RunState;
use crate::{
    calls::{
        journal::Journal,
        loops::{LoopCall, LoopReport, LoopState, Looped, Looping},
        perform::Scope,
        report::Report,
        watch::ITEMS_LIMIT,
    },
    definition::Items,
    kernel::{Event, Kernel, LoopEnd, PartEnd},
    report::{
        error::Failure,
        progress::StepProgress,
        raised::Raised,
        standing::{Children, LeftPaths, LeftStep, Remains, Unsettled, UnsettledPaths},
    },
    values::{call::CallKind, cause::Cause},
};
use std::{mem, sync::Arc};

impl RunState {
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
        let looping = self.looping(step);
        let state = if call == CallKind::When {
            LoopState::default()
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
    pub(super) fn plain(
        &mut self,
        step: u16,
        call: CallKind,
        report: Report<Raised>,
    ) -> Report<Raised> {
        if !self.rules.loops {
            return report;
        }
        match report {
            Report::Looped(looped) => self.plain_loop(step, call, looped),
            report => report,
        }
    }

    fn plain_loop(&mut self, step: u16, call: CallKind, looped: Box<LoopReport>) -> Report<Raised> {
        match (call, &looped.end) {
            (CallKind::When, LoopCall::Made) => {
                self.begin_items(step, looped.state);
                Report::Decided(true)
            }
            (CallKind::Action, LoopCall::Ended(LoopEnd::Applied))
            | (CallKind::Compensate, LoopCall::Ended(LoopEnd::Undone { .. })) => {
                self.keep_loop(step, looped.state);
                looped
                    .failures
                    .into_iter()
                    .for_each(|failure| self.failures.push(failure));
                Report::Done
            }
            _ => Report::Looped(looped),
        }
    }

    /// Keeps the state of a loop whose call has ended.
    fn keep_loop(&mut self, step: u16, state: LoopState) {
        self.kernel
            .note_arriving(step, &state.kernels[..state.count]);
        self.looping(step).state = state;
    }

    /// The items of a loop were created.
    fn begin_items(&mut self, step: u16, made: LoopState) {
        let nests = self.rules.nests;
        let item = self.kernel.parts().kernel(step);
        let item = item.expect("the step is a loop");
        let LoopState {
            count,
            items,
            listed,
            ..
        } = made;
        let state = &mut self.looping(step).state;
        if state.kernels.len() < count {
            state.kernels.resize(count, item);
        }
        (state.count, state.items, state.why) = (count, items, None);
        state.listed = listed;
        state.keys = nests.then(Arc::default);
    }

    /// Takes the items of a loop that were just created, for the note of its attempt.
    pub(super) fn take_listed(&mut self, step: u16) -> Option<String> {
        let mut loops = self.aside.iter_mut().flat_map(|aside| &mut aside.loops);
        let looping = loops.find(|looping| looping.step == step)?;
        looping.state.listed.take()
    }

    /// The call of a step, or the last one of a batch, ends. Notes what remains of child sagas, and of
    /// the items of a loop, and whether they are aborted.
    #[inline(never)]
    pub(super) fn note_parts<J>(
        &mut self,
        scope: &Scope<'_, J>,
        step: u16,
        report: &Report<Raised>,
    ) {
        let children = scope.link.map(|link| link.way.take_ended());
        // Otherwise nothing leads back over the loop.
        let may_rerun = scope.place.is_some() || self.kernel.lies_in_rerun(step);
        let items = if may_rerun {
            self.items_end(step, report)
        } else {
            None
        };
        let items = items.map(|end| (step, end));
        for (step, end) in children.into_iter().flatten().chain(items) {
            self.kernel.note_part(step, end);
        }
    }

    /// What the end of the call of a loop means for the run.
    fn items_end(&self, step: u16, report: &Report<Raised>) -> Option<PartEnd> {
        let state = match report {
            // The state was put back already.
            Report::Done => &self.loops().find(|looping| looping.step == step)?.state,
            Report::Looped(looped) => match &looped.end {
                LoopCall::Ended(_) => &looped.state,
                LoopCall::Made | LoopCall::Equal(..) | LoopCall::TooMany(_) => return None,
            },
            _ => return None,
        };
        let items = state.kernels.iter().map(Kernel::as_part);
        Some(items.fold(PartEnd::default(), PartEnd::and))
    }

    /// The saga goes forward again from this savepoint: loops create their items again.
    pub(super) fn turn_loops(&mut self, savepoint: u16) {
        let loops = self.aside.iter_mut().flat_map(|aside| &mut aside.loops);
        for looping in loops.filter(|looping| looping.step >= savepoint) {
            looping.state.items = None;
            for item in &mut looping.state.kernels {
                item.begin_anew(Items::STEP);
            }
        }
    }

    /// A loop has ended without success.
    pub(super) fn loop_ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        call: CallKind,
        report: LoopReport,
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
            LoopCall::Equal(equal) => {
                return self.unfit_items(scope, progress, equal.into());
            }
            LoopCall::Ended(end) => end.event(step, call),
            LoopCall::Made => unreachable!("that is no failure"),
        };
        self.keep_loop(step, state);
        self.apply_caused(scope, event, failures.first().map(Failure::cause));
        for failure in failures {
            self.failures.push(failure);
        }
    }

    /// No item of the loop may begin.
    fn unfit_items<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress,
        cause: Cause<Raised>,
    ) {
        let event = Event::WhenPanicked {
            step: progress.step,
        };
        self.failed(scope, progress, event, (CallKind::When, cause));
    }
}

impl RunState {
    /// The steps that a compensated saga leaves behind. `child` is the child saga of a step or an
    /// item.
    pub(crate) fn left(&self, child: Children<'_, '_>) -> Vec<LeftStep> {
        let left: LeftPaths = self.remains(child);
        left.shown(self.rules.definition)
    }

    /// The steps of a parked saga that an operator must look after.
    pub(crate) fn unsettled(&self, child: Children<'_, '_>) -> Unsettled {
        let all: UnsettledPaths = self.remains(child);
        all.shown(self.rules.definition, self.kernel.is_unsaid())
    }

    /// Collects the steps of either kind, by path. `child` is the child saga of a step or an item.
    pub(crate) fn remains<R: Remains>(&self, child: Children<'_, '_>) -> R {
        let run = self.kernel.view();
        let mut all = R::of_saga(run);
        if self.rules.loops {
            for looping in self.loops() {
                let LoopState { count, kernels, .. } = &looping.state;
                let items = kernels.iter();
                all.add_items(run, (looping.step, *count), items, child);
            }
        }
        if self.rules.nests {
            all.add_children(run, child);
        }
        all
    }

    fn loops(&self) -> impl Iterator<Item = &Looping> {
        self.aside.iter().flat_map(|aside| &aside.loops)
    }
}
