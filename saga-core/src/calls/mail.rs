//! Signals on their way to a run: what was sent, and what a run has accepted and not taken yet.
//!
//! ```text
//!  Handle ── send ──▶ sent ──(run: is it heard?)──▶ kept ── received ──▶ slot
//!     ◀────── answer ────────────┘
//! ```

use crate::{kernel::Hearing, values::codec::Codec};
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
    /// It counts: the step takes it, when the saga is there.
    Accepted,
    /// One that counts is there already, whether or not the step has taken it.
    Duplicate {
        /// Whether its value is the same one. `None` in memory, where values are not compared.
        same: Option<bool>,
    },
    /// The saga does not listen for it any more.
    TooLate,
    /// There is no such saga: never in memory.
    NotFound,
}

impl Signalled {
    /// What is answered by the kernel of a run.
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
    /// The index of the step that it is for, and its value.
    fn open(self) -> (u16, Box<dyn Any + Send>);

    /// The index of the step that it is for, and its value as JSON; `None` if it is not kept.
    ///
    /// # Errors
    /// Why it cannot be written.
    fn write(&self) -> (u16, Option<Result<String, String>>);
}

/// The signals of a saga that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoSignal {}

impl Signals for NoSignal {
    fn open(self) -> (u16, Box<dyn Any + Send>) {
        match self {}
    }

    fn write(&self) -> (u16, Option<Result<String, String>>) {
        match *self {}
    }
}

/// The value of a signal.
enum Value {
    Typed(Box<dyn Any + Send>),
    /// From a record.
    Json(String),
}

/// What a run shares with those who send signals to it.
#[derive(Clone, Default)]
pub struct Mail(Arc<Mutex<Post>>);

#[derive(Default)]
struct Post {
    sent: Vec<Sent>,
    /// Accepted and not taken, by step: one for each at most.
    kept: Vec<(u16, Value)>,
    /// The answers of a run that has ended, by step.
    ended: Option<Vec<(u16, Hearing)>>,
    /// Of the run.
    waker: Option<Waker>,
}

/// A signal that is not answered yet.
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
        // A run that was dropped hears nothing.
        answered.await.map_or(Signalled::TooLate, Signalled::of)
    }

    /// Has the run woken when a signal is sent, and says whether one was.
    pub(crate) fn poll_sent(&self, cx: &Context<'_>) -> bool {
        let mut post = self.post();
        let woken = post.waker.as_ref();
        if !woken.is_some_and(|waker| waker.will_wake(cx.waker())) {
            post.waker = Some(cx.waker().clone());
        }
        !post.sent.is_empty()
    }

    /// What was sent, to be answered.
    pub(crate) fn take_sent(&self) -> Vec<Sent> {
        std::mem::take(&mut self.post().sent)
    }

    /// Answers a signal, and keeps its value if it counts.
    pub(crate) fn answer(&self, sent: Sent, hearing: Hearing) {
        if hearing == Hearing::Accepted {
            self.post().kept.push((sent.step, sent.value));
        }
        // Who asked may have gone.
        let _ = sent.answer.send(hearing);
    }

    /// A value that counts is on record.
    pub(crate) fn keep(&self, step: u16, json: String) {
        self.post().kept.push((step, Value::Json(json)));
    }

    /// The run has ended: this is what is answered from now on.
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

/// Sends signals to a saga in memory, whoever waits for its end: from
/// [`Handle::sender`](crate::Handle::sender). Clones send to the same saga.
pub struct Sender<S> {
    mail: Option<Mail>,
    of: PhantomData<fn(S)>,
}

impl<S: Signals> Sender<S> {
    pub(crate) const fn new(mail: Option<Mail>) -> Self {
        let of = PhantomData;
        Self { mail, of }
    }

    /// Sends the saga a signal, and waits for the answer, which comes when the saga has heard it:
    /// at the next moment at which it waits for something.
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

/// The value that was accepted for a step, which takes it.
///
/// # Panics
/// If there is none, or it is none of this type: the kernel asks for a value that was accepted, and
/// what is on record was read when the run began.
#[must_use]
pub fn received<T: Send + 'static>(mail: &Mail, step: u16, codec: Codec<T>) -> T {
    let mut post = mail.post();
    let position = post.kept.iter().position(|(of, _)| *of == step);
    let position = position.expect("a signal is taken once it was accepted");
    let (_, value) = post.kept.swap_remove(position);
    drop(post);
    match value {
        Value::Typed(value) => *value.downcast().expect("a signal has the type of its step"),
        Value::Json(json) => codec.decode(&json).expect("it was read before"),
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").finish_non_exhaustive()
    }
}
