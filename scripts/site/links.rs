//! Dead links of pages of HTML: a relative link must lead to a file, and its fragment to an element.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Component, Path, PathBuf},
};

/// What was found.
pub struct Found {
    pub pages: usize,
    pub links: usize,
    /// Each with the first page that has it, since a menu is on all of them.
    pub dead: Vec<String>,
}

type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The pages in a folder and its folders.
pub fn pages(folder: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = path.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "html") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// Checks every link of these pages.
pub fn check(pages: &[PathBuf], read: Read<'_>) -> Found {
    let mut anchors = BTreeMap::new();
    // What is linked, and the first page that links it.
    let mut linked = BTreeMap::new();
    let mut links = 0;
    for page in pages {
        let text = read(page).unwrap_or_default();
        for link in values(&text, &["href", "src"]) {
            links += 1;
            if let Some(target) = target(page, &link) {
                linked.entry(target).or_insert_with(|| page.clone());
            }
        }
        let ids: BTreeSet<_> = values(&text, &["id", "name"]).into_iter().collect();
        anchors.insert(page.clone(), ids);
    }
    let mut dead = Vec::new();
    for ((file, fragment), page) in linked {
        let is_there = match anchors.get(&file) {
            Some(ids) => fragment.is_empty() || ids.contains(&fragment) || is_of_lines(&fragment),
            None => file.is_file(),
        };
        if !is_there {
            dead.push(format!("{}: {}#{fragment}", page.display(), file.display()));
        }
    }
    Found {
        pages: pages.len(),
        links,
        dead,
    }
}

/// The file and the fragment that a link of this page leads to, unless that is elsewhere.
pub fn target(page: &Path, link: &str) -> Option<(PathBuf, String)> {
    let is_elsewhere = ["http:", "https:", "mailto:", "data:", "javascript:"];
    if is_elsewhere.iter().any(|scheme| link.starts_with(scheme)) {
        return None;
    }
    let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
    let path = path.split('?').next().unwrap_or_default();
    let mut file = page.to_owned();
    if !path.is_empty() {
        file.pop();
        for part in Path::new(&decoded(path)).components() {
            match part {
                Component::ParentDir => drop(file.pop()),
                Component::CurDir => {}
                part => file.push(part),
            }
        }
        if path.ends_with('/') {
            file.push("index.html");
        }
    }
    Some((file, decoded(fragment)))
}

/// The values of these attributes, in or without quotes.
pub fn values(text: &str, attributes: &[&str]) -> Vec<String> {
    let mut values = Vec::new();
    // What stands in a tag: a text has `<` as `&lt;`.
    for tag in text
        .split('<')
        .skip(1)
        .filter(|tag| tag.starts_with(|c: char| c.is_ascii_lowercase()))
    {
        for attribute in attributes {
            let Some((_, rest)) = tag.split_once(&format!(" {attribute}=")) else {
                continue;
            };
            let value = match rest.chars().next() {
                Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next(),
                _ => rest.split([' ', '>']).next(),
            };
            values.extend(value.map(|value| value.replace("&amp;", "&").replace("&#x27;", "'")));
        }
    }
    values
}

/// Lines of a source, which rustdoc's script marks: `12-20`.
fn is_of_lines(fragment: &str) -> bool {
    fragment
        .split('-')
        .all(|line| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit()))
}

/// Without `%20` and its like.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = (*first == b'%').then(|| after.get(..2)).flatten();
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
