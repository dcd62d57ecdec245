//! Text that is to be looked at: tables, and words without surprises.

use anstyle::Style;

/// What is at least shown of a text that is cut off.
const SHORTEST: usize = 20;

/// A text in one line, in which nothing controls the terminal: it may come from anywhere.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => plain.push(' '),
            c if c.is_control() => plain.extend(c.escape_default()),
            c => plain.push(c),
        }
    }
    plain
}

/// At most so many characters, the last one `…` if some are missing.
pub(crate) fn short(text: &str, width: usize) -> String {
    if text.chars().nth(width).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// In this style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    if style.is_plain() || text.is_empty() {
        return text.to_owned();
    }
    format!("{style}{text}{style:#}")
}

/// What a table has in one place.
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl Cell {
    pub(crate) fn new(style: Style, text: &str) -> Self {
        let text = plain(text);
        Self { text, style }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::new(Style::new(), text.as_ref())
    }
}

/// Rows under a head, if its columns have names, each column as wide as it must be.
pub(crate) struct Table<const N: usize> {
    head: [&'static str; N],
    rows: Vec<[Cell; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(head: [&'static str; N]) -> Self {
        let rows = Vec::new();
        Self { head, rows }
    }

    pub(crate) fn row(&mut self, row: [Cell; N]) {
        self.rows.push(row);
    }

    /// In lines that begin with `indent` and, if there is a `width`, are no longer than that: the last column is cut off.
    pub(crate) fn show(&self, indent: &str, width: Option<usize>) -> String {
        let widths: [usize; N] = std::array::from_fn(|column| {
            let cells = self.rows.iter().map(|row| row[column].text.chars().count());
            cells.max().unwrap_or(0).max(self.head[column].len())
        });
        let before: usize = widths[..N - 1].iter().map(|width| width + 2).sum();
        let rest = width.map(|width| {
            let taken = indent.len() + before;
            width.saturating_sub(taken).max(SHORTEST)
        });
        let head = self.head.map(|name| Cell::new(crate::style::HEAD, name));
        let named = self.head.iter().any(|name| !name.is_empty());
        let rows = named.then_some(&head).into_iter().chain(&self.rows);
        rows.map(|row| line(indent, row, &widths, rest)).collect()
    }
}

fn line<const N: usize>(
    indent: &str,
    row: &[Cell; N],
    widths: &[usize; N],
    rest: Option<usize>,
) -> String {
    let mut line = indent.to_owned();
    let mut gap = 0;
    for (place, (cell, width)) in row.iter().zip(widths).enumerate() {
        let text = match rest.filter(|_| place + 1 == N) {
            Some(rest) => short(&cell.text, rest),
            None => cell.text.clone(),
        };
        if !text.is_empty() {
            line.extend(std::iter::repeat_n(' ', gap));
            gap = 0;
            line += &styled(cell.style, &text);
        }
        gap += width + 2 - text.chars().count().min(*width);
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::{Table, plain, short};
    use anstream::adapter::strip_str;

    fn table() -> Table<3> {
        let mut table = Table::new(["id", "n", "why"]);
        table.row([
            "trip-1".into(),
            "7".into(),
            "it waits for the moon to rise".into(),
        ]);
        table.row(["ü".into(), "".into(), "".into()]);
        table
    }

    fn shown(width: Option<usize>) -> String {
        strip_str(&table().show("  ", width)).to_string()
    }

    #[test]
    fn columns_are_as_wide_as_they_must_be_and_lines_end_where_their_text_does() {
        assert_eq!(
            shown(None),
            "  id      n  why\n  trip-1  7  it waits for the moon to rise\n  ü\n"
        );
    }

    #[test]
    fn the_last_column_ends_where_the_terminal_does() {
        let cut = shown(Some(35));
        assert!(
            cut.contains("  trip-1  7  it waits for the moon…\n"),
            "{cut}"
        );
        let narrow = shown(Some(10));
        assert!(narrow.contains("7  it waits for the mo…\n"), "{narrow}");
    }

    #[test]
    fn nothing_that_is_shown_controls_the_terminal() {
        assert_eq!(plain("a\u{1b}[31mb\nc\u{7}"), "a\\u{1b}[31mb c\\u{7}");
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("ab cd", 4), "ab…");
    }
}
