//! Packages with a file of released versions, built by cargo: when it compiles them again, and when the
//! file does not count. And one without the feature that it needs.

use crate::package::{Package, said};
use std::{fs, os::unix::fs::PermissionsExt};

const SAGA: &str = "
typed_saga::saga! {
    #[classify(typed_saga::transient)] #[timeout(1s)]
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

/// A package with one saga.
fn trips(name: &str) -> Package {
    let package = Package::new(name);
    package.write(
        "Cargo.toml",
        &format!(
            "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
             [dependencies]\ntyped-saga = {{ path = '{}', features = [\"durable\"] }}\n\n[workspace]\n",
            Package::library().display()
        ),
    );
    package.write("src/lib.rs", SAGA);
    package
}

/// What is said when the package is checked; the empty text if nothing is wrong.
fn check(package: &Package, released: Option<&str>) -> String {
    check_all(package, &[], released)
}

fn check_all(package: &Package, targets: &[&str], released: Option<&str>) -> String {
    let mut command = package.cargo(&[&["check"], targets].concat());
    if let Some(released) = released {
        command.env("SAGA_RELEASED", released);
    }
    said(&mut command)
}

#[test]
fn cargo_compiles_a_saga_again_when_the_file_or_the_switch_has_changed() {
    let package = trips("trips-tracked");
    assert_eq!(check(&package, None), "");
    package.write("sagas.released", RELEASED);
    // Cargo learns of the file when it compiles the package with it.
    package.write("src/lib.rs", SAGA);
    let said = check(&package, None);
    assert!(said.starts_with(ERROR), "{said}");
    let errors = said.lines().filter(|line| line.starts_with("error"));
    let expected = [
        ERROR,
        "error: could not compile `trips-tracked` (lib) due to 1 previous error",
    ];
    assert_eq!(errors.collect::<Vec<_>>(), expected, "{said}");
    assert_eq!(check(&package, Some("off")), "");
    let said = check(&package, Some("on"));
    assert!(said.starts_with(ERROR), "{said}");
    package.write("sagas.released", "");
    assert_eq!(check(&package, None), "");
    package.write("sagas.released", RELEASED);
    assert!(check(&package, None).starts_with(ERROR));
}

#[test]
fn a_dependency_never_fails_to_compile_because_of_the_file() {
    for marker in [".cargo-ok", ".cargo-checksum.json"] {
        let package = trips("trips-dependency");
        package.write("sagas.released", RELEASED);
        package.write(marker, "");
        assert_eq!(check(&package, None), "", "{marker}");
        fs::remove_file(package.folder().join(marker)).expect("it is there");
        package.write("src/lib.rs", SAGA);
        assert!(check(&package, None).starts_with(ERROR));
    }
}

#[test]
fn integration_tests_are_not_compared() {
    let package = trips("trips-tests");
    package.write("sagas.released", RELEASED);
    package.write("src/lib.rs", "");
    package.write("tests/trip.rs", &format!("#![allow(dead_code)]\n{SAGA}"));
    assert_eq!(check_all(&package, &["--tests"], None), "");
    // Unit tests are.
    package.write("src/lib.rs", &format!("#[cfg(test)]\nmod tests {{{SAGA}}}"));
    assert!(check_all(&package, &["--tests"], None).starts_with(ERROR));
}

#[test]
fn examples_in_documentation_are_not_compared() {
    let example = SAGA.trim().replace('\n', "\n/// ");
    for edition in ["2021", "2024"] {
        let package = trips(&format!("trips-documented-{edition}"));
        let manifest = fs::read_to_string(package.folder().join("Cargo.toml"));
        let manifest = manifest.expect("it is there").replace("2024", edition);
        package.write("Cargo.toml", &manifest);
        let documented = format!(
            "/// ```\n/// {example}\n/// ```\n/// ```\n/// {example}\n/// ```\npub fn f() {{}}"
        );
        package.write("src/lib.rs", &documented);
        package.write("sagas.released", RELEASED);
        assert_eq!(
            said(&mut package.cargo(&["test", "--doc"])),
            "",
            "{edition}"
        );
        // The package itself is.
        package.write("src/lib.rs", &format!("{documented}\n{SAGA}"));
        assert!(check(&package, None).starts_with(ERROR), "{edition}");
    }
}

/// As under a build tool that names the package by its path in the repository.
#[test]
fn the_folder_of_the_package_may_be_relative() {
    let package = trips("trips-relative");
    // Cargo calls rustc where the workspace is.
    package.write(
        "rustc.sh",
        "#!/bin/sh\n[ -z \"$CARGO_PRIMARY_PACKAGE\" ] || export CARGO_MANIFEST_DIR=.\nexec \"$@\"\n",
    );
    let wrapper = package.folder().join("rustc.sh");
    let executable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&wrapper, executable).expect("it may be called");
    package.write("sagas.released", RELEASED);
    let relative = || {
        said(
            package
                .cargo(&["check"])
                .env("RUSTC_WORKSPACE_WRAPPER", &wrapper),
        )
    };
    assert!(relative().starts_with(ERROR));
    // What is compiled again when the file changes is this package.
    package.write("sagas.released", "");
    assert_eq!(relative(), "");
    package.write("sagas.released", RELEASED);
    assert!(relative().starts_with(ERROR));
}

#[test]
fn a_missing_feature_is_one_error() {
    let package = trips("trips-without-durable");
    let manifest = fs::read_to_string(package.folder().join("Cargo.toml")).expect("it is there");
    package.write(
        "Cargo.toml",
        &manifest.replace(", features = [\"durable\"]", ""),
    );
    let said = check(&package, None);
    let errors = said.lines().filter(|line| line.starts_with("error"));
    let expected = [
        "error: a `durable saga` needs the feature `durable` of the crate `typed-saga`",
        "error: could not compile `trips-without-durable` (lib) due to 1 previous error",
    ];
    assert_eq!(errors.collect::<Vec<_>>(), expected, "{said}");
}
