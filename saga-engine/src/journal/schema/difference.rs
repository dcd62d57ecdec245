//! Whether a saga that began under one version of its definition can go on under another.

use std::fmt;

use saga_core::definition::{Call, Compensation, Definition, Kind, List, Step, Text};
use thiserror::Error;

/// What keeps a saga that began under one version of its definition from going on under another.
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
    /// Two steps have changed places: the saga may have done them in the order of before.
    #[error("`{step}` was before `{behind}`, and is behind it")]
    Moved { step: Text, behind: Text },
    /// It promises something else: a `read`, a `step`, a `pivot`.
    #[error("`{step}` was a {}, and is a {}", was.word(), is.word())]
    Kind { step: Text, was: Kind, is: Kind },
    /// It runs beside other steps than before: the siblings of its block, itself included; none, if
    /// it is in no block.
    #[error("`{step}` was {}, and is {}", beside(step, was), beside(step, is))]
    Block {
        step: Text,
        was: Vec<Text>,
        is: Vec<Text>,
    },
    /// Its effect has another type, as written.
    #[error("the effect of `{step}` was `{was}`, and is `{is}`")]
    Effect { step: Text, was: Text, is: Text },
    /// It is undone in another way.
    #[error("`{step}` had {was}, and has {is}")]
    Compensation { step: Text, was: Undo, is: Undo },
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
    /// It had a `resolve` and has none, or (`is`) the other way round.
    #[error("`{step}` {}", if *is { "had no `resolve`, and has one" } else { "had a `resolve`, and has none" })]
    Resolve { step: Text, is: bool },
}

/// How a step is undone, in short.
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
}

/// What keeps a saga that is on record under `old` from going on under `new`; `touched` says
/// whether anything is on record of a step of `old`.
///
/// All steps up to the last one of which something is on record, with the whole of its block, must
/// be in `new` at the same places: with the same name in records, kind, block, effect type, way to
/// be undone, reads of the compensation, and a `resolve` or none. (So the pivot stays where it is,
/// if the saga may have come to it.) What follows may differ in everything, as may bodies, policies
/// and docs.
#[must_use]
pub fn difference(
    old: &Definition,
    new: &Definition,
    touched: &dyn Fn(u16) -> bool,
) -> Option<Difference> {
    (0..prefix(old, touched)).find_map(|place| at(old, new, place))
}

/// How many steps must be the same.
pub(super) fn prefix(old: &Definition, touched: &dyn Fn(u16) -> bool) -> usize {
    let reached = (0..).zip(old.steps.iter());
    let reached = reached.filter(|(place, _)| touched(*place));
    let last = reached.last().map(|(place, step)| {
        step.group
            .map_or(place + 1, |group| group.first + group.len)
    });
    last.map_or(0, usize::from)
}

/// All places before this one are the same.
fn at(old: &Definition, new: &Definition, place: usize) -> Option<Difference> {
    let was = &old.steps[place];
    match new.steps.get(place) {
        Some(is) if is.name == was.name => within(old, was, new, is),
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
fn within(old: &Definition, was: &Step, new: &Definition, is: &Step) -> Option<Difference> {
    let Step {
        name,
        kind,
        effect,
        group,
        compensation,
        resolve,
        // What its code does is up to it …
        reads: _,
        when: _,
        fallback: _,
        stands_on: _,
        awaits: _,
        line: _,
        // … and how it is tried may change: `continued` keeps the counts.
        timeout: _,
        retry: _,
        idempotent: _,
        late: _,
        savepoint: _,
        abort: _,
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
    if *effect != is.effect {
        let (was, is) = (effect.clone(), is.effect.clone());
        return Some(Difference::Effect { step, was, is });
    }
    let (was_undone, is_undone) = (undo(compensation), undo(&is.compensation));
    if was_undone != is_undone {
        let (was, is) = (was_undone, is_undone);
        return Some(Difference::Compensation { step, was, is });
    }
    let (was_read, is_read) = (undo_reads(compensation), undo_reads(&is.compensation));
    let gone = Reads::only(old, &was_read, &is_read);
    let added = Reads::only(new, &is_read, &was_read);
    if !gone.is_renamed_to(&added) {
        let (was, is) = (was_read, is_read);
        return Some(Difference::Reads { step, was, is });
    }
    let is = is.resolve.is_some();
    (resolve.is_some() != is).then_some(Difference::Resolve { step, is })
}

fn siblings(definition: &Definition, step: &Step) -> Vec<Text> {
    let siblings = definition.steps.iter();
    siblings
        .filter(|sibling| step.group.is_some() && sibling.group == step.group)
        .map(|sibling| sibling.name.clone())
        .collect()
}

fn undo(compensation: &Compensation) -> Undo {
    match compensation {
        Compensation::Absent => Undo::Absent,
        Compensation::None => Undo::None,
        Compensation::Declared { by_key: false, .. } => Undo::Declared,
        Compensation::Declared { by_key: true, .. } => Undo::ByKey,
    }
}

fn undo_reads(compensation: &Compensation) -> List<Text> {
    let Some((_, call)) = compensation.declared() else {
        return List::Borrowed(&[]);
    };
    // Policies may change.
    let Call {
        reads,
        timeout: _,
        retry: _,
    } = call;
    reads.clone()
}

/// What one version reads and the other does not.
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

fn beside(step: &Text, block: &[Text]) -> String {
    let others: Vec<_> = block.iter().filter(|each| *each != step).cloned().collect();
    if others.is_empty() {
        return "in no block".to_owned();
    }
    format!("in a block with {}", list(&others))
}

fn list(names: &[Text]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "no compensation",
            Self::None => "`compensate none`",
            Self::Declared => "a compensation",
            Self::ByKey => "a compensation `#[by_key]`",
        })
    }
}
