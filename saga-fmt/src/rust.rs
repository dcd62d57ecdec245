//! The Rust inside a saga, formatted by rustfmt: bodies, types, attributes, expressions.
//!
//! All pieces of a file go to rustfmt together, each as an item of its own, as deep in modules as
//! it is indented. If rustfmt cannot read them, it gets each piece alone, so that only the
//! unreadable one stays as it is.

use crate::lex::{Kind, Source};
use crate::same;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

/// How rustfmt is run.
#[derive(Clone, Debug)]
pub struct Rustfmt {
    /// The program: `rustfmt`, or what the environment's `RUSTFMT` names.
    pub program: PathBuf,
    /// As in a manifest: `2015`, `2018`, `2021` or `2024`.
    pub edition: String,
    /// The folder whose `rustfmt.toml` is used.
    pub folder: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// Statements, an expression, or both.
    Code,
    Type,
    Attr,
    /// `<T>`.
    Generics,
    /// What stands behind `where`.
    Bounds,
}

/// Some Rust, indented `depth` times.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Piece<'s> {
    pub(crate) shape: Shape,
    pub(crate) depth: usize,
    pub(crate) text: &'s str,
}

/// What rustfmt makes of a piece; `None` if it is to stay as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// On as few lines as possible, however wide.
    pub(crate) wide: Option<String>,
    /// Within the width, with the indentation of all lines but the first.
    pub(crate) narrow: Option<String>,
}

pub(crate) type Answers<'s> = BTreeMap<Piece<'s>, Answer>;

const WIDE: &str = ",max_width=100000,use_small_heuristics=Max";
const NARROW: &str = "";
/// Ours, whatever a `rustfmt.toml` says: that no tokens move.
const ALWAYS: &str = "newline_style=Unix,merge_derives=false,reorder_imports=false";

impl Rustfmt {
    pub(crate) fn answers<'s>(&self, pieces: Vec<Piece<'s>>) -> io::Result<Answers<'s>> {
        let (wide, narrow) = thread::scope(|scope| {
            let wide = scope.spawn(|| self.all(&pieces, WIDE));
            let narrow = self.all(&pieces, NARROW);
            let wide = wide.join().unwrap_or_else(|panic| resume_unwind(panic));
            (wide, narrow)
        });
        let answers = wide?.into_iter().zip(narrow?);
        Ok(pieces
            .into_iter()
            .zip(answers.map(|(wide, narrow)| Answer { wide, narrow }))
            .collect())
    }

    fn all(&self, pieces: &[Piece<'_>], width: &str) -> io::Result<Vec<Option<String>>> {
        if let Some(all) = self.together(pieces, width)? {
            return Ok(all.into_iter().map(Some).collect());
        }
        let alone = |piece| {
            Ok(self
                .together(std::slice::from_ref(piece), width)?
                .and_then(|mut one| one.pop()))
        };
        pieces.iter().map(alone).collect()
    }

    /// `None` if one of them cannot be formatted.
    fn together(&self, pieces: &[Piece<'_>], width: &str) -> io::Result<Option<Vec<String>>> {
        let file = pieces.iter().enumerate().map(|(at, piece)| item(at, piece));
        let Some(formatted) = self.run(&file.collect::<String>(), width)? else {
            return Ok(None);
        };
        let Ok(source) = Source::new(&formatted) else {
            return Ok(None);
        };
        let texts = pieces.iter().enumerate().map(|(at, piece)| {
            let text = extract(&source, at, piece.shape)?;
            same::nearly(piece.text, text).then(|| text.to_owned())
        });
        Ok(texts.collect())
    }

    fn run(&self, file: &str, width: &str) -> io::Result<Option<String>> {
        let mut child = Command::new(&self.program)
            .args(["--quiet", "--edition", &self.edition, "--config"])
            .arg(format!("{ALWAYS}{width}"))
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut stdin = child.stdin.take().expect("it was asked for");
        // It reads everything before it writes; if it does not, it says so by its status.
        let written = stdin.write_all(file.as_bytes());
        drop(stdin);
        let output = child.wait_with_output()?;
        let good = output.status.success() && written.is_ok();
        Ok(good
            .then(|| String::from_utf8(output.stdout).ok())
            .flatten())
    }
}

fn name(at: usize) -> String {
    format!("__saga_piece_{at}")
}

/// A file's item from which [`extract`] takes the piece again.
fn item(at: usize, piece: &Piece<'_>) -> String {
    let (name, text) = (name(at), piece.text);
    let (depth, item) = match piece.shape {
        Shape::Code => (piece.depth, format!("async fn {name}() {{{text}\n}}")),
        Shape::Type => (piece.depth, format!("type {name} = {text}\n;")),
        Shape::Generics => (piece.depth, format!("fn {name}{text}() {{}}")),
        Shape::Bounds => (piece.depth, format!("fn {name}() where {text} {{}}")),
        Shape::Attr => {
            let depth = piece.depth.saturating_sub(1);
            (depth, format!("mod {name} {{ {text} fn f() {{}} }}"))
        }
    };
    let (open, close) = ("mod m {\n".repeat(depth), "}\n".repeat(depth));
    format!("{open}{item}\n{close}")
}

fn extract<'s>(source: &Source<'s>, at: usize, shape: Shape) -> Option<&'s str> {
    let (name, tokens) = (name(at), &source.tokens);
    let named = (0..tokens.len()).find(|&at| source.token(at) == name)?;
    let after = |text: &str, start: usize| {
        let mut at = start;
        while at < tokens.len() && source.token(at) != text {
            at = tokens[at].close + 1;
        }
        (at < tokens.len()).then_some(at)
    };
    let between = |from: usize, to: usize| {
        source
            .text
            .get(tokens[from].place.end..tokens[to].place.start)
    };
    let text = match shape {
        Shape::Code => {
            let open = after("{", named)?;
            between(open, tokens[open].close)?
        }
        Shape::Type => between(after("=", named)?, after(";", named)?)?,
        Shape::Generics => between(named, after_angles(source, named + 1)?)?,
        Shape::Bounds => between(after("where", named)?, after("{", named)?)?,
        Shape::Attr => between(after("{", named)?, after("fn", named + 2)?)?,
    };
    Some(text.trim_matches('\n').trim_end()).map(|text| {
        if shape == Shape::Code {
            text
        } else {
            text.trim_start()
        }
    })
}

/// The token behind the `>` of the `<` at `start`.
fn after_angles(source: &Source<'_>, start: usize) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, start);
    while source.kind(at) != Some(Kind::Open) || depth > 0 {
        match source.token(at) {
            "<" => depth += 1,
            ">" if source.token(at - 1) != "-" => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at = source.tokens.get(at)?.close + 1;
    }
    Some(at)
}
