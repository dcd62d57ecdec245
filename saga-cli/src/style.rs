//! Colours: calm where all is well, loud where an operator is needed.

use anstyle::{AnsiColor, Style};
use typed_saga_engine::{
    State,
    look::{Tone, tone_of},
};

/// Names of columns and of sections.
pub(crate) const HEAD: Style = Style::new().dimmed();
/// The subject of a line.
pub(crate) const NAME: Style = Style::new().bold();
/// Details.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// A success.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// A failure that was dealt with.
pub(crate) const UNDONE: Style = AnsiColor::Yellow.on_default();
/// A failure that an operator must deal with.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// An unknown outcome.
pub(crate) const UNKNOWN: Style = AnsiColor::Magenta.on_default().bold();

/// The style of a saga's state.
pub(crate) fn of(state: State) -> Style {
    toned(tone_of(state))
}

/// The style of what is to be taken so.
pub(crate) fn toned(tone: Tone) -> Style {
    match tone {
        Tone::Plain => Style::new(),
        Tone::Said => NAME,
        Tone::Faint => FAINT,
        Tone::Good => GOOD,
        Tone::Moves => AnsiColor::Cyan.on_default(),
        Tone::Waits => AnsiColor::Blue.on_default(),
        Tone::Undone => UNDONE,
        Tone::Bad => BAD,
        Tone::Unknown => UNKNOWN,
    }
}
