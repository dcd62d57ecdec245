// The parameters of a saga as a step are written out.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga Engrave<T: Clone + std::marker::Send + Sync + 'static>(text: T) -> Result<T, GiftError> {
        read plate(text) -> u8 { let _ = text; Ok(1) }

        let _ = plate;
        text
    }

    saga SendGift(to: String) -> Result<String, GiftError> {
        step engraved(to) -> String = saga Engrave { text: to.clone() };

        engraved
    }
}

#[tokio::main]
async fn main() {
    match (SendGift { to: "Ada".to_owned() }).run().await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
