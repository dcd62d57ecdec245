//! The requests to cancel a run, from when they reach it until one is recorded.

use super::Shared;
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
    noted: Option<u64>,
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

impl Shared {
    /// Asks the run to cancel, for this operator, and to answer the message once that is recorded.
    /// Returns the number of the request; numbers begin at 1.
    pub(crate) fn asked(&self, who: Attribution, message: Option<u64>) -> u64 {
        let mut buffer = self.buffer();
        let cancels = &mut buffer.cancels;
        if cancels.noted.is_some() && message.is_none() {
            // Nothing of it will be recorded.
            return 0;
        }
        cancels.numbered += 1;
        let number = cancels.numbered;
        cancels.asked.push(Asked {
            number,
            who,
            message,
        });
        drop(buffer);
        self.wanted.notify_one();
        number
    }

    /// Withdraws a request to cancel, unless the run has noted it. Returns whether it was withdrawn.
    pub(crate) fn unasked(&self, number: u64) -> bool {
        let asked = &mut self.buffer().cancels.asked;
        let before = asked.len();
        asked.retain(|it| it.number != number);
        asked.len() < before
    }

    /// A cancel was recorded before this run began.
    pub(crate) fn was_cancelled(&self) {
        self.buffer().cancels.noted = Some(0);
        self.progress.notify_waiters();
    }

    /// Waits until a cancel is recorded, whoever asked for it.
    pub(crate) async fn cancel_recorded(&self) {
        loop {
            // Made before the look, so that a commit between the look and the wait is not missed.
            let progress = self.progress.notified();
            {
                let buffer = self.buffer();
                let noted = buffer.cancels.noted;
                if noted.is_some_and(|record| buffer.committed >= record) {
                    return;
                }
            }
            progress.await;
        }
    }
}
