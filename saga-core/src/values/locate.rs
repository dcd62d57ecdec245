//! What a path names: a run that is part of another, or a step of it.

use crate::{
    definition::{Definition, DefinitionRef, Items, Step},
    values::node::Node,
};

/// What a path names.
#[derive(Clone, Debug)]
pub struct Located {
    /// Where the run is, from the root on.
    pub nodes: Vec<Node>,
    /// The declaration of that run.
    pub definition: DefinitionRef,
    /// Which of its steps; `None`: the run as a whole.
    pub step: Option<u16>,
}

/// What a path names of which the root has no step: a run that is part of it (`whole`), or a step of
/// one. `None` if there is no such thing.
#[must_use]
pub fn locate(root: &Definition, path: &str, whole: bool) -> Option<Located> {
    let mut nodes = Vec::new();
    let mut at: Option<DefinitionRef> = None;
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let (name, item) = match segment.strip_suffix(']').and_then(|it| it.split_once('[')) {
            Some((name, index)) => (name, Some(index.parse().ok()?)),
            None => (segment, None),
        };
        let definition = at.as_deref().unwrap_or(root);
        let mut steps = (0..).zip(definition.steps.iter());
        let (mut index, mut step) = steps.find(|(_, step)| step.name == name)?;
        let items = item.map(|item| {
            (
                Node {
                    step: index,
                    item: Some(item),
                },
                looped(step),
            )
        });
        let inner;
        if let Some((node, definition)) = items {
            nodes.push(node);
            inner = definition?;
            (index, step) = (Items::STEP, inner.steps.get(usize::from(Items::STEP))?);
            at = Some(inner.clone());
        }
        if segments.peek().is_none() && !whole {
            return Some(Located {
                nodes,
                definition: at?,
                step: Some(index),
            });
        }
        nodes.push(Node::child(index));
        let child = step.child.as_ref()?.definition.clone();
        at = Some(child);
    }
    Some(Located {
        nodes,
        definition: at?,
        step: None,
    })
}

/// The declaration of what is done with one item of a step that is done for each of many.
fn looped(step: &Step) -> Option<DefinitionRef> {
    Some(step.items.as_ref()?.each.clone())
}
