//! How a saga parks when it makes its events: each run here parks if the report says so, and rolls
//! back what the report says.

use serde::{Deserialize, Serialize};
use typed_saga::{
    Completeness, Key, Outcome,
    definition::Definition,
    engine::{Engine, Memory},
    runtime::{Machine, Prepared},
    saga,
};
use typed_saga_analysis::{Analysis, Cause, RollsBack, Wrong};

type No = &'static str;

#[derive(Debug)]
struct News;

impl News {
    fn panics() -> [Self; 1] {
        panic!("no news")
    }
}

/// JSON has no NaN: what is written cannot be read back.
#[derive(Debug, Serialize, Deserialize)]
struct Rate(f64);

#[derive(Clone)]
struct Bus;

impl Bus {
    #[allow(clippy::unused_async, reason = "what `publish` takes")]
    async fn publish<T>(&self, _: &T) -> Result<(), No> {
        Ok(())
    }
}

saga! {
    saga Tells() with (bus: Bus) -> Result<(), No> emit News {
        step told() { Ok(()) }
            compensate() { Ok(()) }
        emit(=> News::panics());
        publish(bus, event) = Bus::publish;
    }

    saga Complains() with (bus: Bus) -> Result<(), No> emit News {
        step told() { Ok(()) }
            compensate() { Ok(()) }
        emit failed(=> News::panics());
        publish(bus, event) = Bus::publish;
    }

    saga Between() with (bus: Bus) -> Result<(), No> emit News {
        step inner() = saga Tells {} with (bus);
        publish(bus, event) = Bus::publish;
    }

    saga OnSuccess(fails: bool) with (bus: Bus) -> Result<(), No> emit News {
        step held() { Ok(()) }
            compensate() { Ok(()) }
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
        emit(=> News::panics());
        publish(bus, event) = Bus::publish;
    }

    saga OnFailure(fails: bool) with (bus: Bus) -> Result<(), No> emit News {
        step held() { Ok(()) }
            compensate() { Ok(()) }
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
        emit failed(=> News::panics());
        publish(bus, event) = Bus::publish;
    }

    saga OnBoth(fails: bool) with (bus: Bus) -> Result<(), No> emit News {
        step held() { Ok(()) }
            compensate() { Ok(()) }
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
        emit(=> News::panics());
        emit failed(=> News::panics());
        publish(bus, event) = Bus::publish;
    }

    saga OfAChild(fails: bool) with (bus: Bus) -> Result<(), No> emit News {
        step held() = saga Tells {} with (bus);
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
        publish(bus, event) = Bus::publish;
    }

    saga OfItsFailure(fails: bool) with (bus: Bus) -> Result<(), No> emit News {
        step held() = saga Complains {} with (bus);
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
        publish(bus, event) = Bus::publish;
    }

    saga OfAGrandchild(fails: bool) with (bus: Bus) -> Result<(), No> emit News {
        step held() = saga Between {} with (bus);
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
        emit failed(=> News::panics());
        publish(bus, event) = Bus::publish;
    }

    saga OfItems(fails: bool) with (bus: Bus) -> Result<(), No> emit News {
        for _item: u8 in (=> 0..2)
        step held() = saga Tells {} with (bus);
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
        publish(bus, event) = Bus::publish;
    }

    saga Silent(fails: bool) -> Result<(), No> {
        step held() { Ok(()) }
            compensate() { Ok(()) }
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
    }

    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    durable saga Unsaid(fails: bool) with (bus: Bus) -> Result<(), String> emit Rate {
        #[idempotent]
        step held(key) { let _: &Key = key; Ok(()) }
            compensate() { Ok(()) }
        read checked(fails) { if *fails { Err("no".to_owned()) } else { Ok(()) } }
        emit(=> [Rate(f64::NAN)]);
        emit failed(=> [Rate(f64::NAN)]);
        publish(bus, event) = Bus::publish;
    }
}

