//! Random sagas in the text formats of other programs: no text of a saga is taken for syntax of the
//! format.

use super::random::Random;
use crate::{
    definition::{Arm, Condition, Definition, Emit, Kind, Step},
    policy::{Backoff, Limit, Retry, Savepoint},
    text::Text,
};

fn definitions() -> impl Iterator<Item = (u64, Definition)> {
    (0..300).map(|seed| (seed, Random::new(seed).definition()))
}

/// Removes the text between quotes.
fn without_quoted(line: &str) -> String {
    let (mut rest, mut quoted) = (String::new(), false);
    for char in line.chars() {
        match char {
            '"' => quoted = !quoted,
            char if !quoted => rest.push(char),
            _ => {}
        }
    }
    assert!(!quoted, "{line}");
    rest
}

#[test]
fn a_savepoint_names_the_steps_that_it_is_for() {
    let step = |name: &'static str| Step {
        name: name.into(),
        ..Step::PLAIN
    };
    let mut hotel = step("hotel");
    hotel.savepoint = Some(Savepoint {
        on: Some([0, 1][..].into()),
        conditional: true,
        ..Savepoint::of(Retry {
            limit: Limit::Times(2),
            backoff: Backoff::DEFAULT.into(),
        })
    });
    let definition = Definition {
        name: "Trip".into(),
        steps: [hotel, step("flight")].into_iter().collect(),
        ..Definition::EMPTY
    };
    let words = "2 reruns on hotel or flight, 50ms..2s, if ";
    for text in [definition.to_table(), definition.to_mermaid()] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_step_of_each_kind_says_that_it_was_introduced() {
    for kind in Kind::ALL {
        let step = Step {
            name: "new".into(),
            kind,
            introduced: true,
            ..Step::PLAIN
        };
        let definition = Definition {
            name: "Trip".into(),
            steps: [step].into_iter().collect(),
            ..Definition::EMPTY
        };
        for text in [definition.to_table(), definition.to_mermaid()] {
            assert!(text.contains("introduced"), "{kind:?}: {text}");
        }
    }
}

fn is_syntax(text: &str, more: &str) -> bool {
    text.chars()
        .all(|char| char.is_ascii_alphanumeric() || more.contains(char))
}

#[test]
fn mermaid_ends_no_label_early() {
    for (seed, definition) in definitions() {
        let text = definition.to_mermaid();
        for line in text.lines().filter(|line| !line.contains("accTitle:")) {
            let syntax = without_quoted(line);
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
fn each_row_of_the_table_has_all_its_cells() {
    for (seed, definition) in definitions() {
        let table = definition.to_table();
        assert_eq!(
            table.lines().count(),
            definition.steps.len() + 2,
            "seed {seed}"
        );
        for row in table.lines() {
            let bars = row.replace("\\|", "").matches('|').count();
            assert_eq!(bars, 7, "seed {seed}: {row}");
        }
    }
}

#[test]
fn a_saga_without_steps_is_drawn_in_every_format() {
    let definition = Definition {
        name: "Nothing".into(),
        ..Definition::EMPTY
    };
    for text in [definition.to_svg(), definition.to_mermaid()] {
        assert!(text.contains("saga Nothing"), "{text}");
    }
    assert_eq!(definition.to_table().lines().count(), 2);
}

#[test]
fn each_arm_is_told_by_its_words() {
    let steps = (0..)
        .zip(["paper", "ribbon", "bow"])
        .map(|(block, name)| Step {
            name: name.into(),
            condition: Some(block),
            ..Step::PLAIN
        });
    let reads: Vec<Text> = vec!["gift".into()];
    let arm = |(first, arm)| Condition {
        first,
        len: 1,
        arm,
        reads: reads.clone().into(),
        ..Condition::PLAIN
    };
    let definition = Definition {
        steps: steps.collect(),
        conditions: (0..).zip(Arm::ALL).map(arm).collect(),
        ..Definition::EMPTY
    };
    let table = definition.to_table();
    for text in [definition.to_mermaid(), definition.to_svg()] {
        for words in ["when (gift)", "else when (gift)", "else"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    for words in ["in when `gift`", "in else when `gift`", "in else |"] {
        assert!(table.contains(words), "{words}: {table}");
    }
}

#[test]
fn an_event_of_an_else_without_steps_is_shown_with_the_step_before_it() {
    let paper = Step {
        name: "paper".into(),
        condition: Some(0),
        ..Step::PLAIN
    };
    let arm = |arm, first, len| Condition {
        first,
        len,
        arm,
        ..Condition::PLAIN
    };
    let sent = Emit {
        place: 1,
        condition: Some(1),
        reads: vec!["gift".into()].into(),
        ..Emit::PLAIN
    };
    let definition = Definition {
        steps: vec![paper].into(),
        conditions: vec![arm(Arm::When, 0, 1), arm(Arm::Else, 1, 0)].into(),
        events: vec![sent].into(),
        ..Definition::EMPTY
    };
    let table = definition.to_table();
    assert!(table.contains("else emits (gift)"), "{table}");
    drop(definition.to_svg());
}
