//! Tables, and text from anywhere made fit to be shown in a terminal.

use anstyle::Style;

/// The least number of characters of a text that are shown, however narrow the terminal is.
const SHORTEST: usize = 20;
/// The most characters of a text in any column but the last, which is as long as the terminal is wide.
/// Nothing that can be laid out is longer than 65,535.
const LONGEST: usize = 2000;
/// The number of spaces between two columns.
const GAP: u16 = 2;

pub(crate) use typed_saga_engine::look::{plain, short};

/// The text in this style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    if style.is_plain() || text.is_empty() {
        return text.to_owned();
    }
    format!("{style}{text}{style:#}")
}

/// A text in a table, and its style.
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

/// Rows below the names of their columns, if these have names.
pub(crate) struct Table<const N: usize> {
    head: [&'static str; N],
    rows: Vec<[Cell; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(head: [&'static str; N]) -> Self {
        let rows = Vec::new();
        Self { head, rows }
    }

    pub(crate) fn row(&mut self, mut row: [Cell; N]) {
        for cell in &mut row[..N - 1] {
            cell.text = short(&cell.text, LONGEST);
        }
        self.rows.push(row);
    }

    /// The table in lines that begin with `indent`. With a `width`, the last column is cut off
    /// there.
    pub(crate) fn show(&self, indent: &str, width: Option<usize>) -> String {
        let head = self.head.map(|name| Cell::new(crate::style::HEAD, name));
        let named = self.head.iter().any(|name| !name.is_empty());
        let rows: Vec<_> = named
            .then_some(&head)
            .into_iter()
            .chain(&self.rows)
            .collect();
        let columns = columns(&rows);
        let taken: usize = columns
            .column_max_content_widths()
            .iter()
            .map(|width| usize::from(*width) + usize::from(GAP))
            .sum();
        let rest = width.map(|width| width.saturating_sub(indent.len() + taken).max(SHORTEST));
        let lines = columns.lines().zip(rows);
        lines
            .map(|(columns, row)| line(indent, &columns, row, rest))
            .collect()
    }
}

/// All columns but the last, which needs no padding, without styles, whose codes have no width.
fn columns<const N: usize>(rows: &[&[Cell; N]]) -> comfy_table::Table {
    let mut columns = comfy_table::Table::new();
    columns.load_style(comfy_table::presets::NOTHING);
    for row in rows {
        columns.add_row(row[..N - 1].iter().map(|cell| &cell.text));
    }
    for column in columns.column_iter_mut() {
        column.set_padding((0, GAP));
    }
    columns
}

/// One line: the columns that are laid out, now with their styles, and the last one.
fn line<const N: usize>(
    indent: &str,
    columns: &str,
    row: &[Cell; N],
    rest: Option<usize>,
) -> String {
    let (mut line, mut columns) = (indent.to_owned(), columns);
    for cell in &row[..N - 1] {
        if let Some((before, after)) = columns.split_once(&cell.text) {
            line.extend([before, &styled(cell.style, &cell.text)]);
            columns = after;
        }
    }
    let last = &row[N - 1];
    let text = rest.map_or_else(|| last.text.clone(), |rest| short(&last.text, rest));
    line.extend([columns, &styled(last.style, &text)]);
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::Table;
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
    fn a_text_of_any_length_can_be_shown_in_any_column() {
        for column in 0..3 {
            for text in ["x", "東", "\u{1b}"] {
                let mut row = ["a", "b", "c"].map(str::to_owned);
                row[column] = text.repeat(1 << 17);
                let mut table = Table::new(["id", "n", "why"]);
                table.row(row.map(Into::into));
                for width in [None, Some(80)] {
                    let shown = strip_str(&table.show("", width)).to_string();
                    assert_eq!(shown.lines().count(), 2);
                    let is_cut = column < 2 || width.is_some();
                    assert_eq!(shown.contains('…'), is_cut, "{column}");
                }
            }
        }
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
}
