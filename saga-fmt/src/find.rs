//! The `saga!` blocks of a file.

use crate::lex::{Kind, Source};
use std::ops::Range;

/// What follows the `!`: a block with its delimiters.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) place: Range<usize>,
    /// The white space that the line starts with that the macro call starts on.
    pub(crate) margin: Range<usize>,
}

/// Those that rustfmt would format if they were functions: not in another macro's call or
/// definition, nor under `#[rustfmt::skip]`.
pub(crate) fn blocks(source: &Source<'_>) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < source.tokens.len() {
        if is_call(source, at) {
            let open = (at + 2..at + 4).find(|&at| source.kind(at) == Some(Kind::Open));
            if let Some(open) = open {
                if source.token(at) == "saga" && !is_skipped(source, at) {
                    blocks.push(block(source, at, open));
                }
                at = source.tokens[open].close;
            }
        }
        at += 1;
    }
    blocks
}

/// `name! …`, or `macro_rules! name …`.
fn is_call(source: &Source<'_>, at: usize) -> bool {
    let delimited = source.kind(at + 2) == Some(Kind::Open);
    let defined = source.token(at) == "macro_rules";
    source.kind(at) == Some(Kind::Word) && source.token(at + 1) == "!" && (delimited || defined)
}

/// Whether `#[rustfmt::skip]` is among the attributes of the call whose macro's name is at `name`.
fn is_skipped(source: &Source<'_>, name: usize) -> bool {
    let mut start = name;
    while start >= 2 && source.token(start - 1) == ":" {
        start -= 2;
        start -= usize::from(start > 0 && source.kind(start - 1) == Some(Kind::Word));
    }
    while start > 0 {
        let end = start - 1;
        let opens = |at: &usize| source.tokens[*at].close == end;
        start = match source.kind(end) {
            Some(Kind::Doc) => end,
            Some(Kind::Close) if source.token(end) == "]" => match (0..end).rev().find(opens) {
                Some(open) if open > 0 && source.token(open - 1) == "#" => open - 1,
                _ => return false,
            },
            _ => return false,
        };
        if source.slice(&(start..end + 1)) == "#[rustfmt::skip]" {
            return true;
        }
    }
    false
}

fn block(source: &Source<'_>, name: usize, open: usize) -> Block {
    let (tokens, text) = (&source.tokens, source.text);
    let start = tokens[name].place.start;
    let line = text[..start].rfind('\n').map_or(0, |end| end + 1);
    let blank = text[line..start].len() - text[line..start].trim_start_matches([' ', '\t']).len();
    Block {
        place: tokens[name + 1].place.end..tokens[tokens[open].close].place.end,
        margin: line..line + blank,
    }
}
