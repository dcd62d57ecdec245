//! Colours: calm where all is well, loud where an operator is needed.

use anstyle::{AnsiColor, Style};
use saga_engine::State;

/// Names of columns and of sections.
pub(crate) const HEAD: Style = Style::new().dimmed();
/// What a line is about.
pub(crate) const NAME: Style = Style::new().bold();
/// What is less important.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What went well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is under way.
pub(crate) const MOVES: Style = AnsiColor::Cyan.on_default();
/// What failed, and was dealt with.
pub(crate) const UNDONE: Style = AnsiColor::Yellow.on_default();
/// What an operator must deal with.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// What is not known.
pub(crate) const UNKNOWN: Style = AnsiColor::Magenta.on_default().bold();

/// The style of a saga's state.
pub(crate) fn of(state: State) -> Style {
    match state {
        State::Running => MOVES,
        State::Waiting => AnsiColor::Blue.on_default(),
        State::Completed => GOOD,
        State::Compensated => UNDONE,
        State::Parked => BAD,
        State::Abandoned => FAINT,
        State::Damaged => UNKNOWN,
    }
}
