//! Formats `saga!` blocks, which rustfmt leaves alone. `cargo saga fmt` is this as a command.
//!
//! ```text
//!  text ─▶ lex ─▶ find: blocks ─▶ parse: tree ─▶ layout ⇄ rust (rustfmt) ─▶ same? ─▶ text
//! ```
//!
//! Only white space changes, and what rustfmt changes in the Rust inside. A block whose meaning
//! would change stays as it was.

mod find;
mod layout;
mod lex;
mod parse;
mod rust;
mod same;
mod style;
#[cfg(test)]
mod tests;
mod tree;

pub use rust::Rustfmt;
pub use style::Error;

use layout::Layout;
use lex::Source;
use rust::Answers;
use std::collections::BTreeSet;
use std::io;
use style::Style;
use tree::Saga;

/// A text with its sagas formatted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Formatted {
    /// All of it; the same as before, but for `saga!` blocks.
    pub text: String,
    /// Blocks that stayed as they were, and why.
    pub warnings: Vec<Warning>,
}

/// Why something was left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// From 1.
    pub line: usize,
    /// What could not be read there.
    pub message: String,
}

/// Formats the sagas in a file's `text`. Those in calls of other macros, in `macro_rules!` and
/// under `#[rustfmt::skip]` are left alone.
///
/// # Errors
///
/// If rustfmt cannot be started, or cannot read its configuration.
pub fn format(text: &str, rustfmt: &Rustfmt) -> Result<Formatted, Error> {
    let mut formatted = Formatted {
        text: String::with_capacity(text.len()),
        warnings: Vec::new(),
    };
    if !text.contains("saga!") && !text.contains("saga !") {
        text.clone_into(&mut formatted.text);
        return Ok(formatted);
    }
    let blocks = match Source::new(text) {
        Ok(source) => find::blocks(&source),
        Err(line) => {
            formatted
                .warnings
                .push(warning(line, "this file cannot be read as Rust"));
            Vec::new()
        }
    };
    let style = match blocks.as_slice() {
        [] => Style::default(),
        _ => Style::read(rustfmt)?,
    };
    if style.disabled {
        text.clone_into(&mut formatted.text);
        return Ok(formatted);
    }
    // A block is read without carriage returns, and gets the line endings of the file's first line.
    let inner = blocks.iter().map(|block| Block {
        text: text[block.place.clone()].replace("\r\n", "\n"),
        indent: style.depth(style.width(&text[block.margin.clone()])) * style.tab,
    });
    let inner: Vec<_> = inner.collect();
    let first_line = text.split_inclusive('\n').next().unwrap_or_default();
    let end = if first_line.ends_with("\r\n") {
        "\r\n"
    } else {
        "\n"
    };
    let mut done = 0;
    for (block, after) in blocks.iter().zip(all(&inner, style, rustfmt)?) {
        let start = block.place.start;
        formatted.text.push_str(&text[done..start]);
        match after {
            Ok(after) => formatted.text.push_str(&after.replace('\n', end)),
            Err(mut warning) => {
                formatted.text.push_str(&text[block.place.clone()]);
                warning.line += text[..start].matches('\n').count();
                formatted.warnings.push(warning);
            }
        }
        done = block.place.end;
    }
    formatted.text.push_str(&text[done..]);
    Ok(formatted)
}

/// What stands behind the `!`, up to the closing delimiter.
struct Block {
    text: String,
    /// That of the line that the macro call starts on: whole tabs, in columns.
    indent: usize,
}

/// A block that could be read.
struct Read<'s> {
    source: Source<'s>,
    sagas: Vec<Saga>,
    indent: usize,
}

/// `blocks`, formatted; rustfmt sees the Rust in all of them at once.
fn all(
    blocks: &[Block],
    style: Style,
    rustfmt: &Rustfmt,
) -> io::Result<Vec<Result<String, Warning>>> {
    let read: Vec<_> = blocks
        .iter()
        .map(|block| read(&block.text, block.indent))
        .collect();
    let mut answers = Answers::new();
    loop {
        let mut asked = BTreeSet::new();
        let mut formatted = Vec::new();
        for read in &read {
            formatted.push(match read {
                Ok(read) => {
                    let Read {
                        source,
                        sagas,
                        indent,
                    } = read;
                    let mut layout = Layout::new(source, &answers, sagas, style, *indent);
                    asked.append(&mut layout.asked);
                    checked(&layout, source)
                }
                Err(warning) => Err(warning.clone()),
            });
        }
        if asked.is_empty() {
            return Ok(formatted);
        }
        answers.extend(rustfmt.answers(asked.into_iter().collect())?);
    }
}

fn read(text: &str, indent: usize) -> Result<Read<'_>, Warning> {
    let source = Source::new(text).map_err(|line| warning(line, "this block cannot be read"))?;
    match parse::sagas(&source) {
        Ok(sagas) => Ok(Read {
            source,
            sagas,
            indent,
        }),
        Err(puzzle) => {
            let at = source.tokens[puzzle.at].place.start;
            Err(warning(source.line(at) + 1, puzzle.what))
        }
    }
}

/// The text of `layout`, if it says what `source` says.
fn checked(layout: &Layout<'_, '_>, source: &Source<'_>) -> Result<String, Warning> {
    if let Some(comment) = layout.lost_comment() {
        let line = source.line(comment) + 1;
        let message = "a comment cannot stand in the middle of this line: put it on a line of its \
            own, or at the end of one";
        return Err(warning(line, message));
    }
    let says = Source::new(layout.text()).map(|source| same::words(&source));
    let expected = same::without_last_commas(layout.expected());
    if says.map(same::without_last_commas) != Ok(expected) {
        let message = "formatting would have changed the meaning of this block, which is a bug in \
            `cargo saga fmt`";
        return Err(warning(1, message));
    }
    Ok(layout.text().to_owned())
}

fn warning(line: usize, message: &str) -> Warning {
    Warning {
        line,
        message: message.to_owned(),
    }
}
