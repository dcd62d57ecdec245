//! Table 3: one step, tried until its outcome is known.

use typed_saga::Verdict;

use super::{Phase, Request, Run, Why, backoff, doubt::Settled, verdict};
use crate::reference::{answer::Answer, step::Place, trouble::Trouble};

impl Run<'_> {
    /// Runs one step until its outcome is known.
    pub(super) async fn lane(&self, s: usize) {
        if self.one(s).is_committed() || !self.is_called(s).await {
            return;
        }
        self.goes_on().await;
        let step = &self.steps[s];
        loop {
            let decides = step.maybe && (step.each == 0 || step.whole) && !self.one(s).started;
            match decides.then(|| self.vendor.is_wanted(step.name)) {
                Some(Answer::Panic) => self.failed(s, Why::Panicked),
                Some(Answer::Err(_)) => return self.skip(s),
                _ => {
                    let settled = if step.signal {
                        self.listen(s).await
                    } else if step.lock > 0 {
                        self.acquire(s).await
                    } else if step.nap > 0 {
                        self.sleep(s).await
                    } else if step.each > 0 {
                        self.every_item(s).await
                    } else if let Some(steps) = step.saga {
                        self.inner(s, steps).await
                    } else {
                        self.goes_on().await;
                        self.attempt(s).await;
                        self.settle(s).await
                    };
                    match settled {
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

    /// Once the wait has begun, it is over or cut short.
    async fn sleep(&self, s: usize) -> Settled {
        let Some(nap) = self.vendor.nap(self.steps[s].name) else {
            self.failed(s, Why::Panicked);
            return Settled::Known;
        };
        let phase = if self.wait(nap).await {
            Phase::Applied
        } else {
            Phase::Failed
        };
        self.set(s, phase);
        Settled::Over
    }

    /// Whether the siblings that it awaits have let it start.
    async fn is_called(&self, s: usize) -> bool {
        if self.items.is_some() {
            return true;
        }
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
        self.set(s, Phase::Skipped);
    }

    /// Whether the failure of the step aborts the saga: by its error, or as the saga that is the
    /// step was aborted.
    pub(super) fn aborts(&self, s: usize) -> bool {
        let (step, one) = (&self.steps[s], self.one(s));
        let judged = matches!(one.last, Some((_, Why::Error(Trouble::Never))));
        let inner = self.parts.borrow()[s].clone();
        let within = inner.is_some_and(|inner| inner.aborted.get());
        let aborts = if step.has_parts() {
            step.classified && judged || step.saga.is_some() && step.each == 0 && within
        } else {
            one.aborts
        };
        if aborts && step.place != Place::After {
            self.aborted.set(true);
            self.news.notify_waiters();
        }
        aborts
    }

    /// Table 3, for a step that was not applied: whether it is tried again.
    async fn again(&self, s: usize) -> bool {
        // What is in it may have gone on.
        if self.vendor.has_gone_on() {
            self.goes_on().await;
        }
        let (step, one) = (&self.steps[s], self.one(s));
        let why = one.last.map(|(_, why)| why);
        if self.aborts(s) {
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
        let more = match why {
            Some(Why::Panicked) => step.place == Place::After && one.panics < 3,
            Some(Why::Error(trouble)) => {
                // A saga that was a step says by its own `#[classify]` what its failure means.
                let of = step.saga.map_or(step, |steps| &steps[0]);
                verdict(of, trouble) != Verdict::Refused
                    && (trouble.may_pass() || !step.classified)
                    && one.tries < self.declared(s).again
            }
            // Of its own items or keys, not of those of a loop in it.
            Some(Why::TooManyItems) if step.each > 0 || step.lock > 0 => false,
            _ => one.tries < self.declared(s).again,
        };
        if more && !self.forbids_another(s) {
            let waited = self.wait(backoff(step, 2, 8, one.failures())).await;
            if !waited {
                self.set(s, Phase::Failed);
            }
            return waited;
        }
        if !step.instead || step.each > 0 {
            self.fail(s);
            return false;
        }
        self.change(s, |one| one.replaced = true);
        self.goes_on().await;
        if let Answer::Yes(number) = self.vendor.stand_in(step.name).await {
            let effect = match step.saga {
                Some(_) => format!("{:?}", number.to_string()),
                None => number.to_string(),
            };
            self.happened(s, effect);
            self.set(s, Phase::FellBack);
        } else {
            self.fail(s);
        }
        false
    }
}
