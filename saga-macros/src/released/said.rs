//! What a user reads of a difference, and the token that it is about.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use saga_definition::{CallKind, Definition, Difference, Step as Was, Text};
use syn::Ident;

use crate::errors::list;
use crate::expand::{journal_name, reads_of};
use crate::model::{Compensate, Read, Saga, Source, Step};

/// The last resort of every help.
const PRUNE: &str = "run `saga released --prune` once no run of that version is in flight";

/// A difference as it is reported.
pub(super) struct Said {
    /// What is underlined.
    pub(super) at: TokenStream,
    /// The same for all versions that show it.
    pub(super) what: String,
    /// What the version had.
    pub(super) had: String,
    /// How to have it again.
    pub(super) help: String,
}

impl Said {
    /// Of a saga that differs from an `old` version of it.
    pub(super) fn of(saga: &Saga, old: &Definition, difference: &Difference) -> Self {
        let name = difference.step();
        let step = saga
            .steps()
            .find(|step| name.is_some_and(|name| *name == journal_name(step)));
        match step {
            Some(step) => of_step(saga, step, old, difference),
            None => gone(saga, old, difference),
        }
    }
}

/// A step that is gone, with no other in its place.
fn gone(saga: &Saga, old: &Definition, difference: &Difference) -> Said {
    let Difference::Gone { step, .. } = difference else {
        return other(&saga.name, difference);
    };
    Said {
        at: saga.name.to_token_stream(),
        what: format!(
            "`{}` has no step `{step}` any more, which runs of a released version may have begun",
            saga.name
        ),
        had: place(old, step),
        help: format!("put `{step}` back, or {PRUNE}"),
    }
}

fn other(name: &Ident, difference: &Difference) -> Said {
    Said {
        at: name.to_token_stream(),
        what: format!("runs of a released version could not continue here: {difference}"),
        had: "it does not have this difference".to_owned(),
        help: format!("declare `{name}` as before, or {PRUNE}"),
    }
}