/// What rolls back, for each way in which the report says that the saga parks because of its events.
fn listed(definition: &Definition, wrong: Wrong) -> Vec<RollsBack> {
    let parks = Analysis::of(definition).parks();
    let of_events = parks.into_iter().filter(|park| park.cause == Cause::Unsaid);
    let all = of_events.map(|park| {
        assert!(park.path.is_empty() && park.step.is_empty() && park.kept.is_empty());
        assert!(park.after.iter().flatten().flatten().any(|it| *it == wrong));
        park.rolls_back
    });
    all.collect()
}

fn rolled_back(is: bool) -> RollsBack {
    if is {
        RollsBack::Run
    } else {
        RollsBack::Nothing
    }
}

/// What rolled back in each run that parked because of its events.
async fn parked<M: Machine<Output = (), Error = No>, const N: usize>(
    sagas: [Prepared<M>; N],
) -> Vec<RollsBack> {
    let mut all = Vec::new();
    for saga in sagas {
        match saga.outcome().await {
            Outcome::Parked(parked) => {
                let unsettled = parked.unsettled();
                assert_eq!(unsettled.unfinished, ["emit"]);
                all.push(rolled_back(unsettled.still_applied.is_empty()));
            }
            Outcome::Completed(()) | Outcome::Compensated(_) => {}
            Outcome::OutputLost(_) => panic!("the output is ()"),
        }
    }
    all
}

macro_rules! as_listed {
    ($($saga:ident $services:tt: $($back:ident),*;)+) => {
        $(
            let runs = [false, true].map(|fails| as_listed!(@run $saga { fails } $services));
            let expected: &[RollsBack] = &[$(RollsBack::$back),*];
            assert_eq!(parked(runs).await, expected, stringify!($saga));
            let found = listed(&$saga::DEFINITION, Wrong::EmitPanicked);
            assert_eq!(found, expected, stringify!($saga));
        )+
    };
    (@run $saga:ident { $fails:ident } ()) => { $saga { $fails }.run() };
    (@run $saga:ident { $fails:ident } (bus)) => { $saga { $fails }.with(Bus) };
}

#[tokio::test]
async fn events_that_panic_park_a_run_that_has_completed_or_one_that_was_rolled_back() {
    as_listed! {
        OnSuccess (bus): Nothing;
        OnFailure (bus): Run;
        OnBoth (bus): Nothing, Run;
        OfAChild (bus): Nothing;
        OfItsFailure (bus): ;
        OfAGrandchild (bus): Nothing, Run;
        OfItems (bus): Nothing;
        Silent (): ;
    }
}

#[tokio::test(start_paused = true)]
async fn so_do_events_that_cannot_be_recorded() {
    let builder = Engine::builder(Memory::new());
    let engine = builder.register::<Unsaid>(UnsaidServices { bus: Bus });
    let engine = engine.start().await.unwrap();
    let mut all = Vec::new();
    for fails in [false, true] {
        let handle = engine.submit(fails.to_string(), Unsaid { fails }).await;
        let outcome = handle.unwrap().outcome().await.unwrap();
        let error = outcome.error().expect("it parks");
        let Completeness::Parked(unsettled) = error.completeness() else {
            panic!("it parks: {error:?}");
        };
        assert_eq!(unsettled.unfinished, ["emit"]);
        all.push(rolled_back(unsettled.still_applied.is_empty()));
    }
    assert_eq!(all, [RollsBack::Nothing, RollsBack::Run]);
    assert_eq!(listed(&Unsaid::DEFINITION, Wrong::UnrecordableEvent), all);
}

#[test]
fn the_report_says_which_events_they_are() {
    let report = Analysis::with_journal(&OnBoth::DEFINITION, false).report();
    let text = report.to_string();
    let (_, events) = text
        .split_once("the events of the saga are lost\n")
        .expect(&text);
    let rows: Vec<_> = events.lines().take(3).map(str::trim).collect();
    let expected = [
        "emit         after a panic; nothing is undone",
        "emit failed  after a panic",
        "→ parked.resume()",
    ];
    assert_eq!(rows, expected, "{text}");
}
