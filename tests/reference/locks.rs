//! Random sagas that take locks, between others that need the same keys: who has one of them before,
//! and who wants another one next.

use std::{
    future::pending,
    panic::resume_unwind,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{
    check, hear,
    nested::{Wrap, Wrap2},
    post::{HALF, post},
    resume,
    script::{Act, Kind, LATE, Lost, SHORT, TIMEOUT, script, unit},
    shape::{shape, shapes, signalled},
    step::{Place, Step, steps},
    trouble::Trouble,
    vendor::Vendor,
};
use proptest::prelude::*;
use tokio::{
    task::yield_now,
    time::{Instant, sleep_until},
};
use typed_saga::{Lock, saga};

/// More keys than this are too many.
pub(crate) const KEYS_LIMIT: usize = 1000;

/// A lock with a name for each number, in ascending order.
pub(crate) struct Numbered<const N: u8>(String);

impl<const N: u8> Lock for Numbered<N> {
    const NAME: &'static str = match N {
        1 => "reference 1",
        2 => "reference 2",
        _ => "reference 3",
    };

    fn key(&self) -> String {
        self.0.clone()
    }
}

/// Another one for each vendor, for keys that nobody else has.
pub(super) fn number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// What another saga does with a key.
#[derive(Clone, Copy, Debug)]
enum Work {
    Until(Instant),
    ForEver,
    /// It comes after the saga with this lock.
    Next(&'static str),
}

saga! {
    /// Another saga, which needs one key of the lock of this number.
    saga Other(number: u8, name: String, work: Work) with (vendor: Vendor) -> Result<(), Trouble> {
        #[timeout(never)]
        lock first(number, name => only(*number == 1, name)) -> Vec<Numbered<1>>;
        #[timeout(never)]
        lock second(number, name => only(*number == 2, name)) -> Vec<Numbered<2>>;
        #[timeout(never)]
        lock third(number, name => only(*number == 3, name)) -> Vec<Numbered<3>>;
        read works(vendor, work) {
            match *work {
                Work::Until(end) => sleep_until(end).await,
                Work::ForEver => pending().await,
                Work::Next(lock) => vendor.serves_next(lock),
            }
            Ok(())
        }
    }
}

fn only<const N: u8>(needed: bool, key: &str) -> Vec<Numbered<N>> {
    let key = needed.then(|| Numbered(key.to_owned()));
    key.into_iter().collect()
}

impl Vendor {
    fn key(&self, which: usize) -> String {
        format!("{} {which}", self.number)
    }

    /// Starts whoever has the first key of each lock before the saga.
    pub(crate) async fn occupies_keys(&self) {
        for lock in self.locks() {
            let work = match self.script.held(lock) {
                Some(0) => continue,
                Some(_) => Work::Until(self.free_from(lock).expect("some time")),
                None => Work::ForEver,
            };
            drop(self.other(lock, 0, work).start());
        }
        yield_now().await;
    }

    fn locks(&self) -> impl Iterator<Item = &'static Step> + use<> {
        let steps: &'static [Step] = self.steps;
        steps.iter().filter(|step| step.lock > 0)
    }

    fn other(
        &self,
        lock: &Step,
        which: usize,
        work: Work,
    ) -> typed_saga::runtime::Prepared<OtherRun> {
        let (number, name) = (lock.lock, self.key(which));
        Other { number, name, work }.with(self.clone())
    }

    /// When its first key is free; at a moment at which nothing else happens.
    fn free_from(&self, lock: &Step) -> Option<Instant> {
        let held = self.script.held(lock)?;
        let apart = Duration::from_millis(100 + u64::from(lock.lock));
        Some(
            self.since
                + if held > 0 {
                    HALF * held + apart
                } else {
                    Duration::ZERO
                },
        )
    }

    /// Waits until nobody before the saga has the lock.
    pub(crate) async fn is_free(&self, lock: &Step) {
        match self.free_from(lock) {
            Some(free) => sleep_until(free).await,
            None => pending().await,
        }
    }

    /// How many keys a lock needs.
    pub(crate) fn keys(&self, lock: &'static str) -> Option<usize> {
        // After the pivot it would be tried again after a wait that is drawn at random.
        let may_fail = self.declared(lock).place == Place::Before;
        match self.called(lock, Kind::Keys, None, String::new()) {
            Act::Fail(Trouble::Never) => Some(0),
            Act::Fail(Trouble::Half) if may_fail => Some(KEYS_LIMIT + 1),
            Act::Lose(_, Lost::Panic) if may_fail => None,
            _ => Some(2),
        }
    }

