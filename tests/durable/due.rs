//! A saga that is unloaded while it waits is taken up once, when its wait is over: whatever the
//! fractions of a millisecond at which its engine opened and its wait began, no wait ends early, and
//! none is taken up over and over at one moment of the clock.

mod sagas;

use crate::{
    durable::world::{Trouble, World},
    watched::Watched,
};
use sagas::{
    Beside, BesideServices, Doubts, DoubtsServices, Expects, ExpectsServices, HasChild,
    HasChildServices, HasChildren, HasChildrenServices, HasLateChild, HasLateChildServices,
    HasLateChildren, HasLateChildrenServices, Holder, HolderServices, Listens, ListensServices,
    Loops, LoopsServices, Queues, QueuesAfterChild, QueuesAfterChildServices, QueuesAfterChildren,
    QueuesAfterChildrenServices, QueuesOn, QueuesOnServices, QueuesServices, Retries,
    RetriesServices, SLEEP, Sleeps, SleepsAfterChild, SleepsAfterChildServices, SleepsServices,
    Turns, TurnsServices, Undoes, UndoesServices,
};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep, timeout};
use typed_saga::{
    Verdict,
    engine::{
        Builder, Engine, Filter, Memory, ReadStore, SagaId, State,
        for_stores::{LockFilter, LockState},
    },
    runtime::Durable,
};

/// The parts of a millisecond by which the clock of an engine is ahead of tokio's timers, and by which
/// a wait begins after a millisecond of that clock. With some of them a wait is over by one of the two,
/// and not by the other.
const FRACTIONS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_micros(1),
    Duration::from_micros(600),
    Duration::from_micros(999),
];

/// By how much a wait is over when a second engine opens, which takes the saga up at once.
const OVER: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_micros(1),
    Duration::from_micros(600),
    Duration::from_micros(999),
    Duration::from_micros(1_300),
];

/// How late a wait may end: whole milliseconds of the clock, of tokio's timers, and of the looks of a
/// saga that waits for a key.
const LATE: Duration = Duration::from_millis(6);

const WAIT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(3600);

/// A saga that waits once.
struct Case<S> {
    register: fn(Builder, World) -> Builder,
    saga: fn() -> S,
    ends: State,
    wait: Duration,
    /// The calls that fail once for each time that they are named.
    fails: &'static [(&'static str, Verdict)],
    deadline: Option<Duration>,
    /// How often it has been taken up when half of the wait is over.
    before: usize,
    /// How long somebody else has the key.
    held: Option<Duration>,
}

/// Whose store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    One,
    Many,
    /// A second engine opens when the wait is over by so much.
    Another(Duration),
    /// The clock was set back when the second engine opens: the wait begins again.
    SetBack,
}

impl<S: Durable> Case<S> {
    async fn engine(&self, store: &Watched, world: &World) -> Engine {
        let builder = (self.register)(Engine::builder(store.clone()), world.clone());
        let world = world.clone();
        let builder = builder.register::<Holder>(HolderServices { world });
        let builder = builder.unload_after(Duration::ZERO).inbox_interval(LONG);
        // What an engine finds when it opens is not spread over time.
        builder.recovery_rate(u32::MAX).start().await.unwrap()
    }

