//! The text of a block as far as it is printed: lines, indentation, comments, and the Rust that
//! rustfmt is asked about.

use crate::lex::Source;
use crate::rust::{Answer, Answers, Piece, Shape};
use crate::same;
use crate::style::Style;
use crate::tree::Tokens;
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of empty lines in a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blank {
    /// They go.
    Drop,
    /// One of them is kept …
    Keep,
    /// … but not before what comes first.
    First,
}

/// A block on its way to text.
pub(crate) struct Layout<'a, 's> {
    pub(super) source: &'a Source<'s>,
    answers: &'a Answers<'s>,
    pub(super) style: Style,
    out: String,
    /// Pieces that rustfmt has to be asked for first.
    pub(crate) asked: BTreeSet<Piece<'s>>,
    /// Gaps whose comments are printed.
    shown: BTreeSet<usize>,
    /// Where rustfmt's text took the place of tokens: the first of them, the one behind, and the
    /// text.
    replaced: BTreeMap<usize, (usize, String)>,
}

impl<'a, 's> Layout<'a, 's> {
    /// Nothing of `source` yet.
    pub(super) fn empty(source: &'a Source<'s>, answers: &'a Answers<'s>, style: Style) -> Self {
        Self {
            source,
            answers,
            style,
            out: String::new(),
            asked: BTreeSet::new(),
            shown: BTreeSet::new(),
            replaced: BTreeMap::new(),
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.out
    }

    /// Where a comment starts that has no place in the layout.
    pub(crate) fn lost_comment(&self) -> Option<usize> {
        let mut at = 0;
        while at < self.source.tokens.len() {
            let gap = self.source.gap(at);
            if let Some(comment) = gap.comments.first().filter(|_| !self.shown.contains(&at)) {
                return Some(comment.start);
            }
            at = self.replaced.get(&at).map_or(at, |(behind, _)| behind - 1) + 1;
        }
        None
    }

    /// What the text must say.
    pub(crate) fn expected(&self) -> Vec<String> {
        let (mut words, mut at) = (Vec::new(), 0);
        while at < self.source.tokens.len() {
            same::between(&self.source.gap(at), &mut words);
            if let Some((behind, text)) = self.replaced.get(&at) {
                words.extend(Source::new(text).iter().flat_map(same::words));
                at = *behind;
            } else {
                words.push(same::squeezed(self.source.token(at)));
                at += 1;
            }
        }
        words
    }

    /// What stands before the token `at`, up to the start of a new line, indented by `indent`.
    pub(super) fn line(&mut self, at: usize, indent: usize, blank: Blank) {
        self.gap(at, indent, blank);
        self.indent(indent);
    }

    /// A token that closes what was opened by a line indented by `indent`.
    pub(super) fn close(&mut self, at: usize, indent: usize) {
        let gap = self.source.gap(at);
        if !gap.comments.is_empty() {
            // A comment that comes first in an empty block has no empty line before it.
            let first = self.source.tokens[at - 1].close == at;
            self.comments(
                at,
                self.inside(indent),
                if first { Blank::First } else { Blank::Keep },
            );
        }
        self.out.push('\n');
        self.indent(indent);
        self.out.push_str(self.source.token(at));
    }

    /// The comments before the token `at`, and the end of the line.
    fn gap(&mut self, at: usize, indent: usize, blank: Blank) {
        let gap = self.source.gap(at);
        self.comments(at, indent, blank);
        self.out.push('\n');
        let first = blank == Blank::First && gap.comments.is_empty();
        if gap.lines > 1 && blank != Blank::Drop && !first {
            self.out.push('\n');
        }
    }

    fn comments(&mut self, at: usize, indent: usize, blank: Blank) {
        self.shown.insert(at);
        let mut first = blank == Blank::First;
        for comment in self.source.gap(at).comments {
            if comment.lines == 0 {
                self.out.push(' ');
            } else {
                let empty = comment.lines > 1 && blank != Blank::Drop && !first;
                self.out.push_str(if empty { "\n\n" } else { "\n" });
                self.indent(indent);
            }
            self.out.push_str(comment.text);
            first = false;
        }
    }

    pub(super) fn indent(&mut self, indent: usize) {
        self.out.push_str(&self.style.indentation(indent));
    }

    /// The column of what is inside of something at this one.
    pub(super) fn inside(&self, indent: usize) -> usize {
        indent + self.style.tab
    }

    /// The column of what something at this one is in.
    pub(super) fn outside(&self, indent: usize) -> usize {
        indent.saturating_sub(self.style.tab)
    }

    pub(super) fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    pub(super) fn has_comments(&self, at: usize) -> bool {
        !self.source.gap(at).comments.is_empty()
    }

    /// Whether what is printed on this line, with `more` behind it, is not too wide.
    pub(super) fn fits(&self, more: usize) -> bool {
        let line = self.out.rsplit('\n').next().unwrap_or_default();
        self.style.width(line) + more <= self.style.max_width
    }

    /// rustfmt's answer for `tokens`; nothing yet when it is asked for the first time.
    pub(super) fn ask(&mut self, shape: Shape, tokens: &Tokens, indent: usize) -> Answer {
        let depth = self.style.depth(indent);
        let text = self.source.slice(tokens);
        self.ask_text(Piece { shape, depth, text })
    }

    pub(super) fn ask_text(&mut self, piece: Piece<'s>) -> Answer {
        if let Some(answer) = self.answers.get(&piece) {
            return answer.clone();
        }
        self.asked.insert(piece);
        Answer::default()
    }

    /// `tokens` on one line if rustfmt can; otherwise as they are written.
    pub(super) fn one_line(&mut self, shape: Shape, tokens: &Tokens) -> String {
        let text = match self.ask(shape, tokens, 0).wide {
            Some(wide) if !wide.trim().contains('\n') => wide.trim().to_owned(),
            _ => self.source.slice(tokens).to_owned(),
        };
        if !self.commented(tokens) {
            self.replace(tokens, &text);
        }
        text
    }

    /// Whether a comment stands among `tokens`.
    pub(super) fn commented(&self, tokens: &Tokens) -> bool {
        (tokens.start + 1..tokens.end).any(|at| self.has_comments(at))
    }

    pub(super) fn replace(&mut self, tokens: &Tokens, text: &str) {
        if !tokens.is_empty() {
            self.replaced
                .insert(tokens.start, (tokens.end, text.to_owned()));
        }
    }

    pub(super) fn words(&self, tokens: &Tokens) -> String {
        let words: Vec<_> = tokens.clone().map(|at| self.source.token(at)).collect();
        words.join(" ")
    }
}

pub(super) fn width(text: &str) -> usize {
    text.chars().count()
}
