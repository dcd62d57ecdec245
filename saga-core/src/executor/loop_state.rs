//! What a run knows of its loops, what it makes of how they end, and what it reports of their items.

use super::{items::each, run_state::RunState};
use crate::{
    call::CallKind,
    cause::Cause,
    child::boxed,
    definition::{Compensation, Items, Text},
    error::Failure,
    journal::Journal,
    kernel::{Direction, Event, Kernel, Left, StepState, Verdict},
    loops::{ItemKernel, LoopEnd, LoopReport, LoopState, Looped, Looping},
    machine::Machine,
    perform::Scope,
    progress::StepProgress,
    report::Report,
    standing::{LeftStanding, Unsettled, first},
    watch::ITEMS_LIMIT,
};
use std::{
    mem,
    sync::{Arc, atomic::Ordering},
};

impl<M: Machine, S: AsRef<[StepState]> + AsMut<[StepState]>> RunState<M, S> {
    fn looping(&mut self, step: u16) -> &mut Looping {
        let loops = &mut self.aside.get_or_insert_default().loops;
        let known = loops.iter().position(|looping| looping.step == step);
        let known = known.unwrap_or_else(|| {
            loops.push(Looping {
                step,
                state: LoopState::default(),
                recalled: Arc::default(),
            });
            loops.len() - 1
        });
        &mut loops[known]
    }

    /// What a loop is handed with a call.
    pub(super) fn looped(&mut self, step: u16, call: CallKind) -> Option<Box<Looped>> {
        if self.item().is_some() || !M::is_loop(step) {
            return None;
        }
        let watch = self.watch.as_ref();
        let limit = watch.and_then(|watch| watch.items_limit);
        let audience = self.audience().cloned();
        let seeded = watch.is_some_and(|watch| watch.seed.is_some());
        let seed = seeded.then(|| self.random());
        let looping = self.looping(step);
        let state = if call == CallKind::When {
            let step = &M::DEFINITION.steps[usize::from(step)];
            // The keys of before would answer for other items.
            let keeps = matches!(step.compensation, Compensation::None);
            LoopState {
                items: looping.state.items.clone().filter(|_| keeps),
                ..LoopState::default()
            }
        } else {
            looping.recalled = Arc::default();
            mem::take(&mut looping.state)
        };
        Some(Box::new(Looped {
            state,
            limit: limit.unwrap_or(ITEMS_LIMIT),
            recalled: Arc::clone(&looping.recalled),
            audience,
            seed,
        }))
    }

    /// Has the loops that run know whether the saga goes back.
    #[inline]
    pub(super) fn tell_loops(&self) {
        if M::LOOPS && self.kernel.direction() == Direction::Back {
            for looping in self.aside.iter().flat_map(|aside| &aside.loops) {
                looping.recalled.store(true, Ordering::Relaxed);
            }
        }
    }

    /// A report of a loop as one of a step, as far as it is like that of any other.
    #[inline]
    pub(super) fn plain(
        &mut self,
        step: u16,
        call: CallKind,
        report: Report<M::Error>,
    ) -> Report<M::Error> {
        if !M::LOOPS {
            return report;
        }
        match report {
            Report::Looped(looped) => self.plain_loop(step, call, looped),
            report => report,
        }
    }

