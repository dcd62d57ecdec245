//! The project speaks plain English to its users: words without a correct use stay away from its
//! pages, its messages and its public names.

use crate::{names, nothing_is_wrong, read, root};
use std::path::Path;

/// Words without a correct use, and what to write.
const NEVER: [(&str, &str); 25] = [
    ("anew", "again"),
    ("are told", "receive, are notified"),
    ("called back", "rolled back by its parent"),
    ("for ever", "forever"),
    ("goes back", "rolls back"),
    ("has no use", "does nothing, is never used"),
    ("hear of", "receive, notice"),
    ("hears", "receives, is notified"),
    ("is told", "receives, is notified"),
    ("left standing", "remains applied"),
    ("let go", "release"),
    ("lets go", "releases"),
    ("listens for", "waits for"),
    ("never stands", "never remains applied"),
    ("on record", "recorded, stored"),
    ("other side", "the service"),
    ("same key again", "retry with the same key"),
    ("somebody", "an operator, a caller"),
    ("somebody's", "an operator's, a caller's"),
    ("stands on", "depends on"),
    ("told to others", "notified, events"),
    ("turned back", "rolled back"),
    ("turning", "the rerun, rolling back"),
    ("turns back", "rolls back"),
    ("way back", "rolling back, compensation"),
];

/// Parts of public names without a correct use.
const IN_NAMES: [&str; 8] = [
    "anew", "behind", "hear", "hears", "nobody", "somebody", "told", "whoever",
];

/// What a user reads, line by line.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// A page, or a message of the compiler, the runtime, the command or the console.
    Text,
    /// Code with a public name.
    Name,
}

struct Line {
    /// The file and the number.
    place: String,
    kind: Kind,
    text: String,
}

#[test]
fn words_without_a_correct_use_stay_away() {
    let lines = lines();
    assert!(lines.len() > 10_000, "{} lines", lines.len());
    let mut offences = Vec::new();
    for line in lines.iter().filter(|line| line.kind == Kind::Text) {
        let found = NEVER.iter().filter(|(word, _)| has(&line.text, word));
        offences.extend(
            found.map(|(word, better)| format!("{}: `{word}`, write: {better}", line.place)),
        );
    }
    for line in lines.iter().filter(|line| line.kind == Kind::Name) {
        let parts = parts(&line.text);
        let found = IN_NAMES
            .iter()
            .filter(|word| parts.iter().any(|part| part == *word));
        offences.extend(found.map(|word| format!("{}: a name with `{word}`", line.place)));
    }
    nothing_is_wrong(&offences);
}

/// Whether a text has a word, or several in a row.
fn has(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// All that users read.
fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for folder in ["docs", "src"] {
        collect(folder, &mut lines);
    }
    for name in names("") {
        if name.starts_with("saga-") {
            collect(&format!("{name}/src"), &mut lines);
            page(&format!("{name}/README.md"), &mut lines);
        }
    }
    page("README.md", &mut lines);
    collect("saga-macros/tests/ui/fail", &mut lines);
    lines
}

/// The lines of a folder. Tests, and the suite that the authors of stores run, say what they say.
fn collect(folder: &str, lines: &mut Vec<Line>) {
    if !root().join(folder).exists() {
        return;
    }
    for name in names(folder) {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            if !["tests", "checks", "private"].contains(&name.as_str()) {
                collect(&path, lines);
            }
            continue;
        }
        match Path::new(&name)
            .extension()
            .and_then(|ending| ending.to_str())
        {
            Some("md") => page(&path, lines),
            Some("stderr") => said(&path, lines),
            Some("rs") if folder.split('/').any(|part| part == "src") && name != "tests.rs" => {
                code(&path, lines);
            }
            _ => {}
        }
    }
}

fn page(path: &str, lines: &mut Vec<Line>) {
    if root().join(path).exists() {
        let text = read(path);
        add(path, text.lines().enumerate(), Kind::Text, lines);
    }
}

/// What the compiler says, without the code that it shows.
fn said(path: &str, lines: &mut Vec<Line>) {
    let text = read(path);
    let shown = |line: &str| {
        let line = line.trim_start();
        line.starts_with('|') || line.starts_with("-->") || line.contains(" | ")
    };
    let texts = text.lines().enumerate().filter(|(_, line)| !shown(line));
    add(path, texts, Kind::Text, lines);
}

/// The texts and the public names of a source file, up to its tests.
fn code(path: &str, lines: &mut Vec<Line>) {
    let text = read(path);
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let (mut texts, mut names) = (Vec::new(), Vec::new());
    let mut inside = false;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        if !inside && trimmed.starts_with("//") {
            continue;
        }
        if !inside && trimmed.starts_with("pub ") {
            names.push((number, line));
        }
        let mut rest = line;
        while let Some((before, after)) = split(rest) {
            if inside {
                texts.push((number, before));
            }
            inside = !inside;
            rest = after;
        }
        if inside {
            texts.push((number, rest));
        }
    }
    add(path, texts.into_iter(), Kind::Text, lines);
    add(path, names.into_iter(), Kind::Name, lines);
}

/// Before and after the next quote that begins or ends a text.
fn split(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'"' if at > 0 && bytes[at - 1] == b'\'' => {}
            b'"' => return Some((&line[..at], &line[at + 1..])),
            _ => {}
        }
        at += 1;
    }
    None
}

fn add<'t>(
    path: &str,
    texts: impl Iterator<Item = (usize, &'t str)>,
    kind: Kind,
    lines: &mut Vec<Line>,
) {
    lines.extend(texts.map(|(number, text)| Line {
        place: format!("{path}:{}", number + 1),
        kind,
        text: text.to_owned(),
    }));
}

/// The words that the public name of a line consists of, in small letters.
fn parts(line: &str) -> Vec<String> {
    let name = line
        .split(['(', '<', ':', '{', ';', '='])
        .next()
        .unwrap_or(line);
    let mut parts = vec![String::new()];
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| letter.is_alphanumeric()) {
            part.extend(letter.to_lowercase());
        }
    }
    parts
}

#[test]
fn words_are_found_whole() {
    assert!(has("behindhand, and behind a step", "behind"));
    assert!(!has("behindhand, _behind", "behind"));
    assert_eq!(parts("pub fn is_told(&self)"), ["pub", "fn", "is", "told"]);
    assert_eq!(parts("pub trait OneHears<T> {")[3..], ["one", "hears"]);
    assert_eq!(split(r#"say("a \" b")"#), Some(("say(", r#"a \" b")"#)));
}
