//! Finds the source of every read. [`Reader::judge`] alone decides what is available; suggestions
//! call it, too.

mod absent;
mod reserved;
mod step;
mod unread;

use std::collections::BTreeSet;

use proc_macro2::Ident;
use quote::ToTokens;

use super::mistake::Mistake;
use super::place::Place;
use super::scope::Scope;
use crate::errors::{Errors, list};
use crate::model::{Clause, Code, Kind, Read, Saga, Source};
use crate::names::{RESERVED, text};
use crate::parse::Lost;
use crate::similar::similar;

pub(super) fn resolve(saga: &mut Saga, scope: &Scope, lost: &Lost, errors: &mut Errors) {
    let reader = |place, step| Reader {
        scope,
        lost,
        place,
        step,
        block: step.and_then(|step| scope.condition(step)),
    };
    for (index, step) in saga.steps_mut().enumerate() {
        // Each of its lists has a place of its own.
        reader(Place::Action, Some(index)).step(step, errors);
    }
    let blocks = saga.conditions.iter_mut();
    for condition in blocks.filter(|block| !block.steps.is_empty()) {
        let first = condition.steps.start;
        if let Some(when) = &mut condition.when {
            let block = reader(Place::Block, Some(first));
            block.resolve(&mut when.reads, errors);
            block.unread(&mut when.reads, &when.condition, errors);
        }
    }
    for emit in &mut saga.events {
        let place = match emit.failed {
            Some(_) => Place::EmitFailed,
            None => Place::Emit(emit.place),
        };
        let block = emit.condition;
        let emits = Reader {
            block,
            ..reader(place, None)
        };
        emits.resolve(&mut emit.reads, errors);
        emits.unread(&mut emit.reads, &emit.events, errors);
    }
    if let Some(clause) = &mut saga.publish {
        reader(Place::Publish, None).clause(clause, errors);
    }
    if let Some(clause) = &mut saga.finally {
        reader(Place::Finally, None).clause(clause, errors);
    }
}

/// One list of reads, and what it may name.
struct Reader<'a> {
    scope: &'a Scope,
    lost: &'a Lost,
    place: Place,
    /// The step that reads; `None` in `finally`, and in clauses about events.
    step: Option<usize>,
    /// The `when` block that contains the list.
    block: Option<usize>,
}

