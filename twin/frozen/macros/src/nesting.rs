//! Which sagas of a call are child sagas of which others: no saga may contain itself.

use proc_macro2::Ident;

use crate::errors::Errors;
use crate::model::{Child, Saga, Step};
use crate::names::text;
use crate::parse::Declaration;

/// The sagas of a call, in order, each with the names of its child sagas.
pub(crate) struct Nesting(Vec<(String, Vec<String>)>);

impl Nesting {
    pub(crate) fn of(declarations: &[Declaration]) -> Self {
        let sagas = declarations.iter().filter_map(|declared| match declared {
            Declaration::Saga { saga, .. } => Some(saga),
            Declaration::Split(_) | Declaration::Half(_) | Declaration::Unreadable(_) => None,
        });
        let nests = |saga: &Saga| children(saga).map(|name| text(&name)).collect();
        Self(sagas.map(|saga| (text(&saga.name), nests(saga))).collect())
    }

    /// Reports each step that closes a cycle: its child saga is the one of the cycle that is
    /// declared first.
    pub(crate) fn check(&self, saga: &Saga, errors: &mut Errors) {
        let own = text(&saga.name);
        let Some(place) = self.place(&own) else {
            return;
        };
        for name in children(saga) {
            let child = text(&name);
            let first = self.place(&child).filter(|first| *first <= place);
            if !first.is_some_and(|first| self.reaches(first, first, place, &mut Vec::new())) {
                continue;
            }
            let (what, help) = if child == own {
                (
                    format!("`{own}` cannot be a child saga of itself"),
                    "remove this step, or start the saga as a run of its own, in the block of a step",
                )
            } else {
                (
                    format!(
                        "`{child}` cannot be a child saga of `{own}`, which `{child}` itself contains"
                    ),
                    "remove one of the two steps, or start the other saga as a run of its own, in the block \
                     of a step",
                )
            };
            let why = "each run would start the next one, without end";
            errors.add_noted(name.span(), what, why, help);
        }
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|(saga, _)| saga == name)
    }

    /// Whether one saga leads to another by child sagas, without passing a saga that is declared
    /// before `first`.
    fn reaches(&self, first: usize, from: usize, to: usize, seen: &mut Vec<usize>) -> bool {
        if from == to {
            return true;
        }
        seen.push(from);
        let next = self.0[from].1.iter().filter_map(|name| self.place(name));
        next.filter(|next| *next >= first)
            .any(|next| !seen.contains(&next) && self.reaches(first, next, to, seen))
    }
}

/// The child sagas with a path of a single name, which may therefore be declared in this call.
fn children(saga: &Saga) -> impl Iterator<Item = Ident> {
    let children = saga.steps().filter_map(Step::child);
    children.filter_map(Child::name)
}
