//! Runs every example of one file: each ends with what it claims, asserted.

use std::{env, ffi::OsStr, fs, process::Command};

/// A line without the digits of a key that each new store has for itself.
fn without_life(line: impl AsRef<str>) -> String {
    let line = line.as_ref();
    match line.split_once("key=s2") {
        Some((call, key)) => format!("{call}key=s2{}", &key[4..]),
        None => line.to_owned(),
    }
}

#[test]
fn every_example_runs() {
    let test = env::current_exe().expect("the path of this test");
    let profile = test.ancestors().nth(2).expect("a test stands in `deps`");
    let sources = saga_tests::root().join("examples");
    let mut ran = 0;
    for entry in fs::read_dir(sources).expect("the folder of the examples") {
        let source = entry.expect("an entry of that folder").path();
        if source.extension() != Some(OsStr::new("rs")) {
            continue;
        }
        let name = source.file_stem().expect("a file has a name");
        let example = profile.join("examples").join(name);
        let example = example.with_extension(env::consts::EXE_EXTENSION);
        let output = Command::new(&example).output();
        let output = output.unwrap_or_else(|error| {
            // `cargo test -p saga-tests` does not build them.
            panic!(
                "{}: {error}: run `cargo build --examples`, or `cargo test` as a whole",
                example.display()
            )
        });
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}: {told}",
            name.to_string_lossy()
        );
        if name == "readme" {
            let said = String::from_utf8_lossy(&output.stdout);
            let quoted = saga_tests::quoted_in_readme("cargo run --example readme");
            let said: Vec<_> = said.lines().map(without_life).collect();
            let quoted: Vec<_> = quoted.into_iter().map(without_life).collect();
            assert_eq!(said, quoted);
        }
        if name == "interference" {
            let said = String::from_utf8_lossy(&output.stdout);
            let quoted = saga_tests::blocks(&saga_tests::read("docs/testing.md"), "text");
            assert!(
                quoted.iter().any(|block| *block == said.trim_end()),
                "{said}"
            );
        }
        ran += 1;
    }
    assert!(ran >= 12, "{ran} examples");
}
