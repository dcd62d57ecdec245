//! The policies of calls: those that they declare themselves, or else those of their step or saga.

use typed_saga_definition::{ATTEMPTS, Kind};

use super::{Clause, Limit, Retry, Saga, Step, Timing, WaitEnd};

impl Saga {
    /// The `#[retry]` of an action: the step's, or else the saga's. After the pivot (`is_behind`)
    /// nothing is undone, so the saga's `#[retry]` never reduces the number of attempts there: on an
    /// engine it is unlimited.
    pub(crate) fn action_retry<'s>(&'s self, step: &'s Step, is_behind: bool) -> Option<&'s Retry> {
        let default = self.attrs.retry.as_ref().filter(|retry| {
            step.kind.acts()
                && match retry.limit {
                    _ if !is_behind => true,
                    Limit::Forever => true,
                    Limit::Times(times) => self.durable.is_none() && times > ATTEMPTS,
                }
        });
        step.attrs.retry.as_ref().or(default)
    }

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
