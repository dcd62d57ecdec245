//! Whether a saga that began under one version of its definition can go on under another.

use std::fmt;

use saga_core::definition::{
    Child, Compensation, Condition, Definition, Items, Kind, List, Step, Text,
};
use thiserror::Error;

use super::types::{alike, both_alike};
use super::words::{beside, governed, list, looped, saga};

/// Why a saga that began under one version of its definition cannot continue under another.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
#[expect(
    missing_docs,
    reason = "`step` is the step's name in records, `was` and `is` what the two versions say of it"
)]
pub enum Difference {
    /// The saga has come to a step that is not there any more.
    #[error("step `{step}` is not there any more")]
    Gone { step: Text },
    /// A step is new before one that the saga has come to.
    #[error("step `{step}` is new before `{before}`, which the saga has come to")]
    New { step: Text, before: Text },
    /// A step is new after the last one of a child saga that may have completed.
    #[error(
        "step `{step}` is new after all other steps, and the saga may have completed without it"
    )]
    Behind { step: Text },
    /// Two steps have changed places: the saga may have done them in the order of before.
    #[error("`{step}` was before `{behind}`, and now comes after it")]
    Moved { step: Text, behind: Text },
    /// It promises something else: a `read`, a `step`, a `pivot`.
    #[error("`{step}` was a {}, and is a {}", was.word(), is.word())]
    Kind { step: Text, was: Kind, is: Kind },
    /// It runs concurrently with other steps than before: the siblings of its block, itself
    /// included; none, if it is in no block.
    #[error("`{step}` was {}, and is {}", beside(step, was), beside(step, is))]
    Block {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// It is under the condition of another `when` block than before: the steps of that, itself
    /// included; none, if it is in none.
    #[error("`{step}` was {}, and is {}", governed(step, was), governed(step, is))]
    Condition {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// Its effect has another type, as far as the texts of the two say.
    #[error("the effect of `{step}` was `{was}`, and is `{is}`")]
    Effect { step: Text, was: Text, is: Text },
    /// It is undone in another way.
    #[error("`{step}` had {was}, and has {is}")]
    Compensation { step: Text, was: Undo, is: Undo },
    /// It is undone with another step than before.
    #[error("`{step}` was undone with `{was}`, and is undone with `{is}`")]
    With { step: Text, was: Text, is: Text },
    /// Its compensation reads something else.
    #[error(
        "the compensation of `{step}` read {}, and reads {}",
        list(was),
        list(is)
    )]
    Reads {
        step: Text,
        was: List<Text>,
        is: List<Text>,
    },
    /// It is a loop over items of another type, or was or is none.
    #[error("`{step}` was {}, and is {}", looped(was.as_ref()), looped(is.as_ref()))]
    Loop {
        step: Text,
        was: Option<Text>,
        is: Option<Text>,
    },
    /// It is another saga, or was or is none.
    #[error("`{step}` was {}, and is {}", saga(was.as_ref()), saga(is.as_ref()))]
    Saga {
        step: Text,
        was: Option<Text>,
        is: Option<Text>,
    },
    /// The saga that it is has changed.
    #[error("in `{step}`: {of}")]
    Within { step: Text, of: Box<Difference> },
    /// It had a `resolve` and has none, or (`is`) the other way round.
    #[error("`{step}` {}", if *is { "had no `resolve`, and has one" } else { "had a `resolve`, and has none" })]
    Resolve { step: Text, is: bool },
}

/// The way in which a step is undone, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Undo {
    /// It says nothing.
    Absent,
    /// `compensate none`.
    None,
    /// `compensate(…)`.
    Declared,
    /// `#[by_key] compensate(…)`.
    ByKey,
    /// `compensate with` another step.
    With,
}

/// Whether anything is recorded of a step: its index; in a saga that is a step, the indices of the
/// steps that lead to it, and its own.
pub type Touched<'a> = &'a dyn Fn(&[u16]) -> bool;

/// The first difference that keeps a saga with records under `old` from continuing under `new`;
/// `touched` says whether a step of `old` has any record.
///
/// All steps up to the last one of which something is recorded, with the whole of its block, must
/// be in `new` at the same places: with the same name in records, kind, block, effect type, way to
/// be undone, reads of the compensation, and a `resolve` or none. (So the pivot stays where it is,
/// if the saga may have come to it.) What follows may differ in everything, as may bodies, policies
/// and docs.
#[must_use]
pub fn difference(old: &Definition, new: &Definition, touched: Touched<'_>) -> Option<Difference> {
    (0..prefix(old, touched)).find_map(|place| at(old, new, place, touched))
}

