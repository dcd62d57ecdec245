//! How the kernel hears of an event: by the fast paths, or else by the general rules.

use super::{
    api::Kernel,
    event::{Event, Illegal},
    fast_path::FastPath,
    state::{SagaState, StepState},
    transition::Transition,
    view::View,
};

impl<S: AsRef<[StepState]> + AsMut<[StepState]>> Kernel<S> {
    /// Takes an event into account.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if the event does not fit the state; nothing has changed then.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which event it is, so one compare is left of it"
    )]
    pub fn apply(&mut self, event: Event) -> Result<(), Illegal> {
        if self.apply_fast(event) {
            return Ok(());
        }
        self.apply_general(event)
    }

    /// The same where the caller does not know which event it is: one function for all sagas.
    ///
    /// # Errors
    ///
    /// [`Illegal`] if the event does not fit the state; nothing has changed then.
    pub fn apply_any(&mut self, event: Event) -> Result<(), Illegal> {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        apply_any(saga, states, &mut self.fast, event)
    }

    /// Takes an event into account that is [as usual](FastPath), and says whether it was one: no step
    /// comes into doubt by it or out of it, none is stuck, and nothing is aborted.
    pub(crate) fn apply_usual(&mut self, event: Event) -> bool {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        apply_usual(saga, states, &mut self.fast, event)
    }

    /// The same by the general rules alone.
    pub(super) fn apply_general(&mut self, event: Event) -> Result<(), Illegal> {
        let (saga, states) = (&mut self.saga, self.states.as_mut());
        apply_general(saga, states, &mut self.fast, event)
    }

    /// Takes an event into account that is as usual, and says whether it was one.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "the caller knows which event it is, so one compare is left of it"
    )]
    pub(super) fn apply_fast(&mut self, event: Event) -> bool {
        self.fast.apply(&mut self.saga, self.states.as_mut(), event)
    }
}

fn apply_usual(
    saga: &mut SagaState,
    states: &mut [StepState],
    fast: &mut FastPath,
    event: Event,
) -> bool {
    fast.apply(saga, states, event)
}

fn apply_any(
    saga: &mut SagaState,
    states: &mut [StepState],
    fast: &mut FastPath,
    event: Event,
) -> Result<(), Illegal> {
    if apply_usual(saga, states, fast, event) {
        return Ok(());
    }
    apply_general(saga, states, fast, event)
}

#[cold]
fn apply_general(
    saga: &mut SagaState,
    states: &mut [StepState],
    fast: &mut FastPath,
    event: Event,
) -> Result<(), Illegal> {
    Transition { saga, states }.apply(event)?;
    *fast = FastPath::of(View { saga, states });
    Ok(())
}
