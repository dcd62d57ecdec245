//! Several steps under one condition: a cart is completed. The steps for a customer and for a gift
//! card run only if the cart has one, and concurrently if they do not depend on each other.

#![allow(clippy::unused_async, reason = "this shop answers at once")]

use std::sync::{Arc, Mutex};
use typed_saga::{Key, saga};

#[derive(Clone, Debug)]
struct Cart {
    items: u32,
    total: u32,
    gift_card: Option<u32>,
}

/// Records what it does.
#[derive(Clone, Default)]
struct Shop(Arc<Mutex<Vec<String>>>);

impl Shop {
    fn did(&self, what: impl Into<String>) {
        self.0.lock().expect("nobody panics").push(what.into());
    }

    /// What was done since the last call.
    fn done(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().expect("nobody panics"))
    }

    async fn authorize(&self, amount: u32, _: &Key) -> Result<u32, String> {
        if amount > 100 {
            return Err(format!("no {amount} on this card"));
        }
        self.did(format!("authorized {amount}"));
        Ok(amount)
    }
}

saga! {
    saga CompleteCart(cart: Cart) with (shop: Shop) -> Result<u32, String> {
        // The order, and what hangs on it.
        step order(shop, cart) -> u32 { shop.did(format!("order of {}", cart.items)); Ok(7) }
            compensate(shop, order) { shop.did(format!("delete order {order}")); Ok(()) }

        concurrent {
            step linked(shop, order) { shop.did(format!("cart linked to {order}")); Ok(()) }
                compensate with order

            step reserved(shop, cart) -> u32 {
                shop.did(format!("reserved {}", cart.items));
                Ok(cart.items)
            }
                compensate(shop, reserved) { shop.did(format!("released {reserved}")); Ok(()) }
        }

        // One decision for both steps. Inside, `balance` is an amount; outside, an `Option`.
        when (cart => cart.gift_card.is_some()) {
            read balance(cart) -> u32 { Ok(cart.gift_card.unwrap_or_default()) }

            step redeemed(shop, balance, cart) -> u32 {
                let amount = cart.total.min(*balance);
                shop.did(format!("redeemed {amount}"));
                Ok(amount)
            }
                compensate(shop, redeemed) { shop.did(format!("gave back {redeemed}")); Ok(()) }
        }

        step payment(shop, cart, redeemed, key) -> u32 {
            shop.authorize(cart.total - redeemed.unwrap_or(0), key)
                .await
        }
            compensate none

        order
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (shop, items) = (Shop::default(), 2);
    let complete = |total, gift_card| {
        let cart = Cart {
            items,
            total,
            gift_card,
        };
        CompleteCart { cart }.with(shop.clone())
    };
    let start = ["order of 2", "cart linked to 7", "reserved 2"];

    assert_eq!(complete(90, None).await.expect("it is paid"), 7);
    assert_eq!(shop.done(), [&start[..], &["authorized 90"]].concat());

    assert_eq!(complete(90, Some(30)).await.expect("it is paid"), 7);
    assert_eq!(
        shop.done(),
        [&start[..], &["redeemed 30", "authorized 60"]].concat()
    );

    let error = complete(190, Some(30)).await.expect_err("it is too much");
    assert_eq!(error.step(), Some("payment"));
    let undone = [
        "redeemed 30",
        "gave back 30",
        "released 2",
        "delete order 7",
    ];
    assert_eq!(shop.done(), [&start[..], &undone].concat());
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
