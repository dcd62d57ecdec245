//! Compares the public items of each package with the list beside this program, `PACKAGE.txt`.
//!
//! It reads the JSON that rustdoc has written into a folder; `scripts/api.sh` has rustdoc write it. With
//! `OVERWRITE_REFERENCE=1` the lists are written anew, to be read with `git diff`. A list begins with the
//! types of other crates that are part of this API: a breaking release of theirs is one of ours.

use public_api::{Builder, PublicApi, tokens::Token};
use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The libraries that users meet. What generated code uses is hidden from rustdoc, and so from the list.
const LIBRARIES: [&str; 10] = [
    "typed_saga",
    "typed_saga_analysis",
    "typed_saga_classify",
    "typed_saga_conformance",
    "typed_saga_console",
    "typed_saga_core",
    "typed_saga_definition",
    "typed_saga_engine",
    "typed_saga_postgres",
    "typed_saga_sqlite",
];
/// The standard library; two of its modules stand without it where a macro has written so.
const STANDARD: [&str; 5] = ["alloc", "core", "std", "fmt", "marker"];
/// The version of rustdoc's JSON that `public-api` reads.
const FORMAT: &str = "\"format_version\":57";

fn main() -> ExitCode {
    let Some(folder) = env::args().nth(1).map(PathBuf::from) else {
        eprintln!("error: name the folder of rustdoc's JSON");
        return ExitCode::FAILURE;
    };
    match check(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn check(folder: &Path) -> io::Result<()> {
    let overwrite = env::var_os("OVERWRITE_REFERENCE").is_some();
    let mut changed = Vec::new();
    for library in LIBRARIES {
        let json = folder.join(library).with_extension("json");
        if !fs::read_to_string(&json)?.contains(FORMAT) {
            println!(
                "not checked: this rustdoc writes another version of its JSON than `public-api` reads"
            );
            return Ok(());
        }
        let api = Builder::from_rustdoc_json(&json)
            .omit_blanket_impls(true)
            .omit_auto_trait_impls(true)
            .omit_auto_derived_impls(true)
            .build()
            .map_err(io::Error::other)?;
        let list = list(&api);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("{library}.txt"));
        let known = fs::read_to_string(&file).unwrap_or_default();
        if overwrite {
            fs::write(&file, &list)?;
        } else if known != list {
            print_difference(library, &known, &list);
            changed.push(library);
        }
        println!("{library}: {} public items", api.items().count());
    }
    if changed.is_empty() {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "the public API of {} has changed: run scripts/api.sh with OVERWRITE_REFERENCE=1, and read the difference",
        changed.join(", ")
    )))
}

fn list(api: &PublicApi) -> String {
    let mut list = String::new();
    for path in foreign(api) {
        list += &format!("# of another crate: {path}\n");
    }
    for item in api.items() {
        list += &format!("{item}\n");
    }
    list
}

/// The paths in signatures that begin with another crate than the standard library and those of this project.
fn foreign(api: &PublicApi) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in api.items() {
        let mut path = String::new();
        for token in item.tokens().chain([&Token::Whitespace]) {
            match token {
                Token::Symbol(text) if text == "::" && !path.is_empty() => path += text,
                Token::Identifier(text) | Token::Type(text) | Token::Function(text)
                    if path.is_empty() || path.ends_with("::") =>
                {
                    path += text;
                }
                _ => {
                    let first = path.split("::").next().unwrap_or_default();
                    let is_ours = first.starts_with("typed_saga") || STANDARD.contains(&first);
                    if path.contains("::") && !is_ours && first.starts_with(char::is_lowercase) {
                        found.insert(path.clone());
                    }
                    path.clear();
                }
            }
        }
    }
    found
}

fn print_difference(library: &str, known: &str, list: &str) {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (known.lines().collect(), list.lines().collect());
    for line in old.difference(&new) {
        println!("{library}: - {line}");
    }
    for line in new.difference(&old) {
        println!("{library}: + {line}");
    }
}
