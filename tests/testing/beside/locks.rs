//! The anomalies cured by a lock, each in all schedules that are left.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use super::No;
use std::sync::{Arc, Mutex, MutexGuard};
use typed_saga::{
    Lock, Verdict, saga,
    testing::{Interplay, explore},
};

struct AccountLock;

impl Lock for AccountLock {
    const NAME: &'static str = "account";

    fn key(&self) -> String {
        String::new()
    }
}

struct WardLock;

impl Lock for WardLock {
    const NAME: &'static str = "ward";

    fn key(&self) -> String {
        "3".to_owned()
    }
}

#[derive(Clone)]
struct Account(Arc<Mutex<i64>>);

impl Account {
    fn of(euros: i64) -> Self {
        Self(Arc::new(Mutex::new(euros)))
    }

    fn euros(&self) -> MutexGuard<'_, i64> {
        self.0.lock().unwrap()
    }

    async fn balance(&self) -> Result<i64, No> {
        Ok(*self.euros())
    }

    async fn add(&self, euros: i64) -> Result<(), No> {
        *self.euros() += euros;
        Ok(())
    }
}

/// Nothing was found, in schedules of which some were left out: of sagas that exclude each other, those
/// in which one is between two calls of the other.
#[track_caller]
fn is_cured(report: &Interplay, played: usize) {
    report.assert();
    assert_eq!(report.played(), played, "{report}");
}

#[test]
fn a_lost_update() {
    saga! {
        saga Deposit(euros: i64) with (account: Account) -> Result<(), No> {
            #[timeout(never)]
            lock account_lock(=> AccountLock) -> AccountLock;
            read balance(account) -> i64 = Account::balance;
            step written(account, balance, euros) { *account.euros() = balance + euros; Ok(()) }
                compensate(account, balance) { *account.euros() = *balance; Ok(()) }
        }
    }
    let account = || Account::of(100);
    let deposit =
        |id, euros| move |account: &Account| Deposit { euros }.with(account.clone()).id(id);
    let report = explore(account, deposit("first", 10))
        .beside(deposit("second", 20))
        .state(|account| *account.euros())
        .run();
    // Who asks first goes first, and the other one may ask at any time until then.
    is_cured(&report, 6);
    let line = "Deposit (A)  account_lock  locked";
    assert_eq!(report.calls()[0], line, "{report}");
}

#[test]
fn a_dirty_read() {
    saga! {
        #[classify(No::verdict)]
        saga Deposit() with (account: Account) -> Result<(), No> {
            #[timeout(never)]
            lock account_lock(=> AccountLock) -> AccountLock;
            #[idempotent]
            step credited(account, key) { let _ = key; account.add(100).await }
                compensate(account) { account.add(-100).await }
            #[idempotent]
            step checked(key) { let _ = key; Ok(()) }
                compensate none
        }
    }
    saga! {
        #[classify(No::verdict)]
        saga Withdraw() with (account: Account) -> Result<(), No> {
            #[timeout(never)]
            lock account_lock(=> AccountLock) -> AccountLock;
            read covered(account) -> () {
                (account.balance().await? >= 100).then_some(()).ok_or(No)
            }
            #[idempotent]
            step paid(account, key) { let _ = key; account.add(-100).await }
                compensate(account) { account.add(100).await }
        }
    }
    let report = explore(
        || Account::of(0),
        |account| Deposit {}.with(account.clone()).id("in"),
    )
    .beside(|account| Withdraw {}.with(account.clone()).id("out"))
    .state(|account| *account.euros())
    .error(No::of)
    .run();
    report.assert();
    assert!(report.played_with_refusal() > 10, "{report}");
}

/// Who is on call.
#[derive(Clone)]
struct Ward(Arc<Mutex<Vec<&'static str>>>);

#[test]
fn a_write_skew() {
    saga! {
        saga GoHome(doctor: &'static str) with (ward: Ward) -> Result<(), No> {
            #[timeout(never)]
            lock ward_lock(=> vec![WardLock]) -> Vec<WardLock>;
            read enough(ward) { (ward.0.lock().unwrap().len() > 1).then_some(()).ok_or(No) }
            step gone(ward, doctor) { ward.0.lock().unwrap().retain(|it| it != doctor); Ok(()) }
                compensate(ward, doctor) { ward.0.lock().unwrap().push(doctor); Ok(()) }
        }
    }
    let ward = || Ward(Arc::new(Mutex::new(vec!["Ada", "Ben"])));
    let report = explore(ward, |ward| {
        GoHome { doctor: "Ada" }.with(ward.clone()).id("Ada")
    })
    .beside(|ward| GoHome { doctor: "Ben" }.with(ward.clone()).id("Ben"))
    .state(|ward| ward.0.lock().unwrap().clone())
    .error(No::of)
    .run();
    report.assert();
}

/// A lock that only one of the two takes is none.
#[test]
fn one_that_the_other_saga_does_not_take() {
    saga! {
        saga Locked() with (account: Account) -> Result<(), No> {
            #[timeout(never)]
            lock account_lock(=> AccountLock) -> AccountLock;
            read balance(account) -> i64 = Account::balance;
            step written(account, balance) { *account.euros() = balance + 10; Ok(()) }
                compensate none
        }
    }
    saga! {
        saga Unlocked() with (account: Account) -> Result<(), No> {
            step added(account) { account.add(20).await }
                compensate none
        }
    }
    let report = explore(
        || Account::of(0),
        |account| Locked {}.with(account.clone()).id("a"),
    )
    .beside(|account| Unlocked {}.with(account.clone()).id("b"))
    .state(|account| *account.euros())
    .run();
    assert_eq!(report.findings().len(), 1, "{report}");
}

/// Every failure of a saga that takes a lock: it is not free in time, and the process ends while the saga
/// waits for it, or has it.
#[test]
fn every_failure_of_one() {
    saga! {
        #[classify(No::verdict)]
        #[timeout(1s)]
        durable saga Pay() with (account: Account) -> Result<(), No> {
            #[timeout(10s)]
            lock account_lock(=> AccountLock) -> AccountLock;
            #[idempotent]
            step paid(account, key) { let _ = key; account.add(0).await }
                compensate none
        }
    }
    let refused = |verdict| (verdict == Verdict::Refused).then_some(No);
    let report = explore(
        || Account::of(0),
        |account| Pay {}.with(account.clone()).id("pay"),
    )
    .error(refused)
    .run();
    report.assert();
    let text = report.to_string();
    assert!(report.paths() > 10, "{text}");
    let late = explore(
        || Account::of(0),
        |account| Pay {}.with(account.clone()).id("pay"),
    )
    .error(refused)
    .only("account_lock action 1 times-out")
    .run();
    assert_eq!(
        late.calls(),
        ["the lock `account_lock` is not free in time → timed out"]
    );
}
