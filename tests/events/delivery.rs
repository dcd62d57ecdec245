//! How events are handed over in memory.

use std::time::Duration;

use tokio::time::Instant;
use typed_saga::{Outcome, Verdict, saga};

use crate::events::bus::{Bus, Does, Down, Event, Undelivered};

saga! {
    saga Three() with (bus: Bus) -> Result<(), Down> emit Event {
        read one() -> u32 { Ok(1) }
        emit(one => (0..3).map(|n| Event::Sent(one + n)));
        publish(bus, event, key) = Bus::publish;
    }

    saga Drained() with (bus: Bus) -> Result<(), Down> emit Event {
        read one() -> u32 { Ok(1) }
        emit(one => [Event::Sent(*one)]);
        publish(bus, event, key) = Bus::publish;
    }

    saga Twice() with (bus: Bus) -> Result<(), Down> emit Event {
        read one() -> u32 { Ok(1) }
        emit(one => (0..3).map(|n| Event::Sent(one + n)));
        #[timeout(1s)] #[retry(2, 1s..1s, jitter = false)]
        publish(bus, event, key) { bus.publish(event, key).await }
    }

    saga Refused() with (bus: Bus) -> Result<(), Down> emit Event {
        read one() -> u32 { Ok(1) }
        emit(one => (0..3).map(|n| Event::Sent(one + n)));
        #[classify(is_final)]
        #[retry(9, 1s..1s)]
        publish(bus, event, key) = Bus::publish;
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn is_final(_: &Down) -> Verdict {
    Verdict::Refused
}

const ALL: [Event; 3] = [Event::Sent(1), Event::Sent(2), Event::Sent(3)];

#[tokio::test(start_paused = true)]
async fn one_after_the_other_again_until_it_succeeds() {
    let bus = Bus::that(&[(1, Does::Fails), (2, Does::Panics), (4, Does::Fails)]);
    let heard = Undelivered::default();
    let saga = Three {}.with(bus.clone()).id("42").observe(heard.clone());
    let outcome = saga.start().finished().await;
    assert!(matches!(outcome, Outcome::Completed(())));
    assert_eq!((bus.events(), bus.calls()), (ALL.to_vec(), 6));
    assert_eq!(heard.all(), []);
}

#[tokio::test(start_paused = true)]
async fn each_has_a_key_of_its_own_which_is_the_same_in_every_process() {
    let keys = async |id: &'static str| {
        let bus = Bus::default();
        let saga = Three {}.with(bus.clone()).id(id).start();
        assert!(matches!(saga.finished().await, Outcome::Completed(())));
        bus.keys()
    };
    // Computed with another implementation of SHA-256.
    let (one, other) = (keys("42").await, keys("43").await);
    assert_eq!(
        one,
        [
            "s1ff34ba8440840e6ac6ac6301361f3d0c",
            "s17cc130df5c1f2b3dd1877794afb92622",
            "s157564d2e88a386cb135f9c8f0c50529a",
        ]
    );
    assert_eq!(keys("42").await, one);
    assert!(one.iter().all(|key| !other.contains(key)));
}

#[tokio::test(start_paused = true)]
async fn after_five_attempts_it_and_those_behind_it_are_undelivered() {
    let (bus, heard) = (Bus::broken(), Undelivered::default());
    let saga = Three {}.with(bus.clone()).observe(heard.clone());
    let outcome = saga.start().finished().await;
    assert!(
        matches!(outcome, Outcome::Completed(())),
        "the outcome stands"
    );
    assert_eq!(bus.calls(), 5);
    let heard: Vec<_> = heard
        .all()
        .into_iter()
        .map(|(n, _, error)| (n, error))
        .collect();
    let down = || "down".to_owned();
    assert_eq!(heard, [(0, down()), (1, down()), (2, down())]);
}

#[tokio::test(start_paused = true)]
async fn what_its_own_verdict_refuses_is_undelivered_at_once() {
    let (bus, heard) = (Bus::broken(), Undelivered::default());
    let saga = Refused {}.with(bus.clone()).observe(heard.clone());
    let outcome = saga.start().finished().await;
    assert!(matches!(outcome, Outcome::Completed(())));
    assert_eq!((bus.calls(), heard.all().len()), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn as_often_and_as_long_as_it_says() {
    let bus = Bus::that(&[(2, Does::Hangs), (4, Does::Fails), (5, Does::Hangs)]);
    let heard = Undelivered::default();
    let begun = Instant::now();
    let saga = Twice {}.with(bus.clone()).observe(heard.clone());
    let outcome = saga.start().finished().await;
    assert!(matches!(outcome, Outcome::Completed(())));
    assert_eq!(bus.events(), ALL[..2]);
    // One attempt that took too long, a wait, and both once more.
    assert_eq!(begun.elapsed().as_secs(), 4);
    let heard = heard.all();
    assert_eq!((heard.len(), heard[0].0, &*heard[0].2), (1, 2, "timed out"));
}

#[tokio::test(start_paused = true)]
async fn the_caller_does_not_wait_but_drain_does() {
    let bus = Bus::that(&[(1, Does::Fails), (2, Does::Fails)]);
    Drained {}.with(bus.clone()).await.unwrap();
    assert!(bus.events().is_empty());
    assert!(typed_saga::drain(Duration::ZERO).await.contains(&"Drained"));
    let left = typed_saga::drain(Duration::from_secs(60)).await;
    assert!(!left.contains(&"Drained"));
    assert_eq!(bus.events(), ALL[..1]);
}

#[test]
fn without_a_runtime_they_are_handed_over_before_the_outcome() {
    let bus = Bus::default();
    let saga = Three {}.with(bus.clone());
    let mut saga = std::pin::pin!(saga.into_future());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(saga.as_mut().poll(&mut cx).is_ready());
    assert_eq!(bus.events(), ALL);
}
