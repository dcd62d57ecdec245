//! A flowchart in Mermaid.

use super::{
    chart::{Chart, Edge, Line, Node, Part, Shape},
    text::plain,
};
use crate::definition::Definition;
use std::fmt::Write;

const CLASSES: &str = "    classDef read stroke-dasharray: 5 4
    classDef pivot stroke-width: 4px
    classDef undo stroke: #b35900, stroke-dasharray: 2 3
";

pub(super) fn mermaid(definition: &Definition) -> String {
    let chart = Chart::of(definition);
    let mut text = format!(
        "flowchart TD\n    accTitle: {}\n",
        title(&definition.title())
    );
    for (number, part) in chart.parts.iter().enumerate() {
        match part {
            Part::Node(node) => push(&mut text, 1, &node_text(node)),
            Part::Block(nodes) => {
                push(
                    &mut text,
                    1,
                    &format!("subgraph block{number} [\"concurrent\"]"),
                );
                let (steps, undos): (Vec<_>, Vec<_>) =
                    nodes.iter().partition(|node| node.shape != Shape::Undo);
                for node in steps {
                    push(&mut text, 2, &node_text(node));
                }
                push(&mut text, 1, "end");
                // In the frame they would push its steps apart.
                for node in undos {
                    push(&mut text, 1, &node_text(node));
                }
            }
        }
    }
    for edge in &chart.edges {
        push(&mut text, 1, &edge_text(edge));
    }
    text + CLASSES
}

fn push(text: &mut String, depth: usize, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}{line}", "    ".repeat(depth));
}

fn node_text(node: &Node) -> String {
    let lines: Vec<_> = node.lines.iter().map(|line| escaped(line)).collect();
    let label = lines.join("<br/>");
    let id = &node.id;
    match node.shape {
        Shape::Begin | Shape::End => format!("{id}([\"{label}\"])"),
        Shape::Read => format!("{id}[\"{label}\"]:::read"),
        Shape::Step => format!("{id}[\"{label}\"]"),
        Shape::Pivot => format!("{id}{{{{\"{label}\"}}}}:::pivot"),
        Shape::Undo => format!("{id}[\"{label}\"]:::undo"),
    }
}

fn edge_text(edge: &Edge) -> String {
    let arrow = match edge.line {
        Line::Forward => "-->",
        Line::Pivot => "==>",
        Line::Beside => "-.-",
        Line::Back | Line::Turn => "-.->",
    };
    let label = edge
        .label
        .as_ref()
        .map_or_else(String::new, |label| format!("|\"{}\"|", escaped(label)));
    format!("{} {arrow}{label} {}", edge.from, edge.to)
}

/// By Mermaid's entity codes: what could end a label, and what HTML or Markdown would take for its
/// own.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for char in plain(text).chars() {
        match char {
            '#' | '"' | '&' | '<' | '>' | '`' | '\\' | '*' | ';' | '~' => {
                let _ = write!(escaped, "#{};", u32::from(char));
            }
            char => escaped.push(char),
        }
    }
    escaped
}

/// A title has no quotes around it, and ends with its line.
fn title(text: &str) -> String {
    plain(text).replace([';', '#', '{', '}'], " ")
}
