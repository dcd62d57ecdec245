//! The vendors of the booking site as structs with ledgers, each with switches for what is wrong
//! with it.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};
use typed_saga::{Key, Verdict, testing::Effect};

/// The key of another customer's booking.
const SOMEBODY_ELSE: &str = "somebody else";
/// How long a vendor takes.
const LATENCY: Duration = Duration::from_millis(20);

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) enum VendorError {
    SoldOut,
    Busy,
    NoAnswer,
    HalfBooked,
    NoSuchBooking,
}

impl VendorError {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::SoldOut | Self::NoSuchBooking => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::NoAnswer => Verdict::Unknown,
            Self::HalfBooked => Verdict::Partial,
        }
    }

    /// A bug: no answer is no booking.
    pub(crate) fn hopeful(&self) -> Verdict {
        match self.verdict() {
            Verdict::Unknown => Verdict::Transient,
            other => other,
        }
    }

    pub(crate) fn sample(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused => Self::SoldOut,
            Verdict::Transient => Self::Busy,
            Verdict::Unknown => Self::NoAnswer,
            _ => Self::HalfBooked,
        }
    }
}

impl fmt::Display for VendorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Booking {
    pub(crate) reference: String,
}

/// What a vendor knows of one booking.
#[derive(Clone, Debug)]
struct Entry {
    made: u32,
    cancelled: u32,
    /// Told to be void before it came.
    void: bool,
    since: Instant,
}

impl Entry {
    fn none() -> Self {
        Self {
            made: 0,
            cancelled: 0,
            void: false,
            since: Instant::now(),
        }
    }
}

/// A vendor; clones are the same one.
#[derive(Clone)]
pub(crate) struct Vendor {
    step: &'static str,
    down: Arc<AtomicBool>,
    numbers: Arc<AtomicU32>,
    entries: Arc<Mutex<BTreeMap<String, Entry>>>,
}

impl Vendor {
    fn new(step: &'static str, down: &Arc<AtomicBool>) -> Self {
        Self {
            step,
            down: Arc::clone(down),
            numbers: Arc::default(),
            entries: Arc::default(),
        }
    }

    fn effects(&self) -> Vec<Effect> {
        let mut entries = self.entries.lock().unwrap().clone();
        entries.remove(SOMEBODY_ELSE);
        let effect = |(key, entry): (&String, &Entry)| {
            Effect::of(self.step)
                .key(key)
                .made(entry.made)
                .undone(entry.cancelled)
        };
        entries.iter().map(effect).collect()
    }

    async fn reached(&self) -> Result<(), VendorError> {
        sleep(LATENCY).await;
        let down = self.down.load(Ordering::Relaxed);
        if down { Err(VendorError::Busy) } else { Ok(()) }
    }

    fn with<T>(&self, key: &str, act: impl FnOnce(&mut Entry) -> T) -> T {
        let mut entries = self.entries.lock().unwrap();
        act(entries.entry(key.to_owned()).or_insert_with(Entry::none))
    }

    fn booking(key: &str) -> Booking {
        Booking {
            reference: key.to_owned(),
        }
    }

    pub(crate) async fn rates(&self) -> Result<u32, VendorError> {
        self.reached().await?;
        Ok(7)
    }

    /// Books once under one key.
    pub(crate) async fn book(&self, key: &Key) -> Result<Booking, VendorError> {
        self.reached().await?;
        self.with(key.as_str(), |entry| match entry {
            Entry { void: true, .. } => Err(VendorError::SoldOut),
            Entry { made: 0, .. } => {
                entry.made = 1;
                entry.since = Instant::now();
                Ok(Self::booking(key.as_str()))
            }
            _ => Ok(Self::booking(key.as_str())),
        })
    }

    /// A bug: books each time that it is asked.
    pub(crate) async fn book_again(&self, key: &Key) -> Result<Booking, VendorError> {
        self.reached().await?;
        self.with(key.as_str(), |entry| entry.made += 1);
        Ok(Self::booking(key.as_str()))
    }

    /// A bug: asks under a key that is new each time.
    pub(crate) async fn book_under_new_key(&self, _: &Key) -> Result<Booking, VendorError> {
        self.reached().await?;
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let key = format!("request {number}");
        self.with(&key, |entry| entry.made = 1);
        Ok(Self::booking(&key))
    }

