//! What a `rustfmt.toml` says of lines, and that rustfmt and `cargo saga fmt` agree under it.
//!
//! `sagas.in` becomes `NAME.out` under each of the [`SETTINGS`]. With `OVERWRITE_GOLDEN=1` the
//! latter are written anew, and then read.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use typed_saga_fmt::{Error, Formatted, Rustfmt};

/// Names, and what a `rustfmt.toml` says.
const SETTINGS: [(&str, &str); 5] = [
    ("default", ""),
    ("tabs", "hard_tabs = true\n"),
    ("two_spaces", "tab_spaces = 2\n"),
    ("narrow", "max_width = 60\n"),
    (
        "wide_tabs",
        "hard_tabs = true\ntab_spaces = 8\nmax_width = 120\n",
    ),
];

fn folder(file: &str, settings: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room");
    fs::write(folder.path().join(file), settings).expect("there is room");
    folder
}

fn format(text: &str, folder: &Path) -> Result<Formatted, Error> {
    let rustfmt = Rustfmt {
        program: "rustfmt".into(),
        edition: "2024".to_owned(),
        folder: folder.to_owned(),
    };
    typed_saga_fmt::format(text, &rustfmt)
}

fn ours(text: &str, folder: &Path) -> String {
    let formatted = format(text, folder).expect("rustfmt runs");
    assert_eq!(formatted.warnings, []);
    formatted.text
}

/// `text` after rustfmt alone.
fn rustfmt(text: &str, folder: &Path) -> String {
    let mut child = Command::new("rustfmt")
        .args(["--quiet", "--edition", "2024"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("it was asked for");
    stdin.write_all(text.as_bytes()).expect("it reads");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{text}");
    String::from_utf8(output.stdout).expect("it is text")
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(path);
    fs::read_to_string(path).expect("it is there")
}

#[test]
fn lines_are_as_rustfmt_is_configured() {
    let before = read("settings/sagas.in");
    for (name, settings) in SETTINGS {
        let folder = folder("rustfmt.toml", settings);
        let after = ours(&before, folder.path());
        let out = format!("settings/{name}.out");
        if std::env::var_os("OVERWRITE_GOLDEN").is_some() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("tests")
                .join(&out);
            fs::write(path, &after).expect("it can be written");
        }
        assert!(after == read(&out), "{name}:\n{after}");
    }
}

/// Whatever is there at first: once both have run, neither finds anything to change.
#[test]
fn rustfmt_changes_nothing_of_it() {
    let golden = [
        "heads",
        "attributes",
        "steps",
        "comments",
        "bodies",
        "waits",
    ];
    let golden = golden.map(|name| format!("golden/{name}.in"));
    for path in golden.iter().map(String::as_str).chain([
        "golden/places.in",
        "golden/events.in",
        "settings/sagas.in",
    ]) {
        let text = read(path);
        for (name, settings) in SETTINGS {
            let folder = folder("rustfmt.toml", settings);
            let once = ours(&rustfmt(&text, folder.path()), folder.path());
            let again = rustfmt(&once, folder.path());
            assert!(
                again == once,
                "{path}, {name}: rustfmt changes\n{once}\nto\n{again}"
            );
            let again = ours(&once, folder.path());
            assert!(
                again == once,
                "{path}, {name}: it changes\n{once}\nto\n{again}"
            );
        }
    }
}

/// As rustfmt looks for it: in the folder of the file, or above it, with or without a dot.
#[test]
fn the_configuration_is_that_of_the_folder() {
    let text = "saga!{saga A()->Result<u8,E>{1}}\n";
    let tabs = "saga! {\n\tsaga A() -> Result<u8, E> {\n\t\t1\n\t}\n}\n";
    for file in ["rustfmt.toml", ".rustfmt.toml"] {
        let folder = folder(file, "hard_tabs = true\n");
        let below = folder.path().join("src/deep");
        fs::create_dir_all(&below).expect("there is room");
        assert_eq!(ours(text, &below), tabs, "{file}");
        fs::write(below.join("rustfmt.toml"), "").expect("there is room");
        assert_eq!(ours(text, &below), tabs.replace('\t', "    "), "{file}");
    }
}

#[test]
fn where_rustfmt_is_disabled_nothing_is_formatted() {
    let folder = folder("rustfmt.toml", "disable_all_formatting = true\n");
    let text = "saga!{saga A()->Result<u8,E>{1}}\n";
    assert_eq!(ours(text, folder.path()), text);
}

#[test]
fn a_configuration_that_cannot_be_read_is_an_error() {
    let folder = folder("rustfmt.toml", "max_width = \"wide\"\n");
    let text = "saga!{saga A()->Result<u8,E>{1}}\n";
    let Err(Error::Settings(said)) = format(text, folder.path()) else {
        panic!("it was read")
    };
    assert!(
        said.contains("rustfmt.toml") && said.contains("max_width"),
        "{said}"
    );
    let nothing = format("fn a() {}\n", folder.path()).expect("it is not needed");
    assert_eq!(nothing.text, "fn a() {}\n");
}
