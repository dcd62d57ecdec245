//! Loops in sagas that are steps, and what such a saga says of a failure in another round of it.

use super::shop::{Error, Shop, Trouble};
use typed_saga::{Cause, saga};

saga! {
    #[classify(Error::verdict)]
    saga Pack(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step sent(shop, line, key) -> u32 = Shop::reserve
            compensate none again

        #[idempotent]
        step packed(shop, sent, key) { let _ = sent; shop.keyed("pack".to_owned(), key).await }
            compensate none again

        sent.len()
    }

    #[classify(Error::verdict)]
    saga Order(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[retry(2, 1ms..1ms)]
        step parcel(shop, lines) -> usize = saga Pack { lines: shop.known(lines) } with (shop)
            fallback(lines) { if lines.len() > 3 { Err(Error::Fatal) } else { Ok(0) } }

        parcel
    }
}

impl Shop {
    /// The second time nobody knows them.
    fn known(&self, lines: &[u32]) -> Vec<u32> {
        assert!(lines != [9] || self.keys("pack").is_empty());
        lines.to_vec()
    }
}

fn order(shop: &Shop, lines: &[u32]) -> typed_saga::runtime::Prepared<OrderRun> {
    let lines = lines.to_vec();
    Order { lines }.with(shop.clone())
}

#[tokio::test(start_paused = true)]
async fn items_that_stay_are_called_under_other_keys_when_their_saga_is_begun_anew() {
    let shop = Shop::default().fails("pack", Error::Busy);
    assert_eq!(order(&shop, &[1, 2]).await.unwrap(), 2);
    for line in ["reserve 1", "reserve 2"] {
        let keys = shop.keys(line);
        assert_eq!(keys.len(), 2);
        assert_ne!(keys[0], keys[1], "it is another operation");
    }
    assert_ne!(shop.keys("reserve 1"), shop.keys("reserve 2"));
}

#[tokio::test(start_paused = true)]
async fn the_limit_of_items_holds_for_all_loops() {
    let saga = order(&Shop::default(), &[1, 2, 3, 4]).items_limit(3);
    let error = saga.await.unwrap_err();
    assert_eq!(error.path(), Some("parcel/sent"));
    assert!(matches!(error.cause(), Cause::TooManyItems { limit: 3 }));
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_gives_nothing_leaves_the_path_of_the_failure() {
    let shop = Shop::default().trouble("pack", &[Trouble::Fails(Error::Busy); 2]);
    let error = order(&shop, &[1, 2, 3, 4]).await.unwrap_err();
    assert_eq!(error.path(), Some("parcel/packed"));
    assert_eq!(error.into_step_error(), Some(Error::Busy));
}

saga! {
    #[classify(Error::verdict)]
    saga Strict(lines: Vec<u32>) with (shop: Shop) -> Result<usize, Error> {
        #[retry(2, 1ms..1ms)]
        step parcel(shop, lines) -> usize = saga Pack { lines: shop.known(lines) } with (shop);

        parcel
    }
}

#[tokio::test(start_paused = true)]
async fn inputs_that_panic_in_a_later_round_are_the_step_s_own_failure() {
    let shop = Shop::default().fails("pack", Error::Busy);
    let lines = vec![9];
    let error = Strict { lines }.with(shop).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Panicked(_)));
    assert_eq!(error.path(), Some("parcel"));
}
