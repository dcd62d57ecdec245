//! Loops together with what else a step may say.

use super::shop::{Error, Shop, Trouble};
use std::time::Duration;
use tokio::time::Instant;
use typed_saga::{Cause, saga};

saga! {
    #[classify(Error::verdict)]
    saga Covered(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[idempotent]
        step record(shop, key) -> u32 { shop.keyed("open".to_owned(), key).await.map(|()| 1) }
            compensate(shop, record) { let _ = record; shop.call("close".to_owned()).await }

        #[idempotent(by = line)] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step entry(shop, record, line) -> u32 {
            shop.call(format!("enter {line}")).await?;
            Ok(*record + *line)
        }
            compensate with record

        #[idempotent]
        step last(shop, key) { shop.keyed("last".to_owned(), key).await }
            compensate none

        entry.len()
    }
}

#[tokio::test]
async fn the_items_of_a_loop_are_undone_with_an_earlier_step() {
    let (shop, lines) = (Shop::default(), vec![1, 2, 3]);
    let saga = |shop: &Shop| {
        Covered {
            lines: lines.clone(),
        }
        .with(shop.clone())
    };
    assert_eq!(saga(&shop).await.unwrap(), 3);
    for failing in ["enter 2", "last"] {
        let shop = Shop::default().fails(failing, Error::Refused);
        let error = saga(&shop).await.unwrap_err();
        assert!(error.is_clean(), "{failing}: {error}");
        let said = shop.said();
        assert_eq!(said.last().unwrap(), "close", "{failing}");
        assert!(said.iter().all(|said| !said.starts_with("release")));
    }
    let start = Covered { lines }.walk();
    let services = CoveredServices {
        shop: Shop::default(),
    };
    let record = start.record(&services).await.unwrap();
    let entry = record.entry(&services).await.unwrap();
    assert_eq!(entry.entry, [2, 3, 4]);
    let record = entry.undo_entry(&services).await.unwrap();
    drop(record.undo_record(&services).await.unwrap());
}

saga! {
    #[classify(Error::verdict)]
    #[timeout(1s)]
    saga Waits(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[idempotent] #[retry(9, 1h..1h, jitter = false)] #[concurrent(3)]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        held.len()
    }
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_waits_of_items() {
    let shop = Shop::default().trouble("reserve 1", &[Trouble::Fails(Error::Busy); 9]);
    let saga = Waits {
        lines: vec![0, 1, 2],
    }
    .with(shop.clone());
    let start = Instant::now();
    let error = saga.deadline(Duration::from_secs(10)).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(11), "at once");
    assert!(matches!(error.cause(), Cause::DeadlineExceeded));
    assert!(error.is_clean());
    let mut said = shop.said();
    assert_eq!(said[..3], ["reserve 0", "reserve 1", "reserve 2"]);
    said.drain(..3);
    assert_eq!(said, ["release 20", "release 0"]);
}

#[tokio::test(start_paused = true)]
async fn a_loop_whose_caller_is_gone_runs_on() {
    let shop = Shop::default();
    let saga = Waits {
        lines: vec![0, 1, 2],
    }
    .with(shop.clone());
    let run = saga.into_future();
    assert!(tokio::time::timeout(Duration::ZERO, run).await.is_err());
    typed_saga::drain(Duration::from_secs(5)).await;
    assert_eq!(shop.said().len(), 3);
}

saga! {
    #[classify(Error::verdict)]
    saga Choosy(lines: Vec<u32>, many: bool) with (shop: Shop) -> Result<usize, Error> {
        concurrent {
            #[when(many => *many)]
            #[idempotent]
            for line: u32 in (lines => lines.clone())
            step first(shop, line, key) -> u32 = Shop::reserve
                compensate(shop, first) = Shop::release;

            #[when(line => line % 2 == 1)]
            #[idempotent]
            for line: u32 in (lines => lines.clone())
            step odd(shop, line, key) -> u32 = Shop::reserve
                compensate(shop, odd) = Shop::release;
        }

        #[idempotent]
        step last(shop, first, odd, key) {
            let _ = (first, odd);
            shop.keyed("last".to_owned(), key).await
        }
            compensate none

        first.map_or(0, |first| first.len()) + odd.iter().flatten().count()
    }
}

#[tokio::test]
async fn conditions_of_loops_in_a_block() {
    for many in [false, true] {
        let lines = vec![1, 2, 3];
        let shop = Shop::default();
        let saga = |shop: &Shop| {
            Choosy {
                lines: lines.clone(),
                many,
            }
            .with(shop.clone())
        };
        let count = if many { 5 } else { 2 };
        assert_eq!(saga(&shop).await.unwrap(), count);
        let shop = Shop::default().fails("last", Error::Refused);
        assert!(saga(&shop).await.unwrap_err().is_clean());
        let released = shop
            .said()
            .iter()
            .filter(|said| said.starts_with("release"))
            .count();
        assert_eq!(released, count);
    }
}

saga! {
    #[classify(Error::verdict)]
    saga Doubtful(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[idempotent]
        step record(shop, key) -> u32 { shop.keyed("open".to_owned(), key).await.map(|()| 1) }
            compensate(shop, record) { let _ = record; shop.call("close".to_owned()).await }

        #[idempotent(by = line)] #[retry(1)] #[timeout(1s)] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step entry(shop, record, line) -> u32 {
            shop.call(format!("enter {line}")).await?;
            Ok(*record + *line)
        }
            compensate with record

        entry.len()
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_in_doubt_goes_with_the_earlier_step() {
    let shop = Shop::default().trouble("enter 2", &[Trouble::Hangs]);
    let lines = vec![1, 2, 3];
    let outcome = Doubtful { lines }.with(shop.clone()).outcome().await;
    let typed_saga::Outcome::Compensated(error) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.step(), Some("entry[1]"));
    assert!(error.is_clean(), "{error}");
    assert_eq!(shop.said().last().unwrap(), "close");
}
