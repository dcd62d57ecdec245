//! Random sagas as text for other programs: no text of theirs is taken for a part of the format.

use crate::{Graph, random::Random};

fn graphs() -> impl Iterator<Item = (u64, Graph)> {
    (0..300).map(|seed| (seed, Random::new(seed).graph()))
}

/// What stands between quotes, replaced by nothing; a backslash takes the character after it along.
fn without_quoted(line: &str, escape: Option<char>) -> String {
    let (mut rest, mut quoted) = (String::new(), false);
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => quoted = !quoted,
            char if quoted && Some(char) == escape => drop(chars.next()),
            char if !quoted => rest.push(char),
            _ => {}
        }
    }
    assert!(!quoted, "{line}");
    rest
}

fn is_syntax(text: &str, more: &str) -> bool {
    text.chars()
        .all(|char| char.is_ascii_alphanumeric() || more.contains(char))
}

#[test]
fn mermaid_ends_no_label_early() {
    for (seed, graph) in graphs() {
        let text = graph.to_mermaid();
        for line in text.lines().filter(|line| !line.contains("accTitle:")) {
            let syntax = without_quoted(line, None);
            assert!(is_syntax(&syntax, " ()[]{}|-.=>:,#"), "seed {seed}: {line}");
            let label = line.replace("<br/>", "");
            assert!(
                !label.contains('<') && !label.contains('&'),
                "seed {seed}: {line}"
            );
        }
    }
}

#[test]
fn dot_ends_no_string_early() {
    for (seed, graph) in graphs() {
        for line in graph.to_dot().lines() {
            let syntax = without_quoted(line, Some('\\'));
            assert!(is_syntax(&syntax, " _[]{}=,->;"), "seed {seed}: {line}");
        }
    }
}

#[test]
fn each_row_of_the_table_has_all_its_cells() {
    for (seed, graph) in graphs() {
        let table = graph.to_table();
        assert_eq!(table.lines().count(), graph.steps.len() + 2, "seed {seed}");
        for row in table.lines() {
            let bars = row.replace("\\|", "").matches('|').count();
            assert_eq!(bars, 7, "seed {seed}: {row}");
        }
    }
}

#[test]
fn a_saga_without_steps_is_drawn_in_every_format() {
    let graph = Graph {
        name: "Nothing".to_owned(),
        ..Graph::default()
    };
    for text in [graph.to_svg(), graph.to_mermaid(), graph.to_dot()] {
        assert!(text.contains("saga Nothing"), "{text}");
    }
    assert_eq!(graph.to_table().lines().count(), 2);
}
