//! The anomalies of databases, each with the fewest switches that show it.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use super::{No, STATE, findings};
use std::sync::{Arc, Mutex, MutexGuard};
use typed_saga::{saga, testing::explore};

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

    async fn set(&self, euros: i64) -> Result<(), No> {
        *self.euros() = euros;
        Ok(())
    }
}

#[test]
fn a_lost_update() {
    saga! {
        saga Deposit(euros: i64) with (account: Account) -> Result<(), No> {
            read balance(account) -> i64 = Account::balance;
            step written(account, balance, euros) { account.set(balance + euros).await }
                compensate(account, balance) { account.set(*balance).await }
        }
    }
    let account = || Account::of(100);
    let deposit =
        |id, euros| move |account: &Account| Deposit { euros }.with(account.clone()).id(id);
    let report = explore(account, deposit("first", 10))
        .beside(deposit("second", 20))
        .state(|account| *account.euros())
        .run();
    assert_eq!(findings(&report), [(STATE, 1, "A B B A")], "{report}");
    assert_eq!(report.played(), 6);
    let text = report.to_string();
    assert!(
        text.contains("Deposit (A) and Deposit (B) interfere"),
        "{text}"
    );
    assert!(text.contains("state here               110\n"), "{text}");
    assert!(text.contains("state Deposit (A) first  130\n"), "{text}");
}

#[test]
fn a_dirty_read() {
    saga! {
        #[classify(No::verdict)]
        saga Deposit() with (account: Account) -> Result<(), No> {
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
            read covered(account) -> () {
                (account.balance().await? >= 100).then_some(()).ok_or(No)
            }
            #[idempotent]
            step paid(account, key) { let _ = key; account.add(-100).await }
                compensate(account) { account.add(100).await }
        }
    }
    let sagas = || {
        explore(
            || Account::of(0),
            |account| Deposit {}.with(account.clone()).id("in"),
        )
        .beside(|account| Withdraw {}.with(account.clone()).id("out"))
        .state(|account| *account.euros())
    };
    // Without a refusal nothing is undone, so no read is dirty.
    sagas().run().assert();
    let report = sagas().error(No::of).run();
    let again = "A B B A, checked refused";
    assert_eq!(findings(&report), [(STATE, 1, again)], "{report}");
    let remark = "Withdraw  covered   read  ← refused, in both orders";
    assert_eq!(report.findings()[0].calls()[1], remark);
    assert_eq!(
        report.findings()[0].calls()[3..],
        [
            "Deposit   checked   refused, by the test",
            "Deposit   credited  compensated"
        ]
    );
}

/// Who is on call.
#[derive(Clone)]
struct Ward(Arc<Mutex<Vec<&'static str>>>);

#[test]
fn a_write_skew() {
    saga! {
        saga GoHome(doctor: &'static str) with (ward: Ward) -> Result<(), No> {
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
    assert_eq!(findings(&report), [(STATE, 1, "A B B A")], "{report}");
    let text = report.to_string();
    assert!(text.contains("state here              []\n"), "{text}");
}

#[test]
fn two_reads_that_differ_take_two_switches() {
    saga! {
        saga Watch() with (account: Account, seen: Account) -> Result<(), No> {
            read before(account) -> i64 = Account::balance;
            read after(account) -> i64 = Account::balance;
            step noted(seen, before, after) { seen.set(after - before).await }
                compensate none
        }
    }
    saga! {
        saga Bounce() with (account: Account) -> Result<(), No> {
            step up(account) { account.add(1).await }
                compensate none
            step down(account) { account.add(-1).await }
                compensate none
        }
    }
    let world = || (Account::of(0), Account::of(0));
    let watch = |(account, seen): &(Account, Account)| {
        Watch {}.with(account.clone(), seen.clone()).id("watch")
    };
    let report = explore(world, watch)
        .beside(|(account, _)| Bounce {}.with(account.clone()).id("bounce"))
        .state(|(_, seen)| *seen.euros())
        .run();
    assert_eq!(findings(&report), [(STATE, 2, "A B A A B")], "{report}");
    assert_eq!(report.played(), 10);
}
