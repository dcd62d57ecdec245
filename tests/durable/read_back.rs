//! A failure is the same for all code that sees it, whenever it does: in memory, on an engine, after a
//! wait, after a crash at any write, and after the store is opened again.

mod parents;
mod values;
mod world;

use crate::durable::lives::lives;
use std::{collections::BTreeSet, time::Duration};
use tokio::runtime::Builder;
use typed_saga::{
    Cause, Error as SagaError, Outcome,
    engine::{Engine, Memory},
};
use world::{Error, How, LIMIT, PLACES, Seen, Tree, TreeServices, Views, shown};

fn tree(fails: &str, how: How) -> Tree {
    let fails = fails.to_owned();
    Tree { fails, how }
}

fn note_error(seen: &Seen, place: &str, error: &SagaError<Error>) {
    // A crash may end a call beside the one that failed: that is another failure, but not another view
    // of the same.
    let also = error
        .also()
        .iter()
        .filter(|also| !matches!(also.cause(), Cause::Lost));
    let also: Vec<_> = also.map(shown).collect();
    seen.note(place, format!("{} also {also:?}", shown(error.failure())));
}

/// Runs the saga in memory.
fn in_memory(fails: &str, how: How, seen: &Seen) -> Views {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        match tree(fails, how).with(seen.clone()).outcome().await {
            Outcome::Compensated(error) => note_error(seen, "outcome", &error),
            outcome => panic!("{fails} {how:?}: {outcome:?}"),
        }
        typed_saga::drain(Duration::from_secs(60)).await;
    });
    seen.views()
}

/// Runs the saga in processes that end at these writes, and in one more; and asks another one for
/// the outcome. Gives the writes of each.
fn on_engines(fails: &str, how: How, seen: &Seen, crashes: &[(bool, u64)]) -> Vec<u64> {
    let memory = Memory::new();
    let engine = async |store| {
        let services = TreeServices { seen: seen.clone() };
        let engine = Engine::builder(store).register::<Tree>(services);
        let engine = engine.effect_limit(LIMIT);
        let engine = engine.unload_after(Duration::from_millis(1));
        engine.start().await.unwrap()
    };
    let writes = lives(&memory, crashes, async |store| {
        let engine = engine(store).await;
        let handle = engine.submit("it", tree(fails, how)).await.unwrap();
        let outcome = handle.finished().await.unwrap();
        let error = outcome.error();
        note_error(seen, "outcome", error.expect("it fails"));
    });
    lives(&memory, &[], async |store| {
        let engine = engine(store).await;
        let handle = engine.handle::<Tree>("it").await.unwrap();
        let outcome = handle.outcome().await.unwrap();
        let error = outcome.error();
        note_error(seen, "outcome", error.expect("it fails"));
    });
    writes
}

/// Compares what was seen at each place with what was seen there in memory. (A crash may come before
/// a step, which then has nothing to undo.)
fn compare(expected: &Views, views: &Views, when: &str) {
    is_one(views, when);
    for (place, views) in views {
        if let Some(expected) = expected.get(place) {
            assert_eq!(views[0], expected[0], "{when}: {place}");
        }
    }
    let missing = expected.keys().filter(|place| !views.contains_key(*place));
    let more = views.keys().filter(|place| !expected.contains_key(*place));
    // A crash may end a call beside the one that fails before its effect is known.
    let beside = |place: &&String| {
        place.contains(['0', '1', '2']) || place.contains("side") || *place == "lane"
    };
    assert_eq!(
        missing.chain(more).find(|place| !beside(place)),
        None,
        "{when}"
    );
}

/// Each place has seen one thing.
fn is_one(views: &Views, when: &str) {
    for (place, views) in views {
        let views: BTreeSet<_> = views.iter().collect();
        assert_eq!(views.len(), 1, "{when}: {place}: {views:#?}");
    }
}

#[test]
fn b1_a_failure_is_the_same_in_memory_on_an_engine_and_after_a_wait() {
    for fails in PLACES {
        for how in [
            How::Refuses,
            How::RefusesAgain,
            How::Panics,
            How::Hangs,
            How::Odd,
        ] {
            let expected = in_memory(fails, how, &Seen::default());
            is_one(&expected, fails);
            for waits in [false, true] {
                let seen = Seen::waiting(waits);
                on_engines(fails, how, &seen, &[]);
                compare(
                    &expected,
                    &seen.views(),
                    &format!("{fails} {how:?} {waits}"),
                );
            }
        }
    }
}

#[test]
fn b1_a_failure_is_the_same_after_a_crash_at_any_write() {
    let places = PLACES.iter().enumerate();
    let places = places.filter(|(index, _)| index % 7 == 5);
    let (ways, part) = saga_tests::bound((2, 1), (1, 3));
    for (_, fails) in places {
        for how in [How::Refuses, How::Panics].into_iter().take(ways) {
            let expected = in_memory(fails, how, &Seen::default());
            let seen = Seen::waiting(true);
            let writes = on_engines(fails, how, &seen, &[])[0];
            compare(&expected, &seen.views(), fails);
            let writes = (0..writes).step_by(part);
            for crash in writes.flat_map(|write| [(false, write), (true, write)]) {
                let seen = Seen::waiting(true);
                on_engines(fails, how, &seen, &[crash]);
                compare(
                    &expected,
                    &seen.views(),
                    &format!("{fails} {how:?} {crash:?}"),
                );
            }
        }
    }
}

/// A compensation that fails for good parks the saga; the error is one of several then.
#[test]
fn b1_other_failures_are_the_same_too() {
    for stuck in ["first", "items1", "child/one", "children1/each0", "lanes1"] {
        let first = Seen::stuck(stuck);
        let writes = on_engines("last", How::Refuses, &first, &[])[0];
        let expected = first.views();
        is_one(&expected, stuck);
        assert!(
            expected["outcome"][0].contains("code: 7, fresh: false"),
            "{expected:?}"
        );
        for write in 0..writes {
            let again = Seen::stuck(stuck);
            on_engines("last", How::Refuses, &again, &[(true, write)]);
            compare(&expected, &again.views(), &format!("{stuck} {write}"));
        }
    }
}