impl Reader<'_> {
    fn clause(&self, clause: &mut Clause, errors: &mut Errors) {
        self.resolve(&mut clause.reads, errors);
        if let Code::Block(block) = &clause.code {
            self.unread(&mut clause.reads, &block.to_token_stream(), errors);
        }
    }

    fn resolve(&self, reads: &mut [Read], errors: &mut Errors) {
        let mut seen = BTreeSet::new();
        for read in reads {
            self.unscore(read);
            let name = text(&read.name);
            if !seen.insert(name.clone()) {
                let how = if self.place.names() { "named" } else { "read" };
                let what = format!("`{name}` is {how} twice in one list");
                errors.add(read.name.span(), what, "remove one of the two");
                continue;
            }
            match self.source(&name) {
                Ok(source) => self.found(read, source),
                Err(Some(mistake)) => mistake.report(read.name.span(), errors),
                Err(None) => {}
            }
        }
    }

    /// Sets the source of a read, and the own names of steps whose name others have in other arms.
    fn found(&self, read: &mut Read, source: Source) {
        read.source = source;
        match source {
            Source::Arms(union) => read.arms = self.scope.members(union).to_vec(),
            Source::Effect(step) => {
                if let Some((_, own)) = self.scope.read_as(step) {
                    let mut own = own.clone();
                    own.set_span(read.name.span());
                    read.name = own;
                }
            }
            _ => {}
        }
    }

    /// Replaces `_name` by `name`, if only `name` exists: rustc advises to write `_name` for what
    /// is unused.
    fn unscore(&self, read: &mut Read) {
        let written = text(&read.name);
        let Some(bare) = written.strip_prefix('_') else {
            return;
        };
        let is_known = |name: &str| {
            let item = self.loop_of(name).is_some();
            let event = self.place == Place::Publish && name == "event";
            item || event || self.scope.names.contains_key(name) || RESERVED.contains(&name)
        };
        if !is_known(&written) && !self.scope.is_taken(&written) && is_known(bare) {
            let span = read.name.span();
            let raw = syn::parse_str::<Ident>(bare).is_err();
            read.name = if raw {
                Ident::new_raw(bare, span)
            } else {
                Ident::new(bare, span)
            };
        }
    }

    /// The source of a read. `Err(None)` if another error explains its absence.
    fn source(&self, name: &str) -> Result<Source, Option<Mistake>> {
        if self.place == Place::Publish && name == "event" {
            return Ok(Source::Event);
        }
        if self.scope.is_taken(name) || self.is_taken_item(name) {
            return Err(None);
        }
        if RESERVED.contains(&name) {
            return self.reserved(name).map_err(Some);
        }
        if let Some(step) = self.loop_of(name) {
            return self.item(name, step).map_err(Some);
        }
        match self.scope.source(name, self.block) {
            Some(source) => match self.judge(name, source) {
                Ok(()) => Ok(source),
                Err(mistake) => Err(Some(self.slip(name).unwrap_or(mistake))),
            },
            None if self.lost.unnamed || self.lost.names.contains(name) => Err(None),
            None => Err(Some(self.unknown(name))),
        }
    }

    /// The loop whose item has this name: the loop of the step that reads, or else any other.
    fn loop_of(&self, name: &str) -> Option<usize> {
        let is_item = |step: &usize| self.scope.steps[*step].item.as_deref() == Some(name);
        let other = || (0..self.scope.steps.len()).find(is_item);
        self.step
            .filter(is_item)
            .or_else(other)
            .filter(|_| !self.scope.names.contains_key(name))
    }

    /// Whether the item of this loop has a name that is already taken. That is reported elsewhere;
    /// in the step of the loop the name may mean either.
    fn is_taken_item(&self, name: &str) -> bool {
        let is_item = |step: usize| self.scope.steps[step].item.as_deref() == Some(name);
        let is_taken = RESERVED.contains(&name) || self.scope.names.contains_key(name);
        let reads_item = self.place != Place::Items && !self.place.names();
        is_taken && reads_item && self.step.is_some_and(is_item)
    }

    fn item(&self, name: &str, step: usize) -> Result<Source, Mistake> {
        let own = &self.scope.steps[step].name;
        let is_own = self.step == Some(step);
        match self.place {
            place if place.names() => Err(self.not_a_step(name)),
            Place::Items if is_own => Err(Mistake::new(
                format!("`{name}` does not exist yet when the items of `{own}` are made"),
                "remove it from the list",
            )
            .because("it is one of them")),
            _ if is_own => Ok(Source::Item(step)),
            _ => Err(Mistake::new(
                format!("`{name}` exists only in the loop of `{own}`"),
                format!("read `{own}`, which is a list with the effect for each item"),
            )
            .because("it is one item of many")),
        }
    }

    /// Whether what `name` declares exists where this list is read.
    fn judge(&self, name: &str, source: Source) -> Result<(), Mistake> {
        match (source, self.step) {
            (Source::Arms(union), _) => self.arms(name, union),
            (Source::Effect(effect), _) if self.is_own_name(name, effect) => {
                Err(self.of_own_name(name, effect))
            }
            (Source::Effect(effect), _) if self.scope.is_in_another_arm(effect, self.block) => {
                Err(self.of_another_arm(name))
            }
            (source, None) if self.place != Place::Finally => self.told(name, source),
            (Source::Effect(_), None) => Err(Mistake::new(
                format!("`{name}` may not exist when `finally` runs"),
                "read inputs, services, `outcome` or `ctx`",
            )
            .because("`finally` runs however the saga ends")),
            (Source::Effect(effect), Some(step)) => self.effect(name, effect, step),
            _ if self.place.names() => Err(self.not_a_step(name)),
            (Source::Service(_), Some(step))
                if self.place == Place::Fallback && self.scope.steps[step].kind == Kind::Step =>
            {
                Err(Mistake::new(
                    format!("the `fallback` of a `step` cannot read the service `{name}`"),
                    "remove it from the list; the `fallback` of a `read` or a signal may call a service",
                )
                .because("the `fallback` of a `step` only supplies a value, and changes nothing outside the saga"))
            }
            _ => Ok(()),
        }
    }

    fn effect(&self, name: &str, effect: usize, step: usize) -> Result<(), Mistake> {
        let own = self.scope.steps[step].name.as_str();
        if self.place == Place::Block {
            let before = effect < step;
            return before.then_some(()).ok_or_else(|| self.later(name, own));
        }
        if self.place == Place::On {
            return self.rerun(name, effect, step);
        }
        if effect == step || name == own {
            return self.own(name);
        }
        if self.place == Place::Until {
            let later = effect > step;
            return later.then_some(()).ok_or_else(|| self.earlier(name, own));
        }
        if let Some(mistake) = self.no_effect(name, effect) {
            return Err(mistake);
        }
        let later = effect > step;
        if self.scope.siblings(effect, step) {
            let awaits = self.scope.awaits(step, effect);
            // Whether `compensate with` may name the sibling is checked once all reads are known.
            let direct = [Place::Action, Place::Items, Place::Wait, Place::Keys];
            let direct = direct.contains(&self.place) || self.place.names();
            return if !later && (direct || awaits) {
                Ok(())
            } else {
                Err(self.sibling(name, own, later))
            };
        }
        if later {
            Err(self.later(name, own))
        } else {
            Ok(())
        }
    }

    fn unknown(&self, name: &str) -> Mistake {
        let sort = match self.place {
            Place::Finally => "input or service",
            Place::Emit(_) => "input or earlier effect",
            Place::EmitFailed => "input",
            Place::Publish => "service",
            Place::After | Place::With => "earlier step",
            Place::Until => "later step",
            Place::On => "step",
            Place::Fallback
                if self
                    .step
                    .is_some_and(|step| self.scope.steps[step].kind == Kind::Step) =>
            {
                "input or earlier effect"
            }
            _ => "input, service or earlier effect",
        };
        let help = match similar(name, self.available()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => self.listed(),
        };
        Mistake::new(format!("no {sort} is called `{name}`"), help)
    }

    /// The suggestion for an action that reads its own effect: it may mean a service with a similar
    /// name.
    fn slip(&self, name: &str) -> Option<Mistake> {
        let own = self.step.map(|step| self.scope.steps[step].name.as_str());
        let near = (own == Some(name) && self.place == Place::Action)
            .then(|| similar(name, self.available()))??;
        let what = format!("`{name}` cannot read its own effect");
        Some(Mistake::new(what, format!("did you mean `{near}`?")))
    }

    fn listed(&self) -> String {
        let known: Vec<_> = self.available().take(13).collect();
        match known.len() {
            0 if self.place == Place::Until => "remove `#[holds]`: no step follows".to_owned(),
            0 => "nothing can be read here".to_owned(),
            1..=12 => format!("these can be read here: {}", list(known)),
            _ => "inputs, services and earlier effects can be read here".to_owned(),
        }
    }

    /// The names that this list could read: declared names first, then reserved ones.
    fn available(&self) -> impl Iterator<Item = &str> {
        let declared = self.scope.order.iter().map(String::as_str);
        let declared = declared.filter(|name| {
            let source = self.scope.source(name, self.block);
            source.is_some_and(|source| self.judge(name, source).is_ok())
        });
        let own = self
            .step
            .and_then(|step| self.scope.steps[step].item.as_deref());
        let item = own.filter(|_| self.place != Place::Items && !self.place.names());
        declared
            .chain(item)
            .chain(self.place.reserved().iter().copied())
    }
}

const NAME_AN_EARLIER_STEP: &str = "name a step that is declared before this one";
