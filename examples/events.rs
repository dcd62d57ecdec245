//! Publishing events: those of an order are delivered only once the order has been sent.

#![allow(clippy::unused_async, reason = "this bus answers at once")]

use std::sync::{Arc, Mutex};
use typed_saga::{Context, Key, Observer, saga};

#[derive(Clone, Debug, PartialEq)]
enum OrderEvent {
    Packed { items: usize },
    Sent { parcel: u32 },
    Failed { why: String },
}

/// It forgets to answer now and then.
#[derive(Clone, Default)]
struct Bus(Arc<Mutex<Vec<(String, OrderEvent)>>>);

impl Bus {
    async fn publish(&self, event: &OrderEvent, key: &Key) -> Result<(), String> {
        let mut taken = self.0.lock().expect("nobody panics");
        if taken.iter().any(|(known, _)| known == key.as_str()) {
            println!("  again: {event:?}");
            return Ok(());
        }
        println!("  {event:?}");
        taken.push((key.to_string(), event.clone()));
        if taken.len() == 1 {
            Err("no answer".to_owned())
        } else {
            Ok(())
        }
    }

    fn events(&self) -> Vec<OrderEvent> {
        let taken = self.0.lock().expect("nobody panics");
        taken.iter().map(|(_, event)| event.clone()).collect()
    }
}

struct Alarm;

impl Observer for Alarm {
    fn undelivered(&self, saga: &Context<'_>, number: u64, _: &Key, error: &str) {
        panic!("event {number} of {} was lost: {error}", saga.id());
    }
}

saga! {
    saga Fulfil(items: Vec<&'static str>, address: Option<String>)
    with (bus: Bus)
    -> Result<u32, String> emit OrderEvent
    {
        step packed(items) -> usize { Ok(items.len()) }
            compensate() { Ok(()) }

        emit(packed => [OrderEvent::Packed { items: *packed }]);

        step parcel(address) -> u32 {
            address
                .as_ref()
                .map(|_| 7)
                .ok_or_else(|| "no address".to_owned())
        }
            compensate none

        emit(parcel => [OrderEvent::Sent { parcel: *parcel }]);
        emit failed(failure => [OrderEvent::Failed { why: failure.to_string() }]);

        #[timeout(1s)] #[retry(10, 1ms..1s)]
        publish(bus, event, key) = Bus::publish;

        parcel
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    for address in [Some("Main Street 1".to_owned()), None] {
        println!("to {address:?}:");
        let bus = Bus::default();
        let items = vec!["tea", "cups"];
        let order = Fulfil { items, address }.with(bus.clone()).observe(Alarm);
        let sent = order.start().finished().await.into_result();
        let told = bus.events();
        match sent {
            Ok(parcel) => {
                assert_eq!(
                    told,
                    [OrderEvent::Packed { items: 2 }, OrderEvent::Sent { parcel }]
                );
            }
            Err(error) => {
                let why = error.to_string();
                assert!(
                    matches!(&told[..], [OrderEvent::Failed { .. }]),
                    "{why}: {told:?}"
                );
            }
        }
    }
}
