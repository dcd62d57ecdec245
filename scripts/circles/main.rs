//! Finds circles of imports between the files of each crate, and prints them.
//!
//! ```text
//! rustc --edition 2024 scripts/circles/main.rs -o target/circles
//! target/circles src saga-*/src --folders saga-core/src
//! ```
//!
//! What follows `--folders` are crates whose top folders may form no circle, either: they have an
//! order, in which each imports from those before it.
//!
//! A file imports another if it names an item defined there, in a `use` or in a path. Re-exports
//! are followed to the definition; they are no imports themselves, and neither is `mod x;`. Modules
//! called `tests`, and whatever is under `#[cfg(test)]`, are left out.
//!
//! This reads tokens and knows no types, so it does not see which file defines the method that is
//! called, nor what a string in an attribute names.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

#[cfg(test)]
mod tests;
mod tokens;

use tokens::{is_name, tokens};

type Segments = Vec<String>;
/// The files that each file imports, and what it uses of them.
type Imports = BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>;
type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// The attribute of what is compiled for tests only, without its `#`.
const TEST: [&str; 6] = ["[", "cfg", "(", "test", ")", "]"];

fn main() -> ExitCode {
    let read: Read<'_> = &|path| fs::read_to_string(path).ok();
    let (mut files, mut count, mut whole_folders) = (0, 0, false);
    for folder in env::args().skip(1) {
        whole_folders |= folder == "--folders";
        for root in ["lib.rs", "main.rs"].map(|name| Path::new(&folder).join(name)) {
            let Some(imports) = Crate::read(&root, read).map(|read| read.imports()) else {
                continue;
            };
            let imports = if whole_folders {
                of_folders(&imports, Path::new(&folder))
            } else {
                files += imports.len();
                imports
            };
            for circle in circles(&imports) {
                count += 1;
                println!("{}: a circle of {}", root.display(), circle.len());
                for file in &circle {
                    for (other, names) in
                        imports[*file].iter().filter(|(to, _)| circle.contains(*to))
                    {
                        let names = Vec::from_iter(names.iter().map(String::as_str)).join(", ");
                        println!("    {} uses {}: {names}", file.display(), other.display());
                    }
                }
            }
        }
    }
    println!("{count} circles in {files} files");
    if files > 0 && count == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The same imports, between the modules of a crate's root.
fn of_folders(imports: &Imports, root: &Path) -> Imports {
    let top = |file: &Path| -> PathBuf {
        let below = file.strip_prefix(root).unwrap_or(file);
        let top: PathBuf = below.components().take(1).collect();
        top.with_extension("")
    };
    let mut folders = Imports::new();
    for (file, others) in imports {
        let own = folders.entry(top(file)).or_default();
        for (other, names) in others.iter().filter(|(other, _)| top(other) != top(file)) {
            own.entry(top(other))
                .or_default()
                .extend(names.iter().cloned());
        }
    }
    folders
}

/// The modules of a crate by path; the root's is empty.
#[derive(Default)]
struct Crate(BTreeMap<Segments, Module>);

#[derive(Default)]
struct Module {
    file: PathBuf,
    /// The names of what is defined here.
    items: BTreeSet<String>,
    /// What each `use` refers to, by the name that it has here.
    names: BTreeMap<String, Segments>,
    globs: Vec<Segments>,
    /// The paths in the code, except those of re-exports.
    paths: Vec<Segments>,
}

#[derive(Debug, PartialEq)]
enum Target {
    Module(Segments),
    Item(PathBuf, String),
}

impl Crate {
    fn read(root: &Path, read: Read<'_>) -> Option<Self> {
        let mut this = Self::default();
        let folder = root.parent().unwrap_or(Path::new("")).to_owned();
        this.file(root, &folder, &[], read)?;
        Some(this)
    }

    /// Reads a file, which is a module whose children are in this folder.
    fn file(
        &mut self,
        file: &Path,
        folder: &Path,
        module: &[String],
        read: Read<'_>,
    ) -> Option<()> {
        let tokens = tokens(&read(file)?);
        self.module(&tokens, &mut 0, file, folder, module, read);
        Some(())
    }

    /// Reads a module, up to its closing brace or the end of its file.
    fn module(
        &mut self,
        tokens: &[String],
        at: &mut usize,
        file: &Path,
        folder: &Path,
        path: &[String],
        read: Read<'_>,
    ) {
        let token = |at: usize| tokens.get(at).map_or("", String::as_str);
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        let (mut depth, mut beside) = (0, None);
        while *at < tokens.len() {
            let (word, next) = (token(*at), token(*at + 1));
            let before = at.checked_sub(1).map_or("", token);
            *at += 1;
            match word {
                "{" => depth += 1,
                "}" if depth == 0 => break,
                "}" => depth -= 1,
                "#" if tokens[*at..].starts_with(&TEST.map(str::to_owned)) => skip_item(tokens, at),
                "path" if before == "[" && next == "=" => beside = Some(token(*at + 1)),
                "mod" if is_name(next) => {
                    let child = [path, &[next.to_owned()]].concat();
                    let below = folder.join(next);
                    *at += 2;
                    match token(*at - 1) {
                        "{" => self.module(tokens, at, file, &below, &child, read),
                        _ if next == "tests" => {}
                        _ => {
                            let beside = match beside.take() {
                                Some(path) => file.with_file_name(path.trim_matches('"')),
                                None => below.with_extension("rs"),
                            };
                            self.file(&beside, &below, &child, read)
                                .or_else(|| self.file(&below.join("mod.rs"), &below, &child, read))
                                .unwrap_or_else(|| panic!("{} is not there", beside.display()));
                        }
                    }
                }
                "use" if next != "<" => {
                    let public = before == "pub" || before == ")";
                    module.import(tokens, at, &mut Vec::new(), public);
                }
                "macro_rules" => {
                    module.items.insert(token(*at + 1).to_owned());
                }
                "fn" | "struct" | "enum" | "union" | "trait" | "type" | "const" | "static"
                    if depth == 0 =>
                {
                    let name = if next == "mut" { token(*at + 1) } else { next };
                    module.items.insert(name.to_owned());
                }
                _ if is_name(word) && before != "." && before != "::" => {
                    let mut segments = vec![word.to_owned()];
                    while token(*at) == "::" && is_name(token(*at + 1)) {
                        segments.push(token(*at + 1).to_owned());
                        *at += 2;
                    }
                    // The name of a field or variable is not a path.
                    let value = word.starts_with(char::is_lowercase) && token(*at) != "(";
                    if segments.len() > 1 || !(value || token(*at) == ":") {
                        module.paths.push(segments);
                    }
                }
                _ => {}
            }
        }
        self.0.insert(path.to_owned(), module);
    }

    fn imports(&self) -> Imports {
        let mut imports = Imports::new();
        for (at, module) in &self.0 {
            let own = imports.entry(module.file.clone()).or_default();
            for path in &module.paths {
                match self.resolve(at, path, &mut BTreeSet::new()) {
                    Some(Target::Item(file, name)) if file != module.file => {
                        own.entry(file).or_default().insert(name);
                    }
                    _ => {}
                }
            }
        }
        imports
    }

    /// What a path means in a module; `None` if it is not of this crate.
    fn resolve(
        &self,
        from: &[String],
        path: &[String],
        seen: &mut BTreeSet<(Segments, String)>,
    ) -> Option<Target> {
        let mut at = from.to_vec();
        let mut local = true;
        for (place, word) in path.iter().enumerate() {
            let last = place + 1 == path.len();
            match word.as_str() {
                "crate" => at.clear(),
                "super" => drop(at.pop()),
                "self" => {}
                _ => {
                    let module = self.0.get(&at)?;
                    let child = [&at[..], &[word.clone()]].concat();
                    let is_module = self.0.contains_key(&child);
                    if is_module && !last {
                        at = child;
                    } else if module.items.contains(word) {
                        return Some(Target::Item(module.file.clone(), word.clone()));
                    } else if let Some(target) = self.imported(&at, word, seen) {
                        match target? {
                            Target::Module(path) if !last => at = path,
                            target => return Some(target),
                        }
                    } else if is_module {
                        at = child;
                    } else if local {
                        return None;
                    } else {
                        // A macro that this module calls has made it.
                        return Some(Target::Item(module.file.clone(), word.clone()));
                    }
                }
            }
            local = false;
        }
        self.0.contains_key(&at).then_some(Target::Module(at))
    }

    /// What a name means that `use` brings into a module; `None` if none does.
    fn imported(
        &self,
        at: &[String],
        name: &String,
        seen: &mut BTreeSet<(Segments, String)>,
    ) -> Option<Option<Target>> {
        let module = self.0.get(at)?;
        if !seen.insert((at.to_vec(), name.clone())) {
            return None;
        }
        if let Some(path) = module.names.get(name) {
            return Some(self.resolve(at, path, seen));
        }
        module
            .globs
            .iter()
            .find_map(|glob| match self.resolve(at, glob, seen)? {
                Target::Module(module) => self
                    .resolve(&module, std::slice::from_ref(name), seen)
                    .map(Some),
                Target::Item(..) => None,
            })
    }
}

impl Module {
    /// Reads what follows a `use`, or one branch of it.
    fn import(&mut self, tokens: &[String], at: &mut usize, path: &mut Segments, public: bool) {
        let start = path.len();
        while let Some(word) = tokens.get(*at) {
            *at += 1;
            match word.as_str() {
                "{" => {
                    while tokens.get(*at).is_some_and(|word| word != "}") {
                        self.import(tokens, at, path, public);
                        *at += usize::from(tokens.get(*at).is_some_and(|word| word == ","));
                    }
                    *at += 1;
                    break;
                }
                "*" => {
                    self.globs.push(path.clone());
                    break;
                }
                "::" => continue,
                word if is_name(word) => path.push(word.to_owned()),
                _ => break,
            }
            let next = tokens.get(*at).map_or("", String::as_str);
            if next == "::" {
                continue;
            }
            // `self` in a list is what the list is of.
            if path.len() > 1 && path.last().is_some_and(|word| word == "self") {
                path.pop();
            }
            let mut name = path.last().cloned().unwrap_or_default();
            if next == "as" {
                name = tokens.get(*at + 1).cloned().unwrap_or_default();
                *at += 2;
            }
            self.names.insert(name, path.clone());
            if !public {
                self.paths.push(path.clone());
            }
            break;
        }
        path.truncate(start);
    }
}

/// Skips that attribute and its item: up to the item's `;`, or the end of its block.
fn skip_item(tokens: &[String], at: &mut usize) {
    *at += TEST.len();
    let mut depth = 0;
    while let Some(word) = tokens.get(*at) {
        match word.as_str() {
            "{" | "(" | "[" => depth += 1,
            // The end of the block that the item is in.
            "}" | ")" | "]" if depth == 0 => return,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        *at += 1;
        if depth == 0 && (word == ";" || word == "}") {
            return;
        }
    }
}

/// The files of each circle.
fn circles(imports: &Imports) -> Vec<BTreeSet<&PathBuf>> {
    let reachable = |from| {
        let (mut found, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            let others = imports
                .get(file)
                .into_iter()
                .flatten()
                .map(|(other, _)| other);
            next.extend(others.filter(|other| found.insert(*other)));
        }
        found
    };
    let reachable: BTreeMap<_, _> = imports.keys().map(|file| (file, reachable(file))).collect();
    let mut circles = BTreeSet::new();
    for (file, others) in reachable
        .iter()
        .filter(|(file, others)| others.contains(*file))
    {
        let circle = others
            .iter()
            .copied()
            .filter(|other| reachable[other].contains(file));
        circles.insert(BTreeSet::from_iter(circle));
    }
    circles.into_iter().collect()
}
