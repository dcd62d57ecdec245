//! By async-nats: a stream of `JetStream` drops what has the `Nats-Msg-Id` of a message of the last
//! minutes, so that an event which is handed over again is kept once.

use crate::{Broker, OrderEvent, Sending};
use async_nats::{
    HeaderMap,
    header::NATS_MESSAGE_ID,
    jetstream::{self, Context, stream},
};
use std::{error::Error, time::Duration};
use typed_saga::Key;

/// The stream.
const STREAM: &str = "ORDERS";

/// A stream.
pub struct Nats(Context);

impl Nats {
    /// Of this server: `nats://localhost:4222`. The stream is made if it is not there.
    ///
    /// # Errors
    /// If nobody answers, or there is another stream of that name.
    pub async fn connect(server: &str) -> Result<Self, Box<dyn Error>> {
        let context = jetstream::new(async_nats::connect(server).await?);
        let config = stream::Config {
            name: STREAM.to_owned(),
            subjects: vec!["orders.>".to_owned()],
            // As long as `publish` may try: longer than a process takes to come back.
            duplicate_window: Duration::from_mins(10),
            ..stream::Config::default()
        };
        context.get_or_create_stream(config).await?;
        Ok(Self(context))
    }
}

impl Broker for Nats {
    fn send<'a>(&'a self, event: &'a OrderEvent, key: &'a Key) -> Sending<'a> {
        Box::pin(async move {
            let payload = serde_json::to_vec(event).map_err(|error| error.to_string())?;
            let mut headers = HeaderMap::new();
            headers.insert(NATS_MESSAGE_ID, key.as_str());
            let subject = match event {
                OrderEvent::Sent { .. } => "orders.sent",
                OrderEvent::Failed { .. } => "orders.failed",
            };
            let sent = self
                .0
                .publish_with_headers(subject, headers, payload.into());
            // The first answer says that it was sent, the second that it is kept.
            let kept = sent.await.map_err(|error| error.to_string())?;
            kept.await.map(drop).map_err(|error| error.to_string())
        })
    }
}
