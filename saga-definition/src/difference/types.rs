//! Whether two types that are written differently may be the same.

use crate::text::Text;

/// Whether the two are the same type, as far as their texts show. White space does not matter, nor
/// how much of a path is written out: `std::primitive::u64` is `u64`, and `crate::hotel::Room` is
/// `Room`.
///
/// If the contents of a type have changed, serde finds out when it reads the record, even if the
/// texts are equal.
pub(super) fn alike(was: &Text, is: &Text) -> bool {
    let (was, is) = (parts(was), parts(is));
    let paths = || was.iter().zip(&is);
    was.len() == is.len() && paths().all(|(was, is)| was.ends_with(is) || is.ends_with(was))
}

/// [`alike`] for types that may be absent.
pub(super) fn both_alike(was: Option<&Text>, is: Option<&Text>) -> bool {
    match (was, is) {
        (Some(was), Some(is)) => alike(was, is),
        (was, is) => was.is_none() && is.is_none(),
    }
}

/// Splits a type into its paths and the signs between them. A path is a list of its segments,
/// without those that do not name a module.
fn parts(ty: &str) -> Vec<Vec<&str>> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let (mut behind_word, mut goes_on) = (false, false);
    let mut rest = ty.trim_start();
    while let Some(first) = rest.chars().next() {
        if let Some(behind) = rest.strip_prefix("::") {
            (goes_on, rest) = (behind_word, behind.trim_start());
            continue;
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if is_word(first) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (part, behind) = rest.split_at(length);
        match parts.last_mut() {
            Some(path) if goes_on && is_word(first) => path.push(part),
            _ => parts.push(vec![part]),
        }
        (behind_word, goes_on) = (is_word(first), false);
        rest = behind.trim_start();
    }
    for path in &mut parts {
        while let ["crate" | "self" | "super", _, ..] = path[..] {
            path.remove(0);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::alike;

    fn same(was: &'static str, is: &'static str) -> bool {
        let alike_both_ways = [
            alike(&was.into(), &is.into()),
            alike(&is.into(), &was.into()),
        ];
        assert_eq!(alike_both_ways[0], alike_both_ways[1], "{was} {is}");
        alike_both_ways[0]
    }

    #[test]
    fn how_a_path_is_written_does_not_matter() {
        for (was, is) in [
            ("u64", "std::primitive::u64"),
            ("u64", ":: std :: primitive :: u64"),
            ("Room", "crate::hotel::Room"),
            ("super::Room", "crate::hotel::Room"),
            (
                "HashMap < String , Vec < u8 > >",
                "std::collections::HashMap<String, Vec<u8>>",
            ),
            ("Option<Room>", "::core::option::Option<crate::Room>"),
            ("Option<Room>", "Option<::hotel::Room>"),
            ("(u8, [Seat; 4])", "(u8,[plane::Seat;4])"),
            ("Box<dyn Any + Send>", "Box<dyn std::any::Any + Send>"),
            ("&'static str", "& 'static str"),
        ] {
            assert!(same(was, is), "{was} {is}");
        }
    }

    #[test]
    fn another_name_is_another_type() {
        for (was, is) in [
            ("u64", "u32"),
            ("Room", "Bedroom"),
            ("hotel::Room", "house::Room"),
            ("Vec<u8>", "Vec<u16>"),
            ("Vec<u8>", "Vec"),
            ("Vec<u8>", "u8"),
            ("(u8,)", "u8"),
            ("[u8; 4]", "[u8; 5]"),
            ("dynAny", "dyn Any"),
            ("", "u8"),
        ] {
            assert!(!same(was, is), "{was} {is}");
        }
    }
}
