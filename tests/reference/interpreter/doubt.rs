//! Tables 1 and 2: what an attempt reports, and how doubt is settled.

use tokio::time::{Instant, sleep_until, timeout};
use typed_saga::Verdict;

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
        let mut early = false;
        let (why, unknown, clears) = match answer {
            Some(Answer::Yes(number)) => return self.happened(s, number.to_string()),
            Some(Answer::Err(trouble)) => {
                let verdict = verdict(step, trouble);
                let refused = verdict == Verdict::Refused && step.same && !before.half;
                let clears = refused && late;
                early = refused && !late && before.doubt;
                let half = verdict == Verdict::Partial && !step.read;
                self.change(s, |one| one.half |= half);
                let unknown = matches!(verdict, Verdict::Unknown | Verdict::Partial);
                (Why::Error(trouble), unknown, clears)
            }
            None => (Why::TimedOut, true, false),
            Some(_) => (Why::Panicked, true, false),
        };
        self.failed(s, why);
        let aborts = match why {
            Why::Error(trouble) => step.classified && trouble.verdict().aborts(),
            _ => false,
        };
        self.change(s, |one| {
            one.aborts = aborts || before.doubt && one.aborts;
            one.doubt = !step.read && (unknown || one.doubt && !clears);
            one.late &= !unknown;
            one.since = Some(if unknown { Instant::now() } else { since });
            one.early = early;
            if unknown && step.is_undone_late() {
                one.lost = one.since;
            } else if clears {
                one.lost = None;
            }
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
            one.early = false;
            one.doubt = false;
            one.half = false;
            one.last = None;
            one.aborts = false;
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
            one.once_more[0] = false;
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
            // The next attempt is to count.
            if matches!(way, Way::Repeat) && one.early {
                if self.late_has_passed(s).await {
                    return Settled::Repeat;
                }
                failed = Failed::Nothing;
                continue;
            }
            let wait = match (&way, &failed) {
                (_, Failed::Nothing) => None,
                (Way::Repeat, _) => Some(backoff(step, 2, 8, one.failures().max(1))),
                (Way::Ask, Failed::Ask) => Some(backoff(step, 1, 2, one.asked)),
                (Way::Cancel, Failed::Cancel) => Some(backoff(step, 1, 4, one.undos)),
                _ => None,
            };
            if let Some(wait) = wait {
                self.wait(wait).await;
                failed = Failed::Nothing;
                continue;
            }
            if self.goes_on().await {
                // Whether there is a wait is decided.
                failed = Failed::Nothing;
                continue;
            }
            match way {
                Way::Leave => {
                    // Nothing settles it any more.
                    self.aborts(s);
                    return Settled::Over;
                }
                Way::Repeat => return Settled::Repeat,
                Way::Ask if !self.one(s).late && !self.late_has_passed(s).await => {}
                // During the wait.
                Way::Ask if self.goes_on().await => {}
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
        let (step, one) = (self.declared(s), self.one(s));
        let [act, ask, undo] = one.once_more;
        let leave = (step.keep || step.with.is_some()).then_some(Way::Leave);
        let ask = ((one.asked < step.ask || ask) && !one.half).then_some(Way::Ask);
        let repeats = one.tries < step.again + one.one_more(step.again) || act;
        let repeat = (step.same && repeats).then_some(Way::Repeat);
        let cancel = (step.by_key && (one.undos < step.undo || undo)).then_some(Way::Cancel);
        if self.back.get() {
            leave.or(cancel).or(ask).or(repeat)
        } else {
            ask.or(repeat).or(cancel)
        }
    }

    /// Waits for late arrivals, or until the direction changes; whether the wait is over.
    pub(super) async fn late_has_passed(&self, s: usize) -> bool {
        let step = &self.steps[s];
        if !step.late {
            return true;
        }
        let since = self.one(s).since.unwrap_or_else(Instant::now);
        self.change(s, |one| one.since = Some(since));
        let over = self.wait((since + step.unit() * LATE) - Instant::now());
        let over = over.await;
        self.change(s, |one| {
            one.late |= over;
            one.lost = one.lost.filter(|_| !over);
        });
        over
    }

    /// Waits until nothing can arrive any more of the step, or of what is undone with it.
    pub(super) async fn nothing_arrives(&self, s: usize) {
        let whole = self.items.is_none();
        let undone: Vec<_> = (0..self.steps.len())
            .filter(|&t| t == s || whole && self.steps[t].with == Some(s))
            .collect();
        let over = undone.iter().filter_map(|&t| self.arrives_until(t)).max();
        if let Some(over) = over {
            sleep_until(over).await;
        }
        for t in undone {
            self.change(t, |one| one.lost = None);
        }
    }

    /// Until when unconfirmed attempts of the step may arrive, or of its items.
    fn arrives_until(&self, s: usize) -> Option<Instant> {
        let step = &self.steps[s];
        let own = self.one(s).lost.map(|lost| lost + step.unit() * LATE);
        let parts = self.parts.borrow();
        let items = parts[s].iter().filter(|_| step.with.is_some());
        let items = items.flat_map(|looped| {
            (0..looped.steps.len()).filter_map(|item| looped.arrives_until(item))
        });
        items.chain(own).max()
    }

    async fn ask(&self, s: usize) {
        let (step, key) = (&self.steps[s], self.key(s));
        let call = self.vendor.resolve(step.name, &key);
        match timeout(step.unit() * SHORT, call).await {
            Ok(Answer::Yes(number)) => self.happened(s, number.to_string()),
            Ok(Answer::Nothing) => self.change(s, |one| {
                one.doubt = false;
                one.early = false;
            }),
            failed => {
                let why = match failed {
                    Err(_) => Why::TimedOut,
                    Ok(Answer::Err(trouble)) => Why::Error(trouble),
                    Ok(_) => Why::Panicked,
                };
                self.change(s, |one| {
                    one.asked += 1;
                    one.once_more[1] = false;
                    one.unanswered = Some((Some(step.name), why));
                });
            }
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
        self.change(s, |one| {
            one.undos += u32::from(!done);
            one.once_more[2] = false;
        });
        done
    }

    pub(super) fn unsettled(&self, s: usize) -> Settled {
        let step = self.declared(s);
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
        if (step.keep || step.with.is_some()) && step.place == Place::Before {
            // The way back leaves it.
            self.aborts(s);
        } else {
            self.set(s, Phase::Unsettled);
        }
        if forward && step.place == Place::Before {
            self.go_back();
        }
        Settled::Over
    }
}
