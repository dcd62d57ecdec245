//! The message about a difference, and the token that it is about.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Ident;
use typed_saga_definition::{Definition, Difference, Kind, Step as Was, Text};

use super::now::Now;
use super::words::{Parts, at, changed, or_prune, retyped, unlike};
use super::{clauses, inputs};
use crate::errors::list;
use crate::model::{Saga, Step};

/// The report of a difference.
pub(super) struct Said {
    /// The underlined tokens.
    pub(super) at: TokenStream,
    /// The headline, which does not depend on the version.
    pub(super) what: String,
    /// What the version had.
    pub(super) had: String,
    /// How to restore it.
    pub(super) help: String,
}

impl Said {
    /// The report of a difference between a saga, with its definition, and an `old` version of it.
    pub(super) fn of(
        (saga, declared): (&Saga, &Definition),
        old: &Definition,
        difference: &Difference,
    ) -> Self {
        match difference {
            Difference::Input { was, is } => {
                return inputs::said(saga, old, was.as_ref(), is.as_ref()).into();
            }
            Difference::Emits { was, is } => return emits(saga, was, is.as_ref()),
            _ => {}
        }
        let name = difference.step();
        let mut steps = Now::steps(saga, declared);
        let now = steps.find(|now| name == Some(&now.declared.name));
        match now {
            Some(now) => of_step(&now, old, difference),
            None => gone(saga, old, difference),
        }
    }
}

/// Events that are not published any more, or have another type.
fn emits(saga: &Saga, was: &Text, is: Option<&Text>) -> Said {
    let name = &saga.name;
    let what = match is {
        None => format!(
            "`{name}` no longer publishes events, and those of a released version may be undelivered"
        ),
        Some(_) => format!(
            "the events of `{name}` have a different type than in a released version, and some may be undelivered"
        ),
    };
    let keep = match is {
        None => format!("put `emit {was}` back"),
        Some(_) => format!(
            "keep the type `{was}`, and let its JSON grow (`#[serde(default)]` on a new field)"
        ),
    };
    Said {
        at: saga
            .emits
            .as_ref()
            .map_or_else(|| name.to_token_stream(), ToTokens::to_token_stream),
        what,
        had: format!("`emit {was}`"),
        help: format!(
            "{keep}; or let its runs end, wait until `saga outbox` lists none of its events, and run `saga released --prune`"
        ),
    }
}

/// A step that was removed, with no other in its place.
fn gone(saga: &Saga, old: &Definition, difference: &Difference) -> Said {
    let Difference::Gone { step, .. } = difference else {
        return other(&saga.name, difference);
    };
    Said {
        at: saga.name.to_token_stream(),
        what: format!(
            "`{}` no longer has the step `{step}`, which runs of a released version may have run",
            saga.name
        ),
        had: place(old, step),
        help: or_prune(&back(old, step)),
    }
}

/// The help for a step that was inserted between others, or moved there.
fn later(now: &Now<'_>) -> String {
    let name = &now.step.name;
    let to_the_end = format!("move `{name}` after the last step");
    if now.step.kind == Kind::Pivot || now.step.attrs.when.is_some() {
        return to_the_end;
    }
    let out = if now.is_in_a_block() {
        format!("move `{name}` out of the block, and ")
    } else {
        String::new()
    };
    format!(
        "{out}write `#[introduced]` on `{name}`: such runs continue without it, and `{name}` is an `Option`; \
         or {to_the_end}"
    )
}

/// The help to restore a step.
fn back(old: &Definition, step: &Text) -> String {
    let was = old.steps.iter().find(|was| was.name == *step);
    let may_be_retired = was.is_some_and(|was| matches!(was.kind, Kind::Read | Kind::Step));
    if may_be_retired {
        format!(
            "put `{step}` back as `#[retired]`: runs that have started it finish it, and all others skip it"
        )
    } else {
        format!("put `{step}` back")
    }
}

fn other(name: &Ident, difference: &Difference) -> Said {
    Said {
        at: name.to_token_stream(),
        what: format!("runs of a released version could not continue here: {difference}"),
        had: "it does not have this difference".to_owned(),
        help: or_prune(&format!("declare `{name}` as before")),
    }
}

/// A difference of a step that the saga still has.
fn of_step(now: &Now<'_>, old: &Definition, difference: &Difference) -> Said {
    let step = now.step;
    let parts = placed(now, old, difference)
        .or_else(|| made(step, difference))
        .or_else(|| clauses::undone(step, difference))
        .or_else(|| clauses::settled(now, old, difference));
    parts.map_or_else(|| other(&step.name, difference), Said::from)
}

impl From<Parts> for Said {
    fn from((at, what, had, help): Parts) -> Self {
        Self {
            at,
            what,
            had,
            help,
        }
    }
}

