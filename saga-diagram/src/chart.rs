//! A saga as nodes and edges, for those formats whose programs do the layout.

use crate::graph::{Graph, Kind, Undo};

pub(crate) struct Chart {
    /// Nodes outside of blocks, and blocks, in order; a compensation stands after its step.
    pub(crate) parts: Vec<Part>,
    pub(crate) edges: Vec<Edge>,
}

pub(crate) enum Part {
    Node(Node),
    /// A `concurrent` block, with the compensations of its steps.
    Block(Vec<Node>),
}

pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) shape: Shape,
    /// The first one is a name.
    pub(crate) lines: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Begin,
    Read,
    Step,
    Pivot,
    /// A compensation, or that there is none.
    Undo,
    End,
}

pub(crate) struct Edge {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) line: Line,
    pub(crate) label: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    Forward,
    /// Past the point of no return.
    Pivot,
    /// Between a step and its compensation: no direction.
    Beside,
    Back,
    /// From the way back forward again.
    Turn,
}

pub(crate) const BEGIN: &str = "begin";
const COMPLETED: &str = "completed";
pub(crate) const COMPENSATED: &str = "compensated";

impl Chart {
    pub(crate) fn of(graph: &Graph) -> Self {
        let begin = vec![graph.title(), format!("({})", graph.inputs.join(", "))];
        let mut parts = vec![Part::Node(node(BEGIN, Shape::Begin, begin))];
        for unit in graph.units() {
            let nodes = unit.iter().flat_map(|&step| nodes(graph, step));
            if graph.steps[unit[0]].block.is_some() {
                parts.push(Part::Block(nodes.collect()));
            } else {
                parts.extend(nodes.map(Part::Node));
            }
        }
        let completed = vec![COMPLETED.to_owned(), graph.result().to_owned()];
        parts.push(Part::Node(node(COMPLETED, Shape::End, completed)));
        let undone = undone(graph);
        let mut edges = forward(graph);
        edges.extend(back(graph, &undone));
        if !undone.is_empty() {
            parts.push(Part::Node(node(
                COMPENSATED,
                Shape::End,
                vec![COMPENSATED.to_owned()],
            )));
        }
        Self { parts, edges }
    }
}

impl Chart {
    /// Whether a node is there, and in no block.
    pub(crate) fn is_alone(&self, id: &str) -> bool {
        let mut parts = self.parts.iter();
        parts.any(|part| matches!(part, Part::Node(node) if node.id == id))
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

fn step_node(graph: &Graph, index: usize) -> Node {
    let step = &graph.steps[index];
    let shape = match step.kind {
        Kind::Read => Shape::Read,
        Kind::Step => Shape::Step,
        Kind::Pivot => Shape::Pivot,
    };
    let name = match step.gives() {
        Some(effect) => format!("{} → {effect}", step.name),
        None => step.name.clone(),
    };
    let mut lines = vec![name];
    lines.extend(graph.conditions(index));
    lines.extend(Some(step.policies().join(", ")).filter(|line| !line.is_empty()));
    lines.extend(doubt(step));
    lines.extend(
        step.fallback
            .as_ref()
            .map(|clause| format!("or fallback ({})", clause.reads.join(", "))),
    );
    node(&step_id(index), shape, lines)
}

/// A step, and its compensation.
fn nodes(graph: &Graph, step: usize) -> impl Iterator<Item = Node> {
    let undo = graph.steps[step].undo != Undo::Absent;
    let undo = undo.then(|| undo_node(graph, step));
    [step_node(graph, step)].into_iter().chain(undo)
}

fn doubt(step: &crate::Step) -> Option<String> {
    let ways = step.doubt();
    (!ways.is_empty()).then(|| format!("in doubt: {}", ways.join(", then ")))
}

/// The steps that say how they are undone.
fn undone(graph: &Graph) -> Vec<usize> {
    let steps = graph.steps.iter().enumerate();
    steps
        .filter(|(_, step)| step.undo != Undo::Absent)
        .map(|(index, _)| index)
        .collect()
}

fn undo_node(graph: &Graph, index: usize) -> Node {
    let step = &graph.steps[index];
    let lines = match &step.undo {
        Undo::Declared { by_key, clause } => {
            let how = if *by_key { "by key, " } else { "" };
            let reads = format!("{how}({})", clause.reads.join(", "));
            let policies = Some(clause.policies(step).join(", ")).filter(|line| !line.is_empty());
            [format!("undo {}", step.name), reads]
                .into_iter()
                .chain(policies)
                .collect()
        }
        _ => vec![format!("{} is left standing", step.name)],
    };
    node(&undo_id(index), Shape::Undo, lines)
}

fn forward(graph: &Graph) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut before = vec![BEGIN.to_owned()];
    let mut passes_pivot = false;
    for unit in graph.units() {
        let mut last: Vec<usize> = unit.clone();
        for &step in &unit {
            let awaited = &graph.steps[step].awaits;
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
        passes_pivot = graph.steps[unit[0]].kind == Kind::Pivot;
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

fn back(graph: &Graph, undone: &[usize]) -> Vec<Edge> {
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
    for (index, step) in graph.steps.iter().enumerate() {
        if let Some(savepoint) = &step.savepoint {
            let from = if undone.contains(&index) {
                undo_id(index)
            } else {
                step_id(index)
            };
            let label = Some(format!("savepoint, {}", savepoint.turns()));
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
