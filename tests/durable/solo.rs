//! Durable sagas without an engine: commits are handed out, and calls start when they are on record.

use crate::durable::world::{Trouble, World};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use typed_saga::{
    Verdict,
    engine::{
        Action, Attribution, EngineError, SagaId, Settled, State, Unreadable,
        for_logs::{Solo, SoloRun, SoloStep, Tape, TooLate, Written, record},
    },
    runtime::Services,
    saga,
};

saga! {
    /// Waits for somebody, and for a time.
    #[classify(Trouble::verdict)]
    #[timeout(5s)]
    #[retry(1, 0s..0s)]
    durable saga Parcel(night: Duration) with (world: World) -> Result<u32, Trouble> {
        #[late(0s)]
        step hold(world, key) -> u32 { world.call("+hold", key)?; Ok(1) }
            resolve(world, key) {
                Ok(world
                    .ledger()
                    .standing
                    .contains_key(key.as_str())
                    .then_some(1))
            }
            #[retry(1, 0s..0s)]
            compensate(world, hold, key) { let _ = hold; world.call("-hold", key) }

        #[timeout(5s)]
        signal approved -> u32;

        sleep night_is_over(night => *night);

        #[idempotent]
        pivot pay(world, approved, key) -> u32 { world.call("+pay", key)?; Ok(*approved) }

        finally(outcome) {
            assert!(outcome.failure().is_none() || outcome.completeness().is_some());
        }

        hold + pay
    }
}

const INPUT: &str = r#"{"night":{"secs":0,"nanos":60000000}}"#;

fn solo(world: &World) -> Solo<Parcel> {
    let world = world.clone();
    Solo::new(ParcelServices { world }).nap(Duration::from_millis(20))
}

/// The log: what is on record of one saga.
#[derive(Default)]
struct Log(Option<Tape>);

impl Log {
    fn keep(&mut self, written: &Written) {
        match &mut self.0 {
            Some(tape) => tape.push(written).unwrap(),
            none => {
                let id = SagaId::new("Parcel", "p");
                *none = Some(Tape::begin(id, written).unwrap());
            }
        }
    }

    fn tape(&self) -> &Tape {
        self.0.as_ref().expect("it has begun")
    }

    fn state(&self) -> State {
        self.tape().stored().row.state
    }

    fn records(&self) -> Vec<record::RecordKind> {
        let commits = self.tape().stored().commits.iter();
        let records = commits.flat_map(|commit| record::decode(&commit.records).unwrap());
        records.map(|record| record.what).collect()
    }

    /// Runs until it rests, or nothing is left.
    async fn follow(&mut self, run: &mut SoloRun) {
        while let SoloStep::Write(written) = run.step().await.unwrap() {
            self.keep(&written);
            run.acknowledge(Instant::now()).unwrap();
            if written.rests().is_some() {
                return;
            }
        }
    }

    fn signal(&mut self, solo: &Solo<Parcel>, value: u32) -> Result<(), EngineError> {
        let signal = "approved".to_owned();
        let value = serde_json::value::to_raw_value(&value).unwrap();
        let action = Action::Signal { signal, value };
        let written = solo.act(self.tape(), &action, Attribution::default())?;
        self.keep(&written.expect("a signal is on record"));
        Ok(())
    }
}

async fn step(run: &mut SoloRun) -> Written {
    match run.step().await.unwrap() {
        SoloStep::Write(written) => written,
        SoloStep::Released => panic!("it was not asked to release"),
    }
}

fn begin(solo: &Solo<Parcel>) -> SoloRun {
    solo.begin("p", INPUT, None).unwrap()
}

#[tokio::test]
async fn a_call_starts_when_its_commit_is_acknowledged() {
    let world = World::default();
    let mut run = begin(&solo(&world));
    let first = step(&mut run).await;
    assert!(first.begins.is_some() && first.definition.is_some());
    assert_eq!(step(&mut run).await, first, "it is handed out again");
    assert_eq!(world.calls(), "");
    run.acknowledge(Instant::now()).unwrap();
    let second = step(&mut run).await;
    assert_eq!(world.calls(), "+hold");
    assert_eq!((second.commit.seq, second.begins), (1, None));
}

