//! The README shows what the compiler says, and tells only what CI runs.

const README: &str = include_str!("../README.md");

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim_end).collect()
}

/// The contents of the code blocks of one language, in order.
fn blocks(language: &str) -> Vec<Vec<&'static str>> {
    let mut blocks = Vec::new();
    let mut lines = README.lines();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```") == Some(language) {
            let block = lines.by_ref().take_while(|line| *line != "```");
            blocks.push(block.map(str::trim_end).collect());
        }
    }
    blocks
}

#[test]
fn the_compile_error_is_the_compilers() {
    let said = lines(include_str!("../saga-macros/tests/ui/fail/readme.stderr"));
    assert_eq!(blocks("text"), [said]);
}

#[test]
fn code_stands_near_the_top() {
    let first = README.lines().position(|line| line == "```rust");
    assert!(first.is_some_and(|line| line < 25), "{first:?}");
}

/// What is lost when a connection resets is the first thing that a saga is for.
#[test]
fn d02_the_first_saga_settles_a_lost_answer() {
    let first = blocks("rust").swap_remove(0).join("\n");
    for part in [
        "#[classify(",
        "#[idempotent]",
        "undo_key()",
        ".id(",
        "ConnectionReset",
    ] {
        assert!(first.contains(part), "no `{part}` in the first saga");
    }
}

#[test]
fn ci_runs_the_commands() {
    let ci = lines(include_str!("../.ci/run"));
    let told = blocks("sh").concat();
    assert!(told.len() >= 2, "{told:?}");
    for command in told {
        assert!(
            ci.iter().any(|line| line.trim_start().ends_with(command)),
            "`{command}` is not in .ci/run"
        );
    }
}

#[test]
fn the_guide_has_the_same_promises() {
    let guide = lines(include_str!("../docs/guide/promises.md"));
    let mut promises = README
        .lines()
        .skip_while(|line| !line.starts_with("| promise |"))
        .take_while(|line| !line.is_empty());
    assert_eq!(promises.clone().count(), 9);
    assert!(promises.all(|line| guide.contains(&line)));
}
