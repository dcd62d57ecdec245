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
        push_part(&mut text, 1, part, &number.to_string());
    }
    for edge in &chart.edges {
        push(&mut text, 1, &edge_text(edge));
    }
    text + CLASSES
}

/// `number` identifies the part among all parts.
fn push_part(text: &mut String, depth: usize, part: &Part, number: &str) {
    let begin = |text: &mut String, label: &str| {
        let label = escaped(label);
        push(
            text,
            depth,
            &format!("subgraph block{number} [\"{label}\"]"),
        );
    };
    match part {
        Part::Node(node) => push(text, depth, &node_text(node)),
        Part::Block(nodes) => {
            begin(text, "concurrent");
            let (steps, undos): (Vec<_>, Vec<_>) =
                nodes.iter().partition(|node| node.shape != Shape::Undo);
            for node in steps {
                push(text, depth + 1, &node_text(node));
            }
            push(text, depth, "end");
            // In the frame they would push its steps apart.
            for node in undos {
                push(text, depth, &node_text(node));
            }
        }
        Part::When(label, parts) => {
            begin(text, label);
            for (inner, part) in parts.iter().enumerate() {
                push_part(text, depth + 1, part, &format!("{number}in{inner}"));
            }
            push(text, depth, "end");
        }
    }
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
        Shape::Wait => format!("{id}{{{{\"{label}\"}}}}:::read"),
        Shape::Step => format!("{id}[\"{label}\"]"),
        Shape::Saga => format!("{id}[[\"{label}\"]]"),
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

/// Escapes text by Mermaid's entity codes: characters that could end a label, and syntax of HTML or
/// Markdown.
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
