//! Tables 1 and 2: what an attempt reports, and how doubt is settled.

use saga::Verdict;
use tokio::time::{Instant, timeout};

use super::{Phase, Run, Why, backoff, tuple, verdict};
use crate::reference::{
    answer::Answer,
    script::{LATE, SHORT, TIMEOUT},
    step::Place,
};

enum Way {
    Leave,
    Ask,
    Repeat,
    Cancel,
}

/// What failed last while doubt is settled.
#[derive(PartialEq)]
enum Failed {
    Nothing,
    Action,
    Ask,
    Cancel,
}

/// What a lane does once an attempt and its doubt are over.
pub(super) enum Settled {
    Known,
    /// The same operation once more.
    Repeat,
    Over,
}

impl Run<'_> {
    /// Table 1.
    pub(super) async fn attempt(&self, s: usize) {
        let step = &self.steps[s];
        self.begin_round(s);
        let key = (!step.read).then(|| self.key(s));
        let reads = self.reads(s);
        self.acting.set(true);
        let call = self.vendor.act(step.name, key.as_deref(), reads);
        let answer = if step.timed {
            timeout(step.unit() * TIMEOUT, call).await.ok()
        } else {
            Some(call.await)
        };
        self.acting.set(false);
        let before = self.one(s);
        // A doubt of before a turn counts from the first answer behind it.
        let since = before.since.unwrap_or_else(Instant::now);
        let late = !step.late || since.elapsed() >= step.unit() * LATE;
        let (why, unknown, clears) = match answer {
            Some(Answer::Yes(number)) => return self.happened(s, number.to_string()),
            Some(Answer::Err(trouble)) => {
                let verdict = verdict(step, trouble);
                let clears = verdict == Verdict::Refused && step.same && late && !before.half;
                let half = verdict == Verdict::Partial && !step.read;
                self.change(s, |one| one.half |= half);
                let unknown = matches!(verdict, Verdict::Unknown | Verdict::Partial);
                (Why::Error(trouble), unknown, clears)
            }
            None => (Why::TimedOut, true, false),
            Some(_) => (Why::Panicked, true, false),
        };
        self.failed(s, why);
        self.change(s, |one| {
            one.doubt = !step.read && (unknown || one.doubt && !clears);
            one.since = Some(if unknown { Instant::now() } else { since });
        });
    }

    pub(super) fn begin_round(&self, s: usize) {
        self.change(s, |one| {
            if one.next_round && !one.doubt {
                one.round += 1;
                one.next_round = false;
            }
            one.started = true;
            one.tries += 1;
        });
    }

    /// The values that an action reads.
    pub(super) fn reads(&self, s: usize) -> String {
        if let Some(items) = &self.items {
            return items.reads.borrow().clone();
        }
        let step = &self.steps[s];
        let values: Vec<_> = step.on.iter().map(|b| self.value(*b, step.block)).collect();
        tuple(&values)
    }

    pub(super) fn happened(&self, s: usize, effect: String) {
        self.change(s, |one| {
            one.effect = Some(effect);
            one.doubt = false;
            one.half = false;
            one.last = None;
        });
        self.set(s, Phase::Applied);
    }

    pub(super) fn failed(&self, s: usize, why: Why) {
        self.failed_as(s, (Some(self.steps[s].name), why));
    }

    /// By what is in it.
    pub(super) fn failed_as(&self, s: usize, failure: super::Failed) {
        let (_, why) = failure;
        self.change(s, |one| {
            one.last = Some(failure);
            one.panics += u32::from(why == Why::Panicked);
        });
    }

    /// Table 2.
    pub(super) async fn settle(&self, s: usize) -> Settled {
        let (step, mut failed) = (&self.steps[s], Failed::Action);
        while self.one(s).doubt {
            let one = self.one(s);
            let Some(way) = self.way(s) else {
                return self.unsettled(s);
            };
            let wait = match (&way, &failed) {
                (_, Failed::Nothing) => None,
                (Way::Repeat, _) => Some(backoff(step, 2, 8, one.tries.max(one.panics))),
                (Way::Ask, Failed::Ask) => Some(backoff(step, 1, 2, one.asks)),
                (Way::Cancel, Failed::Cancel) => Some(backoff(step, 1, 4, one.undos)),
                _ => None,
            };
            if let Some(wait) = wait {
                self.wait(wait).await;
                failed = Failed::Nothing;
                continue;
            }
            match way {
                Way::Leave => return Settled::Over,
                Way::Repeat => return Settled::Repeat,
                Way::Ask if !self.late_has_passed(s).await => {}
                Way::Ask => {
                    self.ask(s).await;
                    failed = Failed::Ask;
                }
                Way::Cancel => {
                    let done = self.undo(s).await;
                    self.change(s, |one| {
                        one.doubt = !done;
                        one.half &= !done;
                    });
                    failed = Failed::Cancel;
                }
            }
        }
        Settled::Known
    }

    fn way(&self, s: usize) -> Option<Way> {
        let (step, one) = (&self.steps[s], self.one(s));
        let leave = (step.keep || step.with.is_some()).then_some(Way::Leave);
        let ask = (one.asks < step.ask && !one.half).then_some(Way::Ask);
        let repeat = (step.same && one.tries < step.again).then_some(Way::Repeat);
        let cancel = (step.by_key && one.undos < step.undo).then_some(Way::Cancel);
        if self.back.get() {
            leave.or(cancel).or(ask).or(repeat)
        } else {
            ask.or(repeat).or(cancel)
        }
    }

    /// Waits for late arrivals, or until the direction changes; whether the wait is over.
    async fn late_has_passed(&self, s: usize) -> bool {
        let step = &self.steps[s];
        if !step.late {
            return true;
        }
        let since = self.one(s).since.unwrap_or_else(Instant::now);
        self.change(s, |one| one.since = Some(since));
        self.wait((since + step.unit() * LATE) - Instant::now())
            .await
    }

    async fn ask(&self, s: usize) {
        let (step, key) = (&self.steps[s], self.key(s));
        let call = self.vendor.resolve(step.name, &key);
        match timeout(step.unit() * SHORT, call).await {
            Ok(Answer::Yes(number)) => self.happened(s, number.to_string()),
            Ok(Answer::Nothing) => self.change(s, |one| one.doubt = false),
            _ => self.change(s, |one| one.asks += 1),
        }
    }

    /// One attempt of the compensation.
    pub(super) async fn undo(&self, s: usize) -> bool {
        let (step, key) = (&self.steps[s], self.key(s));
        self.change(s, |one| one.next_round = true);
        let with = match (step.by_key, self.one(s).effect, self.first.get()) {
            (false, Some(effect), Some(why)) => format!("{effect} because {why:?}"),
            _ => String::new(),
        };
        let call = self.vendor.undo(step.name, &key, with);
        let done = matches!(timeout(step.unit() * SHORT, call).await, Ok(Answer::Yes(_)));
        self.change(s, |one| one.undos += u32::from(!done));
        done
    }

    pub(super) fn unsettled(&self, s: usize) -> Settled {
        let step = &self.steps[s];
        if step.ask == 0 && !step.same && !step.by_key && !step.has_parts() && !self.one(s).half {
            self.change(s, |one| {
                one.doubt = false;
                one.perhaps = true;
            });
            return Settled::Known;
        }
        let forward = !self.back.get();
        if forward {
            self.blame(s);
        }
        if !((step.keep || step.with.is_some()) && step.place == Place::Before) {
            self.set(s, Phase::Unsettled);
        }
        if forward && step.place == Place::Before {
            self.go_back();
        }
        Settled::Over
    }
}
