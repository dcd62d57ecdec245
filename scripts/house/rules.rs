//! The pages of rules: each rule has tests that show it, and they exist. The tables in `tests/rules/` name
//! them.

use crate::{nothing_is_wrong, read, root};
use std::{collections::HashMap, fs};

/// The pages of rules, and the table of each.
const PAGES: [(&str, &str); 5] = [
    ("docs/semantics.md", "tests/rules/semantics.txt"),
    ("docs/durable.md", "tests/rules/durable.txt"),
    ("docs/fleet.md", "tests/rules/fleet.txt"),
    ("docs/restate.md", "tests/rules/restate.txt"),
    ("docs/console.md", "tests/rules/console.txt"),
];

/// What a page says, each as one line without its mark, and whether it is a rule: an item of a list or a
/// row of a table. What is no rule is a paragraph.
fn rules(page: &str) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    let (mut continues, mut is_code) = (false, false);
    let lines: Vec<_> = page.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        let is_fence = line.starts_with("```");
        is_code ^= is_fence;
        let above_rows = lines
            .get(at + 1)
            .is_some_and(|next| next.starts_with("|---"));
        let is_other = is_code || is_fence || above_rows || line.starts_with('#');
        let rule = line
            .strip_prefix("- ")
            .or_else(|| line.strip_prefix("| "))
            .filter(|_| !is_other);
        if is_other || line.trim().is_empty() || line.starts_with("|---") {
            continues = false;
        } else if let Some(rule) = rule {
            found.push((one_line(rule), true));
            continues = line.starts_with("- ");
        } else if continues {
            let (last, _) = found.last_mut().expect("it continues one");
            last.push(' ');
            last.push_str(&one_line(line));
        } else {
            found.push((one_line(line), false));
            continues = true;
        }
    }
    found
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The table of a page: the first words of each rule, and the tests that show it.
fn table(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut rows: Vec<(&str, Vec<&str>)> = Vec::new();
    // The first line says what the table is.
    for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
        match line.strip_prefix("    ") {
            Some(test) => rows.last_mut().expect("a rule comes first").1.push(test),
            None => rows.push((line, Vec::new())),
        }
    }
    rows
}

/// What does not fit between a page and its table.
fn differences(page: &str, rows: &[(&str, Vec<&str>)]) -> Vec<String> {
    let rules = rules(page);
    let mut found = Vec::new();
    for (first, tests) in rows {
        match rules
            .iter()
            .filter(|(rule, _)| rule.starts_with(first))
            .count()
        {
            _ if tests.is_empty() => found.push(format!("no test: {first}")),
            1 => {}
            0 => found.push(format!("not on the page: {first}")),
            many => found.push(format!("{many} rules begin so: {first}")),
        }
    }
    for (rule, is_rule) in &rules {
        if *is_rule && !rows.iter().any(|(first, _)| rule.starts_with(first)) {
            found.push(format!("not in the table: {rule}"));
        }
    }
    found
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
            | "records" | "trip" | "fleet" | "analyzed" | "nested" | "savepoint"
            | "cancel" | "reruns"),
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
fn every_rule_has_tests_that_exist() {
    let mut faults = Vec::new();
    let mut sources: HashMap<String, String> = HashMap::new();
    for (path, table_path) in PAGES {
        let text = read(table_path);
        if !text.lines().next().is_some_and(|line| line.contains(path)) {
            faults.push(format!("{table_path} does not begin with {path}"));
        }
        let rows = table(&text);
        assert!(!rows.is_empty(), "{table_path} has no rules");
        let found = differences(&read(path), &rows);
        faults.extend(found.into_iter().map(|fault| format!("{path}: {fault}")));
        for name in rows.iter().flat_map(|(_, tests)| tests) {
            let is_there = place(name).is_some_and(|(file, test)| {
                let read = |file: &str| fs::read_to_string(root().join(file)).unwrap_or_default();
                let source = sources.entry(file).or_insert_with_key(|file| read(file));
                has(source, test)
            });
            if !is_there {
                faults.push(format!("{table_path}: there is no test `{name}`"));
            }
        }
    }
    nothing_is_wrong(&faults);
}

#[test]
fn a_rule_without_a_test_and_a_test_that_is_missing_are_found() {
    let page = "# A page\n\nOf a\nrun.\n\n- One\n  of two.\n- Two.\n\n| head | then |\n|---|---|\n| row | it |\n";
    let rules = rules(page);
    let expected = [
        ("Of a run.", false),
        ("One of two.", true),
        ("Two.", true),
        ("row | it |", true),
    ];
    assert_eq!(rules, expected.map(|(rule, is)| (rule.to_owned(), is)));
    let text = "The tests.\n\nOf a\n    a::b\n\nOne of\n    kernel::c::d\n    a::e\n\nThree\n    a::b\n\nrow\n";
    let rows = table(text);
    assert_eq!(rows[1], ("One of", vec!["kernel::c::d", "a::e"]));
    let found = [
        "not on the page: Three",
        "no test: row",
        "not in the table: Two.",
    ];
    assert_eq!(differences(page, &rows), found);
    let file = "saga-core/src/kernel/tests/c.rs".to_owned();
    assert_eq!(place("kernel::c::d"), Some((file, "d")));
    assert_eq!(place("one::of::many::parts::d"), None);
    let source = "#[test]\nfn shown() {}\nfn helper() {}\nmade Shape\n";
    assert!(has(source, "shown") && has(source, "made"));
    assert!(!has(source, "helper") && !has(source, "other"));
}
