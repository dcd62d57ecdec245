//! Checks whether a saga would accept a signal in its current state.

use super::{outlook::Heard, refused::Refused};
use crate::journal::{fold::Folded, spot::Spot};
use saga_core::{
    definition::{Kind, Text},
    kernel::{Event, Hearing},
};
use serde_json::Value;

/// The step that waits for a signal of this name, and the event that its kernel would receive. The
/// value is JSON.
///
/// # Errors
/// [`Refused::NoSignal`], [`Refused::Duplicate`] or [`Refused::NotHeard`].
pub fn signalled<'a>(
    folded: &'a Folded,
    signal: &str,
    value: &str,
) -> Result<(Spot<'a>, Heard), Refused> {
    let steps = &folded.declaration().steps;
    let mut steps = (0..).zip(steps.iter());
    let found = steps.find(|(_, step)| step.name == signal && step.kind == Kind::Signal);
    let Some((step, declared)) = found else {
        let signal = Text::Owned(signal.to_owned());
        return Err(Refused::NoSignal { signal });
    };
    let signal = declared.name.clone();
    if folded.abandoned.is_some() {
        return Err(Refused::NotHeard { signal });
    }
    match folded.run.kernel.hearing(step) {
        Hearing::Accepted => Ok((folded.whole().spot(step), Event::Signalled { step }.into())),
        Hearing::TooLate => Err(Refused::NotHeard { signal }),
        Hearing::Duplicate => {
            let history = &folded.run.steps[usize::from(step)];
            let counts = history.signal.as_ref().or(history.value.as_ref());
            let same = counts.is_some_and(|counts| is_same(counts, value));
            Err(Refused::Duplicate { signal, same })
        }
    }
}

/// Whether two texts are equal as JSON values, even if they are written differently.
fn is_same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}
