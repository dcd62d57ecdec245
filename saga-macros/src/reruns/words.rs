//! What is said about a step that is in the way of a rerun.

use proc_macro2::Ident;
use typed_saga_definition::{Compensation, Definition, Limit, Obstacle, Rerun, Side, Why};

use super::mend::{Change, ways};
use crate::check::Mistake;
use crate::errors;
use crate::model::{Saga, Step};
use crate::names::recorded;

/// A step that is in the way of a rerun.
pub(super) struct Met<'a> {
    /// The saga of the step.
    pub(super) saga: &'a Saga,
    pub(super) definition: &'a Definition,
    pub(super) obstacle: &'a Obstacle,
    /// The savepoint, if the saga itself has it.
    pub(super) savepoint: Option<&'a Ident>,
    /// The path of the parent's step, if the saga is a child, and why that runs again.
    pub(super) within: Option<(&'a str, &'a str)>,
}

impl<'a> Met<'a> {
    /// A step of a saga that has savepoints.
    pub(super) fn of_savepoint(
        saga: &'a Saga,
        definition: &'a Definition,
        obstacle: &'a Obstacle,
    ) -> Self {
        let savepoint = definition.savepoint_of(obstacle.step);
        Self {
            saga,
            definition,
            obstacle,
            savepoint: savepoint.map(|step| &step_at(saga, step).name),
            within: None,
        }
    }

