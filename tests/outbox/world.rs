//! A shop whose sagas tell a bus, and the bus: a consumer that outlives every process, and remembers
//! what it was handed.

use std::{
    borrow::Cow,
    collections::HashMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde::{Deserialize, Serialize};
use typed_saga::{
    Context, Key, Observer, Verdict,
    engine::{Builder, Engine, Store},
    saga,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Event {
    Held(u32),
    Sent(u32),
    Failed(u32),
}

/// Why the shop or the bus says no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Down(Cow<'static, str>);

impl Down {
    pub(crate) fn verdict(&self) -> Verdict {
        match &*self.0 {
            "refused" => Verdict::Refused,
            _ => Verdict::Transient,
        }
    }
}

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the bus does when it is handed something for the n-th time, from 1.
#[derive(Clone, Copy)]
pub(crate) enum Does {
    Fails,
    Panics,
    Hangs,
    /// It has it, but does not say so.
    HasIt,
}

/// What the bus was handed: the event, and its key.
pub(crate) type Handed = Vec<(Event, String)>;

#[derive(Clone, Default)]
pub(crate) struct Bus(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    handed: Handed,
    calls: u32,
    does: HashMap<u32, Does>,
    /// How many more times it is down.
    down: u32,
}

impl Bus {
    pub(crate) fn that(does: &[(u32, Does)]) -> Self {
        let bus = Self::default();
        bus.0.lock().unwrap().does = does.iter().copied().collect();
        bus
    }

    /// Down for so many calls.
    pub(crate) fn down(calls: u32) -> Self {
        let bus = Self::default();
        bus.0.lock().unwrap().down = calls;
        bus
    }

    pub(crate) async fn publish(&self, event: &Event, key: &Key) -> Result<(), Down> {
        let does = {
            let mut inner = self.0.lock().unwrap();
            inner.calls += 1;
            let call = inner.calls;
            if inner.down > 0 {
                inner.down -= 1;
                return Err(Down("the bus is down".into()));
            }
            inner.does.get(&call).copied()
        };
        match does {
            None | Some(Does::HasIt) => {}
            Some(Does::Fails) => return Err(Down("the bus is down".into())),
            Some(Does::Panics) => panic!("no bus"),
            Some(Does::Hangs) => tokio::time::sleep(Duration::from_secs(86_400)).await,
        }
        // The caller may die before it is answered.
        let handed = (event.clone(), key.to_string());
        self.0.lock().unwrap().handed.push(handed);
        tokio::time::sleep(Duration::from_millis(5)).await;
        if let Some(Does::HasIt) = does {
            return Err(Down("the bus is down".into()));
        }
        Ok(())
    }

    pub(crate) fn calls(&self) -> u32 {
        self.0.lock().unwrap().calls
    }

    pub(crate) fn handed(&self) -> Handed {
        self.0.lock().unwrap().handed.clone()
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        let handed = self.handed().into_iter();
        handed.map(|(event, _)| event).collect()
    }
}

/// An order of so many parcels tells nobody as long as the program is wrong.
pub(crate) const UNTOLD: u32 = 7;

/// Whether it is right by now.
pub(crate) static TELLS: AtomicBool = AtomicBool::new(false);

fn told(parcels: u32, held: u32) -> [Event; 1] {
    assert!(
        parcels != UNTOLD || TELLS.load(Ordering::SeqCst),
        "no event"
    );
    [Event::Held(held)]
}

saga! {
    #[classify(Down::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Order(parcels: u32) with (bus: Bus) -> Result<u32, Down> emit Event {
        #[idempotent]
        step held(parcels, key) -> u32 { let _ = key; Ok(parcels + 1) }
            compensate(key) { let _ = key; Ok(()) }

        emit(parcels, held => told(*parcels, *held));

        #[idempotent]
        step sent(parcels, key) -> u32 {
            let _ = key;
            if *parcels == 0 {
                Err(Down("refused".into()))
            } else {
                Ok(*parcels)
            }
        }
            compensate none;

        emit(sent => (0..*sent).map(Event::Sent).collect::<Vec<_>>());
        emit failed(parcels, failure =>
            [Event::Failed(*parcels)]
                .into_iter()
                .filter(|_| failure.to_string().contains("refused"))
        );
        publish(bus, event, key) = Bus::publish;

        sent
    }
}

saga! {
    /// The same, and nobody says how it is handed over.
    #[classify(Down::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Quiet(parcels: u32) -> Result<u32, Down> emit Event {
        #[idempotent]
        step sent(parcels, key) -> u32 { let _ = key; Ok(*parcels) }
            compensate none;

        emit(sent => (0..*sent).map(Event::Sent).collect::<Vec<_>>());

        sent
    }
}

/// An engine with both, to be started.
pub(crate) fn builder(store: impl Store, bus: &Bus) -> Builder {
    let services = OrderServices { bus: bus.clone() };
    Engine::builder(store)
        .register::<Order>(services)
        .register::<Quiet>(QuietServices {})
}

pub(crate) async fn started(store: impl Store, bus: &Bus) -> Engine {
    builder(store, bus).start().await.unwrap()
}

/// What observers hear of events that cannot be delivered.
#[derive(Clone, Default)]
pub(crate) struct Undelivered(Arc<Mutex<Vec<String>>>);

impl Undelivered {
    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Observer for Undelivered {
    fn undelivered(&self, saga: &Context<'_>, number: u64, key: &Key, error: &str) {
        let one = format!("{}/{} {number} {key}: {error}", saga.saga(), saga.id());
        self.0.lock().unwrap().push(one);
    }
}
