//! Where every read comes from. [`Reader::judge`] alone decides what is available; suggestions ask
//! it, too.

use std::collections::BTreeSet;

use proc_macro2::Ident;

use super::mistake::Mistake;
use super::scope::Scope;
use crate::errors::{Errors, list};
use crate::model::{Clause, Compensate, Kind, Read, Saga, Source, Step};
use crate::names::{RESERVED, text};
use crate::parse::Lost;
use crate::similar::similar;

pub(super) fn resolve(saga: &mut Saga, scope: &Scope, lost: &Lost, errors: &mut Errors) {
    let settings = saga.attrs.settings.as_ref();
    let unchecked = settings.is_some_and(|settings| settings.unchecked_reads);
    let reader = |place, step| Reader {
        scope,
        lost,
        unchecked,
        place,
        step,
    };
    for (index, step) in saga.steps_mut().enumerate() {
        let at = |place| reader(place, Some(index));
        let Step {
            reads,
            attrs,
            compensate,
            resolve,
            fallback,
            kind: _,
            kind_span: _,
            name: _,
            effect: _,
            code: _,
        } = step;
        if let Some(when) = &mut attrs.when {
            at(Place::When).resolve(&mut when.reads, errors);
        }
        if let Some(after) = &mut attrs.after {
            at(Place::After).resolve(after, errors);
        }
        at(Place::Action).resolve(reads, errors);
        if let Some(clause) = resolve {
            at(Place::Resolve).resolve(&mut clause.reads, errors);
        }
        if let Compensate::Clause(clause) = compensate {
            at(Place::compensate(clause)).resolve(&mut clause.reads, errors);
        }
        if let Some(clause) = fallback {
            at(Place::Fallback).resolve(&mut clause.reads, errors);
        }
    }
    if let Some(clause) = &mut saga.finally {
        reader(Place::Finally, None).resolve(&mut clause.reads, errors);
    }
}

/// Which code, or attribute, reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Action,
    When,
    After,
    Resolve,
    Compensate,
    /// `#[by_key] compensate`.
    CompensateByKey,
    Fallback,
    Finally,
}

impl Place {
    fn compensate(clause: &Clause) -> Self {
        if clause.attrs.by_key.is_some() {
            Place::CompensateByKey
        } else {
            Place::Compensate
        }
    }

    fn name(self) -> &'static str {
        match self {
            Place::Action => "the action of a step",
            Place::When => "`when`",
            Place::After => "`#[after]`",
            Place::Resolve => "`resolve`",
            Place::Compensate => "`compensate`",
            Place::CompensateByKey => "a `#[by_key]` compensation",
            Place::Fallback => "`fallback`",
            Place::Finally => "`finally`",
        }
    }

    /// The reserved names that exist there.
    fn reserved(self) -> &'static [&'static str] {
        match self {
            Place::Action | Place::Resolve | Place::CompensateByKey => &["key", "ctx"],
            Place::Compensate | Place::Fallback => &["key", "ctx", "failure"],
            Place::Finally => &["outcome", "ctx"],
            Place::When | Place::After => &[],
        }
    }
}

/// One list of reads, and what it may name.
struct Reader<'a> {
    scope: &'a Scope,
    lost: &'a Lost,
    unchecked: bool,
    place: Place,
    /// The step that reads; `None` in `finally`.
    step: Option<usize>,
}

