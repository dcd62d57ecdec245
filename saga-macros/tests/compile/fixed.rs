//! What rustc and Clippy mend by themselves does not change what a saga means.

use std::{fs, process::Command};

use serde_json::Value;

use crate::package::{Package, printed};

const SAGAS: &str = include_str!("fixed/main.rs");

/// Parts of these sagas that rustc mends: a local, and names and types of each kind.
const BY_RUSTC: [&str; 14] = [
    "let mut spare_mut",
    "let spare_local",
    "use std::fmt::Write;",
    ", spare_input: u64",
    ", spare_number: u64",
    ", spare_shop: Shop",
    "step reserved(shop, nights, key)",
    "compensate(shop, reserved, key, failure)",
    "when(nights, shop => (*nights == 1))",
    "step noted(shop, ctx, key)",
    "for spare_item: u64",
    "emit(paid, packed =>",
    "std::string::String {",
    "(paid + 1000000)",
];

/// Parts that Clippy mends.
const BY_CLIPPY: [&str; 3] = [
    "return Ok(())",
    "-> std::num::NonZeroU64",
    "#[allow(unused_variables)]",
];

#[test]
fn no_fixer_changes_what_a_saga_means() {
    let package = package();
    let before = meaning(&package);
    let tools = [("fix", &BY_RUSTC[..]), ("clippy", &BY_CLIPPY)];
    for (tool, mended) in tools {
        if tool == "clippy" && !package.has_clippy() {
            saga_tests::leave_out("Clippy is not installed: it mends nothing");
            continue;
        }
        let fix: &[&str] = if tool == "fix" {
            &["fix", "--broken-code", "--allow-no-vcs"]
        } else {
            &["clippy", "--fix", "--broken-code", "--allow-no-vcs"]
        };
        printed(&mut package.cargo(fix));
        let source = fs::read_to_string(package.folder().join("src/main.rs")).unwrap();
        for part in mended {
            assert!(SAGAS.contains(part), "`{part}` is in the sagas");
            assert!(!source.contains(part), "`{tool}` leaves `{part}`: {source}");
        }
        assert_eq!(meaning(&package), before, "{source}");
    }
}

fn package() -> Package {
    let serde = "serde = { version = \"1\", features = [\"derive\"] }";
    Package::program("fixed", "\"engine\"", serde, SAGAS)
}

/// What the sagas are, what they do under which keys, their journals, and what they add to
/// `sagas.released`, with which they are compiled from then on.
fn meaning(package: &Package) -> Vec<String> {
    let file = package.folder().join("sagas.released");
    printed(&mut package.cargo(&["build"]));
    drop(fs::remove_file(&file));
    let program = package.target().join("debug/fixed");
    let mut program = Command::new(program);
    program
        .current_dir(package.folder())
        .env("SAGA_RELEASED", "write");
    let mut lines = printed(&mut program);
    lines += &fs::read_to_string(&file).expect("the program writes it");
    lines.lines().map(essence).collect()
}

/// A line without what may differ: where the saga is in its file, when it was released, and how the path
/// of a type is written.
fn essence(line: &str) -> String {
    let Ok(mut json) = serde_json::from_str::<Value>(line) else {
        return line.to_owned();
    };
    strip(&mut json);
    json.to_string()
}

fn strip(json: &mut Value) {
    match json {
        Value::Object(fields) => {
            for field in ["line", "released", "fingerprint"] {
                fields.remove(field);
            }
            fields.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::String(text) => {
            for path in [
                "std::primitive::",
                "std::string::",
                "std::num::",
                "core::num::",
            ] {
                *text = text.replace(path, "");
            }
        }
        _ => {}
    }
}
