//! "Did you mean": the known name that is closest to a mistyped one, or says the same as another
//! word.

use strsim::osa_distance;

/// Words for what this language says with another word.
const SYNONYMS: [(&str, &str); 8] = [
    ("retries", "retry"),
    ("retryable", "retry"),
    ("attempts", "retry"),
    ("undo", "compensate"),
    ("rollback", "compensate"),
    ("revert", "compensate"),
    ("check", "resolve"),
    ("lookup", "resolve"),
];

/// The word of the language, among the candidates, that the author of `word` may mean. It is a
/// guess for a help text: nothing is compiled by it.
pub(crate) fn meant<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    synonym(word, &candidates).or_else(|| similar(word, candidates))
}

fn synonym<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let (_, own) = SYNONYMS.iter().find(|(other, _)| *other == word)?;
    let mut known = candidates.iter().copied();
    known.find(|candidate| candidate == own)
}

/// [`meant`] where `word` may also be one of another library: a short word is not taken for one of
/// the candidates, and a long one differs in two letters at most.
pub(crate) fn mistyped<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let is_near = |candidate: &&str| {
        let limit = match candidate.len() {
            0..=4 => 0,
            5..=7 => 1,
            _ => 2,
        };
        osa_distance(word, candidate) <= limit
    };
    synonym(word, &candidates).or_else(|| candidates.iter().copied().find(is_near))
}

/// The candidate with the least edit distance to `name`, if a typing mistake explains the
/// difference.
pub(crate) fn similar<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let limit = match name.chars().count() {
        0..=1 => return None,
        2..=3 => 1,
        4..=8 => 2,
        _ => 3,
    };
    candidates
        .into_iter()
        .map(|candidate| (osa_distance(name, candidate), candidate))
        .filter(|&(distance, _)| distance <= limit)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::{meant, mistyped, similar};
    use strsim::osa_distance;

    #[test]
    fn counts_edits() {
        assert_eq!(osa_distance("hotel", "hotel"), 0);
        assert_eq!(osa_distance("hotl", "hotel"), 1);
        assert_eq!(osa_distance("hoetl", "hotel"), 1);
        assert_eq!(osa_distance("", "abc"), 3);
        assert_eq!(osa_distance("kitten", "sitting"), 3);
    }

    #[test]
    fn suggests_only_what_is_near() {
        let known = ["hotel", "hotels", "billing", "car"];
        assert_eq!(similar("hotl", known), Some("hotel"));
        assert_eq!(similar("biling", known), Some("billing"));
        assert_eq!(similar("cat", known), Some("car"));
        assert_eq!(similar("x", known), None);
        assert_eq!(similar("payment", known), None);
    }

    #[test]
    fn a_synonym_comes_before_what_is_near() {
        let known = ["retired", "retry", "fallback", "compensate"];
        assert_eq!(similar("retries", known), Some("retired"));
        assert_eq!(meant("retries", known), Some("retry"));
        assert_eq!(meant("rollback", known), Some("compensate"));
        assert_eq!(meant("fallbak", known), Some("fallback"));
        assert_eq!(meant("lookup", known), None);
        assert_eq!(meant("rollback", ["fallback"]), Some("fallback"));
    }
    #[test]
    fn a_word_of_another_library_is_not_mistyped() {
        let known = ["late", "name", "retry", "timeout", "classify", "idempotent"];
        for (word, own) in [
            ("clasify", "classify"),
            ("clasiffy", "classify"),
            ("timeuot", "timeout"),
            ("retri", "retry"),
            ("idempotant", "idempotent"),
            ("attempts", "retry"),
        ] {
            assert_eq!(mistyped(word, known), Some(own), "{word}");
        }
        for word in [
            "date", "rename", "repr", "entry", "derive", "serde", "must_use",
        ] {
            assert_eq!(mistyped(word, known), None, "{word}");
        }
    }
}
