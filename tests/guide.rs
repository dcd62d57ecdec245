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
    let pages = ["errors", "coming_from"].map(|page| read(format!("docs/guide/{page}.md")));
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

/// A message with other names.
fn unnamed(message: &str) -> String {
    let parts = message.split('`').enumerate();
    let parts = parts.map(|(at, part)| if at % 2 == 0 { part } else { "_" });
    parts.collect()
}

/// A sentence quotes a message as code that has code in it, with the names of the page's saga.
#[test]
fn every_message_in_a_sentence_is_the_compilers() {
    let said: String = files("saga-macros/tests/ui/fail", ".stderr")
        .iter()
        .map(read)
        .collect();
    let said = said.lines().filter_map(|line| line.strip_prefix("error: "));
    let said: Vec<_> = said.map(unnamed).collect();
    let mut quoted = 0;
    for page in files("docs/guide", ".md") {
        for line in read(&page).lines() {
            let Some((_, rest)) = line.split_once("`` ") else {
                continue;
            };
            let (message, _) = rest.split_once(" ``").expect("it ends in its line");
            let is_said = said.contains(&unnamed(message));
            assert!(is_said, "{page}: no compile error says `{message}`");
            quoted += 1;
        }
    }
    assert!(quoted > 1, "{quoted} messages");
}
