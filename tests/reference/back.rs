//! Table 4, the way back; and what is told at the end.

use std::borrow::Cow;

use tokio::{select, time::sleep};

use super::{One, Phase, Request, Run, Why, backoff, tuple};
use crate::Told;

impl Run<'_> {
    /// Table 4: the step from which the saga turns forward again, if it does.
    pub(super) async fn way_back(&self, end: usize) -> Option<usize> {
        for s in (0..end).rev() {
            self.undoing.set(s);
            let (step, one) = (&self.steps[s], self.one(s));
            if one.phase == Phase::Applied && step.undo > 0 {
                if self.is_held(s) {
                    self.set(s, Phase::Kept);
                } else {
                    self.compensate(s).await;
                }
            }
            if self.may_turn(s) {
                let pause = backoff(step, 1, 3, self.turns.get() + 1);
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

    async fn compensate(&self, s: usize) {
        let step = &self.steps[s];
        while !self.undo(s).await {
            let undos = self.one(s).undos;
            if undos >= step.undo {
                return self.set(s, Phase::Stands);
            }
            sleep(backoff(step, 1, 4, undos)).await;
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
        let agrees =
            !matches!(self.first.get(), Some((_, Why::Error(trouble))) if !trouble.may_pass());
        self.turns.get() < self.steps[s].save
            && !self.one(s).omitted
            && agrees
            && !self.aborted.get()
            && self.request.get() == Request::None
            && (0..s).all(|before| self.one(before).is_committed())
            && !(s..self.steps.len()).any(|after| self.one(after).resists())
    }

    fn turn(&self, s: usize) {
        self.turns.set(self.turns.get() + 1);
        self.back.set(false);
        self.first.set(None);
        for t in s..self.steps.len() {
            let (keep, with) = (self.steps[t].keep, self.steps[t].with.is_some());
            self.change(t, |one| {
                *one = One {
                    doubt: one.doubt && !with,
                    half: one.half && !with,
                    // A block that it turns back into was decided on.
                    decided: one.decided && t == s,
                    round: one.round,
                    next_round: one.next_round || one.started && !keep,
                    left: one.left || keep && one.phase == Phase::Applied,
                    perhaps: one.perhaps && !with,
                    ..One::default()
                };
            });
        }
    }

    pub(super) fn told(&self, end: &'static str) -> Told {
        let passed = |s: usize| self.back.get() && self.steps[s].keep;
        let names = |which: &dyn Fn(usize, One) -> bool| -> Vec<Cow<'static, str>> {
            let steps = 0..self.steps.len();
            let chosen = steps.filter(|&s| which(s, self.one(s)));
            chosen.map(|s| self.steps[s].name.into()).collect()
        };
        // Undone with another step, which is undone.
        let gone = |s: usize| {
            let other = self.steps[s].with.filter(|_| self.back.get());
            other.is_some_and(|other| self.one(other).phase == Phase::Undone)
        };
        let certain =
            |s: usize, one: One| one.left || passed(s) && (one.phase == Phase::Applied || one.half);
        let perhaps = |s: usize, one: One| {
            let covered = self.steps[s].with.is_some();
            !certain(s, one) && !covered && (one.perhaps || one.doubt && passed(s))
        };
        let stands = |s: usize, one: One| {
            let stands = matches!(one.phase, Phase::Applied | Phase::Stands | Phase::Kept);
            stands && !self.steps[s].read && !gone(s) || certain(s, one)
        };
        let doubt = |s: usize, one: One| {
            let doubt = one.doubt || one.perhaps && self.steps[s].with.is_some();
            doubt && !passed(s) && !gone(s) || perhaps(s, one)
        };
        let open = |_: usize, one: One| !self.back.get() && !one.is_committed() && !one.doubt;
        let effects = || (0..self.steps.len()).filter(|&s| self.steps[s].nap == 0);
        let all = || -> Vec<_> { effects().map(|s| self.value(s, None)).collect() };
        let told = Told {
            end,
            failure: self.first.get(),
            ..Told::default()
        };
        match end {
            "completed" => Told {
                output: Some(tuple(&all())),
                failure: None,
                ..told
            },
            "compensated" => Told {
                standing: names(&certain),
                in_doubt: names(&perhaps),
                ..told
            },
            _ => Told {
                standing: names(&stands),
                in_doubt: names(&doubt),
                unfinished: names(&open),
                ..told
            },
        }
    }
}
