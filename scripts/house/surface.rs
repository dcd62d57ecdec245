//! The root of `saga` has what a user of the macro writes, and little else.

use crate::read;

/// With all features; macros aside.
const MOST: usize = 27;

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
/// names what it takes of `saga-engine`, one by one.
#[test]
fn a_crate_that_the_facade_shows_as_a_whole_hides_no_re_export() {
    let facade = read("src/lib.rs");
    let crates: Vec<_> = facade
        .lines()
        .filter_map(|line| line.strip_prefix("pub use saga_")?.split_once(" as "))
        .map(|(name, _)| format!("saga-{name}/src/lib.rs"))
        .collect();
    assert_eq!(
        crates,
        ["saga-postgres/src/lib.rs", "saga-sqlite/src/lib.rs"]
    );
    for root in crates {
        let hides = read(&root).contains("#[doc(hidden)]\npub use");
        assert!(!hides, "the documentation of saga shows what {root} hides");
    }
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
