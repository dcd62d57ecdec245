//! What remains when a saga parks, and what makes it park after the pivot: each run here ends as the
//! report says.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga::{
    Key, Outcome,
    definition::Definition,
    runtime::{Machine, Prepared},
    saga,
};
use typed_saga_analysis::{Analysis, Cause, Park, RollsBack, Wrong};

const ALMOST_10_S: Duration = Duration::from_micros(9_999_900);

type No = &'static str;

saga! {
    #[classify(typed_saga::transient)]
    saga Stay(fails: bool) -> Result<(), No> {
        step room() { Ok(()) }
            #[retry(1)]
            compensate() { Ok(()) }
        step label() { Ok(()) }
            compensate with room
        #[after(room)]
        step towels() { Ok(()) }
            #[retry(1)]
            compensate() { Err("locked") }
        read checked(fails) { if *fails { Err("no") } else { Ok(()) } }
    }

    #[classify(typed_saga::transient)]
    saga Journey() -> Result<(), No> {
        step card() { Ok(()) }
            #[retry(1)]
            compensate() { Ok(()) }
        step receipt() { Ok(()) }
            compensate with card
        #[after(card)]
        step stay() = saga Stay { fails: true };
    }

    #[classify(typed_saga::transient)]
    saga Afterwards() -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[retry(1)]
        step stay() = saga Stay { fails: true };
    }

    #[classify(typed_saga::transient)]
    saga Wrapped(called: AtomicU32) -> Result<(), No> {
        step wrapped(called) { called.fetch_add(1, Relaxed); panic!("nothing settles it") }
            #[retry(1)]
            compensate() { Ok(()) }
    }

    #[classify(typed_saga::transient)]
    saga Sent() -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[retry(5)]
        step wrapped() = saga Wrapped { called: AtomicU32::new(0) };
    }

    #[classify(typed_saga::transient)]
    saga Parcels(all: Vec<u32>) -> Result<(), No> {
        for n: u32 in (all => all.clone())
        step parcel(n) { if *n == 1 { Err("no") } else { Ok(()) } }
            #[retry(1)]
            compensate() { Err("locked") }
    }

    #[classify(typed_saga::transient)]
    saga Shipped() -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[retry(1)]
        step parcels() = saga Parcels { all: vec![0, 1] };
    }

    #[classify(typed_saga::transient)]
    saga Slow() -> Result<(), No> {
        #[timeout(10s)] #[idempotent] #[retry(1)]
        step slow(key) {
            let _: &Key = key;
            sleep(ALMOST_10_S).await;
            Ok(())
        }
            #[timeout(20s)] #[retry(1)]
            compensate() { sleep(2 * ALMOST_10_S).await; Ok(()) }
    }

    #[classify(typed_saga::transient)]
    saga Hurried() -> Result<(), No> {
        #[timeout(Duration::from_secs(5))] #[retry(2, 10ms..10ms, jitter = false)]
        step slow() = saga Slow {};
    }

    #[classify(typed_saga::transient)]
    saga HurriedAfterwards() -> Result<(), No> {
        #[idempotent]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[timeout(Duration::from_secs(5))] #[retry(1)]
        step slow() = saga Slow {};
    }

    #[classify(typed_saga::transient)]
    saga Beside(asked: AtomicU32) -> Result<(), No> {
        #[idempotent] #[retry(1)] #[timeout(1s)]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        when (asked => { assert!(asked.fetch_add(1, Relaxed) >= 2); true }) {
            concurrent {
                #[idempotent] #[retry(1, 10s..10s, jitter = false)] #[timeout(1s)]
                step short(key) { let _: &Key = key; Ok(()) }
                #[idempotent] #[retry(1)] #[timeout(10s)]
                step long(key) {
                    let _: &Key = key;
                    sleep(ALMOST_10_S).await;
                    Ok(())
                }
            }
        }
    }

    #[classify(typed_saga::transient)]
    #[timeout(1s)]
    saga Asked(asked: AtomicU32) -> Result<(), No> {
        #[idempotent] #[retry(1)]
        pivot paid(key) { let _: &Key = key; Ok(()) }
        #[idempotent] #[retry(3, 1s..10s, jitter = false)]
        #[when(asked => { assert!(asked.fetch_add(1, Relaxed) >= 2); true })]
        step noted(key) { let _: &Key = key; std::future::pending().await }
    }
}

