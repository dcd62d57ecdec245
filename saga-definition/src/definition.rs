//! A saga and its steps.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::Arc,
    time::Duration,
};

use crate::{
    policy::{Limit, Retry, Savepoint, Timing},
    reference::Ref,
    text::{List, Text},
};

mod call_kind;
mod clause;
mod group;
mod hold;
mod kind;
mod part;
#[cfg(test)]
mod tests;

pub use call_kind::CallKind;
pub use clause::{Call, Compensation};
pub use group::{Arm, Condition, Group};
pub use hold::{Hold, Lock};
pub use kind::Kind;
#[doc(hidden)]
pub use part::{Key, Visit, VisitMut, With};
use part::{key, parts};

// Generated code and tests start from the constants and name only what differs: a saga of 64 steps
// would otherwise have 1000 fields for rustc to check. JSON has the fields in this order, and each of
// `Rare` after the field of the step that its key names.
parts! {
    /// A saga's declaration as data. `BookTrip::DEFINITION` of every saga is one.
    pub struct Definition;
    /// A saga without a name or steps; takes the place of a saga that does not compile.
    const EMPTY {
        /// The name in keys and records: the type's, or `#[name = "…"]`.
        name: Text = Text::Borrowed("") => key("name").always();
        /// Whether it is declared `durable`.
        durable: bool = false => key("durable");
        /// Whether it has `#[classify(…)]`; without it every `Err` is `Verdict::Transient`.
        classified: bool = false => key("classified");
        /// The inputs, in order.
        inputs: List<Field> = List::Borrowed(&[]) => key("inputs").always();
        /// The services, in order.
        services: List<Field> = List::Borrowed(&[]) => key("services").always().free();
        /// The output's type as written; `_` for the struct of all effects.
        output: Text = Text::Borrowed("") => key("output").always();
        /// The error's type as written.
        error: Text = Text::Borrowed("") => key("error").always();
        /// All steps in order of declaration. Other steps and the kernel refer to a step by its
        /// index here.
        steps: List<Step> = List::Borrowed(&[]) => key("steps").always();
        /// The blocks of its `when`s in order, one for each arm.
        conditions: List<Condition> = List::Borrowed(&[]) => key("conditions");
        /// The index of the pivot.
        pivot: Option<u16> = None => Key::OWN;
        /// The type of its events as written, if it has any.
        emits: Option<Text> = None => key("emits");
        /// Its `emit`s in order.
        events: List<Emit> = List::Borrowed(&[]) => key("events").free();
        /// How its events are delivered.
        publish: Option<Call> = None => key("publish").free();
        /// What runs once it has ended.
        finally: Option<Call> = None => key("finally").inessential();
        /// The time from its start within which it has passed its pivot or rolled back, by
        /// `#[within(…)]`.
        within: Option<Duration> = None => key("within_ms").inessential();
        /// The time from its start after which it rolls back, if it has not passed its pivot:
        /// `within`, less the time that the pivot may take to settle.
        deadline: Option<Duration> = None => key("deadline_ms").inessential();
        /// The source file of the declaration.
        file: Text = Text::Borrowed("") => key("file").always().inessential();
        /// The line of the declaration.
        line: u32 = 0 => key("line").always().inessential();
    }

    /// An input or a service.
    #[derive(Eq)]
    pub struct Field;
    /// A field without a name.
    const PLAIN {
        /// Its name.
        name: Text = Text::Borrowed("") => key("name").always();
        /// Its type as written.
        ty: Text = Text::Borrowed("") => key("type").always();
    }

    /// One step of a [`Definition`]. What few steps declare is in its [`rare`](Step::rare) part,
    /// and is read as if it were here: `step.when`.
    pub struct Step;
    /// A `step` without a name, attributes or clauses.
    const PLAIN {
        /// The name in keys and records: the identifier without a leading `_`, or `#[name = "…"]`.
        name: Text = Text::Borrowed("") => key("name").always();
        /// The kind of the step.
        kind: Kind = Kind::Step => key("kind").always();
        /// The effect's type as written; `()` without one.
        effect: Text = Text::Borrowed("()") => key("effect").always();
        /// The `concurrent` block that it belongs to.
        group: Option<Group> = None => key("block");
        /// The index of the `when` block that it belongs to.
        condition: Option<u16> = None => Key::OWN;
        /// The names that its action reads. Of a step that waits: the names that the expression of
        /// its wait, or of its keys, reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// How the step is undone.
        compensation: Compensation = Compensation::Absent => key("compensate");
        /// The clause that asks for an unknown outcome.
        resolve: Option<Ref<Call>> = None => key("resolve");
        /// The earlier steps that it depends on: those whose effects its action, `resolve` or
        /// `compensate` read, and `#[after(…)]`.
        stands_on: List<u16> = List::Borrowed(&[]) => key("stands_on");
        /// The time limit of one attempt, its own or the saga's. Of a signal, a sleep or a lock,
        /// the length of the wait; `None` means forever.
        timeout: Option<Timing> = None => key("timeout_ms").free();
        /// How often it is attempted, as declared by the step or the saga.
        retry: Option<Retry> = None => key("retry").free();
        /// Whether another attempt under the same key takes effect only once, and returns the
        /// original result.
        idempotent: bool = false => key("idempotent");
        /// The time for which an attempt's request may still arrive after the attempt has ended.
        late: Option<Timing> = None => key("late_ms");
        /// Whether its compensation, or that of the step it is undone with, also waits for `late`,
        /// because `#[late]` is on the step itself.
        late_undo: bool = false => key("late_undo").free();
        /// Whether it is `#[retired]`: it is skipped like a step whose `when` is false.
        retired: bool = false => key("retired");
        /// Whether the saga had started it when it was retired. Only in a definition that was
        /// derived for such a saga.
        started: bool = false => key("started");
        /// Whether it is `#[introduced]`: it runs like a step whose `when` is true.
        introduced: bool = false => key("introduced");
        /// Whether the saga goes on without it, because the saga had passed its place when the step
        /// was introduced. Only in a definition that was derived for such a saga.
        absent: bool = false => key("absent");
        /// The line of its declaration.
        line: u32 = 0 => key("line").always().inessential();
        /// What few steps declare. Its fields are among those of the step, in JSON, too.
        rare: Ref<Rare> = Ref::Static(&Rare::PLAIN) => Key::OWN;
    }

    /// What few steps declare: a [`Step`] refers to it, since it is as large as the rest of the step.
    pub struct Rare;
    /// None of it.
    const PLAIN {
        /// The identifier by which code reads the step's effect, if that is not its name.
        ident: Option<Text> = None => key("ident").inessential().after("name");
        /// The names that its `when` reads. Of a loop, also those that its items are made from,
        /// since they determine, too, whether and how often it happens.
        when: Option<List<Text>> = None => key("when").after("reads");
        /// The clause that provides its effect if the step fails.
        fallback: Option<Ref<Call>> = None => key("fallback").after("resolve");
        /// The siblings that must have committed before it starts; all of them before it.
        awaits: List<u16> = List::Borrowed(&[]) => key("awaits").after("stands_on");
        /// The key of its action in place of `key`, by `#[idempotent(by = …)]`: the name of an
        /// input or an effect that the action reads.
        keyed_by: Option<Text> = None => key("keyed_by").after("idempotent");
        /// Whether the saga may compensate back to this step and then run forward again, and how
        /// often.
        savepoint: Option<Savepoint> = None => key("savepoint").after("late_undo");
        /// The child saga, if the step is one.
        child: Option<Child> = None => key("child").after("late_undo");
        /// The name that its keys belong to, if it is a lock.
        lock: Option<Lock> = None => key("lock").after("late_undo");
        /// The items, if it is a loop. The loop itself is then one step, which is attempted once;
        /// its state follows from the outcomes of its items.
        items: Option<Items> = None => key("for").after("late_undo");
        /// For how long its effect lasts without the rest of the saga, by `#[holds(…)]`.
        holds: Option<Hold> = None => key("holds").inessential().after("late_undo");
    }

    /// A child saga: `= saga Child { … } with (…)`.
    pub struct Child;
    /// A child saga of which nothing is known.
    const PLAIN {
        /// Its declaration.
        definition: DefinitionRef = DefinitionRef::Static(&Definition::EMPTY) => key("saga").always();
        /// The services of the parent that are passed to the child, in the child's order.
        services: List<Text> = List::Borrowed(&[]) => key("with").free();
    }

    /// `for item: Type in (reads => …)` before a step.
    pub struct Items;
    /// A loop that does nothing.
    const PLAIN {
        /// The name of an item in the step.
        item: Text = Text::Borrowed("") => key("item").always();
        /// The type of an item as written.
        ty: Text = Text::Borrowed("") => key("type").always();
        /// The names that the expression of the items reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The names that the `when` of the loop as a whole reads.
        when: Option<List<Text>> = None => key("when");
        /// The maximum number of items that run at the same time.
        concurrent: u32 = 1 => key("concurrent").free();
        /// The declaration of what is done with each item: a saga with two steps, of which the
        /// second is the step of the item. The first is over before an item begins, and is a pivot
        /// if the loop is after the pivot.
        each: DefinitionRef = DefinitionRef::Static(&Definition::EMPTY) => Key::OWN;
    }

    /// `emit (reads => …);`, or `emit failed (…);`.
    pub struct Emit;
    /// An `emit` at the start of a saga that reads nothing.
    const PLAIN {
        /// The number of steps before it.
        place: u16 = 0 => Key::OWN;
        /// Whether its events are those of a saga that was compensated, not of one that has
        /// completed.
        failed: bool = false => key("failed");
        /// The index of the `when` block that it belongs to.
        condition: Option<u16> = None => Key::OWN;
        /// The names that the expression of its events reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The line of its declaration.
        line: u32 = 0 => key("line").always().inessential();
    }
}

