//! The way forward: what is made of the items, and what each of them may say.

use super::shop::{Error, Shop, Trouble};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use typed_saga::{Cause, saga};

saga! {
    #[classify(Error::verdict)]
    saga Fulfil(lines: Vec<u32>) with (shop: Shop) -> Result<(Vec<u32>, u32), Error> {
        #[idempotent]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        read sum(held) -> u32 { Ok(held.iter().sum()) }

        (held, sum)
    }
}

#[tokio::test]
async fn each_item_is_a_step_in_order() {
    let shop = Shop::default();
    let lines = vec![1, 2, 3];
    let (held, sum) = Fulfil { lines }.with(shop.clone()).await.unwrap();
    assert_eq!((held, sum), (vec![10, 20, 30], 60));
    assert_eq!(shop.said(), ["reserve 1", "reserve 2", "reserve 3"]);
    assert_eq!(shop.most(), 1);
}

#[tokio::test]
async fn no_items_are_an_empty_list() {
    let output = Fulfil { lines: Vec::new() }.with(Shop::default()).await;
    assert_eq!(output.unwrap(), (Vec::new(), 0));
}

saga! {
    #[classify(Error::verdict)]
    saga Beside(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[idempotent] #[concurrent(3)]
        for line: u32 in (lines => lines.iter().copied())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        held
    }
}

#[tokio::test]
async fn so_many_at_a_time() {
    let shop = Shop::default();
    let lines: Vec<u32> = (1..=10).collect();
    let held = Beside { lines }.with(shop.clone()).await.unwrap();
    assert_eq!(held, (1..=10).map(|line| line * 10).collect::<Vec<_>>());
    assert_eq!(shop.most(), 3);
}

saga! {
    saga Reserve(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[idempotent(by = line)]
        for line: u32 in (lines => lines.clone())
        step reserved(shop, line) -> u32 {
            shop.call(format!("reserve {line}")).await.map(|()| *line)
        }
            compensate none

        reserved
    }
}

#[tokio::test]
async fn equal_items_are_no_keys() {
    let shop = Shop::default();
    let saga = |lines: &[u32]| {
        let lines = lines.to_vec();
        Reserve { lines }.with(shop.clone())
    };
    let error = saga(&[3, 7, 8, 7, 3]).await.unwrap_err();
    let equal = Cause::<Error>::EqualItems {
        of: "reserved".to_owned(),
        first: 1,
        second: 3,
    }
    .to_string();
    let words = "did not begin: items 1 and 3 of `reserved` have the same key";
    assert_eq!(equal, words);
    assert_eq!(error.cause().to_string(), equal);
    assert_eq!(error.path(), Some("reserved"));
    assert!(error.is_clean());
    assert!(shop.said().is_empty(), "nothing was reserved");
    assert_eq!(saga(&[3, 7, 8]).await.unwrap(), [3, 7, 8]);
}

#[derive(Clone, Default)]
struct Drawn(Arc<AtomicUsize>);

saga! {
    saga Endless() with (drawn: Drawn) -> Result<usize, Error> {
        for item: u32 in (drawn => {
            let drawn = drawn.clone();
            (0..).inspect(move |_| {
                drawn.0.fetch_add(1, Ordering::SeqCst);
            })
        })
        step done(item) -> u32 { Ok(*item) }
            compensate none

        done.len()
    }
}

#[tokio::test]
async fn no_more_items_than_the_limit_and_one_are_drawn() {
    let drawn = Drawn::default();
    let error = Endless {}.with(drawn.clone()).await.unwrap_err();
    assert!(matches!(
        error.cause(),
        Cause::TooManyItems { limit: 10_000 }
    ));
    assert_eq!(error.step(), Some("done"));
    assert!(error.is_clean());
    assert_eq!(drawn.0.load(Ordering::SeqCst), 10_001);

    let drawn = Drawn::default();
    let error = Endless {}
        .with(drawn.clone())
        .items_limit(3)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "step `done` has more than 3 items; everything before it was undone"
    );
    assert_eq!(drawn.0.load(Ordering::SeqCst), 4);
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

saga! {
    saga Panics(before: u32) with (shop: Shop) -> Result<(), Error> {
        step first(shop, before, key) -> u32 = Shop::reserve
            compensate(shop, first) = Shop::release;

        for item: u32 in (first => {
            assert!(*first > 100, "no items");
            [1, 2]
        })
        step done(item) { let _ = item; Ok(()) }
            compensate none
    }
}

#[tokio::test]
async fn items_that_cannot_be_made_fail_the_loop_unsent() {
    let shop = Shop::default();
    let error = Panics { before: 1 }.with(shop.clone()).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Panicked(panic) if panic.message() == "no items"));
    assert_eq!(error.step(), Some("done"));
    assert!(error.is_clean());
    assert_eq!(shop.said(), ["reserve 1", "release 10"]);
    Panics { before: 11 }.with(shop).await.unwrap();
}

