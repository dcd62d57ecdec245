//! Writes the report into `docs/benchmarks/figures.md`: the tables between two marks, the plots
//! beside the page. The text around the marks stays.

use crate::{plot, report::Report};
use std::{fmt::Write as _, fs, io, path::Path};

const BEGIN: &str =
    "<!-- what was measured: written by `cargo run --release -p saga-bench -- --markdown` -->";
const END: &str = "<!-- end of what was measured -->";

/// Writes the page and its plots into the folder `docs`.
///
/// # Errors
/// If the page does not exist, lacks a mark, or cannot be written.
pub fn write(report: &Report, docs: &Path) -> io::Result<()> {
    let folder = docs.join("benchmarks");
    let page = folder.join("figures.md");
    let old = fs::read_to_string(&page)?;
    let parts = old.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    });
    let (before, after) = parts.ok_or_else(|| {
        io::Error::other(format!(
            "{} lacks the marks of what is measured",
            page.display()
        ))
    })?;
    for plot in &report.plots {
        fs::write(
            folder.join(plot.name).with_extension("svg"),
            plot::svg(plot),
        )?;
    }
    fs::write(
        &page,
        format!("{before}{BEGIN}\n\n{}\n{END}{after}", measured(report)),
    )
}

fn measured(report: &Report) -> String {
    let mut text = "| | |\n|---|---|\n".to_owned();
    for (name, what) in &report.machine {
        let _ = writeln!(text, "| {name} | {what} |");
    }
    for plot in &report.plots {
        let _ = write!(text, "\n![{}]({}.svg)\n", plot.title, plot.name);
    }
    for table in &report.tables {
        let _ = write!(text, "\n{}", table.markdown());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{BEGIN, END, write};
    use crate::report::{Figure, Plot, Report, Table, Unit};
    use std::fs;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let docs = tempfile::tempdir().unwrap();
        let page = docs.path().join("benchmarks/figures.md");
        fs::create_dir(docs.path().join("benchmarks")).unwrap();
        let mut table = Table::new("steps", &["time"]);
        table.row("ours", vec![Figure::some(1.0, Unit::Seconds)]);
        let report = Report {
            tables: vec![table],
            plots: vec![Plot {
                name: "run",
                title: "Run",
                unit: Unit::Seconds,
                lines: vec![("ours".to_owned(), vec![(8.0, 1.0), (16.0, 2.0)])],
            }],
            ..Report::default()
        };
        fs::write(&page, format!("before\n{BEGIN}\nold\n{END}\nafter\n")).unwrap();
        write(&report, docs.path()).unwrap();
        let once = fs::read_to_string(&page).unwrap();
        assert!(
            once.starts_with("before\n") && once.ends_with("\nafter\n"),
            "{once}"
        );
        assert!(
            once.contains("| ours | 1 s |") && !once.contains("old"),
            "{once}"
        );
        assert!(once.contains("![Run](run.svg)"), "{once}");
        assert!(docs.path().join("benchmarks/run.svg").exists());
        write(&report, docs.path()).unwrap();
        assert_eq!(fs::read_to_string(&page).unwrap(), once);

        fs::write(&page, "no marks").unwrap();
        write(&report, docs.path()).unwrap_err();
    }
}
