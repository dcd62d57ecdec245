//! The policies of calls: those that they declare themselves, or else those of their step or saga.

use saga_definition::Kind;

use super::{Clause, Saga, Step, Timing, WaitEnd};

impl Saga {
    /// The limit of an action's attempt: its own, or the saga's.
    pub(crate) fn action_timeout<'s>(&'s self, step: &'s Step) -> Option<&'s Timing> {
        if let Some(wait) = &step.attrs.wait {
            return match &wait.end {
                WaitEnd::Timing(timing) => Some(timing),
                WaitEnd::Never | WaitEnd::Expr(_) => None,
            };
        }
        let own = step.attrs.timeout.as_ref();
        // A child saga has limits of its own.
        let default = self.attrs.timeout.as_ref();
        own.or(default.filter(|_| step.child().is_none()))
    }

    /// The limit of a clause's attempt: its own, or the saga's. In a durable saga the limit of the
    /// step comes before that of the saga, so that no call of the step can hang forever.
    pub(crate) fn clause_timeout<'s>(
        &'s self,
        step: &'s Step,
        clause: &'s Clause,
    ) -> Option<&'s Timing> {
        let of_step = step.attrs.timeout.as_ref();
        let of_step = of_step.filter(|_| self.durable.is_some());
        let own = clause.attrs.timeout.as_ref().or(of_step);
        own.or(self.attrs.timeout.as_ref())
    }

    /// The limit of one attempt to deliver an event.
    pub(crate) fn publish_timeout<'s>(&'s self, publish: &'s Clause) -> Option<&'s Timing> {
        let own = publish.attrs.timeout.as_ref();
        own.or(self.attrs.timeout.as_ref())
    }

    /// How long a request may still arrive after its attempt has ended; a `read` has no such limit.
    pub(crate) fn late<'s>(&'s self, step: &'s Step) -> Option<&'s Timing> {
        match step.kind {
            Kind::Read | Kind::Signal | Kind::Sleep | Kind::Lock => None,
            Kind::Step | Kind::Pivot => step.attrs.late.as_ref().or(self.attrs.late.as_ref()),
        }
    }
}
