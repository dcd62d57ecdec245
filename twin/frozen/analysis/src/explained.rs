//! The parts of a time: the reasons why it has no bound, and the step that contributes most.

use std::{mem, time::Duration};

use crate::{
    Analysis, Time,
    bound::{Bound, Endless},
    course::{Course, Walk},
    times::Times,
};

impl Analysis<'_> {
    /// The time of a course, and the reasons why it has no bound.
    pub(crate) fn time(&self, course: Course, times: &[Times]) -> Time {
        let mut walk = Walk::new(self, course, times.to_vec());
        let bound = walk.run();
        let endless = walk.endless(bound).into_iter();
        Time {
            within: bound.within(),
            unbounded: endless.flat_map(|it| self.unbounded(it)).collect(),
            most: None,
        }
    }

    /// The step without which the time would be shortest, and by how much.
    pub(crate) fn most(&self, course: Course, times: &[Times]) -> Option<(u16, Duration)> {
        let mut walk = Walk::new(self, course, times.to_vec());
        let all = walk.run().within()?;
        walk.most(all)
    }
}

impl Walk<'_> {
    /// `None` if the time is as long without any single step, as with two siblings that take
    /// equally long.
    fn most(&mut self, all: Duration) -> Option<(u16, Duration)> {
        let mut most: Option<(u16, Duration)> = None;
        for step in self.analysis.steps() {
            let so_far = most.map_or(Bound::ZERO, |(_, less)| Bound::Within(less));
            if self.share(step) <= so_far {
                continue;
            }
            let left_out = mem::replace(self.at(step), Times::NONE);
            let less = all.saturating_sub(self.run().within()?);
            *self.at(step) = left_out;
            if Bound::Within(less) > so_far {
                most = Some((step, less));
            }
        }
        most
    }

    /// Finds all reasons: sets each time that has no bound to zero, until the rest has a bound.
    fn endless(&mut self, all: Bound) -> Vec<Endless> {
        let (mut found, mut rest) = (Vec::new(), all);
        while let Bound::Endless(endless) = rest {
            found.push(endless);
            let times = self.at(endless.step).all();
            let mut same = times.filter(|time| **time == rest).peekable();
            // The waits before a rerun are not part of the time of a step.
            if same.peek().is_none() {
                break;
            }
            same.for_each(|time| *time = Bound::ZERO);
            rest = self.run();
        }
        found
    }
}
