// A mistake in a saga is not repeated where that is a step.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga Engrave(text: String) with (stock: Stock) -> Result<u8, GiftError> {
        read plate(stock, txt) -> u8 { let _ = stock; Ok(1) }

        plate
    }

    saga SendGift(to: String) with (stock: Stock) -> Result<u8, GiftError> {
        step engraved(to) -> u8 = saga Engrave { text: to.clone() } with (stock);

        engraved
    }
}

#[tokio::main]
async fn main() {
    match (SendGift { to: "Ada".to_owned() }).with(Stock).await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
