//! A saga up to its first step.

use super::page::{Blank, Layout, width};
use crate::rust::Shape;
use crate::tree::{List, Saga};

impl Layout<'_, '_> {
    pub(super) fn saga(&mut self, saga: &Saga, indent: usize, blank: Blank) {
        self.attrs(&saga.attrs, indent, blank, false);
        let blank = if saga.attrs.is_empty() {
            blank
        } else {
            Blank::Drop
        };
        self.line(saga.title.start, indent, blank);
        let mut title = self.title(saga);
        if let Some(generics) = &saga.generics {
            title += &self.one_line(Shape::Generics, generics);
        }
        self.push(&title);
        let mut result = format!("-> {}", self.one_line(Shape::Type, &saga.result));
        if let Some((_, emits)) = &saga.emits {
            result += " emit ";
            result += &self.one_line(Shape::Type, emits);
        }
        if let Some(rest) = self.rest_on_one_line(saga, &result) {
            self.push(&rest);
        } else {
            self.broken(saga, &result, indent);
        }
        self.body(&saga.body, indent);
    }

    /// `pub(crate) durable saga Name`.
    fn title(&self, saga: &Saga) -> String {
        let words = self.words(&saga.title);
        words
            .replace(" ( ", "(")
            .replace(" ) ", ") ")
            .replace(" : : ", "::")
    }

    /// From the inputs to the `{`, if it fits behind the name.
    fn rest_on_one_line(&mut self, saga: &Saga, result: &str) -> Option<String> {
        let starts = saga.services.as_ref().map(|(word, _)| *word);
        let commented = starts
            .into_iter()
            .chain([saga.arrow, saga.body.open])
            .any(|at| self.has_comments(at));
        if saga.bounds.is_some() || commented {
            return None;
        }
        let mut text = self.flat(&saga.inputs)?;
        if let Some((_, services)) = &saga.services {
            text += " with ";
            text += &self.flat(services)?;
        }
        text = format!("{text} {result} {{");
        self.fits(width(&text)).then_some(text)
    }

    /// Services, result and bounds each on a line; without services, the result follows the inputs.
    fn broken(&mut self, saga: &Saga, result: &str, indent: usize) {
        let behind = saga.services.is_none() && !self.has_comments(saga.arrow);
        let braced = behind && saga.bounds.is_none() && !self.has_comments(saga.body.open);
        let more = match (behind, braced) {
            (true, true) => width(result) + width("  {"),
            (true, false) => width(result) + width(" "),
            _ => 0,
        };
        self.list(&saga.inputs, indent, more);
        if let Some((word, services)) = &saga.services {
            self.line(*word, indent, Blank::Drop);
            self.push("with ");
            self.list(services, indent, 0);
        }
        if behind {
            self.push(" ");
        } else {
            self.line(saga.arrow, indent, Blank::Drop);
        }
        self.push(result);
        if let Some((word, bounds)) = &saga.bounds {
            self.line(*word, indent, Blank::Drop);
            self.push("where");
            let narrow = self.ask(Shape::Bounds, bounds, indent).narrow;
            let text = narrow.unwrap_or_else(|| self.source.slice(bounds).to_owned());
            self.line(bounds.start, self.inside(indent), Blank::Drop);
            self.push(&text);
            self.replace(bounds, &text);
        }
        if braced {
            self.push(" {");
        } else {
            self.line(saga.body.open, indent, Blank::Drop);
            self.push("{");
        }
    }

    /// On this line if `more` still fits behind it, or else broken.
    pub(super) fn list(&mut self, list: &List, indent: usize, more: usize) {
        match self.flat(list) {
            Some(flat) if list.items.is_empty() || self.fits(width(&flat) + more) => {
                self.push(&flat);
            }
            _ => self.tall(list, indent),
        }
    }
}
