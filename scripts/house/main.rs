//! What the project expects of its pages and names, which no user would notice. `scripts/house.sh` runs it
//! in the project's root:
//!
//! ```text
//! rustc --edition 2024 --test scripts/house/main.rs -o target/house && target/house -q
//! ```
//!
//! A text that quotes the program, such as a message or an example, is compared with it by `cargo test`.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

mod guide;
mod links;
mod readme;
mod rules;
mod surface;
mod words;

/// The root of the project.
fn root() -> PathBuf {
    let root = env::current_dir().expect("there is a current folder");
    let is_root = root.join("scripts/house/main.rs").exists();
    assert!(is_root, "run this in the root of the project");
    root
}

/// A file of the project as text, by its path from the root.
fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    let text = fs::read_to_string(root().join(path));
    text.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names in a folder, in order.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root().join(folder));
    let entries = entries.unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.map(|entry| entry.expect("a folder can be read").file_name());
    let names = names.map(|name| name.into_string().expect("names are text"));
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// The paths of the files in a folder with this ending, from the root.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let names = names(folder).into_iter();
    let names = names.filter(|name| name.ends_with(ending));
    names.map(|name| format!("{folder}/{name}")).collect()
}

/// The contents of the code blocks of one language in a page, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == fence {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// Lists all that is wrong, if anything is.
#[track_caller]
fn nothing_is_wrong(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
