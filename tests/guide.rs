//! The guide says what the compiler says, and names what there is.

use saga_tests::{blocks, read, root};
use std::{fs, path::Path};

fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder));
    let names = entries.unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names
        .filter_map(|name| name.into_string().ok())
        .filter(|name| name.ends_with(ending))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    names.sort();
    names
}

#[test]
fn no_message_of_the_compiler_names_a_private_path() {
    for file in files("saga-macros/tests/ui/fail", ".stderr") {
        assert!(!read(&file).contains("__private"), "{file}");
    }
}

#[test]
fn every_message_that_is_explained_is_the_compilers() {
    let said: String = files("saga-macros/tests/ui/fail", ".stderr")
        .iter()
        .map(read)
        .collect();
    let said: Vec<_> = said.lines().collect();
    let pages = ["errors", "coming_from"].map(|page| read(format!("docs/guide/{page}.md")));
    let explained = pages
        .map(|page| blocks(&page, "text").join("\n"))
        .join("\n");
    let explained: Vec<_> = explained.lines().collect();
    assert!(explained.len() > 18, "{explained:#?}");
    for message in explained {
        let whole = |line: &&str| {
            let rest = line.strip_prefix(message);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        assert!(said.iter().any(whole), "no compile error says `{message}`");
    }
}

#[test]
fn every_chapter_is_a_module_and_in_the_contents() {
    let (lib, contents) = (read("src/guide.rs"), read("docs/SUMMARY.md"));
    let chapters = files("docs/guide", ".md");
    assert!(chapters.len() >= 9, "{chapters:?}");
    for chapter in chapters {
        let name = Path::new(&chapter).file_stem().unwrap().to_str().unwrap();
        let shown = format!("include_str!(\"../{chapter}\")");
        assert!(lib.contains(&shown), "{chapter} is not shown");
        let link = format!("](guide/{name}.md)");
        assert!(contents.contains(&link), "{chapter} is not in the contents");
    }
}

/// A network's errors are not all `Transient`, and a refund has a key of its own.
#[test]
fn d04_pages_and_examples_keep_the_promises() {
    let folders = ["docs", "docs/guide", "docs/reference"].map(|folder| files(folder, ".md"));
    let mut pages = folders.concat();
    pages.push("README.md".to_owned());
    assert!(pages.len() > 20, "{pages:?}");
    // What stands between fences.
    let code = |page: &String| {
        let text = read(page);
        let blocks = text.split("\n```").skip(1).step_by(2);
        (page.clone(), blocks.collect::<String>())
    };
    let examples = files("examples", ".rs").into_iter();
    let examples = examples.map(|example| (example.clone(), read(example)));
    for (page, code) in pages.iter().map(code).chain(examples) {
        for line in code.lines() {
            assert!(!line.contains("saga::transient"), "{page}: {line}");
            assert!(
                !line.ends_with("::refund;"),
                "{page}, no `undo_key`: {line}"
            );
        }
    }
}
