//! A saga that is generic over a service, so that a test can pass a fake and look at the requests
//! it received.
//!
//! `cargo test --example fake` runs the tests.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use saga::saga;
use std::future::Future;

/// The methods return futures that are `Send`; implementations may still be plain `async fn`s.
trait Bank {
    fn withdraw(&self, account: &str) -> impl Future<Output = Result<u32, Refusal>> + Send;
    fn give_back(&self, sum: &u32) -> impl Future<Output = Result<(), Refusal>> + Send;
    fn deposit(&self, sum: &u32) -> impl Future<Output = Result<(), Refusal>> + Send;
}

#[derive(Debug, PartialEq)]
struct Refusal(&'static str);

saga! {
    /// Moves the money in an account to another bank.
    saga Move<A: Bank, B: Bank>(account: String) with (from: A, to: B) -> Result<u32, Refusal> {
        step sum(from, account) -> u32 { from.withdraw(account).await }
            compensate(from, sum) = A::give_back;

        step deposited(to, sum) = B::deposit
            compensate none

        sum
    }
}

/// A pocket that is never empty.
struct Pocket;

impl Bank for Pocket {
    async fn withdraw(&self, _: &str) -> Result<u32, Refusal> {
        Ok(7)
    }
    async fn give_back(&self, _: &u32) -> Result<(), Refusal> {
        Ok(())
    }
    async fn deposit(&self, _: &u32) -> Result<(), Refusal> {
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let account = "savings".to_owned();
    let moved = Move { account }.with(Pocket, Pocket).await;
    assert_eq!(moved.expect("pockets take everything"), 7);
}

#[cfg(test)]
mod tests {
    use super::{Bank, Move, Pocket, Refusal};
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
        async fn withdraw(&self, account: &str) -> Result<u32, Refusal> {
            self.note(format!("withdraw from {account}"));
            Ok(3)
        }
        async fn give_back(&self, sum: &u32) -> Result<(), Refusal> {
            self.note(format!("give {sum} back"));
            Ok(())
        }
        async fn deposit(&self, _: &u32) -> Result<(), Refusal> {
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
