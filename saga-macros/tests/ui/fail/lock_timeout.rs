// errors: 3. The timeout of a lock is a duration that is not zero and that reads nothing, or `never`.

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
        #[timeout(0s)]
        lock first(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }

    saga Send(order: u64) -> Result<(), ()> {
        #[timeout(order => std::time::Duration::from_secs(*order))]
        lock first(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }

    saga Post(order: u64) -> Result<(), ()> {
        #[timeout(forever)]
        lock first(order => OrderLock(*order)) -> OrderLock;
        read sent(order) { let _ = order; Ok(()) }
    }
}

fn main() {}
