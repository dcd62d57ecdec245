//! Events of sagas for a broker: a `publish` for Kafka, and one for NATS.
//!
//! ```text
//! cargo run --features kafka -- kafka localhost:9092
//! cargo run --features nats -- nats nats://localhost:4222
//! ```
//!
//! Both answer `Ok` when the broker has acknowledged that it keeps the event, and no sooner: what was
//! sent before is lost with the process. Both send the event's key along, by which a consumer knows
//! one that comes again.

#[cfg(feature = "kafka")]
mod kafka;
#[cfg(feature = "nats")]
mod nats;

use serde::Serialize;
use std::{env, error::Error, future::Future, pin::Pin, sync::Arc, time::Duration};
use typed_saga::{Key, saga};

/// What others are told.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum OrderEvent {
    /// It is on its way.
    Sent {
        /// The order.
        order: String,
        /// Its parcel.
        parcel: u32,
    },
    /// It is not.
    Failed {
        /// The order.
        order: String,
        /// Why.
        why: String,
    },
}

impl OrderEvent {
    /// Whose events must stay in order.
    #[must_use]
    pub fn order(&self) -> &str {
        match self {
            Self::Sent { order, .. } | Self::Failed { order, .. } => order,
        }
    }
}

/// A broker.
pub trait Broker: Send + Sync {
    /// Has an event kept; `Err`: it is not known to be.
    fn send<'a>(&'a self, event: &'a OrderEvent, key: &'a Key) -> Sending<'a>;
}

/// What became of it.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>>;

/// The service of the saga.
type Bus = Arc<dyn Broker>;

saga! {
    /// Sends an order, and tells others of it.
    pub saga SendOrder(order: String) with (bus: Bus) -> Result<u32, String> emit OrderEvent {
        step parcel(order) -> u32 {
            if order.is_empty() {
                Err("nothing is ordered".to_owned())
            } else {
                Ok(7)
            }
        }
            compensate none

        emit(order, parcel => [OrderEvent::Sent { order: order.clone(), parcel: *parcel }]);
        emit failed(order, failure => {
            let (order, why) = (order.clone(), failure.to_string());
            [OrderEvent::Failed { order, why }]
        });

        #[timeout(10s)]
        publish(bus, event, key) { bus.send(event, key).await }

        parcel
    }
}

/// Takes everything, and says so: what there is without a broker.
struct Console;

impl Broker for Console {
    fn send<'a>(&'a self, event: &'a OrderEvent, key: &'a Key) -> Sending<'a> {
        Box::pin(async move {
            println!("{key}: {event:?}");
            Ok(())
        })
    }
}

#[allow(
    clippy::unused_async,
    reason = "without a feature there is nothing to connect to"
)]
async fn connect(args: &[String]) -> Result<Bus, Box<dyn Error>> {
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match args[..] {
        [] => Ok(Arc::new(Console)),
        #[cfg(feature = "kafka")]
        ["kafka", servers] => Ok(Arc::new(kafka::Kafka::connect(servers)?)),
        #[cfg(feature = "nats")]
        ["nats", server] => Ok(Arc::new(nats::Nats::connect(server).await?)),
        _ => Err("give `kafka` or `nats` and an address, and that feature when it is built".into()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let bus = connect(&env::args().skip(1).collect::<Vec<_>>()).await?;
    for order in ["tea", ""] {
        let order = order.to_owned();
        let outcome = SendOrder { order }
            .with(Arc::clone(&bus))
            .start()
            .finished()
            .await;
        println!("{:?}", outcome.into_result());
    }
    let late = typed_saga::drain(Duration::from_secs(10)).await;
    assert!(late.is_empty(), "{late:?}");
    Ok(())
}
