//! Loops in blocks, their observers, and their keys.

use super::shop::{Error, Shop, Trouble};
use std::collections::HashSet;
use typed_saga::saga;

saga! {
    #[classify(Error::verdict)]
    saga Block(lines: Vec<u32>) with (shop: Shop) -> Result<(u32, Vec<u32>, usize), Error> {
        concurrent {
            #[idempotent]
            step one(shop, key) -> u32 { shop.keyed("one".to_owned(), key).await?; Ok(1) }
                compensate(shop) { shop.call("undo one".to_owned()).await }

            #[idempotent]
            for line: u32 in (lines => lines.clone())
            step held(shop, line, key) -> u32 = Shop::reserve
                compensate(shop, held) = Shop::release;

            for each: u32 in (held => held.clone())
            read seen(shop, each) { shop.call(format!("see {each}")).await }
        }

        (one, held, seen.len())
    }
}

#[tokio::test]
async fn a_loop_runs_beside_its_siblings_and_is_read_by_them() {
    let shop = Shop::default();
    let lines = vec![1, 2];
    let output = Block { lines }.with(shop.clone()).await.unwrap();
    assert_eq!(output, (1, vec![10, 20], 2));
    assert_eq!(shop.most(), 2);
    let said = shop.said();
    assert_eq!(said[said.len() - 2..], ["see 10", "see 20"]);
}

#[tokio::test]
async fn a_sibling_that_fails_calls_a_loop_back_in_its_lane() {
    let shop = Shop::default().fails("one", Error::Refused);
    let lines = (0..9).collect();
    let error = Block { lines }.with(shop.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("one"));
    assert!(error.is_clean(), "{error}");
    assert!(error.also().is_empty(), "{:?}", error.also());
    assert_eq!(shop.said(), ["one", "reserve 0", "release 0"]);
}

#[tokio::test]
async fn an_item_that_fails_stops_the_siblings() {
    let shop = Shop::default().fails("reserve 1", Error::Refused);
    let lines = (0..9).collect();
    let error = Block { lines }.with(shop.clone()).await.unwrap_err();
    assert_eq!(error.step(), Some("held[1]"));
    assert!(error.is_clean(), "{error}");
    let said = shop.said();
    assert_eq!(
        said,
        ["one", "reserve 0", "reserve 1", "release 0", "undo one"]
    );
}

#[tokio::test]
async fn each_item_has_keys_of_its_own() {
    let shop = Shop::default();
    let lines = (0..20).collect();
    let saga = Block { lines }.with(shop.clone()).id("order-42");
    saga.await.unwrap();
    let keys: HashSet<_> = (0..20)
        .flat_map(|line| shop.keys(&format!("reserve {line}")))
        .collect();
    assert_eq!(keys.len(), 20);
    // A change here is a change of every key in flight.
    assert_eq!(
        shop.keys("reserve 7"),
        ["s1126cee21c54367d90693acbfd7e472b5"]
    );
    let again = Shop::default();
    let lines = (0..20).collect();
    Block { lines }
        .with(again.clone())
        .id("order-42")
        .await
        .unwrap();
    assert_eq!(again.keys("reserve 7"), shop.keys("reserve 7"));
    let _ = Trouble::Panics;
}

#[derive(Clone, Default)]
struct Told(std::sync::Arc<std::sync::Mutex<Vec<String>>>);

impl typed_saga::Observer for Told {
    fn on_event(&self, at: &typed_saga::Context<'_>, event: &typed_saga::runtime::RunEvent<'_>) {
        let entry = format!("{} {event:?}", at.path());
        self.0.lock().unwrap().push(entry);
    }
}

#[tokio::test]
async fn observers_hear_of_each_item_by_its_path() {
    let (shop, told) = (
        Shop::default().fails("reserve 1", Error::Refused),
        Told::default(),
    );
    let lines = (0..2).collect();
    let saga = Block { lines }.with(shop).observe(told.clone());
    saga.await.unwrap_err();
    let told = told.0.lock().unwrap();
    let told: Vec<_> = told
        .iter()
        .filter(|told| told.starts_with("held"))
        .collect();
    assert_eq!(
        told,
        [
            "held Attempting",
            "held[0] Attempting",
            "held[0] Applied",
            "held[1] Attempting",
            "held[1] Rejected { verdict: Refused, error: \"Refused\" }",
            "held[0] Compensating",
            "held[0] Compensated",
            "held Rejected { verdict: Refused, error: \"Refused\" }",
        ]
    );
}
