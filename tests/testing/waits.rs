//! Signals and sleeps: what is sent early, twice, late or never.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use typed_saga::{
    Key, Verdict,
    runtime::{CallKind::Action, End, Machine, Prepared},
    saga,
    testing::{Contract, Effect, Explorer, Fault, explore},
};

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{0:?}")]
struct BankError(Verdict);

impl BankError {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

/// By step and key: how often it happened, and was undone.
type Ledger = BTreeMap<(&'static str, String), (u32, u32)>;

#[derive(Clone, Default)]
struct Bank(Arc<Mutex<Ledger>>);

impl Bank {
    fn make(&self, step: &'static str, key: &Key) {
        self.0
            .lock()
            .unwrap()
            .insert((step, key.to_string()), (1, 0));
    }

    async fn hold(&self, key: &Key) -> Result<String, BankError> {
        let mut all = self.0.lock().unwrap();
        all.entry(("hold", key.to_string())).or_insert((1, 0));
        Ok(key.to_string())
    }

    async fn release(&self, hold: &str) -> Result<(), BankError> {
        let mut all = self.0.lock().unwrap();
        all.get_mut(&("hold", hold.to_owned()))
            .expect("it is held")
            .1 = 1;
        Ok(())
    }

    async fn keep(&self, _: &str) -> Result<(), BankError> {
        Ok(())
    }

    async fn pay(&self, _: &str, by: &str, key: &Key) -> Result<(), BankError> {
        assert_eq!(by, "Ada");
        self.make("pay", key);
        Ok(())
    }

    fn effects(&self) -> Vec<Effect> {
        let all = self.0.lock().unwrap();
        let effect = |((step, key), (made, undone)): (&(&str, String), &(u32, u32))| {
            Effect::of(*step).key(key).made(*made).undone(*undone)
        };
        all.iter().map(effect).collect()
    }
}

fn of<M: Machine<Error = BankError>>(
    saga: impl Fn(&Bank) -> Prepared<M> + 'static,
) -> Explorer<Bank, M> {
    explore(Bank::default, saga)
        .error(|verdict| Some(BankError(verdict)))
        .ledger(Bank::effects)
}

saga! {
    #[classify(BankError::verdict)]
    #[timeout(1s)]
    durable saga Expense() with (bank: Bank) -> Result<String, BankError> {
        #[idempotent] #[savepoint(1)]
        step hold(bank, key) -> String = Bank::hold
            compensate(bank, hold) = Bank::release;

        #[timeout(3600s)]
        signal approved -> String;

        sleep embargo(approved => std::time::Duration::from_secs(60 * approved.len() as u64));

        #[idempotent]
        pivot pay(bank, hold, approved, key) = Bank::pay;

        approved
    }
}

fn ada() -> ExpenseSignal {
    ExpenseSignal::Approved("Ada".to_owned())
}

fn expense(bank: &Bank) -> Prepared<ExpenseRun> {
    Expense {}.with(bank.clone()).id("expense-1")
}

#[test]
fn a_signal_is_sent_early_twice_late_and_never() {
    let report = of(expense).signal(ada).run();
    report.assert();
    for trouble in [
        Fault::SentEarly,
        Fault::SentTwice,
        Fault::SentLate,
        Fault::NeverSent,
        Fault::CrashBefore,
        Fault::CrashUnrecorded,
        Fault::CrashRecorded,
    ] {
        assert!(
            report.reached("approved", Action, trouble) > 0,
            "{trouble} in {report}"
        );
    }
    let text = report.to_string();
    for crash in [Fault::CrashBefore, Fault::CrashRecorded] {
        assert!(report.reached("embargo", Action, crash) > 0, "{text}");
    }
    assert!(!text.contains("never given a fault"), "{text}");
    assert!(!text.contains("nobody sends"), "{text}");
}

#[test]
fn what_is_sent_is_told_in_order() {
    let told = |path| of(expense).signal(ada).only(path).run().calls().to_vec();
    let done = [
        "the action of `hold` → ok",
        "the signal `approved` → ok",
        "the sleep `embargo` → ok",
        "the action of `pay` → ok",
    ];
    assert_eq!(told(""), done);
    assert_eq!(
        told("approved action 1 early")[1],
        "the signal `approved` is sent before the saga begins → ok"
    );
    assert_eq!(
        told("approved action 1 twice")[1],
        "the signal `approved` is sent twice → ok"
    );
    let never = [
        "the action of `hold` → ok",
        "the signal `approved` is never sent → timed out",
        "the compensation of `hold` → ok",
        "the action of `hold` → ok",
        "the signal `approved` → ok",
        "the sleep `embargo` → ok",
        "the action of `pay` → ok",
    ];
    assert_eq!(told("approved action 1 never"), never);
    assert_eq!(
        told("approved action 1 crash-unrecorded"),
        [
            "the action of `hold` → ok",
            "the signal `approved` is accepted and not taken when the process ends",
            "the process ends, and another one goes on",
            "the signal `approved` → ok",
            "the sleep `embargo` → ok",
            "the action of `pay` → ok",
        ]
    );
}

#[test]
fn a_way_back_that_only_a_missing_signal_takes_is_explored() {
    saga! {
        #[classify(BankError::verdict)]
        #[timeout(1s)]
        saga Careless() with (bank: Bank) -> Result<(), BankError> {
            #[idempotent]
            step hold(bank, key) -> String = Bank::hold
                compensate(bank, hold) = Bank::keep;

            #[timeout(3600s)]
            signal approved -> String;

            #[idempotent]
            pivot pay(bank, hold, approved, key) = Bank::pay;
        }
    }
    let report = explore(Bank::default, |bank| {
        Careless {}.with(bank.clone()).id("expense-1")
    })
    .ledger(Bank::effects)
    .signal(|| CarelessSignal::Approved("Ada".to_owned()))
    .depth(1)
    .run();
    let [finding] = report.findings() else {
        panic!("{report}")
    };
    assert_eq!(finding.step(), Some("hold"));
    assert_eq!(finding.contract(), Contract::Compensation);
    let report = explore(Bank::default, |bank| {
        Careless {}.with(bank.clone()).id("expense-1")
    })
    .ledger(Bank::effects)
    .signal(|| CarelessSignal::Approved("Ada".to_owned()))
    .only("approved action 1 never")
    .run();
    assert_eq!(report.findings().len(), 1, "{report}");
}

#[test]
fn a_signal_that_nobody_sends_is_a_finding_if_it_is_waited_for_for_ever() {
    saga! {
        saga Patient() -> Result<String, BankError> {
            #[timeout(never)]
            signal approved -> String;
            approved
        }
    }
    let report = explore(|| (), |()| Patient {}.run()).run();
    let finding = &report.findings()[0];
    assert_eq!(finding.step(), Some("approved"));
    assert_eq!(finding.contract(), Contract::Ends);
    assert_eq!(
        finding.what(),
        "the saga waits for it, but it is never sent: see `signal`"
    );

    let report = explore(|| (), |()| Patient {}.run())
        .signal(|| PatientSignal::Approved("Ada".to_owned()))
        .invariant(|(), summary| match summary.end() {
            End::Completed => Ok(()),
            end => Err(format!("{end:?}")),
        })
        .run();
    report.assert();
    assert_eq!(report.reached("approved", Action, Fault::NeverSent), 0);
    assert_eq!(report.reached("approved", Action, Fault::SentEarly), 1);
}

#[test]
#[should_panic(expected = "no path: `hold` is no signal")]
fn only_a_signal_is_sent() {
    of(expense).only("hold action 1 early").run().assert();
}
