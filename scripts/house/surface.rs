//! The root of `typed_saga` has what a user of the macro writes, and little else; nor does its documentation.

use crate::{files, names as entries, read, root};

/// With all features; macros aside.
const MOST: usize = 27;

/// The types and traits in the documentation of `typed_saga`, in all modules, as `scripts/words.sh` counts them.
const MOST_TYPES: usize = 103;

#[test]
fn the_root_has_few_names() {
    let names = names(&read("src/lib.rs"));
    assert!(names.contains(&"Outcome".to_owned()), "{names:?}");
    assert!(names.contains(&"engine".to_owned()), "{names:?}");
    assert!(names.contains(&"guide".to_owned()), "{names:?}");
    assert!(
        names.len() <= MOST,
        "{} names at the root: {names:?}",
        names.len()
    );
}

/// `#[doc(hidden)]` on a re-export hides nothing where the facade re-exports the crate as a whole: so it
/// names what it takes of `typed-saga-engine`, one by one.
#[test]
fn a_crate_that_the_facade_shows_as_a_whole_hides_no_re_export() {
    let facade = read("src/lib.rs");
    let crates: Vec<_> = facade
        .lines()
        .filter_map(|line| line.strip_prefix("pub use typed_saga_")?.split_once(" as "))
        .map(|(name, _)| format!("saga-{name}/src/lib.rs"))
        .collect();
    assert_eq!(
        crates,
        ["saga-postgres/src/lib.rs", "saga-sqlite/src/lib.rs"]
    );
    for root in crates {
        let hides = read(&root).contains("#[doc(hidden)]\npub use");
        assert!(
            !hides,
            "the documentation of typed_saga shows what {root} hides"
        );
    }
}

#[test]
fn the_documentation_has_few_types() {
    // What is hidden is in no list.
    let list = read("scripts/api/typed_saga.txt");
    let types: Vec<_> = list.lines().filter_map(documented).collect();
    for known in [
        "typed_saga::Outcome",
        "typed_saga::runtime::Machine",
        "typed_saga::testing::Beside",
    ] {
        assert!(types.contains(&known), "{known}: {types:?}");
    }
    assert!(
        types.len() <= MOST_TYPES,
        "{} types in the documentation: {types:?}",
        types.len()
    );
}

/// The path of the type or trait that a line of a list has. The name of one begins with a capital, and is
/// not all capitals.
fn documented(line: &str) -> Option<&str> {
    let mut item = line;
    while let Some((_, rest)) = item
        .strip_prefix("#[")
        .and_then(|item| item.split_once("] "))
    {
        item = rest;
    }
    let (kind, path) = item.strip_prefix("pub ")?.split_once(' ')?;
    if !["use", "struct", "enum", "union", "trait"].contains(&kind) {
        return None;
    }
    let end = path.find(|c: char| !c.is_alphanumeric() && !"_:".contains(c));
    let path = path[..end.unwrap_or(path.len())].trim_end_matches(':');
    let name = path.rsplit(':').next()?;
    let is_type = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.contains(|c: char| c.is_ascii_lowercase());
    is_type.then_some(path)
}

/// Rustdoc lists a trait that holds for every type on the page of each type of a user's crate, unless the
/// trait itself is hidden.
#[test]
fn a_trait_that_holds_for_every_type_is_hidden() {
    // It holds for what the macro declares alone.
    const SHOWN: [&str; 1] = ["Saga"];
    let sources: Vec<_> = ["src".to_owned()]
        .into_iter()
        .chain(crates().map(|name| format!("{name}/src")))
        .flat_map(|folder| sources(&folder))
        .map(read)
        .collect();
    let mut blanket: Vec<_> = sources
        .iter()
        .flat_map(|source| source.lines().filter_map(blanket))
        .collect();
    blanket.sort_unstable();
    blanket.dedup();
    for known in ["Saga", "Shared", "Takes", "EventFrom", "ListOf"] {
        assert!(blanket.contains(&known), "{known}: {blanket:?}");
    }
    blanket.retain(|name| !SHOWN.contains(name));
    for name in blanket {
        for source in &sources {
            assert!(!shows(source, name), "`{name}` is not hidden");
        }
    }
}

/// The trait of a line `impl<T: …> Trait<…> for T`.
fn blanket(line: &str) -> Option<&str> {
    let (parameters, rest) = split_generics(line.strip_prefix("impl")?)?;
    let (of, target) = rest.split_once(" for ")?;
    let target = target.split([' ', '{']).next()?;
    let mut depth = 0;
    let declared = parameters.split(|c: char| {
        match c {
            '<' | '(' | '[' => depth += 1,
            '>' | ')' | ']' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    let mut declared = declared.map(|parameter| word(parameter.trim()));
    declared.any(|name| name == target).then_some(())?;
    let path = of.trim().split('<').next()?;
    path.rsplit(':').next()
}

/// `<T: Into<X>> Trait for T` as `T: Into<X>` and the rest.
fn split_generics(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('<')?;
    let mut depth = 1;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '<' => depth += 1,
            '>' if before != '-' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
        before = c;
    }
    None
}

/// Whether a source declares this trait as a public one that is not hidden.
fn shows(source: &str, name: &str) -> bool {
    let mut hidden = false;
    for line in source.lines() {
        let declared = line.strip_prefix("pub trait ");
        if declared.is_some_and(|declared| word(declared) == name) && !hidden {
            return true;
        }
        hidden = line == "#[doc(hidden)]";
    }
    false
}

/// The folders of the project's crates.
fn crates() -> impl Iterator<Item = String> {
    let folders = entries(".").into_iter();
    folders.filter(|name| name.starts_with("saga-") && root().join(name).join("src").is_dir())
}

/// The Rust files in a folder and its folders.
fn sources(folder: &str) -> Vec<String> {
    let mut found = files(folder, ".rs");
    for name in entries(folder) {
        let folder = format!("{folder}/{name}");
        if root().join(&folder).is_dir() {
            found.extend(sources(&folder));
        }
    }
    found
}

/// What `pub use` and `pub mod` put at the root, but for the macro and what is hidden.
fn names(source: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = source;
    while let Some((before, item)) = rest.split_once("\npub ") {
        rest = item;
        if before.ends_with("#[doc(hidden)]") {
            continue;
        }
        if let Some(module) = item.strip_prefix("mod ") {
            names.push(word(module));
        } else if let Some(path) = item.strip_prefix("use ") {
            let (path, _) = path.split_once(';').expect("a `use` ends");
            match path.split_once('{') {
                Some((_, list)) => {
                    let list = list.trim_end_matches('}').split(',').map(last);
                    names.extend(list.filter(|name| !name.is_empty()));
                }
                None => names.push(last(path)),
            }
        } else {
            names.push(word(item));
        }
    }
    names.retain(|name| name != "saga");
    names
}

/// The name that a path, or `path as name`, brings.
fn last(path: &str) -> String {
    let path = path.trim();
    assert!(!path.ends_with('*'), "no glob at the root: {path}");
    let name = path.rsplit([' ', ':']).next().unwrap_or(path);
    name.to_owned()
}

fn word(text: &str) -> String {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    text[..end.unwrap_or(text.len())].to_owned()
}
