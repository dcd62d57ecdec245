//! What is said about a step that a rerun from a savepoint would repeat.

use proc_macro2::Ident;
use typed_saga_definition::{Definition, Kind, Step as Declared};

use crate::check::{Mistake, reads_with};
use crate::errors;
use crate::model::{Saga, Step};
use crate::names::text;

/// A step that remains, and that a rerun meets.
pub(super) struct Met<'a> {
    pub(super) saga: &'a Saga,
    pub(super) definition: &'a Definition,
    pub(super) step: u16,
    pub(super) savepoint: u16,
    /// The last step whose failure leads there.
    pub(super) after: u16,
}

impl<'a> Met<'a> {
    fn name(&self, step: u16) -> &'a Ident {
        &self.saga.step(step).name
    }

    fn declared(&self, step: u16) -> &'a Declared {
        &self.definition.steps[usize::from(step)]
    }

    pub(super) fn mistake(&self) -> Mistake {
        let (name, savepoint) = (self.name(self.step), self.name(self.savepoint));
        let failure = if self.after == self.step {
            "another item".to_owned()
        } else {
            format!("`{}`", self.name(self.after))
        };
        let calls = calls_again(self.saga.step(self.step));
        Mistake::new(
            format!(
                "`{name}` may be applied when the saga reruns from the savepoint `{savepoint}`"
            ),
            errors::ways("do one of these:", &self.ways()),
        )
        .because(format!(
            "after a failure of {failure}, the rerun would {calls}, and nothing has undone it"
        ))
    }

    /// What the user may write; what does not apply is left out.
    fn ways(&self) -> Vec<String> {
        let (name, savepoint, after) = (
            self.name(self.step),
            self.name(self.savepoint),
            self.name(self.after),
        );
        let mut ways = Vec::new();
        if self.may_come_first() {
            ways.push(format!("move `{name}` before `{savepoint}`"));
        }
        if self.may_come_later() {
            ways.push(if self.definition.pivot == Some(self.after) {
                let settled = self.declared(self.step).acting().can_be_settled();
                let needs = if settled {
                    ""
                } else {
                    ", where it needs `resolve` or `#[idempotent]`"
                };
                format!("move `{name}` after the pivot `{after}`{needs}")
            } else {
                format!("move `{name}` after `{after}`")
            });
        }
        if self.has_room_for_a_savepoint() {
            ways.push(format!("move `#[savepoint]` to a step after `{name}`"));
        }
        if self.savepoint < self.step {
            ways.push(format!(
                "name only steps before `{name}` in `on(…)`: then a failure of `{after}` no longer reruns"
            ));
        }
        ways.extend(words(self.saga.step(self.step)));
        ways
    }

    /// Whether the step reads and awaits nothing from the savepoint on, and is in no block.
    fn may_come_first(&self) -> bool {
        let declared = self.declared(self.step);
        let stands_below = declared.stands_on.iter().all(|step| *step < self.savepoint);
        self.savepoint < self.step
            && self.is_alone()
            && stands_below
            && !self.reads_from_on(self.savepoint)
    }

    fn is_alone(&self) -> bool {
        let declared = self.declared(self.step);
        declared.group.is_none() && declared.condition.is_none()
    }

    fn reads_from_on(&self, first: u16) -> bool {
        let step = self.saga.step(self.step);
        let mut read = step.all_reads().flat_map(crate::model::Read::effects);
        read.any(|effect| effect >= usize::from(first))
    }

    /// Whether nothing up to the step that fails depends on it.
    fn may_come_later(&self) -> bool {
        let between = self.step + 1..=self.after;
        let is_read = between.clone().any(|other| {
            let step = self.saga.step(other);
            let mut read = step.all_reads().flat_map(crate::model::Read::effects);
            read.any(|effect| effect == usize::from(self.step))
                || self.declared(other).stands_on.contains(&self.step)
        });
        self.after > self.step && self.is_alone() && !is_read
    }

    /// Whether a savepoint after the step is one that a rerun can begin at.
    fn has_room_for_a_savepoint(&self) -> bool {
        let mut later = self.step + 1..=self.after;
        later.any(|step| {
            let declared = self.declared(step);
            let acts = matches!(declared.kind, Kind::Read | Kind::Step);
            acts && !declared.may_stay() && !self.definition.unit_of(self.step).contains(&step)
        })
    }
}

/// What the rerun does to the step.
pub(super) fn calls_again(step: &Step) -> String {
    let name = &step.name;
    if step.child().is_some() {
        format!("run `{name}` again")
    } else {
        format!("call `{name}` again")
    }
}

/// The two clauses that allow it.
pub(super) fn words(step: &Step) -> [String; 2] {
    let name = &step.name;
    let undone = if step.child().is_some() {
        format!("no `compensate none`: `{name}` is undone before the rerun")
    } else {
        let own = step.effect.as_ref();
        let own = own.map_or("key".to_owned(), |_| text(name));
        format!(
            "`compensate({}) {{ … }}` undoes `{name}` before the rerun",
            reads_with(step, &own)
        )
    };
    let again = format!(
        "`compensate none again`: the rerun {}, and the outcome lists it",
        if step.child().is_some() {
            format!("runs `{name}` again")
        } else {
            format!("calls `{name}` again")
        }
    );
    [undone, again]
}
