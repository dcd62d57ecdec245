//! What may have happened does not happen again without a word: which reruns are refused, since
//! something that may stay is there, or may be.

use std::rc::Rc;

use super::{One, Phase, Run};
use crate::reference::step::Step;

/// How something begins again.
#[derive(Clone, Copy, PartialEq)]
enum How {
    /// Where it was, with all that is known of it.
    Here,
    /// The same, but what it reads is not what it was.
    Changed,
    /// As another saga.
    Anew,
    /// As an item of another list.
    Listed,
}

impl Run<'_> {
    /// Whether something keeps the saga from turning here.
    pub(super) fn forbids(&self, from: usize) -> bool {
        (from..self.steps.len()).any(|s| self.forbids_turn(s, from))
    }

    fn forbids_turn(&self, s: usize, from: usize) -> bool {
        let (step, one) = (self.declared(s), self.one(s));
        if one.is_kept(step) && one.called_as.is_none() {
            return false;
        }
        let reads = || step.on.iter().all(|on| self.is_retained(*on, from));
        let how = if step.each > 0 && !self.keeps_list(s, from) {
            How::Listed
        } else if step.saga.is_none() && !reads() {
            How::Changed
        } else {
            How::Here
        };
        self.forbids_step(s, how)
    }

    /// Whether it is known already, on the way back, that something will.
    pub(super) fn forbids_for_good(&self, from: usize) -> bool {
        (from..self.steps.len()).any(|s| {
            let step = self.declared(s);
            let settles = self.one(s).doubt && step.anew && self.may_turn_later(s);
            // What cannot be undone may be undone before the saga is resumed.
            let is_open = settles || step.has_parts() || self.one(s).resists();
            !is_open && self.forbids_turn(s, from)
        })
    }

    /// Whether the saga that the step is must not begin another time.
    pub(super) fn forbids_another(&self, s: usize) -> bool {
        self.steps[s].saga.is_some() && self.steps[s].each == 0 && self.sagas_forbid(s, How::Anew)
    }

    fn forbids_step(&self, s: usize, how: How) -> bool {
        let (step, one) = (self.declared(s), self.one(s));
        let remains = one.doubt || one.perhaps || one.left || one.rounds > 0;
        let remains = remains || one.phase == Phase::Applied || one.resists();
        if one.called_as.is_some() && remains {
            return true;
        }
        let here = matches!(how, How::Here | How::Changed);
        if step.read || here && one.is_kept(step) {
            return false;
        }
        if step.each > 0 {
            let looped = self.parts.borrow()[s].clone();
            return looped.is_some_and(|looped| looped.any_forbids(how));
        }
        if step.saga.is_some() {
            let how = if here { How::Anew } else { how };
            return step.keep && !step.anew && remains || self.sagas_forbid(s, how);
        }
        let doubt = one.doubt || one.perhaps;
        let there = one.left || one.phase == Phase::Applied || one.resists();
        if !step.keep {
            (one.perhaps || one.resists()) && step.with.is_none()
        } else if step.anew {
            doubt
        } else {
            let asks = step.ask > 0 && !one.half && here;
            let checked = !step.once && step.ask == 0;
            let other = how == How::Listed || how == How::Changed && !checked;
            let is_called = !other && step.same || asks;
            (doubt || there) && !is_called
        }
    }

    fn any_forbids(&self, how: How) -> bool {
        (0..self.steps.len()).any(|s| self.forbids_step(s, how))
    }

    fn sagas_forbid(&self, s: usize, how: How) -> bool {
        let (now, past) = (self.parts.borrow()[s].clone(), self.past.borrow());
        let past = past.iter().filter(|(of, _)| *of == s);
        let past = past.map(|(_, saga)| Rc::clone(saga));
        now.into_iter()
            .chain(past)
            .any(|saga| saga.any_forbids(how))
    }

    /// Whether a turn to `from` leaves the list of items as it is.
    pub(super) fn keeps_list(&self, s: usize, from: usize) -> bool {
        self.steps[s]
            .from
            .is_none_or(|made_of| self.is_retained(made_of, from))
    }

    fn is_retained(&self, s: usize, from: usize) -> bool {
        let step = self.declared(s);
        let reads_the_same = || step.on.iter().all(|on| self.is_retained(*on, from));
        let is_called = step.keep && !step.anew && step.same;
        s < from || step.once || is_called && reads_the_same()
    }

    pub(super) fn is_kept(&self, s: usize) -> bool {
        self.one(s).is_kept(self.declared(s))
    }
}

impl One {
    /// Whether a rerun keeps it as it is.
    pub(super) fn is_kept(&self, step: &Step) -> bool {
        step.once && self.phase == Phase::Applied
    }
}
