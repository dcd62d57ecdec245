//! What the failing sagas tell others, and the bus that hears of it.
#![allow(dead_code)]

use typed_saga::{Key, Verdict};

#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Error;

impl Error {
    pub fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
    pub fn is_busy(&self) -> bool {
        true
    }
}

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub enum OrderEvent {
    Sent(u32),
}

#[derive(Clone)]
pub struct Bus;

impl Bus {
    pub async fn publish(&self, _: &OrderEvent, _: &Key) -> Result<(), Error> {
        Ok(())
    }
}
