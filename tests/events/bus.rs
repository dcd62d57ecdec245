//! A bus that fails as it is told, and remembers what it was handed.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use typed_saga::{Context, Key, Observer};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    Held(u32),
    Paper,
    Sent(u32),
    Failed(String),
    Wrapped(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Down;

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("down")
    }
}

impl From<Down> for &'static str {
    fn from(_: Down) -> Self {
        "down"
    }
}

/// What it does when it is handed something for the n-th time.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    Fails,
    Panics,
    Hangs,
}

#[derive(Clone, Default)]
pub(crate) struct Bus(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    handed: Vec<(Event, String)>,
    calls: u32,
    does: HashMap<u32, Does>,
    broken: bool,
}

impl Bus {
    pub(crate) fn that(does: &[(u32, Does)]) -> Self {
        let bus = Self::default();
        bus.0.lock().unwrap().does = does.iter().copied().collect();
        bus
    }

    pub(crate) fn broken() -> Self {
        let bus = Self::default();
        bus.0.lock().unwrap().broken = true;
        bus
    }

    pub(crate) async fn publish(&self, event: &Event, key: &Key) -> Result<(), Down> {
        let does = {
            let mut inner = self.0.lock().unwrap();
            inner.calls += 1;
            let call = inner.calls;
            if inner.broken {
                return Err(Down);
            }
            inner.does.get(&call).copied()
        };
        match does {
            None => {}
            Some(Does::Fails) => return Err(Down),
            Some(Does::Panics) => panic!("no bus"),
            Some(Does::Hangs) => tokio::time::sleep(Duration::from_secs(86_400)).await,
        }
        let handed = (event.clone(), key.to_string());
        self.0.lock().unwrap().handed.push(handed);
        Ok(())
    }

    pub(crate) fn calls(&self) -> u32 {
        self.0.lock().unwrap().calls
    }

    /// Waits until it has been handed so many.
    pub(crate) async fn heard(&self, count: usize) -> Vec<Event> {
        let all = async {
            while self.events().len() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let limit = Duration::from_secs(60);
        tokio::time::timeout(limit, all)
            .await
            .expect("they are handed over");
        self.events()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let handed = &self.0.lock().unwrap().handed;
        handed.iter().map(|(event, _)| event.clone()).collect()
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        let handed = &self.0.lock().unwrap().handed;
        handed.iter().map(|(_, key)| key.clone()).collect()
    }
}

/// What observers hear of events that nobody hears of.
#[derive(Clone, Default)]
pub(crate) struct Undelivered(Arc<Mutex<Vec<(u64, String, String)>>>);

impl Undelivered {
    pub(crate) fn all(&self) -> Vec<(u64, String, String)> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Undelivered {
    fn undelivered(&self, _: &Context<'_>, number: u64, key: &Key, error: &str) {
        let one = (number, key.to_string(), error.to_owned());
        self.0.lock().unwrap().push(one);
    }
}
