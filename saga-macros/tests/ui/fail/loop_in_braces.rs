// A loop has one step, which follows the list without braces.

use typed_saga::saga;

saga! {
    saga Ship(orders: Vec<u64>) -> Result<(), ()> {
        for order: u64 in (orders => orders.clone()) {
            read price(order) { let _ = order; Ok(()) }
            read weight(order) { let _ = order; Ok(()) }
        }

        #[idempotent]
        step sent(orders, key) { let _ = (orders, key); Ok(()) }
            compensate none
    }
}

fn main() {}
