//! `cargo saga fmt` as it is called.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const BEFORE: &str = "fn  a( ) {}\nsaga!{saga A()->Result<u8,E>{1}}\n";
const AFTER: &str = "fn  a( ) {}\nsaga! {\n    saga A() -> Result<u8, E> {\n        1\n    }\n}\n";

fn fmt(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cargo-saga"))
        .args(["saga", "fmt"])
        .args(args)
        .current_dir(folder)
        .env_remove("RUSTFMT")
        .output()
        .expect("it runs")
}

/// A folder with files of this text.
fn folder(files: &[&str], text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    for file in files {
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("there is room");
        fs::write(path, text).expect("there is room");
    }
    folder
}

fn read(folder: &tempfile::TempDir, file: &str) -> String {
    fs::read_to_string(folder.path().join(file)).expect("it is there")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it is text")
}

#[test]
fn without_files_it_formats_all_of_the_folder() {
    let left = ["target/a.rs", "src/target/a.rs", ".git/a.rs", "a.txt"];
    let meant = ["a.rs", "src/deep/b.rs"];
    let folder = folder(&[&left[..], &meant].concat(), BEFORE);
    let output = fmt(folder.path(), &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
    for file in left {
        assert_eq!(read(&folder, file), BEFORE, "{file}");
    }
    for file in meant {
        assert_eq!(read(&folder, file), AFTER, "{file}");
    }
}

#[test]
fn with_files_it_formats_those() {
    let folder = folder(&["a.rs", "b.txt", "c/d.rs", "c/d.txt", "e.rs"], BEFORE);
    let output = fmt(folder.path(), &["e.rs", "b.txt", "c"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    for (file, after) in [
        ("a.rs", BEFORE),
        ("b.txt", AFTER),
        ("c/d.rs", AFTER),
        ("c/d.txt", BEFORE),
        ("e.rs", AFTER),
    ] {
        assert_eq!(read(&folder, file), after, "{file}");
    }
}

#[test]
fn check_shows_what_would_change_and_writes_nothing() {
    let folder = folder(&["a.rs"], BEFORE);
    let output = fmt(folder.path(), &["--check", "a.rs"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let shown = text(&output.stdout);
    assert!(shown.starts_with("--- a.rs\n+++ a.rs\n"), "{shown}");
    assert!(
        shown.contains("\n-saga!{saga A()->Result<u8,E>{1}}\n+saga! {\n"),
        "{shown}"
    );
    assert_eq!(read(&folder, "a.rs"), BEFORE);

    fmt(folder.path(), &[]);
    let output = fmt(folder.path(), &["--check"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn a_warning_names_file_and_line() {
    let folder = folder(&["a.rs"], "\n\nsaga! {\n saga A( ) {} }\n");
    let output = fmt(folder.path(), &["--check"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "nothing would change: {output:?}"
    );
    let said = text(&output.stderr);
    assert!(
        said.starts_with("warning: ./a.rs:4: left as it is: "),
        "{said}"
    );
}

#[test]
fn what_cannot_be_done_is_an_error() {
    let folder = folder(&["a.rs"], BEFORE);
    let output = fmt(folder.path(), &["b.rs"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(
        text(&output.stderr).starts_with("error: b.rs: "),
        "{output:?}"
    );

    let output = Command::new(env!("CARGO_BIN_EXE_cargo-saga"))
        .args(["saga", "fmt", "a.rs"])
        .current_dir(folder.path())
        .env("RUSTFMT", "there-is-no-such-program")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    assert!(
        said.starts_with("error: cannot run `there-is-no-such-program`: "),
        "{said}"
    );
    assert!(said.contains("rustup component add rustfmt"), "{said}");
    assert_eq!(read(&folder, "a.rs"), BEFORE);
}

#[test]
fn a_configuration_that_cannot_be_read_names_the_file() {
    let folder = folder(&["a.rs"], BEFORE);
    fs::write(folder.path().join("rustfmt.toml"), "tab_spaces =\n").expect("there is room");
    let output = fmt(folder.path(), &["a.rs"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    assert!(
        said.starts_with("error: a.rs: rustfmt cannot read its configuration: "),
        "{said}"
    );
    assert_eq!(read(&folder, "a.rs"), BEFORE);
}

#[test]
fn the_edition_is_passed_on() {
    // `async` is no keyword in 2015, and the body of a step is an `async fn` there, too: it cannot
    // be read.
    let text = "saga!{saga A()->Result<u8,E>{read a()->u8{Ok( 1 )} a}}\n";
    let folder = folder(&["a.rs"], text);
    fmt(folder.path(), &["--edition", "2015"]);
    assert!(read(&folder, "a.rs").contains("{Ok( 1 )}"));
    fmt(folder.path(), &["--edition", "2024"]);
    assert!(read(&folder, "a.rs").contains("{ Ok(1) }"));
}
