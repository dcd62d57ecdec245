//! Between what the kernel is told and what is written of it, both ways.

use saga_core::{Definition, kernel::Event};

use super::{Kind, Record, RecordError};

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
        record.step = event
            .step()
            .map(|step| definition.steps[usize::from(step)].name.clone());
        record
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
            Event::CancelRequested => Self::new(Kind::CancelRequested),
            Event::DeadlinePassed => Self::new(Kind::DeadlinePassed),
            Event::Resumed => Self::new(Kind::Resumed),
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
            Kind::CancelRequested => Event::CancelRequested,
            Kind::DeadlinePassed => Event::DeadlinePassed,
            Kind::Resumed => Event::Resumed,
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

    /// The index of the step that the record names.
    ///
    /// # Errors
    /// [`RecordError::Missing`] if it names none, [`RecordError::UnknownStep`] if the definition has none of that name.
    pub fn step_in(&self, definition: &Definition) -> Result<u16, RecordError> {
        let name = self.said(self.step.as_deref(), "step")?;
        let mut steps = (0..).zip(definition.steps.iter());
        let found = steps.find(|(_, step)| step.name == name);
        found
            .map(|(index, _)| index)
            .ok_or_else(|| RecordError::UnknownStep {
                what: self.what,
                step: name.to_owned(),
            })
    }

    fn said<T>(&self, value: Option<T>, field: &'static str) -> Result<T, RecordError> {
        let what = self.what;
        value.ok_or(RecordError::Missing { what, field })
    }
}
