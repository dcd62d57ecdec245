//! What a saga tells of its run: the failure that counts, and all that stands.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use crate::common::{BUSY, HANG, NO, Trouble, UNHEARD, Vendor, YES};
use tokio::time::sleep;
use typed_saga::{Cause, Outcome, Recording, runtime::Cancel, saga};

saga! {
    #[classify(Trouble::verdict)]
    saga Left() with (vendor: Vendor) -> Result<_, Trouble> {
        #[savepoint(1, 1ms..1ms, if = |failure| failure.error() != Some(&Trouble::Busy))]
        read look(vendor) -> u32 { vendor.call("look").await }
        #[idempotent] #[retry(2, 1ms..1ms)]
        step kept(vendor, key) -> u32 { vendor.order("kept", key).await }
            compensate none again
        #[idempotent] #[retry(2, 1ms..1ms)]
        step stubborn(vendor, key, look) -> u32 {
            vendor
                .order("stubborn", key)
                .await
                .map(|number| number + look)
        }
            #[retry(1, 1ms..1ms)]
            compensate(vendor, key) { vendor.cancel("undo stubborn", key).await }
        read end(vendor) { vendor.undo("end", "").await }
    }
}

#[tokio::test(start_paused = true)]
async fn a_parked_saga_names_what_is_left_by_declaration_too() {
    let vendor = Vendor::new().on("end", [NO]).on("undo stubborn", [NO]);
    let Outcome::Parked(parked) = Left {}.with(vendor.clone()).outcome().await else {
        panic!("it stands")
    };
    assert_eq!(vendor.holds(), ["kept", "stubborn"]);
    assert_eq!(parked.unsettled().still_applied, ["kept", "stubborn"]);
    assert!(parked.unsettled().in_doubt.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_savepoint_sees_the_failure_of_a_step_that_is_left_in_doubt() {
    let vendor = Vendor::new().on("kept", [UNHEARD, BUSY]);
    let error = Left {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(
        vendor.line(),
        "look, kept, kept",
        "`if` says no to a busy vendor"
    );
    assert_eq!(error.into_step_error(), Some(Trouble::Busy));
}

saga! {
    saga Careless() with (vendor: Vendor) -> Result<_, Trouble> {
        #[savepoint(1, 1ms..1ms, if = |_| panic!("no idea"))]
        read look(vendor) { vendor.undo("look", "").await }
        read end(vendor) { vendor.undo("end", "").await }
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_of_a_savepoint_that_panics_says_no() {
    let vendor = Vendor::new().on("end", [NO]);
    let error = Careless {}.with(vendor.clone()).await.err().unwrap();
    assert_eq!(vendor.line(), "look, end");
    assert_eq!(error.into_step_error(), Some(Trouble::No));
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    saga Beside() with (vendor: Vendor) -> Result<_, Trouble> {
        concurrent {
            step kept(vendor, key) -> u32 { vendor.order("kept", key).await }
                #[retry(1, 1ms..1ms)]
                resolve(vendor, key) { vendor.find("find kept", key).await }
                compensate none
            step slow(vendor, key) -> u32 { vendor.order("slow", key).await }
                #[by_key]
                compensate(vendor, key) { vendor.cancel("undo slow", key).await }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_of_a_block_is_reported_though_it_stays_in_doubt() {
    let vendor = Vendor::new()
        .on("kept", [UNHEARD.after(1)])
        .on("find kept", [NO])
        .on("slow", [NO.after(10)]);
    let error = Beside {}.with(vendor).await.err().unwrap();
    assert_eq!(
        (error.step(), error.failure().error()),
        (Some("kept"), Some(&Trouble::Lost))
    );
    assert!(error.also().iter().any(|also| also.step() == Some("slow")));
}

saga! {
    saga Onwards(asked: AtomicU32) with (vendor: Vendor) -> Result<_, Trouble> {
        #[idempotent]
        pivot pay(vendor, key) -> u32 { vendor.order("pay", key).await }
        concurrent {
            #[idempotent]
            #[when(asked => asked.fetch_add(1, Ordering::Relaxed) == 0 && panic!("no idea"))]
            step gift(vendor, key) -> u32 { vendor.order("gift", key).await }
            #[idempotent]
            step mail(vendor, key) -> u32 { vendor.order("mail", key).await }
        }
        #[idempotent] #[retry(1, 1ms..1ms)]
        step last(vendor, key) -> u32 { vendor.order("last", key).await }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_when_that_is_made_good_is_not_reported() {
    let vendor = Vendor::new().on("last", [NO]);
    let asked = AtomicU32::new(0);
    let Outcome::Parked(parked) = Onwards { asked }.with(vendor).outcome().await else {
        panic!("it cannot be finished")
    };
    assert_eq!(parked.failure().step(), Some("last"));
    assert!(parked.also().is_empty());
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1s)]
    saga Settled() with (vendor: Vendor) -> Result<_, Trouble> {
        #[idempotent] #[retry(3, 2s..2s, jitter = false)]
        step a(vendor, key) -> u32 { vendor.order("a", key).await }
            #[retry(1, 1ms..1ms)]
            resolve(vendor, key) { vendor.find("find", key).await }
            #[by_key] #[retry(1, 1ms..1ms)]
            compensate(vendor, key) { vendor.cancel("undo", key).await }
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_heard_while_doubt_is_settled() {
    let vendor = Vendor::new()
        .on("a", [UNHEARD])
        .on("find", [YES.after(100)]);
    let handle = Settled {}.with(vendor.clone()).start();
    sleep(Duration::from_millis(50)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    let error = handle.await.err().unwrap();
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert_eq!(
        vendor.line(),
        "a, find, find answers, undo",
        "it happened, and is undone"
    );
    assert!(error.is_clean() && vendor.holds().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_cut_short_is_not_taken_up_again() {
    let vendor = Vendor::new()
        .on("a", [HANG])
        .on("find", [NO])
        .on("undo", [NO.after(500)]);
    let handle = Settled {}.with(vendor.clone()).start();
    sleep(Duration::from_millis(1800)).await;
    assert_eq!(handle.cancel().await, Cancel::Accepted);
    handle.await.err().unwrap();
    // In doubt at 1000, cancelled at 1800, not undone at 2300; then the whole wait.
    assert_eq!(vendor.times("a"), [0, 4300]);
}

saga! {
    saga Unsettled() with (vendor: Vendor) -> Result<_, Trouble> {
        #[savepoint(1, 1ms..1ms)]
        read look(vendor) { vendor.undo("look", "").await }
        step booked(look) { panic!("{look:?}") }
            compensate none
    }
}

/// A panic that nothing settles may have had its effect.
#[tokio::test(start_paused = true)]
async fn an_observer_hears_of_a_rerun_that_is_refused() {
    let (vendor, story) = (Vendor::new(), Recording::default());
    let run = Unsettled {}.with(vendor.clone()).observe(story.clone());
    assert!(run.await.is_err());
    assert_eq!(vendor.line(), "look");
    let refused = story
        .lines()
        .into_iter()
        .filter(|line| line.contains("is not run again"));
    assert_eq!(refused.count(), 1, "{:#?}", story.lines());
}
