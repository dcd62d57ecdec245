//! Checks whether a saga would accept a signal in its current state.

use super::{outlook::Heard, refused::Refused};
use crate::journal::{fold::Folded, spot::Spot};
use serde_json::Value;
use typed_saga_core::{
    definition::{Kind, Text},
    kernel::{Event, Hearing},
};

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
    let Some((step, name)) = found(folded, signal) else {
        let signal = Text::Owned(signal.to_owned());
        return Err(Refused::NoSignal { signal });
    };
    let signal = name.clone();
    if folded.abandoned.is_some() {
        return Err(Refused::NotHeard { signal });
    }
    match folded.run.kernel.hearing(step) {
        Hearing::Accepted => Ok((folded.whole().spot(step), Event::Signalled { step }.into())),
        Hearing::TooLate => Err(Refused::NotHeard { signal }),
        Hearing::Duplicate => {
            let accepted = accepted(folded, &signal);
            let same = accepted.is_some_and(|(_, accepted)| is_same(accepted, value));
            Err(Refused::Duplicate { signal, same })
        }
    }
}

/// The step that waits for the signal of this name, and the name.
fn found<'a>(folded: &'a Folded, signal: &str) -> Option<(u16, &'a Text)> {
    let definition = folded.declaration();
    let step = definition.step_named(signal)?;
    let declared = &definition.steps[usize::from(step)];
    (declared.kind == Kind::Signal).then_some((step, &declared.name))
}

/// The step that waits for the signal of this name, and the value that was accepted for it, as JSON.
pub(crate) fn accepted<'a>(folded: &'a Folded, signal: &str) -> Option<(u16, &'a str)> {
    let (step, _) = found(folded, signal)?;
    let history = &folded.run.steps[usize::from(step)];
    let accepted = history.signal.as_deref().or(history.value.as_deref());
    Some((step, accepted?))
}

/// Whether two texts are equal as JSON values, even if they are written differently.
fn is_same(one: &str, other: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}