    pub(super) fn step(&self) -> &'a Step {
        step_at(self.saga, self.obstacle.step)
    }

    /// The step's name, after the path of its saga.
    fn shown(&self) -> String {
        let name = &self.step().name;
        match self.within {
            Some((path, _)) => format!("{path}/{name}"),
            None => name.to_string(),
        }
    }

    /// What repeats the step, as the subject of a sentence.
    fn rerun(&self) -> String {
        match (self.savepoint, self.within) {
            (_, Some((path, _))) => format!("another run of `{path}`"),
            (Some(savepoint), None) => format!("a rerun from the savepoint `{savepoint}`"),
            (None, None) => "a rerun".to_owned(),
        }
    }

    /// What the rerun does to a value, and its name.
    fn changes(&self, read: &str) -> String {
        let inputs = &self.definition.inputs;
        let is_input = inputs.iter().any(|input| input.name == *read);
        let verb = if is_input || read == "key" {
            "has another"
        } else {
            "makes a new"
        };
        format!("{} {verb} `{read}`", self.rerun())
    }

    fn keeps(&self, step: u16) -> bool {
        let once = Compensation::None(Rerun::Once);
        self.definition.steps[usize::from(step)].compensation == once
    }

    /// What the rerun leaves as it is.
    fn retained(&self) -> String {
        match self.savepoint {
            Some(savepoint) if self.within.is_none() => {
                format!("inputs and effects of steps before `{savepoint}`")
            }
            _ => "inputs that stay the same".to_owned(),
        }
    }

    /// The saga of the step, at the start of what to write there, if the mistake is reported in
    /// another saga.
    fn place_of_code(&self) -> String {
        match self.within {
            Some(_) => format!("in `{}`, ", self.saga.name),
            None => String::new(),
        }
    }

    /// What to do about code that reads this.
    fn read_only(&self, code: &str, read: &str) -> String {
        let inputs = &self.definition.inputs;
        if self.within.is_some() && inputs.iter().any(|input| input.name == *read) {
            return format!("let `{read}` stay the same");
        }
        let place = self.place_of_code();
        format!("{place}let {code} read only {}", self.retained())
    }

    /// The beginning of a note.
    fn note(&self, why: impl AsRef<str>) -> String {
        match self.within {
            Some((_, reason)) => format!("{reason}; {}", why.as_ref()),
            None => why.as_ref().to_owned(),
        }
    }

    /// The help to choose one of the ways to write a step.
    fn help(
        &self,
        first: Option<String>,
        changes: &[Change],
        (step, still): (u16, &dyn Fn(&Definition) -> bool),
    ) -> String {
        let declared = step_at(self.saga, step);
        let ways = ways((self.definition, step, declared), changes, still);
        let name = &declared.name;
        let first = first.map_or(String::new(), |first| format!("{first}; or "));
        let of_another = step != self.obstacle.step || self.within.is_some();
        let on = if of_another {
            format!(" on `{name}`")
        } else {
            String::new()
        };
        let place = Some(self.place_of_code()).filter(|place| !first.starts_with(&**place));
        let place = place.unwrap_or_default();
        errors::ways(&format!("{first}{place}write one of these{on}:"), &ways)
    }

    /// `still`: whether the step is still in the way under another definition of its saga.
    pub(super) fn mistake(&self, still: &dyn Fn(&Definition) -> bool) -> Mistake {
        let (step, shown, rerun) = (self.obstacle.step, self.shown(), self.rerun());
        let name = &self.step().name;
        let only = |code: &str, read: &str| Some(self.read_only(code, read));
        match &self.obstacle.why {
            Why::Unsaid => mistake(
                format!("`{shown}` remains, and does not say what {rerun} does about it"),
                self.note(format!(
                    "`compensate none` leaves the effect of `{name}` in place, so a second call may repeat it"
                )),
                self.help(None, &Change::ALL, (step, still)),
            ),
            Why::Content { read } if read == "ctx" => mistake(
                format!("`{shown}` is called again under its old key, but with another `ctx`"),
                self.note("a service that knows the key returns the old result, or refuses the request"),
                self.help(
                    Some(format!("{}read `key` in place of `ctx`", self.place_of_code())),
                    &[Change::Once, Change::Again, Change::Resolve],
                    (step, still),
                ),
            ),
            Why::Content { read } => mistake(
                format!("`{shown}` is called again under its old key, but with another `{read}`"),
                self.note(format!(
                    "{}, and a service that knows the key returns the old result, or refuses the request",
                    self.changes(read)
                )),
                self.help(
                    only(&format!("`{name}`"), read),
                    &[Change::Once, Change::Again, Change::Resolve],
                    (step, still),
                ),
            ),
            Why::Key { by } => self.another_key(by),
            Why::SameKey { by } => self.same_key(by),
            Why::Decided { read } => {
                let (is, why) = if self.keeps(step) {
                    let why = format!("`compensate none once` keeps `{name}` whatever that is");
                    ("is kept", why)
                } else {
                    ("remains", format!("may skip `{name}`, whose effect is there all the same"))
                };
                mistake(
                    format!("`{shown}` {is}, but `{read}` decides whether it runs"),
                    self.note(format!("{}, and {why}", self.changes(read))),
                    self.help(only("the condition", read), &[Change::Again], (step, still)),
                )
            }
            Why::Question { read } => mistake(
                format!("`resolve` asks about `{shown}` by `{read}`, not by the old key"),
                self.note(format!(
                    "{}: `resolve` would not find what an earlier round did, and `{name}` would be called again",
                    self.changes(read)
                )),
                self.help(
                    Some(format!(
                        "{}let `resolve` read `key`, or only {}",
                        self.place_of_code(),
                        self.retained()
                    )),
                    &[Change::Again],
                    (step, still),
                ),
            ),
            Why::Mixed { kept, read, with } => self.mixed((*kept, read, with), still),
            Why::List { read } => self.list(read, still),
            Why::Forgotten => mistake(
                format!("`{shown}` remains, and {rerun} does not know of it"),
                self.note("`compensate none once` and `resolve` help only a rerun within the same run"),
                self.help(None, &[Change::Again, Change::Idempotent], (step, still)),
            ),
            Why::Item => mistake(
                format!("`{shown}` remains under the keys of the items, and the items change"),
                self.note(format!(
                    "{rerun} may have another item, for which the service would know the key"
                )),
                self.help(None, &[Change::Again], (step, still)),
            ),
        }
    }

    fn list(&self, read: &str, still: &dyn Fn(&Definition) -> bool) -> Mistake {
        let shown = self.shown();
        let first = format!("`{shown}` remains under the keys of its items, and");
        let (what, note, help) = match self.definition.type_without_order(read) {
            Some(ty) if self.within.is_some() => (
                "their order changes",
                format!("`{read}` is a `{ty}`, which has another order each time it is read back"),
                Some(format!(
                    "{}give `{read}` an order, as `Vec` and `BTreeSet` do",
                    self.place_of_code()
                )),
            ),
            _ => (
                "the items change",
                self.changes(read),
                Some(self.read_only("the list", read)),
            ),
        };
        mistake(
            format!("{first} {what}"),
            self.note(format!("the list reads `{read}`, and {note}")),
            self.help(help, &Change::ALL, (self.obstacle.step, still)),
        )
    }

    fn another_key(&self, by: &str) -> Mistake {
        let (shown, step) = (self.shown(), self.step());
        let mut items = step.looped.iter();
        let is_item = items.any(|looped| recorded(&looped.item) == by);
        let named = if is_item {
            "let the list of the loop read only"
        } else {
            "name one of the"
        };
        let place = self.place_of_code();
        let on = if self.within.is_some() {
            format!(" on `{}`", step.name)
        } else {
            String::new()
        };
        mistake(
            format!(
                "`{by}` cannot identify `{shown}`: it changes, and `{}` remains",
                step.name
            ),
            self.note(format!(
                "{}, and the service would take the next request for another operation",
                self.changes(by)
            )),
            format!(
                "{place}read `key`, which stays the same, and write `#[idempotent]`; or {named} {}; or write \
                 `compensate none again`{on}",
                self.retained()
            ),
        )
    }

    fn same_key(&self, by: &str) -> Mistake {
        let (shown, name) = (self.shown(), &self.step().name);
        let remains = self.step().is_left();
        let earlier = if remains {
            "to that of an earlier run"
        } else {
            "to the one that was undone"
        };
        let attribute = if self.step().attrs.idempotent.is_some() {
            "idempotent"
        } else {
            "by_key"
        };
        mistake(
            format!(
                "`{by}` cannot identify `{shown}`: it may keep its value when `{name}` runs again"
            ),
            self.note(format!("the service would match the new request {earlier}")),
            format!(
                "in `{}`, read `key`, which changes with each run, and write `#[{attribute}]`; or name an \
                 effect of an earlier step of `{}` that is never skipped and has no `fallback`",
                self.saga.name, self.saga.name
            ),
        )
    }

    /// `of`: the step that is kept, the read that is made of it, and another read.
    fn mixed(&self, of: (u16, &str, &str), still: &dyn Fn(&Definition) -> bool) -> Mistake {
        let (kept, read, with) = of;
        let (shown, rerun) = (self.shown(), self.rerun());
        let keeper = step_at(self.saga, kept);
        let name = recorded(&keeper.name);
        let (made, leaves) = if self.keeps(kept) {
            let made = if read == name {
                "which is kept".to_owned()
            } else {
                format!("which is made of the kept `{name}`")
            };
            (
                made,
                format!("leaves `{name}` as it is (`compensate none once`)"),
            )
        } else {
            let made = if read == name {
                "which `resolve` may return from an earlier round".to_owned()
            } else {
                format!("which is made of `{name}`, whose value may be of an earlier round")
            };
            (made, format!("asks `resolve` for what `{name}` did before"))
        };
        mistake(
            format!(
                "`{shown}` reads `{read}`, {made}, together with `{with}`, which may be of another round"
            ),
            self.note(format!(
                "{rerun} {leaves}, so the two would not belong together"
            )),
            self.help(
                Some(format!(
                    "{}read only one of the two in `{}`",
                    self.place_of_code(),
                    self.step().name
                )),
                &[Change::Again],
                (kept, still),
            ),
        )
    }
}

