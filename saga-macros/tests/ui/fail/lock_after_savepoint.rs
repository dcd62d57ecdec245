// errors: 2. Steps after a savepoint run again, perhaps with other keys.

use typed_saga::{Lock, saga};

struct OrderLock(u64);

impl Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    saga Ship(order: u64) -> Result<(), ()> {
        #[savepoint(2)]
        read paper(order) -> u64 { Ok(*order) }
        #[timeout(10m)]
        lock order_lock(paper => OrderLock(*paper)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }

    saga Pack(order: u64) -> Result<(), ()> {
        #[savepoint(2)]
        read paper(order) -> u64 { Ok(*order) }
        #[timeout(10m)]
        lock order_lock(order => OrderLock(*order)) -> OrderLock;
        read sent(paper) { let _ = paper; Ok(()) }
    }
}

fn main() {}
