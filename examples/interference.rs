//! An order is shipped and cancelled at once: two sagas, each of which is right by itself. `beside`
//! plays all orders of their calls, and finds the one in which the customer gets goods and money.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use std::sync::{Arc, Mutex, MutexGuard};
use typed_saga::{Key, Verdict, saga, testing::explore};

/// What the shop, the bank and the carrier know of the order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Order {
    status: Status,
    label: bool,
    refund: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Status {
    #[default]
    Open,
    Sent,
    Cancelled,
}

#[derive(Debug)]
struct NotOpen;

impl NotOpen {
    fn verdict(_: &Self) -> Verdict {
        Verdict::Refused
    }
}

#[derive(Clone, Default)]
struct Shop(Arc<Mutex<Order>>);

impl Shop {
    fn order(&self) -> MutexGuard<'_, Order> {
        self.0.lock().expect("nobody panics")
    }

    async fn is_open(&self) -> Result<(), NotOpen> {
        let open = self.order().status == Status::Open;
        open.then_some(()).ok_or(NotOpen)
    }

    async fn print_label(&self, _: &Key) -> Result<(), NotOpen> {
        self.order().label = true;
        Ok(())
    }

    async fn void_label(&self) -> Result<(), NotOpen> {
        self.order().label = false;
        Ok(())
    }

    async fn refund(&self, _: &Key) -> Result<(), NotOpen> {
        self.order().refund = true;
        Ok(())
    }

    async fn charge_again(&self) -> Result<(), NotOpen> {
        self.order().refund = false;
        Ok(())
    }

    async fn set(&self, status: Status, _: &Key) -> Result<(), NotOpen> {
        self.order().status = status;
        Ok(())
    }
}

saga! {
    #[classify(NotOpen::verdict)]
    saga ShipOrder() with (shop: Shop) -> Result<(), NotOpen> {
        read open(shop) = Shop::is_open;

        #[idempotent]
        step label(shop, key) = Shop::print_label
            compensate(shop) = Shop::void_label;

        #[idempotent]
        step sent(shop, key) { shop.set(Status::Sent, key).await }
            compensate none
    }
}

saga! {
    #[classify(NotOpen::verdict)]
    saga CancelOrder() with (shop: Shop) -> Result<(), NotOpen> {
        read open(shop) = Shop::is_open;

        #[idempotent]
        step refund(shop, key) = Shop::refund
            compensate(shop) = Shop::charge_again;

        #[idempotent]
        step closed(shop, key) { shop.set(Status::Cancelled, key).await }
            compensate none
    }
}

fn main() {
    let report = explore(Shop::default, |shop| {
        ShipOrder {}.with(shop.clone()).id("ship-7")
    })
    .beside(|shop| CancelOrder {}.with(shop.clone()).id("cancel-7"))
    .state(|shop| shop.order().clone())
    .error(|verdict| (verdict == Verdict::Refused).then_some(NotOpen))
    .run();
    print!("{report}");

    // In a test: `report.assert()`, which panics with the same text.
    let [finding] = report.findings() else {
        panic!("one finding");
    };
    assert_eq!(finding.switches(), 1);
}