    pub(crate) async fn find(&self, key: &Key) -> Result<Option<Booking>, VendorError> {
        self.reached().await?;
        let stands = self.with(key.as_str(), |entry| entry.made > entry.cancelled);
        Ok(stands.then(|| Self::booking(key.as_str())))
    }

    /// A bug: says "no" of a booking that cannot be seen yet.
    pub(crate) async fn find_too_early(&self, key: &Key) -> Result<Option<Booking>, VendorError> {
        let age = self.with(key.as_str(), |entry| entry.since.elapsed());
        if age < Duration::from_secs(60) {
            return Ok(None);
        }
        self.find(key).await
    }

    /// A bug: finds nothing.
    pub(crate) async fn find_nothing(&self, _: &Key) -> Result<Option<Booking>, VendorError> {
        self.reached().await?;
        Ok(None)
    }

    pub(crate) async fn cancel(&self, booking: &Booking) -> Result<(), VendorError> {
        self.reached().await?;
        self.with(&booking.reference, |entry| entry.cancelled = entry.made);
        Ok(())
    }

    /// A bug: cancels, and pays back, each time.
    pub(crate) async fn cancel_again(&self, booking: &Booking) -> Result<(), VendorError> {
        self.reached().await?;
        self.with(&booking.reference, |entry| entry.cancelled += 1);
        Ok(())
    }

    /// A bug: cancels the booking that it finds first.
    pub(crate) async fn cancel_any(&self, booking: &Booking) -> Result<(), VendorError> {
        self.reached().await?;
        let first = self.entries.lock().unwrap().keys().next_back().cloned();
        let any = first.as_ref().unwrap_or(&booking.reference);
        self.with(any, |entry| entry.cancelled = entry.made);
        Ok(())
    }

    /// A bug: will not hear of what is cancelled already.
    pub(crate) async fn cancel_once(&self, booking: &Booking) -> Result<(), VendorError> {
        self.reached().await?;
        self.with(&booking.reference, |entry| {
            if entry.cancelled == entry.made {
                return Err(VendorError::NoSuchBooking);
            }
            entry.cancelled = entry.made;
            Ok(())
        })
    }

    /// A bug: whatever happens is fine.
    pub(crate) async fn cancel_and_hope(&self, booking: &Booking) -> Result<(), VendorError> {
        let _ = self.cancel(booking).await;
        Ok(())
    }

    /// Cancels what there is under a key, and voids what is still to come.
    pub(crate) async fn cancel_key(&self, key: &Key) -> Result<(), VendorError> {
        self.reached().await?;
        self.with(key.as_str(), |entry| {
            entry.void = true;
            entry.cancelled = entry.made;
        });
        Ok(())
    }

    /// A bug: forgets what it has cancelled.
    pub(crate) async fn cancel_key_for_now(&self, key: &Key) -> Result<(), VendorError> {
        self.reached().await?;
        self.with(key.as_str(), |entry| entry.cancelled = entry.made);
        Ok(())
    }

    /// A bug: pays back what was never paid.
    pub(crate) async fn refund_key(&self, key: &Key) -> Result<(), VendorError> {
        self.reached().await?;
        self.with(key.as_str(), |entry| {
            entry.void = true;
            entry.cancelled = 1;
        });
        Ok(())
    }
}

/// All vendors.
pub(crate) struct World {
    pub(crate) billing: Vendor,
    pub(crate) hotels: Vendor,
    pub(crate) cars: Vendor,
    pub(crate) charges: Vendor,
    pub(crate) mails: Vendor,
    down: Arc<AtomicBool>,
}

impl World {
    pub(crate) fn new() -> Self {
        let down = Arc::default();
        let cars = Vendor::new("car", &down);
        cars.with(SOMEBODY_ELSE, |entry| entry.made = 1);
        Self {
            billing: Vendor::new("authorization", &down),
            hotels: Vendor::new("hotel", &down),
            cars,
            charges: Vendor::new("charge", &down),
            mails: Vendor::new("confirmation", &down),
            down,
        }
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub(crate) fn others_keep_theirs(&self) -> Result<(), String> {
        match self.cars.with(SOMEBODY_ELSE, |entry| entry.cancelled) {
            0 => Ok(()),
            _ => Err("somebody else's car was cancelled".to_owned()),
        }
    }

    pub(crate) fn effects(&self) -> Vec<Effect> {
        let vendors = [
            &self.billing,
            &self.hotels,
            &self.cars,
            &self.charges,
            &self.mails,
        ];
        vendors.into_iter().flat_map(Vendor::effects).collect()
    }
}
