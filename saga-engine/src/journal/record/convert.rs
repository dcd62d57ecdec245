//! Between what the kernel hears and what is written of it.

use std::borrow::Cow;

use saga_core::{Definition, kernel::Event};

use super::{Kind, Record, RecordError};

impl Record {
    /// An event, as it is written.
    ///
    /// # Panics
    /// If the event is of a step that the definition does not have.
    #[must_use]
    pub fn of(event: Event, definition: &Definition) -> Self {
        let mut record = Self::new(Kind::of(event));
        record.step = event
            .step()
            .map(|step| Cow::Borrowed(definition.steps[usize::from(step)].name));
        match event {
            Event::Rejected {
                verdict,
                abort,
                again,
                late_passed,
                ..
            } => {
                record.verdict = Some(verdict);
                (record.abort, record.again, record.late_passed) = (abort, again, late_passed);
            }
            Event::Resolved { happened, .. } => record.happened = Some(happened),
            Event::Settled { settlement, .. } => record.settlement = Some(settlement),
            _ => {}
        }
        record
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
            Kind::Lost => Event::Lost { step: step()? },
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
        let steps = (0..).zip(definition.steps);
        let found = steps.into_iter().find(|(_, step)| step.name == name);
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

impl Kind {
    /// # Panics
    /// Never: there is a kind for every event.
    fn of(event: Event) -> Self {
        match event {
            Event::Skipped { .. } => Self::Skipped,
            Event::WhenPanicked { .. } => Self::WhenPanicked,
            Event::Attempting { .. } => Self::Attempting,
            Event::Applied { .. } => Self::Applied,
            Event::Unrecordable { .. } => Self::Unrecordable,
            Event::Rejected { .. } => Self::Rejected,
            Event::TimedOut { .. } => Self::TimedOut,
            Event::Panicked { .. } => Self::Panicked,
            Event::Lost { .. } => Self::Lost,
            Event::LatePassed { .. } => Self::LatePassed,
            Event::Resolving { .. } => Self::Resolving,
            Event::Resolved { .. } => Self::Resolved,
            Event::ResolveFailed { .. } => Self::ResolveFailed,
            Event::Compensating { .. } => Self::Compensating,
            Event::Compensated { .. } => Self::Compensated,
            Event::CompensationFailed { .. } => Self::CompensationFailed,
            Event::FallingBack { .. } => Self::FallingBack,
            Event::FellBack { .. } => Self::FellBack,
            Event::FallbackDeclined { .. } => Self::FallbackDeclined,
            Event::Waited { .. } => Self::Waited,
            Event::Kept { .. } => Self::Kept,
            Event::Turned { .. } => Self::Turned,
            Event::TurnDeclined { .. } => Self::TurnDeclined,
            Event::CancelRequested => Self::CancelRequested,
            Event::DeadlinePassed => Self::DeadlinePassed,
            Event::Resumed => Self::Resumed,
            Event::Settled { .. } => Self::Settled,
            other => unreachable!("{other:?} has a kind of its own"),
        }
    }
}
