//! The pages of rules: every rule names tests that show it, and they exist.

use crate::{nothing_is_wrong, read, root};
use std::{collections::HashMap, fs};

const PAGES: [&str; 14] = [
    "docs/semantics.md",
    "docs/semantics/concurrent.md",
    "docs/semantics/cancelling.md",
    "docs/semantics/loops.md",
    "docs/semantics/waiting.md",
    "docs/semantics/locks.md",
    "docs/semantics/late.md",
    "docs/semantics/events.md",
    "docs/semantics/nested.md",
    "docs/semantics/versions.md",
    "docs/durable.md",
    "docs/fleet.md",
    "docs/restate.md",
    "docs/console.md",
];

/// The rules: items of lists and rows of tables, each as one line.
fn rules(page: &str) -> Vec<String> {
    let mut rules: Vec<String> = Vec::new();
    let mut continues = false;
    let lines: Vec<_> = page.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let above_rows = lines
            .get(at + 1)
            .is_some_and(|next| next.starts_with("|---"));
        if line.starts_with("- ") || line.starts_with("| ") && !above_rows {
            rules.push((*line).to_owned());
            continues = line.starts_with("- ");
        } else if continues && line.starts_with("  ") {
            let rule = rules.last_mut().expect("it continues one");
            rule.push(' ');
            rule.push_str(line.trim());
        } else {
            continues = false;
        }
    }
    rules
}

/// The tests among what is set as code: paths without capitals and calls.
fn names(text: &str) -> Vec<&str> {
    let is_name = |code: &&str| {
        code.contains("::")
            && code
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_:".contains(c))
    };
    text.split('`').skip(1).step_by(2).filter(is_name).collect()
}

/// The file that `name` is said to be in, and the test.
fn place(name: &str) -> Option<(String, &str)> {
    let place = match name.split("::").collect::<Vec<_>>()[..] {
        ["kernel", file, test] => (format!("saga-core/src/kernel/tests/{file}.rs"), test),
        ["core", folder, file, test] => (format!("saga-core/src/{folder}/{file}.rs"), test),
        ["sqlite", file, test] => (format!("saga-sqlite/tests/sqlite/{file}.rs"), test),
        ["postgres", file, test] => (format!("saga-postgres/tests/postgres/{file}.rs"), test),
        ["console", file, test] => (format!("saga-console/tests/console/{file}.rs"), test),
        ["command", file, test] => (format!("saga-cli/src/{file}.rs"), test),
        ["restate", "entry", test] => ("saga-restate/src/entry.rs".to_owned(), test),
        [topic @ ("restate" | "chaos"), file, test] => {
            (format!("saga-restate/tests/{topic}/{file}.rs"), test)
        }
        ["cli", file, test] => (format!("saga-cli/tests/cli/{file}.rs"), test),
        [
            topic @ ("alone" | "durable" | "crash" | "loops" | "reference" | "events" | "outbox"
            | "records" | "trip" | "fleet" | "analyzed"),
            file,
            test,
        ] => (format!("tests/{topic}/{file}.rs"), test),
        ["durable", folder, file, test] => (format!("tests/durable/{folder}/{file}.rs"), test),
        [file, test] => (format!("tests/{file}.rs"), test),
        _ => return None,
    };
    Some(place)
}

/// Whether the source has this test: a function behind `#[test]`, or a line of a macro that makes
/// one.
fn has(source: &str, test: &str) -> bool {
    let function = format!("fn {test}(");
    let mut attributed = false;
    source.lines().map(str::trim).any(|line| {
        let is_test = line.starts_with("#[test]") || line.starts_with("#[tokio::test");
        let found = attributed && line.contains(&function) || line.split(' ').next() == Some(test);
        attributed = is_test || attributed && (line.starts_with("#[") || line.starts_with("//"));
        found
    })
}

#[test]
fn every_rule_names_tests_that_exist() {
    let mut faults = Vec::new();
    let mut sources: HashMap<String, String> = HashMap::new();
    for path in PAGES {
        let page = read(path);
        let rules = rules(&page);
        assert!(!rules.is_empty(), "{path} has no rules");
        let unshown = rules.iter().filter(|rule| names(rule).is_empty());
        faults.extend(unshown.map(|rule| format!("{path}, no test shows this: {rule}")));
        for name in names(&page) {
            let is_there = place(name).is_some_and(|(file, test)| {
                let read = |file: &str| fs::read_to_string(root().join(file)).unwrap_or_default();
                let source = sources.entry(file).or_insert_with_key(|file| read(file));
                has(source, test)
            });
            if !is_there {
                faults.push(format!("{path}: there is no test `{name}`"));
            }
        }
    }
    nothing_is_wrong(&faults);
}

#[test]
fn a_rule_without_a_test_and_a_test_that_is_missing_are_found() {
    let page = "- One.\n  (`a::b`,\n  `kernel::c::d`)\n- Two, `A::B` and `a::b()`.\n\n| head | shown by |\n|---|---|\n| row | `x::y` |\n";
    let rules = rules(page);
    assert_eq!(
        rules,
        [
            "- One. (`a::b`, `kernel::c::d`)",
            "- Two, `A::B` and `a::b()`.",
            "| row | `x::y` |"
        ]
    );
    assert_eq!(names(&rules[0]), ["a::b", "kernel::c::d"]);
    assert!(names(&rules[1]).is_empty());
    let file = "saga-core/src/kernel/tests/c.rs".to_owned();
    assert_eq!(place("kernel::c::d"), Some((file, "d")));
    assert_eq!(place("one::of::many::parts::d"), None);
    let source = "#[test]\nfn shown() {}\nfn helper() {}\nmade Shape\n";
    assert!(has(source, "shown") && has(source, "made"));
    assert!(!has(source, "helper") && !has(source, "other"));
}
