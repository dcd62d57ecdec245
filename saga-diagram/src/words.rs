//! What is said of a step, in a few words: the same in all formats.

use crate::graph::{Clause, Graph, Kind, Retry, Step, Undo};

impl Kind {
    /// As the language calls it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Step => "step",
            Self::Pivot => "pivot",
        }
    }
}

impl Retry {
    fn waits(&self) -> String {
        let waits = self.waits.as_ref();
        let waits = waits.map_or_else(String::new, |(base, cap)| format!(", {base}..{cap}"));
        if self.conditional {
            waits + ", if …"
        } else {
            waits
        }
    }

    /// As a number of attempts.
    pub(crate) fn attempts(&self) -> String {
        let limit = match self.limit {
            None => "retry forever".to_owned(),
            Some(limit) => format!("{limit} attempts"),
        };
        limit + &self.waits()
    }

    /// As a number of turns.
    pub(crate) fn turns(&self) -> String {
        let limit = match self.limit {
            None => "turns forever".to_owned(),
            Some(1) => "1 turn".to_owned(),
            Some(limit) => format!("{limit} turns"),
        };
        limit + &self.waits()
    }
}

impl Clause {
    /// Its timeout, if it is not the step's own, and its attempts.
    pub(crate) fn policies(&self, step: &Step) -> Vec<String> {
        let timeout = self
            .timeout
            .as_ref()
            .filter(|_| self.timeout != step.timeout);
        let timeout = timeout.map(|timeout| format!("timeout {timeout}"));
        timeout
            .into_iter()
            .chain(self.retry.as_ref().map(Retry::attempts))
            .collect()
    }
}

impl Step {
    /// The ways to settle an unknown outcome, in the order in which they are taken on the way forward.
    pub(crate) fn doubt(&self) -> Vec<String> {
        let late = self
            .late
            .as_ref()
            .filter(|late| self.resolve.is_some() && *late != "0s");
        let resolve = self.resolve.as_ref().map(|_| match late {
            Some(late) => format!("resolve after {late}"),
            None => "resolve".to_owned(),
        });
        let again = self.idempotent.then(|| "same key again".to_owned());
        let by_key = matches!(self.undo, Undo::Declared { by_key: true, .. })
            .then(|| "undo by key".to_owned());
        [resolve, again, by_key].into_iter().flatten().collect()
    }

    /// How an attempt is limited and repeated.
    pub(crate) fn policies(&self) -> Vec<String> {
        let timeout = self
            .timeout
            .as_ref()
            .map(|timeout| format!("timeout {timeout}"));
        let retry = self.retry.as_ref().map(Retry::attempts);
        let abort = self.abort.then(|| "may abort".to_owned());
        [timeout, retry, abort].into_iter().flatten().collect()
    }

    /// The same for `resolve`, if it says something of its own.
    pub(crate) fn asking(&self) -> Option<String> {
        let policies = self.resolve.as_ref()?.policies(self).join(", ");
        Some(policies)
            .filter(|policies| !policies.is_empty())
            .map(|policies| format!("resolve: {policies}"))
    }
}

impl Graph {
    /// Under which conditions a step runs.
    pub(crate) fn conditions(&self, index: usize) -> Vec<String> {
        let when = self.steps[index]
            .when
            .as_ref()
            .map(|reads| format!("when ({})", reads.join(", ")));
        let awaited = self.awaited(index);
        let awaited = (!awaited.is_empty()).then(|| format!("after {}", awaited.join(", ")));
        when.into_iter().chain(awaited).collect()
    }

    /// The first words: what is shown for the saga as a whole.
    pub(crate) fn title(&self) -> String {
        let durable = if self.durable { "durable saga" } else { "saga" };
        format!("{durable} {}", self.name)
    }

    /// What comes out.
    pub(crate) fn result(&self) -> &str {
        match self.output.as_str() {
            "_" => "all effects",
            output => output,
        }
    }
}
