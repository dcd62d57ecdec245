//! What identifies an operation for `#[idempotent]` and `#[by_key]`: `key`, or the value that they
//! name.

use proc_macro2::Ident;
use typed_saga_definition::{Stale, language::Attribute};

use super::kinds::reads_with;
use super::scope::{Scope, Stage};
use crate::errors::{self, Errors, list};
use crate::model::{self, KeySource, Keyed, Kind, Read, Saga, Source, Step};
use crate::names::{recorded, text};
use crate::similar::similar;

pub(super) fn check(saga: &Saga, step: &Step, index: usize, scope: &Scope, errors: &mut Errors) {
    if step.kind == Kind::Read || step.child().is_some() {
        return;
    }
    let step = Keeper {
        saga,
        step,
        index,
        scope,
    };
    if let Some(keyed) = &step.step.attrs.idempotent {
        step.check(Promise::Idempotent, keyed, &step.step.reads, errors);
    }
    // In any other case there is no compensation, which is reported elsewhere.
    let is_undone = step.step.kind == Kind::Step && scope.stage(index) != Stage::After;
    if let (Some(clause), true) = (step.step.compensation(), is_undone) {
        if let Some(keyed) = &clause.attrs.by_key {
            step.check(Promise::ByKey, keyed, &clause.reads, errors);
        }
    }
}

/// The attribute that makes a promise about operations under one key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    Idempotent,
    ByKey,
}

/// A step that makes promises.
struct Keeper<'a> {
    saga: &'a Saga,
    step: &'a Step,
    index: usize,
    scope: &'a Scope,
}

