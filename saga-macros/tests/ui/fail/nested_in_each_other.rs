// No saga is a step of one of its own steps.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga Parcel(to: String) -> Result<Paper, GiftError> {
        step sent(to) -> Paper = saga Shipment { to: to.clone() };

        sent
    }

    saga Shipment(to: String) -> Result<Paper, GiftError> {
        step packed(to) -> Paper = saga Parcel { to: to.clone() };

        packed
    }
}

#[tokio::main]
async fn main() {
    match (Shipment { to: "Ada".to_owned() }).run().await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
