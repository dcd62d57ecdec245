//! How often, and with what backoff, each call of a step is made, as declared or by default. The
//! kernel decides by it, and the analysis computes with it.

use std::time::Duration;

use crate::{
    definition::{Call, CallKind, Compensation, Definition, Step},
    order::Side,
    policy::{ATTEMPTS, Backoff, Limit, Retry},
};

/// The number of panics of an action after the pivot after which it is not tried again.
pub const PANICS: u8 = 3;

/// The number of losses in a row after which a call is not made again: by then the crashes are not
/// a coincidence.
pub const CRASH_LOOP: u8 = 10;

static PATIENT: Backoff = Backoff::between(Duration::from_millis(50), Duration::from_secs(300));
static MUST_SUCCEED: Backoff = Backoff::between(Duration::from_millis(200), Duration::from_secs(5));
static PATIENT_MUST_SUCCEED: Backoff =
    Backoff::between(Duration::from_millis(200), Duration::from_secs(300));

impl Definition {
    /// How often the action may be attempted, apart from repetitions that settle doubt; `durable`:
    /// in a run whose journal survives the process.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    #[inline]
    pub fn attempts_allowed(&self, step: u16, durable: bool) -> Limit {
        match &self.steps[usize::from(step)].retry {
            Some(retry) => retry.limit,
            None if self.side(step) == Side::AfterPivot => {
                self.policy(step, CallKind::Action, durable).0
            }
            None => Limit::Times(1),
        }
    }

    /// How often, and with what backoff, this call of the step is made.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    #[inline]
    pub fn policy(&self, step: u16, call: CallKind, durable: bool) -> (Limit, &Backoff) {
        let declared = &self.steps[usize::from(step)];
        let own = match call {
            CallKind::When | CallKind::Action => declared.retry.as_ref(),
            CallKind::Resolve => declared
                .resolve
                .as_ref()
                .and_then(|call| call.retry.as_ref()),
            CallKind::Compensate => declared.undoing().and_then(|call| call.retry.as_ref()),
            CallKind::Fallback => return (Limit::Times(1), &Backoff::DEFAULT),
        };
        match own {
            Some(Retry { limit, backoff, .. }) => (*limit, backoff.get()),
            None => self.default_policy(step, call, durable),
        }
    }

    fn default_policy(
        &self,
        step: u16,
        call: CallKind,
        durable: bool,
    ) -> (Limit, &'static Backoff) {
        let declared = &self.steps[usize::from(step)];
        let must_succeed = call == CallKind::Action && self.side(step) == Side::AfterPivot;
        let passed = declared.compensation.is_passed();
        let other_way = declared.idempotent || declared.is_by_key() || passed;
        let patient = durable
            && match call {
                CallKind::When | CallKind::Action => must_succeed,
                CallKind::Resolve => !other_way,
                CallKind::Compensate => true,
                CallKind::Fallback => false,
            };
        let backoff = match (must_succeed, patient) {
            (false, false) => &Backoff::DEFAULT,
            (false, true) => &PATIENT,
            (true, false) => &MUST_SUCCEED,
            (true, true) => &PATIENT_MUST_SUCCEED,
        };
        let limit = if patient {
            Limit::Forever
        } else {
            Limit::Times(ATTEMPTS)
        };
        (limit, backoff)
    }
}

impl Step {
    /// The call that undoes the step: its declared compensation, or the rollback of its child saga.
    #[must_use]
    #[inline]
    pub fn undoing(&self) -> Option<&Call> {
        match &self.compensation {
            Compensation::Declared { call, .. } => Some(call),
            // The child itself declares how often it tries to undo something.
            Compensation::Absent if self.saga().is_some() => Some(&Call::ONCE),
            Compensation::Absent | Compensation::None { .. } | Compensation::With(_) => None,
        }
    }

    /// Whether the step's compensation settles doubt.
    #[must_use]
    #[inline]
    pub const fn is_by_key(&self) -> bool {
        matches!(
            self.compensation,
            Compensation::Declared { by_key: true, .. }
        )
    }

    /// Whether a rollback may leave the step's effect in place.
    #[must_use]
    #[inline]
    pub const fn may_stay(&self) -> bool {
        matches!(self.compensation, Compensation::None { .. })
    }

    /// Whether the step declares a way to settle its doubt.
    #[must_use]
    #[inline]
    pub const fn can_be_settled(&self) -> bool {
        self.resolve.is_some() || self.idempotent || self.is_by_key()
    }
}
