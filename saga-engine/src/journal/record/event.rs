//! Between what the kernel is told and what is written of it, both ways.

use super::{Record, RecordError, RecordKind};
use saga_core::{
    Definition,
    kernel::{Event, Verdict},
    run::{Node, locate},
};
use std::borrow::Cow;

/// Whether a name is not that of a step of the saga itself.
fn is_path(definition: &Definition, name: &str) -> bool {
    definition.steps.iter().all(|step| step.name != name)
}

impl From<Event> for RecordKind {
    fn from(event: Event) -> Self {
        Record::told(event, None).what
    }
}

impl Record {
    /// An event, as it is written.
    ///
    /// # Panics
    /// If the event is of a step that the definition does not have.
    #[must_use]
    pub fn of(event: Event, definition: &Definition) -> Self {
        let step = Self::step_of(event, definition);
        let name = step.map(|step| definition.steps[usize::from(step)].name.clone());
        Self::told(event, name)
    }

    /// The step that the record of an event names: of a decision, the first one of its block.
    pub(crate) fn step_of(event: Event, definition: &Definition) -> Option<u16> {
        match event {
            Event::Decided { block, .. } => Some(definition.conditions[usize::from(block)].first),
            event => event.step(),
        }
    }

    /// An event, as it is written of the step with this name.
    pub(crate) fn told(event: Event, step: Option<Cow<'static, str>>) -> Self {
        let new = |what| Self {
            step,
            ..Self::new(what)
        };
        match event {
            Event::Skipped { step: _ } => new(RecordKind::Skipped),
            Event::WhenPanicked { step: _ } => new(RecordKind::WhenPanicked),
            Event::Attempting { step: _ } => new(RecordKind::Attempting),
            Event::Applied { step: _ } => new(RecordKind::Applied),
            Event::Unrecordable { step: _ } => new(RecordKind::Unrecordable),
            Event::Rejected {
                step: _,
                verdict,
                abort,
                again,
                late_passed,
            } => Self {
                verdict: Some(verdict),
                abort,
                again,
                late_passed,
                ..new(RecordKind::Rejected)
            },
            Event::TimedOut { step: _ } => new(RecordKind::TimedOut),
            Event::Panicked { step: _ } => new(RecordKind::Panicked),
            Event::Failing { step: _, refused } => Self {
                verdict: refused.then_some(Verdict::Refused),
                ..new(RecordKind::Failing)
            },
            Event::Lost { step: _, counted } => Self {
                uncounted: !counted,
                ..new(RecordKind::Lost)
            },
            Event::LatePassed { step: _ } => new(RecordKind::LatePassed),
            Event::Resolving { step: _ } => new(RecordKind::Resolving),
            Event::Resolved { step: _, happened } => Self {
                happened: Some(happened),
                ..new(RecordKind::Resolved)
            },
            Event::ResolveFailed { step: _ } => new(RecordKind::ResolveFailed),
            Event::Compensating { step: _ } => new(RecordKind::Compensating),
            Event::Compensated { step: _ } => new(RecordKind::Compensated),
            Event::CompensationFailed { step: _ } => new(RecordKind::CompensationFailed),
            Event::FallingBack { step: _ } => new(RecordKind::FallingBack),
            Event::FellBack { step: _ } => new(RecordKind::FellBack),
            Event::FallbackDeclined { step: _ } => new(RecordKind::FallbackDeclined),
            Event::Waited { step: _ } => new(RecordKind::Waited),
            Event::Kept { step: _ } => new(RecordKind::Kept),
            Event::Turned { step: _ } => new(RecordKind::Turned),
            Event::TurnDeclined { step: _ } => new(RecordKind::TurnDeclined),
            Event::Awaiting { step: _ } => new(RecordKind::Awaiting),
            Event::Woken { step: _ } => new(RecordKind::Woken),
            Event::Signalled { step: _ } => new(RecordKind::Signalled),
            Event::Received { step: _ } => new(RecordKind::Received),
            Event::Decided { block: _, taken } => Self {
                taken: Some(taken),
                ..new(RecordKind::Decided)
            },
            Event::CancelRequested => new(RecordKind::CancelRequested),
            Event::DeadlinePassed => new(RecordKind::DeadlinePassed),
            Event::Resumed => new(RecordKind::Resumed),
            Event::EmitFailed => new(RecordKind::EmitFailed),
            // Of no saga that has a row of its own; of the others it is not written.
            Event::Recalled => new(RecordKind::Recalled),
            Event::Settled {
                step: _,
                settlement,
            } => Self {
                settlement: Some(settlement),
                ..new(RecordKind::Settled)
            },
        }
    }