/// A difference of a step that the saga has.
fn of_step(saga: &Saga, step: &Step, old: &Definition, difference: &Difference) -> Said {
    let name = &step.name;
    let changed = |what: &str| format!("`{name}` {what} than in a released version");
    let again = |had: &str| format!("{had}, or {PRUNE}");
    let at_name = || name.to_token_stream();
    let (at, what, had, help) = match difference {
        Difference::Gone { step: was, .. } => (
            at_name(),
            format!("runs of a released version have another step in the place of `{name}`"),
            place(old, was),
            again(&format!(
                "if this is the step `{was}` under another name, write `#[name = \"{was}\"]` on it; \
                 otherwise put `{was}` back"
            )),
        ),
        Difference::New { before, .. } => (
            at_name(),
            format!("runs of a released version may have passed this place without `{name}`"),
            place(old, before),
            again(&format!("move `{name}` after the last step")),
        ),
        Difference::Joined { to, .. } => (
            at_name(),
            format!("runs of a released version may have begun this block without `{name}`"),
            format!("the block of {}", list(block(old, to))),
            again(&format!(
                "move `{name}` out of the block and after the last step"
            )),
        ),
        Difference::Moved { .. } => (
            at_name(),
            changed("stands in another place"),
            place(old, &journal_name(step).into()),
            again(&format!("move `{name}` back to that place")),
        ),
        Difference::Kind { was, .. } => (
            at(step.kind_span),
            changed("is another kind of step"),
            format!("a `{}`", was.word()),
            again(&format!("write `{} {name}` again", was.word())),
        ),
        Difference::Block {
            step: recorded,
            was,
            ..
        } => (
            at_name(),
            changed("runs beside other steps"),
            beside(recorded, was, "in no block", "in a block"),
            again("restore the block"),
        ),
        Difference::Condition {
            step: recorded,
            was,
            ..
        } => {
            let index = saga.steps().position(|other| other.name == *name);
            let condition = index.and_then(|index| saga.condition_of(index));
            let when = condition.map(|condition| saga.conditions[condition].when.span);
            (
                when.map_or_else(at_name, at),
                changed("is under another `when` block"),
                beside(recorded, was, "in no `when` block", "in a `when` block"),
                again("restore the `when` block"),
            )
        }
        Difference::Effect { was, .. } => (
            step.effect
                .as_ref()
                .map_or_else(at_name, ToTokens::to_token_stream),
            format!("the effect of `{name}` has another type than in a released version"),
            format!("`{was}`"),
            again(&format!(
                "keep the type `{was}`, and let its JSON grow (`#[serde(default)]` on a new field)"
            )),
        ),
        Difference::Compensation { was, .. } => (
            undoing(step),
            changed("is undone in another way"),
            was.to_string(),
            again(&format!("give `{name}` {was} again")),
        ),
        Difference::With { was, .. } => (
            step.with()
                .map_or_else(at_name, |read| read.name.to_token_stream()),
            changed("is undone with another step"),
            format!("with `{was}`"),
            again(&format!("write `compensate with {was}` again")),
        ),
        Difference::Reads { was, is, .. } => {
            let reads = step
                .compensation()
                .into_iter()
                .flat_map(|clause| &clause.reads);
            let mut new = reads.filter(|read| has(is, read) && !has(was, read));
            (
                new.next()
                    .map_or_else(|| undoing(step), |read| read.name.to_token_stream()),
                format!(
                    "the compensation of `{name}` reads something else than in a released version"
                ),
                reading(was),
                again(&format!("have it read {} again", names(was))),
            )
        }
        Difference::Loop { was, .. } => {
            let had = was
                .as_ref()
                .map_or_else(|| "no loop".to_owned(), |ty| format!("a loop over `{ty}`"));
            let looped = step.looped.as_ref();
            (
                looped.map_or_else(at_name, |looped| looped.ty.to_token_stream()),
                changed("loops in another way"),
                had.clone(),
                again(&format!("make it {had} again")),
            )
        }
        Difference::Saga { was, .. } => {
            let had = was
                .as_ref()
                .map_or_else(|| "no saga".to_owned(), |was| format!("the saga `{was}`"));
            (
                step.child()
                    .map_or_else(at_name, |child| child.path.clone()),
                changed("is another saga"),
                had.clone(),
                again(&format!("make it {had} again")),
            )
        }
        Difference::When { .. } => (
            at_name(),
            format!(
                "`{name}` has no `#[when]` any more, and runs of a released version may have skipped it"
            ),
            "`#[when]`".to_owned(),
            again("put `#[when]` back"),
        ),
        Difference::Resolve { is, .. } => {
            let clause = step.resolve.as_ref().map(|clause| clause.span);
            flag(name, "`resolve`", *is, clause)
        }
        Difference::Fallback { is, .. } => {
            let clause = step.fallback.as_ref().map(|clause| clause.span);
            flag(name, "`fallback`", *is, clause)
        }
        Difference::Idempotent { is, .. } => {
            let attribute = step.attrs.idempotent.as_ref().map(|keyed| keyed.span);
            flag(name, "`#[idempotent]`", *is, attribute)
        }
        Difference::Late { is, .. } => {
            let late = step.attrs.late.as_ref().or(saga.attrs.late.as_ref());
            flag(name, "`#[late]`", *is, late.map(|late| late.span))
        }
        Difference::Key { call, was, .. } => keyed(step, *call, was),
        Difference::StandsOn { was, is, .. } => depends(saga, step, was, is, "depends on"),
        Difference::Awaits { was, is, .. } => depends(saga, step, was, is, "waits for"),
        _ => return other(name, difference),
    };
    Said {
        at,
        what,
        had,
        help,
    }
}

type Parts = (TokenStream, String, String, String);

