//! What rustfmt's configuration says of lines: their indentation and their width.
//!
//! rustfmt leaves the inside of a `saga!` block alone, but for its indentation. Where the two would
//! indent differently, each would undo what the other one did.

use crate::rust::Rustfmt;
use std::io;
use std::process::{Command, Stdio};

/// The settings of rustfmt that a layout follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether tabs indent, as far as they reach.
    pub(crate) hard_tabs: bool,
    /// How far what is inside stands from what it is in, and how wide a tab is.
    pub(crate) tab: usize,
    /// How wide a line may be.
    pub(crate) max_width: usize,
    /// Whether nothing is to be formatted.
    pub(crate) disabled: bool,
}

/// rustfmt's own, without any configuration.
impl Default for Style {
    fn default() -> Self {
        Self {
            hard_tabs: false,
            tab: 4,
            max_width: 100,
            disabled: false,
        }
    }
}

/// Why rustfmt did not help.
#[derive(Debug)]
pub enum Error {
    /// It cannot be started.
    Run(io::Error),
    /// It cannot read its configuration, and said this.
    Settings(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Run(_) => f.write_str("rustfmt cannot be started"),
            Self::Settings(said) => write!(f, "rustfmt cannot read its configuration: {said}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Run(error) => Some(error),
            Self::Settings(_) => None,
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Run(error)
    }
}

impl Style {
    /// That of the files in the folder of `rustfmt`.
    pub(crate) fn read(rustfmt: &Rustfmt) -> Result<Self, Error> {
        // The file need not exist: its folder is what counts.
        let output = Command::new(&rustfmt.program)
            .args(["--print-config", "current", "./lib.rs"])
            .current_dir(&rustfmt.folder)
            .stdin(Stdio::null())
            .output()?;
        if output.status.success() {
            return Ok(Self::parse(&String::from_utf8_lossy(&output.stdout)));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(Error::Settings(said.trim().to_owned()))
    }

    /// What is not in `config` is as rustfmt has it by default.
    fn parse(config: &str) -> Self {
        let mut style = Self::default();
        let settings = config.lines().filter_map(|line| line.split_once('='));
        for (key, value) in settings {
            let value = value.trim();
            match key.trim() {
                "hard_tabs" => style.hard_tabs = value == "true",
                "disable_all_formatting" => style.disabled = value == "true",
                "tab_spaces" => style.tab = value.parse().unwrap_or(style.tab),
                "max_width" => style.max_width = value.parse().unwrap_or(style.max_width),
                _ => {}
            }
        }
        style
    }

    /// The start of a line that is indented by so many columns.
    pub(crate) fn indentation(self, columns: usize) -> String {
        let tabs = match columns.checked_div(self.tab) {
            Some(tabs) if self.hard_tabs => tabs,
            _ => 0,
        };
        "\t".repeat(tabs) + &" ".repeat(columns - tabs * self.tab)
    }

    /// How many columns `text` takes.
    pub(crate) fn width(self, text: &str) -> usize {
        let columns = |sign| if sign == '\t' { self.tab } else { 1 };
        text.chars().map(columns).sum()
    }

    /// How many times it is indented at this column.
    pub(crate) fn depth(self, column: usize) -> usize {
        column.checked_div(self.tab).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Style;

    #[test]
    fn tabs_reach_as_far_as_they_can() {
        let style = Style::parse("hard_tabs = true\ntab_spaces = 3\n");
        assert_eq!(style.indentation(7), "\t\t ");
        assert_eq!(style.width("\t\t ab"), 9);
        assert_eq!(style.depth(7), 2);
        let spaces = Style {
            hard_tabs: false,
            ..style
        };
        assert_eq!(spaces.indentation(7), "       ");
    }

    /// rustfmt accepts a tab of no width.
    #[test]
    fn nothing_is_indented_by_a_tab_of_no_width() {
        let style = Style::parse("hard_tabs = true\ntab_spaces = 0\n");
        assert_eq!((style.indentation(0).as_str(), style.depth(0)), ("", 0));
        assert_eq!(style.width("\ta"), 1);
    }

    #[test]
    fn what_is_not_said_is_as_by_default() {
        assert_eq!(Style::parse("edition = \"2024\"\n"), Style::default());
        assert_eq!(
            Style::parse("max_width = 80\nignore = [\n    \"a=b\",\n]\n"),
            Style {
                max_width: 80,
                ..Style::default()
            }
        );
    }
}
