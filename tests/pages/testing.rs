//! The programs of the page "Testing every failure".

#[test]
fn it_runs() {
    use saga::{Key, Verdict, saga};
    use saga::testing::{Effect, Contract, explore};
    use serde::{Deserialize, Serialize};
    use std::{collections::BTreeMap, sync::{Arc, Mutex}};

    #[derive(Debug, Serialize, Deserialize)]
    enum HallError { Full, Busy, NoAnswer }

    impl HallError {
        fn verdict(&self) -> Verdict {
            match self {
                Self::Full => Verdict::Refused,
                Self::Busy => Verdict::Transient,
                Self::NoAnswer => Verdict::Unknown,
            }
        }
    }

    /// By key: how often the seat was held, and how often released.
    #[derive(Clone, Default)]
    struct Hall(Arc<Mutex<BTreeMap<String, (u32, u32)>>>);

    impl Hall {
        async fn hold(&self, key: &Key) -> Result<String, HallError> {
            self.0.lock().unwrap().entry(key.to_string()).or_insert((1, 0));
            Ok(key.to_string())
        }

        async fn release(&self, seat: &String) -> Result<(), HallError> {
            self.0.lock().unwrap().entry(seat.clone()).or_default().1 += 1; // on every call
            Ok(())
        }

        async fn print(&self, _seat: &String) -> Result<u32, HallError> {
            Ok(1)
        }
    }

    saga! {
        #[classify(HallError::verdict)]
        #[timeout(1s)]
        durable saga SellSeat() with (hall: Hall) -> Result<u32, HallError> {
            #[idempotent]
            step seat(hall, key) -> String = Hall::hold
                compensate(hall, seat) = Hall::release;

            #[idempotent(by = seat)]
            step ticket(hall, seat) -> u32 = Hall::print
                compensate none

            ticket
        }
    }

    // In a `#[test]`, this ends in `.run().assert()`.
    let report = explore(Hall::default, |hall| SellSeat {}.with(hall.clone()).id("sale-1"))
        .error(|verdict| match verdict {
            Verdict::Refused => Some(HallError::Full),
            Verdict::Transient => Some(HallError::Busy),
            Verdict::Unknown => Some(HallError::NoAnswer),
            Verdict::Partial => None, // no step makes several calls
        })
        .ledger(|hall| {
            let seats = hall.0.lock().unwrap().clone();
            let effect = |(key, (held, released))| Effect::of("seat").key(key).made(held).undone(released);
            seats.into_iter().map(effect).collect()
        })
        .run();

    let finding = &report.findings()[0];
    assert_eq!(finding.step(), Some("seat"));
    assert_eq!(finding.contract(), Contract::Repeatable);
    assert_eq!(finding.path(), "ticket action 1 refused + seat compensate 1 crash-unrecorded");

    let told = std::panic::catch_unwind(|| report.assert()).unwrap_err().downcast::<String>().unwrap();
    assert!(told.contains("2. the action of `ticket` is refused → error: Full"), "{told}");
}
