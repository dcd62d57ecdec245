//! A saga and its steps.

use std::{fmt, ops::Deref, sync::Arc, time::Duration};

use crate::{
    policy::{Retry, Timing},
    text::{List, Text},
};

mod call_kind;
mod clause;
mod kind;
mod part;

pub use call_kind::CallKind;
pub use clause::{Call, Compensation};
pub use kind::Kind;
#[doc(hidden)]
pub use part::{Key, Visit, VisitMut};
use part::{key, parts};

// Generated code and tests start from the plain constants and say only what differs: a saga of 64
// steps would say 1000 fields otherwise, each for rustc to check and evaluate. JSON has the fields in
// this order.
parts! {
    /// A saga's declaration as data. `BookTrip::DEFINITION` of every saga is one.
    pub struct Definition;
    /// A saga without a name or steps; what stands for one that does not compile.
    const EMPTY {
        /// The name in keys and records: the type's, or `#[name = "…"]`.
        name: Text = Text::Borrowed("") => key("name").always();
        /// Whether it is declared `durable`.
        durable: bool = false => key("durable");
        /// Whether it says `#[classify(…)]`; without it every `Err` is `Verdict::Transient`.
        classified: bool = false => key("classified");
        /// The inputs, in order.
        inputs: List<Field> = List::Borrowed(&[]) => key("inputs").always();
        /// The services, in order.
        services: List<Field> = List::Borrowed(&[]) => key("services").always().free();
        /// The output's type as written; `_` for the struct of all effects.
        output: Text = Text::Borrowed("") => key("output").always();
        /// The error's type as written.
        error: Text = Text::Borrowed("") => key("error").always();
        /// All steps in order of declaration. A step's index here is what other steps and the kernel
        /// refer to it by.
        steps: List<Step> = List::Borrowed(&[]) => key("steps").always();
        /// Its `when` blocks in order.
        conditions: List<Condition> = List::Borrowed(&[]) => key("conditions");
        /// The index of the pivot.
        pivot: Option<u16> = None => Key::OWN;
        /// The type of its events as written, if it has any.
        emits: Option<Text> = None => key("emits").free();
        /// Its `emit`s in order.
        events: List<Emit> = List::Borrowed(&[]) => key("events").free();
        /// How its events are delivered.
        publish: Option<Call> = None => key("publish").free();
        /// How long after its start it has passed its pivot, or rolled back, by `#[within(…)]`.
        within: Option<Duration> = None => key("within_ms").inessential();
        /// How long after its start it rolls back, if it has not passed its pivot: what `within` leaves
        /// once the pivot has the time to settle.
        deadline: Option<Duration> = None => key("deadline_ms").inessential();
        /// The source file of the declaration.
        file: Text = Text::Borrowed("") => key("file").always().inessential();
        /// Its line.
        line: u32 = 0 => key("line").always().inessential();
    }

    /// An input or a service.
    #[derive(Eq)]
    pub struct Field;
    /// One without a name.
    const PLAIN {
        /// Its name.
        name: Text = Text::Borrowed("") => key("name").always();
        /// Its type as written.
        ty: Text = Text::Borrowed("") => key("type").always();
    }

    /// One step of a [`Definition`].
    pub struct Step;
    /// A `step` without a name, attributes or clauses.
    const PLAIN {
        /// The name in keys and records: the identifier, or `#[name = "…"]`.
        name: Text = Text::Borrowed("") => key("name").always();
        /// What it promises.
        kind: Kind = Kind::Step => key("kind").always();
        /// The effect's type as written; `()` without one.
        effect: Text = Text::Borrowed("()") => key("effect").always();
        /// The `concurrent` block that it belongs to.
        group: Option<Group> = None => key("block");
        /// The index of the `when` block that it belongs to.
        condition: Option<u16> = None => Key::OWN;
        /// The names that its action reads; of what waits: that the end of its wait is made of, or its
        /// keys.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The names that its `when` reads. A loop has some: what its items are made of, too, says
        /// whether and how often it happens.
        when: Option<List<Text>> = None => key("when");
        /// How it is undone.
        compensation: Compensation = Compensation::Absent => key("compensate");
        /// How an unknown outcome is asked for.
        resolve: Option<Call> = None => key("resolve");
        /// What provides its effect if it fails.
        fallback: Option<Call> = None => key("fallback");
        /// The earlier steps that it depends on: those whose effects its action, `resolve` or
        /// `compensate` read, and `#[after(…)]`.
        stands_on: List<u16> = List::Borrowed(&[]) => key("stands_on");
        /// The siblings that must have committed before it starts; all of them before it.
        awaits: List<u16> = List::Borrowed(&[]) => key("awaits");
        /// The limit of one attempt, its own or the saga's; or how long a signal, a sleep or a lock
        /// waits: `None` means forever.
        timeout: Option<Timing> = None => key("timeout_ms").free();
        /// How often it is attempted, by its own declaration or the saga's.
        retry: Option<Retry> = None => key("retry").free();
        /// Whether another attempt under the same key has the effect once and returns the original
        /// result.
        idempotent: bool = false => key("idempotent");
        /// What serves as the key of its action in place of `key`, by `#[idempotent(by = …)]`: the name
        /// of an input or an effect that the action reads.
        keyed_by: Option<Text> = None => key("keyed_by");
        /// How long after an attempt its operation may still arrive.
        late: Option<Timing> = None => key("late_ms");
        /// That the saga may compensate back to this step and then run forward again.
        savepoint: Option<Retry> = None => key("savepoint");
        /// Whether it says `#[abort(…)]`.
        abort: bool = false => key("abort").free();
        /// The child saga, if the step is one.
        child: Option<Child> = None => key("child");
        /// What its keys belong to, if it is a lock.
        lock: Option<Lock> = None => key("lock");
        /// The items, if it is a loop. The loop itself is then one step, which is attempted once;
        /// what became of its items determines its state.
        items: Option<Items> = None => key("for");
        /// How long its effect lasts without the rest of the saga, by `#[holds(…)]`.
        holds: Option<Hold> = None => key("holds").inessential();
        /// The steps without which it never stands, by `#[never_without(…)]`.
        never_without: List<u16> = List::Borrowed(&[]) => key("never_without").inessential();
        /// Whether it is `#[retired]`: its `when` says no.
        retired: bool = false => key("retired");
        /// Whether the saga had started it when it was retired; only of a definition by which such a saga
        /// continues.
        started: bool = false => key("started");
        /// Whether it is `#[introduced]`: its `when` says yes.
        introduced: bool = false => key("introduced");
        /// Whether the saga goes on without it, since it had passed the place when the step was introduced; only
        /// of a definition by which such a saga continues.
        absent: bool = false => key("absent");
        /// The line of its declaration.
        line: u32 = 0 => key("line").always().inessential();
    }

    /// `#[holds(d, until = step)]`.
    #[derive(Eq)]
    pub struct Hold;
    /// One that lasts no time.
    const PLAIN {
        /// How long the effect lasts, from the start of the attempt that applied the step.
        lasts: Duration = Duration::ZERO => key("lasts_ms").always();
        /// The index of the later step that is applied by then.
        until: u16 = 0 => Key::OWN;
    }

    /// What the keys of a lock belong to.
    #[derive(Eq)]
    pub struct Lock;
    /// One of which nothing is known, as while a program is compiled.
    const PLAIN {
        /// The `NAME` of its type.
        name: Text = Text::Borrowed("") => key("name").always();
    }

    /// A saga as a step of another: `= saga Child { … } with (…)`.
    pub struct Child;
    /// A saga of which nothing is known.
    const PLAIN {
        /// Its declaration.
        definition: DefinitionRef = DefinitionRef::Static(&Definition::EMPTY) => key("saga").always();
        /// The services of the parent that it is given, in its order.
        services: List<Text> = List::Borrowed(&[]) => key("with").free();
    }

    /// `for item: Type in (reads => …)` before a step.
    pub struct Items;
    /// A loop that does nothing.
    const PLAIN {
        /// What the step calls an item.
        item: Text = Text::Borrowed("") => key("item").always();
        /// Its type as written.
        ty: Text = Text::Borrowed("") => key("type").always();
        /// The names that the items are made of.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The names that the `when` of the loop as a whole reads.
        when: Option<List<Text>> = None => key("when");
        /// How many items at a time.
        concurrent: u32 = 1 => key("concurrent").free();
        /// What is done with each of them, as a saga of which it is the second step; the first one is
        /// over before an item begins, and is the pivot where the loop stands behind one.
        each: DefinitionRef = DefinitionRef::Static(&Definition::EMPTY) => Key::OWN;
    }

    /// A `when` block: `len` steps from index `first` on, which one decision governs.
    pub struct Condition;
    /// A block without steps.
    const PLAIN {
        /// The index of its first step.
        first: u16 = 0 => Key::OWN;
        /// How many steps it has, those of its `concurrent` blocks included.
        len: u16 = 0 => Key::OWN;
        /// The names that its condition reads.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The line of its declaration.
        line: u32 = 0 => key("line").always().inessential();
    }

    /// `emit (reads => …);`, or `emit failed (…);`.
    pub struct Emit;
    /// At the start of a saga, of nothing.
    const PLAIN {
        /// How many steps stand before it.
        place: u16 = 0 => Key::OWN;
        /// Whether it is of a saga that was compensated, and not of one that has completed.
        failed: bool = false => key("failed");
        /// The index of the `when` block that it belongs to.
        condition: Option<u16> = None => Key::OWN;
        /// The names that its events are made of.
        reads: List<Text> = List::Borrowed(&[]) => key("reads").free();
        /// The line of its declaration.
        line: u32 = 0 => key("line").always().inessential();
    }
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
    /// The deadline of a run: its own, or the one that its caller `asked` for if that is earlier.
    #[must_use]
    pub fn deadline_of_run(&self, asked: Option<Duration>) -> Option<Duration> {
        asked.into_iter().chain(self.deadline).min()
    }

    /// Whether one of its steps is a lock.
    #[must_use]
    pub fn takes_locks(&self) -> bool {
        self.steps.iter().any(|step| step.lock.is_some())
    }

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

impl Step {
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

    /// Whether a saga may go on without it that had passed its place before the step was declared.
    #[must_use]
    pub const fn may_be_absent(&self) -> bool {
        (self.introduced || self.retired) && self.group.is_none() && self.condition.is_none()
    }

    /// How often its action, `resolve` and compensation are tried, and how often its savepoint
    /// turns the saga forward: the counts that decide what a journal may say.
    #[must_use]
    pub fn retries<'a>(&'a self) -> [Option<&'a Retry>; 4] {
        let of_call = |call: Option<&'a Call>| call.and_then(|call| call.retry.as_ref());
        let compensation = self.compensation.declared().map(|(_, call)| call);
        [
            self.retry.as_ref(),
            of_call(self.resolve.as_ref()),
            of_call(compensation),
            self.savepoint.as_ref(),
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

impl DefinitionRef {
    /// The steps that the saga goes on without. A program declares none.
    pub fn absent(&self) -> impl Iterator<Item = u16> + '_ {
        let derived = match self {
            Self::Static(_) => &[][..],
            Self::Shared(definition) => &*definition.steps,
        };
        let steps = (0..).zip(derived);
        steps.filter_map(|(place, step)| step.absent.then_some(place))
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
