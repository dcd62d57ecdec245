//! The error of a parked saga keeps the saga: whichever way it is returned, boxed, or wrapped, nothing
//! is lost.

use crate::common::{NO, Trouble, Vendor};
use std::{
    error::Error,
    panic::{RefUnwindSafe, UnwindSafe},
    time::Duration,
};
use typed_saga::{
    Lock, Outcome, Parked,
    runtime::{LockTable, Prepared, Saga},
    saga,
};

type Failed = typed_saga::Error<Trouble>;
type Boxed = Box<dyn Error + Send + Sync>;

struct Article(u32);

impl Lock for Article {
    const NAME: &'static str = "article";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    /// Parks if neither the parcel nor the refund works.
    saga Sell(article: u32) with (vendor: Vendor) -> Result<u32, Trouble> {
        #[timeout(100ms)]
        lock article_lock(article => Article(*article)) -> Article;
        step payment(vendor, article) -> u32 { vendor.call_with("payment", article).await }
            #[retry(1)]
            compensate(vendor, article) { vendor.undo("refund", article).await }
        step parcel(vendor, payment) -> u32 { let _ = payment; vendor.call("parcel").await }
            compensate none

        parcel
    }

    /// Another one, with errors of the same type.
    saga Other() with (vendor: Vendor) -> Result<u32, Trouble> {
        read seen(vendor) -> u32 { vendor.call("seen").await }
        seen
    }

    saga SellAny<T: std::fmt::Display + Send + Sync + 'static>(article: T)
    with (vendor: Vendor)
    -> Result<(), Trouble>
    {
        step payment(vendor, article) { vendor.undo("payment", article).await }
            #[retry(1)]
            compensate(vendor, article) { vendor.undo("refund", article).await }
        step parcel(vendor) { vendor.undo("parcel", "").await }
            compensate none
    }
}

/// A saga that parks so often, and then is undone.
fn parks(times: usize) -> (Vendor, Prepared<SellRun>) {
    let vendor = Vendor::new()
        .on("parcel", [NO])
        .on("refund", vec![NO; times]);
    let table = LockTable::new();
    let sell = Sell { article: 7 }.with(vendor.clone()).id("sale-1");
    (vendor, sell.locks(&table))
}

/// The saga of this error is the one that parked when the refund was refused so often, and can be
/// undone.
async fn is_whole(vendor: &Vendor, refused: usize, error: Failed) {
    let parked = error.into_parked::<Sell>().unwrap();
    assert_eq!(parked.id().as_str(), "sale-1");
    assert_eq!(parked.snapshot().payment, Some(1));
    assert_eq!(parked.unsettled().still_applied, ["payment"]);
    assert_eq!(parked.failure().step(), Some("parcel"));
    assert_eq!(parked.failure().error(), Some(&Trouble::No));
    let also: Vec<_> = parked.also().iter().map(|also| also.step()).collect();
    assert_eq!(also, vec![Some("payment"); refused]);
    vendor.line();
    let error = parked.resume().await.unwrap_err();
    assert_eq!(vendor.line(), "refund 7");
    assert!(error.is_clean(), "{error}");
    assert_eq!(error.step(), Some("parcel"));
    error
        .into_parked::<Sell>()
        .expect_err("it is parked no more");
}

#[tokio::test(start_paused = true)]
async fn every_way_to_a_result_keeps_the_saga() {
    let (vendor, sell) = parks(1);
    is_whole(&vendor, 1, sell.await.unwrap_err()).await;

    let (vendor, sell) = parks(1);
    is_whole(&vendor, 1, sell.start().await.unwrap_err()).await;

    let (vendor, sell) = parks(1);
    is_whole(&vendor, 1, sell.outcome().await.into_result().unwrap_err()).await;

    let (vendor, sell) = parks(1);
    let finished = sell.start().finished().await;
    is_whole(&vendor, 1, finished.into_result().unwrap_err()).await;

    // Resumed, it parks again.
    let (vendor, sell) = parks(2);
    let parked = sell.await.unwrap_err().into_parked::<Sell>().unwrap();
    is_whole(&vendor, 2, parked.resume().await.unwrap_err()).await;
}

