//! The programs of the page "Testing a saga".

mod first {
    use std::{future::Future, sync::{Arc, Mutex}, time::Duration};
    use typed_saga::{Cause, Key, Verdict, saga};

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
                compensate(from, paid, undo_key) = A::give_back;

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
}

mod every_failure {
    #[test]
    fn it_runs() {
        use serde::{Deserialize, Serialize};
        use std::{collections::BTreeMap, sync::{Arc, Mutex}};
        use typed_saga::{Key, Verdict, saga};
        use typed_saga::testing::{Effect, Contract, explore};

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
                _ => None, // no step makes several calls
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
}
