//! Texts: their widths, cutting them to a width, and durations.

use std::time::Duration;

/// The widths of the characters from the space to the tilde, in thousandths of the font size. They
/// are those of a wide font, `DejaVu Sans`: other fonts rarely need more.
const SANS: [u16; 95] = [
    317, 400, 459, 837, 636, 950, 779, 274, 390, 390, 500, 837, 317, 360, 317, 336, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 336, 336, 837, 837, 837, 530, 1000, 684, 686, 698, 770, 631,
    575, 774, 751, 294, 294, 655, 557, 862, 748, 787, 603, 787, 694, 634, 610, 731, 684, 988, 685,
    610, 685, 390, 336, 390, 837, 500, 500, 612, 634, 549, 634, 615, 352, 634, 633, 277, 277, 579,
    277, 974, 633, 611, 634, 634, 411, 520, 392, 633, 591, 817, 591, 591, 524, 636, 336, 636, 837,
];

/// The width of any character in the fonts for code.
const MONO: u16 = 612;

/// The font of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    /// Words.
    Sans,
    /// Code.
    Mono,
}

impl Font {
    /// The width of a text at a font size, both in pixels; too large rather than too small.
    pub(super) fn width(self, text: &str, size: i32) -> i32 {
        let width = text
            .chars()
            .map(|char| i64::from(self.advance(char)))
            .sum::<i64>();
        i32::try_from((width * i64::from(size) + 999) / 1000).unwrap_or(i32::MAX / 8)
    }

    fn advance(self, char: char) -> u16 {
        let index = u32::from(char).checked_sub(u32::from(' '));
        let narrow = index.and_then(|index| SANS.get(usize::try_from(index).ok()?));
        match (self, narrow) {
            (Self::Sans, Some(width)) => *width,
            (Self::Mono, Some(_)) => MONO,
            // Scripts whose characters are as wide as high begin with Hangul.
            (_, None) if u32::from(char) >= 0x1100 && !is_punctuation(char) => 1250,
            (Self::Mono, None) => MONO + 100,
            (Self::Sans, None) => 1000,
        }
    }

    /// As much of the text as fits, with an ellipsis if something is missing.
    pub(super) fn fitted(self, text: &str, size: i32, limit: i32) -> String {
        if self.width(text, size) <= limit {
            return text.to_owned();
        }
        let mut kept = text.to_owned();
        while kept.pop().is_some() {
            let shown = format!("{}…", kept.trim_end());
            if self.width(&shown, size) <= limit {
                return shown;
            }
        }
        "…".to_owned()
    }
}

/// Dashes, quotes, the ellipsis, arrows.
fn is_punctuation(char: char) -> bool {
    ('\u{2000}'..='\u{22ff}').contains(&char)
}

/// Removes characters that are invisible or would end a line.
pub(super) fn plain(text: &str) -> String {
    let words = text.split(|char: char| char.is_control() || char.is_whitespace());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    // XML allows neither of these two, not even escaped.
    words
        .join(" ")
        .replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// Escapes text for XML and HTML, both for texts and for attributes.
pub(super) fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in plain(text).chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            char => escaped.push(char),
        }
    }
    escaped
}

/// A duration as the language writes it: `100ms`, `1.5s`, `2m`, `1h`, `7d`; minutes, hours, and
/// days only if nothing is left over.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    match nanos {
        0 => "0s".to_owned(),
        _ if nanos % (24 * 3600 * SECOND) == 0 => format!("{}d", nanos / (24 * 3600 * SECOND)),
        _ if nanos % (3600 * SECOND) == 0 => format!("{}h", nanos / (3600 * SECOND)),
        _ if nanos % (60 * SECOND) == 0 => format!("{}m", nanos / (60 * SECOND)),
        SECOND.. => decimal(nanos, SECOND, "s"),
        1_000_000.. => decimal(nanos, 1_000_000, "ms"),
        _ => decimal(nanos, 1_000, "us"),
    }
}

const SECOND: u128 = 1_000_000_000;

/// `nanos` as a decimal number of a unit, which is `unit` nanoseconds, a power of ten.
fn decimal(nanos: u128, unit: u128, name: &str) -> String {
    let places = unit.ilog10() as usize;
    let fraction = format!("{:0places$}", nanos % unit);
    match fraction.trim_end_matches('0') {
        "" => format!("{}{name}", nanos / unit),
        fraction => format!("{}.{fraction}{name}", nanos / unit),
    }
}

#[cfg(test)]
mod tests {
    use super::{Font, duration, plain, xml};
    use std::time::Duration;

    #[test]
    fn durations_are_written_as_in_the_language() {
        let nanos = [
            0,
            1_000,
            1_500_000,
            100_000_000,
            1_500_000_000,
            2_000_000_000,
            90_000_000_000,
            120_000_000_000,
            3_600_000_000_000,
            604_800_000_000_000,
        ];
        let written = nanos.map(|nanos| duration(Duration::from_nanos(nanos)));
        assert_eq!(
            written,
            [
                "0s", "1us", "1.5ms", "100ms", "1.5s", "2s", "90s", "2m", "1h", "7d"
            ]
        );
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let cut = Font::Mono.fitted("HashMap<String, Vec<Booking>>", 10, 80);
        assert_eq!(cut, "HashMap<Str…");
        assert!(Font::Mono.width(&cut, 10) <= 80);
        assert_eq!(Font::Sans.fitted("ab", 10, 1), "…");
    }

    #[test]
    fn texts_are_one_line_of_xml() {
        assert_eq!(xml("a<b>&\"c'"), "a&lt;b&gt;&amp;&quot;c&#39;");
        assert_eq!(plain(" a\n\n\tb\u{0} "), "a b");
    }

    #[test]
    fn no_character_has_no_width() {
        for char in ['i', 'W', 'é', '…', '日', '\u{1f600}'] {
            for font in [Font::Sans, Font::Mono] {
                assert!(font.width(&char.to_string(), 10) > 1, "{char}");
            }
        }
    }
}
