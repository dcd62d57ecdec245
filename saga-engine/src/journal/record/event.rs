//! Between what the kernel is told and what is written of it, both ways.

use saga_core::{
    Definition,
    kernel::Event,
    run::{Node, locate},
};

use super::{Kind, Record, RecordError};

/// Whether a name is not that of a step of the saga itself.
fn is_path(definition: &Definition, name: &str) -> bool {
    definition.steps.iter().all(|step| step.name != name)
}

impl From<Event> for Kind {
    fn from(event: Event) -> Self {
        Record::without_step(event).what
    }
}

impl Record {
    /// An event, as it is written.
    ///
    /// # Panics
    /// If the event is of a step that the definition does not have.
    #[must_use]
    pub fn of(event: Event, definition: &Definition) -> Self {
        let mut record = Self::without_step(event);
        let step = Self::step_of(event, definition);
        record.step = step.map(|step| definition.steps[usize::from(step)].name.clone());
        record
    }

    /// The step that the record of an event names: of a decision, the first one of its block.
    pub(crate) fn step_of(event: Event, definition: &Definition) -> Option<u16> {
        match event {
            Event::Decided { block, .. } => Some(definition.conditions[usize::from(block)].first),
            event => event.step(),
        }
    }

    /// An event, as it is written, but for the name of its step.
    fn without_step(event: Event) -> Self {
        match event {
            Event::Skipped { step: _ } => Self::new(Kind::Skipped),
            Event::WhenPanicked { step: _ } => Self::new(Kind::WhenPanicked),
            Event::Attempting { step: _ } => Self::new(Kind::Attempting),
            Event::Applied { step: _ } => Self::new(Kind::Applied),
            Event::Unrecordable { step: _ } => Self::new(Kind::Unrecordable),
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
                ..Self::new(Kind::Rejected)
            },
            Event::TimedOut { step: _ } => Self::new(Kind::TimedOut),
            Event::Panicked { step: _ } => Self::new(Kind::Panicked),
            Event::Lost { step: _, counted } => Self {
                uncounted: !counted,
                ..Self::new(Kind::Lost)
            },
            Event::LatePassed { step: _ } => Self::new(Kind::LatePassed),
            Event::Resolving { step: _ } => Self::new(Kind::Resolving),
            Event::Resolved { step: _, happened } => Self {
                happened: Some(happened),
                ..Self::new(Kind::Resolved)
            },
            Event::ResolveFailed { step: _ } => Self::new(Kind::ResolveFailed),
            Event::Compensating { step: _ } => Self::new(Kind::Compensating),
            Event::Compensated { step: _ } => Self::new(Kind::Compensated),
            Event::CompensationFailed { step: _ } => Self::new(Kind::CompensationFailed),
            Event::FallingBack { step: _ } => Self::new(Kind::FallingBack),
            Event::FellBack { step: _ } => Self::new(Kind::FellBack),
            Event::FallbackDeclined { step: _ } => Self::new(Kind::FallbackDeclined),
            Event::Waited { step: _ } => Self::new(Kind::Waited),
            Event::Kept { step: _ } => Self::new(Kind::Kept),
            Event::Turned { step: _ } => Self::new(Kind::Turned),
            Event::TurnDeclined { step: _ } => Self::new(Kind::TurnDeclined),
            Event::Awaiting { step: _ } => Self::new(Kind::Awaiting),
            Event::Woken { step: _ } => Self::new(Kind::Woken),
            Event::Signalled { step: _ } => Self::new(Kind::Signalled),
            Event::Received { step: _ } => Self::new(Kind::Received),
            Event::Decided { block: _, taken } => Self {
                taken: Some(taken),
                ..Self::new(Kind::Decided)
            },
            Event::CancelRequested => Self::new(Kind::CancelRequested),
            Event::DeadlinePassed => Self::new(Kind::DeadlinePassed),
            Event::Resumed => Self::new(Kind::Resumed),
            // Of no saga that has a row of its own; of the others it is not written.
            Event::Recalled => Self::new(Kind::Recalled),
            Event::Settled {
                step: _,
                settlement,
            } => Self {
                settlement: Some(settlement),
                ..Self::new(Kind::Settled)
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
            Kind::Skipped => Event::Skipped { step: step()? },
            Kind::WhenPanicked => Event::WhenPanicked { step: step()? },
            Kind::Attempting => Event::Attempting { step: step()? },
            Kind::Applied => Event::Applied { step: step()? },
            Kind::Unrecordable => Event::Unrecordable { step: step()? },
            Kind::Rejected => Event::Rejected {
                step: step()?,
                verdict: self.said(self.verdict, "verdict")?,
                abort: self.abort,
                again: self.again,
                late_passed: self.late_passed,
            },
            Kind::TimedOut => Event::TimedOut { step: step()? },
            Kind::Panicked => Event::Panicked { step: step()? },
            Kind::Lost => Event::Lost {
                step: step()?,
                counted: !self.uncounted,
            },
            Kind::LatePassed => Event::LatePassed { step: step()? },
            Kind::Resolving => Event::Resolving { step: step()? },
            Kind::Resolved => Event::Resolved {
                step: step()?,
                happened: self.said(self.happened, "happened")?,
            },
            Kind::ResolveFailed => Event::ResolveFailed { step: step()? },
            Kind::Compensating => Event::Compensating { step: step()? },
            Kind::Compensated => Event::Compensated { step: step()? },
            Kind::CompensationFailed => Event::CompensationFailed { step: step()? },
            Kind::FallingBack => Event::FallingBack { step: step()? },
            Kind::FellBack => Event::FellBack { step: step()? },
            Kind::FallbackDeclined => Event::FallbackDeclined { step: step()? },
            Kind::Waited => Event::Waited { step: step()? },
            Kind::Kept => Event::Kept { step: step()? },
            Kind::Turned => Event::Turned { step: step()? },
            Kind::TurnDeclined => Event::TurnDeclined { step: step()? },
            Kind::Awaiting => Event::Awaiting { step: step()? },
            Kind::Woken => Event::Woken { step: step()? },
            Kind::Signalled => Event::Signalled { step: step()? },
            Kind::Received => Event::Received { step: step()? },
            Kind::Decided => Event::Decided {
                block: self.block_in(definition)?,
                taken: self.said(self.taken, "taken")?,
            },
            Kind::CancelRequested => Event::CancelRequested,
            Kind::DeadlinePassed => Event::DeadlinePassed,
            Kind::Resumed => Event::Resumed,
            Kind::Recalled => Event::Recalled,
            Kind::Settled => Event::Settled {
                step: step()?,
                settlement: self.said(self.settlement, "settlement")?,
            },
            Kind::Started
            | Kind::Waiting
            | Kind::Redefined
            | Kind::Ended
            | Kind::Abandoned
            | Kind::Finished => return Ok(None),
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
        let whole = self.what == Kind::DeadlinePassed;
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
