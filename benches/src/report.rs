//! The report: tables of figures, printed, written as JSON, or put into a page.

use serde::Serialize;
use std::fmt::{self, Write as _};

/// The results of one run.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// The machine and the versions: names and values.
    pub machine: Vec<(String, String)>,
    /// The figures.
    pub tables: Vec<Table>,
    /// The plots.
    pub plots: Vec<Plot>,
}

/// Figures that were measured together.
#[derive(Debug, Serialize)]
pub struct Table {
    /// What all rows did.
    pub title: String,
    /// The headings of the figures.
    pub columns: Vec<&'static str>,
    /// The rows, the floor first.
    pub rows: Vec<Row>,
    /// Notes below the table.
    pub notes: Vec<String>,
}

/// A row of figures.
#[derive(Debug, Serialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// A figure for each column, if there is one.
    pub figures: Vec<Option<Figure>>,
}

/// A number with its unit.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Figure {
    /// The number.
    pub number: f64,
    /// What it counts.
    pub unit: Unit,
}

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Seconds.
    Seconds,
    /// A ratio.
    Ratio,
    /// Bytes.
    Bytes,
    /// A count.
    Count,
    /// A rate per second.
    PerSecond,
    /// An exponent.
    Exponent,
}

/// Lines over the number of steps; both axes are logarithmic.
#[derive(Debug, Serialize)]
pub struct Plot {
    /// The name of its file, without the extension.
    pub name: &'static str,
    /// Its title.
    pub title: &'static str,
    /// The unit of the figures.
    pub unit: Unit,
    /// The lines: names, and figures over the number of steps.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(title: impl Into<String>, columns: &[&'static str]) -> Self {
        Self {
            title: title.into(),
            columns: columns.to_vec(),
            rows: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Appends a row.
    pub fn row(&mut self, name: impl Into<String>, figures: Vec<Option<Figure>>) {
        let name = name.into();
        self.rows.push(Row { name, figures });
    }

    /// Appends a note.
    pub fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// The table as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n| |", self.title);
        for column in &self.columns {
            let _ = write!(text, " {column} |");
        }
        text += "\n|---|";
        text += &"--:|".repeat(self.columns.len());
        for row in &self.rows {
            let _ = write!(text, "\n| {} |", row.name.replace('|', "\\|"));
            for figure in &row.figures {
                let _ = write!(text, " {} |", shown(figure.as_ref()));
            }
        }
        text.push('\n');
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }
}

impl Figure {
    /// A figure; `None` if the number is not finite.
    #[must_use]
    pub fn some(number: f64, unit: Unit) -> Option<Self> {
        number.is_finite().then_some(Self { number, unit })
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number;
        match self.unit {
            Unit::Nanoseconds => scaled(
                f,
                number,
                &[(1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns")],
            ),
            Unit::Seconds => scaled(f, number, &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")]),
            Unit::Bytes => scaled(
                f,
                number,
                &[(1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1.0, "B")],
            ),
            Unit::Ratio => f.pad(&format!("{}x", digits(number))),
            Unit::Count => f.pad(&digits(number)),
            Unit::PerSecond => f.pad(&format!("{}/s", digits(number))),
            Unit::Exponent => f.pad(&format!("{number:.2}")),
        }
    }
}

/// Formats in the largest unit that is not larger than the number.
fn scaled(f: &mut fmt::Formatter<'_>, number: f64, units: &[(f64, &str)]) -> fmt::Result {
    let fitting = units.iter().find(|(size, _)| number.abs() >= *size);
    let (size, unit) = fitting.or(units.last()).copied().unwrap_or((1.0, ""));
    f.pad(&format!("{} {unit}", digits(number / size)))
}

/// Three significant digits; large numbers in full, with thousands separators.
fn digits(number: f64) -> String {
    let size = number.abs();
    if size >= 999.5 {
        let whole = format!("{size:.0}");
        let mut text = String::new();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place) % 3 == 0 {
                text.push(',');
            }
            text.push(digit);
        }
        return text;
    }
    let decimals = match size {
        _ if size >= 99.5 || number.fract() == 0.0 => 0,
        _ if size >= 9.95 => 1,
        _ => 2,
    };
    format!("{number:.decimals$}")
}

fn shown(figure: Option<&Figure>) -> String {
    figure.map_or_else(|| "–".to_owned(), Figure::to_string)
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = vec![(
            self.title.clone(),
            self.columns.iter().map(ToString::to_string).collect(),
        )];
        for row in &self.rows {
            let figures: Vec<_> = row.figures.iter().map(|it| shown(it.as_ref())).collect();
            lines.push((row.name.clone(), figures));
        }
        let width = |text: &String| text.chars().count();
        let names = lines.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        let widths: Vec<_> = (0..self.columns.len())
            .map(|at| {
                lines
                    .iter()
                    .filter_map(|(_, texts)| texts.get(at))
                    .map(width)
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        for (name, texts) in &lines {
            let mut line = format!("{name:names$}");
            for (text, width) in texts.iter().zip(&widths) {
                let _ = write!(line, "  {text:>width$}");
            }
            writeln!(f, "{}", line.trim_end())?;
        }
        for note in &self.notes {
            writeln!(f, "  {note}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, Table, Unit};

    #[test]
    fn figures_are_shown_in_units_that_fit() {
        let shown = |number, unit| Figure { number, unit }.to_string();
        assert_eq!(shown(14.04, Unit::Nanoseconds), "14.0 ns");
        assert_eq!(shown(1234.0, Unit::Nanoseconds), "1.23 µs");
        assert_eq!(shown(0.0, Unit::Nanoseconds), "0 ns");
        assert_eq!(shown(0.25, Unit::Seconds), "250 ms");
        assert_eq!(shown(3.5, Unit::Ratio), "3.50x");
        assert_eq!(shown(15_250.4, Unit::PerSecond), "15,250/s");
        assert_eq!(shown(1_000_000.0, Unit::Count), "1,000,000");
        assert_eq!(shown(-0.004, Unit::Seconds), "-4 ms");
    }

    #[test]
    fn a_table_is_aligned() {
        let mut table = Table::new("steps", &["time"]);
        table.row("by hand", vec![Figure::some(14.0, Unit::Nanoseconds)]);
        table.row("x", vec![Figure::some(f64::NAN, Unit::Nanoseconds)]);
        table.note("well");
        assert_eq!(
            table.to_string(),
            "steps     time\nby hand  14 ns\nx            –\n  well\n"
        );
        assert_eq!(
            table.markdown(),
            "### steps\n\n| | time |\n|---|--:|\n| by hand | 14 ns |\n| x | – |\n\nwell\n"
        );
    }
}
