// The step of a loop is a saga.
#[path = "../ui/gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift(to: String) with (stock: Stock, bank: Bank) -> Result<Vec<Paper>, GiftError> {
        for name: String in (to => [to.clone()])
        step wrapped(name) -> Paper = saga WrapGift { note: name.clone() } with (stock);
        #[idempotent]
        step paid(bank, key) = Bank::charge
            compensate none

        wrapped
    }
}

#[tokio::test]
async fn runs() {
    match (SendGift {
        to: "Ada".to_owned(),
    })
    .with(Stock, Bank)
    .await
    {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = SendGift {
        to: "Ada".to_owned(),
    }
    .with(Stock, Bank)
    .id("a")
    .start();
    let _ = handle.outcome().await.into_result();
}