#[tokio::test(start_paused = true)]
async fn a_question_mark_keeps_the_saga_in_any_box() {
    #[derive(Debug, thiserror::Error)]
    #[error("selling")]
    struct Selling(#[from] Failed);

    async fn boxed(sell: Prepared<SellRun>) -> Result<u32, Boxed> {
        Ok(sell.await?)
    }
    async fn boxed_here(sell: Prepared<SellRun>) -> Result<u32, Box<dyn Error>> {
        Ok(sell.await?)
    }
    async fn of_anyhow(sell: Prepared<SellRun>) -> anyhow::Result<u32> {
        use anyhow::Context as _;
        sell.await.context("selling")
    }
    async fn of_eyre(sell: Prepared<SellRun>) -> eyre::Result<u32> {
        use eyre::WrapErr as _;
        sell.await.wrap_err("selling")
    }
    async fn of_this_error(sell: Prepared<SellRun>) -> Result<u32, Selling> {
        Ok(sell.await?)
    }

    // As the page has it.
    let parked_in_a_box = |error: Boxed| -> Result<Parked<SellRun>, Boxed> {
        Ok(error.downcast::<Failed>()?.into_parked::<Sell>()?)
    };
    let parked_in_anyhow = |error: anyhow::Error| -> anyhow::Result<Parked<SellRun>> {
        Ok(error.downcast::<Failed>()?.into_parked::<Sell>()?)
    };
    let error = boxed(parks(1).1).await.unwrap_err();
    assert!(parked_in_a_box(error).unwrap().resume().await.is_err());
    let error = of_anyhow(parks(1).1).await.unwrap_err();
    assert!(parked_in_anyhow(error).unwrap().resume().await.is_err());

    let (vendor, sell) = parks(1);
    let error = boxed(sell).await.unwrap_err();
    is_whole(&vendor, 1, *error.downcast().unwrap()).await;

    let (vendor, sell) = parks(1);
    let error = boxed_here(sell).await.unwrap_err();
    is_whole(&vendor, 1, *error.downcast().unwrap()).await;

    let (vendor, sell) = parks(1);
    let error = of_anyhow(sell).await.unwrap_err();
    is_whole(&vendor, 1, error.downcast().unwrap()).await;

    let (vendor, sell) = parks(1);
    let error = of_eyre(sell).await.unwrap_err();
    is_whole(&vendor, 1, error.downcast().unwrap()).await;

    let (vendor, sell) = parks(1);
    let Selling(error) = of_this_error(sell).await.unwrap_err();
    is_whole(&vendor, 1, error).await;
}

#[tokio::test(start_paused = true)]
async fn what_keeps_no_such_saga_is_given_back() {
    let (vendor, sell) = parks(1);
    let error = sell.await.unwrap_err();
    let text = error.to_string();
    assert_eq!(
        text,
        "step `parcel` failed: no; parked, still applied: `payment`"
    );
    // It is another saga.
    let error = error.into_parked::<Other>().unwrap_err();
    assert_eq!(error.to_string(), text);
    is_whole(&vendor, 1, error).await;

    // It was compensated.
    let vendor = Vendor::new().on("seen", [NO]);
    let error = Other {}.with(vendor).await.unwrap_err();
    let error = error.into_parked::<Other>().unwrap_err();
    assert_eq!(error.into_step_error(), Some(Trouble::No));
}

#[tokio::test(start_paused = true)]
async fn the_saga_is_named_by_its_inputs_or_with_its_services() {
    async fn named<S>(vendor: &Vendor, error: Failed)
    where
        S: Saga<Machine: typed_saga::runtime::Machine<Error = Trouble>>,
    {
        let parked: Parked<S::Machine> = error.into_parked::<S>().unwrap();
        assert_eq!(parked.unsettled().still_applied, ["payment"]);
        let Outcome::Compensated(error) = parked.resume().outcome().await else {
            panic!("the refund works now: {}", vendor.line());
        };
        assert!(error.is_clean());
    }
    let (vendor, sell) = parks(1);
    named::<Sell>(&vendor, sell.await.unwrap_err()).await;
    let (vendor, sell) = parks(1);
    named::<SellRun>(&vendor, sell.await.unwrap_err()).await;

    let vendor = Vendor::new().on("parcel", [NO]).on("refund", [NO]);
    let sell = SellAny { article: "a book" }.with(vendor.clone());
    named::<SellAny<&'static str>>(&vendor, sell.await.unwrap_err()).await;
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_is_dropped_with_its_error_passes_its_locks_on() {
    let vendor = Vendor::new().on("parcel", [NO]).on("refund", [NO]);
    let table = LockTable::new();
    let sell = || Sell { article: 7 }.with(vendor.clone()).locks(&table);
    let error = sell().await.unwrap_err();
    let waiting = tokio::time::timeout(Duration::from_secs(1), sell().into_future());
    let second = waiting.await.expect("it waits 100 ms for the lock");
    assert_eq!(second.unwrap_err().step(), Some("article_lock"));
    drop(error);
    sell().await.unwrap();
}

#[test]
fn the_error_can_be_shared_and_cross_a_caught_panic() {
    fn is_shared<T: Error + Send + Sync + UnwindSafe + RefUnwindSafe + 'static>() {}
    is_shared::<Failed>();
}
