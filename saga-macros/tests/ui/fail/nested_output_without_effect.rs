// The effect of a saga as a step is its output, which is not left out.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift(to: String) with (stock: Stock, bank: Bank) -> Result<(), GiftError> {
        step wrapped(to) = saga WrapGift { note: to.clone() } with (stock);
        #[idempotent]
        step paid(bank, key) = Bank::charge
            compensate none

        ()
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