/// The number of steps that must be equal.
pub(super) fn prefix(old: &Definition, touched: Touched<'_>) -> usize {
    let reached = (0..).zip(old.steps.iter());
    let reached = reached.filter(|(place, _)| touched(&[*place]));
    let last = reached.last().map(|(place, step)| {
        let end = old.unit_of(place).end;
        let condition = condition(old, step);
        condition.map_or(end, |condition| condition.first + condition.len)
    });
    last.map_or(0, usize::from)
}

/// All places before this one are the same.
fn at(
    old: &Definition,
    new: &Definition,
    place: usize,
    touched: Touched<'_>,
) -> Option<Difference> {
    let was = &old.steps[place];
    match new.steps.get(place) {
        Some(is) if is.name == was.name => {
            let below = below(place, touched);
            within((old, was), (new, is), &below)
        }
        other => Some(misplaced(old, was, new, other)),
    }
}

fn misplaced(old: &Definition, was: &Step, new: &Definition, is: Option<&Step>) -> Difference {
    let has = |definition: &Definition, name: &Text| {
        let mut steps = definition.steps.iter();
        steps.any(|step| step.name == *name)
    };
    let step = was.name.clone();
    match is {
        Some(is) if has(new, &step) && has(old, &is.name) => Difference::Moved {
            step,
            behind: is.name.clone(),
        },
        Some(is) if has(new, &step) => Difference::New {
            step: is.name.clone(),
            before: step,
        },
        _ => Difference::Gone { step },
    }
}

/// Between two versions of one step.
fn within(
    (old, was): (&Definition, &Step),
    (new, is): (&Definition, &Step),
    touched: Touched<'_>,
) -> Option<Difference> {
    // The rest may change: what its code does is up to it, and of how it is tried `continued` keeps
    // the counts.
    let Step {
        name,
        kind,
        effect,
        group,
        compensation,
        resolve,
        child,
        items,
        ..
    } = was;
    let step = name.clone();
    if *kind != is.kind {
        let (was, is) = (*kind, is.kind);
        return Some(Difference::Kind { step, was, is });
    }
    if *group != is.group {
        let (was, is) = (siblings(old, was), siblings(new, is));
        return Some(Difference::Block { step, was, is });
    }
    let (was_governed, is_governed) = (governs(old, was), governs(new, is));
    if was_governed != is_governed {
        let (was, is) = (was_governed, is_governed);
        return Some(Difference::Condition { step, was, is });
    }
    if !alike(effect, &is.effect) {
        let (was, is) = (effect.clone(), is.effect.clone());
        return Some(Difference::Effect { step, was, is });
    }
    let (was_undone, is_undone) = (undo(compensation), undo(&is.compensation));
    if was_undone != is_undone {
        let (was, is) = (was_undone, is_undone);
        return Some(Difference::Compensation { step, was, is });
    }
    let covers = |definition: &Definition, compensation: &Compensation| {
        let by = compensation.with()?;
        Some(definition.steps[usize::from(by)].name.clone())
    };
    let both = covers(old, compensation).zip(covers(new, &is.compensation));
    if let Some((was, is)) = both.filter(|(was, is)| was != is) {
        return Some(Difference::With { step, was, is });
    }
    let (was_read, is_read) = (undo_reads(compensation), undo_reads(&is.compensation));
    let gone = Reads::only(old, &was_read, &is_read);
    let added = Reads::only(new, &is_read, &was_read);
    if !gone.is_renamed_to(&added) {
        let (was, is) = (was_read, is_read);
        return Some(Difference::Reads { step, was, is });
    }
    if let Some(difference) = children(&step, child.as_ref(), is.child.as_ref(), touched) {
        return Some(difference);
    }
    if let Some(difference) = loops(
        &step,
        items.as_ref(),
        is.items.as_ref(),
        (old, new),
        touched,
    ) {
        return Some(difference);
    }
    let is = is.resolve.is_some();
    (resolve.is_some() != is).then_some(Difference::Resolve { step, is })
}