impl Items {
    /// The index in [`each`](Self::each) of the step that has the code.
    pub const STEP: u16 = 1;
    /// The index of the step before it, which represents everything before the loop. For an item,
    /// it is also the step that undoes the loop by `compensate with`.
    pub const BEFORE: u16 = 0;

    /// Creates the [`each`](Self::each) of a step; `behind`: the loop is after the pivot.
    #[must_use]
    pub fn each_of(step: Step, durable: bool, classified: bool, behind: bool) -> Definition {
        let before = Step {
            name: step.name.clone(),
            kind: if behind { Kind::Pivot } else { Kind::Read },
            ..Step::PLAIN
        };
        let mut each = Definition {
            durable,
            classified,
            steps: [before, step].into_iter().collect(),
            ..Definition::EMPTY
        };
        each.arrange();
        each
    }
}

impl Definition {
    /// The deadline of a run: that of the saga, or the one that the caller `asked` for if that is
    /// earlier.
    #[must_use]
    pub fn deadline_of_run(&self, asked: Option<Duration>) -> Option<Duration> {
        asked.into_iter().chain(self.deadline).min()
    }

    /// Whether one of its steps is a lock.
    #[must_use]
    pub fn takes_locks(&self) -> bool {
        self.steps.iter().any(|step| step.lock.is_some())
    }

