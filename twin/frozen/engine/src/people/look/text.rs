//! Texts of unknown origin, made safe to show.

use serde_json::value::{RawValue, to_raw_value};
use std::time::Duration;

/// A text on one line, with control characters escaped, because its origin is unknown.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => plain.push(' '),
            // The last two ranges change the writing direction of the characters after them.
            c if c.is_control()
                || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') =>
            {
                plain.extend(c.escape_default());
            }
            c => plain.push(c),
        }
    }
    plain
}

/// At most `width` characters; the last one is `…` if some are missing.
#[must_use]
pub fn short(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// JSON as it was recorded; as a string if it is not JSON, as in a damaged journal.
///
/// # Panics
/// Never: a text can be written as a JSON string.
#[must_use]
pub fn verbatim(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned())
        .or_else(|_| to_raw_value(text))
        .expect("a text can be written as a JSON string")
}

/// A duration in its largest unit of days, hours, minutes or seconds, rounded down: `3m`.
#[must_use]
pub fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    let units = [("d", 24 * 60 * 60), ("h", 60 * 60), ("m", 60)];
    let unit = units.into_iter().find(|(_, unit)| seconds >= *unit);
    let (name, unit) = unit.unwrap_or(("s", 1));
    format!("{}{name}", seconds / unit)
}

#[cfg(test)]
mod tests {
    use super::{age, plain, short};
    use std::time::Duration;

    #[test]
    fn nothing_that_is_shown_controls_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{7}"), "a\\u{1b}[31mb c\\u{7}");
        assert_eq!(plain("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("ab cd", 4), "ab…");
    }

    #[test]
    fn an_age_has_one_unit() {
        for (millis, text) in [
            (0, "0s"),
            (999, "0s"),
            (59_999, "59s"),
            (60_000, "1m"),
            (3_600_000 * 23, "23h"),
            (86_400_000 * 40, "40d"),
        ] {
            assert_eq!(age(Duration::from_millis(millis)), text);
        }
    }
}
