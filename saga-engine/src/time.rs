//! Moments, as they are recorded and as people read them.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A moment, in milliseconds since 1970-01-01 UTC. Shown as RFC 3339 in UTC: `2026-11-20T10:00:00.250Z`, without the fraction if there is none.
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
    /// The moment that the system's clock shows.
    #[must_use]
    pub fn of(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// So much later, at most the last moment there is.
    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)),
        )
    }

    /// How long it is from `earlier` until then; nothing, if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).try_into().unwrap_or(0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAY: i64 = 24 * 60 * 60 * 1000;
        let (year, month, day) = civil(self.0.div_euclid(DAY));
        let (second, milli) = (self.0.rem_euclid(DAY) / 1000, self.0.rem_euclid(1000));
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let fraction = match milli {
            0 => String::new(),
            milli => format!(".{milli:03}"),
        };
        f.pad(&format!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z"
        ))
    }
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar at all times: `civil_from_days` of Howard Hinnant's
/// "chrono-compatible low-level date algorithms". It counts in eras of 400 years that begin on a 1st of March, so that leap days come last.
fn civil(days: i64) -> (i64, i64, i64) {
    const ERA: i64 = 146_097;
    let days = days + 719_468;
    let of_era = days.rem_euclid(ERA);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = year + 400 * days.div_euclid(ERA) + i64::from(month <= 2);
    (year, month, day)
}

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
    }

    #[test]
    fn the_first_and_the_last_moment_can_be_shown() {
        assert_eq!(Time(i64::MAX).to_string(), "292278994-08-17T07:12:55.807Z");
        assert!(Time(i64::MIN).to_string().starts_with('-'));
    }
}
