//! What stands in parentheses: inputs, services, reads.

use super::page::{Blank, Layout, width};
use crate::lex::Kind;
use crate::rust::Shape;
use crate::tree::{Attr, Item, List};

impl Layout<'_, '_> {
    /// All on one line, if nothing in it needs a line of its own.
    pub(super) fn flat(&mut self, list: &List) -> Option<String> {
        let commented = (list.open..=list.close)
            .skip(1)
            .any(|at| self.has_comments(at));
        let documented = list.items.iter().any(|item| self.is_documented(item));
        if documented || commented && !self.only_in_types(list) {
            return None;
        }
        let items: Vec<_> = list.items.iter().map(|item| self.item(item, 0)).collect();
        Some(format!("({})", items.join(", ")))
    }

    /// A comment within a type does not break the list; it is found to have no place later.
    fn only_in_types(&self, list: &List) -> bool {
        let typed = |at: usize| {
            list.items
                .iter()
                .filter_map(|item| item.ty.as_ref())
                .any(|ty| ty.start < at && at < ty.end)
        };
        (list.open + 1..=list.close).all(|at| !self.has_comments(at) || typed(at))
    }

    /// From the open parenthesis to the closing one, which is indented by `indent`: types one per
    /// line, reads as many on a line as fit.
    pub(super) fn tall(&mut self, list: &List, indent: usize) {
        self.push("(");
        let inner = self.inside(indent);
        let filled = list
            .items
            .iter()
            .all(|item| item.ty.is_none() && item.attrs.is_empty())
            && (list.open + 1..=list.close).all(|at| !self.has_comments(at));
        for (index, item) in list.items.iter().enumerate() {
            let blank = if index == 0 {
                Blank::First
            } else {
                Blank::Keep
            };
            if filled {
                self.fill(item, inner, index == 0);
            } else {
                self.item_on_a_line(item, inner, blank);
            }
            self.push(",");
        }
        self.close(list.close, indent);
    }

    fn fill(&mut self, item: &Item, indent: usize, first: bool) {
        let name = self.source.token(item.name);
        if !first && self.fits(width(name) + width(" ,")) {
            self.push(" ");
        } else {
            self.line(item.name, indent, Blank::Drop);
        }
        self.push(name);
    }

    fn item_on_a_line(&mut self, item: &Item, indent: usize, blank: Blank) {
        let docs = item
            .attrs
            .iter()
            .take_while(|attr| self.is_doc(attr))
            .count();
        self.attrs(&item.attrs[..docs], indent, blank, false);
        let blank = if docs == 0 { blank } else { Blank::Drop };
        let first = item
            .attrs
            .get(docs)
            .map_or(item.name, |attr| attr.tokens.start);
        self.line(first, indent, blank);
        let text = self.item(item, docs);
        self.push(&text);
    }

    /// One item, without its first `docs` attributes.
    fn item(&mut self, item: &Item, docs: usize) -> String {
        let mut text = String::new();
        for attr in &item.attrs[docs..] {
            text += &self.attr(&attr.tokens, 0);
            text.push(' ');
        }
        text += self.source.token(item.name);
        if let Some(ty) = &item.ty {
            text += ": ";
            text += &self.one_line(Shape::Type, ty);
        }
        text
    }

    fn is_documented(&self, item: &Item) -> bool {
        item.attrs.iter().any(|attr| self.is_doc(attr))
    }

    fn is_doc(&self, attr: &Attr) -> bool {
        self.source.kind(attr.tokens.start) == Some(Kind::Doc)
    }
}
