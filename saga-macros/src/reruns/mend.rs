//! What the user may write so that a rerun is in order. A change is proposed only after it has been
//! tried on the definition.

use typed_saga_definition::{
    Call, Compensation, Definition, Obstacle, Rerun, Step as Declared, Why,
};

use crate::check::reads_with;
use crate::errors::code;
use crate::model::Step;
use crate::names::text;

/// A change of a step that remains.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Once,
    Again,
    /// The same, with `key` in place of the value that is its key.
    AgainByKey,
    Idempotent,
    Resolve,
    /// A compensation of its own.
    Undone,
}

impl Change {
    pub(super) const ALL: [Self; 4] = [Self::Once, Self::Again, Self::Idempotent, Self::Resolve];

    fn of(self, step: &mut Declared) {
        match self {
            Self::Once => step.compensation = Compensation::None(Rerun::Once),
            Self::Again => step.compensation = Compensation::None(Rerun::Again),
            Self::AgainByKey => {
                step.compensation = Compensation::None(Rerun::Again);
                step.keyed_by = None;
            }
            Self::Undone => {
                let (by_key, call) = (false, Call::PLAIN);
                step.compensation = Compensation::Declared { by_key, call };
            }
            Self::Idempotent => step.idempotent = true,
            Self::Resolve => step.resolve = Some(Call::PLAIN.into()),
        }
    }

    /// The definition with this change.
    fn made(self, definition: &Definition, step: u16) -> Definition {
        let mut definition = definition.clone();
        let declared = &mut definition.steps.to_mut()[usize::from(step)];
        declared.change_acting(|acting| self.of(acting));
        // A loop as a whole is undone, too.
        if declared.items.is_some() && !matches!(self, Self::Idempotent | Self::Resolve) {
            self.of(declared);
        }
        definition
    }

    fn says(self, step: &Step) -> String {
        let name = &step.name;
        match self {
            Self::Once => {
                format!("`compensate none once`: what `{name}` has done is kept, and not repeated")
            }
            Self::Again if step.child().is_some() => {
                format!("`compensate none again`: `{name}` runs again under new keys")
            }
            Self::Again => {
                format!("`compensate none again`: `{name}` is called again under a new key")
            }
            Self::AgainByKey => format!(
                "`compensate none again`, and `key` in place of what `by` names: `{name}` is called \
                 again under a new key"
            ),
            Self::Undone => {
                let own = step.effect.as_ref();
                let own = own.map_or("key".to_owned(), |_| text(name));
                format!(
                    "`compensate({}) {{ … }}`: `{name}` is undone before it is called again",
                    reads_with(step, &own)
                )
            }
            Self::Idempotent => format!(
                "`#[idempotent]`: `{name}` is called again under its old key, and the service acts once"
            ),
            Self::Resolve => {
                let effect = step.effect.as_ref().map_or("()".to_owned(), code);
                format!(
                    "`resolve({}) {{ … }}`: asks whether `{name}` happened, and returns an \
                     `Option<{effect}>`; it is called again only after `None`",
                    reads_with(step, "key")
                )
            }
        }
    }
}

/// The ways to say what a rerun does about a step: those of `changes` after which the step is not in
/// its way any more (`still`), and to undo it.
pub(super) fn ways(
    (definition, index, step): (&Definition, u16, &Step),
    changes: &[Change],
    still: &dyn Fn(&Definition) -> bool,
) -> Vec<String> {
    let is_child = step.child().is_some();
    let fits = |change: Change| {
        let is_of_child = matches!(change, Change::Once | Change::Again);
        (is_of_child || !is_child) && !still(&change.made(definition, index))
    };
    let is_named = definition.steps[usize::from(index)]
        .acting()
        .keyed_by
        .is_some();
    let changes = changes.iter().copied().filter_map(|change| match change {
        Change::Again if is_named && !fits(change) => {
            Some(Change::AgainByKey).filter(|it| fits(*it))
        }
        _ => Some(change).filter(|it| fits(*it)),
    });
    let mut ways: Vec<_> = changes.map(|change| change.says(step)).collect();
    if is_child {
        let name = &step.name;
        ways.push(format!(
            "no `compensate none`: `{name}` is undone before it runs again"
        ));
    } else if !is_named || fits(Change::Undone) {
        ways.push(Change::Undone.says(step));
    }
    ways
}

/// Whether an obstacle is about this step.
pub(super) fn concerns(obstacles: &[Obstacle], step: u16) -> bool {
    obstacles.iter().any(|obstacle| {
        let is_kept = matches!(obstacle.why, Why::Mixed { kept, .. } if kept == step);
        is_kept || obstacle.step == step
    })
}
