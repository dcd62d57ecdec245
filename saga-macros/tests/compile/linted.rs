//! No lint is about what only the macro wrote: none of rustc's and Clippy's, all of which are made warnings.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::package::{Package, printed, said};

const SAGAS: [(&str, &str); 3] = [
    ("linted-names", include_str!("linted/main.rs")),
    ("linted", include_str!("counted/main.rs")),
    ("linted-durable", include_str!("fixed/main.rs")),
];

/// A program that forbids lints: an `allow` in generated code would be an error.
const FORBIDDEN: &str = include_str!("forbidden/main.rs");

/// All lints of Clippy.
const ALL: [&str; 4] = [
    "clippy::all",
    "clippy::pedantic",
    "clippy::nursery",
    "clippy::restriction",
];

/// Lints about functions, their parameters and their results. A saga has none that its user wrote.
const OF_FUNCTIONS: [&str; 25] = [
    "clippy::fn_params_excessive_bools",
    "clippy::future_not_send",
    "clippy::impl_trait_in_params",
    "clippy::large_futures",
    "clippy::large_types_passed_by_value",
    "clippy::many_single_char_names",
    "clippy::missing_const_for_fn",
    "clippy::multiple_bound_locations",
    "clippy::missing_errors_doc",
    "clippy::missing_panics_doc",
    "clippy::must_use_candidate",
    "clippy::needless_lifetimes",
    "clippy::needless_pass_by_ref_mut",
    "clippy::needless_pass_by_value",
    "clippy::ptr_arg",
    "clippy::ref_option",
    "clippy::result_large_err",
    "clippy::result_unit_err",
    "clippy::too_many_arguments",
    "clippy::too_many_lines",
    "clippy::trivially_copy_pass_by_ref",
    "clippy::type_complexity",
    "clippy::unnecessary_wraps",
    "clippy::unused_async",
    "clippy::unused_self",
];

/// What a saga's own items are told that could be no other way: users fill the public structs, nobody reads
/// a field with a `_`, and the order of items is that of the traits.
const OF_TASTE: [&str; 4] = [
    "clippy::arbitrary_source_item_ordering",
    "clippy::exhaustive_structs",
    "clippy::field_scoped_visibility_modifiers",
    "clippy::partial_pub_fields",
];

