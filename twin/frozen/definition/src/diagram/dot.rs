//! A graph in the language of Graphviz.

use super::{
    chart::{BEGIN, COMPENSATED, Chart, Edge, Line, Node, Part, Shape},
    text::plain,
};
use crate::definition::Definition;
use std::fmt::Write;

pub(super) fn dot(definition: &Definition) -> String {
    let chart = Chart::of(definition);
    let mut text = format!("digraph {} {{\n", quoted(&[&definition.name]));
    push(
        &mut text,
        1,
        "graph [rankdir=TB, fontname=\"sans-serif\", fontsize=11]",
    );
    push(
        &mut text,
        1,
        "node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11]",
    );
    push(&mut text, 1, "edge [fontname=\"sans-serif\", fontsize=10]");
    for (number, part) in chart.parts.iter().enumerate() {
        push_part(&mut text, 1, part, &number.to_string());
    }
    for line in side_by_side(&chart) {
        push(&mut text, 1, &line);
    }
    for edge in &chart.edges {
        push(&mut text, 1, &edge_text(&chart, edge));
    }
    text + "}\n"
}

/// `number` identifies the part among all parts.
fn push_part(text: &mut String, depth: usize, part: &Part, number: &str) {
    let begin = |text: &mut String, label: &str| {
        push(text, depth, &format!("subgraph cluster_{number} {{"));
        push(text, depth + 1, &format!("label={}", quoted(&[label])));
    };
    match part {
        Part::Node(node) => push(text, depth, &node_text(node)),
        Part::Block(nodes) => {
            begin(text, "concurrent");
            for node in nodes {
                push(text, depth + 1, &node_text(node));
            }
            push(text, depth, "}");
        }
        Part::When(label, parts) => {
            begin(text, label);
            for (inner, part) in parts.iter().enumerate() {
                push_part(text, depth + 1, part, &format!("{number}in{inner}"));
            }
            push(text, depth, "}");
        }
    }
}

/// Places compensations next to their steps; in a block they are below them.
fn side_by_side(chart: &Chart) -> Vec<String> {
    let beside = chart.edges.iter().filter(|edge| edge.line == Line::Beside);
    let pairs = beside.filter(|edge| chart.is_alone(&edge.from));
    let pairs = pairs.map(|edge| (edge.from.as_str(), edge.to.as_str()));
    let ends = chart.is_alone(COMPENSATED).then_some((BEGIN, COMPENSATED));
    let pairs = ends.into_iter().chain(pairs);
    let lines = pairs.map(|(one, other)| format!("{{ rank=same; {one}; {other} }}"));
    lines.collect()
}

fn push(text: &mut String, depth: usize, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}{line}", "    ".repeat(depth));
}

fn node_text(node: &Node) -> String {
    let style = match node.shape {
        Shape::Begin | Shape::End => ", shape=oval",
        Shape::Read => ", style=\"rounded,dashed\"",
        Shape::Step => "",
        Shape::Saga => ", peripheries=2",
        Shape::Wait => ", style=dashed, shape=hexagon",
        Shape::Pivot => ", style=bold, shape=box, peripheries=2, color=crimson",
        Shape::Undo => ", style=\"rounded,dotted\", color=darkorange3",
    };
    format!("{} [label={}{style}]", node.id, quoted(&node.lines))
}

fn edge_text(chart: &Chart, edge: &Edge) -> String {
    let style = match edge.line {
        // Below the compensations, which are in the block, too.
        Line::Forward if !chart.is_alone(&edge.from) && chart.is_alone(&edge.to) => "minlen=2",
        Line::Forward => "",
        Line::Pivot => "style=bold, color=crimson, ",
        Line::Beside => "style=dotted, dir=none, ",
        Line::Back => "style=dashed, color=darkorange3, constraint=false, ",
        Line::Turn => "style=dashed, color=seagreen, constraint=false, ",
    };
    let label = edge.label.as_ref();
    let label = label.map_or_else(String::new, |label| format!("label={}", quoted(&[label])));
    let attributes = format!("{style}{label}");
    let attributes = attributes.trim_end_matches(", ");
    if attributes.is_empty() {
        format!("{} -> {}", edge.from, edge.to)
    } else {
        format!("{} -> {} [{attributes}]", edge.from, edge.to)
    }
}

/// Joins lines to one quoted string.
fn quoted(lines: &[impl AsRef<str>]) -> String {
    let lines = lines.iter().map(|line| {
        plain(line.as_ref())
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
    });
    format!("\"{}\"", lines.collect::<Vec<_>>().join("\\n"))
}
