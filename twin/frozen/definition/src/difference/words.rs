//! The text of a difference.

use std::fmt;

use super::kinds::{Difference, Undo};
use crate::{
    definition::{Arm, Field, Kind},
    text::Text,
};

/// Writes the text of each variant: its own, or what it was and what it is.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (step, was, is) = match self {
            Self::Input { was, is } => return input(f, was.as_ref(), is.as_ref()),
            Self::Emits { was, is: None } => {
                return write!(f, "it published events of type `{was}`, and publishes none");
            }
            Self::Emits { was, is: Some(is) } => {
                return write!(f, "its events were of type `{was}`, and are of type `{is}`");
            }
            Self::Gone { step, .. } => return write!(f, "step `{step}` is not there any more"),
            Self::New { step, before } => {
                let come = "which the saga has come to";
                return write!(f, "step `{step}` is new before `{before}`, {come}");
            }
            Self::Joined { step, to } => {
                let come = "which the saga has come to";
                return write!(f, "step `{step}` is new in the block of `{to}`, {come}");
            }
            Self::Behind { step } => {
                let all =
                    "is new after all other steps, and the saga may have completed without it";
                return write!(f, "step `{step}` {all}");
            }
            Self::Moved { step, behind, .. } => {
                return write!(f, "`{step}` was before `{behind}`, and now comes after it");
            }
            Self::Within { step, of } => return write!(f, "in `{step}`: {of}"),
            Self::Effect { step, was, is } => {
                return write!(f, "the effect of `{step}` was `{was}`, and is `{is}`");
            }
            Self::Key {
                step,
                call,
                was,
                is,
            } => {
                return write!(
                    f,
                    "the key of the {call} of `{step}` was `{was}`, and is `{is}`"
                );
            }
            Self::Lock { step, was, is } => {
                return write!(f, "the keys of `{step}` were of `{was}`, and are of `{is}`");
            }
            Self::Reads { step, was, is } => {
                let (was, is) = (list(was), list(is));
                return write!(f, "the compensation of `{step}` read {was}, and reads {is}");
            }
            Self::StandsOn { step, was, is } => {
                let (was, is) = (list(was), list(is));
                return write!(f, "`{step}` depended on {was}, and depends on {is}");
            }
            Self::Awaits { step, was, is } => {
                let (was, is) = (list(was), list(is));
                return write!(f, "`{step}` waited for {was}, and waits for {is}");
            }
            Self::Compensation { step, was, is } => {
                return write!(f, "`{step}` had {was}, and has {is}");
            }
            Self::Resolve { step } => return had(f, step, "`resolve`", false),
            Self::When { step } => return had(f, step, "`when`", false),
            Self::Fallback { step, is } => return had(f, step, "`fallback`", *is),
            Self::Late { step, is } => return had(f, step, "`#[late]`", *is),
            Self::Idempotent { step, is: true } => {
                return write!(f, "`{step}` was not `#[idempotent]`, and is now");
            }
            Self::Idempotent { step, is: false } => {
                return write!(f, "`{step}` was `#[idempotent]`, and is not any more");
            }
            Self::Kind { step, was, is } => {
                let a = |kind: &Kind| format!("a {}", kind.word());
                (step, a(was), a(is))
            }
            Self::Block { step, was, is } => (step, beside(step, was), beside(step, is)),
            Self::Condition { step, was, is } => (step, governed(step, was), governed(step, is)),
            Self::Arm { step, was, is } => {
                let under = |arm: &Arm| format!("under `{}`", arm.words());
                (step, under(was), under(is))
            }
            Self::With { step, was, is } => {
                let with = |other: &Text| format!("undone with `{other}`");
                (step, with(was), with(is))
            }
            Self::Loop { step, was, is } => (step, looped(was.as_ref()), looped(is.as_ref())),
            Self::Saga { step, was, is } => (step, saga(was.as_ref()), saga(is.as_ref())),
        };
        write!(f, "`{step}` was {was}, and is {is}")
    }
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "no compensation",
            Self::None => "`compensate none`",
            Self::Declared => "a compensation",
            Self::ByKey => "a compensation `#[by_key]`",
            Self::With => "`compensate with`",
        })
    }
}

fn input(f: &mut fmt::Formatter<'_>, was: Option<&Field>, is: Option<&Field>) -> fmt::Result {
    match (was, is) {
        (Some(was), Some(is)) if was.name == is.name => {
            let (name, was, is) = (&was.name, &was.ty, &is.ty);
            write!(f, "the input `{name}` was `{was}`, and is `{is}`")
        }
        (Some(was), Some(is)) => {
            let (was, is) = (&was.name, &is.name);
            write!(
                f,
                "the input `{was}` is not there any more, and `{is}` is new"
            )
        }
        (Some(was), None) => write!(f, "the input `{}` is not there any more", was.name),
        (None, is) => {
            let is = is.map_or("", |is| &is.name);
            write!(
                f,
                "the input `{is}` is new, and the saga was submitted without it"
            )
        }
    }
}

fn saga(name: Option<&Text>) -> String {
    name.map_or_else(|| "no saga".to_owned(), |name| format!("the saga `{name}`"))
}

fn looped(item: Option<&Text>) -> String {
    match item {
        None => "no loop".to_owned(),
        Some(ty) => format!("a loop over `{ty}`"),
    }
}

fn beside(step: &Text, block: &[Text]) -> String {
    let others: Vec<_> = block.iter().filter(|each| *each != step).cloned().collect();
    if others.is_empty() {
        return "in no block".to_owned();
    }
    format!("in a block with {}", list(&others))
}

fn governed(step: &Text, block: &[Text]) -> String {
    let others: Vec<_> = block.iter().filter(|each| *each != step).cloned().collect();
    match block {
        [] => "in no `when` block".to_owned(),
        [_] => "alone in a `when` block".to_owned(),
        _ => format!("in a `when` block with {}", list(&others)),
    }
}

fn had(f: &mut fmt::Formatter<'_>, step: &Text, what: &str, is: bool) -> fmt::Result {
    if is {
        write!(f, "`{step}` had no {what}, and has one")
    } else {
        write!(f, "`{step}` had a {what}, and has none")
    }
}

fn list(names: &[Text]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}
