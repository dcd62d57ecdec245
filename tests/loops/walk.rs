//! A walk takes all items in one move, and undoes them in one.

use super::shop::{Error, Shop, Trouble};
use typed_saga::saga;

saga! {
    #[classify(Error::verdict)]
    saga Walked(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, line, held) { shop.call(format!("release {line} {held}")).await }

        #[when(line => line % 2 == 0)]
        #[idempotent]
        for line: u32 in (held => held.clone())
        step even(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, even, failure) {
                let _ = failure;
                shop.call(format!("undo {even}")).await
            }

        held.into_iter().chain(even.into_iter().flatten()).collect()
    }
}

#[tokio::test]
async fn a_walk_takes_all_items_and_undoes_them() {
    let shop = Shop::default().fails("reserve 40", Error::Refused);
    let services = WalkedServices { shop: shop.clone() };
    let start = Walked {
        lines: vec![1, 2, 3, 4],
    }
    .walk();
    let held = start.held(&services).await.unwrap();
    assert_eq!(held.held, [10, 20, 30, 40]);
    shop.said();
    let stopped = held.even(&services).await.unwrap_err();
    assert_eq!(stopped.error, Error::Refused);
    assert_eq!(
        shop.said(),
        [
            "reserve 10",
            "reserve 20",
            "reserve 30",
            "reserve 40",
            "undo 300",
            "undo 200",
            "undo 100"
        ]
    );
    let even = stopped.state.even(&services).await.unwrap();
    assert_eq!(even.even, [Some(100), Some(200), Some(300), Some(400)]);
    let failure = typed_saga::Failure::new("later", typed_saga::Cause::Failed(Error::Busy));
    let held = even.undo_even(&services, &failure).await.unwrap();
    shop.said();
    let start = held.undo_held(&services).await.unwrap();
    assert_eq!(
        shop.said(),
        [
            "release 4 40",
            "release 3 30",
            "release 2 20",
            "release 1 10"
        ]
    );
    assert_eq!(start.lines, [1, 2, 3, 4]);
}

saga! {
    #[classify(Error::verdict)]
    saga Line(line: u32) with (shop: Shop) -> Result<u32, Error> {
        #[idempotent]
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        #[idempotent]
        step tied(shop, held, key) -> u32 = Shop::reserve
            compensate(shop, tied) = Shop::release;

        held + tied
    }

    #[classify(Error::verdict)]
    saga Lines(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        for line: u32 in (lines => lines.clone())
        step packed(line) -> u32 = saga Line { line: *line } with (shop);

        packed
    }
}

#[tokio::test]
async fn a_walk_runs_the_saga_of_each_item() {
    let shop = Shop::default();
    let services = LinesServices { shop: shop.clone() };
    let lines = vec![1, 2];
    let start = Lines {
        lines: lines.clone(),
    };
    let packed = start.walk().packed(&services).await.unwrap();
    assert_eq!(packed.packed, [110, 220]);
    let calls = ["reserve 1", "reserve 10", "reserve 2", "reserve 20"];
    assert_eq!(shop.said(), calls);

    let start = packed.undo_packed(&services).await.unwrap();
    assert_eq!(start.lines, lines);
    let undone = ["release 200", "release 20", "release 100", "release 10"];
    assert_eq!(shop.said(), undone);

    let shop = Shop::default().fails("reserve 20", Error::Refused);
    let services = LinesServices { shop: shop.clone() };
    let stopped = Lines { lines }.walk().packed(&services).await.unwrap_err();
    assert_eq!(stopped.error, Error::Refused);
    // The child saga of the second item undoes its own step; then that of the first one is undone.
    let undone = ["release 20", "release 100", "release 10"];
    assert_eq!(shop.said()[4..], undone);
}

saga! {
    #[classify(Error::verdict)]
    saga Bundle(line: u32, gift: bool) with (shop: Shop) -> Result<(u32, Option<u32>), Error> {
        step first(line) -> u32 = saga Line { line: *line } with (shop);

        #[when(gift => *gift)]
        step second(first) -> u32 = saga Line { line: *first } with (shop)
            fallback() { Ok(7) }

        (first, second)
    }
}

#[tokio::test]
async fn a_walk_rolls_a_child_saga_back() {
    let shop = Shop::default();
    let services = BundleServices { shop: shop.clone() };
    for (gift, seconds) in [(true, 2), (false, 0)] {
        let walk = Bundle { line: 1, gift }.walk();
        let first = walk.first(&services).await.unwrap();
        let second = first.second(&services).await.unwrap();
        assert_eq!(second.second.is_some(), gift);
        let reserved = shop.said();
        assert_eq!(reserved.len(), 2 + seconds);
        let first = second.undo_second(&services).await.unwrap();
        assert_eq!(shop.said().len(), seconds);
        let start = first.undo_first(&services).await.unwrap();
        assert_eq!(shop.said(), ["release 100", "release 10"]);
        assert_eq!((start.line, start.gift), (1, gift));
    }
}

#[tokio::test]
async fn what_a_child_saga_cannot_undo_is_undone_by_the_next_attempt() {
    let shop = Shop::default().trouble("release 10", &[Trouble::Fails(Error::Refused); 5]);
    let services = BundleServices { shop: shop.clone() };
    let walk = Bundle {
        line: 1,
        gift: false,
    }
    .walk();
    let first = walk.first(&services).await.unwrap();
    let stopped = first.undo_first(&services).await.unwrap_err();
    assert_eq!(stopped.error, Error::Refused);
    shop.said();
    drop(stopped.state.undo_first(&services).await.unwrap());
    assert_eq!(shop.said(), ["release 10"]);
}

#[tokio::test]
async fn the_fallback_of_a_child_saga_leaves_nothing_to_undo() {
    let shop = Shop::default().fails("reserve 10", Error::Refused);
    let services = BundleServices { shop: shop.clone() };
    let first = Bundle {
        line: 1,
        gift: true,
    }
    .walk()
    .first(&services)
    .await;
    assert_eq!(first.unwrap_err().error, Error::Refused);
    let shop = Shop::default();
    let services = BundleServices { shop: shop.clone() };
    let first = Bundle {
        line: 1,
        gift: true,
    }
    .walk()
    .first(&services)
    .await;
    let second = first.unwrap().fall_back_second(&services).await.unwrap();
    assert_eq!(second.second, Some(7));
    shop.said();
    drop(second.undo_second(&services).await.unwrap());
    assert!(shop.said().is_empty());
}
