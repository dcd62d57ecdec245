//! A rerun repeats what was undone: which ones are refused, since something remains, or may.

use std::rc::Rc;

use super::{One, Phase, Run};
use crate::reference::step::Step;

impl<'a> Run<'a> {
    /// Whether something keeps the saga from turning here.
    pub(super) fn forbids(&self, from: usize) -> bool {
        (from..self.steps.len()).any(|s| self.remains(s))
    }

    /// Whether it is known already, on the way back, that something will.
    pub(super) fn forbids_for_good(&self, from: usize) -> bool {
        (from..self.steps.len()).any(|s| {
            // What cannot be undone may be undone before the saga is resumed.
            let is_open = self.declared(s).has_parts() || self.one(s).resists();
            !is_open && self.remains(s)
        })
    }

    /// Whether the saga that the step is must not begin another time.
    pub(super) fn forbids_another(&self, s: usize) -> bool {
        self.steps[s].saga.is_some() && self.steps[s].each == 0 && self.remains(s)
    }

    fn remains(&self, s: usize) -> bool {
        self.is_stuck(s) || self.is_left(s)
    }

    fn inside(&self, s: usize) -> Option<Rc<Run<'a>>> {
        self.parts.borrow()[s].clone()
    }

    fn any_inside(&self, s: usize, is: impl Fn(&Run<'_>, usize) -> bool) -> bool {
        let inside = self.inside(s);
        inside.is_some_and(|inside| (0..inside.steps.len()).any(|s| is(&inside, s)))
    }

    /// Whether it could not be undone, or settled.
    fn is_stuck(&self, s: usize) -> bool {
        let covered = self.declared(s).with.is_some();
        !covered && self.one(s).resists() || self.any_inside(s, |inside, s| inside.is_stuck(s))
    }

    /// Whether it stays, or nothing settles it, and no word says that it is called again.
    fn is_left(&self, s: usize) -> bool {
        let (step, one) = (self.declared(s), self.one(s));
        if step.read || step.with.is_some() || step.anew {
            return false;
        }
        let stays = step.keep && (one.phase == Phase::Applied || one.doubt);
        stays
            || !step.has_parts() && one.perhaps
            || self.any_inside(s, |inside, s| inside.is_left(s))
    }

    /// Another run takes the place of the saga that the step is: what this one leaves is told by the name
    /// of the step.
    pub(super) fn put_aside(&self, s: usize) {
        let Some(inner) = self.parts.borrow_mut()[s].take() else {
            return;
        };
        let (certain, perhaps) = inner.leaves(self.declared(s).keep);
        self.change(s, |one| {
            one.left |= certain;
            one.perhaps |= perhaps;
        });
    }
}

impl One {
    /// What is told of a turn that went before.
    pub(super) fn turned(&self, step: &Step, decided: bool) -> Self {
        let (own, with) = (step.keep && !step.has_parts(), step.with.is_some());
        let happened = self.phase == Phase::Applied || self.half;
        Self {
            // A block that it turns back into was decided on.
            decided: self.decided && decided,
            round: self.round,
            next_round: self.next_round || self.started,
            left: self.left || own && happened,
            perhaps: !with && (self.perhaps || own && self.doubt),
            said: self.said,
            ..Self::default()
        }
    }
}
