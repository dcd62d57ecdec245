//! Sagas that are resumed while they are being released.

use crate::{
    Engine, Memory,
    error::Unreadable,
    runtime::inner::Else,
    runtime::resumed::{Restored, Resumed, RunContext},
    runtime::run::{AnySaga, Attempted, Recovered, Run},
    store::{Row, SagaId, Stored, Turn},
};
use std::{
    any::{Any, TypeId},
    hint::spin_loop,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};
use tokio::{runtime, time::Instant};
use typed_saga_core::{
    Definition, Key,
    definition::Backoff,
    run::{Node, RunHistory},
};

/// A saga that never runs.
struct Parcel;

impl AnySaga for Parcel {
    fn definition(&self) -> &'static Definition {
        static PARCEL: Definition = Definition::EMPTY;
        &PARCEL
    }

    fn fingerprint(&self) -> u64 {
        1
    }

    fn type_of(&self) -> TypeId {
        TypeId::of::<Self>()
    }

    fn input(&self, _: &str) -> Result<Box<dyn Any + Send>, String> {
        unreachable!()
    }

    fn kept(&self, _: &str) -> Result<String, String> {
        unreachable!()
    }

    fn begin(
        &self,
        _: Box<dyn Any>,
        _: RunContext<'_>,
        _: Option<Duration>,
    ) -> Result<Run, Unreadable> {
        unreachable!()
    }

    fn recover(&self, _: &Row, _: &mut Resumed) -> Result<Recovered, Unreadable> {
        unreachable!()
    }

    fn told(&self, _: &Stored) -> Result<Arc<dyn Any + Send + Sync>, Unreadable> {
        unreachable!()
    }

    fn failed(&self, _: &Row, _: &mut Restored) -> Result<Arc<dyn Any + Send + Sync>, Unreadable> {
        unreachable!()
    }

    fn reads(&self, _: &mut Restored) -> Result<(), Unreadable> {
        unreachable!()
    }

    fn snapshot(&self, _: &RunHistory<Instant>) -> Result<Box<dyn Any + Send>, Unreadable> {
        unreachable!()
    }

    fn other_inputs(&self, _: &str, _: &str) -> Option<Vec<String>> {
        unreachable!()
    }

    fn same_signal(&self, _: u16, _: &str, _: &str) -> bool {
        unreachable!()
    }

    fn check(&self, _: &[Node], _: u16, _: &str) -> Result<(), String> {
        unreachable!()
    }

    fn publish(&self, _: &str, _: Key) -> Attempted {
        unreachable!()
    }

    fn backoff(&self) -> &Backoff {
        unreachable!()
    }
}

/// How often a saga is resumed at the moment when it is released.
const ROUNDS: usize = 4_000;

/// Otherwise it would be claimed without a task.
#[test]
fn a_saga_that_is_taken_up_at_the_moment_when_it_is_released_is_at_hand() {
    // Nothing drives the tasks, so a saga that is resumed stays at hand.
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut builder = Engine::builder(Memory::new());
    builder.entries.insert("Parcel".into(), Arc::new(Parcel));
    let engine = runtime.block_on(builder.start()).unwrap();
    let inner = &engine.inner;
    let saga = |round: usize| SagaId::new("Parcel", round.to_string());
    // Each thread starts a round once both have reached it.
    let arrived = AtomicUsize::new(0);
    let meet = |times: usize| {
        arrived.fetch_add(1, SeqCst);
        let mut spins = 0;
        while arrived.load(SeqCst) < 2 * times {
            spin_loop();
            spins += 1;
            // The other thread may need this processor.
            if spins % 1_000 == 0 {
                thread::yield_now();
            }
        }
    };
    thread::scope(|threads| {
        threads.spawn(|| {
            let _inside = runtime.enter();
            for round in 0..ROUNDS {
                let saga = saga(round);
                meet(2 * round + 1);
                inner.take_up((&saga, Turn(1)), Duration::ZERO, None);
                meet(2 * round + 2);
            }
        });
        let _inside = runtime.enter();
        let mut lost = 0;
        for round in 0..ROUNDS {
            let saga = saga(round);
            let held = inner.hold_only(&saga, Parcel.definition(), Else::Nothing);
            meet(2 * round + 1);
            // It is released a little later in each round, so that in some rounds it is being
            // resumed at that moment.
            (0..round % 256).for_each(|_| spin_loop());
            drop(held);
            meet(2 * round + 2);
            lost += usize::from(!inner.live().at_hand.contains_key(&saga));
        }
        assert_eq!(lost, 0);
    });
}
