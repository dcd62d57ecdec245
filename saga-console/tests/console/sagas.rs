//! Small sagas in a store in memory, one in each state.

use crate::asking::page;
use axum::Router;
use serde_json::Value;
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};
use typed_saga::{
    Key, Lock, Verdict,
    engine::{DurableOutcome, Engine, Memory},
    saga,
};
use typed_saga_console::Metrics;

#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Trouble(Verdict, String);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

/// Whoever is called; what is to go wrong is said before: the call, and why it fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vendors(Arc<Mutex<Vec<(&'static str, Trouble)>>>);

impl Vendors {
    pub(crate) fn fail(&self, call: &'static str, verdict: Verdict, why: &str) {
        let trouble = Trouble(verdict, why.to_owned());
        self.0.lock().unwrap().push((call, trouble));
    }

    /// All goes well from now on.
    pub(crate) fn mend(&self) {
        self.0.lock().unwrap().clear();
    }

    fn call(&self, call: &'static str, _key: &Key) -> Result<(), Trouble> {
        let trouble = self.0.lock().unwrap();
        let found = trouble.iter().find(|(failing, _)| *failing == call);
        found.map_or(Ok(()), |(_, trouble)| Err(trouble.clone()))
    }
}

saga! {
    /// Books a trip.
    #[classify(verdict)]
    #[timeout(1m)]
    pub(crate) durable saga BookTrip(city: String)
    with (vendors: Vendors)
    -> Result<String, Trouble>
    {
        #[idempotent]
        step hotel(vendors, city, key) -> String {
            vendors.call("+hotel", key)?;
            Ok(format!("room in {city}"))
        }
            #[retry(2, 1ms..1ms, jitter = false)]
            compensate(vendors, hotel, key) { let _ = hotel; vendors.call("-hotel", key) }

        #[idempotent]
        pivot charge(vendors, hotel, key) -> u32 {
            let _ = hotel;
            vendors.call("+charge", key)?;
            Ok(90)
        }

        format!("{city}: {charge}")
    }
}

saga! {
    /// Books a room, as a step of a tour.
    #[classify(verdict)]
    #[timeout(1m)]
    pub(crate) durable saga BookLeg(city: String)
    with (vendors: Vendors)
    -> Result<String, Trouble>
    {
        #[idempotent]
        step room(vendors, city, key) -> String {
            vendors.call("+room", key)?;
            Ok(format!("room in {city}"))
        }
            compensate(vendors, room, key) { let _ = room; vendors.call("-room", key) }

        room
    }
}

saga! {
    /// Books a room in each city.
    #[classify(verdict)]
    #[timeout(1m)]
    pub(crate) durable saga Tour(cities: Vec<String>)
    with (vendors: Vendors)
    -> Result<usize, Trouble>
    {
        for city: String in (cities => cities.clone())
        step legs(city) -> String = saga BookLeg { city: city.clone() } with (vendors);

        legs.len()
    }
}

saga! {
    /// Waits for somebody's word.
    #[classify(verdict)]
    #[timeout(1m)]
    pub(crate) durable saga Approve() -> Result<u32, Trouble> {
        #[timeout(never)]
        signal word -> u32;

        word
    }
}

saga! {
    /// Waits for two words, of which the first is not always asked for.
    #[classify(verdict)]
    #[timeout(1m)]
    pub(crate) durable saga Ask(first: bool) -> Result<u32, Trouble> {
        #[when(first => *first)]
        #[timeout(never)]
        signal word -> u32;

        #[timeout(never)]
        signal last -> u32;

        last + word.unwrap_or_default()
    }
}

/// Whoever refits a room has it alone.
pub(crate) struct RoomLock(u64);

impl Lock for RoomLock {
    const NAME: &'static str = "room";

    fn key(&self) -> String {
        self.0.to_string()
    }
}

saga! {
    /// Refits a room, until a signal says that the work is done.
    #[classify(verdict)]
    #[timeout(1m)]
    pub(crate) durable saga Refit(room: u64) -> Result<u32, Trouble> {
        #[timeout(never)]
        lock room_lock(room => RoomLock(*room)) -> RoomLock;

        #[timeout(1h)]
        signal word -> u32;

        word
    }
}

fn verdict(trouble: &Trouble) -> Verdict {
    trouble.0
}

/// A store, an engine over it, and whoever it calls.
pub(crate) struct Site {
    pub(crate) store: Memory,
    pub(crate) engine: Engine,
    pub(crate) vendors: Vendors,
    pub(crate) metrics: Metrics,
}

impl Site {
    pub(crate) async fn open() -> Self {
        let (store, vendors) = (Memory::new(), Vendors::default());
        let metrics = Metrics::default();
        let services = BookTripServices {
            vendors: vendors.clone(),
        };
        let engine = Engine::builder(store.clone())
            .register::<BookTrip>(services)
            .register::<Tour>(TourServices {
                vendors: vendors.clone(),
            })
            .register::<Approve>(ApproveServices {})
            .register::<Ask>(AskServices {})
            .register::<Refit>(RefitServices {})
            .observe(metrics.clone())
            .inbox_interval(Duration::from_millis(5))
            .start()
            .await
            .unwrap();
        Self {
            store,
            engine,
            vendors,
            metrics,
        }
    }

    /// A trip that ends, or parks.
    pub(crate) async fn trip(&self, id: &str, city: &str) -> DurableOutcome<BookTrip> {
        let trip = BookTrip {
            city: city.to_owned(),
        };
        let handle = self.engine.submit(id, trip).await.unwrap();
        handle.outcome().await.unwrap()
    }

    /// A trip whose room cannot be given back.
    pub(crate) async fn parked(&self, id: &str, why: &str) {
        self.vendors.fail("+charge", Verdict::Refused, "no money");
        self.vendors.fail("-hotel", Verdict::Transient, why);
        drop(self.trip(id, "Lisbon").await);
        self.vendors.mend();
    }

    /// Two sagas that refit one room: `refit-1` has it, and `refit-2` waits.
    pub(crate) async fn refits(&self, console: &Router) {
        for id in ["refit-1", "refit-2"] {
            drop(self.engine.submit(id, Refit { room: 12 }).await.unwrap());
        }
        self.until("Refit", "refit-2", "waiting", console).await;
    }

    /// The saga as the API tells it, once it is in this state.
    pub(crate) async fn until(&self, saga: &str, id: &str, state: &str, console: &Router) -> Value {
        for _ in 0..6000 {
            let told = page(console, &format!("/api/sagas/{saga}/{id}"))
                .await
                .json();
            if told["state"] == state {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{saga}/{id} is not {state}");
    }

    /// A trip that was parked, once it has gone back.
    pub(crate) async fn settled(&self, id: &str, console: &Router) -> Value {
        self.until("BookTrip", id, "compensated", console).await
    }
}
