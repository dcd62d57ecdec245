//! The appearance of texts.

use crate::diagram::{
    text::{Font, plain},
    tone::Tone,
};

/// The appearance of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Name,
    PivotName,
    Code,
    Words,
    Doubt,
    Turn,
    Undo,
    Pivot,
    Mark,
    /// The state of a step.
    At(Tone),
}

impl Look {
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Name => "saga-name",
            Self::PivotName => "saga-name-pivot",
            Self::Code => "saga-code",
            Self::Words => "",
            Self::Doubt => "saga-doubt",
            Self::Turn => "saga-turn",
            Self::Undo => "saga-back",
            Self::Pivot => "saga-pivot",
            Self::Mark => "saga-mark",
            Self::At(tone) => match tone {
                Tone::Plain | Tone::Said => "saga-at-plain",
                Tone::Faint => "saga-at-faint",
                Tone::Good => "saga-at-good",
                Tone::Moves => "saga-at-moves",
                Tone::Waits => "saga-at-waits",
                Tone::Undone => "saga-at-undone",
                Tone::Bad => "saga-at-bad",
                Tone::Unknown => "saga-at-unknown",
            },
        }
    }

    fn font(self) -> Font {
        match self {
            Self::Name | Self::PivotName | Self::Code => Font::Mono,
            _ => Font::Sans,
        }
    }

    fn size(self) -> i32 {
        match self {
            Self::Name | Self::PivotName => 14,
            // 12 in bold is about as wide as 13.
            Self::Pivot | Self::At(_) => 13,
            _ => 12,
        }
    }

    pub(super) fn width(self, text: &str) -> i32 {
        self.font().width(&plain(text), self.size())
    }

    pub(super) fn fitted(self, text: &str, limit: i32) -> String {
        self.font().fitted(&plain(text), self.size(), limit)
    }
}
