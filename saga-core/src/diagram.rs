//! Pictures of definitions: what `saga-diagram` draws.

use crate::{
    definition::{Call, Compensation, Definition, Kind, Step},
    policy::{Limit, Retry, Timing},
};
use saga_diagram::{Clause, Graph, Undo};

impl Definition {
    /// A picture as SVG, which needs nothing else and follows the reader's theme: forward from top to bottom, the way back beside it.
    ///
    /// ```
    /// # let definition = saga_core::Definition { name: "BookTrip", durable: false, classified: false, inputs: &[], services: &[], output: "_", error: "E", steps: &[], pivot: None, file: "", line: 1 };
    /// let picture: String = definition.to_svg();
    /// assert!(picture.starts_with("<svg "));
    /// ```
    ///
    /// # Panics
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_svg(&self) -> String {
        Graph::from(self).to_svg()
    }

    /// A flowchart in [Mermaid](https://mermaid.js.org).
    ///
    /// # Panics
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        Graph::from(self).to_mermaid()
    }

    /// A graph in the language of [Graphviz](https://graphviz.org).
    ///
    /// # Panics
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_dot(&self) -> String {
        Graph::from(self).to_dot()
    }

    /// A table in Markdown with a row for each step: kind, reads, effect, how it is undone, how doubt is settled, policies.
    ///
    /// # Panics
    /// If an expression that the declaration has for a duration does.
    #[must_use]
    pub fn to_table(&self) -> String {
        Graph::from(self).to_table()
    }
}

impl From<&Definition> for Graph {
    /// # Panics
    /// If an expression that the declaration has for a duration does.
    fn from(definition: &Definition) -> Self {
        let inputs = definition.inputs.iter().map(|input| input.name.to_owned());
        Self {
            name: definition.name.to_owned(),
            durable: definition.durable,
            inputs: inputs.collect(),
            output: definition.output.to_owned(),
            steps: definition.steps.iter().map(step).collect(),
        }
    }
}

fn step(step: &Step) -> saga_diagram::Step {
    saga_diagram::Step {
        name: step.name.to_owned(),
        kind: match step.kind {
            Kind::Read => saga_diagram::Kind::Read,
            Kind::Step => saga_diagram::Kind::Step,
            Kind::Pivot => saga_diagram::Kind::Pivot,
        },
        effect: step.effect.to_owned(),
        block: step.group.map(|group| usize::from(group.first)),
        reads: texts(step.reads),
        when: step.when.map(texts),
        undo: match &step.compensation {
            Compensation::Absent => Undo::Absent,
            Compensation::None => Undo::None,
            Compensation::Declared { by_key, call } => Undo::Declared {
                by_key: *by_key,
                clause: clause(call),
            },
        },
        resolve: step.resolve.as_ref().map(clause),
        fallback: step.fallback.as_ref().map(clause),
        awaits: step.awaits.iter().copied().map(usize::from).collect(),
        timeout: step.timeout.map(duration),
        retry: step.retry.as_ref().map(retry),
        idempotent: step.idempotent,
        late: step.late.map(duration),
        savepoint: step.savepoint.as_ref().map(retry),
        abort: step.abort,
    }
}

fn clause(call: &Call) -> Clause {
    Clause {
        reads: texts(call.reads),
        timeout: call.timeout.map(duration),
        retry: call.retry.as_ref().map(retry),
    }
}

fn retry(retry: &Retry) -> saga_diagram::Retry {
    saga_diagram::Retry {
        limit: match retry.limit {
            Limit::Times(times) => Some(times),
            Limit::Forever => None,
        },
        waits: Some((duration(retry.backoff.base), duration(retry.backoff.cap))),
        conditional: retry.conditional,
    }
}

fn duration(timing: Timing) -> String {
    saga_diagram::duration(timing.get())
}

fn texts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