impl Keeper<'_> {
    /// `reads` are the reads of the code that keeps the promise.
    fn check(&self, promise: Promise, keyed: &Keyed, reads: &[Read], errors: &mut Errors) {
        // A mistake in a read is reported where the reads are checked.
        if reads.iter().any(|read| read.source == Source::Unknown) {
            return;
        }
        match &keyed.by {
            KeySource::Key if keyed.lacks_key(reads) => {
                self.keyless(promise, keyed, reads, errors);
            }
            KeySource::Key | KeySource::Lost => {}
            KeySource::Named(name) => match keyed.read(reads).map(|read| (read.source, read)) {
                None => self.unread(promise, name, reads, errors),
                Some((Source::Input(_) | Source::Effect(_), _)) if self.step.looped.is_some() => {
                    self.shared(promise, name, reads, errors);
                }
                Some((Source::Input(_) | Source::Effect(_) | Source::Item(_), read)) => {
                    self.lasts(promise, name, read, errors);
                }
                Some((Source::Key | Source::Ctx, _)) => {
                    let what = format!("`by` cannot name `{name}`");
                    let help = format!("write `#[{}]`, which uses the key", promise.attribute());
                    errors.add_noted(name.span(), what, WHY, help);
                }
                Some((Source::Arms(_), _)) => {
                    let what = format!("`{name}` cannot be the key of an operation");
                    let why = "it is the effect of a step in each of several arms";
                    errors.add_noted(name.span(), what, why, self.candidates(promise, reads));
                }
                Some(_) => {
                    let what = format!("`{name}` cannot be the key of an operation");
                    errors.add_noted(name.span(), what, WHY, self.candidates(promise, reads));
                }
            },
        }
    }

    fn keyless(&self, promise: Promise, keyed: &Keyed, reads: &[Read], errors: &mut Errors) {
        let name = &self.step.name;
        let (what, why, call) = match promise {
            Promise::Idempotent => {
                let kind = self.step.kind.word();
                let names = reads.iter().map(|read| text(read.shown()));
                let names: Vec<_> = names.chain(["key".to_owned()]).collect();
                (
                    format!("the `#[idempotent]` {kind} `{name}` reads neither `key` nor `ctx`"),
                    "the service recognizes a repeated request by its key",
                    format!("{name}({})", names.join(", ")),
                )
            }
            Promise::ByKey => (
                format!("the `#[by_key]` compensation of `{name}` reads neither `key` nor `ctx`"),
                if reads.iter().any(|read| read.source == Source::UndoKey) {
                    "`undo_key` only identifies the call that undoes the step: `key` tells the service what to undo"
                } else {
                    "the key tells the service what to undo, whether or not the step happened"
                },
                format!("compensate({})", reads_with(self.step, "key")),
            ),
        };
        let read = format!("read `key`, as in `{call}`");
        let candidate = reads.iter().find(|read| self.may_serve(promise, read));
        let help = match candidate {
            None => read,
            Some(candidate) => {
                let attribute = promise.attribute();
                let candidate = candidate.shown();
                let named = format!(
                    "write `#[{attribute}(by = {candidate})]`, if `{candidate}` identifies the operation to the service"
                );
                errors::ways("do one of these:", &[read, named])
            }
        };
        errors.add_noted(keyed.span, what, why, help);
    }

    fn unread(&self, promise: Promise, name: &Ident, reads: &[Read], errors: &mut Errors) {
        let code = match promise {
            Promise::Idempotent => format!("`{}`", self.step.name),
            Promise::ByKey => format!("the compensation of `{}`", self.step.name),
        };
        let what = format!("{code} does not read `{name}`");
        let names = reads.iter().map(|read| text(read.shown()));
        let names: Vec<_> = names.collect();
        let help = match similar(&text(name), names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if self.scope.names.contains_key(&text(name)) => {
                format!("add `{name}` to the list of what it reads")
            }
            None => self.candidates(promise, reads),
        };
        errors.add_noted(name.span(), what, WHY, help);
    }

    /// The values that could be named as a key.
    fn candidates(&self, promise: Promise, reads: &[Read]) -> String {
        let serve = reads.iter().filter(|read| self.may_serve(promise, read));
        let serve: Vec<_> = serve.map(Read::shown).collect();
        let attribute = promise.attribute();
        if serve.is_empty() {
            format!("read `key`, and write `#[{attribute}]`")
        } else {
            format!("name one of these: {}", list(serve))
        }
    }

    fn may_serve(&self, promise: Promise, read: &Read) -> bool {
        let may = match read.source {
            Source::Input(_) | Source::Effect(_) => self.step.looped.is_none(),
            Source::Item(_) => true,
            _ => false,
        };
        may && self.stale(promise, &read.name).is_none()
    }

    /// Reports a value that all items of a loop share: it cannot identify one of them.
    fn shared(&self, promise: Promise, name: &Ident, reads: &[Read], errors: &mut Errors) {
        let (own, attribute) = (&self.step.name, promise.attribute());
        let what = format!("`{name}` is the same for all items of `{own}`");
        let why = match promise {
            Promise::Idempotent => {
                "the service would answer the second item with the result of the first"
            }
            Promise::ByKey => "undoing one item would undo all of them",
        };
        let item = self.step.looped.as_ref().map(|looped| &looped.item);
        let is_read = reads
            .iter()
            .any(|read| matches!(read.source, Source::Item(_)));
        let read = if is_read { "" } else { "read the item, and " };
        let key = format!("read `key`, which differs for each item, and write `#[{attribute}]`");
        let help = match item {
            Some(item) if self.stale(promise, item).is_none() => {
                let named = format!("{read}name the item: `#[{attribute}(by = {item})]`");
                errors::ways("do one of these:", &[named, key])
            }
            _ => key,
        };
        errors.add_noted(name.span(), what, why, help);
    }

    fn lasts(&self, promise: Promise, name: &Ident, read: &Read, errors: &mut Errors) {
        let Some(stale) = self.stale(promise, &read.name) else {
            return;
        };
        let own = &self.step.name;
        let what = format!(
            "`{name}` cannot identify `{own}`: it may keep its value when `{own}` is undone and runs again"
        );
        let again = "and the service would match the new request to the one that was undone";
        let attribute = promise.attribute();
        let made = match read.source {
            Source::Item(_) => "let the list of the loop read",
            _ => "name",
        };
        let (why, help) = match stale {
            Stale::Savepoint(savepoint) => {
                let mut steps = self.saga.steps();
                let savepoint = steps.nth(savepoint.into());
                let savepoint = &savepoint.expect("the definition is that of the saga").name;
                (
                    format!(
                        "after a rollback to the savepoint `{savepoint}`, `{own}` runs again, {again}"
                    ),
                    format!(
                        "read `key`, which changes when `{own}` runs again, and write `#[{attribute}]`; \
                         or {made} an effect of `{savepoint}` or of a step after it that is never skipped \
                         and has no `fallback`"
                    ),
                )
            }
            Stale::Retry => (
                format!(
                    "`#[retry]` may run `{own}` again after its compensation has settled an unknown \
                     outcome, {again}"
                ),
                format!(
                    "read `key`, which changes when `{own}` runs again, and write `#[{attribute}]`; \
                     or write `#[idempotent(by = {name})]` on `{own}`, too"
                ),
            ),
        };
        errors.add_noted(name.span(), what, why, help);
    }

    /// What begins another round of the operation in which what is read under this name may be the
    /// same.
    fn stale(&self, promise: Promise, read: &Ident) -> Option<Stale> {
        let (step, undone) = (model::index(self.index), promise == Promise::ByKey);
        let stale = self.scope.facts().stale(step, &recorded(read), undone);
        // A misspelt `#[idempotent]` counts.
        let is_lost = self.step.attrs.stray.contains(&Attribute::Idempotent);
        stale.filter(|stale| *stale != Stale::Retry || !is_lost)
    }
}

impl Promise {
    fn attribute(self) -> &'static str {
        match self {
            Self::Idempotent => "idempotent",
            Self::ByKey => "by_key",
        }
    }
}

const WHY: &str = "`by` names what identifies the operation to the service: an input or an earlier effect that the \
    code reads";
