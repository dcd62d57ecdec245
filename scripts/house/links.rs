//! The links of the pages: they work in the repository and in rustdoc, and the contents have every page.
//! `scripts/site.sh` checks those of the book, and of the documentation of the API.

use crate::{names, nothing_is_wrong, read, root};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

/// Folders whose pages are not for readers, or not of this project.
const OTHERS: [&str; 5] = [".git", "corpus", "expected", "node_modules", "target"];

/// The pages below a folder, from the root.
fn pages(folder: &str) -> Vec<String> {
    let mut pages = Vec::new();
    for name in names(folder) {
        let path = if folder.is_empty() {
            name.clone()
        } else {
            format!("{folder}/{name}")
        };
        if root().join(&path).is_dir() {
            if !OTHERS.contains(&name.as_str()) {
                pages.extend(self::pages(&path));
            }
        } else if is_page(&name) && path != "src/links.md" {
            pages.push(path);
        }
    }
    pages.sort();
    pages
}

fn is_page(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "md")
}

/// A page without code and comments, which are blank.
fn prose(page: &str) -> String {
    let mut prose = String::new();
    let mut is_code = false;
    for line in page.lines() {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        prose += if is_code || is_fence { "" } else { line };
        prose.push('\n');
    }
    let without = |text: &str, begin: &str, end: &str| {
        let (mut kept, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once(begin) {
            let (_, after) = after.split_once(end).unwrap_or(("", ""));
            kept += before;
            kept += " ";
            rest = after;
        }
        kept + rest
    };
    without(&without(&prose, "<!--", "-->"), "`", "`")
}

/// What links to headings can name, as GitHub, mdBook and rustdoc make it.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut anchors = BTreeSet::new();
    let mut is_code = false;
    for line in page.lines() {
        is_code ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if is_code || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = |c: &char| c.is_alphanumeric() || " -_".contains(*c);
        let anchor: String = heading.trim().chars().filter(kept).collect();
        let anchor = anchor.to_lowercase().replace(' ', "-");
        let many = (1..).map(|more| format!("{anchor}-{more}"));
        let mut names = std::iter::once(anchor.clone()).chain(many);
        let free = names.find(|name| !anchors.contains(name)).unwrap();
        anchors.insert(free);
    }
    anchors
}

/// The labels that a page defines, with their targets.
fn definitions(prose: &str) -> BTreeMap<&str, &str> {
    let lines = prose.lines().filter_map(|line| line.strip_prefix('['));
    lines.filter_map(|line| line.split_once("]: ")).collect()
}

/// What stands between `begin` and `end`.
fn between<'a>(prose: &'a str, begin: &str, end: char) -> Vec<&'a str> {
    let rests = prose.split(begin).skip(1);
    rests.filter_map(|rest| rest.split(end).next()).collect()
}

/// What is wrong with the links of a page, by the path of the page.
fn faults(path: &str, page: &str, read: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let prose = prose(page);
    let defined = definitions(&prose);
    let mut faults = Vec::new();
    for label in between(&prose, "][", ']') {
        let label = label.replace('\n', " ");
        if !defined.contains_key(label.as_str()) {
            faults.push(format!("{path}: [{label}] is not defined"));
        }
    }
    for link in between(&prose, "](", ')')
        .into_iter()
        .chain(defined.values().copied())
    {
        if link.starts_with("https://") || link.starts_with("http://") {
            continue;
        }
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let mut target = PathBuf::from(path);
        if !file.is_empty() {
            target.pop();
            for part in Path::new(file).components() {
                match part {
                    Component::ParentDir => drop(target.pop()),
                    part => target.push(part),
                }
            }
        }
        let text = read(target.to_str().unwrap());
        let is_dead = match text {
            None => true,
            Some(text) => !anchor.is_empty() && !anchors(&text).contains(anchor),
        };
        if is_dead {
            faults.push(format!("{path}: {link} is dead"));
        }
    }
    faults
}

