//! A run's position inside its parent saga. Passed along as data rather than wrapped around the
//! journal's type, so that nesting a saga does not monomorphise it again.

use crate::{
    definition::Definition,
    kernel::PartFailed,
    report::{item_keys::ItemKeys, way::Way, why::Why},
    values::id::{Id, LazyId, Level},
};
use std::{
    borrow::Cow,
    fmt::{self, Write as _},
};

/// The position of a run that is part of another: a child saga, or one item of a loop. A chain of
/// references up to the root, which has no place.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    above: Option<&'a Place<'a>>,
    part: PartKind,
    /// The declaration of the run.
    definition: &'static Definition,
    /// The name of the root.
    saga: &'static str,
    /// The id of the root.
    id: &'a LazyId,
    /// The link to the run above.
    way: Option<&'a Way>,
    /// The keys of the loop's items, if the run is an item that may have keys.
    keys: Option<&'a ItemKeys>,
}

#[derive(Clone, Copy, Debug)]
enum PartKind {
    /// A child saga: the step of the run above, by its name in keys, and the round of that step.
    Child { step: &'static str, round: u32 },
    /// An item of a loop, which is a step of the run above.
    Item(u32),
}

/// What a run that is part of another gets from the run above it.
#[derive(Clone, Copy)]
pub(crate) struct Above<'a> {
    pub(crate) place: Option<&'a Place<'a>>,
    /// The name of the run above.
    pub(crate) saga: &'static str,
    pub(crate) id: &'a LazyId,
    pub(crate) way: Option<&'a Way>,
}

impl<'a> Place<'a> {
    /// The place of a child saga.
    pub(crate) fn child(
        above: Above<'a>,
        (step, round): (&'static str, u32),
        definition: &'static Definition,
    ) -> Self {
        Self::new(above, PartKind::Child { step, round }, definition)
    }

    /// The place of an item; `definition` is what the loop declares for each item.
    pub(crate) fn item(above: Above<'a>, index: u32, definition: &'static Definition) -> Self {
        Self::new(above, PartKind::Item(index), definition)
    }

    fn new(above: Above<'a>, part: PartKind, definition: &'static Definition) -> Self {
        let root = above.place.map(|place| (place.saga, place.id));
        let (saga, id) = root.unwrap_or((above.saga, above.id));
        Self {
            above: above.place,
            part,
            definition,
            saga,
            id,
            way: above.way,
            keys: None,
        }
    }

    /// The same place, with the keys of the loop's items.
    pub(crate) fn with_keys(self, keys: Option<&'a ItemKeys>) -> Self {
        Self { keys, ..self }
    }

    /// The keys of the loop's items, if the run is an item that may have keys.
    pub(crate) fn keys(&self) -> Option<&'a ItemKeys> {
        self.keys
    }

    /// The place of the run above.
    pub(crate) fn above(&self) -> Option<&'a Place<'a>> {
        self.above
    }

    /// The step whose child saga the run is, if it is one.
    pub(crate) fn step(&self) -> Option<&'static str> {
        match self.part {
            PartKind::Child { step, .. } => Some(step),
            PartKind::Item(_) => None,
        }
    }

    /// The index of the item, if the run is one.
    #[must_use]
    pub fn index(&self) -> Option<u32> {
        match self.part {
            PartKind::Item(index) => Some(index),
            PartKind::Child { .. } => None,
        }
    }

    /// The link to the run above.
    pub(crate) fn way(&self) -> Option<&'a Way> {
        self.way
    }

    /// Reports to the run above that this run has failed for good.
    pub(crate) fn fail(&self, part: PartFailed, why: impl FnOnce() -> Option<Why>) {
        if let Some(way) = self.way {
            way.fail(part, why);
        }
    }

    /// The declaration of the run.
    #[must_use]
    pub fn definition(&self) -> &'static Definition {
        self.definition
    }

    /// The path of the run: `wrapped`, `packed[3]/label`.
    #[must_use]
    pub fn path(&self) -> String {
        match self.part {
            PartKind::Child { step, .. } => path(self.above, step).into_owned(),
            PartKind::Item(index) => {
                let step = self.definition.steps.first().map_or("", |step| &step.name);
                format!("{}[{index}]", path(self.above, step))
            }
        }
    }

    /// The id of the saga at this place: the root's name and id, followed by the path with all
    /// rounds.
    pub(crate) fn own_id(&self) -> Id {
        let mut text = format!("{}/{}", self.saga, self.id.get());
        self.write_rounds(&mut text);
        Id::from(text)
    }

    /// The path of the run, with the round of each step: `packed[3]#1/label#0`.
    #[must_use]
    pub fn rounds(&self) -> String {
        let mut text = String::new();
        self.write_rounds(&mut text);
        text.split_off(usize::from(!text.is_empty()))
    }

    fn write_rounds(&self, text: &mut String) {
        match self.part {
            PartKind::Item(_) => {
                if let Some(above) = self.above {
                    above.write_rounds(text);
                }
            }
            PartKind::Child { step, round } => {
                if let Some(above) = self.above {
                    above.write_rounds(text);
                }
                let item = match self.above.map(|above| above.part) {
                    Some(PartKind::Item(index)) => format!("[{index}]"),
                    _ => String::new(),
                };
                let written = write!(text, "/{step}{item}#{round}");
                debug_assert!(written.is_ok(), "a `String` takes every text");
            }
        }
    }

    /// The name and id of the root.
    pub(crate) fn root(&self) -> (&'static str, &'a Id) {
        (self.saga, self.id.get())
    }

    /// The levels of a key for a step of this run, from the root down.
    pub(crate) fn levels<'s>(&'s self, step: &'s str, round: u32) -> Vec<Level<'s>> {
        let mut levels = Vec::new();
        self.add_levels(step, round, &mut levels);
        levels
    }

    fn add_levels<'s>(&'s self, step: &'s str, round: u32, to: &mut Vec<Level<'s>>) {
        let item = match self.part {
            PartKind::Item(index) => {
                // The step's name is that of the level above, which has no round of its own.
                if let Some(above) = self.above {
                    above.add_levels_of_link(to);
                }
                Some(index)
            }
            PartKind::Child { .. } => {
                self.add_levels_of_link(to);
                None
            }
        };
        to.push(Level { step, item, round });
    }

    /// Adds the levels of the step whose child saga this run is.
    fn add_levels_of_link<'s>(&'s self, to: &mut Vec<Level<'s>>) {
        let PartKind::Child { step, round } = self.part else {
            return;
        };
        match self.above {
            Some(above) => above.add_levels(step, round, to),
            None => to.push(Level {
                step,
                item: None,
                round,
            }),
        }
    }
}

