//! A saga that is generic over a service, so that a test can pass a fake and look at the requests
//! it received.
//!
//! `cargo test --example fake` runs the tests.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::future::Future;
use typed_saga::{Key, Verdict, saga};

/// The methods return futures that are `Send`; implementations may still be plain `async fn`s.
trait Bank {
    /// Once per key.
    fn withdraw(
        &self,
        account: &str,
        key: &Key,
    ) -> impl Future<Output = Result<u32, Refusal>> + Send;
    /// Once per key.
    fn give_back(&self, sum: &u32, key: &Key) -> impl Future<Output = Result<(), Refusal>> + Send;
    /// Once per key.
    fn deposit(&self, sum: &u32, key: &Key) -> impl Future<Output = Result<(), Refusal>> + Send;
}

#[derive(Debug, PartialEq)]
struct Refusal(&'static str);

impl Refusal {
    /// These banks answer. The client of one behind a network has errors that are `Unknown`, too.
    #[allow(clippy::unused_self, reason = "what `#[classify]` asks for")]
    fn verdict(&self) -> Verdict {
        Verdict::Refused
    }
}

saga! {
    /// Moves the money in an account to another bank.
    #[classify(Refusal::verdict)]
    saga Move<A: Bank, B: Bank>(account: String) with (from: A, to: B) -> Result<u32, Refusal> {
        #[idempotent]
        step sum(from, account, key) -> u32 { from.withdraw(account, key).await }
            compensate(from, sum, undo_key) = A::give_back;

        #[idempotent]
        step deposited(to, sum, key) = B::deposit
            compensate none

        sum
    }
}

/// A pocket that is never empty.
struct Pocket;

impl Bank for Pocket {
    async fn withdraw(&self, _: &str, _: &Key) -> Result<u32, Refusal> {
        Ok(7)
    }
    async fn give_back(&self, _: &u32, _: &Key) -> Result<(), Refusal> {
        Ok(())
    }
    async fn deposit(&self, _: &u32, _: &Key) -> Result<(), Refusal> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let account = "savings".to_owned();
    let moved = Move { account }.with(Pocket, Pocket).await;
    assert_eq!(moved.expect("pockets take everything"), 7);
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}

#[cfg(test)]
mod tests {
    use super::{Bank, Key, Move, Pocket, Refusal};
    use std::sync::{Arc, Mutex};

    /// Records its requests, and refuses deposits.
    #[derive(Clone, Default)]
    struct Fake {
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl Fake {
        fn note(&self, what: String) {
            self.asked.lock().expect("no test panics").push(what);
        }
    }

    impl Bank for Fake {
        async fn withdraw(&self, account: &str, _: &Key) -> Result<u32, Refusal> {
            self.note(format!("withdraw from {account}"));
            Ok(3)
        }
        async fn give_back(&self, sum: &u32, _: &Key) -> Result<(), Refusal> {
            self.note(format!("give {sum} back"));
            Ok(())
        }
        async fn deposit(&self, _: &u32, _: &Key) -> Result<(), Refusal> {
            Err(Refusal("closed"))
        }
    }

    #[tokio::test]
    async fn a_refused_deposit_gives_the_money_back() {
        let (from, account) = (Fake::default(), "savings".to_owned());
        let asked = Arc::clone(&from.asked);
        let moved = Move { account }.with(from, Fake::default()).await;
        assert_eq!(
            moved.unwrap_err().into_step_error(),
            Some(Refusal("closed"))
        );
        assert_eq!(
            *asked.lock().unwrap(),
            ["withdraw from savings", "give 3 back"]
        );
    }

    #[tokio::test]
    async fn what_is_taken_is_moved() {
        let (from, account) = (Fake::default(), "savings".to_owned());
        let moved = Move { account }.with(from, Pocket).await;
        assert_eq!(moved.unwrap(), 3);
    }
}
