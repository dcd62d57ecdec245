//! A saga and its steps.

use std::{fmt, ops::Deref, sync::Arc};

use crate::{
    policy::{Retry, Timing},
    text::{List, Text},
};

mod clause;
mod kind;

pub use clause::{Call, Compensation};
pub use kind::Kind;

/// A saga's declaration as data. `BookTrip::DEFINITION` of every saga is one.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The name in keys and records: the type's, or `#[name = "…"]`.
    pub name: Text,
    /// Whether it is declared `durable`.
    pub durable: bool,
    /// Whether it says `#[classify(…)]`; without it every `Err` is `Verdict::Transient`.
    pub classified: bool,
    /// The inputs, in order.
    pub inputs: List<Field>,
    /// The services, in order.
    pub services: List<Field>,
    /// The output's type as written; `_` for the struct of all effects.
    pub output: Text,
    /// The error's type as written.
    pub error: Text,
    /// All steps in order of declaration. A step's index here is what other steps and the kernel
    /// refer to it by.
    pub steps: List<Step>,
    /// Its `when` blocks in order.
    pub conditions: List<Condition>,
    /// The index of the pivot.
    pub pivot: Option<u16>,
    /// The type of its events as written, if it has any.
    pub emits: Option<Text>,
    /// Its `emit`s in order.
    pub events: List<Emit>,
    /// How its events are handed over.
    pub publish: Option<Call>,
    /// The source file of the declaration.
    pub file: Text,
    /// Its line.
    pub line: u32,
}

/// An input or a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Text,
    /// Its type as written.
    pub ty: Text,
}

/// One step of a [`Definition`].
#[derive(Clone, Debug)]
pub struct Step {
    /// The name in keys and records: the identifier, or `#[name = "…"]`.
    pub name: Text,
    /// What it promises.
    pub kind: Kind,
    /// The effect's type as written; `()` without one.
    pub effect: Text,
    /// The `concurrent` block that it belongs to.
    pub group: Option<Group>,
    /// The index of the `when` block that it belongs to.
    pub condition: Option<u16>,
    /// The names that its action reads; of what waits: that the end of its wait is made of.
    pub reads: List<Text>,
    /// The names that its `when` reads. A loop has some: what its items are made of, too, says
    /// whether and how often it happens.
    pub when: Option<List<Text>>,
    /// How it is undone.
    pub compensation: Compensation,
    /// How an unknown outcome is asked for.
    pub resolve: Option<Call>,
    /// What takes its place if it fails.
    pub fallback: Option<Call>,
    /// The earlier steps that it depends on: those whose effects its action, `resolve` or
    /// `compensate` read, and `#[after(…)]`.
    pub stands_on: List<u16>,
    /// The siblings that must have committed before it starts; all of them before it.
    pub awaits: List<u16>,
    /// The limit of one attempt, its own or the saga's; how long a signal or a sleep waits, where
    /// `None` is for ever.
    pub timeout: Option<Timing>,
    /// How often it is attempted, by its own declaration or the saga's.
    pub retry: Option<Retry>,
    /// Whether another attempt under the same key has the effect once and returns the original
    /// result.
    pub idempotent: bool,
    /// What serves as the key of its action in place of `key`, by `#[idempotent(by = …)]`: the name
    /// of an input or an effect that the action reads.
    pub keyed_by: Option<Text>,
    /// How long after an attempt its operation may still arrive.
    pub late: Option<Timing>,
    /// That the saga may compensate back to this step and then run forward again.
    pub savepoint: Option<Retry>,
    /// Whether it says `#[abort(…)]`.
    pub abort: bool,
    /// The saga that it is, if it is one.
    pub child: Option<Child>,
    /// What it is done for each of, if it is a loop. The loop itself is then one step, which is
    /// tried once and settled by what became of its items.
    pub items: Option<Items>,
    /// The line of its declaration.
    pub line: u32,
}

/// A saga as a step of another: `= saga Child { … } with (…)`.
#[derive(Clone, Debug)]
pub struct Child {
    /// Its declaration.
    pub definition: DefinitionRef,
    /// The services of the parent that it is given, in its order.
    pub services: List<Text>,
}

/// `for item: Type in (reads => …)` before a step.
#[derive(Clone, Debug)]
pub struct Items {
    /// What the step calls an item.
    pub item: Text,
    /// Its type as written.
    pub ty: Text,
    /// The names that the items are made of.
    pub reads: List<Text>,
    /// The names that the `when` of the loop as a whole reads.
    pub when: Option<List<Text>>,
    /// How many items at a time.
    pub concurrent: u32,
    /// What is done with each of them, as a saga of which it is the second step; the first one is
    /// over before an item begins, and is the pivot where the loop stands behind one.
    pub each: DefinitionRef,
}

impl Items {
    /// The step of [`each`](Self::each) that has the code.
    pub const STEP: u16 = 1;
    /// The one before it, which stands for all that is before the loop. What the whole loop is undone
    /// with is there to an item.
    pub const BEFORE: u16 = 0;

    /// [`each`](Self::each) of a step; `behind`: of a loop behind the pivot.
    #[must_use]
    pub fn each_of(step: Step, durable: bool, classified: bool, behind: bool) -> Definition {
        let before = Step {
            name: step.name.clone(),
            kind: if behind { Kind::Pivot } else { Kind::Read },
            ..Step::PLAIN
        };
        Definition {
            durable,
            classified,
            steps: [before, step].into_iter().collect(),
            pivot: behind.then_some(0),
            ..Definition::EMPTY
        }
    }
}

impl Definition {
    /// Whether it is what is done with one item of a loop, and no saga.
    #[must_use]
    pub fn is_of_item(&self) -> bool {
        self.name.is_empty()
    }
}

