//! What is seen of a failure: what is read back from its record. So a decision before a wait or a
//! crash is the same as after it, and the same where a durable saga runs in memory.
//!
//! Only the predicates that judge an attempt see its error as it was returned: what they say is in
//! the record.

use super::{rules::Rules, run_state::RunState, tell::words};
use crate::{
    basics::discard::discard,
    calls::{
        attached::{Attached, Words},
        journal::{Journal, limited},
        perform::Scope,
    },
    history::cause::{cause as recorded, value, word},
    kernel::{Event, FailureKind},
    report::raised::Raised,
    values::{cause::Cause, written::Written},
};
use std::borrow::Cow;

impl RunState {
    /// Notes the failure of a call, and applies its event. Returns the cause as it is read back.
    #[inline]
    pub(crate) fn apply_failed<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        event: Event,
        cause: Cause<Raised>,
    ) -> Cause<Raised> {
        if self.rules.error_codec.is_none() {
            self.apply_caused(scope, event, Some(&cause));
            return cause;
        }
        self.apply_read_back(scope, event, cause)
    }

    #[inline(never)]
    fn apply_read_back<J: Journal>(
        &mut self,
        scope: &Scope<'_, J>,
        event: Event,
        cause: Cause<Raised>,
    ) -> Cause<Raised> {
        let (words, cause) = match cause {
            Cause::Failed(error) => remembered(scope, self.rules, event.step(), error),
            cause => self.read_back(event, cause),
        };
        scope.note(event, Attached::words(Some(words)));
        self.apply_noted(scope, event, Some(&cause));
        cause
    }

    /// A cause that is not an error.
    fn read_back(&self, event: Event, cause: Cause<Raised>) -> (Words, Cause<Raised>) {
        let how = event.failure().unwrap_or(FailureKind::Error);
        let words = Words {
            text: self.text(event, &cause),
            value: value(&cause),
            why: word(how, &cause).map(Cow::Borrowed),
        };
        discard(cause);
        let read = recorded(how, words.said());
        (
            words,
            read.map(|Written { text, .. }| Cause::Recorded { text }),
        )
    }
}

/// How an error is recorded, and what is read of the record. An error whose value cannot be recorded
/// is its text.
pub(super) fn remembered<J: Journal>(
    scope: &Scope<'_, J>,
    rules: &Rules,
    step: Option<u16>,
    error: Raised,
) -> (Words, Cause<Raised>) {
    let (error, json) = scope.read_back(step, "its error", &rules.error_codec, error);
    let text = words(rules, &error);
    let limit = scope.value_limit();
    let within = |json| limited(json, limit);
    let why = match json.map(|json| json.and_then(within)) {
        Some(Ok(json)) => {
            let words = Words {
                text,
                value: Some(json),
                why: None,
            };
            return (words, Cause::Failed(error));
        }
        Some(Err(why)) => why,
        None => "it is not serialised".to_owned(),
    };
    discard(error);
    let words = Words {
        text: text.clone(),
        value: None,
        why: Some(format!("its value is not recorded: {why}").into()),
    };
    (words, Cause::Recorded { text })
}

/// A copy of an error as it is recorded. The error was read back before.
pub(crate) fn write(rules: &Rules, error: &Raised) -> Cause<Written> {
    let text = words(rules, error);
    match rules.error_codec.encode(error) {
        Some(Ok(json)) => Cause::Failed(Written {
            text,
            json,
            of: Vec::new(),
        }),
        Some(Err(_)) | None => Cause::Recorded { text },
    }
}

/// A copy of an error, which is text if the saga is not durable. The error was read back before.
pub(crate) fn copy(rules: &Rules, error: &Raised) -> Cause<Raised> {
    match rules.error_codec.recorded(error) {
        Some(Ok((_, copy))) => Cause::Failed(copy),
        Some(Err(_)) | None => Cause::Recorded {
            text: words(rules, error),
        },
    }
}
