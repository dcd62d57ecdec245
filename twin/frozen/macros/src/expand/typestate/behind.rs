//! What comes before a position: where undoing leads, and the decisions that were taken.

use syn::Ident;

use super::State;
use super::stand::Stand;
use crate::expand::ident::ident;

/// Where undoing leads from a position.
pub(super) enum Back {
    Nowhere,
    /// To a unit that is over.
    Unit(usize),
    /// Into a `when` block that ends before the position.
    Into(usize),
    /// Out of the `when` block whose first unit or condition comes next, to before the whole `when`.
    Out(usize),
}

impl State<'_, '_> {
    /// The `when` block that contains the position.
    pub(super) fn block_at_hand(&self) -> Option<usize> {
        match self.stand {
            Stand::Unit(unit) => self.plan.governs(unit),
            Stand::Leaving(block) => Some(block),
            Stand::When(_) | Stand::End => None,
        }
    }

    pub(super) fn way_back(&self) -> Back {
        let (plan, inside) = (self.plan, self.block_at_hand());
        let over = plan.over(self.stand);
        let next = match self.stand {
            // A decision on another arm comes before this one.
            Stand::When(block) if plan.arms(block)[0] != block => Some(block),
            _ => inside,
        };
        if let Some(block) = next.filter(|&block| plan.inside(block).start == over) {
            return Back::Out(block);
        }
        let Some(before) = over.checked_sub(1) else {
            return Back::Nowhere;
        };
        match plan.governs(before) {
            Some(block) if inside != Some(block) => Back::Into(block),
            _ => Back::Unit(before),
        }
    }

    /// The `when` blocks that are over.
    pub(super) fn decided(&self) -> impl Iterator<Item = usize> + '_ {
        let over = self.plan.over(self.stand);
        let blocks = self.plan.conditions().map(|(block, ..)| block);
        blocks.filter(move |&block| {
            self.plan.inside(block).end <= over && self.block_at_hand() != Some(block)
        })
    }
}

/// The hidden field that says whether a `when` block was entered.
pub(super) fn taken(block: usize) -> Ident {
    ident(&format!("__taken_{block}"))
}