/// Between two versions of the saga that a step is.
fn children(
    step: &Text,
    was: Option<&Child>,
    is: Option<&Child>,
    touched: Touched<'_>,
) -> Option<Difference> {
    let name = |child: &Child| child.definition.name.clone();
    let (step, names) = (step.clone(), (was.map(name), is.map(name)));
    if names.0 != names.1 {
        let (was, is) = names;
        return Some(Difference::Saga { step, was, is });
    }
    let (was, is) = was.zip(is)?;
    let (was, is) = (&was.definition, &is.definition);
    let of = difference(was, is, touched).or_else(|| {
        // One that has completed does no more.
        let reached = prefix(was, touched);
        let added = is.steps.get(reached).filter(|_| reached == was.steps.len());
        added.map(|step| Difference::Behind {
            step: step.name.clone(),
        })
    });
    let of = Box::new(of?);
    Some(Difference::Within { step, of })
}

/// Between two versions of what is done with each item of a loop.
fn loops(
    step: &Text,
    was: Option<&Items>,
    is: Option<&Items>,
    (old, new): (&Definition, &Definition),
    touched: Touched<'_>,
) -> Option<Difference> {
    let (was_of, is_of) = (was.map(|was| &was.ty), is.map(|is| &is.ty));
    if !both_alike(was_of, is_of) {
        let (step, was, is) = (step.clone(), was_of.cloned(), is_of.cloned());
        return Some(Difference::Loop { step, was, is });
    }
    let (was, is) = was.zip(is)?;
    let (was, is) = was.each.steps.last().zip(is.each.steps.last())?;
    within(
        (old, was),
        (new, is),
        &below(usize::from(Items::STEP), touched),
    )
}

/// A `touched` for the parts of the step at `place`.
pub(super) fn below(place: usize, touched: Touched<'_>) -> impl Fn(&[u16]) -> bool {
    let place = u16::try_from(place).unwrap_or(u16::MAX);
    move |at| touched(&[&[place], at].concat())
}

fn siblings(definition: &Definition, step: &Step) -> Vec<Text> {
    let siblings = definition.steps.iter();
    siblings
        .filter(|sibling| step.group.is_some() && sibling.group == step.group)
        .map(|sibling| sibling.name.clone())
        .collect()
}

fn condition<'d>(definition: &'d Definition, step: &Step) -> Option<&'d Condition> {
    definition.conditions.get(usize::from(step.condition?))
}

/// The steps of its `when` block.
fn governs(definition: &Definition, step: &Step) -> Vec<Text> {
    let steps = definition.steps.iter();
    let steps = steps.filter(|other| step.condition.is_some() && other.condition == step.condition);
    steps.map(|other| other.name.clone()).collect()
}

fn undo(compensation: &Compensation) -> Undo {
    match compensation {
        Compensation::Absent => Undo::Absent,
        Compensation::None => Undo::None,
        Compensation::Declared { by_key: false, .. } => Undo::Declared,
        Compensation::Declared { by_key: true, .. } => Undo::ByKey,
        Compensation::With(_) => Undo::With,
    }
}

fn undo_reads(compensation: &Compensation) -> List<Text> {
    // Policies may change.
    let reads = compensation.declared().map(|(_, call)| call.reads.clone());
    reads.unwrap_or_default()
}

/// The reads that one version has and the other does not.
///
/// Reads are identifiers. A step whose identifier is not its name in records is read under an
/// identifier that the definition does not connect with it; that is what makes a renaming no
/// difference.
struct Reads {
    /// Steps, by their names in records.
    steps: usize,
    /// Steps whose identifier is another than their name.
    renamed: usize,
    /// Inputs, services, `key` and the like.
    others: usize,
}

impl Reads {
    fn only(definition: &Definition, reads: &[Text], without: &[Text]) -> Self {
        let is_step = |name: &Text| definition.steps.iter().any(|step| step.name == *name);
        let fields = || definition.inputs.iter().chain(definition.services.iter());
        let is_other = |name: &Text| {
            ["key", "ctx", "failure"].contains(&&**name)
                || fields().any(|field| field.name == *name)
        };
        let mut only = Self {
            steps: 0,
            renamed: 0,
            others: 0,
        };
        for read in reads.iter().filter(|read| !without.contains(read)) {
            *if is_other(read) {
                &mut only.others
            } else if is_step(read) {
                &mut only.steps
            } else {
                &mut only.renamed
            } += 1;
        }
        only
    }

    /// Whether they are the same things under other identifiers.
    fn is_renamed_to(&self, to: &Self) -> bool {
        let same_number = self.steps + self.renamed == to.steps + to.renamed;
        let no_others = self.others == 0 && to.others == 0;
        no_others && same_number && self.steps <= to.renamed && to.steps <= self.renamed
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
