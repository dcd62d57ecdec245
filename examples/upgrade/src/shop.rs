//! What the sagas do: each call takes its time, and is noted in a ledger under its key.

use std::{
    fmt,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
    sync::Arc,
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{Key, Verdict, classify::Io};

/// How long a call takes, at least. Some orders take longer, so that the runs are everywhere.
const TIME: Duration = Duration::from_millis(10);

/// The shop and its ledger, which is shared by all processes.
#[derive(Clone)]
pub(crate) struct Shop {
    ledger: Arc<File>,
}

/// Why the shop did not do something.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum ShopError {
    /// The card was declined.
    Declined,
    /// The ledger could not be written.
    Ledger(Io),
}

impl ShopError {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Declined => Verdict::Refused,
            Self::Ledger(_) => Verdict::Unknown,
        }
    }
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined => f.write_str("the card was declined"),
            Self::Ledger(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ShopError {}

impl Shop {
    pub(crate) fn open(ledger: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().append(true).create(true).open(ledger)?;
        let ledger = Arc::new(file);
        Ok(Self { ledger })
    }

    /// Does something for an order. A key that was used before is noted once more; the audit counts it
    /// once.
    pub(crate) async fn note(&self, what: &str, order: &u64, key: &Key) -> Result<(), ShopError> {
        let slowness = u32::try_from(order % 5).unwrap_or_default();
        sleep(TIME * (1 + slowness)).await;
        let written = self.write(what, *order, key.as_ref());
        written.map_err(|error| ShopError::Ledger(error.into()))
    }

    /// Every tenth card is declined.
    pub(crate) async fn charge(&self, order: &u64, key: &Key) -> Result<(), ShopError> {
        if order.is_multiple_of(10) {
            return Err(ShopError::Declined);
        }
        self.note("paid", order, key).await
    }

    /// One line, by one write, so that the lines of several processes do not mix.
    pub(crate) fn write(&self, what: &str, order: u64, key: &str) -> io::Result<()> {
        let line = format!("{what} {order} {key}\n");
        (&*self.ledger).write_all(line.as_bytes())
    }
}
