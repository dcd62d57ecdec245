// errors: 2. Only the action of a step is a saga.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    #[classify(GiftError::verdict)]
    saga SendGift(to: String) with (stock: Stock) -> Result<Paper, GiftError> {
        #[idempotent]
        step wrapped(stock, to, key) -> Paper { let _ = to; stock.take(key).await }
            fallback(to) = saga WrapGift { note: to.clone() } with (stock)
            compensate(to) = saga WrapGift { note: to.clone() } with (stock);

        wrapped
    }
}

fn main() {}
