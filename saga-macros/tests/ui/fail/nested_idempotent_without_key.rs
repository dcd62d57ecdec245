// A child saga needs no key, and so one error says all.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift(to: String) with (stock: Stock) -> Result<(), GiftError> {
        #[idempotent]
        step wrapped(to) -> Paper = saga WrapGift { note: to.clone() } with (stock);
    }
}

fn main() {}
