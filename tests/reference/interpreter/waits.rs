//! Table 7, signals; locks; and cancels and deadlines.

use std::{future::pending, time::Duration};

use tokio::{
    select,
    task::yield_now,
    time::{sleep, timeout},
};
use typed_saga::runtime::{Cancel, Signalled};

use super::{Phase, Request, Run, Told, Why, doubt::Settled, join};
use crate::reference::{
    locks::KEYS_LIMIT,
    post::{Letter, Post},
    step::Place,
};

impl Run<'_> {
    /// What becomes of it while letters come.
    pub(crate) async fn tell(self, deadline: Option<Duration>, post: &Post) -> Told {
        let life = async {
            let end = self.to_its_end(deadline).await;
            self.end.set(Some(end));
            self.news.notify_waiters();
            if end != "parked" {
                self.pass_keys_on();
            }
        };
        let has_ended = || self.end.get().is_some();
        let letters = post.deliver(has_ended, async |letter| {
            let answer = match letter {
                Letter::Signal(name, value) => format!("{:?}", self.hear(name, value)),
                Letter::Cancel => format!("{:?}", self.cancel().await),
            };
            self.vendor.answered(letter, answer);
            // It comes as far as it can before it is told anything else.
            yield_now().await;
        });
        join(vec![Box::pin(life), Box::pin(letters)]).await;
        let end = self.end.get().expect("it has ended");
        if end == "parked" {
            // Nobody resumes it.
            self.pass_keys_on();
        }
        self.told(end)
    }

    /// Whoever comes next has them.
    fn pass_keys_on(&self) {
        let locked = |s: &usize| self.steps[*s].lock > 0 && self.one(*s).phase == Phase::Applied;
        for s in (0..self.steps.len()).filter(locked) {
            self.vendor.serves_next(self.steps[s].name);
        }
    }

    /// Table 7.
    fn hear(&self, name: &str, value: u32) -> Signalled {
        let step = self.steps.iter().position(|step| step.name == name);
        let s = step.expect("a signal of the saga");
        let (one, may_turn) = (self.one(s), self.may_still_turn(s));
        if one.said.is_some() || one.phase == Phase::Applied && !may_turn {
            return Signalled::Duplicate { same: None };
        }
        // One that has failed listens again when the saga is resumed.
        let falls_back = one.replaced && one.phase == Phase::Waiting;
        let is_past = falls_back || matches!(one.phase, Phase::Skipped | Phase::FellBack);
        // In memory nobody keeps it for whoever resumes the saga.
        let has_ended = self.end.get().is_some();
        if has_ended || !may_turn && (self.back.get() || is_past) {
            return Signalled::TooLate;
        }
        self.change(s, |one| one.said = Some(value));
        self.news.notify_waiters();
        Signalled::Accepted
    }

    /// Whether the saga is on its way back and may turn to a savepoint at or before the signal, from which
    /// it may come to the signal. What stands does not keep it from that: it may be undone when the saga is
    /// resumed.
    fn may_still_turn(&self, s: usize) -> bool {
        let reaches = |to| !self.forbids_for_good(to) && !self.stays_skipped(s, to);
        (0..=s).any(|to| self.may_turn_to(to) && reaches(to))
    }

    fn may_turn_to(&self, to: usize) -> bool {
        self.back.get()
            && self.end.get() != Some("compensated")
            && !self.is_bound_back()
            && self.has_turns(to)
            && (0..to).all(|before| self.may_be_committed(before))
    }

    /// Whether the step is committed, or may be once its call has ended and its doubt is settled.
    pub(super) fn may_be_committed(&self, s: usize) -> bool {
        let one = self.one(s);
        let runs = one.phase == Phase::Waiting && one.started;
        one.is_committed() && !one.undoing || one.phase == Phase::Unsettled || runs
    }

    /// Waits for a signal.
    pub(super) async fn listen(&self, s: usize) -> Settled {
        let step = &self.steps[s];
        self.begin_round(s);
        let heard = self.until(|| self.one(s).said.is_some() || self.back.get());
        let in_time = if step.wait > 0 {
            timeout(step.unit() * step.wait, heard).await.is_ok()
        } else {
            heard.await;
            true
        };
        if !in_time {
            self.failed(s, Why::TimedOut);
            return Settled::Known;
        }
        match self.one(s).said {
            Some(value) if !self.back.get() => {
                self.change(s, |one| one.said = None);
                self.happened(s, value.to_string());
            }
            _ => self.set(s, Phase::Failed),
        }
        Settled::Over
    }

    /// Waits for the keys of a lock.
    pub(super) async fn acquire(&self, s: usize) -> Settled {
        let step = &self.steps[s];
        match self.vendor.keys(step.name) {
            None => {
                self.failed(s, Why::Panicked);
                return Settled::Known;
            }
            Some(0) => {
                self.skip(s);
                return Settled::Over;
            }
            Some(many) if many > KEYS_LIMIT => {
                self.failed(s, Why::TooManyItems);
                return Settled::Known;
            }
            Some(_) => self.begin_round(s),
        }
        let free = async {
            select! {
                biased;
                () = self.vendor.is_free(step) => true,
                () = self.until(|| self.back.get()) => false,
            }
        };
        let has_it = if step.wait > 0 {
            timeout(step.unit() * step.wait, free).await.ok()
        } else {
            Some(free.await)
        };
        if has_it == Some(true) {
            self.set(s, Phase::Applied);
            return Settled::Over;
        }
        self.vendor.serves_next(step.name);
        if has_it.is_none() {
            self.failed(s, Why::TimedOut);
            return Settled::Known;
        }
        self.set(s, Phase::Failed);
        Settled::Over
    }

    pub(super) async fn interrupt(&self, deadline: Option<Duration>) {
        if let Some(deadline) = deadline {
            sleep(deadline).await;
            self.request(Why::Deadline);
        }
        pending::<()>().await;
    }

    async fn cancel(&self) -> Cancel {
        // A second one hears the same.
        let is_new = self.request.get() != Request::Accepted;
        if is_new && (self.end.get().is_some() || !self.request(Why::Cancelled)) {
            return Cancel::TooLate;
        }
        let pivot = self.at.get();
        let known = || self.request.get() == Request::Accepted || self.one(pivot).is_committed();
        self.until(|| known() || self.end.get().is_some()).await;
        if self.request.get() == Request::Accepted {
            Cancel::Accepted
        } else {
            Cancel::TooLate
        }
    }

    /// Asks it to go back: whether that may still be.
    fn request(&self, why: Why) -> bool {
        let pivot = self.at.get();
        match self.steps.get(pivot).map(|step| step.place) {
            Some(Place::After) | None => return false,
            Some(Place::Pivot) if self.acting.get() || self.one(pivot).doubt => {
                self.asked.set(why);
                self.request.set(Request::Pending);
            }
            Some(Place::Before | Place::Pivot) => {
                self.asked.set(why);
                self.accept();
            }
        }
        true
    }

    pub(super) fn accept(&self) {
        self.request.set(Request::Accepted);
        if self.first.get().is_none() {
            self.first.set(Some((None, self.asked.get())));
        }
        self.go_back();
    }
}
