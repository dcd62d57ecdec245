//! What is right: the result of one saga after the other, and of one without the other, if that is
//! compensated.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use super::{Log, No, STATE, findings};
use std::sync::{Arc, Mutex, MutexGuard};
use typed_saga::{saga, testing::explore};

/// An order, which one saga may take at a time.
#[derive(Clone, Default)]
struct Order(Arc<Mutex<(Option<&'static str>, Vec<&'static str>)>>);

impl Order {
    fn state(&self) -> MutexGuard<'_, (Option<&'static str>, Vec<&'static str>)> {
        self.0.lock().unwrap()
    }

    async fn take(&self, by: &'static str) -> Result<(), No> {
        let mut state = self.state();
        if state.0.is_some() {
            return Err(No);
        }
        state.0 = Some(by);
        Ok(())
    }

    async fn put_back(&self) -> Result<(), No> {
        self.state().0 = None;
        Ok(())
    }

    async fn note(&self, what: &'static str) -> Result<(), No> {
        self.state().1.push(what);
        Ok(())
    }

    async fn strike(&self, what: &'static str) -> Result<(), No> {
        self.state().1.retain(|noted| *noted != what);
        Ok(())
    }
}

#[test]
fn a_saga_that_is_refused_in_time_leaves_what_the_other_leaves_alone() {
    saga! {
        saga Change(what: &'static str) with (order: Order) -> Result<(), No> {
            step taken(order, what) { order.take(what).await }
                compensate(order) = Order::put_back;
            step noted(order, what) { order.note(what).await }
                compensate(order, what) { order.strike(what).await }
            step free(order) = Order::put_back
                compensate none
        }
    }
    let change = |what| move |order: &Order| Change { what }.with(order.clone()).id(what);
    let report = explore(Order::default, change("red"))
        .beside(change("blue"))
        .state(|order| {
            let mut noted = order.state().1.clone();
            noted.sort_unstable();
            (order.state().0, noted)
        })
        .error(No::of)
        .run();
    report.assert();
    assert!(report.played_with_refusal() > 0, "{report}");
}

#[test]
fn a_saga_that_parks_only_beside_another_is_reported() {
    saga! {
        saga Reserve() with (order: Order) -> Result<(), No> {
            step noted(order) { order.note("reserved").await }
                #[retry(2, 1s..1s, jitter = false)]
                compensate(order) {
                    let free = order.state().0.is_none();
                    if free {
                        order.strike("reserved").await
                    } else {
                        Err(No)
                    }
                }
            step paid(order) { if order.state().0.is_none() { Ok(()) } else { Err(No) } }
                compensate none
        }
    }
    saga! {
        saga Count() with (order: Order) -> Result<(), No> {
            step taken(order) { order.take("count").await }
                compensate(order) = Order::put_back;
            sleep night(1h);
            step free(order) = Order::put_back
                compensate none
        }
    }
    let report = explore(Order::default, |order| {
        Reserve {}.with(order.clone()).id("r")
    })
    .beside(|order| Count {}.with(order.clone()).id("c"))
    .state(|order| order.state().clone())
    .run();
    let parks = "Reserve parks, though in neither serial order";
    assert_eq!(findings(&report)[0], (parks, 0, "B A A A A B"), "{report}");
    let calls = report.findings()[0].calls();
    assert_eq!(
        calls[2],
        "Reserve  paid   failed: no  ← applied, in both orders"
    );
    assert_eq!(
        calls[4],
        "Reserve  noted  compensation failed: no (1s later)"
    );
    assert_eq!(calls[5], "Count    free   applied (3599s later)");
}

