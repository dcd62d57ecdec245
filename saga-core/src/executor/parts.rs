//! A run and the runs that are part of it, its child sagas and loops: it tells them that it rolls
//! back, and why; they report that they have failed for good.

use super::{
    read_back::{remembered, write},
    run_state::RunState,
    tell::text,
};
use crate::{
    basics::discard::discard,
    calls::{
        attached::{Attached, Words},
        journal::Journal,
        link::Link,
        perform::Scope,
    },
    history::cause::cause,
    kernel::{Direction, Event, FailureKind, PartFailed},
    report::{error::Failure, raised::Raised, why::Why},
    values::{cause::Cause, written::Written},
};

impl RunState {
    /// The data that the run shares with the runs that are part of it, if it can have any.
    pub(crate) fn link(&self) -> Option<Box<Link>> {
        if !self.rules.have_parts() {
            return None;
        }
        let link = Link::new(self.kernel.parts(), self.watch.as_deref());
        link.tell(self.kernel.direction());
        link.way.because(|| self.why());
        Some(Box::new(link))
    }

    /// Tells the runs that are part of this one in which direction it goes, and why it rolls back.
    /// (A loop tells the child sagas of its items.)
    #[inline(never)]
    pub(super) fn tell_parts<J: Journal>(&self, scope: &Scope<'_, J>) {
        scope.tell(self.kernel.direction());
        if self.kernel.direction() == Direction::Compensating && self.item().is_none() {
            if let Some(link) = scope.link {
                link.way.because(|| self.why());
            }
        }
    }

    /// Reports to the parent, if this run is a child saga that has failed for good.
    pub(super) fn tell_above<J>(&self, scope: &Scope<'_, J>) {
        let failed = |place| Some((place, self.kernel.as_failed()?));
        if let Some((place, part)) = scope.place.and_then(failed) {
            place.fail(part, || self.why());
        }
    }

    /// Tells the runs around this one what has become of it, once its failure is known.
    pub(crate) fn tell_why<J: Journal>(&self, scope: &Scope<'_, J>) {
        if self.rules.have_parts() {
            self.tell_parts(scope);
        }
        self.tell_above(scope);
    }

    /// If the part of this run that was just polled has failed for good and still runs, the step
    /// counts as failed from now on. Returns whether that is so.
    #[inline]
    pub(super) fn hear_part<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        step: u16,
        runs: bool,
    ) -> bool {
        let link = scope.link.filter(|_| self.rules.have_parts());
        link.is_some_and(|link| self.hear_failing(scope, link, step, runs))
    }

    fn hear_failing<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        link: &Link,
        step: u16,
        runs: bool,
    ) -> bool {
        let failed = link.way.take_failed();
        let failed = failed.filter(|(part, _)| runs && self.kernel.fails_for_good(step, *part));
        let Some((PartFailed { refused, aborted }, why)) = failed else {
            return false;
        };
        if aborted {
            self.kernel.note_aborted_part(step);
        }
        let event = Event::Failing { step, refused };
        let words = why.map(|why| self.note_failing(scope, step, why));
        scope.note(event, Attached::words(words));
        self.apply_noted(scope, event, None);
        self.answer();
        true
    }

    /// A part has failed for this reason. Returns how the reason is recorded, which is how the failure
    /// of the step will be.
    fn note_failing<J: Journal>(&mut self, scope: &Scope<'_, J>, step: u16, why: Why) -> Words {
        let failure = self.failure_of_part(step, why.failure);
        let mut words = Words::of(text(failure.cause(), |written| written.text.clone()));
        let rules = self.rules;
        let failure = failure.map_ref(|written| {
            if written.of.is_empty() {
                return written.copied();
            }
            // The error of a child saga, which is recorded as one of this saga, too.
            if let Cause::Failed(error) = written.read(rules.read_error) {
                let (own, cause) = remembered(scope, rules, Some(step), error);
                discard(cause);
                words = own;
            }
            cause(FailureKind::Error, words.said())
        });
        let failing = &mut self.aside.get_or_insert_default().failing;
        failing.get_or_insert(failure);
        words
    }

    /// The failure of a part, as a failure of this run.
    fn failure_of_part(&self, step: u16, failure: Failure<Written>) -> Failure<Written> {
        let declared = self.declared(step);
        match self.item() {
            // A loop names its items.
            None if declared.items.is_some() => failure,
            None => failure.of_child_at(&declared.name, step),
            Some(item) => {
                let failure = failure.of_child_at(&declared.name, step);
                failure.of_item_at(item.step, item.index)
            }
        }
    }

    /// Why the run rolls back, if it does.
    pub(crate) fn why(&self) -> Option<Why> {
        let failing = self.aside.as_ref().and_then(|aside| aside.failing.as_ref());
        let copy = |error: &Raised| write(self.rules, error);
        self.failures
            .why(&self.rules.definition.name, failing, copy)
    }

    /// The run goes forward again, or the part that had failed has ended: its failure is that of the
    /// run now.
    pub(super) fn forget_why<J: Journal>(&mut self, scope: &Scope<'_, J>) {
        if let Some(aside) = &mut self.aside {
            aside.failing = None;
        }
        if let Some(link) = scope.link {
            link.way.forget_why();
        }
    }
}
