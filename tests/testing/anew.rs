//! A saga that was compensated runs once more, under a new id, where a key is an input.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use typed_saga::{
    Key, Verdict,
    runtime::{Machine, Prepared},
    saga,
    testing::{Contract, Effect, Explorer, Finding, explore},
};

#[derive(Clone, Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{0:?}")]
struct Refusal(Verdict);

impl Refusal {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

/// What a vendor does with an order that was booked before, and cancelled.
#[derive(Clone, Copy, Default)]
enum Knows {
    /// Answers with the booking that was cancelled.
    #[default]
    Returns,
    Refuses,
    BooksAgain,
}

/// By order or key: how often it was booked, and cancelled.
#[derive(Clone, Default)]
struct Vendor(Arc<Mutex<BTreeMap<String, (u32, u32)>>>, Knows);

impl Vendor {
    fn that(knows: Knows) -> impl Fn() -> Self {
        move || Self(Arc::default(), knows)
    }

    async fn book(&self, order: &str) -> Result<String, Refusal> {
        let mut all = self.0.lock().unwrap();
        let (made, undone) = all.entry(order.to_owned()).or_default();
        match self.1 {
            _ if *made > *undone => {}
            _ if *made == 0 => *made = 1,
            Knows::Returns => {}
            Knows::Refuses => return Err(Refusal(Verdict::Refused)),
            Knows::BooksAgain => *made += 1,
        }
        Ok(order.to_owned())
    }

    async fn cancel(&self, order: &str) -> Result<(), Refusal> {
        let mut all = self.0.lock().unwrap();
        let (made, undone) = all.entry(order.to_owned()).or_default();
        *undone = *made;
        Ok(())
    }

    fn effects_of(&self, step: &str) -> Vec<Effect> {
        let all = self.0.lock().unwrap();
        let effect = |(key, (made, undone)): (&String, &(u32, u32))| {
            Effect::of(step).key(key).made(*made).undone(*undone)
        };
        all.iter().map(effect).collect()
    }

