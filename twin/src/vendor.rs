//! The other side of all calls: it answers by the seed, and notes what it was asked. It outlives
//! processes, and knows neither of the two libraries.

use crate::{
    course::{Course, Crash},
    dice,
    seen::Line,
};
use std::{
    collections::BTreeMap,
    future::pending,
    panic::resume_unwind,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

/// A handle of the vendor.
#[derive(Clone, Debug)]
pub(crate) struct Vendor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    course: Course,
    began: Instant,
    /// Tells of the call in which the saga is cancelled, and of the one in which its process dies.
    cancels: Notify,
    dies: Notify,
    books: Mutex<Books>,
}

#[derive(Debug, Default)]
struct Books {
    calls: Vec<Line>,
    /// How often each was called.
    counts: BTreeMap<(char, String), usize>,
}

/// What a call says that did not go well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Refused,
    Transient,
    Unknown,
    Partial,
}

/// How a call is answered.
enum Answer {
    Yes(u64),
    No(Trouble),
    Silence,
    Panic,
}

/// How long calls take, in milliseconds; those that are limited may take a second.
const WAITS: [u64; 8] = [0, 0, 1, 7, 10, 10, 300, 990];
/// From this call on, all of one kind go well: what is tried forever comes to an end.
const PATIENCE: usize = 6;

impl Vendor {
    /// Of a saga that begins now.
    pub(crate) fn new(course: &Course) -> Self {
        Self(Arc::new(Shared {
            course: course.clone(),
            began: Instant::now(),
            cancels: Notify::new(),
            dies: Notify::new(),
            books: Mutex::default(),
        }))
    }

    /// A call that may hang: whoever makes it limits it.
    pub(crate) async fn call(&self, mark: char, path: &str, with: String) -> Result<u64, Trouble> {
        let (answer, wait) = self.answer(mark, path, with);
        if !wait.is_zero() {
            sleep(wait).await;
        }
        match answer {
            Answer::Yes(number) => Ok(number),
            Answer::No(trouble) => Err(trouble),
            Answer::Silence => pending().await,
            Answer::Panic => panics(),
        }
    }

    /// A call that ends at once.
    pub(crate) fn ask(&self, mark: char, path: &str, with: String) -> Result<u64, Trouble> {
        match self.answer(mark, path, with).0 {
            Answer::Yes(number) => Ok(number),
            Answer::No(trouble) => Err(trouble),
            Answer::Silence | Answer::Panic => panics(),
        }
    }

    /// Notes something that is no call.
    pub(crate) fn note(&self, of: &str, text: String) {
        let at = self.0.began.elapsed();
        self.books()
            .calls
            .push(Line::new(of, format!("{at:?} {text}")));
    }

    /// Waits for the call in which the saga is cancelled.
    pub(crate) async fn cancels(&self) {
        self.0.cancels.notified().await;
    }

    /// Waits for the call in which the process dies.
    pub(crate) async fn dies(&self) {
        self.0.dies.notified().await;
    }

    /// All that it was asked.
    pub(crate) fn calls(&self) -> Vec<Line> {
        self.books().calls.clone()
    }

    fn answer(&self, mark: char, path: &str, with: String) -> (Answer, Duration) {
        let course = &self.0.course;
        let (number, count) = {
            let mut books = self.books();
            let count = books.counts.entry((mark, path.to_owned())).or_default();
            *count += 1;
            let before = *count - 1;
            (books.calls.len(), before)
        };
        self.note(path, format!("{mark}{path}({with})"));
        if course.cancel == Some(number) {
            self.0.cancels.notify_one();
        }
        if course.crashes.contains(&Crash::During(number)) {
            self.0.dies.notify_one();
        }
        let draw = |what| {
            dice::at(
                course.seed,
                &[what, path, mark.encode_utf8(&mut [0; 4])],
                count,
            )
        };
        let wait = WAITS[to_usize(draw("wait")) % WAITS.len()];
        let wait = Duration::from_millis(wait);
        let is_wrong = draw("wrong") % 16 < course.wrong && count < PATIENCE;
        // A planted answer is the other one.
        if is_wrong == (course.planted == Some(number)) {
            return (Answer::Yes(draw("number") % 1_000), wait);
        }
        let answer = match draw("how") % 12 {
            0..3 => Answer::No(Trouble::Refused),
            3..6 => Answer::No(Trouble::Transient),
            6..8 => Answer::No(Trouble::Unknown),
            8 => Answer::No(Trouble::Partial),
            9..11 => Answer::Silence,
            _ => Answer::Panic,
        };
        (answer, wait)
    }

    /// No method panics half-way.
    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Without the words on standard error.
fn panics() -> ! {
    resume_unwind(Box::new("on purpose"))
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number >> 33).unwrap_or(0)
}
