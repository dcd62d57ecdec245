//! The progress of the current steps of a run that no lane has: in the fold of its records, and in a
//! run that is restored from them.

use crate::{
    kernel::{Command, Kernel},
    report::{failures::Failures, progress::StepProgress, raised::Raised},
    values::{cause::Cause, written::Written},
};
use std::{convert, mem};
use tokio::time::Instant;

pub(crate) struct AtHand<E = Raised, T = Instant> {
    /// That of the current step, outside of blocks.
    pub(crate) progress: StepProgress<E, T>,
    /// That of the steps of the current block. The step that was selected last comes last.
    pub(crate) lanes: Vec<StepProgress<E, T>>,
}

impl<E, T> Default for AtHand<E, T> {
    fn default() -> Self {
        Self {
            progress: StepProgress::of(0),
            lanes: Vec::new(),
        }
    }
}

impl<T: Clone> Clone for AtHand<Written, T> {
    fn clone(&self) -> Self {
        self.map_ref(convert::identity, Written::copied)
    }
}

impl<E, T> AtHand<E, T> {
    /// Makes the step's progress the current one, and returns it.
    pub(crate) fn select(
        &mut self,
        failures: &mut Failures<E>,
        kernel: &Kernel,
        step: u16,
    ) -> &mut StepProgress<E, T> {
        if !in_block(kernel) {
            failures.select_step(kernel.definition(), &mut self.progress, step);
            return &mut self.progress;
        }
        let known = self.lanes.iter().position(|lane| lane.step == step);
        let lane = known.map_or_else(|| StepProgress::of(step), |at| self.lanes.remove(at));
        self.lanes.push(lane);
        self.selected()
    }

    /// The progress of the step that was selected last.
    pub(crate) fn selected(&mut self) -> &mut StepProgress<E, T> {
        self.lanes.last_mut().unwrap_or(&mut self.progress)
    }

    /// Once a block has ended, reports the failures of its steps.
    pub(crate) fn leave_block(&mut self, failures: &mut Failures<E>, kernel: &Kernel) {
        if !self.lanes.is_empty() && !in_block(kernel) {
            self.lanes.sort_by_key(|lane| lane.step);
            for mut lane in mem::take(&mut self.lanes) {
                failures.flush(kernel.definition(), &mut lane);
            }
        }
    }

    /// Once the run has ended, reports the failures of its current step.
    pub(crate) fn leave_step(&mut self, failures: &mut Failures<E>, kernel: &Kernel) {
        failures.flush(kernel.definition(), &mut self.progress);
        self.progress.forget();
    }
}

impl<E, T: Clone> AtHand<E, T> {
    /// A copy on another clock, whose errors are made by `error`. Waits are omitted.
    pub(crate) fn map_ref<F, U>(
        &self,
        moment: impl Fn(T) -> U,
        error: impl Fn(&E) -> Cause<F>,
    ) -> AtHand<F, U> {
        let copy = |progress: &StepProgress<E, T>| progress.map_ref(&moment, &error);
        AtHand {
            progress: copy(&self.progress),
            lanes: self.lanes.iter().map(copy).collect(),
        }
    }
}

fn in_block(kernel: &Kernel) -> bool {
    matches!(kernel.next(), Command::Group { .. })
}
