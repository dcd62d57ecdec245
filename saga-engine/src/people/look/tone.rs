//! The tone in which a state or a record is shown: how alarming it is.

use crate::store::State;
pub use typed_saga_core::definition::Tone;

/// All states, in the order in which they are shown: those that need an operator first.
pub const STATES: [State; 7] = [
    State::Damaged,
    State::Parked,
    State::Running,
    State::Waiting,
    State::Abandoned,
    State::Compensated,
    State::Completed,
];

/// The tone of a state.
#[must_use]
pub fn tone_of(state: State) -> Tone {
    match state {
        State::Running => Tone::Moves,
        State::Waiting => Tone::Waits,
        State::Completed => Tone::Good,
        State::Compensated => Tone::Undone,
        State::Parked => Tone::Bad,
        State::Abandoned => Tone::Faint,
        State::Damaged => Tone::Unknown,
    }
}
