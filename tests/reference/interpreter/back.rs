//! Table 4, the way back.

use tokio::{select, time::sleep};

use super::{Phase, Request, Run, Why, backoff};

impl Run<'_> {
    /// Table 4: the step from which the saga turns forward again, if it does.
    pub(super) async fn way_back(&self, end: usize) -> Option<usize> {
        let mut steps = (0..end).rev();
        while let Some(s) = steps.next() {
            let one = self.one(s);
            if one.phase == Phase::Applied && self.can_be_undone(s) {
                if self.goes_on().await {
                    // By this version it may turn forward again before.
                    steps = (0..end).rev();
                    continue;
                }
                if self.is_held(s) {
                    self.set(s, Phase::Kept);
                } else {
                    self.undo_one(s).await;
                }
            }
            if self.may_turn(s) {
                if self.goes_on().await {
                    steps = (0..end).rev();
                    continue;
                }
                let pause = backoff(&self.steps[s], 1, 3, self.turns.get() + 1);
                select! {
                    () = sleep(pause) => {
                        self.turn(s);
                        return Some(s);
                    }
                    () = self.until(|| self.request.get() == Request::Accepted) => {}
                }
            }
        }
        None
    }

    pub(super) fn can_be_undone(&self, s: usize) -> bool {
        let step = &self.steps[s];
        (step.undo > 0 || step.has_parts()) && !step.keep && step.with.is_none()
    }

    /// A step, or an item, that is applied.
    pub(super) async fn undo_one(&self, s: usize) {
        self.change(s, |one| one.undoing = true);
        if self.steps[s].has_parts() {
            self.call_back(s).await;
        } else {
            self.compensate(s).await;
        }
    }

    async fn compensate(&self, s: usize) {
        let step = &self.steps[s];
        self.nothing_arrives(s).await;
        while !self.undo(s).await {
            let undos = self.one(s).undos;
            if undos >= self.declared(s).undo {
                return self.set(s, Phase::Stands);
            }
            sleep(backoff(step, 1, 4, undos)).await;
            self.goes_on().await;
        }
        self.set(s, Phase::Undone);
    }

    /// Whether something that stands, or is in doubt, stands on it.
    fn is_held(&self, s: usize) -> bool {
        (s + 1..self.steps.len()).any(|above| {
            let one = self.one(above);
            self.steps[above].below.contains(&s)
                && one.phase != Phase::Skipped
                && (one.resists() || self.is_held(above))
        })
    }

    fn may_turn(&self, s: usize) -> bool {
        let may_be = self.has_turns(s)
            && !self.is_bound_back()
            && (0..s).all(|before| self.one(before).is_committed())
            && !(s..self.steps.len()).any(|after| self.one(after).resists());
        let agrees = match self.first.get() {
            Some((_, Why::Error(trouble))) => trouble.may_pass(),
            Some((_, Why::TimedOut)) => false,
            _ => true,
        };
        let turns = may_be && agrees && !self.forbids(s);
        self.change(s, |one| one.declined |= may_be && !turns);
        self.news.notify_waiters();
        turns
    }

    /// Whether it is a savepoint for what has failed that has not said no, and has turns left.
    pub(super) fn has_turns(&self, s: usize) -> bool {
        let (one, declared) = (self.one(s), self.declared(s));
        let failed = self.first.get().and_then(|(step, _)| step);
        let is_for = |on: usize| failed == Some(self.steps[on].name);
        self.turns.get() < declared.save
            && declared.turns_on.is_none_or(is_for)
            && !one.omitted
            && !one.declined
    }

    /// Whether nothing may turn any more.
    pub(super) fn is_bound_back(&self) -> bool {
        self.aborted.get() || self.request.get() != Request::None
    }

    fn turn(&self, s: usize) {
        self.turns.set(self.turns.get() + 1);
        self.back.set(false);
        self.first.set(None);
        for t in s..self.steps.len() {
            if self.stays_skipped(t, s) {
                self.change(t, |one| one.declined = false);
                continue;
            }
            self.turn_one(t, t == s);
            self.renew(t);
        }
    }

    pub(super) fn turn_one(&self, s: usize, is_first: bool) {
        let step = self.declared(s);
        self.change(s, |one| *one = one.turned(step, is_first));
    }
}
