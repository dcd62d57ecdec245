//! Durations as people read and write them: one number and one unit.
//!
//! By hand, though jiff has a friendly format: that reads signs, fractions and months, too, which
//! `purge --older-than` had better refuse, and writes all units (`3d 4h 12m 9s`), not the largest.

use std::time::Duration;
pub(crate) use typed_saga_engine::look::age as show;

/// The units in milliseconds, the largest first.
const UNITS: [(&str, u64); 6] = [
    ("w", 7 * 24 * 60 * 60 * 1000),
    ("d", 24 * 60 * 60 * 1000),
    ("h", 60 * 60 * 1000),
    ("m", 60 * 1000),
    ("s", 1000),
    ("ms", 1),
];

/// Reads a duration: `30d`, `12h`, `15m`, `10s`, `250ms`, `2w`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, name) = text.split_at(digits);
    let unit = UNITS.iter().find(|(unit, _)| *unit == name);
    let millis = number.parse::<u64>().ok().zip(unit);
    millis
        .and_then(|(number, (_, unit))| number.checked_mul(*unit))
        .map(Duration::from_millis)
        .ok_or_else(|| "expected a number and a unit: w, d, h, m, s or ms, as in 30d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse;
    use std::time::Duration;

    #[test]
    fn a_duration_is_read_as_it_is_written() {
        for (text, millis) in [
            ("30d", 2_592_000_000),
            ("2w", 1_209_600_000),
            ("12h", 43_200_000),
            ("15m", 900_000),
            ("10s", 10_000),
            ("250ms", 250),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)));
        }
        for wrong in [
            "",
            "30",
            "d",
            "3x",
            "-3d",
            "1.5h",
            "99999999999999999999d",
            "18446744073709551615w",
            "3 d",
        ] {
            let error = parse(wrong).unwrap_err();
            assert!(error.starts_with("expected a number and a unit"), "{wrong}");
        }
    }
}
