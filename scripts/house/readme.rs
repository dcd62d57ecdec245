//! The README comes to the point, and the commands that it shows are those that CI runs first.

use crate::{blocks, read};

#[test]
fn code_stands_near_the_top() {
    let readme = read("README.md");
    let first = readme.lines().position(|line| line == "```rust");
    assert!(first.is_some_and(|line| line < 25), "{first:?}");
}

/// A page that takes five minutes to read.
#[test]
fn it_is_short() {
    let words = read("README.md").split_whitespace().count();
    assert!(words <= 1150, "{words} words");
}

/// What is lost when a connection resets is the first thing that a saga is for.
#[test]
fn d02_the_first_saga_settles_a_lost_answer() {
    let first = blocks(&read("README.md"), "rust").swap_remove(0);
    for part in ["#[classify(", "#[idempotent]", ", undo_key)", ".id("] {
        assert!(first.contains(part), "no `{part}` in the first saga");
    }
    assert!(read("examples/readme.rs").contains("ConnectionReset"));
}

#[test]
fn there_are_seven_promises() {
    let readme = read("README.md");
    assert!(
        readme
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .contains("[seven promises]")
    );
    let guide = read("docs/guide/promises.md");
    let rows = guide
        .lines()
        .skip_while(|line| !line.starts_with("| promise |"));
    assert_eq!(rows.take_while(|line| !line.is_empty()).count(), 2 + 7);
}

/// On a machine without any tool.
#[test]
fn ci_runs_the_commands_first() {
    let told = blocks(&read("README.md"), "sh").join("\n");
    let told: Vec<_> = told.lines().collect();
    assert!(!told.is_empty());
    assert_eq!(begins_with(&read(".ci/run"), &told), Ok(()));
}

/// Whether a script runs these commands, each with more flags or not, before it has cargo build anything
/// else: in the function that has the first one, and from there on.
fn begins_with(script: &str, commands: &[&str]) -> Result<(), String> {
    let lines: Vec<_> = script.lines().map(str::trim).collect();
    let first = lines.iter().position(|line| runs(line, commands[0]));
    let first = first.ok_or_else(|| format!("`{}` is never run", commands[0]))?;
    let is_head = |line: &&str| line.ends_with("() {") || line.ends_with("() (");
    let head = lines[..first].iter().rposition(is_head).unwrap_or(0);
    let mut builds = lines[head..].iter().filter(|line| is_build(line));
    for command in commands {
        match builds.next() {
            Some(line) if runs(line, command) => {}
            Some(line) => return Err(format!("`{line}` comes before `{command}`")),
            None => return Err(format!("`{command}` is never run")),
        }
    }
    Ok(())
}

/// The words of a line from `cargo` on.
fn of_cargo(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split_whitespace();
    let words = words.map(|word| word.trim_matches(['"', '\'']));
    words.skip_while(|word| *word != "cargo")
}

/// Whether a line runs this command; it may have more flags.
fn runs(line: &str, command: &str) -> bool {
    let mut words = of_cargo(line);
    let is_there = |word| words.any(|other| other == word);
    !line.starts_with('#') && command.split_whitespace().all(is_there)
}

/// Whether a line has cargo build something.
fn is_build(line: &str) -> bool {
    const NOTHING: [&str; 3] = ["--version", "fetch", "tree"];
    let builds = |what: &str| !NOTHING.contains(&what);
    !line.starts_with('#') && of_cargo(line).nth(1).is_some_and(builds)
}

#[test]
fn another_order_is_found() {
    let commands = ["cargo run --example a", "cargo test --workspace"];
    let good = "later() {\n  cargo check\n}\nmain() {\n  cargo --version\n  run cargo fetch --locked\n  \
        # cargo check\n  bare cargo run -q --example a\n  part 'cargo test --workspace --no-fail-fast'\n  later\n}\n";
    assert_eq!(begins_with(good, &commands), Ok(()));
    let wrong = [
        (
            good.replace("--version", "clippy"),
            "`cargo clippy` comes before `cargo run --example a`",
        ),
        (
            good.replace("  part", "  cargo doc\n  part"),
            "`cargo doc` comes before `cargo test --workspace`",
        ),
        (
            good.replace("--workspace", "--lib"),
            "`part 'cargo test --lib --no-fail-fast'` comes before `cargo test --workspace`",
        ),
        (
            good.replace("--example a", "--example b"),
            "`cargo run --example a` is never run",
        ),
    ];
    for (script, said) in wrong {
        assert_eq!(begins_with(&script, &commands), Err(said.to_owned()));
    }
}
