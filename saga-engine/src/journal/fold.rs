//! A saga as its journal tells it, without its types: the kernel's state, and what the records say beside it.

mod error;
mod noted;
#[cfg(test)]
mod tests;

use saga_core::{
    Definition,
    kernel::{Event, Kernel, StepState},
};

use crate::{
    journal::record::{self, Kind, Record},
    store::{Commit, Time},
};
pub use error::{FoldError, Reason};
pub use noted::{Failed, Noted, Wait};

/// What a journal says of its saga.
#[derive(Clone, Debug)]
pub struct Folded {
    /// What the kernel knows.
    pub kernel: Kernel<Box<[StepState]>>,
    /// What else is on record of each step, in the definition's order.
    pub steps: Vec<Noted>,
    /// When the saga began.
    pub started: Time,
    /// When it is turned back if it has not passed its pivot.
    pub deadline: Option<Time>,
    /// The fingerprint of the definition that holds, as it is recorded.
    pub definition: Option<u64>,
    /// How it ended, unless it was taken up again: `ended`.
    pub ended: Option<Dated>,
    /// Who took it into their own hands for good: `abandoned`.
    pub abandoned: Option<Dated>,
    /// Whether `finally` has run since it ended.
    pub finished: bool,
    /// What somebody asked of it last: `cancel_requested`, `resumed`, `settled` or `abandoned`.
    pub asked: Option<Dated>,
    /// When it was written to last.
    pub updated: Time,
    /// How many commits there are.
    pub commits: u64,
}

/// A record, and when it was written.
#[derive(Clone, Debug)]
pub struct Dated {
    /// When.
    pub at: Time,
    /// What.
    pub record: Record,
}

impl Folded {
    /// Reads a journal from its first commit on.
    ///
    /// # Errors
    /// [`FoldError`], which names the commit, if there is none, one cannot be read, or a record does not fit those before it.
    pub fn of(definition: &'static Definition, commits: &[Commit]) -> Result<Self, FoldError> {
        let first = commits.first().ok_or(FoldError {
            commit: 0,
            record: None,
            reason: Reason::Nothing,
        })?;
        let states = vec![StepState::NEW; definition.steps.len()];
        let mut folded = Self {
            kernel: Kernel::new(definition, states.into_boxed_slice(), true),
            steps: vec![Noted::default(); definition.steps.len()],
            started: first.at,
            deadline: None,
            definition: None,
            ended: None,
            abandoned: None,
            finished: false,
            asked: None,
            updated: first.at,
            commits: 0,
        };
        for commit in commits {
            folded.append(commit)?;
        }
        folded.close();
        Ok(folded)
    }

