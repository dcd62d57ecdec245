//! What the ends of the parts of a run mean for the run.

use crate::{
    history::RunHistory,
    kernel::{CallChange, Event, Illegal, PartEnd, PartFailed},
    values::node::Node,
};

impl<T: Copy> RunHistory<T> {
    /// Before an event: if it ends a call of a child saga or a loop, notes what remains of that, and
    /// whether it is aborted.
    pub(in crate::history) fn note_parts(&mut self, event: Event) {
        let ends = !matches!(event.call(), CallChange::None | CallChange::Starts(_));
        if let Some(step) = event.step().filter(|_| ends) {
            self.note_part(step);
        }
    }

    /// Notes what remains of the child saga or the loop at `step`, and whether it is aborted.
    pub(in crate::history) fn note_part(&mut self, step: u16) {
        let child = self
            .nested(Node::child(step))
            .map(|child| child.run.kernel.as_part());
        let items = self.looped(step).map(|looped| {
            let items = looped.items.iter().map(|item| item.kernel.as_part());
            items.fold(PartEnd::default(), PartEnd::and)
        });
        if let Some(end) = child.or(items) {
            self.kernel.note_part(step, end);
        }
    }

    /// Before an event: if it says that a part has failed for good, notes whether the part is aborted.
    ///
    /// # Errors
    /// If the part has not failed in this way.
    pub(in crate::history) fn note_failed(&mut self, event: Event) -> Result<(), Illegal> {
        let Event::Failing { step, refused } = event else {
            return Ok(());
        };
        let part = self.part_failed(step);
        let part = part.filter(|part| part.refused == refused);
        if part.ok_or(Illegal { event })?.aborted {
            self.kernel.note_aborted_part(step);
        }
        Ok(())
    }

    /// If the step's child saga or loop has failed for good: how.
    fn part_failed(&self, step: u16) -> Option<PartFailed> {
        if let Some(looped) = self.looped(step) {
            return looped.kernel.failed().map(PartFailed::of_items);
        }
        self.nested(Node::child(step))?.run.kernel.as_failed()
    }
}
