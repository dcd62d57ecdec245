//! The versions that show a difference, as a note lists them.

use typed_saga_definition::Released;

/// A version that shows a difference.
pub(super) struct Shown<'a> {
    date: &'a str,
    fingerprint: u64,
    /// What the version had.
    had: String,
}

impl<'a> Shown<'a> {
    /// Versions that had the same thing.
    pub(super) fn all(versions: &[&'a Released], had: &str) -> Vec<Self> {
        let shown = versions.iter().map(|version| Self {
            date: &version.date,
            fingerprint: version.fingerprint,
            had: had.to_owned(),
        });
        shown.collect()
    }

    fn name(&self) -> String {
        let digits = format!("{:016x}", self.fingerprint);
        format!("{} ({}…)", self.date, &digits[..4])
    }
}

/// The number of versions that are listed for one thing that they had.
const NAMED: usize = 3;

/// The note that lists which versions had what.
pub(super) fn note(versions: &[Shown<'_>]) -> String {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for version in versions {
        match groups.iter_mut().find(|(had, _)| *had == version.had) {
            Some((_, names)) => names.push(version.name()),
            None => groups.push((&version.had, vec![version.name()])),
        }
    }
    let lines = groups.into_iter().map(|(had, mut names)| {
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let more = if more > 0 {
            format!(", and {more} more")
        } else {
            String::new()
        };
        format!("released {}{more}: {had}", names.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n      ")
}
