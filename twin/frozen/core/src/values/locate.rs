//! Finds what a path names: a run that is part of another, or a step of one.

use crate::{
    definition::{Definition, DefinitionRef, Items, Step},
    values::node::Node,
};

/// The run or the step that a path names.
#[derive(Clone, Debug)]
pub struct Located {
    /// The position of the run, from the root down.
    pub nodes: Vec<Node>,
    /// The declaration of that run.
    pub definition: DefinitionRef,
    /// The index of the step in that run; `None` if the path names the whole run.
    pub step: Option<u16>,
}

/// Finds what `path` names below `root`: a run if `whole`, otherwise a step of a run. Returns
/// `None` if the path names nothing.
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
        let mut index = definition.step_named(name)?;
        let mut step = &definition.steps[usize::from(index)];
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

/// The declaration of what a loop does with each item.
fn looped(step: &Step) -> Option<DefinitionRef> {
    Some(step.items.as_ref()?.each.clone())
}
