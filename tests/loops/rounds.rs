//! Savepoints: items are made again, rounds go on, and what is left keeps its items.

use super::shop::{Error, Shop};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};
use typed_saga::saga;

#[derive(Clone, Default)]
struct Turns(Arc<AtomicU32>);

impl Turns {
    /// More from time to time.
    fn items(&self) -> Vec<u32> {
        (0..=self.0.fetch_add(1, Ordering::SeqCst)).collect()
    }
}

saga! {
    #[classify(Error::verdict)]
    saga Again() with (shop: Shop, turns: Turns) -> Result<Vec<u32>, Error> {
        #[savepoint(5, 1ms..1ms)] #[idempotent]
        for line: u32 in (turns => turns.items())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        #[idempotent]
        step last(shop, key) { shop.keyed("last".to_owned(), key).await }
            compensate none

        held
    }
}

#[tokio::test(start_paused = true)]
async fn a_turn_makes_other_items_under_new_keys() {
    let shop = Shop::default().trouble("last", &[super::shop::Trouble::Fails(Error::Busy); 2]);
    let held = Again {}.with(shop.clone(), Turns::default()).await.unwrap();
    assert_eq!(held, [0, 10, 20]);
    assert_eq!(
        shop.said(),
        [
            "reserve 0",
            "last",
            "release 0", //
            "reserve 0",
            "reserve 1",
            "last",
            "release 10",
            "release 0", //
            "reserve 0",
            "reserve 1",
            "reserve 2",
            "last",
        ]
    );
    let keys: Vec<_> = (0..3)
        .flat_map(|line| shop.keys(&format!("reserve {line}")))
        .collect();
    assert_eq!(keys.len(), 6);
    assert_eq!(
        keys.iter().collect::<HashSet<_>>().len(),
        6,
        "each is another operation"
    );
}

saga! {
    #[classify(Error::verdict)]
    saga Fatal(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[savepoint(5, 1ms..1ms)]
        read begin(shop) { shop.call("begin".to_owned()).await }

        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        held
    }
}

#[tokio::test(start_paused = true)]
async fn an_item_that_aborts_forbids_turns() {
    for (error, ok) in [(Error::Refused, true), (Error::Fatal, false)] {
        let shop = Shop::default().fails("reserve 1", error);
        let lines = vec![0, 1];
        let held = Fatal { lines }.with(shop).await;
        assert_eq!(held.is_ok(), ok, "{error:?}");
    }
}

saga! {
    #[classify(Error::verdict)]
    saga Beside(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[savepoint(5, 1ms..1ms)]
        read begin(shop) { shop.call("begin".to_owned()).await }

        #[idempotent] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        held
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_aborts_after_another_has_failed_forbids_turns() {
    let lines = || vec![0, 1];
    let fails = || Shop::default().fails("reserve 0", Error::Refused);
    Beside { lines: lines() }.with(fails()).await.unwrap();
    let shop = fails().fails("reserve 1", Error::Fatal);
    let saga = Beside { lines: lines() }.with(shop.clone());
    let error = saga.await.unwrap_err();
    assert_eq!(error.path(), Some("held[0]"));
    assert_eq!(shop.said(), ["begin", "reserve 0", "reserve 1"]);
}
