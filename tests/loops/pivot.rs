//! Loops behind the pivot: nothing is undone, and a failing item stops nobody.

use super::shop::{Error, Shop, Trouble};
use typed_saga::{Outcome, saga};

saga! {
    #[classify(Error::verdict)]
    saga Ship(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[idempotent]
        pivot paid(shop, key) { shop.keyed("pay".to_owned(), key).await }

        #[idempotent] #[retry(2, 1ms..1ms)] #[concurrent(2)]
        for line: u32 in (lines => lines.clone())
        step parcel(shop, line, key) -> u32 = Shop::reserve;

        parcel
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_item_stops_nobody_and_is_resumed_alone() {
    let busy = [Trouble::Fails(Error::Busy); 2];
    let shop = Shop::default()
        .trouble("reserve 1", &busy)
        .fails("reserve 3", Error::Refused);
    let lines = (0..6).collect();
    let Outcome::Parked(parked) = Ship { lines }.with(shop.clone()).outcome().await else {
        panic!("two items are not sent");
    };
    assert_eq!(parked.unsettled().unfinished, ["parcel[1]", "parcel[3]"]);
    let standing = ["paid", "parcel[0]", "parcel[2]", "parcel[4]", "parcel[5]"];
    assert_eq!(parked.unsettled().still_applied, standing);
    let failed = [parked.failure()].into_iter().chain(parked.also());
    let mut failed: Vec<_> = failed.map(|failure| failure.step().unwrap()).collect();
    failed.sort_unstable();
    assert_eq!(failed, ["parcel[1]", "parcel[3]"]);
    let said = shop.said();
    assert!((0..6).all(|line| said.contains(&format!("reserve {line}"))));

    let sent = parked.resume().await.unwrap();
    assert_eq!(sent, [0, 10, 20, 30, 40, 50]);
    assert_eq!(shop.said(), ["reserve 1", "reserve 3"]);
    let [first, .., last] = &shop.keys("reserve 1")[..] else {
        panic!("it was tried again");
    };
    assert_eq!(first, last, "it is the same operation");
}
