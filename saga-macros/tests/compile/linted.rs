//! No lint is about what only the macro wrote: none of rustc's and Clippy's, all of which are made warnings.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::Value;

use crate::package::Package;

const SAGAS: [(&str, &str); 3] = [
    ("linted-names", include_str!("linted/main.rs")),
    ("linted", include_str!("counted/main.rs")),
    ("linted-durable", include_str!("fixed/main.rs")),
];

/// All lints of Clippy, and those of rustc that are allowed unless one asks for them. Left out: what is
/// about a whole crate, and what a crate turns on for itself alone.
const ALL: [&str; 4] = [
    "clippy::all",
    "clippy::pedantic",
    "clippy::nursery",
    "clippy::restriction",
];
const OF_RUSTC: [&str; 25] = [
    "absolute_paths_not_starting_with_crate",
    "closure_returning_async_block",
    "deref_into_dyn_supertrait",
    "edition_2024_expr_fragment_specifier",
    "elided_lifetimes_in_paths",
    "explicit_outlives_requirements",
    "if_let_rescope",
    "impl_trait_overcaptures",
    "impl_trait_redundant_captures",
    "keyword_idents",
    "let_underscore_drop",
    "missing_debug_implementations",
    "redundant_imports",
    "redundant_lifetimes",
    "single_use_lifetimes",
    "tail_expr_drop_order",
    "trivial_casts",
    "trivial_numeric_casts",
    "unit_bindings",
    "unnameable_types",
    "unused_import_braces",
    "unused_lifetimes",
    "unused_qualifications",
    "unused_results",
    "variant_size_differences",
];

/// Lints about functions, their parameters and their results. A saga has none that its user wrote.
const OF_FUNCTIONS: [&str; 24] = [
    "clippy::fn_params_excessive_bools",
    "clippy::future_not_send",
    "clippy::impl_trait_in_params",
    "clippy::large_futures",
    "clippy::large_types_passed_by_value",
    "clippy::many_single_char_names",
    "clippy::missing_const_for_fn",
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
        let serde = "serde = { version = \"1\", features = [\"derive\"] }";
        let package = Package::program(name, "\"engine\"", serde, sagas);
        if !package.has_clippy() {
            return saga_tests::leave_out("Clippy is not installed");
        }
        wrong.extend(judged(package.cargo(&["clippy"]), package.folder()));
    }
    if saga_tests::is_exhaustive() {
        let library = Package::new("linted-examples");
        let clippy = library.cargo(&["clippy", "--examples"]);
        wrong.extend(judged(clippy, &Package::library()));
    }
    assert!(wrong.is_empty(), "{}", Vec::from_iter(wrong).join("\n"));
}

/// What lints say that is about the macro's code.
fn judged(mut clippy: Command, folder: &Path) -> Vec<String> {
    clippy
        .current_dir(folder)
        .args(["--message-format=json", "--", "--cap-lints=warn"]);
    for lint in ALL.iter().chain(&OF_RUSTC) {
        clippy.args(["-W", lint]);
    }
    let output = clippy.output().expect("cargo can be called");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let lines = String::from_utf8(output.stdout).expect("cargo says text");
    let messages = lines
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let messages: Vec<Value> = messages.collect();
    let lints = messages
        .iter()
        .filter(|said| said["message"]["code"].is_object());
    let lints: Vec<_> = lints.map(|said| &said["message"]).collect();
    assert!(!lints.is_empty(), "lints find something in any program");
    let wrong = lints
        .into_iter()
        .filter(|said| is_about_the_macro(said, folder));
    wrong
        .map(|said| said["rendered"].as_str().unwrap_or_default().to_owned())
        .collect()
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
    let source = fs::read_to_string(folder.join(file)).unwrap_or_default();
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
