//! The way back: an item that fails, a saga that goes back, and what cannot be undone.

use super::shop::{Error, Shop, Trouble};
use typed_saga::{Cause, Completeness, Outcome, saga};

saga! {
    #[classify(Error::verdict)]
    #[timeout(1s)]
    saga Fulfil(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[idempotent] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            #[retry(2, 1ms..1ms)]
            compensate(shop, held) = Shop::release;

        #[idempotent]
        step paid(shop, held, key) { let _ = held; shop.keyed("pay".to_owned(), key).await }
            compensate none

        held
    }
}

fn fulfil(shop: &Shop, lines: u32) -> typed_saga::runtime::Prepared<FulfilRun> {
    let lines = (0..lines).collect();
    Fulfil { lines }.with(shop.clone())
}

#[tokio::test(start_paused = true)]
async fn an_item_that_fails_takes_the_others_back() {
    let shop = Shop::default().fails("reserve 3", Error::Refused);
    let error = fulfil(&shop, 9).await.unwrap_err();
    assert_eq!(error.step(), Some("held[3]"));
    assert!(error.is_clean(), "{error}");
    let said = shop.said();
    assert_eq!(
        said[..4],
        (0..4)
            .map(|line| format!("reserve {line}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(said[4..], ["release 20", "release 10", "release 0"]);
    assert!(matches!(error.into_step_error(), Some(Error::Refused)));
}

saga! {
    #[classify(Error::verdict)]
    saga Later(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[idempotent] #[concurrent(3)] #[retry(3, 5ms..5ms, jitter = false)]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        held.len()
    }
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_once_an_item_has_failed() {
    // All three wait for the same moment; the first of them is refused then.
    let busy = Trouble::Fails(Error::Busy);
    let shop = Shop::default()
        .trouble("reserve 0", &[busy, Trouble::Fails(Error::Refused)])
        .trouble("reserve 1", &[busy, busy])
        .trouble("reserve 2", &[busy, busy]);
    let saga = Later {
        lines: vec![0, 1, 2, 3],
    }
    .with(shop.clone());
    let error = saga.await.unwrap_err();
    assert_eq!(error.step(), Some("held[0]"));
    assert!(error.is_clean());
    let said = shop.said();
    let begun = ["reserve 0", "reserve 1", "reserve 2"];
    assert_eq!(said, [begun, begun].concat(), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn the_failures_of_others_are_beside_it() {
    let shop = Shop::default()
        .fails("reserve 0", Error::Refused)
        .fails("reserve 1", Error::Fatal);
    let error = fulfil(&shop, 4).await.unwrap_err();
    assert_eq!(error.step(), Some("held[0]"));
    let also: Vec<_> = error.also().iter().map(|failure| failure.step()).collect();
    assert_eq!(also, [Some("held[1]")]);
    assert_eq!(shop.said(), ["reserve 0", "reserve 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_later_failure_undoes_a_loop_last_first() {
    let shop = Shop::default().fails("pay", Error::Refused);
    let error = fulfil(&shop, 4).await.unwrap_err();
    assert_eq!(error.step(), Some("paid"));
    assert!(error.is_clean());
    let said = shop.said();
    assert_eq!(said[5..7], ["release 30", "release 20"]);
    assert_eq!(said.len(), 9);
    assert_eq!(shop.most(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_item_that_stands_leaves_the_others_undone() {
    let lost = [Trouble::Fails(Error::Busy), Trouble::Panics];
    let shop = Shop::default()
        .fails("pay", Error::Refused)
        .trouble("release 10", &lost);
    let Outcome::Parked(parked) = fulfil(&shop, 4).outcome().await else {
        panic!("an item stands");
    };
    assert_eq!(parked.unsettled().still_applied, ["held[1]"]);
    assert!(parked.unsettled().in_doubt.is_empty() && parked.unsettled().unfinished.is_empty());
    assert_eq!(parked.failure().step(), Some("paid"));
    assert_eq!(parked.also()[0].step(), Some("held[1]"));
    let mut said = shop.said();
    said.retain(|said| said.starts_with("release"));
    assert_eq!(
        said,
        [
            "release 30",
            "release 20",
            "release 10",
            "release 0",
            "release 10"
        ]
    );

    let Outcome::Compensated(error) = parked.resume().outcome().await else {
        panic!("it is undone now");
    };
    assert!(error.is_clean());
    assert_eq!(shop.said(), ["release 10"]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_cannot_go_back_parks_its_saga() {
    let lost = [Trouble::Panics, Trouble::Panics];
    let shop = Shop::default()
        .fails("reserve 3", Error::Refused)
        .trouble("release 0", &lost);
    let Outcome::Parked(parked) = fulfil(&shop, 4).outcome().await else {
        panic!("an item stands");
    };
    assert_eq!(parked.unsettled().still_applied, ["held[0]"]);
    assert_eq!(parked.failure().step(), Some("held[3]"));
    shop.said();
    let error = parked.resume().await.unwrap_err();
    assert!(error.is_clean());
    assert_eq!(shop.said(), ["release 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_stops_what_waits_and_awaits_what_runs() {
    let shop = Shop::default().trouble("reserve 1", &[Trouble::Hangs]);
    let handle = fulfil(&shop, 9).start();
    while shop.said().is_empty() {
        tokio::task::yield_now().await;
    }
    handle.cancel().await;
    let error = handle.await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Cancelled));
    assert!(error.is_clean());
    let said = shop.said();
    // Item 1 timed out: its doubt is settled under its key.
    assert_eq!(said.iter().filter(|said| *said == "reserve 1").count(), 1);
    assert_eq!(
        said.iter()
            .filter(|said| said.starts_with("release"))
            .count(),
        2,
        "{said:?}"
    );
}

saga! {
    #[classify(Error::verdict)]
    saga Left(lines: Vec<u32>) with (shop: Shop) -> Result<(), Error> {
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step sent(shop, line, key) -> u32 = Shop::reserve
            compensate none

        #[idempotent]
        step last(shop, sent, key) { let _ = sent; shop.keyed("last".to_owned(), key).await }
            compensate none
    }
}

#[tokio::test]
async fn what_of_a_loop_is_left_is_listed_by_item() {
    for (failing, left) in [("reserve 2", 2), ("last", 3)] {
        let shop = Shop::default().fails(failing, Error::Refused);
        let lines = (0..3).collect();
        let error = Left { lines }.with(shop).await.unwrap_err();
        let Completeness::Compensated { left: listed } = error.completeness() else {
            panic!("nothing parks it");
        };
        let listed: Vec<_> = listed.iter().map(|left| left.step.to_string()).collect();
        let expected: Vec<_> = (0..left).map(|item| format!("sent[{item}]")).collect();
        assert_eq!(listed, expected, "{failing}");
    }
}

saga! {
    #[classify(Error::verdict)]
    saga Reads(lines: Vec<u32>) with (shop: Shop) -> Result<(), Error> {
        #[idempotent] #[concurrent(2)]
        #[name = "held"]
        for line: u32 in (lines => lines.clone())
        step _held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, line, failure) {
                let step = failure.step().map_or("saga", |step| step);
                shop.call(format!("release {line} for {step}")).await
            }

        #[idempotent]
        step last(shop, key) { shop.keyed("last".to_owned(), key).await }
            compensate none
    }
}

#[tokio::test]
async fn a_compensation_reads_why_the_loop_goes_back() {
    let shop = Shop::default().fails("reserve 1", Error::Refused);
    let lines = vec![0, 1];
    Reads {
        lines: lines.clone(),
    }
    .with(shop.clone())
    .await
    .unwrap_err();
    assert_eq!(shop.said()[2..], ["release 0 for held[1]"]);
    let shop = Shop::default().fails("last", Error::Refused);
    Reads { lines }.with(shop.clone()).await.unwrap_err();
    assert_eq!(
        shop.said()[3..],
        ["release 1 for last", "release 0 for last"]
    );
}

saga! {
    #[classify(Error::verdict)]
    saga Empty(lines: Vec<u32>) with (shop: Shop) -> Result<(), Error> {
        #[idempotent] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        #[idempotent]
        step stays(shop, held, key) { let _ = held; shop.keyed("last".to_owned(), key).await }
            #[retry(1)]
            compensate(shop) { shop.call("undo last".to_owned()).await }

        #[idempotent]
        step last(shop, key) { shop.keyed("fail".to_owned(), key).await }
            compensate none
    }
}

#[tokio::test]
async fn of_a_loop_without_items_nothing_stands() {
    let shop = Shop::default()
        .fails("fail", Error::Refused)
        .fails("undo last", Error::Refused);
    let Outcome::Parked(parked) = (Empty { lines: vec![] }).with(shop).outcome().await else {
        panic!("a step stands, and keeps the loop that it reads");
    };
    assert_eq!(parked.unsettled().still_applied, ["stays"]);
}

saga! {
    #[classify(Error::verdict)]
    saga Between(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[idempotent]
        step opened(shop, key) { shop.keyed("open".to_owned(), key).await }
            compensate(shop) { shop.call("close".to_owned()).await }
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;
        #[idempotent]
        step packed(shop, key) { shop.keyed("pack".to_owned(), key).await }
            compensate(shop) { shop.call("unpack".to_owned()).await }
        #[idempotent]
        step sent(shop, key) { shop.keyed("send".to_owned(), key).await }
            compensate none

        held.len()
    }
}

#[tokio::test]
async fn a_loop_between_plain_steps_is_undone_between_them() {
    let lines = vec![1, 2];
    let shop = Shop::default().fails("send", Error::Refused);
    let error = Between { lines }.with(shop.clone()).await.unwrap_err();
    assert!(error.is_clean(), "{error}");
    assert_eq!(
        shop.said()[5..],
        ["unpack", "release 20", "release 10", "close"]
    );
}
