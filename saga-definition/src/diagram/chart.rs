//! A saga as nodes and edges, for the format whose program does the layout.

use super::words::left;
use crate::definition::{Compensation, Definition, Kind};

pub(super) struct Chart {
    /// Nodes outside of blocks, and blocks, in order; a compensation comes after its step.
    pub(super) parts: Vec<Part>,
    pub(super) edges: Vec<Edge>,
}

pub(super) enum Part {
    Node(Node),
    /// A `concurrent` block, with the compensations of its steps.
    Block(Vec<Node>),
    /// A `when` block, with the text on its frame.
    When(String, Vec<Part>),
}

pub(super) struct Node {
    pub(super) id: String,
    pub(super) shape: Shape,
    /// The first line is a name.
    pub(super) lines: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Begin,
    Read,
    Step,
    Pivot,
    /// A saga of its own.
    Saga,
    /// A signal or a sleep.
    Wait,
    /// A compensation, or the note that there is none.
    Undo,
    End,
}

pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) line: Line,
    pub(super) label: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Forward,
    /// Past the point of no return.
    Pivot,
    /// Between a step and its compensation: without a direction.
    Beside,
    Back,
    /// From the rollback forward again.
    Turn,
}

const BEGIN: &str = "begin";
const COMPLETED: &str = "completed";
const COMPENSATED: &str = "compensated";

impl Chart {
    pub(super) fn of(definition: &Definition) -> Self {
        let begin = vec![definition.title(), definition.parameters()];
        let mut parts = vec![Part::Node(node(BEGIN, Shape::Begin, begin))];
        for unit in definition.rows() {
            let first = &definition.steps[unit.start];
            let nodes = unit.clone().flat_map(|step| nodes(definition, step));
            let new = if first.group.is_some() {
                vec![Part::Block(nodes.collect())]
            } else {
                nodes.map(Part::Node).collect()
            };
            match (definition.begins(unit.start), parts.last_mut()) {
                (Some(condition), _) => {
                    parts.push(Part::When(Definition::frame(condition), new));
                }
                (None, Some(Part::When(_, parts))) if first.condition.is_some() => {
                    parts.extend(new);
                }
                _ => parts.extend(new),
            }
        }
        let completed = vec![COMPLETED.to_owned(), definition.result().to_owned()];
        parts.push(Part::Node(node(COMPLETED, Shape::End, completed)));
        let undone = undone(definition);
        let mut edges = forward(definition);
        edges.extend(back(definition, &undone));
        if !undone.is_empty() {
            let mut lines = vec![COMPENSATED.to_owned()];
            lines.extend(envelopes(definition.told_of_failed()));
            parts.push(Part::Node(node(COMPENSATED, Shape::End, lines)));
        }
        Self { parts, edges }
    }
}

fn node(id: &str, shape: Shape, lines: Vec<String>) -> Node {
    Node {
        id: id.to_owned(),
        shape,
        lines,
    }
}

fn step_id(step: usize) -> String {
    format!("step{step}")
}

fn undo_id(step: usize) -> String {
    format!("undo{step}")
}

fn step_node(definition: &Definition, index: usize) -> Node {
    let step = &definition.steps[index];
    let shape = match step.kind {
        Kind::Read => Shape::Read,
        Kind::Step if step.saga().is_some() => Shape::Saga,
        Kind::Step => Shape::Step,
        Kind::Pivot => Shape::Pivot,
        Kind::Signal | Kind::Sleep | Kind::Lock => Shape::Wait,
    };
    let name = match step.gives() {
        Some(effect) => format!("{} → {effect}", step.name),
        None => step.name.to_string(),
    };
    let hourglass = if step.kind.acts() { "" } else { "⌛ " };
    let mut lines = vec![format!("{hourglass}{name}")];
    lines.extend(step.saga_text());
    lines.extend(definition.conditions(index));
    let words = step.words();
    lines.extend(Some(words.policies.join(", ")).filter(|line| !line.is_empty()));
    let doubt = Some(words.doubt.join(", then ")).filter(|ways| !ways.is_empty());
    lines.extend(doubt.map(|ways| format!("in doubt: {ways}")));
    lines.extend(
        step.acting()
            .fallback
            .as_ref()
            .map(|call| format!("or fallback ({})", call.reads.join(", "))),
    );
    lines.extend(envelopes(definition.told(index)));
    node(&step_id(index), shape, lines)
}

