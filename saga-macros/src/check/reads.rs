//! Where every read comes from. Availability is decided in one place, [`Reader::judge`]; suggestions ask it too.

use std::collections::BTreeSet;

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
            ..
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

const AFTER: &str = "`#[after]` names steps declared before this one";

/// What is wrong, and what to do.
type Mistake = (String, String);

impl Reader<'_> {
    fn resolve(&self, reads: &mut [Read], errors: &mut Errors) {
        let mut seen = BTreeSet::new();
        for read in reads {
            let name = text(&read.name);
            if !seen.insert(name.clone()) {
                let what = format!("`{name}` is read twice in one list");
                errors.add(read.name.span(), what, "drop one of the two");
                continue;
            }
            match self.source(&name) {
                Ok(source) => read.source = source,
                Err(Some((what, help))) => errors.add(read.name.span(), what, help),
                Err(None) => {}
            }
        }
    }

    /// `Err(None)` where another error explains the absence.
    fn source(&self, name: &str) -> Result<Source, Option<Mistake>> {
        if RESERVED.contains(&name) {
            return self.reserved(name).map_err(Some);
        }
        match self.scope.names.get(name) {
            Some(&source @ Source::Effect(_)) if self.unchecked => Ok(source),
            Some(&source) => match self.judge(name, source) {
                Ok(()) => Ok(source),
                Err((what, help)) => Err(Some((what, self.slip(name).unwrap_or(help)))),
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
        let what = match self.place {
            Place::When => format!("`when` has no `{name}`"),
            Place::CompensateByKey => format!("a `#[by_key]` compensation has no `{name}`"),
            Place::Action => format!("an action has no `{name}`"),
            Place::Resolve => format!("`resolve` has no `{name}`"),
            Place::Compensate => format!("`compensate` has no `{name}`"),
            Place::Fallback => format!("`fallback` has no `{name}`"),
            Place::Finally | Place::After => format!("`finally` has no `{name}`"),
        };
        let help = match (name, self.place) {
            ("key", Place::Finally) => {
                "`key` names the operation of a step: here `ctx.id()` names the saga"
            }
            ("key", _) => "`key` exists in actions, `resolve`, `compensate` and `fallback`",
            ("ctx", _) => {
                "`ctx` exists in actions, `resolve`, `compensate`, `fallback` and `finally`"
            }
            ("failure", Place::CompensateByKey) => {
                "it also runs when nothing has failed, to settle an unknown outcome: drop the read"
            }
            ("failure", Place::Finally) => "here `outcome` says how the saga ended, and why",
            ("failure", _) => {
                "`failure` is what turned the saga back: it exists in `compensate`, unless that is `#[by_key]`, and in `fallback`"
            }
            _ => "`outcome` is how the saga ended: it exists in `finally`",
        };
        Err((what, help.to_owned()))
    }

    /// Whether what `name` declares exists where this list is read.
    fn judge(&self, name: &str, source: Source) -> Result<(), Mistake> {
        match (source, self.step) {
            (Source::Effect(_), None) => Err((
                format!("`{name}` may not exist when `finally` runs"),
                "`finally` runs however the saga ends: it reads inputs, services, `outcome` and `ctx`".to_owned(),
            )),
            (Source::Effect(effect), Some(step)) => self.effect(name, effect, step),
            _ if self.place == Place::After => Err(not_a_step(name)),
            (Source::Service(_), Some(step)) if self.place == Place::Fallback && self.scope.steps[step].kind == Kind::Step => Err((
                format!("the `fallback` of a `step` reads no service, and `{name}` is one"),
                "its value takes the place of the effect and changes nothing outside; only the `fallback` of a `read` may ask a service".to_owned(),
            )),
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
        let running = format!("`{own}` does not exist yet while `{own}` is running");
        let (what, help) = match self.place {
            Place::Compensate => return Ok(()),
            Place::CompensateByKey => (
                format!("the `#[by_key]` compensation of `{own}` reads `{own}`, which may not exist"),
                "read `key` instead: it also runs when nobody knows whether the step happened, and finds by `key` what it undoes".to_owned(),
            ),
            Place::When => (
                format!("`{own}` does not exist yet when its `when` is asked"),
                "drop the read: the answer says whether the step starts".to_owned(),
            ),
            Place::After => (format!("`{own}` cannot come after itself"), AFTER.to_owned()),
            Place::Resolve => (
                format!("`{own}` is not known while `resolve` asks for it"),
                "read `key` instead: every attempt of the step had the same one".to_owned(),
            ),
            Place::Fallback => (
                format!("`{own}` does not exist when its `fallback` runs"),
                "drop the read: `fallback` makes what takes its place".to_owned(),
            ),
            Place::Action | Place::Finally => (running, "drop the read: it is what this code gives".to_owned()),
        };
        Err((what, help))
    }

    fn later(&self, name: &str, own: &str) -> Mistake {
        let produced = |reader: String| {
            format!("`{name}` is not available to {reader}: it is produced by a later step")
        };
        let help = format!("declare `{name}` before `{own}`, or drop the read");
        match self.place {
            Place::Compensate | Place::CompensateByKey => (
                format!(
                    "`{name}` is already undone, or never happened, when `{own}` is compensated"
                ),
                format!(
                    "the way back runs in reverse order: read what comes before `{own}`, or keep what its undo needs in its effect"
                ),
            ),
            Place::After => (
                format!("`{name}` is a later step"),
                format!("declare `{name}` before `{own}`, or drop it here"),
            ),
            Place::When => (produced(format!("the `when` of `{own}`")), help),
            Place::Resolve => (produced(format!("the `resolve` of `{own}`")), help),
            Place::Fallback => (produced(format!("the `fallback` of `{own}`")), help),
            Place::Action | Place::Finally => (produced(format!("`{own}`")), help),
        }
    }

    fn sibling(&self, name: &str, own: &str, later: bool) -> Mistake {
        let moment = match self.place {
            Place::When => format!("the `when` of `{own}` is asked"),
            Place::Resolve => format!("`{own}` is resolved"),
            Place::Compensate | Place::CompensateByKey => format!("`{own}` is compensated"),
            Place::Fallback => format!("`{own}` falls back"),
            Place::Action | Place::After | Place::Finally => format!("`{own}` starts"),
        };
        let first = if later {
            format!("declare `{name}` before `{own}`")
        } else {
            String::new()
        };
        let help = match self.place {
            Place::Action | Place::After | Place::Finally => {
                format!("{first}: a sibling starts when those above it that it reads are done")
            }
            _ if later => {
                format!("{first}, and let the action of `{own}` read it, or say `#[after({name})]`")
            }
            _ => format!(
                "let the action of `{own}` read it, or say `#[after({name})]`: siblings run side by side"
            ),
        };
        (
            format!("`{name}` may not have happened when {moment}"),
            help,
        )
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
        (format!("no {sort} is called `{name}`"), help)
    }

    /// An action that reads its own effect may mean the service of nearly that name.
    fn slip(&self, name: &str) -> Option<String> {
        let own = self.step.map(|step| self.scope.steps[step].name.as_str());
        (own == Some(name) && self.place == Place::Action)
            .then(|| similar(name, self.available()))?
            .map(|near| format!("did you mean `{near}`?"))
    }

    fn listed(&self) -> String {
        let known: Vec<_> = self.available().take(13).collect();
        match known.len() {
            0 => "nothing can be read here".to_owned(),
            1..=12 => format!("known here are {}", list(known)),
            _ => "known here are inputs, services and earlier effects, and some reserved names"
                .to_owned(),
        }
    }

    /// What this list could name: declared names first, then reserved ones.
    fn available(&self) -> impl Iterator<Item = &str> {
        let declared = self.scope.order.iter().map(String::as_str);
        let declared = declared.filter(|name| self.judge(name, self.scope.names[*name]).is_ok());
        declared.chain(self.place.reserved().iter().copied())
    }
}

fn not_a_step(name: &str) -> Mistake {
    (format!("`{name}` is not a step"), AFTER.to_owned())
}
