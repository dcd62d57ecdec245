//! The guide has all of its chapters, and its code does what it advises.

use crate::{files, nothing_is_wrong, read};
use std::path::Path;

#[test]
fn every_chapter_is_a_module_and_in_the_contents() {
    let (lib, contents) = (read("src/guide.rs"), read("docs/SUMMARY.md"));
    let chapters = files("docs/guide", ".md");
    assert!(!chapters.is_empty());
    let mut faults = Vec::new();
    for chapter in chapters {
        let name = Path::new(&chapter).file_stem().unwrap().to_str().unwrap();
        let shown = format!("include_str!(\"../{chapter}\")");
        if !lib.contains(&shown) {
            faults.push(format!("src/guide.rs does not show {chapter}"));
        }
        if !contents.contains(&format!("](guide/{name}.md)")) {
            faults.push(format!("docs/SUMMARY.md does not link {chapter}"));
        }
    }
    nothing_is_wrong(&faults);
}

/// The code between the fences of each page, and each example.
fn shown() -> Vec<(String, String)> {
    let folders = ["docs", "docs/guide"].map(|folder| files(folder, ".md"));
    let mut pages = folders.concat();
    assert!(!pages.is_empty());
    pages.push("README.md".to_owned());
    let code = |page: String| {
        let text = read(&page);
        let blocks = text.split("\n```").skip(1).step_by(2);
        (page, blocks.collect::<String>())
    };
    let examples = files("examples", ".rs").into_iter();
    let examples = examples.map(|example| (example.clone(), read(example)));
    pages.into_iter().map(code).chain(examples).collect()
}

/// A network's errors are not all `Transient`, and a refund has a key of its own.
#[test]
fn d04_pages_and_examples_keep_the_promises() {
    let mut faults = Vec::new();
    for (page, code) in shown() {
        for line in code.lines() {
            if line.contains("typed_saga::transient") {
                faults.push(format!("{page}, not every error is transient: {line}"));
            }
            if line.ends_with("::refund;") && !line.contains("undo_key)") {
                faults.push(format!("{page}, no `undo_key`: {line}"));
            }
        }
    }
    nothing_is_wrong(&faults);
}

/// A `;` may end a clause without code, but a reader who meets both forms wonders which is right.
#[test]
fn pages_and_examples_end_no_clause_without_code_by_a_semicolon() {
    let mut faults = Vec::new();
    for (page, code) in shown() {
        for line in code.lines() {
            let written = line.split("//").next().unwrap_or_default().trim();
            let clauses = ["compensate none", "compensate with"];
            if written.ends_with(';') && clauses.iter().any(|it| written.starts_with(it)) {
                faults.push(format!("{page}, without `;`: {line}"));
            }
        }
    }
    nothing_is_wrong(&faults);
}
