// A saga with type parameters has no sagas as steps yet.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

saga::saga! {
    saga SendGift<T: ToString + std::marker::Send + Sync + 'static>(to: T) with (stock: Stock) -> Result<Paper, GiftError> {
        step wrapped(to) -> Paper = saga WrapGift { note: to.to_string() } with (stock);
        read known(to) -> bool { Ok(to.to_string().is_empty()) }

        let _ = known;
        wrapped
    }
}

#[tokio::main]
async fn main() {
    match (SendGift { to: "Ada" }).with(Stock).await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