#[tokio::test]
async fn it_rests_and_goes_on_from_its_tape_to_the_end() {
    let (world, mut log) = (World::default(), Log::default());
    let solo = solo(&world);
    log.follow(&mut begin(&solo)).await;
    assert_eq!(log.state(), State::Waiting);
    let said = solo.why(log.tape()).unwrap();
    assert!(said.starts_with("expects the signal `approved`"), "{said}");
    log.signal(&solo, 7).unwrap();
    let twice = log.signal(&solo, 8).unwrap_err().to_string();
    assert!(twice.ends_with("with another value"), "{twice}");
    log.follow(&mut solo.go_on(log.tape()).unwrap()).await;
    assert_eq!(log.state(), State::Waiting, "it sleeps");
    sleep(Duration::from_millis(80)).await;
    log.follow(&mut solo.go_on(log.tape()).unwrap()).await;
    assert_eq!(log.state(), State::Completed);
    assert_eq!(log.records().last(), Some(&record::RecordKind::Finished));
    assert_eq!(world.calls(), "+hold +pay");
    assert!(matches!(
        solo.go_on(log.tape()).unwrap_err(),
        Unreadable::Over
    ));
}

#[tokio::test]
async fn a_call_that_was_cut_off_is_lost_and_settled() {
    let (world, mut log) = (World::default(), Log::default());
    let solo = solo(&world);
    let mut run = begin(&solo);
    let first = step(&mut run).await;
    log.keep(&first);
    run.acknowledge(Instant::now()).unwrap();
    drop(step(&mut run).await);
    assert_eq!(world.calls(), "+hold", "what it came to is not on record");
    drop(run);
    log.follow(&mut solo.go_on(log.tape()).unwrap()).await;
    assert_eq!(log.state(), State::Waiting, "it was found by `resolve`");
    assert_eq!(world.calls(), "+hold");
    assert!(log.records().contains(&record::RecordKind::Lost));
}

#[tokio::test]
async fn what_is_acknowledged_too_late_starts_no_call() {
    let world = World::default();
    let guard = Duration::from_millis(50);
    let solo = solo(&world).guard(guard);
    let mut run = begin(&solo);
    drop(step(&mut run).await);
    let asked = Instant::now();
    sleep(guard).await;
    assert_eq!(run.acknowledge(asked), Err(TooLate { guard }));
    assert_eq!(world.calls(), "");

    // Acknowledged in time, and frozen before the call.
    let mut run = begin(&solo);
    drop(step(&mut run).await);
    run.acknowledge(Instant::now()).unwrap();
    std::thread::sleep(guard);
    assert_eq!(run.step().await.unwrap_err(), TooLate { guard });
    assert_eq!(world.calls(), "");
}

#[tokio::test]
async fn it_is_cancelled_under_way() {
    let (world, mut log) = (World::default(), Log::default());
    let solo = solo(&world);
    log.follow(&mut begin(&solo)).await;
    let mut run = solo.go_on(log.tape()).unwrap();
    run.cancel(Attribution::new("ada", "not wanted"));
    log.follow(&mut run).await;
    assert_eq!(log.state(), State::Compensated);
    assert_eq!(world.calls(), "+hold -hold");
    let commits = &log.tape().stored().commits;
    assert!(commits.iter().any(|it| it.records.contains("not wanted")));
}

#[tokio::test]
async fn it_is_released_between_two_calls() {
    let (world, mut log) = (World::default(), Log::default());
    let solo = solo(&world);
    let mut run = begin(&solo);
    log.keep(&step(&mut run).await);
    run.acknowledge(Instant::now()).unwrap();
    run.release();
    log.follow(&mut run).await;
    let hung = timeout(Duration::from_secs(1), run.step()).await;
    assert!(matches!(hung, Ok(Ok(SoloStep::Released))));
    log.follow(&mut solo.go_on(log.tape()).unwrap()).await;
    assert_eq!(world.calls(), "+hold");
    assert_eq!(log.state(), State::Waiting);
}

#[tokio::test]
async fn a_parked_saga_is_planned_settled_and_resumed() {
    let (world, mut log) = (World::default(), Log::default());
    let solo = solo(&world);
    log.follow(&mut begin(&solo)).await;
    world.fails("-hold", Trouble(Verdict::Refused, "no".into()));
    let mut run = solo.go_on(log.tape()).unwrap();
    run.cancel(Attribution::default());
    log.follow(&mut run).await;
    assert_eq!(log.state(), State::Parked);
    let plan = solo.plan(log.tape(), &Action::Resume).unwrap();
    assert_eq!(
        plan.to_string(),
        "`hold`: compensation\nthen it is compensated"
    );
    let settle = Action::Settle {
        step: "hold".to_owned(),
        settled: Settled::Undone,
    };
    for action in [settle, Action::Resume] {
        let who = Attribution::new("ada", "looked");
        let written = solo.act(log.tape(), &action, who).unwrap();
        log.keep(&written.expect("it is on record"));
    }
    let refused = solo.act(log.tape(), &Action::Abandon, Attribution::default());
    assert!(matches!(refused, Err(EngineError::Refused { .. })));
    log.follow(&mut solo.go_on(log.tape()).unwrap()).await;
    assert_eq!(log.state(), State::Compensated);
}

