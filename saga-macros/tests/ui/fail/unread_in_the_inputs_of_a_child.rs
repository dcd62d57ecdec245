// The inputs of a child saga are made of what its step reads.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

typed_saga::saga! {
    saga SendGift(to: String, from: String) with (stock: Stock) -> Result<(), GiftError> {
        step wrapped(to) -> Paper = saga WrapGift { note: { drop(to.clone()); from.clone() } } with (stock);
    }
}

fn main() {}