#[test]
fn no_link_is_dead() {
    let pages = pages("");
    assert!(pages.len() > 40, "{pages:?}");
    // Only a page has anchors that matter; a picture has no text at all.
    let read = |path: &str| {
        let path = root().join(path);
        path.is_file()
            .then(|| fs::read_to_string(&path).unwrap_or_default())
    };
    let faults: Vec<_> = pages
        .iter()
        .flat_map(|page| faults(page, &crate::read(page), &read))
        .collect();
    nothing_is_wrong(&faults);
}

#[test]
fn a_dead_link_is_found() {
    let one = "# A `b`\n[x](two.md#c-d) [y][y] [z](#a-b) `[q](q)` <!-- [q](q) -->\n\n```\n# Q\n```\n\n[y]: ../top.md\n";
    let read = |path: &str| match path {
        "in/one.md" => Some(one.to_owned()),
        "in/two.md" => Some("## C, d\n".to_owned()),
        "top.md" => Some(String::new()),
        _ => None,
    };
    assert_eq!(faults("in/one.md", one, &read), [""; 0]);
    let two = "[a](one.md#q) [b][b] [c](three.md)\n[y]: top.md#none\n";
    let found = [
        "in/two.md: [b] is not defined",
        "in/two.md: one.md#q is dead",
        "in/two.md: three.md is dead",
        "in/two.md: top.md#none is dead",
    ];
    assert_eq!(faults("in/two.md", two, &read), found);
}

/// The first heading of a page.
fn title(page: &str) -> &str {
    let first = page.lines().find(|line| !line.is_empty());
    first
        .and_then(|line| line.strip_prefix("# "))
        .unwrap_or_default()
}

/// Pages that are not in the book: what a reader of the guide does not need. Of the root, it is all but
/// the first page.
const NOT_IN_THE_BOOK: [&str; 6] = [
    "docs/SUMMARY.md",
    "docs/benchmarks.md",
    "docs/benchmarks/commits.md",
    "docs/benchmarks/figures.md",
    "docs/packages.md",
    "docs/testing/mutants.md",
];

/// The table of contents of the book has every other page, by its title.
#[test]
fn the_contents_have_every_page() {
    let contents = read("docs/SUMMARY.md");
    let mut faults = Vec::new();
    for page in pages("docs").into_iter().chain(["README.md".to_owned()]) {
        if NOT_IN_THE_BOOK.contains(&page.as_str()) {
            continue;
        }
        let from_docs = page.strip_prefix("docs/");
        let link = from_docs.map_or_else(|| format!("../{page}"), str::to_owned);
        let text = read(&page);
        let entry = format!("[{}]({link})", title(&text));
        if !contents.lines().any(|line| line.ends_with(&entry)) {
            faults.push(format!("docs/SUMMARY.md lacks {entry}"));
        }
    }
    nothing_is_wrong(&faults);
}

/// Rustdoc gets the labels that lead to items first: `src/links.md`.
#[test]
fn every_label_of_a_page_in_rustdoc_is_an_item_there() {
    let items = read("src/links.md");
    let items = definitions(&items);
    let shown = read("src/guide.rs") + &read("src/lib.rs");
    let (mut links, mut faults) = (0, Vec::new());
    for page in between(&shown, "include_str!(\"../", '"') {
        if !is_page(page) {
            continue;
        }
        let text = read(page);
        let prose = prose(&text);
        for (label, target) in definitions(&prose) {
            links += 1;
            if !items.contains_key(label) {
                faults.push(format!("{page}: src/links.md lacks [{label}]: {target}"));
            }
        }
        // A link without a label is the same file everywhere.
        for link in between(&prose, "](", ')') {
            if !link.starts_with("http") && !link.starts_with('#') {
                faults.push(format!("{page}: {link} needs a label"));
            }
        }
    }
    assert!(links > 0);
    nothing_is_wrong(&faults);
}

/// The page on the examples has each of them.
#[test]
fn every_example_is_on_their_page() {
    let page = read("examples/README.md");
    let names = names("examples");
    let names = names.iter().map(|name| name.trim_end_matches(".rs"));
    let is_missing = |name: &&str| *name != "README.md" && !page.contains(&format!("[`{name}`]("));
    let missing = names.filter(is_missing);
    let faults: Vec<_> = missing
        .map(|name| format!("examples/README.md lacks {name}"))
        .collect();
    nothing_is_wrong(&faults);
}