#[tokio::test]
async fn a_tape_takes_nothing_that_does_not_follow() {
    let (world, mut log) = (World::default(), Log::default());
    let mut run = begin(&solo(&world));
    let first = step(&mut run).await;
    log.keep(&first);
    run.acknowledge(Instant::now()).unwrap();
    let second = step(&mut run).await;
    let id = || SagaId::new("Parcel", "p");
    assert!(Tape::begin(id(), &second).is_err());
    let tape = log.0.as_mut().unwrap();
    tape.push(&first).unwrap();
    assert_eq!(tape.stored().commits.len(), 1, "the same once more");
    let mut other = first.clone();
    other.commit.records = "[]".to_owned();
    let unfitting = tape.push(&other).unwrap_err();
    assert_eq!((unfitting.seq, unfitting.there), (0, 1));
    other.commit.seq = 2;
    assert!(tape.push(&other).is_err());
}

/// Versions of one saga.
mod versions {
    pub(super) mod first {
        use crate::durable::world::{Trouble, World};
        use typed_saga::saga;

        saga! {
            #[classify(Trouble::verdict)]
            #[timeout(5s)]
            pub(in super::super) durable saga Parcel() with (world: World) -> Result<(), Trouble> {
                #[idempotent]
                step a(world, key) { world.call("+a", key) }
                    compensate(world, key) { world.call("-a", key) }
                #[timeout(never)]
                signal go -> ();
            }
        }
    }

    pub(super) mod longer {
        use crate::durable::world::{Trouble, World};
        use typed_saga::saga;

        saga! {
            #[classify(Trouble::verdict)]
            #[timeout(5s)]
            pub(in super::super) durable saga Parcel() with (world: World) -> Result<(), Trouble> {
                #[idempotent]
                step a(world, key) { world.call("+a", key) }
                    compensate(world, key) { world.call("-a", key) }
                #[timeout(never)]
                signal go -> ();
                #[idempotent]
                step b(world, key) { world.call("+b", key) }
                    compensate(world, key) { world.call("-b", key) }
            }
        }
    }

    pub(super) mod other {
        use crate::durable::world::{Trouble, World};
        use typed_saga::saga;

        saga! {
            #[classify(Trouble::verdict)]
            #[timeout(5s)]
            pub(in super::super) durable saga Parcel() with (world: World) -> Result<(), Trouble> {
                #[idempotent]
                step z(world, key) { world.call("+z", key) }
                    compensate(world, key) { world.call("-z", key) }
            }
        }
    }
}

#[tokio::test]
async fn another_version_goes_on_where_it_can() {
    use versions::{first, longer, other};
    fn solo<S: typed_saga::runtime::Durable>(services: impl Services<S>) -> Solo<S> {
        Solo::new(services)
    }
    let (world, mut log) = (World::default(), Log::default());
    let services = first::ParcelServices {
        world: world.clone(),
    };
    let first = solo::<first::Parcel>(services);
    log.follow(&mut first.begin("p", "{}", None).unwrap()).await;
    let services = other::ParcelServices {
        world: world.clone(),
    };
    let unreadable = solo::<other::Parcel>(services).go_on(log.tape());
    assert!(matches!(unreadable, Err(Unreadable::Changed(_))));
    let services = longer::ParcelServices {
        world: world.clone(),
    };
    let longer = solo::<longer::Parcel>(services);
    let mut run = longer.go_on(log.tape()).unwrap();
    let redefined = step(&mut run).await;
    assert!(
        redefined.definition.is_some(),
        "it is kept with its records"
    );
    log.follow(&mut run).await;
    let value = serde_json::value::to_raw_value(&()).unwrap();
    let signal = "go".to_owned();
    let go = Action::Signal { signal, value };
    let written = longer.act(log.tape(), &go, Attribution::default()).unwrap();
    log.keep(&written.unwrap());
    log.follow(&mut longer.go_on(log.tape()).unwrap()).await;
    assert_eq!(log.state(), State::Completed);
    assert_eq!(world.calls(), "+a +b");
    assert!(log.records().contains(&record::RecordKind::Redefined));
}
