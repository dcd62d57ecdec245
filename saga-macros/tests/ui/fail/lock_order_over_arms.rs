// Only locks in different arms of one `when` may have one name: a run takes one of them.
typed_saga::saga! {
    saga Ship(order: u64, own: bool) -> Result<(), std::convert::Infallible> {
        when (own => *own) {
            #[timeout(10m)]
            lock order_lock(order => OrderLock(*order)) -> OrderLock;
        } else {
            #[timeout(10m)]
            lock account(order => AccountLock(*order)) -> AccountLock;
        }

        // It comes after the lock of the second arm, but not after that of the first.
        #[timeout(10m)]
        lock second(order => OrderLock(*order)) -> OrderLock;
    }
}

struct AccountLock(u64);

impl typed_saga::Lock for AccountLock {
    const NAME: &'static str = "account";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

struct OrderLock(u64);

impl typed_saga::Lock for OrderLock {
    const NAME: &'static str = "order";
    fn key(&self) -> String {
        self.0.to_string()
    }
}

fn main() {}
