//! The README shows what the compiler says and what the example does.

use saga_tests::{blocks, read};

/// rustfmt breaks lines as it likes.
fn without_white_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The saga that a text begins with.
fn first_saga(text: &str) -> &str {
    let (_, saga) = text.split_once("saga! {\n").expect("a saga");
    let (saga, _) = saga.split_once("\n}\n").expect("it ends");
    saga
}

/// Each paragraph of its code, so that the example may say more in between.
#[test]
fn the_code_is_that_of_the_example() {
    let example = without_white_space(&read("examples/readme.rs"));
    let blocks = blocks(&read("README.md"), "rust");
    assert!(!blocks.is_empty());
    for paragraph in blocks.iter().flat_map(|block| block.split("\n\n")) {
        let code = without_white_space(paragraph);
        assert!(example.contains(&code), "not in the example: {paragraph}");
    }
}

#[test]
fn the_compile_error_is_the_compilers() {
    let said = read("saga-macros/tests/ui/fail/readme.stderr");
    let said: Vec<_> = said.lines().map(str::trim_end).collect();
    let readme = read("README.md");
    assert_eq!(blocks(&readme, "text"), [said.join("\n")]);
    // It is the error of this saga without the second `#[idempotent]`.
    let broken = read("saga-macros/tests/ui/fail/readme.rs");
    let mended = first_saga(&broken).replace(
        "        step payment",
        "        #[idempotent] // the bank charges once per key\n        step payment",
    );
    assert_eq!(mended, first_saga(&readme));
}

/// The front page of the documentation of the API shows the same.
#[test]
fn docs_rs_shows_the_same_saga_and_the_same_error() {
    let page = read("src/lib.rs");
    let page: Vec<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .collect();
    let page: Vec<_> = page
        .iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let page = page.join("\n");
    let readme = read("README.md");
    assert_eq!(first_saga(&page), first_saga(&readme));
    assert_eq!(blocks(&page, "text"), blocks(&readme, "text"));
}
