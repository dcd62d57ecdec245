//! By rdkafka: the producer is idempotent, so that what it sends again by itself is kept once; what a
//! saga hands over again has the same key in a header.

use crate::{Broker, OrderEvent, Sending};
use rdkafka::{
    ClientConfig,
    error::KafkaError,
    message::{Header, OwnedHeaders},
    producer::{FutureProducer, FutureRecord},
    util::Timeout,
};
use typed_saga::Key;

/// The topic.
const TOPIC: &str = "orders";

/// A producer.
pub struct Kafka(FutureProducer);

impl Kafka {
    /// Of these servers: `localhost:9092`.
    ///
    /// # Errors
    /// If that cannot be a producer. Whether anybody answers shows when it sends.
    pub fn connect(servers: &str) -> Result<Self, KafkaError> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", servers);
        config.set("enable.idempotence", "true");
        // No longer than an attempt of `publish`.
        config.set("delivery.timeout.ms", "9000");
        Ok(Self(config.create()?))
    }
}

impl Broker for Kafka {
    fn send<'a>(&'a self, event: &'a OrderEvent, key: &'a Key) -> Sending<'a> {
        Box::pin(async move {
            let payload = serde_json::to_vec(event).map_err(|error| error.to_string())?;
            let id = Header {
                key: "event-key",
                value: Some(key.as_str()),
            };
            let record = FutureRecord::to(TOPIC)
                // One partition for an order: there its events stay as they were sent.
                .key(event.order())
                .headers(OwnedHeaders::new().insert(id))
                .payload(&payload);
            let kept = self.0.send(record, Timeout::Never).await;
            kept.map(drop).map_err(|(error, _)| error.to_string())
        })
    }
}