/// The way to park of the step for this cause.
fn listed(definition: &Definition, step: &str, cause: Cause) -> Park {
    let mut parks = Analysis::with_journal(definition, false)
        .parks()
        .into_iter();
    let park = parks.find(|park| park.step == *step && park.cause == cause);
    park.expect("it is listed")
}

/// The saga parks; what remains of it.
async fn remains<M: Machine<Error = No>>(saga: Prepared<M>) -> BTreeSet<String> {
    let Outcome::Parked(parked) = saga.outcome().await else {
        panic!("it does not park");
    };
    let remains = parked.unsettled().still_applied.iter();
    remains.map(ToString::to_string).collect()
}

fn names(park: &Park) -> BTreeSet<String> {
    let kept = park.kept.iter().chain([&park.step]);
    kept.map(ToString::to_string).collect()
}

#[tokio::test(start_paused = true)]
async fn what_is_undone_with_another_step_remains_inside_of_a_child_and_around_it() {
    let park = listed(&Journey::DEFINITION, "stay/towels", Cause::CannotBeUndone);
    assert_eq!(park.kept, ["card", "receipt", "stay/room", "stay/label"]);
    assert_eq!(park.rolls_back, RollsBack::Run);
    assert_eq!(remains(Journey {}.run()).await, names(&park));
}

#[tokio::test(start_paused = true)]
async fn after_the_pivot_only_a_child_rolls_back() {
    let park = listed(
        &Afterwards::DEFINITION,
        "stay/towels",
        Cause::CannotBeUndone,
    );
    assert_eq!(park.kept, ["stay/room", "stay/label"]);
    assert_eq!(park.child_that_rolls_back(), Some("stay"));
    let mut all = names(&park);
    all.insert("paid".into());
    assert_eq!(remains(Afterwards {}.run()).await, all);
    let report = Analysis::of(&Afterwards::DEFINITION).report().to_string();
    let kept = "keeps `stay/room` and `stay/label`; nothing outside `stay` is undone";
    assert!(report.contains(kept), "{report}");
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_a_failed_child_left_parks_its_parent_after_the_pivot() {
    let Outcome::Parked(parked) = Sent {}.run().outcome().await else {
        panic!("it does not park");
    };
    assert_eq!(parked.failure().path(), Some("wrapped/wrapped"));
    let park = listed(&Sent::DEFINITION, "wrapped", Cause::GivenUp);
    assert!(park.after[0][0].contains(&Wrong::Remains), "{park:?}");
}

#[tokio::test(start_paused = true)]
async fn an_item_before_the_one_that_fails_remains() {
    let step = "parcels/parcel[N]";
    listed(&Shipped::DEFINITION, step, Cause::CannotBeUndone);
    let remains = remains(Shipped {}.run()).await;
    assert!(remains.contains("parcels/parcel[0]"), "{remains:?}");
}

#[tokio::test(start_paused = true)]
async fn a_child_ends_in_time_at_a_deadline_that_an_expression_says() {
    let ends = Analysis::of(&Hurried::DEFINITION).ends_within().within();
    let begun = Instant::now();
    let outcome = Hurried {}.run().outcome().await;
    assert!(matches!(outcome, Outcome::Compensated(_)), "{outcome:?}");
    assert_eq!(begun.elapsed().as_secs(), 60);
    assert!(begun.elapsed() <= ends.expect("a bound"), "{ends:?}");
    listed(
        &HurriedAfterwards::DEFINITION,
        "slow/slow",
        Cause::CannotBeUndone,
    );
}

#[tokio::test(start_paused = true)]
async fn all_siblings_wait_for_the_condition_of_their_block() {
    let ends = Analysis::of(&Beside::DEFINITION).ends_within().within();
    let begun = Instant::now();
    let asked = AtomicU32::new(0);
    let outcome = Beside { asked }.run().outcome().await;
    assert!(matches!(outcome, Outcome::Completed(())), "{outcome:?}");
    assert_eq!(begun.elapsed().as_secs(), 30, "20 s after two panics");
    assert!(begun.elapsed() <= ends.expect("a bound"), "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn panics_of_a_condition_lengthen_no_later_wait() {
    let ends = Analysis::of(&Asked::DEFINITION).ends_within().within();
    let begun = Instant::now();
    let asked = AtomicU32::new(0);
    remains(Asked { asked }.run()).await;
    assert!(begun.elapsed() <= ends.expect("a bound"), "{ends:?}");
    // 1 s and 2 s after the panics, the same between three attempts of 1 s.
    assert_eq!(begun.elapsed().as_secs(), 9);
}
