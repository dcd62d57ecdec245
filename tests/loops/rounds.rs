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
    saga Kept() with (shop: Shop, turns: Turns) -> Result<Vec<u32>, Error> {
        #[savepoint(5, 1ms..1ms)]
        read begin(shop) { shop.call("begin".to_owned()).await }

        #[idempotent]
        for line: u32 in (turns => turns.items())
        step sent(shop, line, key) -> u32 = Shop::reserve
            compensate none

        #[idempotent]
        step last(shop, key) { shop.keyed("last".to_owned(), key).await }
            compensate none

        sent
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_standing_keeps_its_items_and_keys() {
    let shop = Shop::default().trouble("last", &[super::shop::Trouble::Fails(Error::Busy); 2]);
    let turns = Turns(Arc::new(AtomicU32::new(1)));
    let sent = Kept {}.with(shop.clone(), turns.clone()).await.unwrap();
    assert_eq!(sent, [0, 10]);
    assert_eq!(
        turns.0.load(Ordering::SeqCst),
        2,
        "the items were made once"
    );
    for line in ["reserve 0", "reserve 1"] {
        let keys = shop.keys(line);
        assert_eq!(keys.len(), 3);
        assert!(
            keys.iter().all(|key| *key == keys[0]),
            "it is the same operation"
        );
    }
}

saga! {
    #[classify(Error::verdict)]
    saga Parcel(line: u32) with (shop: Shop) -> Result<u32, Error> {
        #[idempotent]
        step sent(shop, line, key) -> u32 = Shop::reserve
            compensate none

        sent
    }

    #[classify(Error::verdict)]
    saga Pack(line: u32) with (shop: Shop) -> Result<u32, Error> {
        step parcel(line) -> u32 = saga Parcel { line: *line } with (shop);

        parcel
    }

    #[classify(Error::verdict)]
    saga Packs() with (shop: Shop, turns: Turns) -> Result<Vec<u32>, Error> {
        #[savepoint(5, 1ms..1ms)]
        for line: u32 in (turns => turns.items())
        step packed(line) -> u32 = saga Pack { line: *line } with (shop);

        #[idempotent]
        step last(shop, key) { shop.keyed("last".to_owned(), key).await }
            compensate none

        packed
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_standing_in_the_saga_of_an_item_keeps_the_items() {
    let shop = Shop::default().trouble("last", &[super::shop::Trouble::Fails(Error::Busy); 2]);
    let turns = Turns(Arc::new(AtomicU32::new(1)));
    let packed = Packs {}.with(shop.clone(), turns.clone()).await.unwrap();
    assert_eq!(packed, [0, 10]);
    assert_eq!(
        turns.0.load(Ordering::SeqCst),
        2,
        "the items were made once"
    );
    for line in ["reserve 0", "reserve 1"] {
        let keys: HashSet<_> = shop.keys(line).into_iter().collect();
        assert_eq!(keys.len(), 1, "it is the same operation");
    }
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