saga! {
    #[classify(Error::verdict)]
    saga Clauses(lines: Vec<u32>, many: bool)
    with (shop: Shop)
    -> Result<(Vec<u32>, Option<Vec<u32>>, Vec<Option<u32>>), Error>
    {
        #[retry(3, 1ms..1ms)] #[timeout(1s)]
        for line: u32 in (lines => lines.clone())
        step held(shop, line, ctx) -> u32 {
            shop.call(format!(
                "hold {line} as {:?} at {}",
                ctx.item(),
                ctx.attempt()
            ))
            .await?;
            Ok(line + 1)
        }
            compensate(shop, line, held) { shop.call(format!("release {line} {held}")).await }
            resolve(shop, line, ctx) {
                shop.call(format!("find {line} as {:?}", ctx.item()))
                    .await?;
                Ok(Some(*line))
            }
            fallback(line, failure) { assert_eq!(failure.step(), Some("held[1]")); Ok(line * 100) }

        #[when(many => *many)]
        #[idempotent]
        for one: u32 in (held => held.clone())
        step more(shop, one, key) -> u32 = Shop::reserve
            compensate(shop, more) = Shop::release;

        #[when(one => one % 2 == 0)]
        #[idempotent]
        for one: u32 in (held => held.clone())
        step even(shop, one, key) -> u32 = Shop::reserve
            compensate(shop, even) = Shop::release;

        (held, more, even)
    }
}

#[tokio::test(start_paused = true)]
async fn all_clauses_and_policies_are_each_items() {
    let busy = Trouble::Fails(Error::Busy);
    let shop = Shop::default()
        .trouble("hold 0 as Some(0) at 1", &[Trouble::Hangs])
        .trouble("hold 1 as Some(1) at 1", &[busy])
        .trouble("hold 1 as Some(1) at 2", &[busy])
        .trouble("hold 1 as Some(1) at 3", &[busy]);
    let (lines, many) = (vec![0, 1, 2], false);
    let (held, more, even) = Clauses { lines, many }.with(shop.clone()).await.unwrap();
    assert_eq!(held, [0, 100, 3]);
    assert_eq!(more, None);
    assert_eq!(even, [Some(0), Some(1000), None]);
    assert_eq!(
        shop.said(),
        [
            "hold 0 as Some(0) at 1",
            "find 0 as Some(0)",
            "hold 1 as Some(1) at 1",
            "hold 1 as Some(1) at 2",
            "hold 1 as Some(1) at 3",
            "hold 2 as Some(2) at 1",
            "reserve 0",
            "reserve 100",
        ]
    );
    let (lines, many) = (vec![7], true);
    let output = Clauses { lines, many }.with(shop).await.unwrap();
    assert_eq!(output, (vec![8], Some(vec![80]), vec![Some(80)]));
}

#[tokio::test(start_paused = true)]
async fn what_was_skipped_is_not_undone() {
    let shop = Shop::default().fails("reserve 4", Error::Refused);
    let (lines, many) = (vec![1, 2, 3], true);
    let error = Clauses { lines, many }
        .with(shop.clone())
        .await
        .unwrap_err();
    assert_eq!(error.step(), Some("more[2]"));
    let said = shop.said();
    assert_eq!(
        said[said.len() - 5..],
        [
            "release 30",
            "release 20",
            "release 3 4",
            "release 2 3",
            "release 1 2"
        ]
    );
    let shop = Shop::default().fails("reserve 4", Error::Refused);
    let (lines, many) = (vec![1, 2, 3], false);
    let error = Clauses { lines, many }
        .with(shop.clone())
        .await
        .unwrap_err();
    assert_eq!(error.step(), Some("even[2]"));
    let said = shop.said();
    assert_eq!(
        said[said.len() - 4..],
        ["release 20", "release 3 4", "release 2 3", "release 1 2"]
    );
}

saga! {
    #[classify(Error::verdict)]
    saga AllAtOnce(lines: Vec<u32>) with (shop: Shop) -> Result<Vec<u32>, Error> {
        #[idempotent] #[concurrent(10_000)]
        for line: u32 in (lines => lines.iter().copied())
        step held(shop, line, key) -> u32 = Shop::reserve
            compensate(shop, held) = Shop::release;

        held
    }
}

#[tokio::test(start_paused = true)]
async fn all_items_may_be_under_way_at_once() {
    let shop = Shop::default().fails("reserve 4999", Error::Refused);
    let error = AllAtOnce {
        lines: (0..5_000).collect(),
    }
    .with(shop.clone())
    .await
    .unwrap_err();
    assert_eq!(error.step(), Some("held[4999]"));
    assert!(error.is_clean());
    assert_eq!(shop.most(), 5_000);
    assert_eq!(shop.said().len(), 5_000 + 4_999);
}

#[tokio::test(start_paused = true)]
async fn a_loop_of_many_is_not_quadratic() {
    let lines: Vec<u32> = (0..10_000).collect();
    let held = Beside { lines }.with(Shop::default());
    let held = tokio::time::timeout(Duration::from_secs(60), held).await;
    assert_eq!(held.unwrap().unwrap().len(), 10_000);
}
