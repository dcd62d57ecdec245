// A saga as a step has clones of its services.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

struct Press;

typed_saga::saga! {
    saga Engrave(text: String) with (press: Press) -> Result<u8, GiftError> {
        read plate(press, text) -> u8 { let _ = (press, text); Ok(1) }

        plate
    }

    saga SendGift(to: String) with (press: Press) -> Result<u8, GiftError> {
        step engraved(to) -> u8 = saga Engrave { text: to.clone() } with (press);

        engraved
    }
}

#[tokio::main]
async fn main() {
    match (SendGift { to: "Ada".to_owned() }).with(Press).await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