    /// Whoever has the key has it from here on.
    async fn hold(&self, engine: &Engine, memory: &Memory) {
        let Some(stays) = self.held else { return };
        drop(engine.submit("holder", Holder { stays }).await.unwrap());
        loop {
            let rows = memory.locks(LockFilter::default()).await.unwrap();
            if rows.iter().any(|row| row.state == LockState::Taken) {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
    }

    async fn play(&self, of: Of, [opens, begins]: [Duration; 2]) {
        let name = format!("{} {of:?} {opens:?} {begins:?}", S::DEFINITION.name);
        let (memory, world) = match of {
            Of::One | Of::SetBack => (Memory::new(), World::default()),
            Of::Many | Of::Another(_) => (Memory::shared(), World::default()),
        };
        for (call, verdict) in self.fails {
            world.fails(call, Trouble(*verdict, "on purpose".into()));
        }
        let store = Watched::new(&memory);
        advance(opens).await;
        let mut engine = self.engine(&store, &world).await;
        if of == Of::SetBack {
            // The store in memory begins anew with the system's time, which this leaves behind.
            sleep(LONG).await;
        }
        advance(begins).await;
        let held = Instant::now();
        self.hold(&engine, &memory).await;
        let mut begun = Instant::now();
        if self.held == Some(self.wait) {
            begun = held;
        }
        let mut submit = engine.submit("it", (self.saga)());
        if let Some(deadline) = self.deadline {
            submit = submit.deadline(deadline);
        }
        drop(submit.await.unwrap());
        sleep(self.wait / 2).await;
        let saga = SagaId::new(&*S::DEFINITION.name, "it");
        let row = || async {
            memory
                .list(Filter::of(saga.clone()))
                .await
                .unwrap()
                .remove(0)
        };
        let waits = row().await;
        assert_eq!(
            (waits.state, waits.claimed),
            (State::Waiting, None),
            "{name}"
        );
        assert_eq!(store.times(&saga), self.before, "{name}");
        if of != Of::One && of != Of::Many {
            // As a process that ends.
            drop(engine);
            advance(match of {
                Of::Another(over) => self.wait - begun.elapsed() + over,
                _ => begins,
            })
            .await;
            engine = self.engine(&store, &world).await;
        }
        let handle = engine.handle::<S>("it").await.unwrap();
        tokio::select! {
            ended = timeout(LONG / 2, handle.outcome()) => {
                drop(ended.unwrap_or_else(|_| panic!("{name}: it does not end")).unwrap());
            }
            why = store.too_often() => panic!("{name}: {why}"),
        }
        let took = begun.elapsed();
        let late = took.checked_sub(self.wait);
        let late = late.unwrap_or_else(|| panic!("{name}: it ends early, after {took:?}"));
        let most = LATE
            + if of == Of::SetBack {
                self.wait / 2
            } else {
                Duration::ZERO
            };
        assert!(late <= most, "{name}: it ends after {took:?}");
        assert_eq!(row().await.state, self.ends, "{name}");
        let times = store.times(&saga) - self.before;
        assert_eq!(times, 1, "{name}: how often it is taken up");
    }

    fn with_every_fraction(&self) {
        let fixed = [Of::One, Of::Many, Of::SetBack].into_iter();
        for of in fixed.chain(OVER.map(Of::Another)) {
            for opens in FRACTIONS {
                for begins in FRACTIONS {
                    let mut builder = tokio::runtime::Builder::new_current_thread();
                    let runtime = builder.enable_time().start_paused(true).build();
                    runtime.unwrap().block_on(self.play(of, [opens, begins]));
                }
            }
        }
    }
}

macro_rules! cases {
    ($($test:ident: $saga:ident $services:ident => $ends:ident $(, $field:ident = $value:expr)*;)*) => {$(
        #[test]
        fn $test() {
            let case = Case {
                register: |builder, world| builder.register::<$saga>($services { world }),
                saga: || $saga {},
                ends: State::$ends,
                wait: WAIT,
                fails: &[],
                deadline: None,
                before: 0,
                held: None,
            };
            let case = Case { $($field: $value,)* ..case };
            case.with_every_fraction();
        }
    )*};
}

const FAILS: &[(&str, Verdict)] = &[("look", Verdict::Transient)];

cases! {
    a_signal_times_out: Listens ListensServices => Compensated;
    the_deadline_of_a_saga: Expects ExpectsServices => Compensated, deadline = Some(WAIT);
    a_sleep: Sleeps SleepsServices => Completed, wait = SLEEP;
    before_the_next_attempt: Retries RetriesServices => Completed, fails = FAILS;
    before_the_next_compensation: Undoes UndoesServices => Compensated,
        fails = &[("look", Verdict::Refused), ("-a", Verdict::Transient)];
    before_turning: Turns TurnsServices => Completed, fails = &[("look", Verdict::Refused)];
    a_request_that_may_be_late: Doubts DoubtsServices => Completed,
        fails = &[("+a", Verdict::Unknown)];
    a_lock_times_out: Queues QueuesServices => Compensated, held = Some(LONG);
    a_lock_without_a_limit: QueuesOn QueuesOnServices => Completed, held = Some(WAIT);
    several_waits_in_a_block: Beside BesideServices => Completed, wait = SLEEP, fails = FAILS;
    the_items_of_a_loop: Loops LoopsServices => Completed,
        fails = &[("look", Verdict::Transient), ("look", Verdict::Transient)];
    a_child_that_sleeps: HasChild HasChildServices => Completed, wait = SLEEP;
    the_deadline_of_a_child: HasLateChild HasLateChildServices => Compensated;
    children_that_sleep: HasChildren HasChildrenServices => Completed, wait = SLEEP;
    the_deadline_of_children: HasLateChildren HasLateChildrenServices => Compensated;
    a_sleep_after_a_child: SleepsAfterChild SleepsAfterChildServices => Completed, wait = SLEEP, before = 1;
    a_lock_after_a_child: QueuesAfterChild QueuesAfterChildServices => Completed, before = 1,
        held = Some(WAIT);
    a_lock_after_children: QueuesAfterChildren QueuesAfterChildrenServices => Completed, before = 1,
        held = Some(WAIT);
}
