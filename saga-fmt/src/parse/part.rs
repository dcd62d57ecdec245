//! A step without its clauses, or one of them: a title, what it reads, and code.

use super::{Parsed, Parser, is_clause_of_step};
use crate::lex;
use crate::tree::{Attr, Code, Part};

impl Parser<'_> {
    /// A title of so many words, and nothing else.
    pub(super) fn titled(&mut self, attrs: Vec<Attr>, words: usize) -> Part {
        let title = self.at..self.at + words;
        self.at += words;
        Part {
            attrs,
            title,
            reads: None,
            effect: None,
            code: Code::None,
            ends: self.ends(),
        }
    }

    /// With a title of so many words.
    pub(super) fn part(&mut self, attrs: Vec<Attr>, words: usize) -> Parsed<Part> {
        let title = self.at..self.at + words;
        self.at += words;
        let reads = Some(self.list(false)?);
        let effect = if self.peek(0) == "-" {
            self.arrow("expected `->`")?;
            Some(self.until(|parser| matches!(parser.peek(0), "{" | ";") || parser.assigns(0)))
        } else {
            None
        };
        let code = self.code()?;
        Ok(Part {
            attrs,
            title,
            reads,
            effect,
            code,
            ends: self.ends(),
        })
    }

    pub(super) fn ends(&mut self) -> usize {
        let start = self.at;
        while self.peek(0) == ";" {
            self.at += 1;
        }
        self.at - start
    }

    fn code(&mut self) -> Parsed<Code> {
        if self.peek(0) == "{" {
            let open = self.at;
            self.at = self.behind(open);
            return Ok(Code::Block(open, self.at - 1));
        }
        self.take("=", "expected code: `{ … }` or `= path`")?;
        let start = self.at;
        let is_saga = self.peek(0) == "saga" && self.is_word(self.at + 1);
        if is_saga {
            self.at += 1;
        }
        let mut name_may_follow = true;
        loop {
            if self.peek(0) == "<" {
                self.angles();
                name_may_follow = false;
            } else if self.peek(0) == ":" && self.peek(1) == ":" {
                self.at += 2;
                name_may_follow = true;
            } else if name_may_follow && self.is_word(self.at) {
                self.at += 1;
                name_may_follow = false;
            } else {
                break;
            }
        }
        // The inputs of a saga that is a step, and its services.
        if is_saga && self.peek(0) == "{" {
            self.at = self.behind(self.at);
            if self.peek(0) == "with" && self.peek(1) == "(" {
                self.at = self.behind(self.at + 1);
            }
        }
        let path = start..self.at;
        let next = self.peek(0);
        let ended = matches!(next, ";" | "#")
            || is_clause_of_step(next)
            || self.at < self.end && self.source.kind(self.at) == Some(lex::Kind::Doc);
        if path.is_empty() || !ended {
            return self.puzzle("expected a path, then `;` or a clause");
        }
        Ok(Code::Path(path))
    }
}