/// The path of a step of the run at `place`.
#[must_use]
pub fn path<'s>(place: Option<&Place<'_>>, step: &'s str) -> Cow<'s, str> {
    match place {
        None => Cow::Borrowed(step),
        Some(place) => match place.part {
            PartKind::Item(_) => Cow::Owned(place.path()),
            PartKind::Child { .. } => Cow::Owned(format!("{}/{step}", place.path())),
        },
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::{Above, Place, path};
    use crate::{
        definition::{Definition, List, Step, Text},
        report::context::Context,
        values::id::{Id, Key, LazyId},
    };
    use std::collections::HashSet;

    static CHILD: Definition = Definition {
        name: Text::Borrowed("Wrap"),
        ..Definition::EMPTY
    };
    static ITEM: Definition = Definition {
        steps: List::Borrowed(&[Step {
            name: Text::Borrowed("wrapped"),
            ..Step::PLAIN
        }]),
        ..Definition::EMPTY
    };

    fn root() -> LazyId {
        let mut id = LazyId::default();
        id.set(Id::from("order-42"));
        id
    }

    fn above<'a>(place: Option<&'a Place<'a>>, id: &'a LazyId) -> Above<'a> {
        Above {
            place,
            saga: "FulfilOrder",
            id,
            way: None,
        }
    }

    #[test]
    fn a_path_names_steps_and_items() {
        let id = root();
        let item = Place::item(above(None, &id), 3, &ITEM);
        let own = LazyId::default();
        let child = Place::child(above(Some(&item), &own), ("wrapped", 1), &CHILD);
        let inner = Place::child(above(Some(&child), &own), ("bow", 0), &CHILD);
        assert_eq!(path(None, "paper"), "paper");
        assert_eq!(path(Some(&item), "wrapped"), "wrapped[3]");
        assert_eq!(path(Some(&child), "paper"), "wrapped[3]/paper");
        assert_eq!(path(Some(&inner), "paper"), "wrapped[3]/bow/paper");
        assert_eq!(
            child.own_id(),
            Id::from("FulfilOrder/order-42/wrapped[3]#1")
        );
        let inner = inner.own_id();
        assert_eq!(inner, Id::from("FulfilOrder/order-42/wrapped[3]#1/bow#0"));
    }

    /// The key of a step `paper` in its round 2.
    fn key(place: Option<&Place<'_>>, id: &LazyId) -> String {
        let context = Context {
            place,
            round: 2,
            ..Context::new("FulfilOrder", id.get(), "paper")
        };
        let of_calls = [context.key(), context.key_for("x")];
        let of_undoes = [Key::of_undo(&context), context.undo_key_for("x")];
        let keys = of_calls.into_iter().chain(of_undoes);
        assert_eq!(keys.collect::<HashSet<_>>().len(), 4);
        context.key().to_string()
    }

    #[test]
    fn keys_differ_in_every_level_and_are_stable() {
        let id = root();
        let rounds: HashSet<_> = (0..3)
            .flat_map(|round| {
                let item = Place::item(above(None, &id), round, &ITEM);
                let child = |place, step| Place::child(above(place, &id), (step, round), &CHILD);
                let (plain, looped) = (child(None, "wrapped"), child(Some(&item), "wrapped"));
                let (inner, other) = (child(Some(&plain), "bow"), child(None, "packed"));
                [&item, &plain, &looped, &inner, &other].map(|place| key(Some(place), &id))
            })
            .chain([key(None, &id)])
            .collect();
        assert_eq!(rounds.len(), 16);
        let child = |round| Place::child(above(None, &id), ("wrapped", round), &CHILD);
        let (first, second) = (child(0), child(1));
        assert_ne!(key(Some(&first), &id), key(Some(&second), &id));
        // A change here is a change of every key in flight.
        assert_eq!(
            key(Some(&second), &id),
            "s134b621d855d574986fd23246d8c2229e"
        );
    }
}
