//! "Did you mean": the known name that is closest to a mistyped one.

use strsim::osa_distance;

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
    use super::similar;
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
}