/// A difference in the position of the step.
fn placed(now: &Now<'_>, old: &Definition, difference: &Difference) -> Option<Parts> {
    let name = &now.step.name;
    let at_name = || name.to_token_stream();
    Some(match difference {
        Difference::Gone { step: was, .. } => (
            at_name(),
            format!("runs of a released version have another step in the place of `{name}`"),
            place(old, was),
            or_prune(&format!(
                "if this is the step `{was}` under another name, write `#[name = \"{was}\"]` on it; \
                 otherwise {}",
                back(old, was)
            )),
        ),
        Difference::New { before, .. } => (
            at_name(),
            format!("runs of a released version may have passed this place without `{name}`"),
            place(old, before),
            or_prune(&later(now)),
        ),
        Difference::Joined { to, .. } => (
            at_name(),
            format!("runs of a released version may have started this block without `{name}`"),
            format!("the block of {}", list(block(old, to))),
            or_prune(&later(now)),
        ),
        Difference::Moved { .. } => (
            at_name(),
            changed(name, "is at a different position"),
            place(old, &now.declared.name),
            or_prune(&format!("move `{name}` back to that place")),
        ),
        Difference::Block {
            step: recorded,
            was,
            ..
        } => (
            at_name(),
            changed(name, "runs beside different steps"),
            beside(recorded, was, "outside any block", "in a block"),
            or_prune(&restored(name, was, "block")),
        ),
        Difference::Condition {
            step: recorded,
            was,
            ..
        } => {
            let when = now.arm();
            let what = match when {
                _ if was.is_empty() => unlike(name, "is in a `when` block"),
                Some(_) => changed(name, "is in a different `when` block"),
                None => unlike(name, "is outside any `when` block"),
            };
            (
                when.map_or_else(at_name, at),
                what,
                beside(
                    recorded,
                    was,
                    "outside any `when` block",
                    "in a `when` block",
                ),
                or_prune(&restored(name, was, "`when` block")),
            )
        }
        Difference::Arm { was, .. } => {
            let arm = now.arm();
            let words = was.words();
            (
                arm.map_or_else(at_name, at),
                changed(name, "is in a different arm of a `when`"),
                format!("under `{words}`"),
                or_prune(&format!("put `{name}` under `{words}` again")),
            )
        }
        _ => return None,
    })
}

/// A difference in the kind of the step, or in its effect.
fn made(step: &Step, difference: &Difference) -> Option<Parts> {
    let name = &step.name;
    let at_name = || name.to_token_stream();
    Some(match difference {
        Difference::Kind { was, .. } => (
            at(step.kind_span),
            changed(name, "is a different kind of step"),
            format!("a `{}`", was.word()),
            or_prune(&format!("write `{} {name}` again", was.word())),
        ),
        Difference::Effect { was, .. } => (
            step.effect
                .as_ref()
                .map_or_else(at_name, ToTokens::to_token_stream),
            format!("the effect of `{name}` has a different type than in a released version"),
            format!("`{was}`"),
            or_prune(&retyped(was)),
        ),
        Difference::Loop { was, .. } => {
            let looped = step.looped.as_ref();
            let (what, had, help) = match was {
                None => (
                    unlike(name, "is a loop"),
                    "no loop".to_owned(),
                    "remove `for …`".to_owned(),
                ),
                Some(ty) => (
                    match looped {
                        Some(_) => changed(name, "loops over different items"),
                        None => unlike(name, "is not a loop"),
                    },
                    format!("a loop over `{ty}`"),
                    format!("make `{name}` a loop over `{ty}` again"),
                ),
            };
            (
                looped.map_or_else(at_name, |looped| looped.ty.to_token_stream()),
                what,
                had,
                or_prune(&help),
            )
        }
        Difference::Saga { was, .. } => {
            let child = step.child();
            let (what, had, help) = match was {
                None => (
                    unlike(name, "is a child saga"),
                    "no child saga".to_owned(),
                    format!("write the code of `{name}` in place of `= saga …`"),
                ),
                Some(was) => (
                    match child {
                        Some(_) => changed(name, "runs a different child saga"),
                        None => unlike(name, "is not a child saga"),
                    },
                    format!("the saga `{was}`"),
                    format!("make `{name}` the saga `{was}` again"),
                ),
            };
            (
                child.map_or_else(at_name, |child| child.path.clone()),
                what,
                had,
                or_prune(&help),
            )
        }
        _ => return None,
    })
}

/// The former position of a step.
fn place(old: &Definition, step: &Text) -> String {
    let mut steps = old.steps.iter().filter(|other| !other.absent);
    let before = steps.clone().position(|other| other.name == *step);
    let before = before.and_then(|index| steps.nth(index.checked_sub(1)?));
    match before {
        Some(Was { name, .. }) => format!("`{step}` came right after `{name}`"),
        None => format!("`{step}` was the first step"),
    }
}

/// The steps of the `concurrent` block of a step, or of its `when` block.
fn block<'a>(old: &'a Definition, step: &Text) -> Vec<&'a Text> {
    let steps = old.steps.iter();
    let Some(of) = steps.clone().find(|other| other.name == *step) else {
        return Vec::new();
    };
    let is_beside = |other: &&Was| match of.group {
        Some(_) => other.group == of.group,
        None => of.condition.is_some() && other.condition == of.condition,
    };
    steps.filter(is_beside).map(|other| &other.name).collect()
}

/// The help for a step whose block has changed; `was` are the steps of its former block, if any.
fn restored(name: &Ident, was: &[Text], block: &str) -> String {
    if was.is_empty() {
        format!("move `{name}` out of the {block}")
    } else {
        format!("restore the {block}")
    }
}

/// The steps next to `step`, as text; `all` are the steps of a block, `step` among them.
fn beside(step: &Text, all: &[Text], none: &str, some: &str) -> String {
    let others: Vec<_> = all.iter().filter(|other| *other != step).collect();
    match (all.is_empty(), others.is_empty()) {
        (true, _) => none.to_owned(),
        (false, true) => format!("alone {some}"),
        (false, false) => format!("{some} with {}", list(others)),
    }
}
