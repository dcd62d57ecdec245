//! The code that drives runs, in the crate of their journal.
//!
//! The body of a generic `async fn` is compiled into the crate that names its types, and again for
//! each of them. So the sagas of a program reach it through a function of their journal that is not
//! generic, and returns a boxed future: it is compiled once, with the journal.
//! Compiled for each saga, this code was half of what a saga adds to a program.

use super::{
    drive::drive,
    looped::driven::DrivenItems,
    object::{Boxed, Object},
    run_state::RunState,
};
use crate::{
    calls::{
        journal::{Journal, Volatile},
        loops::LoopReport,
        perform::Scope,
    },
    kernel::{Command, End},
    report::{at_hand::AtHand, progress::StepProgress},
};
use std::mem;

/// A journal with the code that drives the runs that it records.
pub trait Drives: Journal + Sized {
    /// Boxes [`Driven::run`]. Not to be inlined.
    fn drive(run: Driven<'_, Self>) -> Boxed<'_, End>;

    /// Boxes [`DrivenItems::run`]. Not to be inlined.
    fn drive_items<'a: 'm, 'm>(items: DrivenItems<'a, 'm, Self>) -> Boxed<'m, Box<LoopReport>>;
}

/// A run that is to be driven to its end.
pub struct Driven<'a, J> {
    pub(crate) object: &'a mut dyn Object<J>,
    pub(crate) run: &'a mut RunState,
    pub(crate) scope: &'a Scope<'a, J>,
    pub(crate) begin: Begin,
}

/// Where a run begins.
pub(crate) enum Begin {
    /// At the first step, or where the kernel is.
    Here,
    /// Within a step, of which this is known.
    Within(StepProgress),
    /// Where its records end.
    Recorded(AtHand),
}

impl AtHand {
    /// Where a run begins that continues with this. Nothing remains at hand.
    #[inline(never)]
    pub(crate) fn take(&mut self) -> Begin {
        Begin::Recorded(mem::take(self))
    }
}

impl<J: Journal> Driven<'_, J> {
    /// Runs the saga from its current state to its end.
    pub async fn run(self) -> End {
        let Self {
            object,
            run,
            scope,
            begin,
        } = self;
        let mut progress = match begin {
            Begin::Here => StepProgress::of(0),
            Begin::Within(progress) => progress,
            Begin::Recorded(at_hand) => run.go_on(scope, at_hand),
        };
        loop {
            if scope.place.is_some() {
                run.tell_why(scope);
            }
            let end = drive(object, run, scope, progress).await;
            // A child saga that has parked while its parent began to roll back rolls back, too.
            if end != End::Parked || run.misses_recall(scope).is_none() {
                return end;
            }
            progress = StepProgress::of(0);
        }
    }
}

impl RunState {
    /// Continues where the records end. Returns the progress of the current step.
    fn go_on<J: Journal>(&mut self, scope: &Scope<'_, J>, mut at_hand: AtHand) -> StepProgress {
        // Derived from the parent's records.
        if let Some(way) = self.misses_recall(scope) {
            self.recall(way.why());
        }
        self.lose(scope, &mut at_hand);
        self.aside.get_or_insert_default().siblings = at_hand.lanes;
        // A child saga has no locks.
        if let Command::Acquire { step } = self.kernel.next() {
            self.in_line(step);
        }
        at_hand.progress
    }

    /// Calls that are recorded as started, but not as ended, are lost with the process that made
    /// them. So is an effect that could not be recorded, if the rollback would need it.
    fn lose<J: Journal>(&mut self, scope: &Scope<'_, J>, at_hand: &mut AtHand) {
        while let Some((step, call)) = self.kernel.lost_with_process() {
            let progress = at_hand.select(&mut self.failures, &self.kernel, step);
            self.lost(scope, progress, call);
        }
    }
}

impl Drives for Volatile {
    #[inline(never)]
    fn drive(run: Driven<'_, Self>) -> Boxed<'_, End> {
        Box::pin(run.run())
    }

    #[inline(never)]
    fn drive_items<'a: 'm, 'm>(items: DrivenItems<'a, 'm, Self>) -> Boxed<'m, Box<LoopReport>> {
        Box::pin(items.run())
    }
}