pub(super) fn step_at(saga: &Saga, step: u16) -> &Step {
    let mut steps = saga.steps();
    steps
        .nth(step.into())
        .expect("the definition is that of the saga")
}

/// Why a step of a saga, a child saga, runs again.
pub(super) fn reason(saga: &Saga, definition: &Definition, step: u16) -> String {
    let name = &step_at(saga, step).name;
    let is_behind = definition.side(step) == Side::AfterPivot;
    if let Some(pivot) = definition.pivot.filter(|_| is_behind) {
        let pivot = &step_at(saga, pivot).name;
        let retry = definition.steps[usize::from(step)].acting().retry.as_ref();
        let once = retry.is_some_and(|retry| retry.limit == Limit::Times(1));
        let until = if once {
            "when the parked saga is resumed"
        } else {
            "until it succeeds"
        };
        return format!("after the pivot `{pivot}`, `{name}` runs again {until}");
    }
    match definition.savepoint_of(step) {
        Some(savepoint) => {
            let savepoint = &step_at(saga, savepoint).name;
            format!("`{name}` runs again after a rollback to the savepoint `{savepoint}`")
        }
        None => format!("`#[retry]` runs `{name}` again after it has failed"),
    }
}

/// What is wrong, why, and what to do.
pub(super) fn mistake(what: String, why: String, help: String) -> Mistake {
    Mistake::new(what, help).because(why)
}
