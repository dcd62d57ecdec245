//! The child's line to its parent: calls to vendors, one text line each, and notes.
//!
//! ```text
//!  call 7 1764000000000 book car Rent-3 <key> 0        child to parent: number, when it was sent, what is asked
//!  7 ok 12                                           parent to child: the answer, unless it never comes
//!  note begun Rent-3                                  child to parent
//! ```

use super::sagas::Order;
use std::{
    collections::HashMap,
    env, fmt,
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::oneshot;
use typed_saga::{Key, Verdict};

/// Why a call has no answer.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(crate) enum Trouble {
    Refused,
    Busy,
    Broken,
}

impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Refused => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::Broken => Verdict::Unknown,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// By how many seconds the clock of this process was set apart from the machine's.
static APART: LazyLock<i64> = LazyLock::new(|| {
    let seconds = env::var("FAKETIME");
    seconds.map_or(0, |seconds| seconds.parse().expect("seconds"))
});

/// Milliseconds that the clock of this process shows.
pub(crate) fn clock() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = now.expect("a clock that is set").as_millis();
    u64::try_from(millis).expect("a time that fits")
}

/// Milliseconds of the machine's clock, which parent and child share.
pub(crate) fn now() -> u64 {
    clock().wrapping_add_signed(-*APART * 1000)
}

#[derive(Clone)]
pub(crate) struct Line(Arc<Ends>);

struct Ends {
    /// Lines, and who waits until one is written.
    out: mpsc::Sender<(String, Option<oneshot::Sender<()>>)>,
    number: AtomicU64,
    open: Mutex<HashMap<u64, oneshot::Sender<String>>>,
}

impl Line {
    /// The thread ends when all has been sent after the last clone is dropped.
    pub(crate) fn connect(address: &str) -> (Self, JoinHandle<()>) {
        let mut stream = TcpStream::connect(address).expect("the parent listens");
        stream.set_nodelay(true).expect("an open connection");
        let answers = BufReader::new(stream.try_clone().expect("an open connection"));
        let (out, lines) = mpsc::channel::<(String, Option<oneshot::Sender<()>>)>();
        let line = Self(Arc::new(Ends {
            out,
            number: AtomicU64::new(0),
            open: Mutex::default(),
        }));
        let ends = Arc::downgrade(&line.0);
        thread::spawn(move || {
            for answer in answers.lines().map_while(Result::ok) {
                let (number, answer) = answer.split_once(' ').expect("a number and an answer");
                let number = number.parse().expect("a number");
                let Some(ends) = ends.upgrade() else { return };
                let asked = ends.open.lock().expect("no panic").remove(&number);
                // The caller may have given up.
                asked.map(|asked| asked.send(answer.to_owned()));
            }
        });
        let sent = thread::spawn(move || {
            for (line, written) in lines {
                stream.write_all(line.as_bytes()).expect("the parent lives");
                // Who waited may have given up.
                written.map(|written| written.send(()));
            }
        });
        (line, sent)
    }

    pub(crate) fn note(&self, note: impl fmt::Display) {
        self.send(format!("note {note}\n"), None);
    }

    /// A note that no end of this process can take back once this returns.
    pub(crate) async fn note_for_good(&self, note: String) {
        let (written, is_written) = oneshot::channel();
        self.send(format!("note {note}\n"), Some(written));
        is_written.await.expect("the line is open");
    }

    fn send(&self, line: String, written: Option<oneshot::Sender<()>>) {
        self.0.out.send((line, written)).expect("the line is open");
    }

    async fn call(&self, what: String) -> Result<String, Trouble> {
        let number = self.0.number.fetch_add(1, Ordering::Relaxed);
        let (asked, answer) = oneshot::channel();
        self.0.open.lock().expect("no panic").insert(number, asked);
        self.send(format!("call {number} {} {what}\n", now()), None);
        let answer = answer.await.expect("the parent lives");
        match answer.split_once(' ') {
            Some(("ok", value)) => Ok(value.to_owned()),
            _ if answer == "refused" => Err(Trouble::Refused),
            _ if answer == "busy" => Err(Trouble::Busy),
            _ => Err(Trouble::Broken),
        }
    }

    /// Changes nothing.
    pub(crate) async fn ask(&self, order: &Order) -> Result<u64, Trouble> {
        let price = self.call(format!("ask price {} - 0", order.saga)).await?;
        Ok(price.parse().expect("a price"))
    }

    /// What `step` does at its vendor; the verb tells how the vendor treats keys.
    pub(crate) async fn book(&self, step: &str, order: &Order, key: &Key) -> Result<u64, Trouble> {
        self.pay(step, order, 0, key).await
    }

    pub(crate) async fn pay(
        &self,
        step: &str,
        order: &Order,
        amount: u64,
        key: &Key,
    ) -> Result<u64, Trouble> {
        let verb = if order.refused == step {
            "refuse"
        } else {
            "book"
        };
        let reference = self.call(format!("{verb} {step} {} {key} {amount}", order.saga));
        Ok(reference.await?.parse().expect("a reference"))
    }

    pub(crate) async fn find(&self, step: &str, key: &Key) -> Result<Option<u64>, Trouble> {
        let found = self.call(format!("find {step} - {key} 0")).await?;
        Ok(found.parse().ok())
    }

    pub(crate) async fn cancel(&self, step: &str, reference: u64) -> Result<(), Trouble> {
        self.call(format!("cancel {step} - - {reference}"))
            .await
            .map(drop)
    }

    pub(crate) async fn cancel_key(&self, step: &str, key: &Key) -> Result<(), Trouble> {
        self.call(format!("close {step} - {key} 0")).await.map(drop)
    }
}
