//! Which values are the same after a rerun.

use std::fmt;

use super::Again;
use crate::{
    definition::{Compensation, Definition, Given, Kind, Rerun, Step},
    text::Text,
};

/// Stands for the inputs that are taken from a value, by `..value`.
pub const REST: &str = "..";

/// The beginning of a rerun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Begin {
    /// The saga has rolled back to this savepoint.
    Savepoint(u16),
    /// The saga is a child saga. It has been undone, apart from what remains, and begins again.
    Undone,
}

/// A rerun of a saga. It knows which values are *retained*: the same after the rerun as before.
///
/// Retained are the inputs that the caller does not say to have changed; the effects of the steps
/// before the savepoint; and the effects of steps that the rerun does not call (`compensate none
/// once`) or calls again with the same content (`#[idempotent]` and `compensate none`, where all that
/// the action reads is retained, its key aside). All other effects are made anew, as is what code
/// gets from `ctx`. What code gets from a service is up to the user.
pub struct Renewal<'a> {
    pub(super) saga: &'a Definition,
    pub(super) begin: Begin,
    changed: &'a dyn Fn(&str) -> bool,
    /// Whether the saga is the child of an item of a loop whose list is made anew.
    of_other_items: bool,
    /// For each step, whether its effect is retained.
    retained: Vec<bool>,
}

impl fmt::Debug for Renewal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Renewal");
        fields.field("begin", &self.begin);
        fields
            .field("retained", &self.retained)
            .finish_non_exhaustive()
    }
}

impl Definition {
    /// A rerun of this saga; `changed` says which of its inputs have another value in it.
    #[must_use]
    pub fn renewal<'a>(&'a self, begin: Begin, changed: &'a dyn Fn(&str) -> bool) -> Renewal<'a> {
        let mut renewal = Renewal {
            saga: self,
            begin,
            changed,
            of_other_items: false,
            retained: Vec::with_capacity(self.steps.len()),
        };
        for step in renewal.steps() {
            let retained = renewal.retains(step);
            renewal.retained.push(retained);
        }
        renewal
    }

    /// The type of an input or an effect that gives its items in another order each time it is read
    /// back from its record, as far as its name shows.
    #[must_use]
    pub fn type_without_order(&self, read: &str) -> Option<&'static str> {
        let inputs = self.inputs.iter().map(|input| (&*input.name, &input.ty));
        let effects = self.steps.iter().map(|step| (step.read_as(), &step.effect));
        let (_, ty) = inputs.chain(effects).find(|(name, _)| *name == read)?;
        let mut words = ty.split(|letter: char| !letter.is_alphanumeric());
        words.find_map(|word| {
            let mut without = ["HashSet", "HashMap"].into_iter();
            without.find(|ty| *ty == word)
        })
    }

    /// The first savepoint at or before the step, from which a rerun may meet it: one in another arm
    /// of the same `when` does not count. A rerun from a later savepoint retains at least as much.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn savepoint_of(&self, step: u16) -> Option<u16> {
        let mut before = self.savepoints().take_while(|from| *from <= step);
        before.find(|from| !self.excludes(*from, step))
    }

    /// The steps with `#[savepoint]`.
    pub(super) fn savepoints(&self) -> impl Iterator<Item = u16> + '_ {
        let steps = (0..).zip(self.steps.iter());
        steps.filter_map(|(place, step)| step.savepoint.is_some().then_some(place))
    }

    /// The first step with `#[savepoint]`.
    #[must_use]
    pub fn first_savepoint(&self) -> Option<u16> {
        self.savepoints().next()
    }
}

