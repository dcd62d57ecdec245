//! The programs of the page "Signals and timers".

mod expense {
    use saga::engine::{Engine, Memory, Outcome, Signalled};
    use saga::{Key, Verdict, saga};
    use serde::{Deserialize, Serialize};

    #[derive(Debug, Serialize, Deserialize)]
    enum Decision {
        Approved { by: String },
        Declined { by: String },
    }

    /// The bank may have acted, whatever it says; it is asked again under the same key.
    fn verdict(_: &String) -> Verdict {
        Verdict::Unknown
    }

    #[derive(Clone)]
    struct Bank;

    impl Bank {
        async fn reserve(&self, _cents: &u32, _: &Key) -> Result<u32, String> {
            Ok(7)
        }
        async fn release(&self, _hold: &u32) -> Result<(), String> {
            Ok(())
        }
        async fn pay(&self, _hold: &u32, _: &Key) -> Result<u32, String> {
            Ok(8)
        }
    }

    saga! {
        #[classify(verdict)]
        #[timeout(10s)]
        durable saga Expense(cents: u32) with (bank: Bank) -> Result<u32, String> {
            #[idempotent]
            step hold(bank, cents, key) -> u32 = Bank::reserve
                compensate(bank, hold) = Bank::release;

            #[when(cents => *cents > 100_00)]
            #[timeout(7d)] // then the saga rolls back
            signal decision -> Decision;

            read accepted(decision) {
                match decision {
                    Some(Decision::Declined { by }) => Err(format!("{by} says no")),
                    Some(Decision::Approved { .. }) | None => Ok(()),
                }
            }

            #[after(accepted)]
            #[idempotent]
            pivot payment(bank, hold, key) -> u32 = Bank::pay;

            payment
        }
    }

    #[tokio::main(flavor = "current_thread", start_paused = true)]
    async fn main() -> Result<(), Box<dyn std::error::Error>> {
        let services = ExpenseServices { bank: Bank };
        let engine = Engine::builder(Memory::new()).register::<Expense>(services).start().await?;
        let expense = engine.submit("order-42", Expense { cents: 900_00 }).await?;

        // Later, in the handler of a request. Pressed twice, it counts once.
        let approved = || ExpenseSignal::Decision(Decision::Approved { by: "Ada".to_owned() });
        assert_eq!(engine.signal::<Expense>("order-42", approved()).await?, Signalled::Accepted);
        let again = engine.signal::<Expense>("order-42", approved()).await?;
        assert_eq!(again, Signalled::Duplicate { same: Some(true) });

        assert!(matches!(expense.outcome().await?, Outcome::Completed(8)));
        Ok(())
    }

    #[test]
    fn it_runs() {
        main().unwrap();
    }
}

mod press {
    use saga::saga;
    use std::time::{Duration, SystemTime};

    saga! {
        saga Press(not_before: SystemTime) -> Result<&'static str, String> {
            read checked() { Ok(()) }

            sleep embargo(not_before => *not_before);

            #[after(embargo)]
            sleep a_moment(2s);

            {
                let () = checked;
                "published"
            }
        }
    }

    #[tokio::main(flavor = "current_thread", start_paused = true)]
    async fn main() {
        let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
        assert_eq!(Press { not_before: tomorrow }.run().await.unwrap(), "published");
    }

    #[test]
    fn it_runs() {
        main();
    }
}
