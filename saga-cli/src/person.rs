//! The person at the terminal, if there is one.

use crate::failure::Failure;
use std::io::{self, BufRead, IsTerminal, Write};

/// Somebody who can be asked for consent.
pub(crate) trait Person {
    /// Shows the plan, and asks whether to carry it out. `None` if no person is at the terminal.
    fn agrees(&mut self, what: &str) -> Option<bool>;
}

/// The person at the terminal that the process reads from.
pub(crate) struct AtTerminal {
    /// Whether the output is JSON: then what would be done is shown on stderr.
    pub(crate) json: bool,
}

impl Person for AtTerminal {
    fn agrees(&mut self, what: &str) -> Option<bool> {
        if !io::stdin().is_terminal() {
            return None;
        }
        let shown = if self.json {
            anstream::stderr().write_all(what.as_bytes())
        } else {
            anstream::stdout().write_all(what.as_bytes())
        };
        let mut to = io::stderr();
        let asked = shown.and_then(|()| to.write_all(b"\nproceed? [y/N] "));
        asked.and_then(|()| to.flush()).ok()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer).ok()?;
        Some(is_yes(&answer))
    }
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Asks for consent, unless it was given with `--yes`.
///
/// # Errors
/// If the person declines, or nobody is there.
pub(crate) fn ask(person: &mut dyn Person, yes: bool, what: &str) -> Result<Agreed, Failure> {
    if yes {
        return Ok(Agreed::Before);
    }
    match person.agrees(what) {
        Some(true) => Ok(Agreed::Now),
        Some(false) => Err(Failure::Refused("nothing was done".to_owned())),
        None => {
            let text = "there is no terminal to confirm at: check with --dry-run, then pass --yes";
            Err(Failure::Usage(text.to_owned()))
        }
    }
}

/// When the person agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agreed {
    /// Beforehand, by `--yes`, without having seen what would be done.
    Before,
    /// Just now, having seen what would be done.
    Now,
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_yes_is_yes() {
        assert!(is_yes("y\n") && is_yes("Yes\r\n"));
        for no in ["", "\n", "n\n", "no", "yess", "ye", "j"] {
            assert!(!is_yes(no), "{no}");
        }
    }
}
