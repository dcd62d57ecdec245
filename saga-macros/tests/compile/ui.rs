//! What the compiler says about sagas that must not compile: what was read and approved.

use std::{
    fs,
    path::{Path, PathBuf},
};

// All in one `cargo check`, which a case that must compile would make one after the other.
#[test]
fn ui() {
    // The cases are compiled as a package in this folder, whose released versions are these.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("..");
    let package = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"));
    let copied = fs::create_dir_all(&package)
        .and_then(|()| fs::copy("tests/ui/sagas.released", package.join("sagas.released")));
    copied.expect("the released versions can be copied");
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}

/// The path, the source and the expected output of each case.
fn cases() -> Vec<(PathBuf, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/fail");
    let files = fs::read_dir(folder).expect("there are cases");
    let paths = files.map(|file| file.expect("a case can be read").path());
    let sources = paths.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    let read = |path: &Path| {
        let text = fs::read_to_string(path);
        text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let cases = sources.map(|source| {
        let (case, said) = (read(&source), read(&source.with_extension("stderr")));
        (source, case, said)
    });
    let cases: Vec<_> = cases.collect();
    assert!(cases.len() > 150, "there are {} cases", cases.len());
    cases
}

/// A case has one mistake; one that has more says how many: `// errors: 3. …`.
#[test]
fn c_as_many_errors_as_mistakes() {
    for (source, case, said) in cases() {
        let is_error = |line: &&str| line.starts_with("error:") || line.starts_with("error[");
        let errors = said.lines().filter(is_error).count();
        assert_eq!(errors, mistakes(&case), "in {}", source.display());
    }
}

/// rustc quotes the standard library only where the component `rust-src` is installed, which is not
/// part of rustup's default profile: such a case would fail on a new machine.
#[test]
fn no_case_quotes_the_standard_library() {
    for (source, _, said) in cases() {
        assert!(!quotes_std(&said), "in {}", source.display());
    }
}

/// Whether a place in the standard library is followed by lines of its source.
fn quotes_std(said: &str) -> bool {
    let mut lines = said.lines();
    let is_std = |line: &str| line.contains("--> $RUST/");
    let is_quoted =
        |line: Option<&str>| line.is_some_and(|line| line.trim_start().starts_with('|'));
    while let Some(line) = lines.next() {
        if is_std(line) && is_quoted(lines.next()) {
            return true;
        }
    }
    false
}

#[test]
fn a_quote_of_the_standard_library_is_found() {
    let named = "note: tuple variant defined here\n  --> $RUST/core/src/result.rs\nhelp: …";
    assert!(!quotes_std(named));
    let quoted = named.replace("help:", "   |\n   |     Ok(#[stable(");
    assert!(quotes_std(&quoted));
}

/// What the first line of a case says.
fn mistakes(case: &str) -> usize {
    let marked = case.strip_prefix("// errors: ");
    marked.map_or(1, |marked| {
        let (number, _) = marked.split_once('.').expect("the number ends with a `.`");
        number.parse().expect("that is a number")
    })
}
