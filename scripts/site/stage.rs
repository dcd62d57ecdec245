//! A copy of the pages, as mdBook needs them.

use std::{
    fmt::Write,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// Where the table of contents is, and the items that rustdoc's links name.
const CONTENTS: &str = "docs/SUMMARY.md";
const ITEMS: &str = "src/links.md";

/// Copies `files` into the folder `into`. `api` is the folder that rustdoc has written.
pub fn stage(files: &[PathBuf], api: &Path, into: &Path) -> io::Result<()> {
    let links = links(&fs::read_to_string(ITEMS)?, api)?;
    let contents = contents(&fs::read_to_string(CONTENTS)?);
    for file in files {
        let to = into.join(file);
        fs::create_dir_all(to.parent().expect("a file is in a folder"))?;
        let is_page = file.extension().is_some_and(|ending| ending == "md");
        if is_page && contents.contains(&format!("]({})", file.display())) {
            let up = "../".repeat(file.components().count() - 1);
            let page = within(&fs::read_to_string(file)?, file, &|page| {
                contents.contains(&format!("]({})", page.display()))
            });
            // mdBook makes `index.html` of it, and does not follow with the links.
            let page = page.replace("README.md", "index.md");
            fs::write(to, definitions(&links, &up) + &page)?;
        } else if !is_page {
            fs::copy(file, to)?;
        }
    }
    fs::write(into.join("SUMMARY.md"), contents)
}

/// The table of contents, seen from the root.
pub fn contents(page: &str) -> String {
    let page = page.replace("](", "](docs/");
    page.replace("](docs/../", "](")
}

/// A page without links to pages that are not in the book: their text stays.
pub fn within(page: &str, path: &Path, is_in_book: &dyn Fn(&Path) -> bool) -> String {
    let (mut kept, mut rest) = (String::new(), page);
    while let Some((before, after)) = rest.split_once("](") {
        kept += before;
        let Some((link, after)) = after.split_once(')') else {
            kept += "](";
            rest = after;
            continue;
        };
        rest = after;
        let is_page = !link.contains("://") && link.split('#').next().is_some_and(is_markdown);
        let text = kept.rfind('[').filter(|_| is_page);
        match text.filter(|_| !is_in_book(&target(path, link))) {
            Some(begin) => drop(kept.remove(begin)),
            None => kept += &format!("]({link})"),
        }
    }
    kept + rest
}

fn is_markdown(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|ending| ending == "md")
}

/// The file that a link of this page leads to.
fn target(page: &Path, link: &str) -> PathBuf {
    let mut file = page.to_owned();
    file.pop();
    for part in Path::new(link.split('#').next().unwrap_or(link)).components() {
        match part {
            Component::ParentDir => drop(file.pop()),
            part => file.push(part),
        }
    }
    file
}

/// A label, and the page of rustdoc that it means.
type Link = (String, String);

fn links(items: &str, api: &Path) -> io::Result<Vec<Link>> {
    let mut links = Vec::new();
    for line in items.lines().filter(|line| !line.is_empty()) {
        let (label, target) = line
            .strip_prefix('[')
            .and_then(|line| line.split_once("]: "))
            .ok_or_else(|| io::Error::other(format!("{ITEMS}: {line}")))?;
        // Pages of the guide and of the language are in the book.
        let path = match target.strip_prefix("crate::") {
            Some(path) if !path.starts_with("guide") && !path.starts_with("saga!") => path,
            _ => continue,
        };
        let page = page(path, &api.join("typed_saga"))
            .ok_or_else(|| io::Error::other(format!("rustdoc has no page of {target}")))?;
        links.push((label.to_owned(), format!("api/typed_saga/{page}")));
    }
    for entry in fs::read_dir(api)? {
        let name = entry?.file_name().into_string().unwrap_or_default();
        if api.join(&name).join("index.html").exists() {
            links.push((format!("api/{name}"), format!("api/{name}/index.html")));
        }
    }
    Ok(links)
}

/// The page of an item, from the folder of its crate: `a::B::c` is the method `c` of `B`.
fn page(path: &str, folder: &Path) -> Option<String> {
    const KINDS: [&str; 6] = ["struct", "enum", "trait", "fn", "macro", "type"];
    let (first, rest) = match path.split_once("::") {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let file = KINDS.map(|kind| format!("{kind}.{first}.html"));
    let file = file.into_iter().find(|file| folder.join(file).exists());
    match (file, rest) {
        (Some(file), None) => Some(file),
        (Some(file), Some(method)) => Some(format!("{file}#method.{method}")),
        (None, None) => Some(format!("{first}/index.html")),
        (None, Some(rest)) => {
            let page = page(rest, &folder.join(first))?;
            Some(format!("{first}/{page}"))
        }
    }
}

/// The definitions of `links` for a page from which `up` leads to the root.
fn definitions(links: &[Link], up: &str) -> String {
    let mut text = String::new();
    for (label, page) in links {
        let _ = writeln!(text, "[{label}]: {up}{page}");
    }
    text + "\n"
}
