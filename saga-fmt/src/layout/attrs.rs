//! Documentation and attributes.

use super::page::{Blank, Layout, width};
use crate::lex::Kind;
use crate::rust::Shape;
use crate::same;
use crate::tree::{Attr, Tokens};
use typed_saga_definition::language::{Arguments, Attribute};

impl Layout<'_, '_> {
    /// Each on a line of its own; if `together`, policies share lines.
    pub(super) fn attrs(&mut self, attrs: &[Attr], indent: usize, blank: Blank, together: bool) {
        let (mut blank, mut before) = (blank, false);
        for attr in attrs {
            let start = attr.tokens.start;
            let text = self.attr(&attr.tokens, indent);
            let known = Attribute::named(self.source.token(start + 2));
            let policy = together && known.is_some_and(|known| known.entry().is_policy);
            let joins =
                before && policy && !self.has_comments(start) && self.fits(1 + width(&text));
            if joins {
                self.push(" ");
            } else {
                self.line(start, indent, blank);
            }
            self.push(&text);
            (blank, before) = (Blank::Drop, policy);
        }
    }

    /// One attribute, with the indentation of all its lines but the first.
    pub(super) fn attr(&mut self, tokens: &Tokens, indent: usize) -> String {
        if self.source.kind(tokens.start) == Some(Kind::Doc) {
            return self.doc(tokens.start, indent);
        }
        let name = self.source.token(tokens.start + 2);
        let open = tokens.start + 3;
        let has_arguments = self.source.token(open) == "(" && !self.commented(tokens);
        let text = match Attribute::named(name).filter(|_| has_arguments) {
            Some(known) => {
                let arguments = self.arguments(open, known.entry().arguments);
                arguments.map(|arguments| format!("#[{name}({arguments})]"))
            }
            None => self.ask(Shape::Attr, tokens, indent).narrow,
        };
        let written = self.source.slice(tokens);
        let text = text.filter(|text| same::nearly(written, text));
        let text = text.unwrap_or_else(|| written.to_owned());
        self.replace(tokens, &text);
        text
    }

    /// How long a sleep is, or what an `emit` gives, in its parentheses.
    pub(super) fn wait(&mut self, open: usize, close: usize) -> String {
        let written = self.source.slice(&(open..close + 1)).to_owned();
        if self.commented(&(open..close + 1)) {
            return written;
        }
        let wait = self.arguments(open, Arguments::Duration);
        let wait = wait.map(|wait| format!("({wait})"));
        let wait = wait.filter(|wait| same::nearly(&written, wait));
        wait.unwrap_or(written)
    }

    /// The same on several lines: what is read stands on the first of them.
    pub(super) fn long_wait(&mut self, open: usize, close: usize, indent: usize) -> Option<String> {
        if self.commented(&(open..close + 1)) {
            return None;
        }
        let arrow = self.arrow(open, close)?;
        let lead = self.lead(&(open + 1..arrow));
        let code = arrow + 2..close;
        // rustfmt has it as the body of a function, which is indented.
        let beside = self.ask(Shape::Code, &code, self.outside(indent)).narrow;
        let below = self.ask(Shape::Code, &code, indent).narrow;
        let beside = beside.and_then(|code| {
            let first = code.trim().lines().next()?;
            let opens = first.ends_with(['{', '[', '(']);
            let fits = self.fits(width(&lead) + width(first) + 1);
            (fits && opens).then(|| format!("({lead}{})", code.trim()))
        });
        let wait = beside.or_else(|| {
            let (code, lead) = (below?, lead.trim_end());
            let deep = self.style.indentation(self.inside(indent));
            let end = self.style.indentation(indent);
            Some(format!("({lead}\n{deep}{}\n{end})", code.trim()))
        })?;
        let written = self.source.slice(&(open..close + 1));
        same::nearly(written, &wait).then_some(wait)
    }

    /// What is read, and the arrow behind it.
    fn lead(&self, reads: &Tokens) -> String {
        match self.words(reads).replace(" ,", ",") {
            reads if reads.is_empty() => "=> ".to_owned(),
            reads => format!("{reads} => "),
        }
    }

    /// The lines of a block of documentation move with the first.
    fn doc(&self, at: usize, indent: usize) -> String {
        let mut lines = self.source.token(at).trim_end().lines();
        let mut text = lines.next().unwrap_or_default().trim_end().to_owned();
        for line in lines {
            let line = line.trim();
            text.push('\n');
            if line.starts_with('*') {
                text.push_str(&self.style.indentation(indent + 1));
            } else if !line.is_empty() {
                text.push_str(&self.style.indentation(self.inside(indent)));
            }
            text.push_str(line);
        }
        text
    }

    /// What stands between the parentheses that open at `open`; `None` if it is not a list of
    /// expressions.
    pub(super) fn arguments(&mut self, open: usize, arguments: Arguments) -> Option<String> {
        let close = self.source.tokens[open].close;
        let (mut texts, mut at) = (Vec::new(), open + 1);
        let mut lead = String::new();
        let arrow = self.arrow(open, close);
        let reads = [Arguments::Condition, Arguments::Duration].contains(&arguments);
        if let Some(arrow) = arrow.filter(|_| reads) {
            lead = self.lead(&(at..arrow));
            texts.push(self.argument(&(arrow + 2..close))?);
            at = close;
        }
        while at < close {
            let start = at;
            while at < close && self.source.token(at) != "," {
                at = self.source.tokens[at].close + 1;
            }
            texts.push(self.argument(&(start..at))?);
            at += 1;
        }
        Some(lead + &texts.join(", "))
    }

    /// The `=>` of `#[when(reads => condition)]`.
    fn arrow(&self, open: usize, close: usize) -> Option<usize> {
        let is_arrow =
            |at: &usize| self.source.token(*at) == "=" && self.source.token(at + 1) == ">";
        (open + 1..close).find(is_arrow)
    }

    /// An expression, or `word = expression`.
    fn argument(&mut self, tokens: &Tokens) -> Option<String> {
        let keyed = tokens.len() > 2
            && self.source.kind(tokens.start) == Some(Kind::Word)
            && self.source.token(tokens.start + 1) == "="
            && self.source.token(tokens.start + 2) != "=";
        if keyed {
            let value = self.argument(&(tokens.start + 2..tokens.end))?;
            return Some(format!("{} = {value}", self.source.token(tokens.start)));
        }
        let answer = self.ask(Shape::Code, tokens, 0);
        // Nothing is known yet when it is asked for the first time.
        let text = answer.wide?.trim().to_owned();
        (!text.contains('\n')).then_some(text)
    }
}
