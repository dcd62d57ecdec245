//! What only the executor knows of the ways to park, and of the code that runs: each run here does
//! what the report lists.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};
use typed_saga::{
    Cause, Key, Lock, Outcome, Verdict,
    definition::{Definition, parts::Limit},
    engine::{self, Engine, Memory},
    runtime::{LockTable, Machine, Prepared},
    saga,
};
use typed_saga_analysis::{Analysis, Wrong};

type No = Cow<'static, str>;

fn verdict(_: &No) -> Verdict {
    Verdict::Refused
}

fn half(_: &No) -> Verdict {
    Verdict::Partial
}

struct Shelf(u32);

impl Lock for Shelf {
    const NAME: &'static str = "shelf";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

#[derive(Clone, Default)]
struct Shop(Arc<Mutex<u32>>);

impl Shop {
    fn called(&self) {
        *self.0.lock().unwrap() += 1;
    }
}

saga! {
    #[classify(verdict)]
    saga Locked(keys: u32) -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[timeout(never)]
        lock shelves(keys => (0..*keys).map(Shelf).collect()) -> Vec<Shelf>;
    }

    #[classify(verdict)]
    saga Sent(lines: Vec<u32>) -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[idempotent(by = line)]
        for line: u32 in (lines => lines.clone())
        step sent(line) { let _ = line; Ok(()) }
    }

    #[classify(verdict)]
    #[timeout(1s)]
    durable saga Looked(len: usize) -> Result<usize, No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        read text(len) -> String { Ok("x".repeat(*len)) }
        text.len()
    }

    #[classify(verdict)]
    #[timeout(1s)]
    durable saga Packed(lens: Vec<usize>) -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[idempotent]
        for text: String in (lens => lens.iter().map(|len| "x".repeat(*len)))
        step packed(text, key) { let _: (&String, &Key) = (text, key); Ok(()) }
    }

    #[classify(verdict)]
    saga Told(fails: bool) with (shop: Shop) -> Result<(), No> {
        read told(shop, fails) { shop.called(); if *fails { Err("no".into()) } else { Ok(()) } }
        finally(shop) { shop.called(); }
    }
}

saga! {
    #[classify(half)]
    saga HalfBefore() with (shop: Shop) -> Result<(), No> {
        step made(shop) -> u32 { shop.called(); Err("half".into()) }
            resolve() { Ok(None) }
            compensate(made) { let _ = made; Ok(()) }
        let _ = made;
    }

    #[classify(half)]
    saga HalfAtPivot() with (shop: Shop) -> Result<(), No> {
        pivot made(shop) { shop.called(); Err("half".into()) }
            resolve() { Ok(None) }
    }

    #[classify(half)]
    saga HalfAfter() with (shop: Shop) -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        step made(shop) { shop.called(); Err("half".into()) }
            resolve() { Ok(None) }
    }

    /// Its second attempt finishes what the first has begun.
    #[classify(half)]
    saga HalfAndRepeated() with (shop: Shop) -> Result<(), No> {
        #[idempotent]
        pivot made(shop, key) {
            let _: &Key = key;
            shop.called();
            if *shop.0.lock().unwrap() == 1 {
                Err("half".into())
            } else {
                Ok(())
            }
        }
            resolve() { Ok(None) }
    }
}

/// Whether the report lists this for the step.
fn lists(definition: &Definition, step: &str, wrong: Wrong) -> bool {
    let parks = Analysis::of(definition).parks();
    let of_step = parks.iter().filter(|park| park.step == *step);
    let mut all = of_step.flat_map(|park| park.after.iter().flatten().flatten());
    all.any(|listed| *listed == wrong)
}

