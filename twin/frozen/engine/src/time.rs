//! Moments, as they are recorded and as people read them.

use jiff::{Timestamp, tz::Offset};
use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A moment, in milliseconds since 1970-01-01 UTC. `Display` writes RFC 3339 in UTC:
/// `2026-11-20T10:00:00.250Z`, without the fraction if there is none.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// The moment of a system clock; 1970 if it shows an earlier one.
    #[must_use]
    pub fn of(time: SystemTime) -> Self {
        // A clock before 1970 is wrong, and no moment before that is ever recorded.
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Parses a moment as it is displayed; or a date, which is the beginning of that day in UTC; or
    /// a time without seconds and zone, such as `2026-11-20T10:00`, in UTC.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment = text.parse::<Timestamp>().ok().or_else(|| {
            let date = text.parse::<jiff::civil::DateTime>().ok()?;
            Offset::UTC.to_timestamp(date).ok()
        });
        moment.map(|moment| Self(moment.as_millisecond()))
    }

    /// The day in UTC, such as `2026-11-20`.
    #[must_use]
    pub fn date(self) -> String {
        let text = self.to_string();
        let (date, _) = text.split_once('T').unwrap_or((&text, ""));
        date.to_owned()
    }

    /// The moment `wait` later, or the last representable one.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// The moment this long before; saturating.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        let millis = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(millis))
    }

    /// Whether what waits until this moment is due at `now`: in the millisecond of the moment, and
    /// later. Stores, workers, and runs all go by this.
    pub(crate) fn is_due(self, now: Self) -> bool {
        self <= now
    }

    /// The time from `earlier` until this moment; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).try_into().unwrap_or(0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // jiff ends with the year 9999, but a `Time` does not: additions saturate. The calendar
        // repeats every 400 years, so the date is that of the first such period.
        let (periods, millis) = (self.0.div_euclid(PERIOD), self.0.rem_euclid(PERIOD));
        let time = Timestamp::from_millisecond(millis).expect("it is within 400 years of 1970");
        let time = Offset::UTC.to_datetime(time);
        let year = i64::from(time.year()) + 400 * periods;
        let format = match time.millisecond() {
            0 => "%m-%dT%H:%M:%SZ",
            _ => "%m-%dT%H:%M:%S%.3fZ",
        };
        f.pad(&format!("{year:04}-{}", time.strftime(format)))
    }
}

/// 400 years of the Gregorian calendar, in milliseconds.
const PERIOD: i64 = 146_097 * 24 * 60 * 60 * 1000;

#[cfg(test)]
mod tests {
    use super::Time;

    #[test]
    fn a_moment_reads_as_rfc_3339() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (1_709_251_199_007, "2024-02-29T23:59:59.007Z"),
            (1_795_168_800_250, "2026-11-20T10:00:00.250Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        ] {
            assert_eq!(Time(millis).to_string(), text);
        }
        assert_eq!(format!("{:>21}|", Time(0)), " 1970-01-01T00:00:00Z|");
        assert_eq!(Time(951_782_400_000).date(), "2000-02-29");
    }

    #[test]
    fn the_first_and_the_last_moment_can_be_shown() {
        assert_eq!(Time(i64::MAX).to_string(), "292278994-08-17T07:12:55.807Z");
        assert!(Time(i64::MIN).to_string().starts_with('-'));
    }
}
