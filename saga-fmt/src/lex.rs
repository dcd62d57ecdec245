//! Tokens of a text with their places; comments are what stands in the gaps between them.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::ops::Range;
use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Open,
    Close,
    Word,
    /// One character of punctuation.
    Sign,
    Literal,
    /// `///` or `/** */`: a token, unlike other comments.
    Doc,
}

#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) place: Range<usize>,
    /// Of what is opened: the index of its other end. Of all else: its own index.
    pub(crate) close: usize,
}

/// A comment that is no documentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Comment<'s> {
    pub(crate) text: &'s str,
    pub(crate) start: usize,
    /// Line ends between it and what stands before it.
    pub(crate) lines: usize,
}

/// What stands before a token.
#[derive(Debug)]
pub(crate) struct Gap<'s> {
    pub(crate) comments: Vec<Comment<'s>>,
    /// Line ends behind the last comment.
    pub(crate) lines: usize,
}

#[derive(Debug)]
pub(crate) struct Source<'s> {
    pub(crate) text: &'s str,
    pub(crate) tokens: Vec<Token>,
}

impl<'s> Source<'s> {
    /// # Errors
    /// The line, from 1, at which `text` is not Rust.
    pub(crate) fn new(text: &'s str) -> Result<Self, usize> {
        let stream =
            TokenStream::from_str(text).map_err(|error| error.span().start().line.max(1))?;
        // A mark at the start of the file is skipped by the lexer, which does not count it.
        let skipped = text.len() - text.trim_start_matches('\u{feff}').len();
        let mut source = Self {
            text,
            tokens: Vec::new(),
        };
        source.flatten(stream, skipped);
        Ok(source)
    }

    fn flatten(&mut self, stream: TokenStream, skipped: usize) {
        let shift = |place: Range<usize>| place.start + skipped..place.end + skipped;
        let mut documented = None;
        for tree in stream {
            let place = shift(tree.span().byte_range());
            // Documentation is also lexed as the attribute that it stands for.
            if documented == Some(place.start) {
                continue;
            }
            match tree {
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                    self.flatten(group.stream(), skipped);
                }
                TokenTree::Group(group) => {
                    let open = self.push(Kind::Open, shift(group.span_open().byte_range()));
                    self.flatten(group.stream(), skipped);
                    let close = self.push(Kind::Close, shift(group.span_close().byte_range()));
                    self.tokens[open].close = close;
                }
                TokenTree::Ident(_) => drop(self.push(Kind::Word, place)),
                TokenTree::Literal(_) => drop(self.push(Kind::Literal, place)),
                TokenTree::Punct(_)
                    if self.text[place.clone()].starts_with('/') && place.len() > 1 =>
                {
                    documented = Some(place.start);
                    self.push(Kind::Doc, place);
                }
                TokenTree::Punct(_) => drop(self.push(Kind::Sign, place)),
            }
        }
    }

    fn push(&mut self, kind: Kind, place: Range<usize>) -> usize {
        let close = self.tokens.len();
        self.tokens.push(Token { kind, place, close });
        close
    }

    pub(crate) fn token(&self, at: usize) -> &'s str {
        self.tokens
            .get(at)
            .map_or("", |token| &self.text[token.place.clone()])
    }

    pub(crate) fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// From the first of `tokens` to the last, as it is written.
    pub(crate) fn slice(&self, tokens: &Range<usize>) -> &'s str {
        if tokens.is_empty() {
            return "";
        }
        &self.text[self.tokens[tokens.start].place.start..self.tokens[tokens.end - 1].place.end]
    }

    /// What stands before the token `at`; behind the last one, if it is the number of tokens.
    pub(crate) fn gap(&self, at: usize) -> Gap<'s> {
        let end = |token: &Token| token.place.end;
        let start = at
            .checked_sub(1)
            .map_or(0, |before| end(&self.tokens[before]));
        let stop = self
            .tokens
            .get(at)
            .map_or(self.text.len(), |token| token.place.start);
        comments(self.text, start..stop)
    }

    /// The line, from 0, at which `offset` stands.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count()
    }
}

fn comments(text: &str, place: Range<usize>) -> Gap<'_> {
    let mut gap = Gap {
        comments: Vec::new(),
        lines: 0,
    };
    let mut at = place.start;
    while at < place.end {
        let rest = &text[at..place.end];
        if rest.starts_with("//") || rest.starts_with("/*") {
            let length = comment(rest);
            gap.comments.push(Comment {
                text: rest[..length].trim_end(),
                start: at,
                lines: std::mem::take(&mut gap.lines),
            });
            at += length;
        } else {
            gap.lines += usize::from(rest.starts_with('\n'));
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    gap
}

/// The length of the comment that `text` starts with; block comments nest.
fn comment(text: &str) -> usize {
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    let (mut depth, mut at) = (0_usize, 0);
    loop {
        let rest = &text[at..];
        match rest.as_bytes() {
            [] => return text.len(),
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
}
