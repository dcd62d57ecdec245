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

/// A network's errors are not all `Transient`, and a refund has a key of its own.
#[test]
fn d04_pages_and_examples_keep_the_promises() {
    let folders = ["docs", "docs/guide"].map(|folder| files(folder, ".md"));
    let mut pages = folders.concat();
    assert!(!pages.is_empty());
    pages.push("README.md".to_owned());
    // What stands between fences.
    let code = |page: &String| {
        let text = read(page);
        let blocks = text.split("\n```").skip(1).step_by(2);
        (page.clone(), blocks.collect::<String>())
    };
    let examples = files("examples", ".rs").into_iter();
    let examples = examples.map(|example| (example.clone(), read(example)));
    let mut faults = Vec::new();
    for (page, code) in pages.iter().map(code).chain(examples) {
        for line in code.lines() {
            if line.contains("saga::transient") {
                faults.push(format!("{page}, not every error is transient: {line}"));
            }
            if line.ends_with("::refund;") && !line.contains("undo_key)") {
                faults.push(format!("{page}, no `undo_key`: {line}"));
            }
        }
    }
    nothing_is_wrong(&faults);
}
