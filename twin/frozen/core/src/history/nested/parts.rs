//! What remains of the parts of a run, and forbids that they begin again.

use crate::{
    history::RunHistory,
    kernel::{CallChange, Event, Forbids},
    values::node::Node,
};

impl<T: Copy> RunHistory<T> {
    /// If the event ends a call of a child saga or a loop, notes what remains of it.
    pub(in crate::history) fn note_parts(&mut self, event: Event) {
        let ends = !matches!(event.call(), CallChange::None | CallChange::Starts(_));
        if let Some(step) = event.step().filter(|_| ends) {
            self.note_part(step);
        }
    }

    /// Notes what remains of the child saga or the loop at `step`.
    pub(in crate::history) fn note_part(&mut self, step: u16) {
        let child = self
            .nested(Node::child(step))
            .map(|child| child.run.kernel.forbids().of_child());
        let items = self.looped(step).map(|looped| {
            let items = looped.items.iter().map(|item| item.kernel.forbids());
            items.fold(Forbids::default(), Forbids::and)
        });
        if let Some(forbids) = child.or(items) {
            self.kernel.set_forbids(step, forbids);
        }
    }
}
