//! A circuit breaker around a service that a saga can do without: while the breaker is open, trips
//! are booked at older rates, and no saga waits for a service that does not answer.
//!
//! The breaker is an ordinary part of the client (Nygard, *Release It!*, 2007). The saga knows two
//! things about it: its error is `Transient`, and retrying at once is useless.

use std::collections::HashMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::time::{Instant, advance, sleep};
use typed_saga::{Key, Verdict, saga};

/// Lets calls through until `limit` of them have failed in a row. Then it is open, and admits none
/// for `pause`. After that it admits one call as a probe, whose result closes it or opens it for
/// another `pause`.
pub(crate) struct Breaker {
    limit: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    HalfOpen,
}

impl Breaker {
    pub(crate) fn new(limit: u32, pause: Duration) -> Self {
        let state = Mutex::new(State::Closed { failures: 0 });
        Self {
            limit,
            pause,
            state,
        }
    }

    pub(crate) fn state(&self) -> State {
        *self.lock()
    }

    /// `None` while the breaker is open.
    fn admit(&self) -> Option<Admitted<'_>> {
        let mut state = self.lock();
        match *state {
            State::Closed { .. } => {}
            State::Open { until } if until <= Instant::now() => *state = State::HalfOpen,
            State::Open { .. } | State::HalfOpen => return None,
        }
        let (breaker, answered) = (self, false);
        Some(Admitted { breaker, answered })
    }

    fn ended(&self, answered: bool) {
        let mut state = self.lock();
        *state = match *state {
            // A call that was admitted before the breaker opened.
            open @ State::Open { .. } => open,
            // While it is half open, the result of an earlier call tells as much as the probe's.
            _ if answered => State::Closed { failures: 0 },
            State::Closed { failures } if failures + 1 < self.limit => State::Closed {
                failures: failures + 1,
            },
            State::Closed { .. } | State::HalfOpen => State::Open {
                until: Instant::now() + self.pause,
            },
        };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics under it")
    }
}

/// A call that was admitted. If a timeout or a panic drops it without an answer, it has failed.
struct Admitted<'a> {
    breaker: &'a Breaker,
    answered: bool,
}

impl Admitted<'_> {
    fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        self.breaker.ended(self.answered);
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BookingError {
    /// The breaker is open: no request was sent.
    Open,
    /// The service is down.
    Down,
    /// There is no rate for this city.
    NoSuchCity,
}

impl BookingError {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::NoSuchCity => Verdict::Refused,
            Self::Down => Verdict::Transient,
            // It stays open for longer than any retry lasts.
            Self::Open => Verdict::Transient.once(),
        }
    }
}

/// The state of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// A night costs this much.
    Up(u32),
    Down,
    /// It accepts requests and does not answer.
    Stuck,
}

/// The service, and the rates that our side last saw there.
pub(crate) struct Service {
    pub(crate) health: Health,
    pub(crate) asked: u32,
    seen: HashMap<String, u32>,
}

#[derive(Clone)]
pub(crate) struct Rates {
    pub(crate) breaker: Arc<Breaker>,
    service: Arc<Mutex<Service>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rate {
    Fresh(u32),
    Older(u32),
}

impl Rates {
    pub(crate) fn new(breaker: Breaker) -> Self {
        let service = Service {
            health: Health::Up(100),
            asked: 0,
            seen: HashMap::new(),
        };
        Self {
            breaker: Arc::new(breaker),
            service: Arc::new(Mutex::new(service)),
        }
    }

    async fn today(&self, city: &str) -> Result<Rate, BookingError> {
        let call = self.breaker.admit().ok_or(BookingError::Open)?;
        let night = self.ask(city).await;
        // A refusal is an answer, too: the service is up.
        if night != Err(BookingError::Down) {
            call.answered();
        }
        let night = night?;
        self.service().seen.insert(city.to_owned(), night);
        Ok(Rate::Fresh(night))
    }

    fn last_seen(&self, city: &str) -> Result<Rate, BookingError> {
        let night = self.service().seen.get(city).copied();
        night.map(Rate::Older).ok_or(BookingError::NoSuchCity)
    }

    async fn ask(&self, city: &str) -> Result<u32, BookingError> {
        self.service().asked += 1;
        sleep(Duration::from_millis(10)).await;
        let health = self.service().health;
        match health {
            Health::Up(_) if city == "Atlantis" => Err(BookingError::NoSuchCity),
            Health::Up(night) => Ok(night),
            Health::Down => Err(BookingError::Down),
            Health::Stuck => pending().await,
        }
    }

    pub(crate) fn service(&self) -> MutexGuard<'_, Service> {
        self.service.lock().expect("nobody panics under it")
    }
}

/// Booked rooms, by the key of the booking.
#[derive(Clone, Default)]
pub(crate) struct Hotel {
    pub(crate) taken: Arc<Mutex<HashMap<String, Rate>>>,
}

impl Hotel {
    fn book(&self, rate: &Rate, key: &Key) {
        let mut taken = self.taken.lock().expect("nobody panics under it");
        taken.insert(key.to_string(), rate.clone());
    }

    fn cancel(&self, key: &Key) {
        let mut taken = self.taken.lock().expect("nobody panics under it");
        taken.remove(key.as_str());
    }
}

saga! {
    /// Books a night at today's rate, or otherwise at the last rate seen.
    #[classify(BookingError::verdict)]
    #[timeout(1s)]
    pub(crate) saga BookNight(city: String)
    with (rates: Rates, hotel: Hotel)
    -> Result<Rate, BookingError>
    {
        #[retry(2, 10ms..20ms)]
        read rate(rates, city) -> Rate { rates.today(city).await }
            fallback(rates, city) { rates.last_seen(city) }

        #[idempotent]
        step room(hotel, rate, key) { hotel.book(rate, key); Ok(()) }
            compensate(hotel, key) { hotel.cancel(key); Ok(()) }

        rate
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
pub(crate) async fn main() {
    let (hotel, rates) = (
        Hotel::default(),
        Rates::new(Breaker::new(3, Duration::from_secs(60))),
    );
    let book = async || {
        let city = "Lisbon".to_owned();
        let booking = BookNight { city }.with(rates.clone(), hotel.clone());
        booking.await.expect("there is always a rate")
    };
    assert_eq!(book().await, Rate::Fresh(100));

    // Two attempts of a saga fail. Then the service hangs: the timeout is the third failure, and
    // the breaker opens.
    rates.service().health = Health::Down;
    assert_eq!(book().await, Rate::Older(100));
    assert_eq!(rates.breaker.state(), State::Closed { failures: 2 });
    rates.service().health = Health::Stuck;
    assert_eq!(book().await, Rate::Older(100));
    assert!(matches!(rates.breaker.state(), State::Open { .. }));

    // From now on no saga waits for the service.
    let (asked, opened) = (rates.service().asked, Instant::now());
    for _ in 0..100 {
        assert_eq!(book().await, Rate::Older(100));
    }
    assert_eq!((rates.service().asked, Instant::now()), (asked, opened));

    // After the pause one saga finds the service up again, and the breaker closes.
    rates.service().health = Health::Up(120);
    advance(Duration::from_secs(60)).await;
    assert_eq!(book().await, Rate::Fresh(120));
    assert_eq!(rates.breaker.state(), State::Closed { failures: 0 });
    assert_eq!(hotel.taken.lock().expect("nobody panics").len(), 104);
}