    /// The declaration that it is read with.
    #[must_use]
    pub fn declaration(&self) -> &'static Definition {
        self.kernel.definition()
    }

    /// Whether anything is on record of this step.
    #[must_use]
    pub fn touched(&self, step: u16) -> bool {
        let noted = self.steps.get(usize::from(step));
        noted.is_some_and(|noted| noted.updated.is_some())
    }

    /// The steps that wait, and for what, by index.
    pub fn waits(&self) -> impl Iterator<Item = (u16, Wait)> {
        let steps = (0..).zip(&self.steps);
        steps.filter_map(|(step, noted)| Some((step, noted.wait?)))
    }

    /// When the first of its waits is over.
    #[must_use]
    pub fn until(&self) -> Option<Time> {
        self.waits().map(|(_, wait)| wait.until).min()
    }

    /// The steps that are in doubt, and since when, by index.
    pub fn in_doubt(&self) -> impl Iterator<Item = (u16, Time)> {
        let steps = (0..).zip(&self.steps);
        steps.filter_map(|(step, noted)| Some((step, noted.doubt_since?)))
    }

    fn append(&mut self, commit: &Commit) -> Result<(), FoldError> {
        let seq = commit.seq;
        let failed = |record, reason| FoldError {
            commit: seq,
            record,
            reason,
        };
        if seq != self.commits {
            return Err(FoldError {
                commit: self.commits,
                record: None,
                reason: Reason::Number { seq },
            });
        }
        let records = record::decode(&commit.records);
        let records = records.map_err(|error| failed(None, Reason::Record(error)))?;
        let starts = |first: &Record| first.what == Kind::Started;
        if seq == 0 && !records.first().is_some_and(starts) {
            return Err(failed(None, Reason::NotStarted));
        }
        self.commits += 1;
        self.updated = commit.at;
        for (place, record) in records.into_iter().enumerate() {
            let heard = self.hear(record, commit.at);
            heard.map_err(|reason| failed(Some(place), reason))?;
        }
        Ok(())
    }

    fn hear(&mut self, record: Record, at: Time) -> Result<(), Reason> {
        let definition = self.kernel.definition();
        let event = record.event(definition).map_err(Reason::Record)?;
        match event {
            Some(event) => self.apply(event, &record, at)?,
            None if record.what == Kind::Waiting => {
                let step = record.step_in(definition).map_err(Reason::Record)?;
                let noted = &mut self.steps[usize::from(step)];
                noted.updated = Some(at);
                noted.wait = record
                    .until
                    .zip(record.before)
                    .map(|(until, before)| Wait { until, before });
            }
            None => {}
        }
        self.remember(record, at);
        Ok(())
    }

    fn apply(&mut self, event: Event, record: &Record, at: Time) -> Result<(), Reason> {
        let step = event.step();
        let mut calls = self.kernel.running();
        let running = calls.find_map(|(running, call)| (Some(running) == step).then_some(call));
        drop(calls);
        self.kernel.apply(event).map_err(|_| Reason::Illegal {
            what: record.what,
            step: record.step.as_deref().map(str::to_owned),
        })?;
        if let Some(step) = step {
            let doubt = self.kernel.is_in_doubt(step);
            let noted = &mut self.steps[usize::from(step)];
            noted.hear(event, record, at, running);
            noted.doubt(event, doubt, at);
        }
        if let Event::Turned { step } = event {
            for again in &mut self.steps[usize::from(step)..] {
                (again.value, again.failed, again.unsettled) = (None, None, None);
            }
        }
        Ok(())
    }

    /// What concerns the saga as a whole.
    fn remember(&mut self, record: Record, at: Time) {
        match record.what {
            Kind::Started => {
                (self.definition, self.deadline) = (record.definition, record.deadline);
            }
            Kind::Redefined => self.definition = record.definition.or(self.definition),
            Kind::Finished => self.finished = true,
            Kind::Ended => {
                self.ended = Some(Dated { at, record });
                self.finished = false;
            }
            Kind::Abandoned => {
                let abandoned = Dated { at, record };
                self.asked = Some(abandoned.clone());
                self.abandoned = Some(abandoned);
            }
            Kind::Resumed => {
                (self.ended, self.finished) = (None, false);
                self.asked = Some(Dated { at, record });
            }
            Kind::CancelRequested | Kind::Settled => self.asked = Some(Dated { at, record }),
            Kind::Waiting
            | Kind::Skipped
            | Kind::WhenPanicked
            | Kind::Attempting
            | Kind::Applied
            | Kind::Unrecordable
            | Kind::Rejected
            | Kind::TimedOut
            | Kind::Panicked
            | Kind::Lost
            | Kind::LatePassed
            | Kind::Resolving
            | Kind::Resolved
            | Kind::ResolveFailed
            | Kind::Compensating
            | Kind::Compensated
            | Kind::CompensationFailed
            | Kind::FallingBack
            | Kind::FellBack
            | Kind::FallbackDeclined
            | Kind::Waited
            | Kind::Kept
            | Kind::Turned
            | Kind::TurnDeclined
            | Kind::DeadlinePassed => {}
        }
    }

    fn close(&mut self) {
        for (step, noted) in (0..).zip(&mut self.steps) {
            noted.close(&self.kernel, step);
        }
    }
}
