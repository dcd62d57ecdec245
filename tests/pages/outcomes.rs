//! The programs of the page "Errors, parked sagas, HTTP".

use std::time::Duration;
use typed_saga::{Cause, Outcome};
use typed_saga::{Key, Verdict, saga};

#[derive(Debug)]
enum ShopError { Declined, SoldOut, NoAnswer }

impl ShopError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Declined | Self::SoldOut => Verdict::Refused,
            Self::NoAnswer => Verdict::Unknown,
        }
    }
}

saga! {
    #[classify(ShopError::verdict)]
    saga Buy(article: u32) with (shop: Shop) -> Result<u32, ShopError> {
        #[idempotent]
        step payment(shop, article, key) -> u32 = Shop::charge
            #[retry(1)]
            compensate(shop, payment, undo_key) = Shop::refund;

        #[idempotent]
        step parcel(shop, article, key) -> u32 = Shop::send
            compensate none

        parcel
    }
}

/// The status of the answer.
fn status(error: &typed_saga::Error<ShopError>) -> u16 {
    if !error.is_clean() {
        return 500; // something is left: log the error, and look at it
    }
    match error.cause() {
        Cause::Failed(ShopError::Declined) => 402,
        Cause::Failed(ShopError::SoldOut) => 409,
        Cause::TimedOut | Cause::Cancelled | Cause::DeadlineExceeded => 503,
        _ => 500,
    }
}

/// A handler: it answers with a status.
async fn buy(shop: &Shop, id: &str, article: u32) -> u16 {
    match (Buy { article }).with(shop.clone()).id(id).outcome().await {
        Outcome::Completed(_parcel) => 200,
        Outcome::Compensated(error) => status(&error),
        // The customer was charged, and the refund has failed.
        Outcome::Parked(mut parked) => {
            eprintln!("{parked:?}");
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    match parked.resume().outcome().await {
                        Outcome::Parked(again) => parked = again,
                        _ended => return,
                    }
                }
            });
            202
        }
        // Every step is applied, but the final expression panicked.
        Outcome::OutputLost(_) => 500,
    }
}
// Sells article 1; has no article 2, whose payment it refunds; and cannot refund article 3 at first.
#[derive(Clone, Default)]
struct Shop(std::sync::Arc<std::sync::atomic::AtomicU32>);
impl Shop {
    async fn charge(&self, article: &u32, _: &Key) -> Result<u32, ShopError> {
        if *article == 4 { Err(ShopError::Declined) } else { Ok(*article) }
    }
    async fn refund(&self, payment: &u32, _: &Key) -> Result<(), ShopError> {
        let first = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        if *payment == 3 && first { Err(ShopError::NoAnswer) } else { Ok(()) }
    }
    async fn send(&self, article: &u32, _: &Key) -> Result<u32, ShopError> {
        if *article == 1 { Ok(7) } else { Err(ShopError::SoldOut) }
    }
}
#[tokio::main(flavor = "current_thread")]
async fn main() {
    tokio::time::pause();
    let shop = Shop::default();
    assert_eq!(buy(&shop, "a", 1).await, 200);
    assert_eq!(buy(&shop, "d", 4).await, 402);
    let parks = Shop::default();
    assert_eq!(buy(&parks, "c", 3).await, 202);
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert_eq!(parks.0.load(std::sync::atomic::Ordering::Relaxed), 2);
    assert_eq!(buy(&shop, "b", 2).await, 409);
}

#[test]
fn it_runs() {
    main();
}
