// `with (…)` names services; each is cloned.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift(to: String) with (stock: Stock, bank: Bank) -> Result<Paper, GiftError> {
        step wrapped(to) -> Paper = saga WrapGift { note: to.clone() } with (&stock);
        #[idempotent]
        step paid(bank, key) = Bank::charge
            compensate none

        wrapped
    }
}

#[tokio::main]
async fn main() {
    match (SendGift { to: "Ada".to_owned() }).with(Stock, Bank).await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = SendGift { to: "Ada".to_owned() }.with(Stock, Bank).id("a").start();
    let _ = handle.outcome().await.into_result();
}
