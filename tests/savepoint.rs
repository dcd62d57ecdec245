//! Savepoints: where the way back turns forward again, and when it does not.

mod named;
mod unasked;

use crate::common::{BUSY, HANG, NO, Trouble, UNSENT, Vendor, YES, panics};
use std::{
    cell::{Cell, RefCell},
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{
    Completeness, Failure, Outcome, Verdict,
    runtime::{Left, LeftStep},
    saga,
};

/// A lost answer aborts the saga, once it is settled.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn lost_aborts(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::Lost => Verdict::Unknown.abort(),
        other => other.verdict(),
    }
}

saga! {
    #[classify(lost_aborts)]
    saga Turns() with (vendor: Vendor) -> Result<(u32, u32, u32), Trouble> {
        step first(vendor, key) -> u32 { vendor.order("first", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("undo first", key).await }
        #[savepoint(3, 10ms..30ms, jitter = false)]
        step hotel(vendor, key, first) -> u32 { let _ = first; vendor.order("hotel", key).await }
            #[by_key]
            compensate(vendor, key) { vendor.cancel("undo hotel", key).await }
        #[retry(2, 1ms..1ms, jitter = false)] #[idempotent]
        step car(vendor, key, hotel) -> u32 { let _ = hotel; vendor.order("car", key).await }
            #[retry(1)]
            compensate(vendor, key) { vendor.cancel("undo car", key).await }
        #[timeout(5ms)]
        read end(vendor) { vendor.undo("end", "").await }

        {
            let () = end;
            (first, hotel, car)
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_undoes_down_to_the_savepoint_and_goes_forward_again() {
    let vendor = Vendor::new().on("end", [NO]);
    assert_eq!(Turns {}.with(vendor.clone()).await.unwrap(), (1, 7, 8));
    assert_eq!(
        vendor.line(),
        "first, hotel, car, end, undo car, undo hotel, hotel, car, end"
    );
    assert_eq!(vendor.holds(), ["first", "hotel", "car"]);
}

#[tokio::test(start_paused = true)]
async fn after_the_last_turn_all_is_undone() {
    let vendor = Vendor::new().always("end", NO);
    let error = Turns {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        vendor.times("first"),
        [0],
        "what is below the savepoint stays as it is"
    );
    assert_eq!(
        vendor.times("hotel"),
        [0, 10, 30, 60],
        "the waits double up to the cap"
    );
    assert_eq!(vendor.times("undo first"), [60]);
    assert!(error.is_clean() && vendor.holds().is_empty());
    assert!(
        error.also().is_empty(),
        "only the failure that was not made good is reported"
    );
}

#[tokio::test(start_paused = true)]
async fn the_savepoints_own_failure_turns_too() {
    let vendor = Vendor::new().on("hotel", [NO, NO]);
    Turns {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.line(), "first, hotel, hotel, hotel, car, end");
}

#[tokio::test(start_paused = true)]
async fn a_failure_below_the_savepoint_does_not_turn() {
    let vendor = Vendor::new().on("first", [NO]);
    Turns {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "first");
}

#[tokio::test(start_paused = true)]
async fn attempts_count_from_the_last_turn() {
    let vendor = Vendor::new().on("car", [BUSY, BUSY, BUSY, YES]);
    Turns {}.with(vendor.clone()).await.unwrap();
    assert_eq!(
        vendor.line(),
        "first, hotel, car, car, undo hotel, hotel, car, car, end"
    );
}

#[tokio::test(start_paused = true)]
async fn an_abort_does_not_turn() {
    let vendor = Vendor::new().on("end", [UNSENT]);
    let error = Turns {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        vendor.line(),
        "first, hotel, car, end, undo car, undo hotel, undo first"
    );
    assert!(error.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_turns() {
    let vendor = Vendor::new().on("end", [HANG]);
    Turns {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("hotel"), [0, 15]);
}

#[tokio::test(start_paused = true)]
async fn what_stands_above_the_savepoint_does_not_turn() {
    let vendor = Vendor::new().on("end", [NO]).on("undo car", [NO]);
    let error = Turns {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "first, hotel, car, end, undo car");
    assert_eq!(
        error.to_string(),
        "step `end` failed: no; parked, still applied: `first` `hotel` `car`"
    );
}

saga! {
    saga Nested() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(3, 1ms..1ms, if = |failure| failure.error() != Some(&Trouble::Busy))]
        read outer(vendor) { vendor.undo("outer", "").await }
        #[savepoint(2, 1ms..1ms)]
        step inner(vendor, outer) { let () = outer; vendor.undo("inner", "").await }
            compensate(vendor) { vendor.undo("undo inner", "").await }
        #[idempotent]
        step left(vendor, key) { vendor.order("left", key).await.map(|_| ()) }
            compensate none again;
        step last(vendor, inner, left) { let _ = (inner, left); vendor.undo("last", "").await }
            compensate(vendor) { vendor.undo("undo last", "").await }
        {
            let () = last;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nested_savepoints_share_one_counter() {
    let vendor = Vendor::new().always("last", NO);
    Nested {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        vendor.times("outer").len(),
        2,
        "the third turn is the last one of the outer savepoint"
    );
    assert_eq!(vendor.times("last").len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_stands_on_a_read() {
    let vendor = Vendor::new().on("inner", [NO, NO, NO]);
    Nested {}.with(vendor.clone()).await.unwrap();
    assert_eq!(
        vendor.line(),
        "outer, inner, inner, inner, outer, inner, left, last"
    );
}

#[tokio::test(start_paused = true)]
async fn the_condition_sees_the_failure_that_is_reported() {
    let vendor = Vendor::new().always("last", BUSY);
    let error = Nested {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.times("outer").len(), 1, "declined");
    assert_eq!(
        vendor.times("inner").len(),
        3,
        "the inner savepoint has no condition"
    );
    assert_eq!(error.into_step_error(), Some(Trouble::Busy));
}

#[tokio::test(start_paused = true)]
async fn what_is_left_by_a_turn_is_run_again_in_a_new_round() {
    let vendor = Vendor::new().on("last", [NO]);
    Nested {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("left").len(), 2);
    assert_eq!(vendor.holds(), ["left", "left"], "two operations");
}

#[tokio::test(start_paused = true)]
async fn what_is_left_by_a_turn_is_listed_even_if_it_fails_later() {
    let vendor = Vendor::new().on("last", [NO]).on("left", [YES, BUSY, BUSY]);
    let error = Nested {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("left"));
    let left = vec![LeftStep {
        step: "left".into(),
        how: Left::Certain,
    }];
    assert_eq!(error.completeness(), Completeness::Compensated { left });
}

thread_local! {
    static ASKED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static ANSWER: Cell<bool> = const { Cell::new(false) };
}

fn asks(failure: &Failure<Trouble>) -> bool {
    ASKED.with_borrow_mut(|asked| asked.push(failure.to_string()));
    ANSWER.get()
}

saga! {
    #[classify(Trouble::verdict)]
    saga Part() with (vendor: Vendor) -> Result<(), Trouble> {
        #[timeout(5ms)] #[retry(1)]
        read first(vendor) { vendor.undo("in child", "").await }
        #[timeout(60ms)] #[retry(1)]
        read then(vendor, first) { let () = first; vendor.undo("later in child", "").await }
        {
            let () = then;
        }
    }

    #[classify(lost_aborts)]
    saga Asks() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(3, 1ms..1ms, if = asks)]
        read from(vendor) { vendor.undo("from", "").await }
        #[timeout(5ms)] #[retry(1)]
        read own(vendor, from) { let () = from; vendor.undo("own", "").await }
        #[timeout(5ms)] #[retry(1)]
        for n: u32 in (=> [0, 1])
        read each(vendor, n) { let _ = n; vendor.undo("each", "").await }
        #[timeout(50ms)]
        step child() = saga Part {} with (vendor);
        concurrent {
            #[timeout(5ms)] #[retry(1)]
            read lane(vendor) { vendor.undo("lane", "").await }
            read beside(vendor) { vendor.undo("beside", "").await }
        }
        {
            let _ = (own, each, child, lane, beside);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_condition_is_asked_once_whatever_has_failed() {
    let troubles = [NO, BUSY, HANG, panics("no idea")];
    let places = ["own", "each", "in child", "later in child", "lane"];
    for (place, trouble) in places
        .into_iter()
        .flat_map(|at| troubles.map(|it| (at, it)))
    {
        for answer in [false, true] {
            ANSWER.set(answer);
            ASKED.take();
            let vendor = Vendor::new().on(place, [trouble]);
            let outcome = Asks {}.with(vendor.clone()).await;
            let rounds = vendor.times("from").len();
            let asked = ASKED.take();
            match outcome {
                Ok(()) => assert!(answer && rounds == 2, "{place}: {rounds} rounds, {asked:?}"),
                Err(error) => {
                    assert!(
                        !answer && rounds == 1,
                        "{place}: {rounds} rounds, {asked:?}"
                    );
                    assert_eq!(asked, [error.failure().to_string()]);
                }
            }
            assert_eq!(asked.len(), 1, "{place}: {asked:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_condition_is_not_asked_where_there_is_no_rerun() {
    ANSWER.set(true);
    ASKED.take();
    let aborted = Vendor::new().on("own", [UNSENT]);
    Asks {}.with(aborted).await.unwrap_err();
    let handle = Asks {}
        .with(Vendor::new().on("own", [YES.after(3)]))
        .start();
    sleep(Duration::from_millis(1)).await;
    handle.cancel().await;
    assert!(matches!(handle.outcome().await, Outcome::Compensated(_)));
    assert_eq!(ASKED.take(), [""; 0]);
}

saga! {
    saga Siblings() with (vendor: Vendor) -> Result<(u32, u32, u32), Trouble> {
        concurrent {
            step a(vendor) -> u32 { vendor.call("a").await }
                compensate(vendor, a) { vendor.undo("undo a", a).await }
            #[savepoint(1, 10ms..10ms, jitter = false)]
            step b(vendor) -> u32 { vendor.call("b").await }
                compensate(vendor, b) { vendor.undo("undo b", b).await }
            step c(vendor) -> u32 { vendor.call("c").await }
                compensate(vendor, c) { vendor.undo("undo c", c).await }
        }
        (a, b, c)
    }
}

#[tokio::test(start_paused = true)]
async fn a_sibling_that_is_declared_before_keeps_its_effect() {
    let vendor = Vendor::new().on("c", [NO.after(5)]);
    assert_eq!(Siblings {}.with(vendor.clone()).await.unwrap(), (1, 5, 6));
    assert_eq!(vendor.line(), "a, b, c, c answers, undo b 2, b, c");
}

#[tokio::test(start_paused = true)]
async fn a_sibling_that_is_declared_before_and_failed_does_not_turn() {
    let vendor = Vendor::new().on("a", [NO.after(5)]);
    let error = Siblings {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(vendor.line(), "a, b, c, a answers, undo c 3, undo b 2");
    assert!(error.is_clean());
}

/// Nothing happens when a call fails, and a refusal aborts the saga.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn refusal_aborts(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::No => Verdict::Transient.abort(),
        _ => Verdict::Transient,
    }
}

saga! {
    #[classify(refusal_aborts)]
    saga Around() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(9, 1ms..1ms)]
        read stock(vendor) { vendor.undo("stock", "").await }
        concurrent {
            step a(vendor, stock) { let () = stock; vendor.undo("a", "").await }
                #[by_key]
                compensate(vendor, key) { let _ = key; vendor.undo("undo a", "").await }
            step b(vendor) { vendor.undo("b", "").await }
                #[by_key]
                compensate(vendor, key) { let _ = key; vendor.undo("undo b", "").await }
        }
        {
            let _ = (a, b);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_in_a_block_does_not_turn_whoever_failed_first() {
    let vendor = Vendor::new()
        .on("a", [BUSY.after(5)])
        .on("b", [NO.after(10)]);
    let error = Around {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        (error.step(), error.also()[0].step()),
        (Some("a"), Some("b"))
    );
    assert_eq!(vendor.times("stock"), [0]);

    let vendor = Vendor::new()
        .on("a", [BUSY.after(5)])
        .on("b", [BUSY.after(10)]);
    Around {}.with(vendor.clone()).await.unwrap();
    assert_eq!(vendor.times("stock").len(), 2);
}

saga! {
    #[classify(lost_aborts)]
    saga Leaves() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(9, 1ms..1ms)] #[idempotent]
        step stock(vendor, key) { let _ = key; vendor.undo("stock", "").await }
            compensate(vendor) { vendor.undo("unstock", "").await }
        concurrent {
            read a(vendor) { vendor.undo("a", "").await }
            step asked(vendor, key) -> u32 { vendor.order("asked", key).await }
                resolve(vendor, key) { vendor.find("find", key).await }
                compensate none again
            #[idempotent]
            step covered(vendor, key) -> u32 { vendor.order("covered", key).await }
                compensate with stock
        }
        {
            let _ = (stock, a, asked, covered);
        }
    }
}

/// The rollback leaves its doubt, or another step's compensation settles it.
#[tokio::test(start_paused = true)]
async fn an_abort_of_a_step_that_the_rollback_leaves_does_not_turn() {
    for call in ["asked", "covered"] {
        let vendor = Vendor::new().on("a", [BUSY.after(5)]);
        let vendor = vendor.on(call, [UNSENT.after(10)]);
        let outcome = Leaves {}.with(vendor.clone()).await;
        assert_eq!(vendor.times("stock").len(), 1, "{call}: {outcome:?}");
    }
}
