//! What can be seen of one run.

use std::fmt;

/// One thing that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is about: the path of a step, or what else things follow one another in.
    pub of: String,
    /// All of it.
    pub text: String,
}

impl Line {
    pub(crate) fn new(of: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            of: of.into(),
            text: text.into(),
        }
    }
}

/// All that was seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// What the vendors were asked, when, and under which keys.
    pub calls: Vec<Line>,
    /// What observers were told.
    pub events: Vec<Line>,
    /// What was recorded: commits, each with its records, and with what changes outside of the
    /// journal.
    pub journal: Vec<Line>,
    /// How it ended, with all that is reported.
    pub end: Vec<Line>,
}

impl Seen {
    /// Its parts, by name.
    pub(crate) fn parts(&self) -> [(&'static str, &[Line]); 4] {
        [
            ("calls", &self.calls),
            ("events", &self.events),
            ("journal", &self.journal),
            ("end", &self.end),
        ]
    }

    /// How many lines it is.
    pub(crate) fn lines(&self) -> usize {
        self.parts().iter().map(|(_, lines)| lines.len()).sum()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, lines) in self.parts() {
            writeln!(f, "--- {name}")?;
            for line in lines {
                writeln!(f, "{}: {}", line.of, line.text)?;
            }
        }
        Ok(())
    }
}
