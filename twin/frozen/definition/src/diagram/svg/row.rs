//! Lines of text, and how they are broken.

use super::{canvas::Canvas, look::Look};
use crate::diagram::{text::plain, tone::Tone};

/// The sign before a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Doubt,
    Undo,
    Wait,
    Told,
    At(Tone),
}

/// A line of a card.
pub(super) struct Row {
    pub(super) look: Look,
    pub(super) text: String,
    /// Only the first of several lines that belong together has one.
    pub(super) mark: Option<Mark>,
    /// The distance from the card's left edge.
    pub(super) indent: i32,
    /// The words at the card's right edge.
    pub(super) tag: &'static str,
}

/// The distance from one baseline to the next.
pub(super) const LINE: i32 = 17;
/// The minimum distance from a text to the words at the right edge.
const TAG_GAP: i32 = 14;
/// The width of a mark.
const MARK: i32 = 17;

impl Row {
    pub(super) fn new(look: Look, text: String) -> Self {
        Self {
            look,
            text,
            mark: None,
            indent: 0,
            tag: "",
        }
    }

    pub(super) fn width(&self) -> i32 {
        let tag = if self.tag.is_empty() {
            0
        } else {
            TAG_GAP + Look::Words.width(self.tag)
        };
        self.indent + self.look.width(&self.text) + tag
    }

    /// Draws the row in a line that begins at `x` and ends at `right`.
    pub(super) fn draw(&self, canvas: &mut Canvas, x: i32, right: i32, baseline: i32) {
        match self.mark {
            None => {}
            Some(Mark::Wait) => canvas.hourglass(x + 1, baseline - 10),
            Some(Mark::Told) => canvas.envelope(x, baseline - 9),
            Some(Mark::Undo) => canvas.undo_icon(x, baseline - 10),
            Some(Mark::At(tone)) => {
                canvas.dot(Look::At(tone).class(), x + 5, baseline - 4, 5);
            }
            Some(Mark::Doubt) => {
                canvas.dot("saga-doubt-dot", x + 5, baseline - 4, 6);
                canvas.text(x + 5, baseline - 1, Look::Mark, "?");
            }
        }
        canvas.text(x + self.indent, baseline, self.look, &self.text);
        if !self.tag.is_empty() {
            canvas.text(
                right - Look::Words.width(self.tag),
                baseline,
                Look::Words,
                self.tag,
            );
        }
    }
}

/// Arranges parts in lines that are at most `limit` wide, with a mark before the first.
pub(super) fn rows(look: Look, mark: Option<Mark>, parts: &[String], limit: i32) -> Vec<Row> {
    let indent = if mark.is_some() { MARK } else { 0 };
    let lines = wrapped(look, parts, limit - indent);
    let rows = lines.into_iter().enumerate().map(|(index, text)| Row {
        mark: mark.filter(|_| index == 0),
        indent,
        ..Row::new(look, text)
    });
    rows.collect()
}

/// Breaks lines between parts if that is enough, otherwise between words; otherwise cuts a word.
fn wrapped(look: Look, parts: &[String], limit: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let joined = lines.last().map(|line| format!("{line} · {part}"));
        if let (Some(joined), Some(line)) = (
            joined.filter(|joined| look.width(joined) <= limit),
            lines.last_mut(),
        ) {
            *line = joined;
            continue;
        }
        lines.push(String::new());
        for word in plain(part).split(' ') {
            let line = lines.last().map_or("", String::as_str);
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if look.width(&longer) <= limit {
                lines.pop();
                lines.push(longer);
            } else if line.is_empty() {
                lines.pop();
                lines.push(look.fitted(word, limit));
            } else {
                lines.push(look.fitted(word, limit));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Look, wrapped};

    fn lines(parts: &[&str], limit: i32) -> Vec<String> {
        let parts: Vec<_> = parts.iter().map(|&part| part.to_owned()).collect();
        wrapped(Look::Words, &parts, limit)
    }

    #[test]
    fn lines_break_between_parts_first() {
        assert_eq!(
            lines(&["timeout 1s", "3 attempts"], 200),
            ["timeout 1s · 3 attempts"]
        );
        assert_eq!(
            lines(&["timeout 1s", "3 attempts"], 70),
            ["timeout 1s", "3 attempts"]
        );
        assert_eq!(
            lines(&["3 attempts, 10ms..2s"], 70),
            ["3 attempts,", "10ms..2s"]
        );
    }

    #[test]
    fn no_line_is_too_wide() {
        for line in lines(&["after averyveryverylongname, b", "c"], 60) {
            assert!(Look::Words.width(&line) <= 60, "{line}");
        }
    }
}
