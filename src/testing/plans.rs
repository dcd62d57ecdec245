//! Plays the schedules of two sagas, without a refusal and with each possible one, by the number of
//! switches.

use super::{
    beside::Beside,
    compare::{ORDERS, Outcome, Serial},
    gate::{Gate, Seat, Side},
    interplay::Interplay,
    known::Errors,
    pair::{Order, play},
    schedule::{Refusal, Schedule, verdict},
    search::Search,
    stage::Stage,
};
use std::{
    fmt::Debug,
    sync::{Arc, Mutex},
    time::Duration,
};
use typed_saga_core::{CallKind, LockTable, Machine};

/// The schedules with one refusal, or without any, and the serial results for them.
struct Plan<S> {
    search: Search,
    serial: Serial<S>,
}

impl<W, A, B, S> Beside<W, A, B, S>
where
    W: Send + Sync + 'static,
    A: Machine,
    B: Machine,
    S: PartialEq + Debug,
{
    /// Plays one schedule alone.
    #[track_caller]
    pub(super) fn play_only(&self, text: &str, report: &mut Interplay) {
        report.of_one();
        let schedule = match Schedule::read(text, &self.casts) {
            Ok(schedule) => schedule,
            Err(why) => panic!("no schedule: {why}"),
        };
        let serial = self.serial(schedule.refusal);
        let outcome = self.follow(&schedule);
        if let Some(at) = outcome.played.astray {
            let side = schedule.turns[at];
            let saga = report.two.name(side);
            panic!(
                "no schedule: {saga} has no call to make at letter {} of {text:?}",
                at + 1
            );
        }
        if let Some(refusal) = schedule.refusal {
            let Some(is_refused) = self.refused(refusal, &outcome) else {
                panic!("no schedule: {text:?} refuses a call that is not made");
            };
            assert!(
                is_refused,
                "no error refuses the call of {text:?}: see `error` and `error_of`"
            );
        }
        report.plays(&played(&schedule, &outcome), &outcome, &serial);
    }

    pub(super) fn play_all(&self, report: &mut Interplay) {
        let mut plans = vec![self.plan(None)];
        report.serially(&plans[0].serial);
        for switches in 0.. {
            let mut at = 0;
            // The schedules without a refusal come first, and show which calls may be refused.
            while at < plans.len() {
                if !plans[at].search.is_due(switches) {
                    at += 1;
                    continue;
                }
                if report.all_played() == self.limit {
                    report.cut_short(plans.iter().map(|plan| plan.search.complete()));
                    return;
                }
                for refusal in self.play(switches, &mut plans[at], report) {
                    if plans
                        .iter()
                        .all(|plan| plan.search.refusal != Some(refusal))
                    {
                        report.refuses();
                        plans.push(self.plan(Some(refusal)));
                    }
                }
            }
            if plans.iter().all(|plan| plan.search.complete().is_none()) {
                return;
            }
        }
    }

    /// Plays the next schedule with at most this many switches. Returns the calls that may be
    /// refused in it.
    fn play(&self, switches: usize, plan: &mut Plan<S>, report: &mut Interplay) -> Vec<Refusal> {
        let Some(schedule) = plan.search.next(switches) else {
            return Vec::new();
        };
        let outcome = self.follow(&schedule);
        let full = played(&schedule, &outcome);
        assert!(
            outcome.played.astray.is_none(),
            "the sagas do not always make the same calls, because a world or a saga depends on \
             chance or on real time: {} became {}",
            schedule.write(&self.casts),
            full.write(&self.casts)
        );
        plan.search.played(&schedule, &outcome.played.choices);
        report.plays(&full, &outcome, &plan.serial);
        if schedule.refusal.is_some() {
            return Vec::new();
        }
        self.refusals(&outcome, report)
    }

    /// The calls that may be refused in a schedule that was played without a refusal.
    fn refusals(&self, outcome: &Outcome<S>, report: &mut Interplay) -> Vec<Refusal> {
        let mut refusals = Vec::new();
        for made in &outcome.played.made {
            let Some(call) = outcome.call(*made) else {
                continue;
            };
            let ran = outcome.played.rans[made.side.index()].as_ref();
            let done = ran.is_some_and(|ran| ran.story.may_be_done_before(call));
            let part = self.casts[made.side.index()].part(call.site.step);
            let acts = call.site.call == CallKind::Action && part.declared.kind.acts();
            if !acts || done {
                continue;
            }
            let refusal = Refusal {
                side: made.side,
                site: call.site,
            };
            if self.refused(refusal, outcome) == Some(true) {
                refusals.push(refusal);
            } else {
                report.never_refuses(made.side, &part.plain);
            }
        }
        refusals
    }

    fn plan(&self, refusal: Option<Refusal>) -> Plan<S> {
        Plan {
            search: Search::of(refusal),
            serial: self.serial(refusal),
        }
    }

    fn serial(&self, refusal: Option<Refusal>) -> Serial<S> {
        let [a, b, without @ ..] = ORDERS.map(|sides| self.outcome(Order::Serial(sides), refusal));
        Serial {
            orders: [a, b],
            without,
        }
    }

    fn follow(&self, schedule: &Schedule) -> Outcome<S> {
        self.outcome(Order::Turns(&schedule.turns), schedule.refusal)
    }

    fn outcome(&self, order: Order<'_>, refusal: Option<Refusal>) -> Outcome<S> {
        let world = (self.world)();
        let (gate, locks) = (Arc::new(Gate::default()), LockTable::new());
        let played = play(order, &gate, || {
            let stage = |side| self.stage(side, (&gate, &locks), refusal);
            let [a, b] = Side::BOTH.map(stage);
            [self.a.player(&world, a), self.b.player(&world, b)]
        });
        let state = (self.state)(&world);
        Outcome { played, state }
    }

    fn stage(
        &self,
        side: Side,
        (gate, locks): (&Arc<Gate>, &LockTable),
        refusal: Option<Refusal>,
    ) -> Stage {
        let errors = Arc::clone(&self.errors);
        let path = refusal.map(|refusal| refusal.path(side, &self.casts));
        Stage {
            cast: Arc::clone(&self.casts[side.index()]),
            path: path.unwrap_or_default(),
            errors: Box::new(move |ty, verdict| Errors::one_of(&errors, ty, verdict)),
            outage: None,
            ledger: Box::new(Vec::new),
            lateness: Box::new(|_| Duration::ZERO),
            seat: Some(Seat {
                gate: Arc::clone(gate),
                side,
            }),
            locks: locks.clone(),
            state: Mutex::default(),
        }
    }

    /// Whether the test has an error for a call that is to be refused; `None` if the call is not
    /// made.
    fn refused(&self, refusal: Refusal, outcome: &Outcome<S>) -> Option<bool> {
        let ran = outcome.played.rans[refusal.side.index()].as_ref()?;
        let mut calls = ran.story.calls();
        let call = calls.find(|call| call.site == refusal.site)?;
        let part = self.casts[refusal.side.index()].part(refusal.site.step);
        let error = Errors::one_of(&self.errors, call.error?, verdict(part.definition));
        Some(error.is_some())
    }
}

/// The schedule, with all its turns to the end.
fn played<S>(schedule: &Schedule, outcome: &Outcome<S>) -> Schedule {
    let turns = outcome.played.choices.iter().map(|choice| choice.side);
    Schedule {
        turns: turns.collect(),
        refusal: schedule.refusal,
    }
}
