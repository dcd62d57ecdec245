//! A shape as plain data: what each word of it declares.

mod words;

use std::time::Duration;

use super::script::{Kind, unit};

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Before,
    Pivot,
    After,
}

/// One step. The numbers say how often; zero is never.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of a declaration"
)]
pub(crate) struct Step {
    /// Of an item the name of its loop with the index behind it.
    pub(crate) name: &'static str,
    /// The name in the declaration.
    pub(crate) declared: &'static str,
    pub(crate) read: bool,
    pub(crate) place: Place,
    pub(crate) classified: bool,
    /// Its unit: itself, or the block that it is part of.
    pub(crate) unit_start: usize,
    pub(crate) unit_end: usize,
    /// The steps of its `when` block.
    pub(crate) block: Option<(usize, usize)>,
    /// The steps of all arms of the `when`.
    pub(crate) arms: Option<(usize, usize)>,
    /// Its block is an `else`.
    pub(crate) otherwise: bool,
    names: &'static [&'static str],
    after: Option<&'static str>,
    /// The steps that its action reads.
    pub(crate) on: Vec<usize>,
    /// The steps that have to be done when it starts.
    pub(crate) awaits: Vec<usize>,
    /// The steps that it stands on.
    pub(crate) below: Vec<usize>,
    pub(crate) with_name: Option<&'static str>,
    /// The step that it is undone with.
    pub(crate) with: Option<usize>,
    pub(crate) timed: bool,
    pub(crate) again: u32,
    pub(crate) same: bool,
    pub(crate) late: bool,
    pub(crate) save: u32,
    turns_on_name: Option<&'static str>,
    /// The only step after whose failure the savepoint turns.
    pub(crate) turns_on: Option<usize>,
    pub(crate) maybe: bool,
    pub(crate) ask: u32,
    pub(crate) undo: u32,
    pub(crate) by_key: bool,
    pub(crate) keep: bool,
    /// What stays is ordered anew by a rerun.
    pub(crate) anew: bool,
    pub(crate) instead: bool,
    /// It is a signal.
    pub(crate) signal: bool,
    /// Of a lock: the number of its name.
    pub(crate) lock: u8,
    /// It waits for its signal or its lock so many units, or for ever.
    pub(crate) wait: u32,
    /// It sleeps so many units.
    pub(crate) nap: u32,
    /// The steps of the saga that it is.
    pub(crate) saga: Option<&'static [Step]>,
    /// How many items it has, if it is a loop, when nothing goes wrong.
    pub(crate) each: usize,
    /// How many of them are under way at a time.
    pub(crate) width: usize,
    /// Its `#[when]` is of the loop, not of its items.
    pub(crate) whole: bool,
    from_name: Option<&'static str>,
    /// The step that its list of items is made of.
    pub(crate) from: Option<usize>,
    /// All the items that it may have.
    pub(crate) items: Vec<Step>,
}

/// More items than this are too many.
pub(crate) const LIMIT: usize = 4;

impl Step {
    pub(crate) fn new(
        name: &'static str,
        kind: &str,
        names: &'static [&'static str],
        classified: bool,
    ) -> Self {
        Self {
            name,
            declared: name,
            read: matches!(kind, "read" | "sleep" | "signal" | "lock"),
            place: if kind == "pivot" {
                Place::Pivot
            } else {
                Place::Before
            },
            classified,
            unit_start: 0,
            unit_end: 0,
            block: None,
            arms: None,
            otherwise: false,
            names,
            after: None,
            on: Vec::new(),
            awaits: Vec::new(),
            below: Vec::new(),
            with_name: None,
            with: None,
            timed: false,
            again: 1,
            same: false,
            late: false,
            save: 0,
            turns_on_name: None,
            turns_on: None,
            maybe: false,
            ask: 0,
            undo: 0,
            by_key: false,
            keep: false,
            anew: false,
            instead: false,
            signal: kind == "signal",
            lock: 0,
            wait: 0,
            nap: 0,
            saga: None,
            each: 0,
            width: 1,
            whole: false,
            from_name: None,
            from: None,
            items: Vec::new(),
        }
    }

    /// A compensation waits until nothing of it can arrive any more.
    pub(crate) fn is_undone_late(&self) -> bool {
        self.late && (self.with.is_some() || self.undo > 0 && !self.by_key)
    }

    /// It has a state of its own: it is a loop or a saga.
    pub(crate) fn has_parts(&self) -> bool {
        self.saga.is_some() || self.each > 0
    }

    /// Whether others can read it.
    pub(crate) fn has_effect(&self) -> bool {
        self.nap == 0 && self.lock == 0
    }

    /// Whether it is one to those who read it: of a loop whose items are, it is a list of them.
    pub(crate) fn is_an_option(&self) -> bool {
        self.maybe && (self.each == 0 || self.whole)
    }

    /// What its waits are counted in.
    pub(crate) fn unit(&self) -> Duration {
        unit(self.declared)
    }

    /// The items of a loop, or the steps of a saga.
    fn parts(&self) -> &[Self] {
        match self.saga {
            Some(steps) if self.each == 0 => steps,
            _ => &self.items,
        }
    }

    /// What is called by a name of its own, in order: it, or what is in it.
    pub(crate) fn leaves(&self) -> Vec<&Step> {
        self.paths()
            .iter()
            .filter_map(|path| path.first().copied())
            .collect()
    }

    /// The same, each before the steps that it is in, from the inside.
    pub(crate) fn paths(&self) -> Vec<Vec<&Step>> {
        let parts = self.parts();
        if parts.is_empty() {
            return vec![vec![self]];
        }
        let mut paths: Vec<_> = parts.iter().flat_map(Self::paths).collect();
        paths.iter_mut().for_each(|path| path.push(self));
        paths
    }

    /// It and all that is in it.
    pub(crate) fn all(&self) -> Vec<&Step> {
        let parts = self.parts().iter().flat_map(Self::all);
        [self].into_iter().chain(parts).collect()
    }

    /// Which code of it may be called.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let is_called = |kind: &Kind| match kind {
            Kind::When => true,
            Kind::Nap => self.nap > 0,
            Kind::Keys => self.lock > 0,
            Kind::Items => self.each > 0,
            Kind::Inputs => self.saga.is_some() && self.each == 0,
            Kind::Action => self.has_effect() && !self.signal && !self.has_parts(),
            Kind::Resolve => self.ask > 0 && self.each == 0,
            Kind::Compensate => self.undo > 0 && self.each == 0,
            Kind::Fallback => self.instead && self.each == 0,
        };
        Kind::ALL.into_iter().filter(is_called).collect()
    }

    fn item(&self, index: usize) -> Self {
        let name = format!("{}{index}", self.name).leak();
        Self {
            name,
            save: 0,
            each: 0,
            maybe: self.maybe && !self.whole,
            saga: self.saga.map(|steps| &*all_inside(steps, name).leak()),
            ..self.clone()
        }
    }

    /// As a step of the saga of this item.
    fn inside(&self, item: &str) -> Self {
        let name = |name: &str| &*name_inside(item, name).leak();
        Self {
            name: name(self.name),
            with_name: self.with_name.map(name),
            saga: self.saga.map(|steps| &*all_inside(steps, item).leak()),
            items: all_inside(&self.items, item),
            ..self.clone()
        }
    }
}

