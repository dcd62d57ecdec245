//! The lists of one step: what its clauses and attributes read, and the steps that they name.

use quote::ToTokens;

use super::Reader;
use crate::check::place::Place;
use crate::errors::Errors;
use crate::model::{Attrs, Code, Compensate, Kind, Read, Step, Wait, WaitEnd};

impl<'a> Reader<'a> {
    /// Finds the sources of all that the step of this reader reads.
    pub(super) fn step(&self, step: &mut Step, errors: &mut Errors) {
        let at = |place| self.at(place);
        let Step {
            reads,
            attrs,
            looped,
            compensate,
            resolve,
            fallback,
            kind,
            kind_span: _,
            name: _,
            effect: _,
            code,
        } = step;
        if let Some(looped) = looped {
            at(Place::Items).resolve(&mut looped.reads, errors);
            at(Place::Items).unread(&mut looped.reads, &looped.items, errors);
        }
        if let Some(when) = &mut attrs.when {
            at(Place::When).resolve(&mut when.reads, errors);
            at(Place::When).unread(&mut when.reads, &when.condition, errors);
        }
        self.named(attrs, errors);
        let own = match kind {
            _ if kind.acts() => Place::Action,
            Kind::Lock => Place::Keys,
            _ => Place::Wait,
        };
        at(own).resolve(reads, errors);
        at(own).code(code, attrs.wait.as_ref(), reads, errors);
        if let Some(clause) = resolve {
            at(Place::Resolve).clause(clause, errors);
        }
        match compensate {
            Compensate::Clause(clause) => at(Place::compensate(clause)).clause(clause, errors),
            Compensate::With(_, other) => {
                at(Place::With).resolve(std::slice::from_mut(other), errors);
            }
            Compensate::None(..) | Compensate::Missing => {}
        }
        if let Some(clause) = fallback {
            at(Place::Fallback).clause(clause, errors);
        }
    }

    /// What the code of the step, or the end of its wait, uses without reading it.
    fn code(
        &self,
        code: &mut Code,
        wait: Option<&Wait>,
        reads: &mut Vec<Read>,
        errors: &mut Errors,
    ) {
        match (code, wait) {
            (Code::Lock(lock), _) => self.unread(reads, &lock.keys, errors),
            (_, Some(wait)) => {
                if let WaitEnd::Expr(end) = &wait.end {
                    self.unread(reads, end, errors);
                }
            }
            (Code::Block(block), None) => self.unread(reads, &block.to_token_stream(), errors),
            (Code::Saga(child), None) => {
                let services = reads.split_off(child.written);
                let given = child.literal();
                self.unread(reads, &given, errors);
                child.written = reads.len();
                reads.extend(services);
            }
            (Code::Path(_), None) => {}
        }
    }

    /// Finds the steps that attributes name.
    fn named(&self, attrs: &mut Attrs, errors: &mut Errors) {
        let at = |place| self.at(place);
        if let Some(after) = &mut attrs.after {
            at(Place::After).resolve(after, errors);
        }
        if let Some(until) = attrs.holds.as_mut().and_then(|hold| hold.until.as_mut()) {
            at(Place::Until).resolve(std::slice::from_mut(until), errors);
        }
        let savepoint = attrs.savepoint.as_mut();
        if let Some(on) = savepoint.and_then(|savepoint| savepoint.on.as_mut()) {
            at(Place::On).resolve(on, errors);
        }
    }

    /// The same step, and another of its lists.
    fn at(&self, place: Place) -> Reader<'a> {
        Reader { place, ..*self }
    }
}
