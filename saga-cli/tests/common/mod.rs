//! Small sagas, and the vendors that they call: what goes wrong is said before.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, MutexGuard},
};
use typed_saga::{Key, Verdict, engine::Builder, saga};

/// Why a call fails.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Trouble(pub(crate) Verdict, pub(crate) Cow<'static, str>);

impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

/// Whoever is called: `+hotel` books, `-hotel` cancels, `?hotel` asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Vendors(Arc<Mutex<Desk>>);

#[derive(Debug, Default)]
struct Desk {
    /// What is to go wrong with a call, in order.
    trouble: BTreeMap<&'static str, Vec<Trouble>>,
    /// The calls that do not come back.
    silent: BTreeSet<&'static str>,
}

impl Vendors {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.0.lock().unwrap()
    }

    /// A call fails so many times.
    pub(crate) fn fail(
        &self,
        call: &'static str,
        times: usize,
        verdict: Verdict,
        why: &'static str,
    ) {
        let trouble = std::iter::repeat_n(Trouble(verdict, why.into()), times);
        self.desk().trouble.entry(call).or_default().extend(trouble);
    }

    /// Whether a call comes back at all.
    pub(crate) fn silent(&self, call: &'static str, silent: bool) {
        if silent {
            self.desk().silent.insert(call);
        } else {
            self.desk().silent.remove(call);
        }
    }

    pub(crate) async fn call(&self, call: &'static str, _key: &Key) -> Result<(), Trouble> {
        let (trouble, silent) = {
            let mut desk = self.desk();
            let trouble = desk.trouble.get_mut(call);
            let trouble = trouble.filter(|left| !left.is_empty());
            (
                trouble.map(|left| left.remove(0)),
                desk.silent.contains(call),
            )
        };
        if silent {
            std::future::pending::<()>().await;
        }
        trouble.map_or(Ok(()), Err)
    }
}

saga! {
    /// Books a trip.
    #[classify(Trouble::verdict)]
    #[timeout(1m)]
    pub(crate) durable saga BookTrip(city: String, nights: u32)
    with (vendors: Vendors)
    -> Result<String, Trouble>
    {
        read rates(vendors, nights, key) -> u32 {
            vendors.call("?rates", key).await?;
            Ok(nights * 90)
        }

        #[idempotent]
        step hotel(vendors, city, key) -> String {
            vendors.call("+hotel", key).await?;
            Ok(format!("room in {city}"))
        }
            #[retry(2, 20ms..20ms, jitter = false)]
            compensate(vendors, hotel, key) { let _ = hotel; vendors.call("-hotel", key).await }

        #[late(0s)] #[retry(1)]
        step car(vendors, hotel, key) -> u32 {
            let _ = hotel;
            vendors.call("+car", key).await?;
            Ok(7)
        }
            #[retry(2, 20ms..20ms, jitter = false)]
            resolve(vendors, key) { vendors.call("?car", key).await?; Ok(None) }
            #[retry(2, 20ms..20ms, jitter = false)]
            compensate(vendors, car, key) { let _ = car; vendors.call("-car", key).await }

        #[idempotent]
        pivot charge(vendors, rates, car, key) -> u32 {
            let _ = car;
            vendors.call("+charge", key).await?;
            Ok(*rates)
        }

        #[retry(forever, 1m..1h, jitter = false)] #[idempotent]
        step mail(vendors, charge, key) { let _ = charge; vendors.call("+mail", key).await }

        format!("{city}: {charge}")
    }
}

saga! {
    /// Gives money back.
    #[classify(Trouble::verdict)]
    #[timeout(1m)]
    pub(crate) durable saga Refund(amount: u32) with (vendors: Vendors) -> Result<(), Trouble> {
        #[idempotent]
        step hold(vendors, amount, key) -> u32 { vendors.call("+hold", key).await?; Ok(*amount) }
            #[retry(forever, 1s..1s, jitter = false)]
            compensate(vendors, hold, key) { let _ = hold; vendors.call("-hold", key).await }

        #[idempotent]
        pivot pay(vendors, hold, key) { let _ = hold; vendors.call("+pay", key).await }

        ()
    }
}

/// An engine that knows them.
pub(crate) fn registered(builder: Builder, vendors: &Vendors) -> Builder {
    let vendors = || vendors.clone();
    builder
        .register::<BookTrip>(BookTripServices { vendors: vendors() })
        .register::<Refund>(RefundServices { vendors: vendors() })
}

/// A trip to Lisbon.
pub(crate) fn trip() -> BookTrip {
    BookTrip {
        city: "Lisbon".to_owned(),
        nights: 2,
    }
}
