//! A graph in the language of Graphviz.

use crate::{
    chart::{Chart, Edge, Line, Node, Part, Shape},
    graph::Graph,
    text::plain,
};
use std::fmt::Write;

pub(crate) fn dot(graph: &Graph) -> String {
    let chart = Chart::of(graph);
    let mut text = format!("digraph {} {{\n", quoted(&[graph.name.clone()]));
    push(&mut text, 1, "graph [rankdir=TB, fontname=\"sans-serif\", fontsize=11]");
    push(&mut text, 1, "node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=11]");
    push(&mut text, 1, "edge [fontname=\"sans-serif\", fontsize=10]");
    for (number, part) in chart.parts.iter().enumerate() {
        match part {
            Part::Node(node) => push(&mut text, 1, &node_text(node)),
            Part::Block(nodes) => {
                push(&mut text, 1, &format!("subgraph cluster_{number} {{"));
                push(&mut text, 2, "label=\"concurrent\"");
                for node in nodes {
                    push(&mut text, 2, &node_text(node));
                }
                push(&mut text, 1, "}");
            }
        }
    }
    for edge in &chart.edges {
        push(&mut text, 1, &edge_text(edge));
    }
    text + "}\n"
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
        Shape::Pivot => ", style=bold, shape=box, peripheries=2, color=crimson",
        Shape::Undo => ", style=\"rounded,dotted\", color=darkorange3",
    };
    format!("{} [label={}{style}]", node.id, quoted(&node.lines))
}

fn edge_text(edge: &Edge) -> String {
    let style = match edge.line {
        Line::Forward => "",
        Line::Pivot => "style=bold, color=crimson, ",
        Line::Beside => "style=dotted, dir=none, constraint=false, ",
        Line::Back => "style=dashed, color=darkorange3, constraint=false, ",
        Line::Turn => "style=dashed, color=seagreen, constraint=false, ",
    };
    let label = edge.label.as_ref().map_or_else(String::new, |label| format!("label={}", quoted(&[label.clone()])));
    let attributes = format!("{style}{label}");
    let attributes = attributes.trim_end_matches(", ");
    if attributes.is_empty() {
        format!("{} -> {}", edge.from, edge.to)
    } else {
        format!("{} -> {} [{attributes}]", edge.from, edge.to)
    }
}

/// Lines as one string.
fn quoted(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| plain(line).replace('\\', "\\\\").replace('"', "\\\""));
    format!("\"{}\"", lines.collect::<Vec<_>>().join("\\n"))
}
