//! What is drawn.

use crate::{dot, markdown, mermaid, svg};

/// A saga, as far as a picture shows it. All texts are shown as they are; no format takes them for its own syntax.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The saga's name.
    pub name: String,
    /// Whether it is declared `durable`.
    pub durable: bool,
    /// The names of its inputs.
    pub inputs: Vec<String>,
    /// The output's type as written; `_` for the struct of all effects.
    pub output: String,
    /// All steps in order of declaration.
    pub steps: Vec<Step>,
}

/// What a step promises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing outside.
    Read,
    /// Can be undone; after the pivot: succeeds in the end.
    #[default]
    Step,
    /// The point of no return.
    Pivot,
}

/// One step of a [`Graph`]. Durations are texts: of a declaration they are as written, of a definition as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// What it promises.
    pub kind: Kind,
    /// The effect's type as written; `()` without one.
    pub effect: String,
    /// The index of the first step of its `concurrent` block.
    pub block: Option<usize>,
    /// The names that its action reads.
    pub reads: Vec<String>,
    /// The names that its `when` reads.
    pub when: Option<Vec<String>>,
    /// How it is undone.
    pub undo: Undo,
    /// How an unknown outcome is asked for.
    pub resolve: Option<Clause>,
    /// What takes its place if it fails.
    pub fallback: Option<Clause>,
    /// The indices of the siblings that must have committed before it starts; all before its own.
    pub awaits: Vec<usize>,
    /// The limit of one attempt.
    pub timeout: Option<String>,
    /// How often it is attempted.
    pub retry: Option<Retry>,
    /// Whether another attempt under the same key has the effect once.
    pub idempotent: bool,
    /// How long after an attempt its operation may still arrive.
    pub late: Option<String>,
    /// Where the way back may turn forward again.
    pub savepoint: Option<Retry>,
    /// Whether an error may abort the saga.
    pub abort: bool,
}

/// How a step is undone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Undo {
    /// It says nothing.
    #[default]
    Absent,
    /// `compensate none`: it may be left standing.
    None,
    /// `compensate(…)`.
    Declared {
        /// Whether it is right no matter if the action happened, and stops a late one.
        by_key: bool,
        /// The call.
        clause: Clause,
    },
}

/// A clause's reads and policies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clause {
    /// The names that it reads.
    pub reads: Vec<String>,
    /// The limit of one attempt.
    pub timeout: Option<String>,
    /// How often it is attempted.
    pub retry: Option<Retry>,
}

/// How often, how far apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retry {
    /// Attempts in all, or turns; `None` for `forever`.
    pub limit: Option<u32>,
    /// The first wait and the longest, if they are known.
    pub waits: Option<(String, String)>,
    /// Whether it says `if = …`.
    pub conditional: bool,
}

impl Graph {
    /// A picture in SVG: forward from top to bottom, the way back beside it, blocks side by side in a frame, a line where nothing returns.
    ///
    /// It needs nothing else: no script, no font, no style sheet. It follows the theme of the page that it stands in (of rustdoc's pages, or
    /// `prefers-color-scheme`), may stand within HTML, and has no blank line, so that it may stand within Markdown, too.
    #[must_use]
    pub fn to_svg(&self) -> String {
        svg::svg(self)
    }

    /// A flowchart in Mermaid.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        mermaid::mermaid(self)
    }

    /// A graph in the language of Graphviz.
    #[must_use]
    pub fn to_dot(&self) -> String {
        dot::dot(self)
    }

    /// A table in Markdown with a row for each step: kind, reads, effect, how it is undone, how doubt is settled, policies.
    #[must_use]
    pub fn to_table(&self) -> String {
        markdown::table(self)
    }

    /// Single steps and the steps of each block, in order, as indices; none of them is empty.
    pub(crate) fn units(&self) -> Vec<Vec<usize>> {
        let mut units: Vec<Vec<usize>> = Vec::new();
        for (index, step) in self.steps.iter().enumerate() {
            let last = units.last_mut();
            match last
                .filter(|unit| step.block.is_some() && self.steps[unit[0]].block == step.block)
            {
                Some(unit) => unit.push(index),
                None => units.push(vec![index]),
            }
        }
        units
    }

    /// The names of the siblings that a step waits for.
    pub(crate) fn awaited(&self, index: usize) -> Vec<&str> {
        let siblings = self.steps[index].awaits.iter();
        siblings
            .filter_map(|&sibling| self.steps.get(sibling))
            .map(|step| step.name.as_str())
            .collect()
    }
}

impl Step {
    /// Whether it has an effect that others can read.
    pub(crate) fn gives(&self) -> Option<&str> {
        Some(self.effect.as_str()).filter(|effect| *effect != "()" && !effect.is_empty())
    }
}