impl Renewal<'_> {
    /// The step from which the saga runs again.
    pub(super) const fn from(&self) -> u16 {
        match self.begin {
            Begin::Savepoint(step) => step,
            Begin::Undone => 0,
        }
    }

    pub(super) fn steps(&self) -> std::ops::Range<u16> {
        0..u16::try_from(self.saga.steps.len()).unwrap_or(u16::MAX)
    }

    pub(super) fn step(&self, step: u16) -> &Step {
        &self.saga.steps[usize::from(step)]
    }

    /// The steps that the rerun may call again: those from the savepoint on, up to the pivot.
    pub(super) fn renewed(&self) -> std::ops::Range<u16> {
        let end = self
            .saga
            .pivot
            .map_or(self.steps().end, |pivot| pivot.saturating_add(1));
        self.from()..end
    }

    /// The same, of a saga that is the child of an item of a loop, at any depth, whose list is made
    /// anew: each of its steps that remains under its old key remains as that of another item.
    #[must_use]
    pub fn of_other_items(self) -> Self {
        let of_other_items = true;
        Self {
            of_other_items,
            ..self
        }
    }

    /// What the rerun does about the step if it is applied, or may be, and remains. It is
    /// [`Step::again`], except that nothing is asked for or called under the key of another item.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn again(&self, step: u16) -> Option<Again> {
        let of_other_items = self.of_other_items || !self.keeps_list(step);
        let again = self.step(step).again()?;
        Some(match again {
            Again::Asked | Again::Repeated if of_other_items => Again::Forbidden,
            again => again,
        })
    }

    /// Whether the effect of the step is retained.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn retains_effect(&self, step: u16) -> bool {
        self.retained[usize::from(step)]
    }

    /// Whether the step is called again, if it is called again, with the same content: all that its
    /// action reads is retained, its key aside. Of a loop: the content of each item.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn has_same_content(&self, step: u16) -> bool {
        self.anew_in_content(step).is_none()
    }

    /// Whether the rerun goes over the same items as before, if the step is a loop: their list is
    /// made of retained values alone, which have an order. Otherwise the list is made anew.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn keeps_list(&self, step: u16) -> bool {
        self.anew_in_list(step).is_none()
    }

    /// Whether the child saga of the step gets the same value for this input, if the step is run
    /// again.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn gives_same(&self, step: u16, input: &str) -> bool {
        self.anew_in_given(step, input).is_none()
    }

    /// Whether what the step reads under this name is retained; `key`, which a step that is called
    /// again under its old key keeps, is.
    ///
    /// # Panics
    ///
    /// If there is no such step.
    #[must_use]
    pub fn is_same(&self, step: u16, read: &str) -> bool {
        let looped = self.step(step).items.as_ref();
        if looped.is_some_and(|items| items.item == *read) {
            return self.keeps_list(step);
        }
        let is = |name: &str| name == read;
        if self.saga.inputs.iter().any(|input| is(&input.name)) {
            return !(self.changed)(read);
        }
        let effect = self.saga.effect(read);
        match effect {
            Some(effect) if effect < self.from() => true,
            // A step reads only earlier ones.
            Some(effect) => self.retained.get(usize::from(effect)) == Some(&true),
            None => {
                is("key") || {
                    let mut services = self.saga.services.iter();
                    services.any(|service| is(&service.name))
                }
            }
        }
    }

    /// What an input of the step's child saga is made of and that is not retained.
    pub(super) fn anew_in_given(&self, step: u16, input: &str) -> Option<&str> {
        let acting = self.step(step).acting();
        let given = acting.child.iter().flat_map(|child| child.given.iter());
        let find = |name: &str| given.clone().find(|given| given.name == *name);
        let Given { reads, .. } = find(input).or_else(|| find(REST))?;
        // A new round of the step has another key.
        let mut reads = reads.iter();
        let anew = reads.find(|read| **read == "key" || !self.is_same(step, read));
        anew.map(|read| &**read)
    }

    /// A value that the step's action reads, or its list of items, and that is not retained.
    pub(super) fn anew_in_content(&self, step: u16) -> Option<&str> {
        let acting = self.step(step).acting();
        let of_action = self.first_anew(step, &acting.reads);
        of_action.or_else(|| self.anew_in_list(step))
    }

    /// A value by which `resolve` asks for the step, and that is not retained. If it also reads what
    /// makes the step's key, it asks by that, which is the old one.
    pub(super) fn anew_in_question(&self, step: u16) -> Option<&str> {
        let acting = self.step(step).acting();
        let resolve = acting.resolve.as_ref()?;
        let is_key = |read: &Text| {
            let named = acting.keyed_by.as_ref();
            matches!(&**read, "key" | "ctx") || named == Some(read)
        };
        if resolve.reads.iter().any(is_key) {
            return None;
        }
        self.first_anew(step, &resolve.reads)
    }

    /// A value because of which the loop's list of items is not the same: the list reads it, and it is
    /// not retained. A saga that begins again makes the list of what is retained once more, which has
    /// another order if the value has none.
    pub(super) fn anew_in_list(&self, step: u16) -> Option<&str> {
        let items = self.step(step).items.as_ref()?;
        let begins = self.begin == Begin::Undone;
        let mut reads = items.reads.iter();
        let anew = reads.find(|read| {
            !self.is_same(step, read) || begins && self.saga.type_without_order(read).is_some()
        });
        anew.map(|read| &**read)
    }

    /// A value that decides whether the step runs, and that is not retained.
    pub(super) fn anew_in_conditions(&self, step: u16) -> Option<&str> {
        let declared = self.step(step);
        // The `when` of a loop also has what its list reads.
        let items = declared.items.as_ref();
        let each = items.and(declared.acting().when.as_ref());
        let own = [declared.own_when(), each];
        // The conditions of a `when` that has begun before the savepoint are not evaluated again.
        let block = declared.condition.filter(|block| match self.begin {
            Begin::Savepoint(from) => self.saga.steps_of_arms(*block).start > from,
            Begin::Undone => true,
        });
        // Those of the earlier arms decide, too.
        let arms = block.map_or(0..0, |block| self.saga.arms(block).start..block + 1);
        let arms = arms.filter_map(|arm| self.saga.conditions.get(usize::from(arm)));
        let arms = arms.map(|arm| &arm.reads);
        let mut conditions = own.into_iter().flatten().chain(arms);
        conditions.find_map(|reads| self.first_anew(step, reads))
    }

    fn first_anew<'r>(&self, step: u16, reads: &'r [Text]) -> Option<&'r str> {
        let anew = reads.iter().find(|read| !self.is_same(step, read));
        anew.map(|read| &**read)
    }

    /// Whether the effect of the step is retained, given those of all steps before it.
    fn retains(&self, step: u16) -> bool {
        if step < self.from() {
            return true;
        }
        let declared = self.step(step);
        let acting = declared.acting();
        let changes = declared.kind != Kind::Step || acting.fallback.is_some();
        let is_unit = declared.effect == "()" && declared.items.is_none();
        // A rerun skips it, unless it is kept.
        let is_skipped = declared.retired && self.rerun_of(step) != Some(Rerun::Once);
        if is_skipped || self.anew_in_conditions(step).is_some() || !is_unit && changes {
            return false;
        }
        let repeats = acting.idempotent && acting.child.is_none();
        match self.rerun_of(step) {
            // There is nothing about it that could change.
            _ if is_unit => true,
            Some(Rerun::Undeclared) => repeats && self.has_same_content(step),
            Some(Rerun::Once) => true,
            Some(Rerun::Again) | None => false,
        }
    }

    /// What the step, if it remains, says of this rerun. Another run of a child saga knows nothing of
    /// this one, so it keeps nothing of it.
    pub(super) fn rerun_of(&self, step: u16) -> Option<Rerun> {
        match &self.step(step).compensation {
            Compensation::None(Rerun::Once) if self.begin == Begin::Undone => {
                Some(Rerun::Undeclared)
            }
            Compensation::None(rerun) => Some(*rerun),
            _ => None,
        }
    }
}
