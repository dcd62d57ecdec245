//! Texts of errors, which the code of others writes, and which may be as long as a whole response.

use std::borrow::Cow;

/// The most bytes of such a text.
const LIMIT: usize = 16 << 10;
/// What a longer one has then. The rest is for words that surround it: with these it is not shortened
/// again, and so the marker says how long the text was.
const LEFT: usize = 15 << 10;

/// The text of an error, as it is recorded and reported: of one that is longer than 16 KiB, the
/// beginning, with a marker that says how long it was. It may be shortened again, and then stays as
/// it is.
#[must_use]
pub fn shortened<'a>(text: impl Into<Cow<'a, str>>) -> Cow<'a, str> {
    let text = text.into();
    if text.len() <= LIMIT {
        return text;
    }
    let marker = format!("… ({} bytes in all)", text.len());
    let mut end = LEFT - marker.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut text = text.into_owned();
    text.truncate(end);
    text.push_str(&marker);
    text.shrink_to_fit();
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::{LEFT, LIMIT, shortened};

    #[test]
    fn a_long_text_ends_with_its_length() {
        for (one, many) in [
            ("x", LIMIT + 1),
            ("é", LIMIT),
            ("🏨", LIMIT),
            ("\0", 60_000),
        ] {
            let text = one.repeat(many);
            let marker = format!("… ({} bytes in all)", text.len());
            let short = shortened(text.as_str());
            let begins = short.strip_suffix(&*marker).unwrap();
            assert!(text.starts_with(begins), "{one}");
            assert!((LEFT - 4..=LEFT).contains(&short.len()), "{one}");
            let said = format!("its output panicked: {short}");
            assert_eq!(shortened(said.as_str()), said, "{one}");
        }
        let whole = "x".repeat(LIMIT);
        assert_eq!(shortened(whole.as_str()), whole);
    }
}
