//! The service: it sends one parcel for each key, whoever asks.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use typed_saga::Context;

pub(crate) type Rows = Vec<Vec<String>>;

#[derive(Clone, Debug, Default)]
pub(crate) struct Depot(Arc<Mutex<Books>>);

#[derive(Debug, Default)]
struct Books {
    /// By key: the items that asked for it.
    used: BTreeMap<String, BTreeSet<String>>,
    /// The keys of the parcels that are on their way.
    standing: BTreeSet<String>,
    /// How often the last step was called.
    last: u32,
}

impl Depot {
    /// By key: the items that asked for it, by their paths without rounds.
    pub(crate) fn used(&self) -> BTreeMap<String, BTreeSet<String>> {
        self.0.lock().unwrap().used.clone()
    }

    pub(crate) fn standing(&self) -> usize {
        self.0.lock().unwrap().standing.len()
    }

    fn note(&self, key: &str, ctx: &Context<'_>) {
        let item = ctx.path().into_owned();
        let mut books = self.0.lock().unwrap();
        books.used.entry(key.to_owned()).or_default().insert(item);
    }

    pub(crate) async fn send(&self, key: &str, ctx: &Context<'_>) -> Result<String, String> {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        self.note(key, ctx);
        self.0.lock().unwrap().standing.insert(key.to_owned());
        Ok(key.to_owned())
    }

    #[allow(clippy::unused_async, reason = "a vendor is called like this")]
    pub(crate) async fn take_back(&self, key: &str, ctx: &Context<'_>) -> Result<(), String> {
        self.note(key, ctx);
        self.0.lock().unwrap().standing.remove(key);
        Ok(())
    }

    /// Fails the first time.
    #[allow(clippy::unused_async, reason = "a vendor is called like this")]
    pub(crate) async fn last(&self) -> Result<(), String> {
        let mut books = self.0.lock().unwrap();
        books.last += 1;
        if books.last == 1 {
            return Err("not now".to_owned());
        }
        Ok(())
    }
}
