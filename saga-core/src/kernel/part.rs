//! The runs that are part of another: the initial kernel of a child saga, or of an item of a loop, and
//! what the run around it has to know when a call of the part ends.

use super::{
    api::Kernel, command::End, event::Event, follows::Follows, phase::Left, remnant::Part,
    view::View,
};
use crate::definition::DefinitionRef;

/// What a run passes to the runs that are part of it.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    /// The definition of the run, which contains those of its parts.
    definition: DefinitionRef,
    durable: bool,
}

impl View<'_> {
    /// What remains of this step, for the run around this one.
    fn as_part(self, step: u16) -> Part {
        let (aftermath, part) = (self.aftermath(), self.state(step).part);
        let declared = self.step(step);
        let passed = aftermath.is_left(step);
        let gone = self.is_undone_with_another(step);
        let (left, stands, doubt) = if declared.is_nested() {
            let stays = !passed && !gone;
            let left = aftermath.left_of(step).or(part.left(passed));
            (
                left,
                stays && part.has(Part::STANDS),
                stays && part.has(Part::DOUBT),
            )
        } else {
            (
                aftermath.left_of(step),
                aftermath.stands(step),
                aftermath.is_in_doubt(step),
            )
        };
        Part::RESISTS
            .when(self.resists(step))
            .and(Part::LEAVES.when(self.stays(step)))
            .and(Part::CERTAIN.when(left == Some(Left::Certain)))
            .and(Part::PERHAPS.when(left == Some(Left::Perhaps)))
            .and(Part::STANDS.when(stands))
            .and(Part::DOUBT.when(doubt))
    }
}

/// What the end of a call of a child saga, or of a loop's items, means for the run around it, besides
/// the event of the step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PartEnd {
    left: Part,
    /// An error has aborted it.
    aborted: bool,
}

impl PartEnd {
    /// Of several items.
    #[must_use]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self {
            left: self.left.and(other.left),
            aborted: self.aborted || other.aborted,
        }
    }
}

/// How a part of a run has failed for good: the run around it may roll back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartFailed {
    /// A service refused.
    pub(crate) refused: bool,
    /// An error has aborted it.
    pub(crate) aborted: bool,
}

impl PartFailed {
    /// Of a loop, which is attempted once: whether an error aborts it does not matter before it ends.
    pub(crate) const fn of_items(refused: bool) -> Self {
        Self {
            refused,
            aborted: false,
        }
    }
}

impl Kernel {
    pub(crate) fn parts(&self) -> Parts {
        Parts {
            definition: self.definition().clone(),
            durable: self.is_durable(),
        }
    }

    /// Resumes the run if it is parked. Returns whether it was.
    pub(crate) fn take_up(&mut self) -> bool {
        let parked = self.end() == Some(End::Parked);
        if parked {
            let resumed = self.apply(Event::Resumed);
            debug_assert!(resumed.is_ok(), "a parked run can be resumed");
        }
        parked
    }

    /// Makes the run roll back because the run around it does, unless it already does so.
    pub(crate) fn recall(&mut self) {
        if !self.is_recalled() {
            let recalled = self.apply(Event::Recalled);
            debug_assert!(recalled.is_ok(), "a part of a run can be rolled back");
        }
    }

    /// What the run around this one, which is a part of it, has to know now.
    pub(crate) fn as_part(&self) -> PartEnd {
        let view = self.view();
        let steps = view.steps().map(|step| view.as_part(step));
        PartEnd {
            left: steps.fold(Part::NONE, Part::and),
            aborted: self.aborted(),
        }
    }

    /// If the saga, which is a child, has failed for its parent: how.
    pub(crate) fn as_failed(&self) -> Option<PartFailed> {
        self.has_failed_for_good().then(|| PartFailed {
            refused: self.is_refused(),
            aborted: self.aborted(),
        })
    }

    /// Before the event that ends a call of the child saga or the loop at `step`. Not an event: it
    /// follows from the events of the parts.
    pub(crate) fn note_part(&mut self, step: u16, end: PartEnd) {
        if end.aborted {
            self.note_aborted_part(step);
        }
        self.states[usize::from(step)].part = end.left;
        self.due = self.view().due();
    }

    /// A part of the step is aborted: so the step aborts this saga, too.
    pub(crate) fn note_aborted_part(&mut self, step: u16) {
        self.states[usize::from(step)].follows = Follows::Abort;
    }
}

impl Parts {
    /// Creates the kernel of the step's child saga, or of an item of the step's loop, advanced to
    /// where the item begins. Returns `None` if the step is neither.
    pub(crate) fn kernel(&self, step: u16) -> Option<Kernel> {
        let declared = &self.definition.steps[usize::from(step)];
        let child = declared.child.as_ref().map(|child| &child.definition);
        let each = declared.items.as_ref().map(|items| &items.each);
        let definition = each.or(child)?;
        let kernel = Kernel::new(definition.clone(), self.durable);
        Some(match each {
            Some(_) => kernel.into_item(),
            None => kernel,
        })
    }
}
