//! Translates between the kernel's events and records, both ways.

use super::{Record, RecordError, RecordKind};
use std::borrow::Cow;
use typed_saga_core::{
    Definition,
    kernel::{Event, EventKind, Fields, Verdict},
    run::{Node, locate},
};

/// Whether a name is not that of a step of the saga itself.
fn is_path(definition: &Definition, name: &str) -> bool {
    definition.step_named(name).is_none()
}

impl Record {
    /// The record of an event.
    ///
    /// # Panics
    /// If the event is about a step that the definition does not have.
    #[must_use]
    pub fn of(event: Event, definition: &Definition) -> Self {
        let step = Self::step_of(event, definition);
        let name = step.map(|step| definition.steps[usize::from(step)].name.clone());
        Self::told(event, name)
    }

    /// The step that the record of an event names. For the decision on a block, that is the first
    /// step of the block.
    pub(crate) fn step_of(event: Event, definition: &Definition) -> Option<u16> {
        match event {
            Event::Decided { block, .. } => Some(definition.conditions[usize::from(block)].first),
            event => event.step(),
        }
    }

    /// The record of an event about the step with this name.
    pub(crate) fn told(event: Event, step: Option<Cow<'static, str>>) -> Self {
        let Fields {
            step: _,
            block: _,
            verdict,
            abort,
            again,
            late_passed,
            refused,
            happened,
            taken,
            settlement,
        } = event.fields();
        let refused = (refused == Some(true)).then_some(Verdict::Refused);
        let late_passed = late_passed.unwrap_or(true);
        Self {
            step,
            verdict: verdict.or(refused),
            abort: abort.unwrap_or(false),
            again: again.unwrap_or(true),
            late_passed,
            awaits_late: verdict == Some(Verdict::Refused) && !late_passed,
            uncounted: event.kind() == EventKind::Lost,
            happened,
            taken,
            settlement,
            ..Self::new(event.kind().into())
        }
    }

    /// The event that the saga's own kernel received; `None` if this record is not one of its
    /// events.
    ///
    /// # Errors
    /// [`RecordError::UnknownStep`] or [`RecordError::Missing`].
    pub fn event(&self, definition: &Definition) -> Result<Option<Event>, RecordError> {
        let Some(kind) = self.what.event() else {
            return Ok(None);
        };
        let what = self.what;
        if let Some(field) = self.lacks(kind) {
            return Err(RecordError::Missing { what, field });
        }
        let step = kind.is_of_step().then(|| self.step_in(definition));
        let block = (kind == EventKind::Decided).then(|| self.block_in(definition));
        let given = Fields {
            step: step.transpose()?,
            block: block.transpose()?,
            verdict: self.verdict,
            abort: Some(self.abort),
            again: Some(self.again),
            late_passed: Some(self.late_passed),
            refused: Some(self.verdict == Some(Verdict::Refused)),
            happened: self.happened,
            taken: self.taken,
            settlement: self.settlement,
        };
        let event = kind.event(&given);
        event
            .map(Some)
            .map_err(|field| RecordError::Missing { what, field })
    }

    /// A field that each such record has, and that must not be taken for one with its usual value.
    fn lacks(&self, kind: EventKind) -> Option<&'static str> {
        let too_early = self.verdict == Some(Verdict::Refused) && !self.late_passed;
        match kind {
            EventKind::Lost if !self.uncounted => Some("uncounted"),
            EventKind::Rejected if too_early && !self.awaits_late => Some("awaits_late"),
            _ => None,
        }
    }

    /// The event that a kernel received, with the nodes that lead to that kernel: none for the saga
    /// itself. `None` if this record is not an event of a kernel.
    ///
    /// # Errors
    /// [`RecordError::UnknownStep`] or [`RecordError::Missing`].
    pub fn heard(
        &self,
        definition: &Definition,
    ) -> Result<Option<(Vec<Node>, Event)>, RecordError> {
        // For the saga itself, this record names no step.
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

    /// The nodes that lead to the run of the step that the record names, and the index of the step.
    pub(crate) fn place_in(
        &self,
        definition: &Definition,
    ) -> Result<(Vec<Node>, u16), RecordError> {
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
    fn step_in(&self, definition: &Definition) -> Result<u16, RecordError> {
        let name = self.said(self.step.as_deref(), "step")?;
        let found = definition.step_named(name);
        found.ok_or_else(|| self.unknown(name))
    }

    /// The index of the `when` block whose first step the record names.
    fn block_in(&self, definition: &Definition) -> Result<u16, RecordError> {
        let first = self.step_in(definition)?;
        let mut conditions = (0..).zip(definition.conditions.iter());
        // An `else` without steps has no record, and is where the next block may begin.
        let found = conditions.find(|(_, condition)| condition.first == first && condition.len > 0);
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
