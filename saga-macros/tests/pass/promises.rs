//! What may be promised.

use std::time::Duration;

use typed_saga::Key;

#[derive(Debug)]
struct Failed;

struct Bank;

impl Bank {
    async fn order(&self, _: &Key) -> Result<u32, Failed> {
        Ok(1)
    }

    async fn undo(&self, _: &Key) -> Result<(), Failed> {
        Ok(())
    }
}

typed_saga::saga! {
    #[timeout(5s)] #[within(2m)]
    saga Promised(parts: Vec<u32>) with (bank: Bank) -> Result<u32, Failed> {
        #[idempotent] #[holds(15m)]
        step seat(bank, key) -> u32 = Bank::order
            compensate(bank, key) = Bank::undo;

        // The deadline bounds what a loop takes.
        #[idempotent] #[holds(1h, until = ticket,)]
        for part: u32 in (parts => parts.clone())
        step goods(bank, part, key) -> u32 { let _ = part; bank.order(key).await }
            compensate(bank, key) = Bank::undo;

        #[idempotent]
        step label(bank, goods, key) -> u32 { let _ = goods; bank.order(key).await }
            compensate(bank, key) = Bank::undo;

        #[idempotent]
        pivot payment(bank, key) -> u32 = Bank::order;

        #[idempotent] #[retry(3)]
        step ticket(bank, key) -> u32 = Bank::order;

        seat + payment + ticket + label
    }
}

#[test]
fn promises() {
    let Promised { parts: _ } = Promised { parts: Vec::new() };
    let declared = &Promised::DEFINITION;
    assert_eq!(declared.within, Some(Duration::from_secs(120)));
    let holds = declared.steps[0].holds.as_ref().unwrap();
    assert_eq!((holds.lasts.as_secs(), holds.until), (900, 3));
    let holds = declared.steps[1].holds.as_ref().unwrap();
    assert_eq!((holds.lasts.as_secs(), holds.until), (3600, 4));
}
