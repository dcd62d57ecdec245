//! What the compiler says about sagas that must not compile: what was read and approved.

use std::{fs, path::Path};

// All in one `cargo check`, which a case that must compile would make one after the other.
#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}

/// A case has one mistake; one that has more says how many: `// errors: 3. …`.
#[test]
fn c_as_many_errors_as_mistakes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/fail");
    let mut cases = 0;
    for file in fs::read_dir(folder).expect("there are cases") {
        let source = file.expect("a case can be read").path();
        if source.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let read = |path: &Path| {
            let text = fs::read_to_string(path);
            text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let (case, said) = (read(&source), read(&source.with_extension("stderr")));
        let is_error = |line: &&str| line.starts_with("error:") || line.starts_with("error[");
        let errors = said.lines().filter(is_error).count();
        assert_eq!(errors, mistakes(&case), "in {}", source.display());
        cases += 1;
    }
    assert!(cases > 150, "there are {cases} cases");
}

/// What the first line of a case says.
fn mistakes(case: &str) -> usize {
    let marked = case.strip_prefix("// errors: ");
    marked.map_or(1, |marked| {
        let (number, _) = marked.split_once('.').expect("the number ends with a `.`");
        number.parse().expect("that is a number")
    })
}
