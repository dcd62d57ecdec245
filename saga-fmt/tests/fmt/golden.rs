//! Each construct and each place of a comment: what is written in `.in`, and what it becomes in
//! `.out`.
//!
//! With `OVERWRITE_GOLDEN=1` the latter is written anew, and then read.

use std::fs;
use std::path::Path;
use typed_saga_fmt::{Formatted, Rustfmt};

fn format(text: &str) -> Formatted {
    let rustfmt = Rustfmt {
        program: "rustfmt".into(),
        edition: "2024".to_owned(),
        folder: env!("CARGO_MANIFEST_DIR").into(),
    };
    typed_saga_fmt::format(text, &rustfmt).expect("rustfmt runs")
}

fn golden(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let read = |end| fs::read_to_string(folder.join(name).with_extension(end));
    let before = read("in").expect("it is there");
    let formatted = format(&before);
    assert_eq!(formatted.warnings, []);
    if std::env::var_os("OVERWRITE_GOLDEN").is_some() {
        fs::write(folder.join(name).with_extension("out"), &formatted.text)
            .expect("it can be written");
    }
    let after = read("out").expect("it is there");
    assert!(
        formatted.text == after,
        "{name} becomes:\n{}",
        formatted.text
    );
    assert!(
        format(&after).text == after,
        "{name}, formatted, becomes something else"
    );
}

#[test]
fn heads() {
    golden("heads");
}

#[test]
fn attributes() {
    golden("attributes");
}

#[test]
fn steps() {
    golden("steps");
}

#[test]
fn comments() {
    golden("comments");
}

#[test]
fn bodies() {
    golden("bodies");
}

#[test]
fn places() {
    golden("places");
}

/// All that is not a block's own is kept to the byte, and blocks have the line ends of their file.
#[test]
fn windows_line_ends() {
    for name in [
        "heads",
        "attributes",
        "steps",
        "comments",
        "bodies",
        "places",
        "waits",
    ] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let read = |end| fs::read_to_string(folder.join(name).with_extension(end));
        let windows = |text: String| text.replace('\n', "\r\n");
        let before = windows(read("in").expect("it is there"));
        let after = windows(read("out").expect("it is there"));
        assert!(
            format(&before).text == after,
            "{name} becomes:\n{}",
            format(&before).text
        );
        assert!(
            format(&after).text == after,
            "{name}, formatted, becomes something else"
        );
    }
}

#[test]
fn events() {
    golden("events");
}

#[test]
fn waits() {
    golden("waits");
}