    /// What the kernel heard; `None` if it heard nothing of this.
    ///
    /// # Errors
    /// [`RecordError::UnknownStep`] or [`RecordError::Missing`].
    pub fn event(&self, definition: &Definition) -> Result<Option<Event>, RecordError> {
        let step = || self.step_in(definition);
        Ok(Some(match self.what {
            RecordKind::Skipped => Event::Skipped { step: step()? },
            RecordKind::WhenPanicked => Event::WhenPanicked { step: step()? },
            RecordKind::Attempting => Event::Attempting { step: step()? },
            RecordKind::Applied => Event::Applied { step: step()? },
            RecordKind::Unrecordable => Event::Unrecordable { step: step()? },
            RecordKind::Rejected => Event::Rejected {
                step: step()?,
                verdict: self.said(self.verdict, "verdict")?,
                abort: self.abort,
                again: self.again,
                late_passed: self.late_passed,
            },
            RecordKind::TimedOut => Event::TimedOut { step: step()? },
            RecordKind::Panicked => Event::Panicked { step: step()? },
            RecordKind::Failing => Event::Failing {
                step: step()?,
                refused: self.verdict == Some(Verdict::Refused),
            },
            RecordKind::Lost => Event::Lost {
                step: step()?,
                counted: !self.uncounted,
            },
            RecordKind::LatePassed => Event::LatePassed { step: step()? },
            RecordKind::Resolving => Event::Resolving { step: step()? },
            RecordKind::Resolved => Event::Resolved {
                step: step()?,
                happened: self.said(self.happened, "happened")?,
            },
            RecordKind::ResolveFailed => Event::ResolveFailed { step: step()? },
            RecordKind::Compensating => Event::Compensating { step: step()? },
            RecordKind::Compensated => Event::Compensated { step: step()? },
            RecordKind::CompensationFailed => Event::CompensationFailed { step: step()? },
            RecordKind::FallingBack => Event::FallingBack { step: step()? },
            RecordKind::FellBack => Event::FellBack { step: step()? },
            RecordKind::FallbackDeclined => Event::FallbackDeclined { step: step()? },
            RecordKind::Waited => Event::Waited { step: step()? },
            RecordKind::Kept => Event::Kept { step: step()? },
            RecordKind::Turned => Event::Turned { step: step()? },
            RecordKind::TurnDeclined => Event::TurnDeclined { step: step()? },
            RecordKind::Awaiting => Event::Awaiting { step: step()? },
            RecordKind::Woken => Event::Woken { step: step()? },
            RecordKind::Signalled => Event::Signalled { step: step()? },
            RecordKind::Received => Event::Received { step: step()? },
            RecordKind::Decided => Event::Decided {
                block: self.block_in(definition)?,
                taken: self.said(self.taken, "taken")?,
            },
            RecordKind::CancelRequested => Event::CancelRequested,
            RecordKind::DeadlinePassed => Event::DeadlinePassed,
            RecordKind::Resumed => Event::Resumed,
            RecordKind::EmitFailed => Event::EmitFailed,
            RecordKind::Recalled => Event::Recalled,
            RecordKind::Settled => Event::Settled {
                step: step()?,
                settlement: self.said(self.settlement, "settlement")?,
            },
            RecordKind::Started
            | RecordKind::Waiting
            | RecordKind::Redefined
            | RecordKind::Ended
            | RecordKind::Abandoned
            | RecordKind::Finished => return Ok(None),
        }))
    }

    /// What a kernel heard, and which: of the saga itself, or of a run that is part of it. `None`
    /// if none heard anything of this.
    ///
    /// # Errors
    /// [`RecordError::UnknownStep`] or [`RecordError::Missing`].
    pub fn heard(
        &self,
        definition: &Definition,
    ) -> Result<Option<(Vec<Node>, Event)>, RecordError> {
        // Of the saga itself it names no step.
        let whole = self.what == RecordKind::DeadlinePassed;
        let name = match &self.step {
            Some(name) if whole || is_path(definition, name) => name,
            _ => return Ok(self.event(definition)?.map(|event| (Vec::new(), event))),
        };
        let unknown = || self.unknown(name);
        let place = locate(definition, name, whole).ok_or_else(unknown)?;
        let own = Self {
            step: place
                .step
                .map(|step| place.definition.steps[usize::from(step)].name.clone()),
            ..self.clone()
        };
        Ok(own
            .event(&place.definition)?
            .map(|event| (place.nodes, event)))
    }

    /// Which run the record names, and which of its steps.
    ///
    /// # Errors
    /// [`RecordError::Missing`] if it names none, [`RecordError::UnknownStep`] if there is none of
    /// that name.
    pub fn place_in(&self, definition: &Definition) -> Result<(Vec<Node>, u16), RecordError> {
        let name = self.said(self.step.as_deref(), "step")?;
        if !is_path(definition, name) {
            return Ok((Vec::new(), self.step_in(definition)?));
        }
        let place = locate(definition, name, false);
        let found = place.and_then(|place| Some((place.nodes, place.step?)));
        found.ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> RecordError {
        RecordError::UnknownStep {
            what: self.what,
            step: name.to_owned(),
        }
    }

    /// The index of the step that the record names.
    ///
    /// # Errors
    /// [`RecordError::Missing`] if it names none, [`RecordError::UnknownStep`] if the definition has none of that name.
    pub fn step_in(&self, definition: &Definition) -> Result<u16, RecordError> {
        let name = self.said(self.step.as_deref(), "step")?;
        // Of an item both steps have the name, and the last one has the code.
        let found = definition.steps.iter().rposition(|step| step.name == name);
        let found = found.and_then(|index| u16::try_from(index).ok());
        found.ok_or_else(|| self.unknown(name))
    }

    /// The index of the `when` block whose first step the record names.
    fn block_in(&self, definition: &Definition) -> Result<u16, RecordError> {
        let first = self.step_in(definition)?;
        let mut conditions = (0..).zip(definition.conditions.iter());
        let found = conditions.find(|(_, condition)| condition.first == first);
        found
            .map(|(index, _)| index)
            .ok_or_else(|| RecordError::UnknownStep {
                what: self.what,
                step: definition.steps[usize::from(first)].name.to_string(),
            })
    }

    fn said<T>(&self, value: Option<T>, field: &'static str) -> Result<T, RecordError> {
        let what = self.what;
        value.ok_or(RecordError::Missing { what, field })
    }
}
