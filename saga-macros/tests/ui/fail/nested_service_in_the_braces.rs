// Services of a child saga are named after its inputs.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift(to: String) with (stock: Stock) -> Result<(), GiftError> {
        step wrapped(to, stock) -> Paper = saga WrapGift { note: to.clone(), stock };
    }
}

fn main() {}
