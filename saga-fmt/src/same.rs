//! Whether a text still says what it said: the same tokens and comments, in the same order.

use crate::lex::{Gap, Source};

/// What a text says, without its white space.
pub(crate) fn words(source: &Source<'_>) -> Vec<String> {
    let mut words = Vec::new();
    for at in 0..source.tokens.len() {
        between(&source.gap(at), &mut words);
        words.push(squeezed(source.token(at)));
    }
    between(&source.gap(source.tokens.len()), &mut words);
    words
}

pub(crate) fn between(gap: &Gap<'_>, words: &mut Vec<String>) {
    words.extend(gap.comments.iter().map(|comment| squeezed(comment.text)));
}

/// Comments of several lines are indented with the code; string literals are not.
pub(crate) fn squeezed(word: &str) -> String {
    if !word.starts_with("//") && !word.starts_with("/*") {
        return word.to_owned();
    }
    word.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// Without commas before a closing parenthesis: the only ones that come and go.
pub(crate) fn without_last_commas(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(words.len());
    let mut comma = None;
    for word in words {
        let comment = word.starts_with("//") || word.starts_with("/*");
        if let (")", Some(at)) = (word.as_str(), comma) {
            kept.remove(at);
        }
        if word == "," {
            comma = Some(kept.len());
        } else if !comment {
            comma = None;
        }
        kept.push(word);
    }
    kept
}

/// Whether rustfmt changed only what it may: unneeded braces and parentheses, and trailing
/// separators.
pub(crate) fn nearly(before: &str, after: &str) -> bool {
    match (essence(before), essence(after)) {
        (Some(before), Some(after)) => before == after,
        _ => false,
    }
}

fn essence(text: &str) -> Option<Vec<String>> {
    let mut words = words(&Source::new(text).ok()?);
    words.retain(|word| !matches!(word.as_str(), "," | ";" | "{" | "}" | "(" | ")" | "|"));
    Some(words)
}
