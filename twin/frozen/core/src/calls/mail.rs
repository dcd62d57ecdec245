//! Signals on their way to a run: those that were sent, and those that the run has accepted and not
//! received yet.
//!
//! ```text
//!  Sender ── send ──▶ sent ──(run: accepted?)──▶ kept ── received ──▶ slot
//!     ◀────── answer ────────────┘
//! ```

use crate::{kernel::Hearing, values::codec::Encoded};
use std::{
    any::Any,
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
};
use tokio::sync::oneshot;

/// The answer to a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Signalled {
    /// The signal counts: the step receives it when the saga reaches the step.
    Accepted,
    /// A signal that counts was sent before, whether or not the step has received it.
    Duplicate {
        /// Whether both have the same value. `None` in memory, where values are not compared.
        same: Option<bool>,
    },
    /// The saga does not wait for the signal any more.
    TooLate,
    /// There is no such saga: never in memory.
    NotFound,
}

impl Signalled {
    /// Converts the answer of a run's kernel.
    pub(crate) const fn of(hearing: Hearing) -> Self {
        match hearing {
            Hearing::Accepted => Self::Accepted,
            Hearing::Duplicate => Self::Duplicate { same: None },
            Hearing::TooLate => Self::TooLate,
        }
    }
}

impl fmt::Display for Signalled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Duplicate { same: Some(false) } => "another value was accepted before",
            Self::Duplicate { .. } => "accepted before",
            Self::TooLate => "too late: the saga no longer waits for it",
            Self::NotFound => "there is no such saga",
        })
    }
}

/// The signals of a saga: an enum that `saga!` declares, with a variant for each.
#[diagnostic::on_unimplemented(
    message = "`{Self}` are not the signals of a saga",
    note = "`saga!` declares an enum for them: the saga's name and `Signal`"
)]
pub trait Signals: Send + Sized + 'static {
    /// Returns the index of the step that the signal is for, and the value.
    fn open(self) -> (u16, Box<dyn Any + Send>);

    /// Returns the index of the step that the signal is for, and the value as JSON; `None` if it is
    /// not stored.
    ///
    /// # Errors
    /// The reason why the value cannot be encoded.
    fn write(&self) -> (u16, Encoded);

    /// Whether two values of the signal of this step, as JSON, are equal to the `==` of its type.
    /// `false` if the type has none, or the values are not stored.
    #[doc(hidden)]
    #[must_use]
    fn same(_step: u16, _one: &str, _other: &str) -> bool {
        false
    }
}

/// The signals of a saga that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSignal {}

impl Signals for NoSignal {
    fn open(self) -> (u16, Box<dyn Any + Send>) {
        match self {}
    }

    fn write(&self) -> (u16, Encoded) {
        match *self {}
    }
}

/// The value of a signal.
pub(super) enum Value {
    Typed(Box<dyn Any + Send>),
    /// From a record.
    Json(String),
}

/// The mailbox of a run, which the run shares with the senders of signals.
#[derive(Clone, Default)]
pub struct Mail(Arc<Mutex<Post>>);

#[derive(Default)]
struct Post {
    sent: Vec<Sent>,
    /// Accepted and not yet received, by step: at most one for each step.
    kept: Vec<(u16, Value)>,
    /// The answers of a run that has ended, by step.
    ended: Option<Vec<(u16, Hearing)>>,
    /// The waker of the run.
    waker: Option<Waker>,
}

/// A signal that has not been answered yet.
pub(crate) struct Sent {
    pub(crate) step: u16,
    value: Value,
    answer: oneshot::Sender<Hearing>,
}

impl Mail {
    fn post(&self) -> MutexGuard<'_, Post> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a signal, and waits for the answer.
    pub(crate) async fn send(&self, signal: impl Signals) -> Signalled {
        let (step, value) = signal.open();
        let (answer, answered) = oneshot::channel();
        {
            let mut post = self.post();
            if let Some(ended) = &post.ended {
                return Signalled::of(of(ended, step));
            }
            let value = Value::Typed(value);
            post.sent.push(Sent {
                step,
                value,
                answer,
            });
            if let Some(waker) = post.waker.take() {
                waker.wake();
            }
        }
        // A run that was dropped does not answer.
        answered.await.map_or(Signalled::TooLate, Signalled::of)
    }

    /// Registers the run to be woken when a signal is sent, and returns whether one was sent.
    pub(crate) fn poll_sent(&self, cx: &Context<'_>) -> bool {
        let mut post = self.post();
        let woken = post.waker.as_ref();
        if !woken.is_some_and(|waker| waker.will_wake(cx.waker())) {
            post.waker = Some(cx.waker().clone());
        }
        !post.sent.is_empty()
    }

    /// Takes the signals that were sent, to answer them.
    pub(crate) fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.post().sent)
    }

    /// Answers a signal, and stores its value if it is accepted.
    pub(crate) fn answer(&self, sent: Sent, hearing: Hearing) {
        if hearing == Hearing::Accepted {
            self.post().kept.push((sent.step, sent.value));
        }
        // The sender may have stopped waiting.
        let _ = sent.answer.send(hearing);
    }

    /// Stores the recorded value of an accepted signal.
    pub(crate) fn keep(&self, step: u16, json: String) {
        self.post().kept.push((step, Value::Json(json)));
    }

    /// Takes the value that was accepted for a step, which now receives it.
    ///
    /// # Panics
    /// If there is no value: the kernel asks only for one that was accepted.
    pub(super) fn take(&self, step: u16) -> Value {
        let mut post = self.post();
        let position = post.kept.iter().position(|(of, _)| *of == step);
        let position = position.expect("a signal is taken once it was accepted");
        post.kept.swap_remove(position).1
    }

    /// The run has ended: these are the answers from now on.
    pub(crate) fn close(&self, answers: Vec<(u16, Hearing)>) {
        let mut post = self.post();
        for sent in std::mem::take(&mut post.sent) {
            let hearing = of(&answers, sent.step);
            let _ = sent.answer.send(hearing);
        }
        post.ended.get_or_insert(answers);
    }
}

/// The answer for a step.
fn of(answers: &[(u16, Hearing)], step: u16) -> Hearing {
    let answer = answers.iter().find(|(of, _)| *of == step);
    answer.map_or(Hearing::TooLate, |(_, hearing)| *hearing)
}

/// Sends signals to a saga in memory, even while other code waits for its end with the handle:
/// returned by [`Started::sender`](crate::Started::sender). Clones send to the same saga.
pub struct Sender<S> {
    mail: Option<Mail>,
    of: PhantomData<fn(S)>,
}

impl<S: Signals> Sender<S> {
    pub(crate) const fn new(mail: Option<Mail>) -> Self {
        let of = PhantomData;
        Self { mail, of }
    }

    /// Sends the saga a signal, and waits for the answer. The saga answers the next time that it
    /// waits for something.
    pub async fn signal(&self, signal: S) -> Signalled {
        match &self.mail {
            Some(mail) => mail.send(signal).await,
            None => Signalled::TooLate,
        }
    }
}

impl<S> Clone for Sender<S> {
    fn clone(&self) -> Self {
        Self {
            mail: self.mail.clone(),
            of: PhantomData,
        }
    }
}

impl<S> fmt::Debug for Sender<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}
