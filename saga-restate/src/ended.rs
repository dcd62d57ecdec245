//! How a saga has ended, as its workflow returns it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use typed_saga::engine::for_logs::{
    Tape,
    record::{self, RecordKind},
};

/// How a saga has ended: the output of its workflow. A saga that is parked has not ended: it waits
/// for an operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[must_use = "a saga that did not complete may need an operator"]
pub enum Ended<T> {
    /// Every step is applied, skipped by its `when`, or fallen back.
    Completed(T),
    /// Every step is applied, but there is no output.
    OutputLost {
        /// Why.
        why: String,
    },
    /// Nothing remains applied except what is listed as left.
    Compensated {
        /// Why it did not complete.
        error: String,
        /// The steps that are left applied, by path.
        left: Vec<String>,
        /// The steps that may be left applied, by path.
        perhaps_left: Vec<String>,
    },
    /// It was parked, or waited, and an operator gave it up for good.
    Abandoned {
        /// The operator.
        by: Option<String>,
        /// Why.
        why: Option<String>,
    },
}

impl<T> Ended<T> {
    /// The output, if it completed.
    ///
    /// # Errors
    /// How it ended otherwise.
    pub fn into_result(self) -> Result<T, Self> {
        match self {
            Self::Completed(output) => Ok(output),
            other => Err(other),
        }
    }
}

/// What the records say of the end; `None`: nothing.
pub(crate) fn ended(tape: &Tape) -> Option<Ended<Box<RawValue>>> {
    let commits = tape.stored().commits.iter().rev();
    let records = commits.flat_map(|commit| {
        let records = record::decode(&commit.records).unwrap_or_default();
        records.into_iter().rev()
    });
    let is_end = |kind| matches!(kind, RecordKind::Ended | RecordKind::Abandoned);
    let record = records.into_iter().find(|record| is_end(record.what))?;
    if record.what == RecordKind::Abandoned {
        let (by, why) = (record.by, record.why);
        return Some(Ended::Abandoned { by, why });
    }
    let steps = |names: Vec<std::borrow::Cow<'static, str>>| -> Vec<String> {
        names.into_iter().map(Into::into).collect()
    };
    let why = record
        .error
        .unwrap_or_else(|| "it is not recorded".to_owned());
    Some(match (record.end?, record.value) {
        (typed_saga::runtime::End::Completed, Some(output)) => Ended::Completed(output),
        (typed_saga::runtime::End::Completed, None) => Ended::OutputLost { why },
        _ => Ended::Compensated {
            error: why,
            left: steps(record.left),
            perhaps_left: steps(record.perhaps_left),
        },
    })
}
