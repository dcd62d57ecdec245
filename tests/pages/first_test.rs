//! The programs of the page "Testing your first saga".

use saga::{Cause, Key, Verdict, saga};
use std::{future::Future, sync::{Arc, Mutex}, time::Duration};

trait Bank {
    fn withdraw(&self, sum: &u32, key: &Key) -> impl Future<Output = Result<u32, BankError>> + Send;
    fn give_back(&self, paid: &u32, key: &Key) -> impl Future<Output = Result<(), BankError>> + Send;
    fn deposit(&self, sum: &u32, key: &Key) -> impl Future<Output = Result<u32, BankError>> + Send;
}

#[derive(Debug, PartialEq)]
enum BankError { Closed, NoAnswer }

impl BankError {
    fn verdict(&self) -> Verdict {
        match self {
            Self::Closed => Verdict::Refused,
            Self::NoAnswer => Verdict::Unknown,
        }
    }
}

saga! {
    #[classify(BankError::verdict)]
    saga Move<A: Bank, B: Bank>(sum: u32) with (from: A, to: B) -> Result<u32, BankError> {
        #[idempotent]
        step paid(from, sum, key) -> u32 = A::withdraw
            compensate(from, paid, ctx) { from.give_back(paid, &ctx.undo_key()).await }

        #[idempotent] #[retry(3, 1s..60s)]
        step deposited(to, sum, key) -> u32 = B::deposit
            compensate none

        deposited
    }
}

/// Notes each request, with its key, and answers deposits as the test says.
#[derive(Clone, Default)]
struct Fake {
    requests: Arc<Mutex<Vec<String>>>,
    answers: Arc<Mutex<Vec<Result<u32, BankError>>>>,
}

impl Fake {
    fn note(&self, what: &str, key: &Key) {
        self.requests.lock().unwrap().push(format!("{what} {key}"));
    }
}

impl Bank for Fake {
    async fn withdraw(&self, sum: &u32, key: &Key) -> Result<u32, BankError> {
        self.note("withdraw", key);
        Ok(*sum)
    }
    async fn give_back(&self, _: &u32, key: &Key) -> Result<(), BankError> {
        self.note("give back", key);
        Ok(())
    }
    async fn deposit(&self, sum: &u32, key: &Key) -> Result<u32, BankError> {
        self.note("deposit", key);
        self.answers.lock().unwrap().pop().unwrap_or(Ok(*sum))
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_deposit_gives_the_money_back() {
    let (from, to) = (Fake::default(), Fake::default());
    to.answers.lock().unwrap().push(Err(BankError::Closed));

    let error = Move { sum: 5 }.with(from.clone(), to).id("test").await.unwrap_err();

    assert_eq!(error.step(), Some("deposited"));
    assert!(matches!(error.cause(), Cause::Failed(BankError::Closed)));
    assert!(error.is_clean());
    let requests = from.requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].starts_with("give back"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let (from, to) = (Fake::default(), Fake::default());
    to.answers.lock().unwrap().push(Err(BankError::NoAnswer));

    let deposited = Move { sum: 5 }.with(from, to.clone()).id("test").await.unwrap();

    assert_eq!(deposited, 5);
    let requests = to.requests.lock().unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0], requests[1]);
}
