//! Rust as far as imports are concerned: a list of tokens.

pub(crate) fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Names, `::`, strings in their quotes, and single characters; without comments, raw strings and
/// lifetimes.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let starts = |at: usize, with: &str| {
        with.chars()
            .zip(at..)
            .all(|(c, at)| chars.get(at) == Some(&c))
    };
    let until = |mut at: usize, end: &str, escapes: bool| {
        while at < chars.len() && !starts(at, end) {
            at += if escapes && chars[at] == '\\' { 2 } else { 1 };
        }
        at + end.chars().count()
    };
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let word: String = chars[at..]
            .iter()
            .take_while(|c| c.is_alphanumeric() || **c == '_')
            .collect();
        let behind = at + word.chars().count();
        let hashes = chars[behind..].iter().take_while(|c| **c == '#').count();
        if starts(at, "//") {
            at = until(at, "\n", false);
        } else if starts(at, "/*") {
            let mut depth = 0;
            while at < chars.len() {
                depth += i32::from(starts(at, "/*")) - i32::from(starts(at, "*/"));
                at += if starts(at, "/*") || starts(at, "*/") {
                    2
                } else {
                    1
                };
                if depth == 0 {
                    break;
                }
            }
        } else if matches!(&*word, "r" | "br" | "cr") && starts(behind + hashes, "\"") {
            at = until(
                behind + hashes + 1,
                &format!("\"{}", "#".repeat(hashes)),
                false,
            );
        } else if matches!(&*word, "" | "b" | "c") && starts(behind, "\"") {
            let end = until(behind + 1, "\"", true).min(chars.len());
            tokens.push(chars[behind..end].iter().collect());
            at = end;
        } else if word == "r" && hashes == 1 {
            at = behind + 1;
        } else if matches!(&*word, "" | "b") && starts(behind, "'") {
            let literal = starts(behind + 1, "\\") || starts(behind + 2, "'");
            at = if literal {
                until(behind + 1, "'", true)
            } else {
                behind + 1
            };
            if !literal {
                at += chars[at..]
                    .iter()
                    .take_while(|c| c.is_alphanumeric() || **c == '_')
                    .count();
            }
        } else if !word.is_empty() {
            at = behind;
            tokens.push(word);
        } else {
            let token = if starts(at, "::") {
                "::".to_owned()
            } else {
                chars[at].to_string()
            };
            at += token.len().max(1).min(chars.len() - at);
            if !token.trim().is_empty() {
                tokens.push(token);
            }
        }
    }
    tokens
}
