//! What is written into Restate's log: the value of each `commit`. This is a format on disk: a later
//! release replays invocations with it.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::time::Duration;
use typed_saga::engine::{
    Action, Attribution, State, Time,
    for_logs::{self, Written},
    for_stores::{Change, Commit},
};

/// One entry.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// When it was made.
    pub(crate) at: Time,
    /// What the handler does next. All that it does follows from this, and from nothing else.
    pub(crate) then: Then,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) commit: Option<Kept>,
    /// What is answered to who asked for something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<Reply>,
    /// Whether the commit is kept in the state of the workflow, too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) watched: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// What the handler does behind an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Then {
    /// It runs on.
    On,
    /// It looks whether something was asked, and runs on.
    Look,
    /// It waits until then, or for what is asked.
    Until(Time),
    /// It waits for what is asked.
    Ask,
    /// The same, and the saga is parked.
    Parked,
    /// It has ended.
    Over,
}

/// A commit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    seq: u64,
    records: Box<RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begins: Option<Begins>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    definition: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    change: Option<Change>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Begins {
    input: Box<RawValue>,
    fingerprint: u64,
    /// The life of the saga, as text.
    life: String,
}

/// What is asked of a saga, in the promise `ask-{n}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ask {
    /// The invocation that asks: whose promise it is.
    pub(crate) by: String,
    pub(crate) action: Action,
    pub(crate) who: Attribution,
}

/// What a saga answers to what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// It is done, and on record.
    Done,
    /// It is a signal, and one that counts is there already.
    Duplicate {
        /// Whether the value is the same one.
        same: bool,
    },
    /// It is a signal that the saga does not listen for any more.
    NotHeard,
    /// It is not done, for this reason.
    Refused(String),
    /// It was asked what would follow: this.
    Plan(String),
}

/// A wait longer than this is for ever: what it waits for is to be asked.
const FOR_EVER: Duration = Duration::from_secs(86_400 * 365 * 10);

impl Entry {
    /// A commit of a saga that runs.
    pub(crate) fn of(written: &Written) -> Result<Self, serde_json::Error> {
        let at = written.commit.at;
        let then = match written.rests() {
            None if written.listens => Then::Look,
            None => Then::On,
            Some(Some(until)) if until.since(at) > FOR_EVER => Then::Ask,
            Some(Some(until)) => Then::Until(until),
            Some(None) => Then::rests(written),
        };
        Self::with(written, then)
    }

    /// What somebody did to it, and the saga goes on with, unless it rests.
    pub(crate) fn acted(written: &Written) -> Result<Self, serde_json::Error> {
        let then = match written.rests() {
            Some(None) => Then::rests(written),
            Some(Some(_)) | None => Then::On,
        };
        let answer = Some(Reply::Done);
        let entry = Self::with(written, then)?;
        Ok(Self { answer, ..entry })
    }

    /// Something is not done, and the saga goes on as it would have.
    pub(crate) fn refused(answer: Reply, then: Then, at: Time) -> Self {
        Self {
            at,
            then,
            commit: None,
            answer: Some(answer),
            watched: false,
        }
    }

    fn with(written: &Written, then: Then) -> Result<Self, serde_json::Error> {
        Ok(Self {
            at: written.commit.at,
            then,
            commit: Some(Kept::of(written)?),
            answer: None,
            watched: false,
        })
    }

    pub(crate) fn written(&self) -> Option<Written> {
        Some(self.commit.as_ref()?.written(self.at))
    }
}

impl Then {
    /// Whether the saga waits for what is asked behind it, and nothing of it runs.
    pub(crate) fn waits(self) -> bool {
        matches!(self, Self::Until(_) | Self::Ask | Self::Parked)
    }

    fn rests(written: &Written) -> Self {
        let state = written.change.as_ref().map(|change| change.state);
        match state {
            Some(State::Parked) => Self::Parked,
            _ => Self::Over,
        }
    }
}

fn raw(text: &str) -> Result<Box<RawValue>, serde_json::Error> {
    RawValue::from_string(text.to_owned())
}

impl Kept {
    fn of(written: &Written) -> Result<Self, serde_json::Error> {
        let begins = written.begins.as_ref().map(|begins| {
            Ok(Begins {
                input: raw(&begins.input)?,
                fingerprint: begins.fingerprint,
                life: begins
                    .life
                    .map_or_else(String::new, |life| life.to_string()),
            })
        });
        Ok(Self {
            seq: written.commit.seq,
            records: raw(&written.commit.records)?,
            begins: begins.transpose()?,
            definition: written.definition.as_deref().map(raw).transpose()?,
            change: written.change.clone(),
        })
    }

    fn written(&self, at: Time) -> Written {
        let begins = self.begins.as_ref();
        Written::of(
            Commit {
                seq: self.seq,
                at,
                records: self.records.get().to_owned(),
            },
            self.change.clone(),
            begins.map(|begins| {
                Box::new(for_logs::Begins {
                    input: begins.input.get().to_owned(),
                    fingerprint: begins.fingerprint,
                    life: begins.life.parse().ok(),
                })
            }),
            self.definition.as_ref().map(|json| json.get().to_owned()),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, Then};

    const KEPT: [&str; 4] = [
        r#"{"at":7,"then":"on","commit":{"seq":0,"records":[{"what":"started"}],"begins":{"input":{},"fingerprint":9,"life":"0123456789abcdef.0"},"definition":{"name":"A"}}}"#,
        r#"{"at":8,"then":{"until":900},"commit":{"seq":1,"records":[],"change":{"state":"waiting","hold":{"until":900}}},"watched":true}"#,
        r#"{"at":8,"then":"on","commit":{"seq":1,"records":[],"definition":{"name":"B"},"change":{"state":"running","hold":"keep","fingerprint":5}}}"#,
        r#"{"at":9,"then":"over","commit":{"seq":2,"records":[],"change":{"state":"completed","hold":"rest","events":[{"key":"k","payload":[1]}]}},"answer":"done"}"#,
    ];

    #[test]
    fn what_was_written_is_read_and_written_alike() {
        for text in KEPT {
            let entry: Entry = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&entry).unwrap(), text);
            let written = entry.written().unwrap();
            let mut again = Entry::of(&written).unwrap();
            again.watched = entry.watched;
            again.answer = entry.answer;
            assert_eq!(again.then, entry.then);
            assert_eq!(serde_json::to_string(&again).unwrap(), text);
        }
        for then in [Then::Look, Then::Ask, Then::Parked] {
            let text = serde_json::to_string(&then).unwrap();
            assert_eq!(serde_json::from_str::<Then>(&text).unwrap(), then);
        }
    }
}
