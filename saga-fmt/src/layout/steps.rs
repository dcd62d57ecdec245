//! Steps, groups, clauses, and the expression at the end.

use super::page::{Blank, Layout, width};
use crate::lex::Source;
use crate::rust::{Answer, Piece, Shape};
use crate::same;
use crate::tree::{Arm, Attr, Body, Code, Loop, Node, Part, Step, Tokens};
use typed_saga_definition::language::Arguments;

/// How many statements share a line with the braces around them.
const STATEMENTS: usize = 2;

impl<'s> Layout<'_, 's> {
    /// What is between the braces of a saga or of a group, the first of which is printed, up to the
    /// other one.
    pub(super) fn body(&mut self, body: &Body, indent: usize) {
        let empty = body.open + 1 == body.close;
        if empty && !self.has_comments(body.close) {
            self.push("}");
            return;
        }
        let mut blank = Blank::First;
        for node in &body.nodes {
            self.node(node, self.inside(indent), blank);
            blank = Blank::Keep;
        }
        if let Some(tail) = &body.tail {
            self.tail(tail, self.inside(indent), blank);
        }
        self.close(body.close, indent);
    }

    fn node(&mut self, node: &Node, indent: usize, blank: Blank) {
        match node {
            Node::Step(Step {
                looped,
                part,
                clauses,
            }) => {
                let blank = match looped {
                    None => blank,
                    Some(looped) => {
                        self.looped(looped, indent, blank);
                        Blank::Drop
                    }
                };
                self.part(part, indent, blank);
                for clause in clauses {
                    self.part(clause, self.inside(indent), Blank::Drop);
                }
            }
            Node::Group {
                attrs,
                word,
                condition,
                body,
                arms,
            } => {
                self.start(attrs, *word, indent, blank);
                match condition {
                    None => self.push("concurrent"),
                    Some(parentheses) => self.condition(*parentheses),
                }
                self.push(" {");
                self.body(body, indent);
                for Arm { condition, body } in arms {
                    self.push(" else ");
                    if let Some(parentheses) = condition {
                        self.condition(*parentheses);
                        self.push(" ");
                    }
                    self.push("{");
                    self.body(body, indent);
                }
            }
            Node::Part(part) => self.part(part, indent, blank),
        }
    }

    /// What stands before the step of a loop.
    fn looped(&mut self, looped: &Loop, indent: usize, blank: Blank) {
        let Loop {
            attrs,
            word,
            item,
            ty,
            open,
            close,
        } = looped;
        self.start(attrs, *word, indent, blank);
        let (item, ty) = (self.source.token(*item), self.one_line(Shape::Type, ty));
        let commented = self.commented(&(*open..*close));
        let items = (!commented)
            .then(|| self.arguments(*open, Arguments::Condition))
            .flatten();
        let written = self.source.slice(&(*open..*close + 1));
        let items = items.map(|items| format!("({items})"));
        let items = items.filter(|items| same::nearly(written, items));
        let items = items.unwrap_or_else(|| written.to_owned());
        self.push(&format!("for {item}: {ty} in {items}"));
        self.replace(&(*open..*close + 1), &items);
    }

    /// `when (reads => condition)`.
    fn condition(&mut self, (open, close): (usize, usize)) {
        let tokens = open..close + 1;
        let commented = self.commented(&tokens);
        let text = self.arguments(open, Arguments::Condition);
        let text = text.filter(|_| !commented).map(|text| format!("({text})"));
        let written = self.source.slice(&tokens);
        let text = text.filter(|text| same::nearly(written, text));
        let text = text.unwrap_or_else(|| written.to_owned());
        if !commented {
            self.replace(&tokens, &text);
        }
        self.push("when ");
        self.push(&text);
    }

    /// Attributes, and the line behind them.
    fn start(&mut self, attrs: &[Attr], word: usize, indent: usize, blank: Blank) {
        self.attrs(attrs, indent, blank, true);
        let blank = if attrs.is_empty() { blank } else { Blank::Drop };
        self.line(word, indent, blank);
    }

    fn part(&mut self, part: &Part, indent: usize, blank: Blank) {
        self.start(&part.attrs, part.title.start, indent, blank);
        let title = self.words(&part.title);
        self.push(&title);
        let ends = ";".repeat(part.ends);
        let effect = match &part.effect {
            Some(ty) => format!(" -> {}", self.one_line(Shape::Type, ty)),
            None => String::new(),
        };
        match &part.code {
            Code::Path(path) => {
                let path = self.one_line(Shape::Code, path);
                self.head(part, &effect, " =", indent);
                let line = format!(" = {path}");
                if self.fits(width(&line) + width(&ends)) {
                    self.push(&line);
                } else {
                    self.push(" =\n");
                    self.indent(self.inside(indent));
                    self.push(&path);
                }
            }
            Code::Block(open, close) => {
                let Block { short, long } = self.block(*open, *close, indent);
                self.head(part, &effect, " {", indent);
                let short = short.filter(|text| self.fits(width(text) + width(&ends)));
                let text = short.unwrap_or(long);
                self.push(&text);
                self.replace(&(*open..close + 1), &text);
            }
            Code::Wait(open, close) => {
                let wait = self.wait(*open, *close);
                let tokens = *open..close + 1;
                let fits = self.fits(width(&wait) + width(&effect) + width(&ends));
                let wait = Some(wait).filter(|_| fits);
                let wait = wait.or_else(|| self.long_wait(*open, *close, indent));
                let wait = wait.unwrap_or_else(|| self.source.slice(&tokens).to_owned());
                self.push(&wait);
                self.replace(&tokens, &wait);
                self.push(&effect);
            }
            Code::None => self.push(&effect),
        }
        self.push(&ends);
    }

    /// Reads and effect, with the reads broken if `behind` does not fit behind them.
    fn head(&mut self, part: &Part, effect: &str, behind: &str, indent: usize) {
        if let Some(reads) = &part.reads {
            self.list(reads, indent, width(effect) + width(behind));
        }
        self.push(effect);
    }

    fn block(&mut self, open: usize, close: usize, indent: usize) -> Block {
        let source: &Source<'s> = self.source;
        let tokens = &source.tokens;
        let text = &source.text[tokens[open].place.end..tokens[close].place.start];
        if text.trim().is_empty() {
            return Block {
                short: Some(" {}".to_owned()),
                long: " {}".to_owned(),
            };
        }
        let answer = self.ask_text(Piece {
            shape: Shape::Code,
            depth: self.style.depth(indent),
            text,
        });
        let short = short(&answer, STATEMENTS).map(|text| format!(" {{ {text} }}"));
        let long = match answer.narrow {
            Some(text) => format!(" {{\n{text}\n{}}}", self.style.indentation(indent)),
            None => format!(" {{{text}}}"),
        };
        Block { short, long }
    }

    fn tail(&mut self, tail: &Tokens, indent: usize, blank: Blank) {
        self.line(tail.start, indent, blank);
        // The wrapper's braces stand one step further out.
        let answer = self.ask(Shape::Code, tail, self.outside(indent));
        let text = match (short(&answer, 1), &answer.narrow) {
            (Some(line), _) if self.fits(width(&line)) => line,
            (_, Some(lines)) => lines.trim_start().to_owned(),
            _ => self.source.slice(tail).to_owned(),
        };
        self.push(&text);
        self.replace(tail, &text);
    }
}

/// A body with the space before its braces.
struct Block {
    short: Option<String>,
    long: String,
}

/// The line that at most so many statements make.
fn short(answer: &Answer, most: usize) -> Option<String> {
    let wide = answer.wide.as_deref()?.trim();
    let lines: Vec<_> = wide.lines().map(str::trim).collect();
    let (_, others) = lines.split_last()?;
    let statements = others.iter().all(|line| line.ends_with(';')) && lines.len() <= most;
    let line = lines.join(" ");
    let (before, after) = (Source::new(wide).ok()?, Source::new(&line).ok()?);
    let commented = (0..=before.tokens.len()).any(|at| !before.gap(at).comments.is_empty());
    let whole = !commented && same::words(&before) == same::words(&after);
    (statements && whole).then_some(line)
}
