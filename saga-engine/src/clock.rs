//! A clock that is set by another one, and between two settings runs with the monotonic clock.

use crate::time::Time;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::time::Instant;

/// The store's time, as of the last request to it, plus the time on tokio's monotonic clock since
/// then. It does not run backward, so no wait that is over starts again, unless the store's clock
/// was set back. A test that pauses tokio's clock controls this clock, too.
///
/// Clones are the same clock.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Mutex<Reading>>);

#[derive(Clone, Copy, Debug)]
struct Reading {
    time: Time,
    at: Instant,
    /// The last time that it showed.
    shown: Time,
    /// The sum of all steps by which it was set back.
    back: Duration,
}

/// A moment that does not come later if the clock is set back meanwhile: the time on a clock that
/// is never set back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Time);

/// The answer of a store never takes this long.
const FAR: Duration = Duration::from_secs(60);

impl Clock {
    /// A clock that shows the system's time.
    #[must_use]
    pub fn system() -> Self {
        Self::at(Time::of(SystemTime::now()))
    }

    /// A clock that shows this time.
    #[must_use]
    pub fn at(time: Time) -> Self {
        Self(Arc::new(Mutex::new(Reading {
            time,
            at: Instant::now(),
            shown: time,
            back: Duration::ZERO,
        })))
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.reading().now()
    }

    /// The moment `wait` from now.
    pub(crate) fn after(&self, wait: Duration) -> Moment {
        let mut reading = self.reading();
        Moment(reading.now().after(reading.back).after(wait))
    }

    /// The time that the clock will show at that moment, unless it is set in between.
    pub(crate) fn at_moment(&self, Moment(moment): Moment) -> Time {
        moment.before(self.reading().back)
    }

    /// The duration until that time; zero if the time has passed.
    #[must_use]
    pub fn until(&self, time: Time) -> Duration {
        time.since(self.now())
    }

    /// Sets this clock by another one. If this clock is ahead by up to a minute, it stands still
    /// until the other clock has caught up. If it is further ahead, the other clock was set back,
    /// and this one is set back, too.
    pub fn set(&self, time: Time) {
        let mut reading = self.reading();
        (reading.time, reading.at) = (time, Instant::now());
        let back = reading.shown.since(time);
        if back > FAR {
            reading.shown = time;
            reading.back += back;
        }
    }

    /// Restarts with the system's time, even if that is earlier: for a store that is opened again.
    pub fn restart_by_system(&self) {
        self.restart(Time::of(SystemTime::now()));
    }

    /// Restarts with this time, even if it is earlier.
    pub(crate) fn restart(&self, time: Time) {
        let mut reading = self.reading();
        (reading.time, reading.at, reading.shown) = (time, Instant::now(), time);
    }

    fn reading(&self) -> MutexGuard<'_, Reading> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn now(&mut self) -> Time {
        self.shown = self.shown.max(self.time.after(self.at.elapsed()));
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::Clock;
    use crate::time::Time;
    use std::time::Duration;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn it_stands_still_rather_than_to_go_back() {
        let clock = Clock::at(Time(1_000));
        advance(Duration::from_millis(50)).await;
        assert_eq!(clock.now(), Time(1_050));
        clock.set(Time(1_020));
        assert_eq!(clock.now(), Time(1_050));
        advance(Duration::from_millis(20)).await;
        assert_eq!(clock.now(), Time(1_050));
        advance(Duration::from_millis(20)).await;
        assert_eq!(clock.now(), Time(1_060));
        clock.set(Time(5_000));
        assert_eq!(clock.clone().now(), Time(5_000));
        assert_eq!(clock.until(Time(5_200)), Duration::from_millis(200));
        assert_eq!(clock.until(Time(4_000)), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn it_goes_back_with_one_that_was_set_back() {
        let clock = Clock::at(Time(3_600_000));
        clock.set(Time(3_550_000));
        assert_eq!(clock.now(), Time(3_600_000));
        let soon = clock.after(Duration::from_secs(5));
        assert_eq!(clock.at_moment(soon), Time(3_605_000));
        clock.set(Time(0));
        assert_eq!(clock.now(), Time(0));
        assert_eq!(clock.at_moment(soon), Time(5_000));
        let later = clock.after(Duration::from_secs(5));
        assert_eq!((soon, clock.at_moment(later)), (later, Time(5_000)));
        advance(Duration::from_millis(50)).await;
        assert_eq!(clock.now(), Time(50));
    }
}