    fn plain_loop(
        &mut self,
        step: u16,
        call: CallKind,
        looped: Box<LoopReport<M::Error>>,
    ) -> Report<M::Error> {
        match (call, looped.end) {
            (CallKind::When, LoopEnd::Made) => {
                self.begin_items(step, looped.state);
                Report::Decided(true)
            }
            (CallKind::Action, LoopEnd::Applied)
            | (CallKind::Compensate, LoopEnd::Undone { .. }) => {
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

    /// The items of a loop are there: each that there was before begins anew.
    fn begin_items(&mut self, step: u16, made: LoopState) {
        let durable = self.kernel.is_durable();
        let LoopState { count, items, .. } = made;
        let state = &mut self.looping(step).state;
        for kernel in &mut state.kernels {
            kernel.begin_anew(Items::STEP);
        }
        if state.kernels.len() < count {
            state.kernels.resize(count, item_kernel::<M>(step, durable));
        }
        (state.count, state.items) = (count, items);
    }

    /// A loop has ended otherwise than well.
    pub(super) fn loop_ended<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        progress: &mut StepProgress<M::Error>,
        call: CallKind,
        report: LoopReport<M::Error>,
    ) {
        let step = progress.step;
        let LoopReport {
            state,
            end,
            failures,
        } = report;
        let rejected = |verdict, abort| Event::Rejected {
            step,
            verdict,
            abort,
            // Each item has been, as often as it says.
            again: false,
            late_passed: true,
        };
        let said = |refused| {
            if refused {
                Verdict::Refused
            } else {
                Verdict::Transient
            }
        };
        let event = match (call, end) {
            (_, LoopEnd::TooMany(limit)) => {
                let (event, cause) = (Event::WhenPanicked { step }, Cause::TooManyItems { limit });
                self.apply_caused(scope, event, Some(&cause));
                return self.file_failure(progress, event, (CallKind::When, cause));
            }
            (CallKind::Compensate, _) => Event::CompensationFailed { step },
            (_, LoopEnd::Stands { aborted }) => rejected(Verdict::Unknown, aborted),
            (_, LoopEnd::Undone { refused, aborted }) => rejected(said(refused), aborted),
            (_, LoopEnd::Unfinished { refused }) => rejected(said(refused), false),
            (_, LoopEnd::Made | LoopEnd::Applied) => unreachable!("that is no failure"),
        };
        self.looping(step).state = state;
        self.apply_caused(scope, event, failures.first().map(Failure::cause));
        for failure in failures {
            self.failures.push(failure);
        }
    }
}

/// The kernel of an item that was not begun.
fn item_kernel<M: Machine>(step: u16, durable: bool) -> ItemKernel {
    let mut kernel = Kernel::new(each::<M>(step), [StepState::NEW; 2], durable);
    for event in [Event::Attempting { step: 0 }, Event::Applied { step: 0 }] {
        let applied = kernel.apply(event);
        debug_assert!(applied.is_ok(), "what is before an item is over");
    }
    kernel
}

/// What of the items is left, stands, is in doubt, or is not done.
#[derive(Clone, Copy)]
enum What {
    Left(Left),
    Standing,
    InDoubt,
    Unfinished,
}

impl<M: Machine> RunState<M> {
    /// What a compensated saga leaves behind.
    pub(crate) fn left(&self, slots: &M::Slots) -> Vec<LeftStanding> {
        let own = self.own_left();
        if !M::NESTS {
            return own;
        }
        let way = (M::DEFINITION, self.kernel.direction());
        LeftStanding::with_children(own, way, &|step| boxed(M::child(slots, step)))
    }

    fn own_left(&self) -> Vec<LeftStanding> {
        let mut all = LeftStanding::all(M::DEFINITION, &self.kernel);
        if !M::LOOPS {
            return all;
        }
        for looping in self.begun() {
            let paths = |how| {
                let paths = self.paths(looping, What::Left(how)).into_iter();
                paths.map(move |step| LeftStanding { step, how })
            };
            let paths = paths(Left::Certain).chain(paths(Left::Perhaps)).collect();
            replace::<M, _>(&mut all, looping.step, paths, |left| &left.step);
        }
        all
    }

    /// What a parked saga has that somebody must look after.
    pub(crate) fn unsettled(&self, slots: &M::Slots) -> Unsettled {
        let own = self.own_unsettled();
        if !M::NESTS {
            return own;
        }
        let way = (M::DEFINITION, self.kernel.direction());
        Unsettled::with_children(&own, way, &|step| boxed(M::child(slots, step)))
    }

    fn own_unsettled(&self) -> Unsettled {
        let mut all = Unsettled::of(M::DEFINITION, &self.kernel);
        for looping in self.begun() {
            let paths = |what| self.paths(looping, what);
            let mut standing = paths(What::Standing);
            standing.extend(paths(What::Left(Left::Certain)));
            let any_stands = !standing.is_empty();
            replace::<M, _>(&mut all.standing, looping.step, standing, |path| path);
            let mut in_doubt = paths(What::InDoubt);
            in_doubt.extend(paths(What::Left(Left::Perhaps)));
            let any_listed = any_stands || !in_doubt.is_empty();
            replace::<M, _>(&mut all.in_doubt, looping.step, in_doubt, |path| path);
            let unfinished = paths(What::Unfinished);
            // It is never listed itself beside what is in it.
            if !unfinished.is_empty() || any_listed {
                replace::<M, _>(&mut all.unfinished, looping.step, unfinished, |path| path);
            }
        }
        all
    }

    fn begun(&self) -> impl Iterator<Item = &Looping> {
        let loops = self.aside.iter().flat_map(|aside| &aside.loops);
        loops.filter(|looping| !looping.state.kernels.is_empty())
    }

    fn paths(&self, looping: &Looping, what: What) -> Vec<Text> {
        let name = &M::DEFINITION.steps[usize::from(looping.step)].name;
        let back = self.kernel.direction() == Direction::Back;
        // Those behind the last item may have left something in an earlier round.
        let count = match what {
            What::Left(_) => looping.state.kernels.len(),
            What::Standing | What::InDoubt | What::Unfinished => looping.state.count,
        };
        let items = looping.state.kernels[..count].iter().enumerate();
        let items = items.filter(|(_, kernel)| is_so(kernel, back, what));
        items
            .map(|(index, _)| format!("{name}[{index}]").into())
            .collect()
    }
}

fn is_so(kernel: &ItemKernel, back: bool, what: What) -> bool {
    let mut kernel = kernel.clone();
    if back && kernel.direction() == Direction::Forward {
        // The way back has passed it, since nothing undoes it.
        let recalled = kernel.apply(Event::Recalled);
        debug_assert!(recalled.is_ok(), "an item can be called back");
    }
    let is_item = |step| step == Items::STEP;
    match what {
        What::Left(how) => kernel
            .left()
            .any(|(step, left)| is_item(step) && left == how),
        What::Standing => kernel.standing().any(is_item),
        What::InDoubt => kernel.in_doubt().any(is_item),
        What::Unfinished => kernel.unfinished().any(is_item),
    }
}

/// Puts the paths of the items of a loop in its place in a list in order of declaration.
fn replace<M: Machine, T>(list: &mut Vec<T>, step: u16, items: Vec<T>, path: impl Fn(&T) -> &Text) {
    let steps = &M::DEFINITION.steps;
    let place = |entry: &T| {
        let first = first(path(entry));
        steps.iter().position(|step| *step.name == *first)
    };
    let at = Some(usize::from(step));
    list.retain(|entry| place(entry) != at);
    let behind = list.iter().position(|entry| place(entry) > at);
    let behind = behind.unwrap_or(list.len());
    list.splice(behind..behind, items);
}
