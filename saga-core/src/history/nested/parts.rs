//! What the ends of the parts of a run mean for the run.

use crate::{
    history::RunHistory,
    kernel::{CallChange, Event, PartEnd},
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
            .map(|child| child.run.kernel.as_part().of_child());
        let items = self.looped(step).map(|looped| {
            let items = looped.items.iter().map(|item| item.kernel.as_part());
            items.fold(PartEnd::default(), PartEnd::and)
        });
        if let Some(end) = child.or(items) {
            self.kernel.note_part(step, end);
        }
    }
}
