//! Signals, sleeps, locks, and what an `emit` gives.

use super::{Parsed, Parser, is_clause_of_step};
use crate::tree::{Attr, Code, Part};

impl Parser<'_> {
    /// `sleep name(…);`
    pub(super) fn sleep(&mut self, attrs: Vec<Attr>) -> Parsed<Part> {
        self.in_parentheses(attrs, 2)
    }

    /// A title of so many words, and an expression of reads in parentheses.
    pub(super) fn in_parentheses(&mut self, attrs: Vec<Attr>, words: usize) -> Parsed<Part> {
        let mut part = self.titled(attrs, words);
        let open = self.take("(", "expected how long it sleeps, in parentheses")?;
        let close = self.source.tokens[open].close;
        self.at = close + 1;
        part.code = Code::Wait(open, close);
        part.ends = self.ends();
        Ok(part)
    }

    /// `lock name(…) -> Type;`
    pub(super) fn lock(&mut self, attrs: Vec<Attr>) -> Parsed<Part> {
        let mut part = self.in_parentheses(attrs, 2)?;
        self.typed(&mut part)?;
        Ok(part)
    }

    /// `signal name -> Type;`
    pub(super) fn signal(&mut self, attrs: Vec<Attr>) -> Parsed<Part> {
        let mut part = self.titled(attrs, 2);
        self.typed(&mut part)?;
        Ok(part)
    }

    /// `-> Type;`
    fn typed(&mut self, part: &mut Part) -> Parsed<()> {
        self.arrow("expected `->`")?;
        part.effect = Some(self.until(|parser| {
            let next = parser.peek(0);
            matches!(next, ";" | "#") || is_clause_of_step(next)
        }));
        part.ends = self.ends();
        Ok(())
    }
}
