//! Programs with any number of sagas as users write them: each action has a key, some are retried,
//! one of the two services is a trait object, effects are structs, and steps read earlier effects.

mod templates;

use super::generate::Source;
use std::fmt::{self, Write as _};
use templates::{
    CHILD, CONSTRUCTS, ENGINE, IN_MEMORY, MAIN, OWN_ERROR, REGISTER, SAGA, SUBMIT, SUPPORT,
};

/// How many steps each saga has. A child saga is one of them.
const STEPS: usize = 8;

/// What the steps of a saga are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Steps in sequence, each with a compensation.
    Sequence,
    /// A loop, a child saga, three steps in a `concurrent` block, and three others. A fallback and a
    /// compensation read the failure. There is a `finally`, and a timeout, in memory, too. All sagas
    /// of a program have the same child saga.
    Constructs,
}

/// The sagas of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What their steps are.
    pub shape: Shape,
    /// Whether they are durable, and run on an engine.
    pub durable: bool,
    /// Whether each of them has an error type of its own.
    pub own_errors: bool,
}

impl Kind {
    /// All kinds.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for shape in [Shape::Sequence, Shape::Constructs] {
            for durable in [false, true] {
                for own_errors in [false, true] {
                    all.push(Self {
                        shape,
                        durable,
                        own_errors,
                    });
                }
            }
        }
        all
    }

    /// A program that runs this many sagas, one after the other.
    #[must_use]
    pub fn program(self, sagas: usize) -> Source {
        let shape = match self.shape {
            Shape::Sequence => "sequence",
            Shape::Constructs => "constructs",
        };
        let durable = if self.durable { "durable" } else { "memory" };
        let errors = if self.own_errors { "own" } else { "common" };
        let mut text = self.filled(SUPPORT, 0);
        if self.shape == Shape::Constructs {
            text += &self.filled(CHILD, 0);
        }
        for saga in 0..sagas {
            if self.own_errors {
                text += &self.filled(OWN_ERROR, saga);
            }
            text += &self.filled(SAGA, saga);
        }
        let filled = |template| (0..sagas).map(move |saga| self.filled(template, saga));
        let calls = if self.durable {
            let register: String = filled(REGISTER).collect();
            let submit: String = filled(SUBMIT).collect();
            ENGINE.replace("$register", &register) + &submit
        } else {
            filled(IN_MEMORY).collect()
        };
        text += &MAIN.replace("$calls", &calls);
        Source {
            name: format!("{shape}_{durable}_{errors}_{sagas}"),
            title: self.to_string(),
            text,
            steps: sagas * STEPS,
            line: None,
        }
    }

    /// A template, filled in for the saga with this number.
    fn filled(self, template: &str, saga: usize) -> String {
        let (durable, serde) = if self.durable {
            ("durable ", ", serde::Serialize, serde::Deserialize")
        } else {
            ("", "")
        };
        let error = if self.own_errors {
            format!("Error{saga}")
        } else {
            "Error".to_owned()
        };
        let (steps, child, timeout) = match self.shape {
            Shape::Sequence if self.durable => (sequence(), "", "#[timeout(5s)]"),
            Shape::Sequence => (sequence(), "", ""),
            Shape::Constructs => (
                CONSTRUCTS.to_owned(),
                "use super::common::Common;",
                "#[timeout(5s)]",
            ),
        };
        template
            .replace("$steps", &steps)
            .replace("$effects", &effects())
            .replace("$child", child)
            .replace("$timeout", timeout)
            .replace("$durable", durable)
            .replace("$serde", serde)
            .replace("$error", &error)
            .replace("$saga", &saga.to_string())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shape = match self.shape {
            Shape::Sequence => "steps in sequence",
            Shape::Constructs => "a block, a loop, a child saga",
        };
        let durable = if self.durable { "durable" } else { "in memory" };
        let errors = if self.own_errors {
            "an error type each"
        } else {
            "one error type for all"
        };
        write!(f, "{shape}, {durable}, {errors}")
    }
}

/// The effects of all steps, each with a type of its own.
fn effects() -> String {
    let mut text = String::new();
    for step in 0..STEPS {
        let _ = writeln!(
            text,
            "#[derive(Clone, Debug$serde)] pub struct E{step} {{ pub id: u64, pub note: Option<String> }}"
        );
    }
    text
}

/// Steps that read one or two earlier effects, each undone by its service.
fn sequence() -> String {
    let mut text = String::new();
    for step in 0..STEPS {
        let service = if step % 3 == 2 { "shop" } else { "bank" };
        let retry = if step % 4 == 1 {
            "#[retry(3, 50ms..2s)]"
        } else {
            ""
        };
        let before = |steps| format!("s{}", step - steps);
        let (reads, value) = match step {
            0 => ("n, who".to_owned(), "*n + who.len() as u64".to_owned()),
            step if step % 2 == 0 => {
                let (one, two) = (before(1), before(2));
                (format!("{one}, {two}"), format!("{one}.id + {two}.id"))
            }
            _ => (before(1), format!("{}.id", before(1))),
        };
        let _ = writeln!(
            text,
            "#[idempotent] {retry}
            step s{step}({service}, {reads}, key) -> E{step} {{
                let id = {service}.act({value}, key).await?;
                Ok(E{step} {{ id, note: None }})
            }}
                compensate({service}, s{step}) {{ {service}.undo(s{step}.id).await?; Ok(()) }}"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use std::collections::BTreeSet;

    #[test]
    fn programs_are_filled_in_and_have_names_of_their_own() {
        let programs = Kind::all().into_iter().map(|kind| kind.program(2));
        let programs: Vec<_> = programs.collect();
        for program in &programs {
            assert!(!program.text.contains('$'), "{}", program.text);
            for saga in ["pub mod saga0 {", "pub mod saga1 {"] {
                assert_eq!(program.text.matches(saga).count(), 1, "{}", program.name);
            }
        }
        let names: BTreeSet<_> = programs.iter().map(|program| &program.name).collect();
        assert_eq!(names.len(), programs.len());
    }
}
