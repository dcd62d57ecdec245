//! Differences in the compensation of a step, and in keys.

use super::{
    kinds::{Difference, Undo},
    order::Aligned,
};
use crate::{
    definition::{CallKind, Compensation, Definition, Step},
    text::{List, Text},
};

/// The difference between two versions of how a step is undone.
pub(super) fn undone(
    aligned: &Aligned<'_>,
    (step, compensation): (&Text, &Compensation),
    is: &Compensation,
) -> Option<Difference> {
    let step = step.clone();
    let (was_undone, is_undone) = (undo(compensation), undo(is));
    if was_undone != is_undone {
        let (was, is) = (was_undone, is_undone);
        return Some(Difference::Compensation { step, was, is });
    }
    let (was, is) = (undo_reads(compensation), undo_reads(is));
    let counts = |read: &&Text| !aligned.is_optional(read);
    let now = was
        .iter()
        .filter(counts)
        .map(|read| match aligned.now(read) {
            Some(now) => now.to_owned().into(),
            None => read.clone(),
        });
    let now: Vec<Text> = now.collect();
    let reads: Vec<Text> = is.iter().filter(counts).cloned().collect();
    let gone = Reads::only(aligned.old, &now, &reads);
    let added = Reads::only(aligned.new, &reads, &now);
    (!gone.is_renamed_to(&added)).then_some(Difference::Reads { step, was, is })
}

/// The difference between two keys of a call; `None` is `key`.
pub(super) fn key(
    aligned: &Aligned<'_>,
    step: &Step,
    call: CallKind,
    keys: [Option<Text>; 2],
) -> Option<Difference> {
    let [was, is] = keys.map(|key| [key.unwrap_or_else(|| "key".into())]);
    let gone = Reads::only(aligned.old, &was, &is);
    let added = Reads::only(aligned.new, &is, &was);
    let ([was], [is]) = (was, is);
    let step = step.name.clone();
    (!gone.is_renamed_to(&added)).then_some(Difference::Key {
        step,
        call,
        was,
        is,
    })
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
/// Reads are identifiers. If a step's identifier is not its name in records, other steps read it by
/// an identifier that the definition does not connect with the step. So renaming such an identifier
/// is not a difference.
struct Reads {
    /// The number of steps that are read by their names in records.
    steps: usize,
    /// The number of steps that are read by another identifier.
    renamed: usize,
    /// The number of inputs, services, `key` and the like.
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

    /// Whether these may be the same reads under other identifiers.
    fn is_renamed_to(&self, to: &Self) -> bool {
        let same_number = self.steps + self.renamed == to.steps + to.renamed;
        let no_others = self.others == 0 && to.others == 0;
        no_others && same_number && self.steps <= to.renamed && to.steps <= self.renamed
    }
}