    /// As the expression of a lock gives them. Somebody else gets in line for the last one next.
    pub(crate) fn needs<const N: u8>(&self, lock: &'static str) -> Vec<Numbered<N>> {
        let Some(keys) = self.keys(lock) else {
            resume_unwind(Box::new("scripted"));
        };
        if keys == 2 {
            drop(self.other(self.declared(lock), 1, Work::Next(lock)).start());
        }
        // One of them twice.
        let keys = (0..keys).chain((keys == 2).then_some(0));
        keys.map(|which| Numbered(self.key(which))).collect()
    }

    /// Whoever comes after the saga has what it had or waited for.
    pub(crate) fn serves_next(&self, lock: &'static str) {
        self.noted(lock, "next", String::new());
    }
}

shape! { InARow true vendor key failure:
    [step a() timed same again(2) undo(2)] [lock k() of(1) wait(4)] [step b(a) timed ask(1) late undo(1) again(2)]
    [lock l() of(2) never] [step c(b) timed undo_by_key(2)] [lock m() of(3) wait(6) maybe] [read d(c) timed again(2) instead]
}
shape! { Turning true vendor key failure:
    [lock k() of(1) wait(5)] [lock l() of(2) wait(3) maybe] [step a() timed same again(2) undo(2) save(2)]
    [step b(a) timed ask(1) undo(1) save(1), step c(a) timed same again(2) undo(2), sleep s() nap(3)] [step d(b c) timed same again(2) anew]
    [step e(d) timed ask(1) undo(1)]
}
shape! { Governed true vendor key failure:
    [step a() timed same again(2) undo(2)] [lock k() of(1) wait(4)]
    when l { [lock l() of(2) wait(5)] [step b(a) timed ask(1) undo(1) again(2)] [lock m() of(3) never maybe] [step c(b) timed undo_by_key(2) save(2)] }
    when d { [step d(b c) timed same again(2) undo(2)] } [step e(d) timed ask(1) undo(1)]
}
shape! { Beyond true vendor key failure:
    [step a() timed same again(2) undo(2)] [lock k() of(1) wait(4)] [pivot b(a) timed ask(1) same again(2)] [lock l() of(2) never]
    [step c(b) timed same again(2), step d() timed ask(1) again(2) instead]
    when m { [lock m() of(3) never] [step e(c) timed same again(2)] } [read f(e) timed again(2)]
}
shape! { Looping true vendor key failure:
    [step a() timed same again(2) undo(2)] [lock k() of(1) wait(4)]
    [step b(a) each(3) beside(2) timed same again(2) undo(2) save(1)] [step c(b) each(2) timed ask(1) again(2) undo(1)]
    [step d(c) timed ask(1) undo(1)]
}
shape! { Nested true vendor key failure:
    [step a() is(Wrap2) again(2)] [lock n() of(1) wait(4)] [step b(a) is(Wrap) again(2) save(1)]
    [step c(b) each(2) is(Wrap) beside(2)] [step d(c) timed ask(1) undo(1)]
}
shape! { Bare false vendor key failure:
    [step a() undo(1)] [lock k() of(1) wait(3)] [step b(a) undo(2)] [lock l() of(2) never maybe] [step c(b) keep instead] [read d(c)]
}
shape! { Plain false vendor key failure:
    [step a() undo(2)] [step b(a) undo(2)] [lock k() of(1) wait(5)] [step c(b) undo(2)] [step d(c) undo(1)] [read e(d)]
}
shape! { Told true vendor key failure:
    [lock k() of(1) wait(4)] [signal x() wait(4)] [step a(x) timed same again(2) undo(2) save(2)]
    [step b(a) timed ask(1) undo(1), signal y() wait(6) instead] [step c(b y) timed same again(2) undo(2)]
}
shape! { ToldBeyond true vendor key failure:
    [step a() timed same again(2) undo(2)] [signal x() never] [lock k() of(1) wait(5)] [pivot b(a) timed ask(1) same again(2)]
    [signal y() wait(3) instead] [lock l() of(2) never] [step c(b) timed same again(2)]
}

shapes! {
    of 1:
    locks_in_a_row InARow
    a_savepoint_behind_locks Turning
    locks_under_conditions Governed
    locks_behind_the_pivot Beyond
    a_plain_saga_with_locks Bare
    a_lock_amid_plain_steps Plain
}

shapes! {
    of 2:
    loops_behind_a_lock Looping
    sagas_behind_a_lock Nested
}

signalled! {
    one_that_waits_for_a_lock_and_is_cancelled InARow InARowSignal {}
    one_that_turns_behind_its_locks_and_is_cancelled Turning TurningSignal {}
    one_with_locks_under_conditions_that_is_cancelled Governed GovernedSignal {}
    one_with_locks_behind_its_pivot_that_is_cancelled Beyond BeyondSignal {}
    plain_steps_around_a_lock_that_are_cancelled Plain PlainSignal {}
    signals_behind_a_lock Told ToldSignal { x X y Y }
    signals_around_locks_and_a_pivot ToldBeyond ToldBeyondSignal { x X y Y }
}