impl Reader<'_> {
    fn resolve(&self, reads: &mut [Read], errors: &mut Errors) {
        let mut seen = BTreeSet::new();
        for read in reads {
            self.unscore(read);
            let name = text(&read.name);
            if !seen.insert(name.clone()) {
                let what = format!("`{name}` is read twice in one list");
                errors.add(read.name.span(), what, "remove one of the two");
                continue;
            }
            match self.source(&name) {
                Ok(source) => read.source = source,
                Err(Some(mistake)) => mistake.report(read.name.span(), errors),
                Err(None) => {}
            }
        }
    }

    /// `_name` reads `name`: so rustc advises to call what is not used.
    fn unscore(&self, read: &mut Read) {
        let written = text(&read.name);
        let Some(bare) = written.strip_prefix('_') else {
            return;
        };
        let is_known = |name: &str| self.scope.names.contains_key(name) || RESERVED.contains(&name);
        if !is_known(&written) && is_known(bare) {
            let span = read.name.span();
            let raw = syn::parse_str::<Ident>(bare).is_err();
            read.name = if raw {
                Ident::new_raw(bare, span)
            } else {
                Ident::new(bare, span)
            };
        }
    }

    /// `Err(None)` where another error explains the absence.
    fn source(&self, name: &str) -> Result<Source, Option<Mistake>> {
        if self.scope.is_taken(name) {
            return Err(None);
        }
        if RESERVED.contains(&name) {
            return self.reserved(name).map_err(Some);
        }
        match self.scope.names.get(name) {
            // `#[after]` reads nothing that rustc could look for.
            Some(&source @ Source::Effect(_)) if self.unchecked && self.place != Place::After => {
                Ok(source)
            }
            Some(&source) => match self.judge(name, source) {
                Ok(()) => Ok(source),
                Err(mistake) => Err(Some(self.slip(name).unwrap_or(mistake))),
            },
            None if self.lost.unnamed || self.lost.names.contains(name) => Err(None),
            None => Err(Some(self.unknown(name))),
        }
    }

    fn reserved(&self, name: &str) -> Result<Source, Mistake> {
        if self.place == Place::After {
            return Err(not_a_step(name));
        }
        if self.place.reserved().contains(&name) {
            return Ok(match name {
                "key" => Source::Key,
                "ctx" => Source::Ctx,
                "failure" => Source::Failure,
                _ => Source::Outcome,
            });
        }
        let what = format!("`{name}` is not available in {}", self.place.name());
        let remove = "remove the read";
        Err(match (name, self.place) {
            ("key", Place::Finally) => {
                Mistake::new(what, "read `ctx`: `ctx.id()` identifies the saga")
                    .because("`key` identifies the operation of a step")
            }
            ("key", _) => Mistake::new(what, remove)
                .because("`key` exists in actions, `resolve`, `compensate` and `fallback`"),
            ("ctx", _) => Mistake::new(what, remove).because(
                "`ctx` exists in actions, `resolve`, `compensate`, `fallback` and `finally`",
            ),
            ("failure", Place::CompensateByKey) => Mistake::new(what, remove)
                .because("it also runs when nothing has failed, to settle an unknown outcome"),
            ("failure", Place::Finally) => {
                Mistake::new(what, "read `outcome`: how the saga ended, and why")
            }
            ("failure", _) => Mistake::new(what, remove).because(
                "`failure` is what turned the saga back: it exists in `compensate`, unless that is \
                 `#[by_key]`, and in `fallback`",
            ),
            _ => Mistake::new(what, remove)
                .because("`outcome` says how the saga ended: it exists in `finally`"),
        })
    }

    /// Whether what `name` declares exists where this list is read.
    fn judge(&self, name: &str, source: Source) -> Result<(), Mistake> {
        match (source, self.step) {
            (Source::Effect(_), None) => Err(Mistake::new(
                format!("`{name}` may not exist when `finally` runs"),
                "read inputs, services, `outcome` or `ctx`",
            )
            .because("`finally` runs however the saga ends")),
            (Source::Effect(effect), Some(step)) => self.effect(name, effect, step),
            _ if self.place == Place::After => Err(not_a_step(name)),
            (Source::Service(_), Some(step))
                if self.place == Place::Fallback && self.scope.steps[step].kind == Kind::Step =>
            {
                Err(Mistake::new(
                    format!("the `fallback` of a `step` cannot read the service `{name}`"),
                    "remove the read; only the `fallback` of a `read` may call a service",
                )
                .because("its value replaces the effect, and changes nothing outside the saga"))
            }
            _ => Ok(()),
        }
    }

    fn effect(&self, name: &str, effect: usize, step: usize) -> Result<(), Mistake> {
        let own = self.scope.steps[step].name.as_str();
        if effect == step || name == own {
            return self.own(own);
        }
        let later = effect > step;
        if self.scope.siblings(effect, step) {
            let awaits = self.scope.awaits(step, effect);
            let direct = matches!(self.place, Place::Action | Place::After);
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

    fn own(&self, own: &str) -> Result<(), Mistake> {
        let remove = "remove the read";
        Err(match self.place {
            Place::Compensate => return Ok(()),
            Place::CompensateByKey => Mistake::new(
                format!(
                    "the `#[by_key]` compensation of `{own}` reads `{own}`, which may not exist"
                ),
                "read `key` instead, and find by it what to undo",
            )
            .because("it also runs when it is unknown whether the step happened"),
            Place::When => Mistake::new(
                format!("`{own}` does not exist yet when its `when` is evaluated"),
                remove,
            )
            .because("the condition decides whether the step starts"),
            Place::After => Mistake::new(
                format!("`{own}` cannot come after itself"),
                NAME_AN_EARLIER_STEP,
            ),
            Place::Resolve => Mistake::new(
                format!("`{own}` does not exist when its `resolve` runs"),
                "read `key` instead: it is the same in every attempt of the step",
            )
            .because("`resolve` finds out whether there is an effect"),
            Place::Fallback => Mistake::new(
                format!("`{own}` does not exist when its `fallback` runs"),
                remove,
            )
            .because("`fallback` returns what takes its place"),
            Place::Action | Place::Finally => {
                Mistake::new(format!("`{own}` cannot read its own effect"), remove)
                    .because("the effect is what this code returns")
            }
        })
    }

    fn later(&self, name: &str, own: &str) -> Mistake {
        let unavailable = |reader: String| {
            Mistake::new(
                format!("`{name}` is not available to {reader}"),
                format!("declare `{name}` before `{own}`, or remove the read"),
            )
            .because("it is the effect of a later step")
        };
        match self.place {
            Place::Compensate | Place::CompensateByKey => Mistake::new(
                format!(
                    "`{name}` is already undone, or never happened, when `{own}` is compensated"
                ),
                format!(
                    "read what comes before `{own}`, or store what its compensation needs in its \
                     effect"
                ),
            )
            .because("compensations run in reverse order"),
            Place::After => Mistake::new(
                format!("`{name}` is declared later"),
                format!("declare `{name}` before `{own}`, or remove it here"),
            ),
            Place::When => unavailable(format!("the `when` of `{own}`")),
            Place::Resolve => unavailable(format!("the `resolve` of `{own}`")),
            Place::Fallback => unavailable(format!("the `fallback` of `{own}`")),
            Place::Action | Place::Finally => unavailable(format!("`{own}`")),
        }
    }

    fn sibling(&self, name: &str, own: &str, later: bool) -> Mistake {
        let moment = match self.place {
            Place::When => format!("the `when` of `{own}` is evaluated"),
            Place::Resolve => format!("the `resolve` of `{own}` runs"),
            Place::Compensate | Place::CompensateByKey => format!("`{own}` is compensated"),
            Place::Fallback => format!("the `fallback` of `{own}` runs"),
            Place::Action | Place::After | Place::Finally => format!("`{own}` starts"),
        };
        let declare = format!("declare `{name}` before `{own}`");
        let wait = format!("read it in the action of `{own}`, or add `#[after({name})]`");
        let help = match self.place {
            Place::Action | Place::After | Place::Finally => declare,
            _ if later => format!("{declare}, and {wait}"),
            _ => wait,
        };
        Mistake::new(
            format!("`{name}` may not have happened when {moment}"),
            help,
        )
        .because("siblings run side by side: one waits only for those above it that it reads")
    }

    fn unknown(&self, name: &str) -> Mistake {
        let sort = match self.place {
            Place::Finally => "input or service",
            Place::After => "earlier step",
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

    /// An action that reads its own effect may mean the service of nearly that name.
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
            0 => "nothing can be read here".to_owned(),
            1..=12 => format!("these can be read here: {}", list(known)),
            _ => "inputs, services and earlier effects can be read here".to_owned(),
        }
    }

    /// What this list could name: declared names first, then reserved ones.
    fn available(&self) -> impl Iterator<Item = &str> {
        let declared = self.scope.order.iter().map(String::as_str);
        let declared = declared.filter(|name| self.judge(name, self.scope.names[*name]).is_ok());
        declared.chain(self.place.reserved().iter().copied())
    }
}

const NAME_AN_EARLIER_STEP: &str = "name a step that is declared before this one";

fn not_a_step(name: &str) -> Mistake {
    Mistake::new(format!("`{name}` is not a step"), NAME_AN_EARLIER_STEP)
}