fn envelopes(told: Vec<String>) -> impl Iterator<Item = String> {
    told.into_iter().map(|told| format!("✉ {told}"))
}

/// A step, and its compensation.
fn nodes(definition: &Definition, step: usize) -> impl Iterator<Item = Node> {
    let undo = undo_node(definition, step);
    [step_node(definition, step)].into_iter().chain(undo)
}

/// The steps that declare how they are undone.
fn undone(definition: &Definition) -> Vec<usize> {
    let steps = 0..definition.steps.len();
    steps
        .filter(|index| says_how_it_is_undone(definition, *index))
        .collect()
}

fn says_how_it_is_undone(definition: &Definition, index: usize) -> bool {
    match definition.steps[index].compensation {
        Compensation::Absent => definition.rolls_back(index),
        Compensation::None { .. } | Compensation::Declared { .. } | Compensation::With(_) => true,
    }
}

fn undo_node(definition: &Definition, index: usize) -> Option<Node> {
    let step = definition.steps[index].acting();
    let lines = match &step.compensation {
        Compensation::Absent if definition.rolls_back(index) => {
            vec![format!("{} is rolled back", step.name)]
        }
        Compensation::Absent => return None,
        Compensation::None { again } => vec![format!("{} {}", step.name, left(*again))],
        Compensation::With(other) => {
            let other = &definition.steps[usize::from(*other)].name;
            vec![format!("{} is undone with {other}", step.name)]
        }
        Compensation::Declared { by_key, call } => {
            let how = by_key.then(|| format!("by {}, ", call.key()));
            let how = how.unwrap_or_default();
            let reads = format!("{how}({})", call.reads.join(", "));
            let policies = Some(call.policies(step).join(", ")).filter(|line| !line.is_empty());
            [format!("undo {}", step.name), reads]
                .into_iter()
                .chain(policies)
                .collect()
        }
    };
    Some(node(&undo_id(index), Shape::Undo, lines))
}

fn forward(definition: &Definition) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut before = vec![BEGIN.to_owned()];
    let mut passes_pivot = false;
    for unit in definition.rows() {
        let mut last: Vec<usize> = unit.clone().collect();
        for step in unit.clone() {
            let awaited = definition.steps[step].awaits.iter();
            let awaited: Vec<_> = awaited.copied().map(usize::from).collect();
            let from: Vec<String> = if awaited.is_empty() {
                before.clone()
            } else {
                awaited.iter().copied().map(step_id).collect()
            };
            last.retain(|sibling| !awaited.contains(sibling));
            edges.extend(
                from.into_iter()
                    .map(|from| forward_edge(from, step_id(step), passes_pivot)),
            );
        }
        before = last.into_iter().map(step_id).collect();
        passes_pivot = definition.steps[unit.start].kind == Kind::Pivot;
    }
    edges.extend(
        before
            .into_iter()
            .map(|from| forward_edge(from, COMPLETED.to_owned(), passes_pivot)),
    );
    edges
}

fn forward_edge(from: String, to: String, passes_pivot: bool) -> Edge {
    let line = if passes_pivot {
        Line::Pivot
    } else {
        Line::Forward
    };
    let label = passes_pivot.then(|| "point of no return".to_owned());
    Edge {
        from,
        to,
        line,
        label,
    }
}

fn back(definition: &Definition, undone: &[usize]) -> Vec<Edge> {
    let mut edges = Vec::new();
    for &step in undone {
        edges.push(Edge {
            from: step_id(step),
            to: undo_id(step),
            line: Line::Beside,
            label: None,
        });
    }
    for pair in undone.windows(2).rev() {
        edges.push(Edge {
            from: undo_id(pair[1]),
            to: undo_id(pair[0]),
            line: Line::Back,
            label: None,
        });
    }
    edges.extend(undone.first().map(|&first| Edge {
        from: undo_id(first),
        to: COMPENSATED.to_owned(),
        line: Line::Back,
        label: None,
    }));
    for index in 0..definition.steps.len() {
        if let Some(savepoint) = definition.savepoint(index) {
            let from = if undone.contains(&index) {
                undo_id(index)
            } else {
                step_id(index)
            };
            let label = Some(format!("savepoint, {savepoint}"));
            edges.push(Edge {
                from,
                to: step_id(index),
                line: Line::Turn,
                label,
            });
        }
    }
    edges
}