/// Something that is there or not.
fn flag(name: &Ident, word: &str, is: bool, at_it: Option<Span>) -> Parts {
    let at = at_it
        .filter(|_| is)
        .map_or_else(|| name.to_token_stream(), at);
    if is {
        let what = format!("`{name}` has {word}, which a released version of it does not have");
        let help = format!("remove {word} from `{name}` again, or {PRUNE}");
        return (at, what, format!("no {word}"), help);
    }
    let what = format!("`{name}` has no {word}, which a released version of it has");
    let help = format!("put {word} back on `{name}`, or {PRUNE}");
    (at, what, word.to_owned(), help)
}

/// Something else serves as the key of a call.
fn keyed(step: &Step, call: CallKind, was: &Text) -> Parts {
    let name = &step.name;
    let (keyed, what) = if call == CallKind::Compensate {
        let undo = step.compensation();
        let undo = undo.and_then(|clause| clause.attrs.by_key.as_ref());
        (undo, format!("the compensation of `{name}`"))
    } else {
        (step.attrs.idempotent.as_ref(), format!("`{name}`"))
    };
    let at = match keyed {
        Some(keyed) => keyed
            .name()
            .map_or_else(|| at(keyed.span), ToTokens::to_token_stream),
        None => name.to_token_stream(),
    };
    (
        at,
        format!("{what} has another key than in a released version, and might be done twice"),
        format!("`{was}`"),
        format!("make `{was}` its key again, or {PRUNE}"),
    )
}

/// A dependency on other steps than before: at the first read that is new, if one is.
fn depends(saga: &Saga, step: &Step, was: &[Text], is: &[Text], how: &str) -> Parts {
    let steps: Vec<_> = saga.steps().collect();
    let recorded = |read: &Read| match read.source {
        Source::Effect(of) => steps.get(of).map(|of| journal_name(of)),
        _ => None,
    };
    let is_new = |read: &&Read| {
        let name = recorded(read).map(Text::from);
        name.is_some_and(|name| is.contains(&name) && !was.contains(&name))
    };
    let (name, new) = (&step.name, reads_of(step).find(is_new));
    let at = new.map_or_else(
        || name.to_token_stream(),
        |read| read.name.to_token_stream(),
    );
    (
        at,
        format!("`{name}` {how} other steps than in a released version"),
        format!("it {how} {}", names(was)),
        format!("read what `{name}` read before, or {PRUNE}"),
    )
}

/// A keyword, which stands here.
fn at(span: Span) -> TokenStream {
    Ident::new("here", span).into_token_stream()
}

/// How the step says that it is undone; its name if it does not.
fn undoing(step: &Step) -> TokenStream {
    match &step.compensate {
        Compensate::Missing => step.name.to_token_stream(),
        Compensate::None(span) | Compensate::With(span, _) => at(*span),
        Compensate::Clause(clause) => at(clause.span),
    }
}

/// Where a step stood.
fn place(old: &Definition, step: &Text) -> String {
    let index = old.steps.iter().position(|other| other.name == *step);
    let before = index.and_then(|index| old.steps.get(index.checked_sub(1)?));
    match before {
        Some(Was { name, .. }) => format!("`{step}` came right after `{name}`"),
        None => format!("`{step}` was the first step"),
    }
}

/// The steps of the block of a step, or of its `when` block.
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

/// `all` are the steps of a block, `step` among them.
fn beside(step: &Text, all: &[Text], none: &str, some: &str) -> String {
    let others: Vec<_> = all.iter().filter(|other| *other != step).collect();
    match (all.is_empty(), others.is_empty()) {
        (true, _) => none.to_owned(),
        (false, true) => format!("alone {some}"),
        (false, false) => format!("{some} with {}", list(others)),
    }
}

fn has(names: &[Text], read: &Read) -> bool {
    names.iter().any(|name| read.name == **name)
}

fn names(names: &[Text]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    list(names)
}

fn reading(was: &[Text]) -> String {
    format!("it read {}", names(was))
}
