//! Tokens of a block to its [tree](crate::tree). Stricter than the macro, which goes on after a
//! mistake.

mod part;
mod waits;
mod when;

use crate::lex::{self, Source};
use crate::tree::{Attr, Body, Code, Item, List, Loop, Node, Part, Saga, Step, Tokens};
use typed_saga_definition::{Compensation, Kind, language::Clause};

/// What cannot be read, and at which token.
#[derive(Debug)]
pub(crate) struct Puzzle {
    pub(crate) at: usize,
    pub(crate) what: &'static str,
}

type Parsed<T> = Result<T, Puzzle>;

/// The sagas between the delimiters that are the first and the last token of `source`.
pub(crate) fn sagas(source: &Source<'_>) -> Parsed<Vec<Saga>> {
    let end = source.tokens.len() - 1;
    let mut parser = Parser { source, at: 1, end };
    let mut sagas = Vec::new();
    while parser.at < end {
        sagas.push(parser.saga()?);
    }
    Ok(sagas)
}

struct Parser<'a> {
    source: &'a Source<'a>,
    at: usize,
    end: usize,
}

impl Parser<'_> {
    fn puzzle<T>(&self, what: &'static str) -> Parsed<T> {
        Err(Puzzle { at: self.at, what })
    }

    /// The text of the token `ahead` of this one, within what is parsed now.
    fn peek(&self, ahead: usize) -> &str {
        let at = self.at + ahead;
        if at < self.end {
            self.source.token(at)
        } else {
            ""
        }
    }

    fn is_word(&self, at: usize) -> bool {
        at < self.end && self.source.kind(at) == Some(lex::Kind::Word)
    }

    fn take(&mut self, text: &str, what: &'static str) -> Parsed<usize> {
        if self.peek(0) != text {
            return self.puzzle(what);
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    fn take_word(&mut self, what: &'static str) -> Parsed<usize> {
        if !self.is_word(self.at) {
            return self.puzzle(what);
        }
        self.at += 1;
        Ok(self.at - 1)
    }

    /// Past what the token at `at` opens, or past it alone.
    fn behind(&self, at: usize) -> usize {
        self.source.tokens[at].close + 1
    }

    fn attrs(&mut self) -> Parsed<Vec<Attr>> {
        let mut attrs = Vec::new();
        loop {
            let start = self.at;
            if self.at < self.end && self.source.kind(start) == Some(lex::Kind::Doc) {
                self.at += 1;
            } else if self.peek(0) == "#" {
                if self.peek(1) != "[" {
                    return self.puzzle("an attribute of another form");
                }
                self.at = self.behind(start + 1);
            } else {
                return Ok(attrs);
            }
            attrs.push(Attr {
                tokens: start..self.at,
            });
        }
    }

    fn saga(&mut self) -> Parsed<Saga> {
        let attrs = self.attrs()?;
        let start = self.at;
        if self.peek(0) == "pub" {
            self.at += 1;
            if self.peek(0) == "(" {
                self.at = self.behind(self.at);
            }
        }
        if self.peek(0) == "durable" {
            self.at += 1;
        }
        self.take("saga", "expected a saga")?;
        self.take_word("a saga without a name")?;
        let title = start..self.at;
        let generics = (self.peek(0) == "<").then(|| self.angles());
        let inputs = self.list(true)?;
        let services = match self.peek(0) {
            "with" => {
                self.at += 1;
                Some((self.at - 1, self.list(true)?))
            }
            _ => None,
        };
        let arrow = self.arrow("a saga without `-> Result<…, …>`")?;
        let result = self.until(|parser| matches!(parser.peek(0), "emit" | "where" | "{"));
        let emits = match self.peek(0) {
            "emit" => {
                self.at += 1;
                let word = self.at - 1;
                Some((
                    word,
                    self.until(|parser| matches!(parser.peek(0), "where" | "{")),
                ))
            }
            _ => None,
        };
        let bounds = match self.peek(0) {
            "where" => {
                self.at += 1;
                let word = self.at - 1;
                Some((word, self.until(|parser| parser.peek(0) == "{")))
            }
            _ => None,
        };
        let body = self.body(false)?;
        Ok(Saga {
            attrs,
            title,
            generics,
            inputs,
            services,
            arrow,
            result,
            emits,
            bounds,
            body,
        })
    }

    fn arrow(&mut self, what: &'static str) -> Parsed<usize> {
        self.take("-", what)?;
        self.take(">", what)?;
        Ok(self.at - 2)
    }

    /// From `<` to its `>`.
    fn angles(&mut self) -> Tokens {
        let start = self.at;
        let mut depth = 0_usize;
        while self.at < self.end {
            depth = self.depth(depth);
            self.at = self.behind(self.at);
            if depth == 0 {
                break;
            }
        }
        start..self.at
    }

    /// How deep in angle brackets it is behind this token, if it is `depth` before it.
    fn depth(&self, depth: usize) -> usize {
        match self.peek(0) {
            "<" => depth + 1,
            ">" if self.source.token(self.at - 1) != "-" => depth.saturating_sub(1),
            _ => depth,
        }
    }

    /// To a token outside of all brackets that `stop` accepts.
    fn until(&mut self, stop: impl Fn(&Self) -> bool) -> Tokens {
        let start = self.at;
        let mut depth = 0;
        while self.at < self.end && (depth > 0 || !stop(self)) {
            depth = self.depth(depth);
            self.at = self.behind(self.at);
        }
        start..self.at
    }

    /// Names in parentheses, with their types if they are `typed`.
    fn list(&mut self, typed: bool) -> Parsed<List> {
        let open = self.take("(", "expected a list in parentheses")?;
        let close = self.source.tokens[open].close;
        let outer = std::mem::replace(&mut self.end, close);
        let mut items = Vec::new();
        while self.at < close {
            let attrs = self.attrs()?;
            let name = self.take_word("expected a name")?;
            let ty = if typed {
                self.take(":", "a name without a type")?;
                Some(self.until(|parser| parser.peek(0) == ","))
            } else {
                None
            };
            items.push(Item { attrs, name, ty });
            if self.at < close {
                self.take(",", "expected `,`")?;
            }
        }
        self.end = outer;
        self.at = close + 1;
        Ok(List { open, items, close })
    }

    fn body(&mut self, in_group: bool) -> Parsed<Body> {
        let open = self.take("{", "expected `{`")?;
        let close = self.source.tokens[open].close;
        let outer = std::mem::replace(&mut self.end, close);
        let (mut nodes, mut tail) = (Vec::new(), None);
        while self.at < close {
            let start = self.at;
            let attrs = self.attrs()?;
            if let Some(node) = self.node(attrs)? {
                nodes.push(node);
            } else if in_group {
                return self.puzzle("expected a step: a block has only steps");
            } else {
                tail = Some(self.tail(start)?);
            }
        }
        self.end = outer;
        self.at = close + 1;
        Ok(Body {
            open,
            nodes,
            tail,
            close,
        })
    }

    fn tail(&mut self, start: usize) -> Parsed<Tokens> {
        while self.at < self.end {
            if self.begins_step() {
                return self.puzzle("a step cannot be here");
            }
            self.at = self.behind(self.at);
        }
        Ok(start..self.end)
    }

    fn begins_step(&self) -> bool {
        Kind::named(self.peek(0)).is_some() && self.is_word(self.at + 1) && self.peek(1) != "as"
    }

    /// `None` at the expression that ends a saga.
    fn node(&mut self, attrs: Vec<Attr>) -> Parsed<Option<Node>> {
        Ok(Some(match self.peek(0) {
            _ if self.begins_step() => Node::Step(self.step(attrs)?),
            "for" if self.is_word(self.at + 1) && self.peek(2) == ":" => {
                let looped = self.looped(attrs)?;
                Node::Step(Step {
                    looped: Some(looped),
                    ..self.step(Vec::new())?
                })
            }
            "concurrent" if self.peek(1) == "{" => {
                self.at += 1;
                let word = self.at - 1;
                let body = self.body(true)?;
                Node::Group {
                    attrs,
                    word,
                    condition: None,
                    body,
                    arms: Vec::new(),
                }
            }
            "when" if self.is_clause() => self.when(attrs)?,
            "publish" | "finally" if self.is_clause() => Node::Part(self.part(attrs, 1)?),
            "emit" if self.is_emit(1) => Node::Part(self.in_parentheses(attrs, 1)?),
            "emit" if self.peek(1) == "failed" && self.is_emit(2) => {
                Node::Part(self.in_parentheses(attrs, 2)?)
            }
            _ => return Ok(None),
        }))
    }

    /// Parentheses with `=>` between them, and `;` behind.
    fn is_emit(&self, ahead: usize) -> bool {
        if self.peek(ahead) != "(" {
            return false;
        }
        let (open, behind) = (self.at + ahead, self.behind(self.at + ahead));
        let arrow = |at: usize| self.source.token(at) == "=" && self.source.token(at + 1) == ">";
        (open..behind - 1).any(arrow) && self.peek(behind - self.at) == ";"
    }

    /// A word, parentheses, and code behind them: no call looks like that.
    fn is_clause(&self) -> bool {
        if self.peek(1) != "(" {
            return false;
        }
        let behind = self.behind(self.at + 1) - self.at;
        self.peek(behind) == "{" || self.assigns(behind)
    }

    /// `=`, and not the start of `==` or `=>`.
    fn assigns(&self, ahead: usize) -> bool {
        let place = |ahead: usize| &self.source.tokens[self.at + ahead].place;
        let joined =
            matches!(self.peek(ahead + 1), "=" | ">") && place(ahead).end == place(ahead + 1).start;
        self.peek(ahead) == "=" && !joined
    }

    fn step(&mut self, attrs: Vec<Attr>) -> Parsed<Step> {
        let part = match Kind::named(self.peek(0)) {
            Some(Kind::Sleep) => self.sleep(attrs)?,
            Some(Kind::Signal) => self.signal(attrs)?,
            Some(Kind::Lock) => self.lock(attrs)?,
            _ => self.part(attrs, 2)?,
        };
        let mut clauses: Vec<Part> = Vec::new();
        loop {
            let start = self.at;
            let attrs = self.attrs()?;
            match self.peek(0) {
                word if is_clause_of_step(word) && self.is_clause() => {
                    clauses.push(self.part(attrs, 1)?);
                }
                "compensate" if self.peek(1) == "none" => {
                    let words = if self.says_again(2) { 3 } else { 2 };
                    clauses.push(self.titled(attrs, words));
                }
                "compensate" if self.peek(1) == "with" && self.is_word(self.at + 2) => {
                    clauses.push(self.titled(attrs, 3));
                }
                _ => {
                    self.at = start;
                    break;
                }
            }
        }
        let last = clauses.last().unwrap_or(&part);
        if matches!(last.code, Code::Path(_)) && last.ends == 0 {
            return self.puzzle("expected `;`");
        }
        Ok(Step {
            looped: None,
            part,
            clauses,
        })
    }

    /// Whether `again` follows `compensate none`, and not the final expression.
    fn says_again(&self, ahead: usize) -> bool {
        let is_word = self.peek(ahead) == Compensation::AGAIN;
        is_word && !matches!(self.peek(ahead + 1), "." | "?" | ":" | "!")
    }

    fn looped(&mut self, attrs: Vec<Attr>) -> Parsed<Loop> {
        let (word, item) = (self.at, self.at + 1);
        self.at += 3;
        let ty = self.until(|parser| parser.peek(0) == "in");
        self.take("in", "a loop without `in`")?;
        let open = self.take("(", "a loop without its items")?;
        let close = self.source.tokens[open].close;
        self.at = close + 1;
        if !self.begins_step() {
            return self.puzzle("a loop without its step");
        }
        Ok(Loop {
            attrs,
            word,
            item,
            ty,
            open,
            close,
        })
    }
}

fn is_clause_of_step(word: &str) -> bool {
    Clause::named(word).is_some_and(|clause| clause.entry().is_of_step)
}