/// A `when` block: which arm it is, and its first step.
type Block = (&'static str, &'static str);

/// A node: its `when` block, if it is in one, and its steps.
pub(crate) type Node = (Option<Block>, Vec<Step>);

/// The steps of all nodes in order, each knowing its place.
pub(crate) fn steps(nodes: Vec<Node>) -> &'static [Step] {
    let mut steps: Vec<Step> = Vec::new();
    let mut blocks: Vec<Option<Block>> = Vec::new();
    for (block, node) in nodes {
        let (unit_start, unit_end) = (steps.len(), steps.len() + node.len());
        for mut step in node {
            let find = |name: &&str| steps.iter().position(|known| known.name == *name);
            step.on = step
                .names
                .iter()
                .map(|name| find(name).expect("an earlier step"))
                .collect();
            let after = step.after.as_ref().and_then(find);
            step.from = step.from_name.as_ref().and_then(find);
            let reads = step.on.iter().copied().chain(step.from);
            step.awaits = reads.chain(after).collect();
            step.with = step.with_name.as_ref().and_then(find);
            step.below = match step.with {
                Some(other) => [other].into_iter().chain(after).collect(),
                None => step.awaits.clone(),
            };
            (step.unit_start, step.unit_end) = (unit_start, unit_end);
            if steps.iter().any(|known| known.place == Place::Pivot) {
                step.place = Place::After;
            }
            steps.push(step);
            blocks.push(block);
        }
    }
    for at in 0..steps.len() {
        let name = steps[at].turns_on_name;
        let on = name.and_then(|name| steps.iter().position(|known| known.name == name));
        steps[at].turns_on = on;
    }
    let arms = arms(&blocks);
    for ((step, block), arms) in steps.iter_mut().zip(&blocks).zip(arms) {
        step.arms = arms;
        step.otherwise = block.is_some_and(|(when, _)| when == "otherwise");
        let inside = |other: Option<Block>| block.is_some() && other == *block;
        let first = blocks.iter().position(|other| inside(*other));
        let len = blocks.iter().filter(|other| inside(**other)).count();
        step.block = first.map(|first| (first, first + len));
        if step.each > 0 {
            step.items = (0..=LIMIT).map(|index| step.item(index)).collect();
        }
    }
    steps.leak()
}

/// For each step in a `when`: the first step of its first arm, and what follows its last one.
fn arms(blocks: &[Option<Block>]) -> Vec<Option<(usize, usize)>> {
    let mut firsts: Vec<Option<usize>> = Vec::new();
    for (s, block) in blocks.iter().enumerate() {
        let before = s.checked_sub(1);
        let begins = before.is_none_or(|before| blocks[before] != *block);
        firsts.push(match block {
            None => None,
            Some(("when", _)) if begins => Some(s),
            Some(_) => before.and_then(|before| firsts[before]),
        });
    }
    let end = |first: usize| {
        let inside = firsts.iter().filter(|other| **other == Some(first));
        first + inside.count()
    };
    let whole = |first: &Option<usize>| first.map(|first| (first, end(first)));
    firsts.iter().map(whole).collect()
}

fn all_inside(steps: &[Step], item: &str) -> Vec<Step> {
    steps.iter().map(|step| step.inside(item)).collect()
}

/// What a step of the saga of an item is called, since each item has one.
pub(crate) fn name_inside(item: &str, name: &str) -> String {
    format!("{item}.{name}")
}
