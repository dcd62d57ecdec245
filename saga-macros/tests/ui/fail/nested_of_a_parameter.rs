// errors: 2. What a saga is known by must be known without the parameters of the saga that it is a step of.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift<S: Clone + std::marker::Send + Sync + 'static>(to: String) with (stock: S) -> Result<Paper, GiftError> {
        step wrapped(to) -> Paper = saga WrapGift { note: to.clone() } with (stock);
        wrapped
    }
}

typed_saga::saga! {
    saga SendAny<T: Clone + std::marker::Send + Sync + 'static>(to: T) with (stock: Stock) -> Result<Paper, GiftError> {
        step wrapped(to) -> Paper = saga WrapAny::<T> { note: to.clone() } with (stock);
        wrapped
    }
}

#[tokio::main]
async fn main() {
    match (SendGift { to: "Ada".to_owned() }).with(Stock).await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
}
