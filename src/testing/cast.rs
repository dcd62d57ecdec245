//! The steps that take part in a run, by path: those of the saga, those of its child sagas, and
//! those of a loop for each of its items.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use typed_saga_core::{
    Place,
    definition::{Definition, Items, Kind, Step, bare_path},
    kernel::Event,
    path,
    run::Node,
};

/// A step that takes part.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) path: String,
    /// The path without the indices of items, as the saga's declaration has it.
    pub(super) plain: String,
    pub(super) declared: &'static Step,
    /// The declaration that contains the step.
    pub(super) definition: &'static Definition,
    /// The run that contains the step.
    pub(super) nodes: Vec<Node>,
    /// The step's index in that declaration.
    pub(super) step: u16,
}

impl Part {
    /// Whether it is a loop or a child saga, which is judged by its parts.
    pub(super) fn is_whole(&self) -> bool {
        let is_item = self.path.ends_with(']');
        self.declared.child.is_some() || self.declared.items.is_some() && !is_item
    }

    /// Whether it is the step `first`, or one after it, or part of one of these.
    pub(super) fn is_from(&self, first: &Self) -> bool {
        let Some(below) = self.nodes.strip_prefix(&*first.nodes) else {
            return false;
        };
        below.first().map_or(self.step, |node| node.step) >= first.step
    }

    /// Whether it changes something by itself.
    pub(super) fn changes(&self) -> bool {
        matches!(self.declared.kind, Kind::Step | Kind::Pivot) && !self.is_whole()
    }
}

/// The result of a condition.
#[derive(Clone, Copy)]
pub(super) struct Decision {
    /// The step that the condition governs; for a block, its first step.
    pub(super) step: u16,
    /// Whether it is the condition of a `when` block.
    pub(super) of_block: bool,
    pub(super) yes: bool,
}

/// All steps that take part, numbered. Those of the saga itself come first, as in its definition.
#[derive(Debug)]
pub(super) struct Cast {
    pub(super) root: &'static Definition,
    parts: Mutex<Vec<Arc<Part>>>,
}

impl Cast {
    pub(super) fn of(root: &'static Definition) -> Self {
        let cast = Self {
            root,
            parts: Mutex::default(),
        };
        cast.enter("", &root.steps);
        for step in root.steps.iter() {
            cast.enter_child(&step.name, step);
        }
        cast
    }

    fn enter(&self, prefix: &str, steps: &[Step]) {
        for step in steps {
            let entered = self.find(&format!("{prefix}{}", step.name));
            debug_assert!(entered.is_some(), "a declared step has a path");
        }
    }

    fn enter_child(&self, path: &str, step: &Step) {
        let Some(child) = &step.child else { return };
        let prefix = format!("{path}/");
        self.enter(&prefix, &child.definition.steps);
        for step in child.definition.steps.iter() {
            self.enter_child(&format!("{prefix}{}", step.name), step);
        }
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Arc<Part>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All steps that have taken part so far.
    pub(super) fn all(&self) -> Vec<(u16, Arc<Part>)> {
        (0..).zip(self.parts().iter().cloned()).collect()
    }

    pub(super) fn part(&self, number: u16) -> Arc<Part> {
        Arc::clone(&self.parts()[usize::from(number)])
    }

    /// The number of the step with this path, if there may be one.
    pub(super) fn find(&self, path: &str) -> Option<u16> {
        let path = bare_path(path);
        let path = &*path;
        let mut parts = self.parts();
        let known = parts.iter().position(|part| part.path == path);
        let position = known.unwrap_or(parts.len());
        if known.is_none() {
            parts.push(Arc::new(part(self.root, path)?));
        }
        u16::try_from(position).ok()
    }

    /// The number of a step that runs in a place.
    ///
    /// # Panics
    /// If the saga has no such step.
    pub(super) fn at(&self, place: Option<&Place<'_>>, step: u16) -> u16 {
        let Some(within) = place else { return step };
        let name = &within.definition().steps[usize::from(step)].name;
        let path = path(place, name);
        self.find(&path).expect("a step that runs is declared")
    }

    /// Whether no other item of a loop that contains it runs at the same time.
    pub(super) fn is_alone(&self, part: &Part) -> bool {
        let mut definition = self.root;
        part.nodes.iter().all(|node| {
            let step = &definition.steps[usize::from(node.step)];
            let at_a_time = step.items.as_ref().map_or(1, |items| items.concurrent);
            if let Some(items) = &step.items {
                definition = &items.each;
            } else if let Some(child) = &step.child {
                definition = &child.definition;
            }
            at_a_time <= 1
        })
    }

    /// The result of a condition, if the event has one.
    pub(super) fn decision(&self, place: Option<&Place<'_>>, event: Event) -> Option<Decision> {
        let (step, of_block, yes) = match event {
            Event::Decided { block, taken } => {
                let definition = place.map_or(self.root, Place::definition);
                (definition.conditions[usize::from(block)].first, true, taken)
            }
            Event::Skipped { step } => (step, false, false),
            Event::Attempting { step } => (step, false, true),
            _ => return None,
        };
        let step = self.at(place, step);
        let declared = self.part(step).declared;
        // The list of a loop's items is not its condition.
        let decides = of_block || declared.when.is_some() && declared.items.is_none();
        decides.then_some(Decision {
            step,
            of_block,
            yes,
        })
    }

    /// The run at a place, as the path of nodes to it.
    pub(super) fn nodes(&self, place: Option<&Place<'_>>) -> Vec<Node> {
        let part = place.and_then(|place| Some((place, self.part(self.find(&place.path())?))));
        part.map_or_else(Vec::new, |(place, part)| {
            let mut nodes = part.nodes.clone();
            // The run of one item has the path of that item.
            if !place.definition().is_of_item() {
                nodes.push(Node::child(part.step));
            }
            nodes
        })
    }

    /// The step with which this one is undone, if it is declared `compensate with`.
    pub(super) fn with(&self, number: u16) -> Option<u16> {
        let part = self.part(number);
        // An item is undone with what its loop is undone with, and that is declared next to the
        // loop.
        let whole = part.path.ends_with(']').then(|| self.find(&part.plain));
        let part = whole.flatten().map_or(part, |whole| self.part(whole));
        let with = part.declared.compensation.with()?;
        let name = &part.definition.steps[usize::from(with)].name;
        let prefix = part.path.rfind('/').map_or("", |end| &part.path[..=end]);
        self.find(&format!("{prefix}{name}"))
    }
}

/// The paths of the child sagas that contain the step at a path, the outermost first.
pub(super) fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

fn part(root: &'static Definition, path: &str) -> Option<Part> {
    let (mut definition, mut nodes) = (root, Vec::new());
    let mut plain = String::new();
    let mut segments = path.split('/').peekable();
    loop {
        let segment = segments.next()?;
        let item = segment.strip_suffix(']').and_then(|it| it.split_once('['));
        let (name, item) = match item {
            Some((name, index)) => (name, Some(index.parse().ok()?)),
            None => (segment, None),
        };
        plain.push_str(name);
        let position = definition.steps.iter().position(|step| step.name == name)?;
        let mut step = u16::try_from(position).ok()?;
        if item.is_some() {
            nodes.push(Node { step, item });
            definition = &definition.steps[position].items.as_ref()?.each;
            step = Items::STEP;
        }
        let declared = &definition.steps[usize::from(step)];
        if segments.peek().is_none() {
            return Some(Part {
                path: path.to_owned(),
                plain,
                declared,
                definition,
                nodes,
                step,
            });
        }
        nodes.push(Node::child(step));
        definition = &declared.child.as_ref()?.definition;
        plain.push('/');
    }
}
