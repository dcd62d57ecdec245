//! The code of the pages is that of programs which compile and run: the modules here. A page shows a
//! part of a program, so that nothing is hidden in it.

use saga_tests::{read, root};
use std::{fs, path::Path};

/// A module for each page with code of its own, as the page has it: rustfmt does not look into a macro.
macro_rules! programs {
    ($($page:ident)*) => {$(
        #[allow(dead_code, unused, unreachable_pub, clippy::all, clippy::pedantic, reason = "parts of a page")]
        mod $page;
    )*};
}

programs! {
    analysis
    changing
    coming_from
    durable
    error_types
    errors
    fleet
    isolation
    language
    loops
    lost_answer
    operations
    outcomes
    promises
    recipes
    retrying
    sagas_in_sagas
    some_may_fail
    testing
    vendors
    waiting
}

/// Pages whose programs are made from them, whole: `tutorial`.
const WHOLE: [&str; 2] = ["docs/guide/tutorial.md", "docs/guide/going_durable.md"];

/// Where programs are that pages may quote.
const PROGRAMS: [&str; 3] = ["tests/pages", "examples", "saga-restate/examples"];

/// The files below a folder with this ending.
fn files(folder: &str, ending: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            if entry.file_name() != "target" {
                found.extend(files(&path, ending));
            }
        } else if path.ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// A text without what depends on where it stands.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The blocks of Rust in a page.
fn rust(page: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```rust") {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// Whether a program has each paragraph of a block, in this order. What the page leaves out stands between
/// them: at an empty line, or where a comment `…` says so.
fn has(program: &str, block: &str) -> bool {
    let program = format!(" {program} ");
    let mut rest = program.as_str();
    let lines: Vec<_> = block.lines().map(str::trim).collect();
    let paragraphs = lines.split(|line| line.is_empty() || *line == "// …");
    let mut paragraphs = paragraphs.filter(|paragraph| !paragraph.is_empty());
    paragraphs.all(|paragraph| {
        let paragraph = format!(" {} ", words(&paragraph.join(" ")));
        let at = rest.find(&paragraph);
        if let Some(at) = at {
            rest = &rest[at + paragraph.len() - 1..];
        }
        at.is_some()
    })
}

#[test]
fn all_code_of_a_page_is_part_of_a_program() {
    let programs = PROGRAMS.iter().flat_map(|folder| files(folder, ".rs"));
    let programs: Vec<_> = programs.map(|program| words(&read(program))).collect();
    let mut quoted = 0;
    let mut missing = Vec::new();
    for page in files("docs", ".md") {
        if WHOLE.contains(&page.as_str()) {
            continue;
        }
        for block in rust(&read(&page)) {
            quoted += 1;
            if !programs.iter().any(|program| has(program, &block)) {
                missing.push(format!("{page}: no program has\n{block}\n"));
            }
        }
    }
    assert!(quoted > 20, "{quoted} blocks");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Types of the API whose methods pages name, as `Engine::resume`.
const TYPES: [&str; 7] = [
    "Builder", "Client", "Engine", "Handle", "Options", "Order", "Workflow",
];

/// The names in a text, in order, with what is between them left out.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    parts.filter(|part| !part.is_empty())
}

/// The methods of these types in a source, with their types.
fn methods(source: &str) -> Vec<(String, String)> {
    let (mut found, mut of) = (Vec::new(), None);
    for line in source.lines() {
        if line.starts_with("impl") {
            of = names(line).find(|name| TYPES.contains(name));
        } else if let Some((before, after)) = line.split_once("fn ") {
            let is_public = before.trim_start().starts_with("pub ");
            if let (Some(of), true, Some(name)) = (of, is_public, names(after).next()) {
                found.push((of.to_owned(), name.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_method_that_a_page_names_is_there() {
    let crates = ["console", "engine", "postgres", "restate", "sqlite"];
    let sources = crates.map(|name| files(&format!("saga-{name}/src"), ".rs"));
    let there: Vec<_> = sources
        .concat()
        .iter()
        .flat_map(|source| methods(&read(source)))
        .collect();
    let (mut named, mut missing) = (0, Vec::new());
    for page in files("docs", ".md") {
        let text = read(&page);
        for part in text.split('`').skip(1) {
            let Some((of, name)) = part.split_once("::") else {
                continue;
            };
            let Some(name) = names(name).next().filter(|_| TYPES.contains(&of)) else {
                continue;
            };
            named += 1;
            let is_there = there.iter().any(|(a, b)| a == of && b == name);
            if !is_there && name.starts_with(char::is_lowercase) {
                missing.push(format!("{page}: {of}::{name}"));
            }
        }
    }
    assert!(named > 40, "{named} names");
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn a_method_that_is_not_there_is_found() {
    let source = "impl<S> Engine {\n    pub async fn resume(&self) {}\n    fn hidden() {}\n}\nimpl Other {\n    pub fn cancel() {}\n}\n";
    assert_eq!(
        methods(source),
        [("Engine".to_owned(), "resume".to_owned())]
    );
}

/// The pages that GitHub shows: those of the folder, and what each package says of itself.
fn shown() -> Vec<String> {
    let mut pages = [files("docs", ".md"), files("examples", ".md")].concat();
    pages.push("README.md".to_owned());
    for entry in fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name();
        let readme = format!("{}/README.md", name.to_str().unwrap());
        if readme.starts_with("saga-") && root().join(&readme).exists() {
            pages.push(readme);
        }
    }
    pages
}

/// GitHub shows what rustdoc and mdBook hide.
#[test]
fn no_page_has_a_hidden_line() {
    let pages = shown();
    assert!(pages.contains(&"saga-classify/README.md".to_owned()));
    let hidden = pages.into_iter().flat_map(|page| {
        let blocks = rust(&read(&page)).join("\n");
        let lines = blocks
            .lines()
            .filter(|line| *line == "#" || line.starts_with("# "));
        lines
            .map(|line| format!("{page}: {line}"))
            .collect::<Vec<_>>()
    });
    assert_eq!(hidden.collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn every_program_is_compiled() {
    let list = read("tests/pages.rs");
    for program in files("tests/pages", ".rs") {
        let name = Path::new(&program).file_stem().unwrap().to_str().unwrap();
        assert!(list.contains(&format!("    {name}\n")), "{program}");
    }
}

#[test]
fn what_no_program_has_is_found() {
    let program = words("fn a() {\n    b();\n    hidden();\n    c();\n}\n");
    assert!(has(&program, "fn a() {\n  b();\n  // …\n  c();\n}"));
    assert!(has(&program, "b();\n\nc();"));
    assert!(!has(&program, "c();\n\nb();"));
    assert!(!has(&program, "b();\nc();"));
    assert!(!has(&program, "hidden"));
    assert_eq!(
        rust("```rust\na\n```\n```text\nb\n```\n```rust,ignore\nc\n```\n"),
        ["a", "c"]
    );
}
