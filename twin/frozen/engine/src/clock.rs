//! A clock that is set by another one, and between two settings runs with the monotonic clock.

use crate::time::Time;
#[cfg(feature = "testing")]
use std::cell::RefCell;
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

/// The step of a clock: a wait with no more left than this may be over by one measure, and not by
/// another. Times are whole milliseconds, tokio's timers count those of their runtime, and the two
/// begin at different fractions.
///
/// So a run is not released for a wait as short as this, and waits in place: it would be due at once,
/// and be claimed and released over and over, at one moment of a clock that stands still meanwhile.
pub(crate) const STEP: Duration = Duration::from_millis(2);

/// The answer of a store never takes this long.
const FAR: Duration = Duration::from_secs(60);

#[cfg(feature = "testing")]
thread_local! {
    static SYSTEM: RefCell<Option<Clock>> = const { RefCell::new(None) };
}

/// The system's time.
pub(crate) fn system_time() -> Time {
    #[cfg(feature = "testing")]
    if let Some(clock) = SYSTEM.with_borrow(Clone::clone) {
        return clock.now();
    }
    Time::of(SystemTime::now())
}

impl Clock {
    /// A clock that shows the system's time.
    #[must_use]
    pub fn system() -> Self {
        Self::at(system_time())
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

    /// The system's time, on this thread, is what this clock shows from now on. For tests that compare
    /// two runs.
    #[cfg(feature = "testing")]
    #[doc(hidden)]
    pub fn set_system(self) {
        SYSTEM.set(Some(self));
    }

    /// The current time.
    #[must_use]
    pub fn now(&self) -> Time {
        self.reading().now()
    }

    /// The moment at which a wait is over that begins now: the first whole millisecond that is not
    /// earlier, so no wait that is recorded ends early.
    pub(crate) fn end_of(&self, wait: Duration) -> Moment {
        let mut reading = self.reading();
        let end = reading.end_of(wait);
        Moment(end.after(reading.back))
    }

    /// The moment at which the clock shows this time, unless it is set in between.
    pub(crate) fn moment(&self, time: Time) -> Moment {
        Moment(time.after(self.reading().back))
    }

    /// The time that the clock will show at that moment, unless it is set in between.
    pub(crate) fn at_moment(&self, Moment(moment): Moment) -> Time {
        moment.before(self.reading().back)
    }

    /// The duration until that time; zero if the time has passed.
    #[must_use]
    pub fn until(&self, time: Time) -> Duration {
        let instant = self.instant(time);
        instant.map_or(Duration::MAX, |at| {
            at.saturating_duration_since(Instant::now())
        })
    }

    /// When the clock begins to show this time, or began; `None` if that is later than tokio's clock
    /// can represent. It is past exactly if the time [is due](Self::is_due).
    pub(crate) fn instant(&self, time: Time) -> Option<Instant> {
        self.reading().instant(time)
    }

    /// Whether what waits until this time is due: [the store's rule](Time::is_due), by this clock.
    pub(crate) fn is_due(&self, time: Time) -> bool {
        time.is_due(self.now())
    }

    /// Whether this time is at most one [step](STEP) away, so that a run waits for it in place.
    pub(crate) fn is_near(&self, time: Time) -> bool {
        self.until(time) <= STEP
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
        self.restart(system_time());
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
        self.at(Instant::now())
    }

    fn at(&mut self, instant: Instant) -> Time {
        let elapsed = instant.saturating_duration_since(self.at);
        self.shown = self.shown.max(self.time.after(elapsed));
        self.shown
    }

    fn end_of(&mut self, wait: Duration) -> Time {
        let instant = Instant::now();
        let now = self.at(instant);
        // The part of a millisecond that `now` leaves out; none if the clock stands still.
        let elapsed = instant.saturating_duration_since(self.at);
        let rest = elapsed.saturating_sub(now.since(self.time));
        let left = wait.saturating_add(rest);
        now.after(left.saturating_add(Duration::from_millis(1) - Duration::from_nanos(1)))
    }

    fn instant(&mut self, time: Time) -> Option<Instant> {
        let instant = Instant::now();
        let shows = if time > self.time {
            self.at.checked_add(time.since(self.time))
        } else {
            self.at.checked_sub(self.time.since(time))
        };
        if time.is_due(self.at(instant)) {
            // A time before the start of the machine may have no instant: it has passed.
            return Some(shows.map_or(instant, |shows| shows.min(instant)));
        }
        shows
    }
}

#[cfg(test)]
mod tests {
    use super::{Clock, STEP};
    #[cfg(feature = "testing")]
    use super::{SYSTEM, system_time};
    use crate::time::Time;
    use std::time::Duration;
    use tokio::time::{Instant, advance};

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
        let soon = clock.end_of(Duration::from_secs(5));
        assert_eq!(clock.at_moment(soon), Time(3_605_000));
        clock.set(Time(0));
        assert_eq!(clock.now(), Time(0));
        assert_eq!(clock.at_moment(soon), Time(5_000));
        let later = clock.end_of(Duration::from_secs(5));
        assert_eq!((soon, clock.at_moment(later)), (later, Time(5_000)));
        advance(Duration::from_millis(50)).await;
        assert_eq!(clock.now(), Time(50));
    }

