//! The README shows what the compiler says and what the example does.

use saga_tests::{blocks, quoted_in_readme, read};

/// rustfmt breaks lines as it likes.
fn without_white_space(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The README breaks the compiler's long lines, so that no reader has to scroll.
fn words(text: &str) -> Vec<&str> {
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

/// The output is compared with the example where the examples run; here, that it shows what a saga is
/// for: the charge is repeated under its key, and refunded under another, before the room is cancelled.
#[test]
fn the_output_shows_the_lost_answer_the_repetition_and_the_undo() {
    let output = quoted_in_readme("cargo run --example readme");
    let find = |call: &str| {
        let lines = output.iter().enumerate();
        let calls = lines.filter(|(_, line)| words(line).join(" ").starts_with(call));
        let calls = calls.map(|(at, line)| {
            let key = words(line)
                .into_iter()
                .find(|word| word.starts_with("key="));
            (at, key, line.as_str())
        });
        calls.collect::<Vec<_>>()
    };
    let charges = find("bank charge");
    let (lost, key, answer) = charges[0];
    assert!(answer.ends_with("the answer is lost"), "{answer}");
    let (again, same, _) = charges[1];
    assert_eq!((again, same), (lost + 1, key), "{output:#?}");
    let refunds = find("bank refund");
    let cancels = find("hotel cancel");
    assert!(key.is_some() && refunds[0].1.is_some_and(|undo| Some(undo) != key));
    assert!(again < refunds[0].0 && refunds[0].0 < cancels[0].0);
}

#[test]
fn the_compile_error_is_the_compilers() {
    let said = read("saga-macros/tests/ui/fail/readme.stderr");
    let readme = read("README.md");
    let quoted = blocks(&readme, "text");
    assert_eq!(quoted.len(), 1);
    assert_eq!(words(&quoted[0]), words(&said));
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
