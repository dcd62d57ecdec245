//! Two sagas beside each other: the anomalies that are found, the schedules that are played, and that
//! each of them can be played again.

mod anomalies;
mod features;
mod locks;
mod mistakes;
mod schedules;
mod serial;

use std::sync::{Arc, Mutex};
use typed_saga::{Verdict, testing::Interplay};

/// An error that refuses.
#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("no")]
struct No;

impl No {
    fn verdict(_: &Self) -> Verdict {
        Verdict::Refused
    }

    fn of(verdict: Verdict) -> Option<Self> {
        // Without `#[classify]`, every error is transient.
        matches!(verdict, Verdict::Refused | Verdict::Transient).then_some(Self)
    }
}

/// The calls that were made, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    #[expect(clippy::unnecessary_wraps, reason = "what a step returns")]
    fn note(&self, what: impl Into<String>) -> Result<(), No> {
        self.0.lock().unwrap().push(what.into());
        Ok(())
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// What was done, whatever the order.
    fn sorted(&self) -> Vec<String> {
        let mut lines = self.lines();
        lines.sort();
        lines
    }
}

/// What is wrong, with how many switches, in which schedule.
fn findings(report: &Interplay) -> Vec<(&str, usize, &str)> {
    let findings = report.findings().iter();
    let all = findings.map(|it| (it.what(), it.switches(), it.schedule()));
    all.collect()
}

const STATE: &str = "the result matches neither serial order";

fn binomial(n: usize, k: usize) -> usize {
    (1..=k).fold(1, |product, i| product * (n - k + i) / i)
}
