//! Names as keys and journals have them. Rustc and other tools write `_name` in place of `name` for
//! what nothing reads, so a leading `_` is not part of a recorded name.

use std::borrow::Cow;

use crate::definition::Definition;

impl Definition {
    /// The index of the step with this recorded name, with or without a leading `_`. In the
    /// definition of an item, both steps have the name of the loop; the last one has the code.
    #[must_use]
    pub fn step_named(&self, name: &str) -> Option<u16> {
        let place = |name: &str| self.steps.iter().rposition(|step| step.name == name);
        let found = place(name).or_else(|| place(bare(name)));
        found.and_then(|place| u16::try_from(place).ok())
    }
}

/// The name without a `_` before its first letter.
#[must_use]
pub fn bare(name: &str) -> &str {
    match name.strip_prefix('_') {
        Some(rest) if rest.starts_with(char::is_alphabetic) => rest,
        _ => name,
    }
}

/// The path of a step, such as `packed[3]/label`, with each name [`bare`].
#[must_use]
pub fn bare_path(path: &str) -> Cow<'_, str> {
    if path.split('/').all(|name| bare(name) == name) {
        return Cow::Borrowed(path);
    }
    let names: Vec<_> = path.split('/').map(bare).collect();
    Cow::Owned(names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{bare, bare_path};

    #[test]
    fn a_leading_underscore_is_no_part_of_a_name() {
        for (name, recorded) in [
            ("room", "room"),
            ("_room", "room"),
            ("_Room", "Room"),
            ("_zimmer_für_zwei_", "zimmer_für_zwei_"),
            ("_ß", "ß"),
            // What remains would be no name, or one of generated code.
            ("_", "_"),
            ("__room", "__room"),
            ("_1", "_1"),
            ("", ""),
            ("-_room", "-_room"),
        ] {
            assert_eq!(bare(name), recorded);
        }
    }

    #[test]
    fn so_it_is_in_a_path() {
        for (path, recorded) in [
            ("wrapped/paper", "wrapped/paper"),
            ("_wrapped/paper", "wrapped/paper"),
            ("_packed[3]/_label", "packed[3]/label"),
            ("", ""),
        ] {
            assert_eq!(bare_path(path), recorded);
        }
    }
}
