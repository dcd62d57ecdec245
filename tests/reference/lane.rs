//! Table 3: one step, tried until its outcome is known.

use saga::Verdict;

use super::{Phase, Request, Run, Why, backoff, doubt::Settled, verdict};
use crate::{
    step::Place,
    vendor::{Answer, Trouble, unit},
};

impl Run<'_> {
    /// Runs one step until its outcome is known.
    pub(super) async fn lane(&self, s: usize) {
        if self.one(s).is_committed() || !self.is_called(s).await {
            return;
        }
        if self.steps[s].nap > 0 {
            let over = self.wait(unit(self.steps[s].name) * self.steps[s].nap);
            let phase = if over.await {
                Phase::Applied
            } else {
                Phase::Failed
            };
            return self.set(s, phase);
        }
        loop {
            let decides = self.steps[s].maybe && !self.one(s).started;
            match decides.then(|| self.vendor.is_wanted(self.steps[s].name)) {
                Some(Answer::Panic) => self.failed(s, Why::Panicked),
                Some(Answer::Err(_)) => return self.skip(s),
                _ => {
                    self.attempt(s).await;
                    match self.settle(s).await {
                        Settled::Known => {}
                        Settled::Repeat => continue,
                        Settled::Over => return,
                    }
                }
            }
            if self.one(s).phase == Phase::Applied || !self.again(s).await {
                return;
            }
        }
    }

    /// Whether the siblings that it awaits have let it start.
    async fn is_called(&self, s: usize) -> bool {
        let awaits = &self.steps[s].awaits;
        let siblings = || awaits.iter().filter(|&&b| b >= self.steps[s].unit_start);
        let ended = |b: &usize| matches!(self.one(*b).phase, Phase::Failed | Phase::Unsettled);
        self.until(|| {
            self.back.get()
                || siblings().all(|&b| self.one(b).is_committed())
                || siblings().any(ended)
        })
        .await;
        let called = !self.back.get() && siblings().all(|&b| self.one(b).is_committed());
        if !called && !self.back.get() {
            self.set(s, Phase::Failed);
        }
        called
    }

    pub(super) fn skip(&self, s: usize) {
        self.change(s, |one| {
            let (doubt, half) = (
                std::mem::take(&mut one.doubt),
                std::mem::take(&mut one.half),
            );
            one.left |= half;
            one.perhaps |= doubt && !half;
        });
        self.set(s, Phase::Skipped);
    }

    /// Table 3, for a step that was not applied: whether it is tried again.
    async fn again(&self, s: usize) -> bool {
        let (step, one) = (&self.steps[s], self.one(s));
        if step.abort && one.last == Some(Why::Error(Trouble::Never)) {
            self.aborted
                .set(self.aborted.get() || step.place != Place::After);
            self.fail(s);
            return false;
        }
        if step.place == Place::Pivot && self.request.get() == Request::Pending {
            self.accept();
        }
        if self.back.get() {
            self.set(s, Phase::Failed);
            return false;
        }
        let more = match one.last {
            Some(Why::Panicked) => step.place == Place::After && one.panics < 3,
            Some(Why::Error(trouble)) => {
                verdict(step, trouble) != Verdict::Refused
                    && trouble.may_pass()
                    && one.tries < step.again
            }
            _ => one.tries < step.again,
        };
        if more {
            let waited = self
                .wait(backoff(step, 2, 8, one.tries.max(one.panics)))
                .await;
            if !waited {
                self.set(s, Phase::Failed);
            }
            return waited;
        }
        if !step.instead {
            self.fail(s);
        } else if let Answer::Yes(number) = self.vendor.stand_in(step.name).await {
            self.happened(s, number);
            self.set(s, Phase::FellBack);
        } else {
            self.fail(s);
        }
        false
    }
}
