//! An expense that a manager has to approve: a signal. When it times out, the saga rolls back.

#![allow(clippy::unused_async, reason = "this bank answers at once")]

use std::{sync::Arc, sync::Mutex, time::Duration};
use typed_saga::{Cause, Key, runtime::Signalled, saga};

/// What it holds and has paid, in order.
#[derive(Clone, Default)]
struct Bank(Arc<Mutex<Vec<String>>>);

impl Bank {
    fn note(&self, line: String) {
        println!("  {line}");
        self.0.lock().expect("nobody panics").push(line);
    }

    async fn hold(&self, euros: &u32, _: &Key) -> Result<u32, String> {
        self.note(format!("{euros} € are held"));
        Ok(*euros)
    }

    async fn release(&self, hold: &u32) -> Result<(), String> {
        self.note(format!("{hold} € are free again"));
        Ok(())
    }

    async fn pay(&self, hold: &u32, decision: &Decision, _: &Key) -> Result<(), String> {
        self.note(format!("{hold} € are paid, approved by {}", decision.by));
        Ok(())
    }
}

/// What the manager says. A "no" is an answer, too.
struct Decision {
    by: &'static str,
    is_yes: bool,
}

saga! {
    saga Expense(euros: u32, patience: Duration) with (bank: Bank) -> Result<(), String> {
        step hold(bank, euros, key) -> u32 = Bank::hold
            compensate(bank, hold) = Bank::release;

        #[timeout(patience => *patience)]
        signal decision -> Decision;

        read approved(decision) {
            if decision.is_yes {
                Ok(())
            } else {
                Err(format!("{} says no", decision.by))
            }
        }

        #[after(approved)]
        #[idempotent]
        pivot paid(bank, hold, decision, key) = Bank::pay;
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let bank = Bank::default();
    let expense = |euros| {
        let patience = Duration::from_secs(7 * 86_400);
        Expense { euros, patience }.with(bank.clone()).start()
    };

    println!("the manager says yes, after a day");
    let handle = expense(90);
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    let yes = || {
        ExpenseSignal::Decision(Decision {
            by: "Ada",
            is_yes: true,
        })
    };
    assert_eq!(handle.signal(yes()).await, Signalled::Accepted);
    let again = handle.signal(yes()).await;
    assert!(
        matches!(again, Signalled::Duplicate { .. }),
        "pressed twice, it counts once"
    );
    handle.await.expect("it is paid");

    println!("the manager says no");
    let handle = expense(900);
    let no = Decision {
        by: "Ada",
        is_yes: false,
    };
    assert_eq!(
        handle.signal(ExpenseSignal::Decision(no)).await,
        Signalled::Accepted
    );
    assert!(handle.await.expect_err("it is declined").is_clean());

    println!("nobody says anything for a week");
    let error = expense(1_200).await.expect_err("the time is out");
    assert_eq!(error.step(), Some("decision"));
    assert!(matches!(error.cause(), Cause::TimedOut) && error.is_clean());

    assert_eq!(bank.0.lock().expect("nobody panics").len(), 6);
}
