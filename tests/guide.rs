//! The guide says what the compiler says.

use saga_tests::{blocks, read, root};
use std::fs;

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
    let pages = ["errors", "temporal_sample"].map(|page| read(format!("docs/guide/{page}.md")));
    let explained = pages
        .map(|page| blocks(&page, "text").join("\n"))
        .join("\n");
    let explained: Vec<_> = explained.lines().collect();
    assert!(!explained.is_empty());
    for message in explained {
        let whole = |line: &&str| {
            let rest = line.strip_prefix(message);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        };
        assert!(said.iter().any(whole), "no compile error says `{message}`");
    }
}