#[test]
fn no_lint_is_about_what_the_macro_wrote() {
    let mut wrong = BTreeSet::new();
    for (name, sagas) in SAGAS {
        let package = program(name, sagas);
        if !package.has_clippy() {
            return saga_tests::leave_out("Clippy is not installed");
        }
        wrong.extend(judged(&package, &["clippy"]));
    }
    if saga_tests::is_exhaustive() {
        wrong.extend(of_examples());
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n"));
}

#[test]
fn lints_may_be_forbidden() {
    let package = program("linted-forbidden", FORBIDDEN);
    if !package.has_clippy() {
        return saga_tests::leave_out("Clippy is not installed");
    }
    assert_eq!(said(&mut package.cargo(&["clippy"])), "");
}

fn program(name: &str, sagas: &str) -> Package {
    let serde = "serde = { version = \"1\", features = [\"derive\"] }";
    Package::program(name, "\"engine\"", serde, sagas)
}

/// What lints say about the sagas of all examples, by this toolchain and by the nightly one.
fn of_examples() -> BTreeSet<String> {
    let library = Package::library();
    let folders = fs::read_dir(library.join("examples")).expect("there are examples");
    let folders = folders.map(|entry| entry.expect("a folder can be read").path());
    let manifest = |folder: &PathBuf| fs::read_to_string(folder.join("Cargo.toml")).ok();
    let packages = folders.filter_map(|folder| Some((manifest(&folder)?, folder)));
    let (alone, members): (Vec<_>, Vec<_>) =
        packages.partition(|(manifest, _)| manifest.contains("[workspace]"));
    let alone: Vec<_> = alone.into_iter().map(|it| copied(&library, it)).collect();
    let mut arguments = vec!["clippy".to_owned(), "--examples".to_owned()];
    for (manifest, _) in &members {
        let name = manifest.split('"').nth(1).expect("a package has a name");
        arguments.extend(["-p".to_owned(), name.to_owned()]);
    }
    arguments.extend(["-p".to_owned(), "typed-saga".to_owned()]);
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let mut wrong = BTreeSet::new();
    for toolchain in [None, Some("nightly")] {
        let whole = Package::at(library.clone()).with(toolchain);
        if !whole.has_clippy() {
            saga_tests::leave_out("there is no nightly toolchain with Clippy");
            continue;
        }
        wrong.extend(judged(&whole, &arguments));
        for folder in &alone {
            let package = Package::at(folder.clone()).with(toolchain);
            wrong.extend(judged(&package, &["clippy"]));
        }
    }
    wrong
}

/// A copy of an example that is a workspace of its own: what cargo writes beside it stays in that folder.
fn copied(library: &Path, (manifest, example): (String, PathBuf)) -> PathBuf {
    let name = example.file_name().expect("an example has a name");
    let package = Package::new(&format!("linted-{}", name.display()));
    let manifest = manifest.replace("\"../..", &format!("\"{}", library.display()));
    package.write("Cargo.toml", &manifest);
    for file in fs::read_dir(example.join("src")).expect("it has sources") {
        let file = file.expect("a folder can be read").path();
        let source = fs::read_to_string(&file).expect("a source can be read");
        let name = file.file_name().expect("a file has a name");
        package.write(&format!("src/{}", name.display()), &source);
    }
    package.folder().to_owned()
}

/// What lints say that is about the macro's code.
fn judged(package: &Package, arguments: &[&str]) -> Vec<String> {
    let mut clippy = package.cargo(arguments);
    clippy.args(["--message-format=json", "--", "--cap-lints=warn"]);
    let lints = ALL.map(ToOwned::to_owned).into_iter();
    for lint in lints.chain(allowed_by_rustc(package)) {
        clippy.args(["-W", &lint]);
    }
    let output = clippy.output().expect("cargo can be called");
    let said = String::from_utf8_lossy(&output.stderr);
    if said.contains("--offline") {
        let folder = package.folder().display();
        saga_tests::leave_out(&format!("what {folder} needs is not on this machine"));
        return Vec::new();
    }
    assert!(output.status.success(), "{said}");
    let lines = String::from_utf8(output.stdout).expect("cargo says text");
    let messages = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let messages: Vec<Value> = messages.collect();
    let lints = messages
        .iter()
        .filter(|said| said["message"]["code"].is_object() && is_of_a_program(said));
    let lints: Vec<_> = lints.map(|said| &said["message"]).collect();
    assert!(!lints.is_empty(), "lints find something in any program");
    let wrong = lints
        .into_iter()
        .filter(|said| is_about_the_macro(said, package.folder()));
    wrong
        .map(|said| said["rendered"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// The library's own sources, with which its examples are built, have no saga in them.
fn is_of_a_program(said: &Value) -> bool {
    let kinds = said["target"]["kind"].as_array();
    let mut kinds = kinds.expect("a target has kinds").iter();
    kinds.any(|kind| kind == "bin" || kind == "example")
}

/// All lints of rustc that are allowed unless one asks for them.
fn allowed_by_rustc(package: &Package) -> Vec<String> {
    let help = printed(package.rustc().args(["-W", "help"]));
    let rows = help.lines().map(|line| line.split_whitespace());
    let allowed = rows.filter_map(|mut row| Some((row.next()?, row.next()?)));
    let allowed = allowed.filter(|(_, level)| *level == "allow");
    allowed.map(|(name, _)| name.replace('-', "_")).collect()
}

/// Whether the place is the whole saga, or the subject is a function, or a name that nobody wrote.
fn is_about_the_macro(said: &Value, folder: &Path) -> bool {
    let spans = said["spans"].as_array().expect("a message has spans");
    let mut primary = spans.iter().filter(|span| span["is_primary"] == true);
    let is_whole = primary.clone().any(|span| {
        let by = span["expansion"]["macro_decl_name"].as_str();
        by.is_some_and(|by| by.ends_with("saga!"))
    });
    let code = said["code"]["code"].as_str().unwrap_or_default();
    let message = said["message"].as_str().unwrap_or_default();
    let is_of_function =
        OF_FUNCTIONS.contains(&code) && primary.any(|span| is_in_a_saga(span, folder));
    let is_whole = is_whole && !OF_TASTE.contains(&code);
    is_whole || is_of_function || message.contains("`__")
}

/// Whether this place is in a call of `saga!`, which ends at the next brace with its indentation.
fn is_in_a_saga(span: &Value, folder: &Path) -> bool {
    let file = span["file_name"].as_str().expect("a place is in a file");
    // What is said of a dependency is about no saga.
    let Ok(source) = fs::read_to_string(folder.join(file)) else {
        assert!(
            file.starts_with('/'),
            "{file} is not in {}",
            folder.display()
        );
        return false;
    };
    let line = span["line_start"].as_u64().expect("a place has a line");
    let mut end = None;
    for (number, text) in (1..).zip(source.lines()) {
        if end.as_deref() == Some(text) {
            end = None;
        } else if end.is_none() && text.ends_with("saga! {") {
            end = Some(format!(
                "{}}}",
                " ".repeat(text.len() - text.trim_start().len())
            ));
        }
        if number == line {
            return end.is_some();
        }
    }
    false
}