/// The saga parks because of this step, for the reason that the report lists.
async fn parks<M: Machine<Error = No>>(
    saga: Prepared<M>,
    (step, wrong): (&str, Wrong),
    is_reason: fn(&Cause<No>) -> bool,
) {
    let outcome = saga.outcome().await;
    let Outcome::Parked(parked) = outcome else {
        panic!("it does not park");
    };
    assert_eq!(parked.failure().step(), Some(step));
    assert!(is_reason(parked.failure().cause()));
    assert!(lists(M::DEFINITION, step, wrong), "{step} {wrong:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_step_after_the_pivot_cannot_take_parks() {
    let table = LockTable::new();
    let saga = Locked { keys: 1001 }.run().locks(&table);
    let many = |cause: &Cause<_>| matches!(cause, Cause::TooManyItems { limit: 1000 });
    parks(saga, ("shelves", Wrong::TooManyKeys), many).await;

    let lines = |lines: &[u32]| Sent {
        lines: lines.to_vec(),
    };
    let saga = lines(&[1, 2, 3]).run().items_limit(2);
    let many = |cause: &Cause<_>| matches!(cause, Cause::TooManyItems { limit: 2 });
    parks(saga, ("sent", Wrong::TooManyItems), many).await;
    let equal = |cause: &Cause<_>| matches!(cause, Cause::EqualItems { .. });
    parks(lines(&[1, 1]).run(), ("sent", Wrong::EqualItems), equal).await;
}

/// Whether the report says that one error that means `Partial` is enough.
fn lists_one_half(definition: &Definition) -> bool {
    let parks = Analysis::of(definition).parks();
    let mut enough = parks.iter().flat_map(|park| &park.after);
    enough.any(|enough| *enough == [[Wrong::Partial]])
}

#[tokio::test(start_paused = true)]
async fn what_has_half_happened_and_can_only_be_asked_for_parks_at_once() {
    macro_rules! at_once {
        ($($saga:ident)*) => { $(
            let shop = Shop::default();
            let failed = |cause: &Cause<_>| matches!(cause, Cause::Failed(_));
            let saga = $saga {}.with(shop.clone());
            parks(saga, ("made", Wrong::Partial), failed).await;
            assert_eq!(*shop.0.lock().unwrap(), 1, "it is called once");
            assert!(lists_one_half(&$saga::DEFINITION));
        )* };
    }
    at_once! { HalfBefore HalfAtPivot HalfAfter }

    let shop = Shop::default();
    let outcome = HalfAndRepeated {}.with(shop.clone()).outcome().await;
    assert!(matches!(outcome, Outcome::Completed(())), "{outcome:?}");
    assert_eq!(*shop.0.lock().unwrap(), 2);
    assert!(!lists_one_half(&HalfAndRepeated::DEFINITION));
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_to_record_after_the_pivot_parks() {
    let builder = Engine::builder(Memory::new()).effect_limit(100);
    let builder = builder.register::<Looked>(LookedServices);
    let engine = builder.register::<Packed>(PackedServices);
    let engine = engine.start().await.unwrap();
    let looked = engine.submit("l", Looked { len: 200 }).await.unwrap();
    let outcome = looked.outcome().await.unwrap();
    assert!(
        matches!(outcome, engine::DurableOutcome::Parked(_)),
        "{outcome:?}"
    );
    assert!(lists(&Looked::DEFINITION, "text", Wrong::Unrecordable));

    let packed = engine
        .submit("p", Packed { lens: vec![200] })
        .await
        .unwrap();
    let outcome = packed.outcome().await.unwrap();
    assert!(
        matches!(outcome, engine::DurableOutcome::Parked(_)),
        "{outcome:?}"
    );
    let wrong = Wrong::UnrecordableItems;
    assert!(lists(&Packed::DEFINITION, "packed", wrong));
}

/// How often the report says that code runs that reads the service.
fn calls_at_most(definition: &Definition) -> u32 {
    let services = Analysis::with_journal(definition, false).services();
    match services[0].runs(None) {
        Some(Limit::Times(times)) => times,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn finally_is_one_of_the_calls() {
    for fails in [false, true] {
        let shop = Shop::default();
        let handle = Told { fails }.with(shop.clone()).start();
        let outcome = handle.finished().await;
        assert_eq!(matches!(outcome, Outcome::Completed(())), !fails);
        assert_eq!(*shop.0.lock().unwrap(), calls_at_most(&Told::DEFINITION));
    }
}