/// A `concurrent` block: `len` steps from index `first` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The index of its first step.
    pub first: u16,
    /// How many steps it has.
    pub len: u16,
}

/// A `when` block: `len` steps from index `first` on, which one decision governs.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The index of its first step.
    pub first: u16,
    /// How many steps it has, those of its `concurrent` blocks included.
    pub len: u16,
    /// The names that its condition reads.
    pub reads: List<Text>,
    /// The line of its declaration.
    pub line: u32,
}

/// `emit (reads => …);`, or `emit failed (…);`.
#[derive(Clone, Debug)]
pub struct Emit {
    /// How many steps stand before it.
    pub place: u16,
    /// Whether it is of a saga that was compensated, and not of one that has completed.
    pub failed: bool,
    /// The index of the `when` block that it belongs to.
    pub condition: Option<u16>,
    /// The names that its events are made of.
    pub reads: List<Text>,
    /// The line of its declaration.
    pub line: u32,
}

/// Generated code and tests start from these and say only what differs: a saga of 64 steps would
/// say 1000 fields otherwise, each for rustc to check and evaluate.
impl Definition {
    /// A saga without a name or steps; what stands for one that does not compile.
    pub const EMPTY: Self = Self {
        name: Text::Borrowed(""),
        durable: false,
        classified: false,
        inputs: List::Borrowed(&[]),
        services: List::Borrowed(&[]),
        output: Text::Borrowed(""),
        error: Text::Borrowed(""),
        steps: List::Borrowed(&[]),
        conditions: List::Borrowed(&[]),
        pivot: None,
        emits: None,
        events: List::Borrowed(&[]),
        publish: None,
        file: Text::Borrowed(""),
        line: 0,
    };
}

impl Step {
    /// A `step` without a name, attributes or clauses.
    pub const PLAIN: Self = Self {
        name: Text::Borrowed(""),
        kind: Kind::Step,
        effect: Text::Borrowed("()"),
        group: None,
        condition: None,
        reads: List::Borrowed(&[]),
        when: None,
        compensation: Compensation::Absent,
        resolve: None,
        fallback: None,
        stands_on: List::Borrowed(&[]),
        awaits: List::Borrowed(&[]),
        timeout: None,
        retry: None,
        idempotent: false,
        keyed_by: None,
        late: None,
        savepoint: None,
        abort: false,
        child: None,
        items: None,
        line: 0,
    };

    /// A `step` that says no more than most: rustc checks the call of a function in half the time
    /// that the fields of a struct take.
    #[must_use]
    pub const fn simple(
        name: &'static str,
        line: u32,
        effect: &'static str,
        reads: &'static [Text],
        compensation: Compensation,
        stands_on: &'static [u16],
    ) -> Self {
        Self {
            name: Text::Borrowed(name),
            effect: Text::Borrowed(effect),
            reads: List::Borrowed(reads),
            compensation,
            stands_on: List::Borrowed(stands_on),
            line,
            ..Self::PLAIN
        }
    }

    /// The saga that it is; of a loop: that is done with each item.
    #[must_use]
    pub fn saga(&self) -> Option<&Child> {
        let each = self.items.as_ref();
        let each = each.and_then(|items| items.each.steps.get(usize::from(Items::STEP)));
        self.child.as_ref().or_else(|| each?.child.as_ref())
    }

    /// Whether something else has a state and policies of its own, of which this step is the whole:
    /// a saga, or the items of a loop.
    #[must_use]
    pub const fn is_nested(&self) -> bool {
        self.child.is_some() || self.items.is_some()
    }

    /// How often its action, `resolve` and compensation are tried, and how often its savepoint
    /// turns the saga forward: the counts that decide what a journal may say.
    #[must_use]
    pub fn retries<'a>(&'a self) -> [Option<&'a Retry>; 4] {
        let Self {
            retry,
            resolve,
            compensation,
            savepoint,
            // Never tried again.
            fallback: _,
            name: _,
            kind: _,
            effect: _,
            group: _,
            condition: _,
            reads: _,
            when: _,
            stands_on: _,
            awaits: _,
            timeout: _,
            idempotent: _,
            keyed_by: _,
            late: _,
            abort: _,
            // Its own.
            child: _,
            // Of a loop itself nothing is tried again; its items are steps of their own.
            items: _,
            line: _,
        } = self;
        let of_call = |call: Option<&'a Call>| call.and_then(|call| call.retry.as_ref());
        let compensation = compensation.declared().map(|(_, call)| call);
        [
            retry.as_ref(),
            of_call(resolve.as_ref()),
            of_call(compensation),
            savepoint.as_ref(),
        ]
    }
}

/// A definition that the program declares, or one that was read or derived at run time and is
/// shared. Cloning it copies no definition.
#[derive(Clone)]
pub enum DefinitionRef {
    /// `BookTrip::DEFINITION`, or another one that lives as long as the program.
    Static(&'static Definition),
    /// One that lives as long as somebody holds it.
    Shared(Arc<Definition>),
}

impl Deref for DefinitionRef {
    type Target = Definition;

    #[inline]
    fn deref(&self) -> &Definition {
        match self {
            Self::Static(definition) => definition,
            Self::Shared(definition) => definition,
        }
    }
}

impl fmt::Debug for DefinitionRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl From<&'static Definition> for DefinitionRef {
    fn from(definition: &'static Definition) -> Self {
        Self::Static(definition)
    }
}

impl From<Definition> for DefinitionRef {
    fn from(definition: Definition) -> Self {
        Self::Shared(Arc::new(definition))
    }
}
