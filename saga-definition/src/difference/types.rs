//! Whether two types that are written differently may be the same.

use crate::text::Text;

/// Whether the two are the same type, as far as their texts show. White space does not matter, nor do
/// parentheses that mean nothing, nor the path of a type of the standard library: `std::primitive::u64` is `u64`, and
/// `core::primitive::u64`. Any other path may name another type.
///
/// If the contents of a type have changed, serde finds out when it reads the record, even if the
/// texts are equal.
pub(super) fn alike(was: &Text, is: &Text) -> bool {
    let (was, is) = (parts(was), parts(is));
    let paths = || was.iter().zip(&is);
    was.len() == is.len() && paths().all(|(was, is)| is_same(was, is) || is_same(is, was))
}

/// Whether two paths are equal, or the second one is the name of what the first one names in the
/// standard library, or its path there in another crate.
fn is_same(one: &[&str], other: &[&str]) -> bool {
    let in_std = |path: &[&str]| matches!(path, ["std" | "core" | "alloc", _, ..]);
    let named = || matches!(one, [.., name] if other == [*name]);
    one == other || in_std(one) && (named() || in_std(other) && one[1..] == other[1..])
}

/// Splits a type into its paths and the signs between them. A path is a list of its segments, without
/// the module that it is in itself.
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
        if let ["self", _, ..] = path[..] {
            path.remove(0);
        }
    }
    without_parentheses(parts)
}

/// Leaves out the parentheses around one type, unless they are those of a function, of a tuple, or of
/// bounds.
fn without_parentheses(mut parts: Vec<Vec<&str>>) -> Vec<Vec<&str>> {
    let is = |part: &[&str], sign: &str| part == [sign];
    let mut open = 0;
    while let Some(found) = parts[open..].iter().position(|part| is(part, "(")) {
        open += found;
        let before = open.checked_sub(1).map(|before| &parts[before][..]);
        let follows_name = before.is_some_and(|part| {
            let first = part[0].chars().next();
            first.is_some_and(|first| first.is_alphanumeric() || first == '_')
        });
        let (mut depth, mut meant, mut last) = (0_u32, follows_name, "");
        let close = parts[open..].iter().position(|part| {
            let sign = if part.len() == 1 { part[0] } else { "" };
            match sign {
                "(" | "[" | "<" => depth += 1,
                // That of `->` closes nothing.
                ">" if last == "-" => {}
                ")" | "]" | ">" => depth = depth.saturating_sub(1),
                "," | "+" => meant |= depth == 1,
                _ => {}
            }
            last = sign;
            depth == 0
        });
        match close {
            Some(length) if !meant && length > 1 => {
                parts.remove(open + length);
                parts.remove(open);
            }
            _ => open += 1,
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
            ("Room", "self::Room"),
            (
                "HashMap < String , Vec < u8 > >",
                "std::collections::HashMap<String, Vec<u8>>",
            ),
            ("Option<Room>", "::core::option::Option<Room>"),
            ("std::num::NonZeroU8", "core::num::NonZeroU8"),
            ("hotel::Room", ":: hotel::Room"),
            ("Box<dyn Any + Send>", "Box<dyn std::any::Any + Send>"),
            ("&'static str", "& 'static str"),
            ("(u64)", "u64"),
            ("Vec<((u8))>", "Vec<u8>"),
            ("Option<(Vec<(u8, u16)>)>", "Option<Vec<(u8, u16)>>"),
            ("(Fn(u8) -> (u8))", "Fn(u8) -> u8"),
        ] {
            assert!(same(was, is), "{was} {is}");
        }
    }

    #[test]
    fn another_name_is_another_type() {
        for (was, is) in [
            ("u64", "u32"),
            ("(u8,)", "u8"),
            ("()", "u8"),
            ("Fn(u8)", "Fn u8"),
            ("&(Any + Send)", "&Any + Send"),
            ("Room", "Bedroom"),
            ("hotel::Room", "house::Room"),
            ("Room", "other::Room"),
            ("Room", "crate::hotel::Room"),
            ("super::Room", "crate::Room"),
            ("Option<Room>", "Option<::hotel::Room>"),
            ("(u8, [Seat; 4])", "(u8,[plane::Seat;4])"),
            ("io::Error", "std::io::Error"),
            ("std::fmt::Error", "core::error::Error"),
            ("std::num::NonZeroU8", "other::num::NonZeroU8"),
            ("typed_saga::Key", "Key"),
            ("u32", "Cents"),
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