    /// Whether this is the declaration of a loop's item, and not a saga of its own.
    #[must_use]
    pub fn is_of_item(&self) -> bool {
        self.name.is_empty()
    }
}

impl Step {
    /// A `step` without less common declarations: rustc checks the call of a function in half the
    /// time that it takes for the fields of a struct.
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

    /// The child saga of the step, or of the items of the loop.
    #[must_use]
    pub fn saga(&self) -> Option<&Child> {
        let own = self.child.as_ref();
        own.or_else(|| self.acting().child.as_ref())
    }

    /// Whether this step stands for something with a state and policies of its own: a child saga,
    /// or the items of a loop.
    #[must_use]
    pub const fn is_nested(&self) -> bool {
        let rare = self.rare.get();
        rare.child.is_some() || rare.items.is_some()
    }

    /// Whether a saga that had passed the place of the step before it was declared may go on
    /// without it.
    #[must_use]
    pub const fn may_be_absent(&self) -> bool {
        (self.introduced || self.retired) && self.group.is_none() && self.condition.is_none()
    }

    /// How often its action, `resolve` and compensation are tried, and how often its savepoint lets
    /// the saga go forward again: the counts that decide which records a journal may have.
    #[must_use]
    pub fn limits(&self) -> [Option<Limit>; 4] {
        let of = |retry: &Option<Retry>| retry.as_ref().map(|retry| retry.limit);
        let of_call = |call: Option<&Call>| call.and_then(|call| of(&call.retry));
        let compensation = self.compensation.declared().map(|(_, call)| call);
        [
            of(&self.retry),
            of_call(self.resolve.as_deref()),
            of_call(compensation),
            self.savepoint.as_ref().map(|savepoint| savepoint.limit),
        ]
    }
}

impl Deref for Step {
    type Target = Rare;

    #[inline]
    fn deref(&self) -> &Rare {
        &self.rare
    }
}

impl DerefMut for Step {
    fn deref_mut(&mut self) -> &mut Rare {
        &mut self.rare
    }
}

/// A definition that the program declares, or a shared one of run time: cloning copies neither.
#[derive(Clone)]
pub enum DefinitionRef {
    /// One that lives as long as the program, like `BookTrip::DEFINITION`.
    Static(&'static Definition),
    /// One that lives as long as there is a reference to it.
    Shared(Arc<Definition>),
}

impl DefinitionRef {
    /// The steps that the saga goes on without. A declaration in a program has none.
    pub fn absent(&self) -> impl Iterator<Item = u16> + '_ {
        let steps = match self {
            Self::Static(_) => &[][..],
            Self::Shared(definition) => &*definition.steps,
        };
        let places = (0..).zip(steps).filter(|(_, step)| step.absent);
        places.map(|(place, _)| place)
    }
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

impl PartialEq for DefinitionRef {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
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
