//! What identifies a call: its round, and the key under which the service knows it.

use std::fmt;
use typed_saga_core::definition::{Compensation, Step};

/// The round and the key of a call in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) round: String,
    pub(super) key: Key,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Key {
    #[default]
    Unknown,
    /// The `key` of the step, or the key of its compensation.
    Own(&'static str, String),
    /// A value that the declaration names, and its JSON if it is recorded.
    Named(String, Option<String>),
}

impl Identity {
    /// Whether both calls have the same key, as far as that is known.
    pub(super) fn has_key_of(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether the declaration names the key, and its value is not recorded.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.key, Key::Named(_, None))
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.round)?;
        match &self.key {
            Key::Unknown => Ok(()),
            Key::Own(word, key) => write!(f, ", {word} {key}"),
            Key::Named(name, None) => write!(f, ", by `{name}`"),
            Key::Named(name, Some(json)) => write!(f, ", by `{name}` = {}", shortened(json)),
        }
    }
}

/// As much of a value as a line has room for.
fn shortened(json: &str) -> String {
    const MOST: usize = 60;
    let mut text: String = json.chars().take(MOST).collect();
    if text.len() < json.len() {
        text.push('…');
    }
    text
}

/// The name of the value that is the key; otherwise, whether the key is one for undoing.
pub(super) fn named(step: &Step, undoes: bool) -> Result<&str, bool> {
    let name = match &step.compensation {
        Compensation::Declared { by_key: false, .. } if undoes => return Err(true),
        // An action that is not `#[idempotent]` is known by what undoes it.
        Compensation::Declared { by_key: true, call } if undoes || !step.idempotent => {
            call.keyed_by.as_deref()
        }
        _ => step.keyed_by.as_deref(),
    };
    name.ok_or(false)
}