    #[cfg(feature = "testing")]
    #[tokio::test(start_paused = true)]
    async fn the_system_s_time_can_be_another_one() {
        Clock::at(Time(1_000)).set_system();
        advance(Duration::from_millis(50)).await;
        assert_eq!(
            (system_time(), Clock::system().now()),
            (Time(1_050), Time(1_050))
        );
        SYSTEM.set(None);
        assert!(system_time() > Time(1_050));
    }

    const MICRO: Duration = Duration::from_micros(1);

    /// Clocks that were read, or set, between two milliseconds.
    const FRACTIONS: [u32; 6] = [0, 1, 250, 500, 999, 1_001];

    #[tokio::test(start_paused = true)]
    async fn no_wait_ends_early() {
        for set in FRACTIONS {
            for read in FRACTIONS {
                for wait in FRACTIONS {
                    let clock = Clock::at(Time(1_000));
                    advance(set * MICRO).await;
                    clock.set(Time(5_000));
                    advance(read * MICRO).await;
                    let wait = 5_000 * MICRO + wait * MICRO;
                    let ends = Instant::now() + wait;
                    let recorded = clock.at_moment(clock.end_of(wait));
                    let instant = clock.instant(recorded).unwrap();
                    let late = instant.checked_duration_since(ends);
                    let late = late.expect("it is not over before it ends");
                    assert!(late < 1_000 * MICRO, "{set} {read} {wait:?}: {late:?}");
                    assert!(late < STEP);
                }
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_is_due_from_its_instant_on() {
        for set in FRACTIONS {
            let clock = Clock::at(Time(1_000));
            advance(set * MICRO).await;
            clock.set(Time(5_000));
            advance(300 * MICRO).await;
            let time = Time(5_010);
            let instant = clock.instant(time).unwrap();
            assert_eq!(clock.until(time), instant - Instant::now());
            advance((instant - Instant::now()).saturating_sub(STEP + MICRO)).await;
            assert!(!clock.is_due(time) && !clock.is_near(time));
            advance(MICRO).await;
            assert!(!clock.is_due(time) && clock.is_near(time));
            advance(STEP.saturating_sub(MICRO)).await;
            assert!(!clock.is_due(time) && clock.until(time) == MICRO);
            advance(MICRO).await;
            assert!(clock.is_due(time) && clock.is_near(time));
            assert_eq!(clock.until(time), Duration::ZERO);
            advance(MICRO).await;
            assert_eq!(clock.instant(time), Some(instant));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clock_that_stands_still_has_the_same_rule() {
        let clock = Clock::at(Time(1_000));
        advance(Duration::from_millis(50)).await;
        assert_eq!(clock.now(), Time(1_050));
        clock.set(Time(1_020));
        // It shows this already, and the next millisecond only after 31.
        assert_eq!(clock.instant(Time(1_050)), Some(Instant::now()));
        assert!(clock.is_due(Time(1_040)) && clock.is_due(Time(1_050)));
        assert_eq!(clock.until(Time(1_051)), Duration::from_millis(31));
        let ends = clock.at_moment(clock.end_of(Duration::from_millis(5)));
        assert_eq!(ends, Time(1_055));
        advance(Duration::from_millis(31)).await;
        assert!(clock.is_due(Time(1_051)) && !clock.is_due(Time(1_052)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_is_the_time_that_it_was_made_of() {
        let clock = Clock::at(Time(3_600_000));
        clock.set(Time(0));
        assert_eq!(clock.at_moment(clock.moment(Time(700))), Time(700));
        assert!(clock.is_due(Time(i64::MIN)));
        assert_eq!(clock.until(Time(i64::MIN)), Duration::ZERO);
        let far = clock.until(Time(i64::MAX));
        assert!(far > Duration::from_secs(86_400 * 365 * 100), "{far:?}");
    }
}
