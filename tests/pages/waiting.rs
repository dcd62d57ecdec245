//! The programs of the page "Signals, timers, events".

mod expense {
    use serde::{Deserialize, Serialize};
    use typed_saga::engine::{DurableOutcome, Engine, Memory};
    use typed_saga::{Key, Verdict, runtime::Signalled, saga};

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

        assert!(matches!(expense.outcome().await?, DurableOutcome::Completed(8)));
        Ok(())
    }

    #[test]
    fn it_runs() {
        main().unwrap();
    }
}

mod press {
    use std::time::{Duration, SystemTime};
    use typed_saga::saga;

    saga! {
        saga Press(not_before: SystemTime) -> Result<&'static str, String> {
            read checked() { Ok(()) }

            sleep embargo(not_before => *not_before);

            #[after(embargo)]
            sleep a_moment(2s);

            "published"
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

mod events {
    use std::sync::{Arc, Mutex};
    use typed_saga::{Key, saga};

    #[derive(Debug, PartialEq)]
    enum OrderEvent {
        Reserved { line: String },
        Sent { parcel: u32 },
        Failed { why: String },
    }

    #[derive(Clone, Default)]
    struct Bus(Arc<Mutex<Vec<String>>>);

    impl Bus {
        async fn publish(&self, event: &OrderEvent, _: &Key) -> Result<(), String> {
            self.0.lock().unwrap().push(format!("{event:?}"));
            Ok(())
        }
    }

    saga! {
        saga Fulfil(lines: Vec<String>, courier_is_ill: bool)
        with (bus: Bus)
        -> Result<u32, String> emit OrderEvent
        {
            for line: String in (lines => lines.clone())
            step reserved(line) -> String { Ok(line.clone()) }
                compensate() { Ok(()) }

            emit(reserved =>
                reserved
                    .iter()
                    .map(|line| OrderEvent::Reserved { line: line.clone() })
            );

            step parcel(courier_is_ill) -> u32 {
                if *courier_is_ill {
                    Err("the courier is ill".to_owned())
                } else {
                    Ok(7)
                }
            }
                compensate none

            emit(parcel => [OrderEvent::Sent { parcel: *parcel }]);
            emit failed(failure => [OrderEvent::Failed { why: failure.to_string() }]);
            publish(bus, event, key) = Bus::publish;

            parcel
        }
    }

    #[tokio::main(flavor = "current_thread")]
    async fn main() {
        let told = async |courier_is_ill| {
            let bus = Bus::default();
            let lines = vec!["tea".to_owned()];
            let _ = Fulfil { lines, courier_is_ill }.with(bus.clone()).await;
            typed_saga::drain(std::time::Duration::from_secs(5)).await;
            Arc::into_inner(bus.0).unwrap().into_inner().unwrap()
        };
        assert_eq!(told(false).await, [r#"Reserved { line: "tea" }"#, "Sent { parcel: 7 }"]);
        let failed = r#"Failed { why: "step `parcel` failed: the courier is ill" }"#;
        assert_eq!(told(true).await, [failed], "nothing is reserved any more");
    }

    #[test]
    fn it_runs() {
        main();
    }
}
