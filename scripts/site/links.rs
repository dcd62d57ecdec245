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

/// Where links may lead: an element of a page, by its `id`, or another page that this one redirects to.
enum Page {
    Elements(BTreeSet<String>),
    Redirect(PathBuf),
}

/// Checks every link of these pages.
pub fn check(pages: &[PathBuf], read: Read<'_>) -> Found {
    let mut known = BTreeMap::new();
    // What is linked, and the first page that links it.
    let mut linked = BTreeMap::new();
    let mut links = 0;
    for path in pages {
        let text = read(path).unwrap_or_default();
        for link in values(&text, &["href", "src"]) {
            links += 1;
            if let Some(target) = target(path, &link) {
                linked.entry(target).or_insert_with(|| path.clone());
            }
        }
        let to = redirect(&text).and_then(|link| target(path, link));
        let page = match to {
            Some((to, _)) => Page::Redirect(to),
            None => Page::Elements(values(&text, &["id"]).into_iter().collect()),
        };
        known.insert(path.clone(), page);
    }
    let mut dead = Vec::new();
    for ((file, fragment), page) in linked {
        if !is_there(&known, &file, &fragment) {
            dead.push(format!("{}: {}#{fragment}", page.display(), file.display()));
        }
    }
    Found {
        pages: pages.len(),
        links,
        dead,
    }
}

fn is_there(known: &BTreeMap<PathBuf, Page>, file: &Path, fragment: &str) -> bool {
    match known.get(file) {
        Some(Page::Elements(ids)) => {
            fragment.is_empty()
                || ids.contains(fragment)
                || ids.contains(&decoded(fragment))
                || is_of_lines(fragment)
        }
        // Its script passes the fragment on.
        Some(Page::Redirect(to)) => to != file && is_there(known, to, fragment),
        None => file.is_file(),
    }
}

/// Where a page sends its reader at once.
fn redirect(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("http-equiv=\"refresh\" content=\"0;")?;
    let (_, link) = rest.split_once("URL=")?;
    link.split('"').next()
}

/// The file and the fragment that a link of this page leads to, unless that is elsewhere.
pub fn target(page: &Path, link: &str) -> Option<(PathBuf, String)> {
    let elsewhere = ["http:", "https:", "mailto:", "data:", "javascript:"];
    if elsewhere.iter().any(|scheme| link.starts_with(scheme)) || is_of_another_crate(page, link) {
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
    Some((file, fragment.to_owned()))
}

/// Rustdoc copies what other crates say of their traits, with links to items, such as `super::Span`, that
/// it does not find here. In our own documentation such a link is an error of rustdoc. And the page of a
/// trait loads a script with its implementations in other crates, which is written only if there are any.
fn is_of_another_crate(page: &Path, link: &str) -> bool {
    let is_in_api = page.components().any(|part| part.as_os_str() == "api");
    let path = link.split('#').next().unwrap_or_default();
    let is_item = !path.is_empty() && !path.contains('.');
    is_in_api && (is_item || path.contains("/trait.impl/"))
}

/// The values of these attributes, in or without quotes.
pub fn values(text: &str, attributes: &[&str]) -> Vec<String> {
    let mut values = Vec::new();
    let is_tag = |tag: &&str| tag.starts_with(|c: char| c.is_ascii_lowercase());
    // In text, `<` is `&lt;`.
    for tag in text.split('<').skip(1).filter(is_tag) {
        for attribute in attributes {
            let Some((_, rest)) = tag.split_once(&format!(" {attribute}=")) else {
                continue;
            };
            // Rustdoc's tooltips are HTML in JSON.
            let rest = rest.strip_prefix('\\').unwrap_or(rest);
            let value = match rest.chars().next() {
                Some(quote @ ('"' | '\'')) => rest[1..].split([quote, '\\']).next(),
                _ => rest.split([' ', '>']).next(),
            };
            values.extend(value.map(|value| value.replace("&amp;", "&").replace("&#x27;", "'")));
        }
    }
    values
}

/// Lines of a source, which rustdoc's script marks: `12-20`.
fn is_of_lines(fragment: &str) -> bool {
    let is_number = |line: &str| !line.is_empty() && line.bytes().all(|b| b.is_ascii_digit());
    fragment.split('-').all(is_number)
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