#[test]
fn a_saga_that_never_ends_beside_another_is_reported() {
    saga! {
        saga Wait() with (order: Order) -> Result<(), No> {
            step noted(order) { order.note("waits").await }
                compensate none
            #[retry(forever, 1s..1s, jitter = false)]
            read free(order) { if order.state().0.is_none() { Ok(()) } else { Err(No) } }
        }
    }
    saga! {
        saga Take() with (order: Order) -> Result<(), No> {
            read unnoted(order) -> bool { Ok(order.state().1.is_empty()) }
            step taken(order, unnoted) {
                if *unnoted {
                    Ok(())
                } else {
                    order.take("for good").await
                }
            }
                compensate none
        }
    }
    // One after the other, `Wait` ends only if it is first: that is a note.
    let report = explore(Order::default, |order| Wait {}.with(order.clone()).id("w"))
        .beside(|order| Take {}.with(order.clone()).id("t"))
        .state(|order| order.state().0)
        .run();
    let forever = "Wait repeats the action of `free` forever, though in neither serial order";
    assert_eq!(findings(&report)[0], (forever, 1, "A B B A"), "{report}");
}

#[test]
fn two_sagas_that_wait_for_each_other_are_reported() {
    saga! {
        saga TakeBoth(first: Order, second: Order, by: &'static str) -> Result<(), No> {
            step one(first, by) { first.take(by).await }
                compensate(first) = Order::put_back;
            #[idempotent(by = by)] #[retry(forever, 1s..1s, jitter = false)]
            step two(second, by) { second.take(by).await }
                compensate(second) = Order::put_back;
            step free(first, second) { first.put_back().await?; second.put_back().await }
                compensate none
        }
    }
    let world = || (Order::default(), Order::default());
    let take = |by, swapped: bool| {
        move |(left, right): &(Order, Order)| {
            let (first, second) = if swapped {
                (right, left)
            } else {
                (left, right)
            };
            let (first, second) = (first.clone(), second.clone());
            TakeBoth { first, second, by }.run().id(by)
        }
    };
    let report = explore(world, take("left", false))
        .beside(take("right", true))
        .state(|(left, right)| (left.state().0, right.state().0))
        // Two sagas that repeat a call forever have ever more schedules.
        .limit(100)
        .run();
    let both = "TakeBoth (A) repeats the action of `two` forever, and TakeBoth (B) repeats the action \
                of `two` forever, though in neither serial order";
    let all = findings(&report);
    assert_eq!((all[0].0, all[0].1), (both, 1), "{report}");
    // Where both take the orders in the same sequence, neither waits for the other.
    let report = explore(world, take("left", false))
        .beside(take("right", false))
        .state(|(left, right)| (left.state().0, right.state().0))
        .run();
    report.assert();
}

#[test]
fn what_parks_in_a_serial_order_too_is_a_note() {
    saga! {
        saga Stuck() with (log: Log) -> Result<(), No> {
            step stands(log) { log.note("stands") }
                #[retry(1)]
                compensate() { Err(No) }
            step fails() { Err(No) }
                compensate none
        }
    }
    saga! {
        saga Fine() with (log: Log) -> Result<(), No> {
            step done(log) { log.note("done") }
                compensate none
        }
    }
    let report = explore(Log::default, |log| Stuck {}.with(log.clone()).id("s"))
        .beside(|log| Fine {}.with(log.clone()).id("f"))
        .state(Log::sorted)
        .run();
    report.assert();
    let text = report.to_string();
    assert!(
        text.contains("Stuck parks when Fine runs first\n"),
        "{text}"
    );
    assert!(
        text.contains("Stuck parks when Stuck runs first\n"),
        "{text}"
    );
}

#[test]
fn a_call_that_is_made_in_neither_order_is_pointed_out() {
    saga! {
        saga Pair() with (log: Log) -> Result<(), No> {
            step left(log) { log.note("left") }
                compensate none
            step right(log) { log.note("right") }
                compensate none
        }
    }
    saga! {
        saga Check() with (log: Log) -> Result<(), No> {
            read odd(log) -> bool { Ok(log.lines().len() % 2 == 1) }
            #[when(odd => *odd)]
            step alarm(log) { log.note("alarm") }
                compensate none
        }
    }
    let report = explore(Log::default, |log| Pair {}.with(log.clone()).id("p"))
        .beside(|log| Check {}.with(log.clone()).id("c"))
        .state(Log::sorted)
        .error(No::of)
        .run();
    let all = findings(&report);
    assert_eq!(all[0], (STATE, 1, "A B B A"), "{report}");
    let calls = report.findings()[0].calls();
    assert_eq!(calls[2], "Check  alarm  applied  ← called in neither order");
}
