//! The page on semantics: every rule names tests that show it, and they exist.

use saga_tests::read;
use std::collections::HashMap;

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
fn place(name: &str) -> (String, &str) {
    match name.split("::").collect::<Vec<_>>()[..] {
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
        _ => panic!("`{name}` names no test"),
    }
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
    all_shown("docs/semantics.md", 90);
}

#[test]
fn every_rule_of_concurrent_steps_names_tests_that_exist() {
    all_shown("docs/semantics/concurrent.md", 9);
}

#[test]
fn every_rule_of_cancelling_names_tests_that_exist() {
    all_shown("docs/semantics/cancelling.md", 6);
}

#[test]
fn every_rule_of_loops_names_tests_that_exist() {
    all_shown("docs/semantics/loops.md", 12);
}

#[test]
fn every_rule_of_waiting_names_tests_that_exist() {
    all_shown("docs/semantics/waiting.md", 15);
}

#[test]
fn every_rule_of_locks_names_tests_that_exist() {
    all_shown("docs/semantics/locks.md", 10);
}

#[test]
fn every_rule_of_late_requests_names_tests_that_exist() {
    all_shown("docs/semantics/late.md", 8);
}

#[test]
fn every_rule_of_events_names_tests_that_exist() {
    all_shown("docs/semantics/events.md", 11);
}

#[test]
fn every_rule_of_sagas_as_steps_names_tests_that_exist() {
    all_shown("docs/semantics/nested.md", 8);
}

#[test]
fn every_rule_of_another_version_names_tests_that_exist() {
    all_shown("docs/semantics/versions.md", 20);
}

#[test]
fn every_rule_of_durable_sagas_names_tests_that_exist() {
    all_shown("docs/durable.md", 25);
}

#[test]
fn every_rule_of_a_fleet_names_tests_that_exist() {
    all_shown("docs/fleet.md", 15);
}

#[test]
fn every_rule_on_restate_names_tests_that_exist() {
    all_shown("docs/restate.md", 17);
}

#[test]
fn every_rule_of_the_console_names_tests_that_exist() {
    all_shown("docs/console.md", 10);
}

fn all_shown(page: &str, at_least: usize) {
    let page = read(page);
    let rules = rules(&page);
    assert!(rules.len() > at_least, "{} rules", rules.len());
    for rule in &rules {
        assert!(!names(rule).is_empty(), "nothing shows this rule: {rule}");
    }
    let mut sources: HashMap<String, String> = HashMap::new();
    let missing: Vec<_> = names(&page)
        .into_iter()
        .filter(|name| {
            let (file, test) = place(name);
            let source = sources.entry(file.clone()).or_insert_with(|| read(&file));
            !has(source, test)
        })
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
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
    assert_eq!(place("kernel::c::d").0, "saga-core/src/kernel/tests/c.rs");
    let source = "#[test]\nfn shown() {}\nfn helper() {}\nmade Shape\n";
    assert!(has(source, "shown") && has(source, "made"));
    assert!(!has(source, "helper") && !has(source, "other"));
}
