//! Texts that a user may have, and that break what is careless with them.

use std::fmt::Write as _;

/// The maximum length of a name or an id.
pub(super) const LONG: usize = 1024;

/// A random text: no store can make it shorter.
pub(super) fn noise(size: usize) -> String {
    let mut state = 1_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'!' + u8::try_from((state >> 24) % 90).unwrap_or_default())
    };
    (0..size).map(|_| noise()).collect()
}

/// Characters of all of Unicode, without NUL: one of so many.
fn unicode(step: usize) -> impl Iterator<Item = char> {
    let all = (1..=u32::from(char::MAX)).step_by(step);
    all.filter_map(char::from_u32)
}

/// Ids of the characters of all of Unicode, each as long as it may be.
pub(super) fn ids() -> Vec<String> {
    let mut ids = vec![String::new()];
    for char in unicode(97) {
        let last = ids
            .last_mut()
            .filter(|id| id.len() + char.len_utf8() <= LONG);
        match last {
            Some(id) => id.push(char),
            None => ids.push(char.into()),
        }
    }
    ids
}

/// A text as JSON.
pub(super) fn json(text: &str) -> String {
    let mut json = "\"".to_owned();
    for char in text.chars() {
        match char {
            '"' | '\\' => json.extend(['\\', char]),
            '\0'..='\x1f' => {
                // Writing to a string cannot fail.
                let _ = write!(json, "\\u{:04x}", u32::from(char));
            }
            _ => json.push(char),
        }
    }
    json + "\""
}

/// No two of them are equal.
pub(super) fn texts() -> Vec<String> {
    let noise = noise(1 << 20);
    let unicode: String = unicode(3).collect();
    let short = [
        "",
        " ",
        "..",
        "../../etc/passwd",
        "'; DROP TABLE saga; --",
        "\"quoted\" \\ %_*?[a]",
        "{\"key\":[1,null]}",
        "\0",
        "\0\0",
        "a",
        "a\0",
        "a\0b",
        "\u{feff}e\u{301} é \u{202e} 東京 🏨",
    ];
    let mut texts: Vec<_> = short.map(str::to_owned).into();
    for size in [1 << 10, 4 << 10, noise.len()] {
        texts.extend(["x".repeat(size), noise[..size].to_owned()]);
        texts.push(noise[..size - 1].to_owned() + "\0");
    }
    texts.push(unicode);
    texts
}
