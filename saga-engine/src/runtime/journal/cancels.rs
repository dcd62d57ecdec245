//! The requests to cancel a run, from when they reach it until one is recorded.

use crate::{journal::action::Attribution, journal::request::Answer};
use std::mem;

/// What a run was asked, and what it has noted of that.
#[derive(Default)]
pub(super) struct Cancels {
    /// The requests that the run has not noted, the oldest first.
    asked: Vec<Asked>,
    /// The number of requests so far.
    numbered: u64,
    /// Set once a cancel is noted: the number of records noted up to it; 0 if it was recorded before
    /// this run began.
    pub(super) noted: Option<u64>,
    /// The messages that the next commit answers.
    messages: Vec<u64>,
}

/// A request to cancel.
struct Asked {
    number: u64,
    who: Attribution,
    message: Option<u64>,
}

impl Cancels {
    /// Adds a request, and returns its number; numbers begin at 1.
    pub(super) fn ask(&mut self, who: Attribution, message: Option<u64>) -> u64 {
        if self.noted.is_some() && message.is_none() {
            // Nothing of it will be recorded.
            return 0;
        }
        self.numbered += 1;
        let number = self.numbered;
        self.asked.push(Asked {
            number,
            who,
            message,
        });
        number
    }

    /// Withdraws a request, unless it is noted. Returns whether it was withdrawn.
    pub(super) fn withdraw(&mut self, number: u64) -> bool {
        let before = self.asked.len();
        self.asked.retain(|it| it.number != number);
        self.asked.len() < before
    }

    /// The run notes that it is to be cancelled, as its record with this number. That answers all
    /// requests. Returns who asked first.
    pub(super) fn note(&mut self, record: u64) -> Attribution {
        self.noted.get_or_insert(record);
        let asked = mem::take(&mut self.asked);
        self.messages
            .extend(asked.iter().filter_map(|it| it.message));
        let first = asked.into_iter().next();
        first.map(|first| first.who).unwrap_or_default()
    }

    /// The answers that are recorded with the notes; none if the run has refused to cancel.
    pub(super) fn answers(&mut self, refused: bool) -> Vec<(u64, String)> {
        let mut messages = mem::take(&mut self.messages);
        if refused {
            messages.clear();
        }
        let done = |message| (message, Answer::Done.text());
        messages.into_iter().map(done).collect()
    }
}