    fn is_booked(&self, order: &str) -> bool {
        let all = self.0.lock().unwrap();
        all.get(order).is_some_and(|(made, undone)| made > undone)
    }
}

saga! {
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Book(order: String) with (vendor: Vendor) -> Result<String, Refusal> {
        #[idempotent(by = order)]
        step booking(vendor, order) -> String { vendor.book(order).await }
            compensate(vendor, booking) { vendor.cancel(booking).await }

        read checked() -> u32 { Ok(1) }

        {
            let _ = checked;
            booking
        }
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga ByKey(order: String) with (vendor: Vendor) -> Result<String, Refusal> {
        #[retry(1)]
        step booking(vendor, order) -> String { vendor.book(order).await }
            #[by_key(by = order)]
            compensate(vendor, order) { vendor.cancel(order).await }

        read checked() -> u32 { Ok(1) }

        {
            let _ = checked;
            booking
        }
    }

    /// Its key changes with its id.
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga UnderItsKey(order: String) with (vendor: Vendor) -> Result<String, Refusal> {
        #[idempotent]
        step booking(vendor, order, key) -> String {
            let _ = order;
            let key: &Key = key;
            vendor.book(key.as_str()).await
        }
            compensate(vendor, booking) { vendor.cancel(booking).await }

        read checked() -> u32 { Ok(1) }

        {
            let _ = checked;
            booking
        }
    }

    /// What remains is the same operation in the second run.
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Leave(order: String) with (vendor: Vendor) -> Result<String, Refusal> {
        #[idempotent(by = order)]
        step booking(vendor, order) -> String { vendor.book(order).await }
            compensate none

        read checked() -> u32 { Ok(1) }

        {
            let _ = checked;
            booking
        }
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Trip(order: String) with (vendor: Vendor) -> Result<String, Refusal> {
        step hotel(order) -> String = saga Book { order: order.clone() } with (vendor);

        read seen() -> u32 { Ok(1) }

        {
            let _ = seen;
            hotel
        }
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Each(orders: Vec<String>) with (vendor: Vendor) -> Result<usize, Refusal> {
        #[idempotent(by = order)]
        for order: String in (orders => orders.clone())
        step booking(vendor, order) -> String { vendor.book(order).await }
            compensate(vendor, booking) { vendor.cancel(booking).await }

        read checked() -> u32 { Ok(1) }

        {
            let _ = checked;
            booking.len()
        }
    }
}

fn order() -> String {
    "order-42".to_owned()
}

fn of<M: Machine<Error = Refusal>>(
    knows: Knows,
    step: &'static str,
    saga: impl Fn(Vendor) -> Prepared<M> + 'static,
) -> Explorer<Vendor, M> {
    explore(Vendor::that(knows), move |vendor| {
        saga(vendor.clone()).id("run-1")
    })
    .error(|verdict| Some(Refusal(verdict)))
    .ledger(move |vendor| vendor.effects_of(step))
}

/// What is found of a vendor that answers with the booking that was cancelled.
macro_rules! found {
    ($step:literal, $saga:expr, $key:literal) => {{
        let report = of(Knows::Returns, $step, |vendor| $saga.with(vendor)).run();
        let mut findings = report.findings().iter();
        let finding = findings.find(|finding| finding.contract() == Contract::NewId);
        let finding = finding.unwrap_or_else(|| panic!("{report}"));
        assert_eq!(finding.step(), Some($step));
        assert_eq!(
            finding.what(),
            "run again under a new id: its effect is gone; the saga says: completed"
        );
        let key = format!("`{}`: its key is `{}`, also under a new id", $step, $key);
        assert!(
            finding.repeated().iter().any(|line| *line == key),
            "{finding}"
        );
        // The path is that of the first run, and is followed by the second run when it is replayed.
        let saga = |vendor: Vendor| $saga.with(vendor);
        let again = of(Knows::Returns, $step, saga).only(finding.path()).run();
        assert_eq!(again.findings()[0].to_string(), finding.to_string());
        finding.clone()
    }};
}

#[test]
fn a_service_that_knows_the_cancelled_booking_is_found() {
    let finding = found!("booking", Book { order: order() }, "order");
    assert_eq!(
        finding.calls(),
        [
            "the action of `booking` → ok",
            "the action of `checked` panics, nothing done → panicked",
            "the compensation of `booking` → ok",
            "the saga was compensated, and runs again under a new id",
            "the action of `booking` → ok",
            "the action of `checked` → ok",
        ]
    );
    let _ = found!("booking", ByKey { order: order() }, "order");
    let nested = found!("hotel/booking", Trip { order: order() }, "order");
    assert_eq!(nested.calls().len(), finding.calls().len() + 1);
    let orders = vec!["a".to_owned(), "b".to_owned()];
    let report = of(Knows::Returns, "booking", move |vendor| {
        let orders = orders.clone();
        Each { orders }.with(vendor)
    });
    let report = report.run();
    let mut contracts = report.findings().iter().map(Finding::contract);
    assert!(
        contracts.any(|contract| contract == Contract::NewId),
        "{report}"
    );
}

#[test]
fn the_check_of_the_test_is_the_judge_too() {
    let report = explore(Vendor::default, |vendor| {
        Book { order: order() }.with(vendor.clone()).id("run-1")
    });
    let report = report.error(|verdict| Some(Refusal(verdict)));
    let report = report.invariant(|vendor, summary| {
        let completed = summary.completeness().is_none();
        if completed && !vendor.is_booked("order-42") {
            return Err("sold, and not booked".to_owned());
        }
        Ok(())
    });
    let report = report.run();
    let [finding] = report.findings() else {
        panic!("one finding: {report}");
    };
    assert_eq!(
        (finding.step(), finding.contract()),
        (None, Contract::NewId)
    );
    assert_eq!(
        finding.what(),
        "run again under a new id: sold, and not booked"
    );
}

#[test]
fn a_service_that_books_again_or_refuses_is_right() {
    let line = "compensated, and run again under a new id: ";
    for (knows, ends) in [
        (Knows::BooksAgain, "completed"),
        (Knows::Refuses, "compensated"),
    ] {
        // A late request of the first run would be booked again, too.
        let report = of(knows, "booking", |vendor| {
            Book { order: order() }.with(vendor)
        });
        let report = report.depth(1).run();
        report.assert();
        let text = report.to_string();
        let line = text.lines().find_map(|told| told.strip_prefix(line));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        let number = |word: &str| {
            let mut counts = line.split(", ").filter_map(|count| count.split_once(' '));
            let (number, _) = counts.find(|(_, of)| *of == word).expect("it is counted");
            number.parse::<u32>().unwrap()
        };
        assert!(number(ends) > 0, "{text}");
        assert_eq!(number("parked"), 0, "{text}");
    }
}

#[test]
fn a_saga_whose_keys_change_with_its_id_does_not_run_again() {
    let saga = |vendor| UnderItsKey { order: order() }.with(vendor);
    let report = of(Knows::Returns, "booking", saga).run();
    report.assert();
    let text = report.to_string();
    assert!(!text.contains("under a new id"), "{text}");
}

#[test]
fn what_remains_is_the_same_operation() {
    let report = of(Knows::Returns, "booking", |vendor| {
        Leave { order: order() }.with(vendor)
    });
    let report = report.run();
    report.assert();
    assert!(report.to_string().contains("under a new id"), "{report}");
}

/// Each distinct world once, not each path.
#[test]
fn each_world_that_the_ledger_distinguishes_runs_again_once() {
    let saga = |vendor| Book { order: order() }.with(vendor);
    let report = of(Knows::BooksAgain, "booking", saga).depth(1).run();
    let text = report.to_string();
    // Where nothing was booked, and where what was booked is cancelled.
    let line = "compensated, and run again under a new id: 2 completed, 0 compensated, 0 parked";
    assert!(text.contains(line), "{text}");
    assert!(report.paths() > 20, "{text}");
}
