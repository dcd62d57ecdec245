//! The schedules of two sagas, those with the fewest switches first.
//!
//! Iterative context bounding: M. Musuvathi and S. Qadeer, "Iterative Context Bounding for
//! Systematic Testing of Multithreaded Programs", PLDI 2007. A run follows a list of turns, then
//! stays with the current saga. Each later choice between both sagas leads to one more list, so
//! that each schedule is played once.
//!
//! Schedules are counted, not pruned: a service is opaque, so the testing kit cannot know that two
//! calls commute, and a snapshot may leave out what tells. So all schedules with few switches are
//! played, and the report says how far that came.

use super::{
    gate::Side,
    pair::Choice,
    schedule::{Refusal, Schedule},
};
use std::collections::VecDeque;

/// The schedules with one refusal, or without any.
pub(super) struct Search {
    pub(super) refusal: Option<Refusal>,
    /// The lists of turns that are to be played, by their number of switches.
    levels: Vec<VecDeque<Vec<Side>>>,
}

impl Search {
    pub(super) fn of(refusal: Option<Refusal>) -> Self {
        let all = VecDeque::from([Vec::new()]);
        let levels = vec![all];
        Self { refusal, levels }
    }

    /// The next schedule with at most this many switches.
    pub(super) fn next(&mut self, switches: usize) -> Option<Schedule> {
        let mut levels = self.levels.iter_mut().take(switches + 1);
        let turns = levels.find_map(VecDeque::pop_front)?;
        let refusal = self.refusal;
        Some(Schedule { turns, refusal })
    }

    /// Whether a schedule with at most this many switches has not been played.
    pub(super) fn is_due(&self, switches: usize) -> bool {
        self.complete().is_some_and(|complete| complete <= switches)
    }

    /// The number of switches below which all schedules were played; `None` if all were.
    pub(super) fn complete(&self) -> Option<usize> {
        self.levels.iter().position(|level| !level.is_empty())
    }

    /// Notes that a schedule was played with these choices.
    pub(super) fn played(&mut self, schedule: &Schedule, choices: &[Choice]) {
        let mut switches = 0;
        for (at, choice) in choices.iter().enumerate() {
            if at >= schedule.turns.len() && choice.is_free {
                let before = choices[..at].iter().map(|choice| choice.side);
                let turns = before.chain([choice.side.other()]).collect();
                // It is a switch, because the saga that is interrupted has a call to make.
                let switch = at.checked_sub(1).map(|last| choices[last].side) == Some(choice.side);
                let level = switches + usize::from(switch);
                if self.levels.len() <= level {
                    self.levels.resize_with(level + 1, VecDeque::new);
                }
                self.levels[level].push_back(turns);
            }
            switches += usize::from(choice.is_switch);
        }
    }
}
