//! Names that code uses although its list does not read them.
//!
//! A macro sees names, but not what they mean. So a name counts as one of the saga's only where it
//! is used as a value, and where nothing in the code declares it.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, Item, Macro, PatIdent};

use super::Reader;
use crate::check::place::Place;
use crate::errors::Errors;
use crate::model::{Read, Source};
use crate::names::{idents, text};
use crate::similar::similar;

impl Reader<'_> {
    /// Reports what `code` uses without reading it, and adds it to the reads, so that rustc does
    /// not report it again.
    pub(super) fn unread(&self, reads: &mut Vec<Read>, code: &TokenStream, errors: &mut Errors) {
        let Ok(code) = syn::parse2::<Expr>(code.clone()) else {
            return;
        };
        for name in used(&code) {
            let word = text(&name);
            let is_meant = |read: &Read| {
                let is_unknown = read.source == Source::Unknown;
                is_unknown && similar(&text(&read.name), [word.as_str()]).is_some()
            };
            let is_read = |read: &Read| read.binding == name || read.name == name || is_meant(read);
            if self.lost.reads || reads.iter().any(is_read) {
                continue;
            }
            let Ok(source) = self.source(&word) else {
                continue;
            };
            let what = format!("{} uses `{word}` without listing it", self.owner());
            let why = "code sees only the names that are listed before it";
            let mut names: Vec<_> = reads.iter().map(|read| text(read.shown())).collect();
            names.push(word);
            let (names, arrow) = (names.join(", "), self.place.arrow());
            let help = format!("write `({names}{arrow})`");
            errors.add_noted(name.span(), what, why, help);
            let mut read = Read::unknown(name);
            self.found(&mut read, source);
            reads.push(read);
        }
    }

    /// The owner of the list, as the subject of a sentence.
    fn owner(&self) -> String {
        let step = self.step.map(|step| &self.scope.steps[step].name);
        match (self.place, step) {
            (Place::Action | Place::Wait | Place::Keys, Some(step)) => format!("`{step}`"),
            (Place::Block, _) => "this `when`".to_owned(),
            (Place::Items, Some(step)) => format!("the loop `{step}`"),
            (Place::CompensateByKey, Some(step)) => format!("the `compensate` of `{step}`"),
            (place, Some(step)) => format!("the {} of `{step}`", place.name()),
            (place, None) => place.name().to_owned(),
        }
    }
}

/// The names that code uses as values and does not declare, each once.
fn used(code: &Expr) -> Vec<Ident> {
    let mut names = Names::default();
    names.visit_expr(code);
    let mut used: Vec<Ident> = Vec::new();
    for name in names.used {
        if !names.declared.contains(&text(&name)) && !used.contains(&name) {
            used.push(name);
        }
    }
    used
}

#[derive(Default)]
struct Names {
    used: Vec<Ident>,
    declared: BTreeSet<String>,
}

impl Names {
    /// Notes a name that is used as a value. Callers leave out a name that is called or passed on
    /// by itself, since it may be that of a function.
    fn value(&mut self, expr: &Expr) {
        if let Expr::Path(path) = expr {
            self.used.extend(path.path.get_ident().cloned());
        }
    }

    fn declare(&mut self, tokens: TokenStream) {
        self.declared.extend(idents(tokens).map(|name| text(&name)));
    }
}

impl Visit<'_> for Names {
    fn visit_expr(&mut self, expr: &Expr) {
        match expr {
            Expr::MethodCall(call) => {
                self.value(&call.receiver);
                if call.args.len() > 1 && !TAKES_FUNCTIONS.contains(&&*call.method.to_string()) {
                    call.args.iter().for_each(|arg| self.value(arg));
                }
            }
            Expr::Field(field) => self.value(&field.base),
            Expr::Index(index) => self.value(&index.expr),
            Expr::Reference(reference) => self.value(&reference.expr),
            Expr::Unary(unary) => self.value(&unary.expr),
            Expr::Binary(binary) => {
                self.value(&binary.left);
                self.value(&binary.right);
            }
            _ => {}
        }
        visit::visit_expr(self, expr);
    }

    fn visit_pat_ident(&mut self, pattern: &PatIdent) {
        self.declared.insert(text(&pattern.ident));
        visit::visit_pat_ident(self, pattern);
    }

    /// A macro may declare whatever it mentions.
    fn visit_macro(&mut self, called: &Macro) {
        self.declare(called.tokens.clone());
    }

    fn visit_item(&mut self, item: &Item) {
        self.declare(item.to_token_stream());
    }
}

/// Methods with several arguments, of which one is a function.
const TAKES_FUNCTIONS: [&str; 5] = ["fold", "map_or", "map_or_else", "scan", "try_fold"];
