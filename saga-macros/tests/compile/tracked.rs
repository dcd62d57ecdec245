//! Packages with a file of released versions, built by cargo: when it compiles them again, and when the
//! file does not count. And one without the feature that it needs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A package with one saga, in a folder of its own.
struct Package {
    folder: PathBuf,
}

const SAGA: &str = "
saga::saga! {
    #[classify(saga::transient)] #[timeout(1s)]
    pub durable saga BookTrip() -> Result<_, String> {
        read rates() -> u8 { Ok(1) }

        read hotel() -> u8 { Ok(1) }
    }
}
";

/// Before `rates` was there.
const RELEASED: &str = concat!(
    r#"{"saga":"BookTrip","released":"2026-11-01","fingerprint":"3f9c0d2e11aa77b5","definition":"#,
    r#"{"name":"BookTrip","durable":true,"classified":true,"inputs":[],"services":[],"output":"()","#,
    r#""error":"String","steps":[{"name":"hotel","kind":"read","effect":"u8","timeout_ms":1000}]}}"#,
    "\n",
);

/// What cargo says of the saga and that file.
const ERROR: &str = "error: runs of a released version may have passed this place without `rates`";

impl Package {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(fs::remove_dir_all(&folder));
        let package = Self { folder };
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let root = root.canonicalize().expect("the project has a folder");
        let lock =
            fs::read_to_string(root.join("Cargo.lock")).expect("the project has a lock file");
        package.write("Cargo.lock", &lock);
        package.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\ntyped-saga = {{ path = '{}', features = [\"durable\"] }}\n\n[workspace]\n",
                root.display()
            ),
        );
        package.write("src/lib.rs", SAGA);
        package
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        let parent = path.parent().expect("it is in the folder");
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// What is said when the package is checked; the empty text if nothing is wrong.
    fn check(&self, released: Option<&str>) -> String {
        self.check_all(&[], released)
    }

    fn check_all(&self, targets: &[&str], released: Option<&str>) -> String {
        // Asked at run time: another cargo need not build this anew.
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(["check", "--quiet", "--offline", "--color=never"])
            .args(targets)
            .arg("--target-dir")
            // All packages, whose names differ, share what they depend on.
            .arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("trips-target"))
            .current_dir(&self.folder)
            .env_remove("CARGO_TARGET_TMPDIR")
            .env_remove("SAGA_RELEASED");
        if let Some(released) = released {
            command.env("SAGA_RELEASED", released);
        }
        let output = command.output().expect("cargo can be called");
        let said = String::from_utf8(output.stderr).expect("cargo says text");
        assert_eq!(output.status.success(), said.is_empty(), "{said}");
        said
    }
}

#[test]
fn cargo_compiles_a_saga_again_when_the_file_or_the_switch_has_changed() {
    let package = Package::new("trips-tracked");
    assert_eq!(package.check(None), "");
    package.write("sagas.released", RELEASED);
    // Cargo learns of the file when it compiles the package with it.
    package.write("src/lib.rs", SAGA);
    let said = package.check(None);
    assert!(said.starts_with(ERROR), "{said}");
    let errors = said.lines().filter(|line| line.starts_with("error"));
    let expected = [
        ERROR,
        "error: could not compile `trips-tracked` (lib) due to 1 previous error",
    ];
    assert_eq!(errors.collect::<Vec<_>>(), expected, "{said}");
    assert_eq!(package.check(Some("off")), "");
    let said = package.check(Some("on"));
    assert!(said.starts_with(ERROR), "{said}");
    package.write("sagas.released", "");
    assert_eq!(package.check(None), "");
    package.write("sagas.released", RELEASED);
    assert!(package.check(None).starts_with(ERROR));
}

#[test]
fn a_dependency_never_fails_to_compile_because_of_the_file() {
    for marker in [".cargo-ok", ".cargo-checksum.json"] {
        let package = Package::new("trips-dependency");
        package.write("sagas.released", RELEASED);
        package.write(marker, "");
        assert_eq!(package.check(None), "", "{marker}");
        fs::remove_file(package.folder.join(marker)).expect("it is there");
        package.write("src/lib.rs", SAGA);
        assert!(package.check(None).starts_with(ERROR));
    }
}

#[test]
fn integration_tests_are_not_compared() {
    let package = Package::new("trips-tests");
    package.write("sagas.released", RELEASED);
    package.write("src/lib.rs", "");
    package.write("tests/trip.rs", &format!("#![allow(dead_code)]\n{SAGA}"));
    assert_eq!(package.check_all(&["--tests"], None), "");
    // Unit tests are.
    package.write("src/lib.rs", &format!("#[cfg(test)]\nmod tests {{{SAGA}}}"));
    assert!(package.check_all(&["--tests"], None).starts_with(ERROR));
}

#[test]
fn a_missing_feature_is_one_error() {
    let package = Package::new("trips-without-durable");
    let manifest = fs::read_to_string(package.folder.join("Cargo.toml")).expect("it is there");
    package.write(
        "Cargo.toml",
        &manifest.replace(", features = [\"durable\"]", ""),
    );
    let said = package.check(None);
    let errors = said.lines().filter(|line| line.starts_with("error"));
    let expected = [
        "error: a `durable saga` needs the feature `durable` of the crate `typed-saga`",
        "error: could not compile `trips-without-durable` (lib) due to 1 previous error",
    ];
    assert_eq!(errors.collect::<Vec<_>>(), expected, "{said}");
}
