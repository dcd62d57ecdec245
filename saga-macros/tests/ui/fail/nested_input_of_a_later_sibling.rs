// The inputs of a child saga are read as any others: those of a later sibling may not exist.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift(to: String) with (stock: Stock) -> Result<Paper, GiftError> {
        concurrent {
            step wrapped(label) -> Paper = saga WrapGift { note: label.clone() } with (stock);
            read label(to) -> String { Ok(to.clone()) }
        }

        wrapped
    }
}

#[tokio::main]
async fn main() {
    match (SendGift {
        to: "Ada".to_owned(),
    })
    .with(Stock)
    .await
    {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
