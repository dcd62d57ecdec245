//! A service that creates things by their names, and may receive a request long after its caller has
//! given it up. It knows what exists, but not which requests it has seen.

use std::{
    collections::BTreeSet,
    fmt,
    future::pending,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::time::{Instant, sleep, sleep_until};
use typed_saga::{Key, Verdict};

/// For how long a request may arrive after its attempt has ended.
pub(crate) const LATE: Duration = Duration::from_secs(2);
/// The limit of a call.
pub(crate) const LIMIT: Duration = Duration::from_millis(100);

/// The verdict on a failed call.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Trouble(Verdict);

impl Trouble {
    pub(crate) fn verdict(&self) -> Verdict {
        self.0
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Trouble {}

/// Asked for a thing, it cannot tell.
pub(crate) const fn no_answer(_: &Key) -> Result<Option<u32>, Trouble> {
    Err(Trouble(Verdict::Transient))
}

/// How the first attempt to create a thing is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Timeout,
    Unknown,
    Partial,
    Panic,
    /// With its process.
    Crash,
}

#[derive(Clone, Debug)]
pub(crate) struct Shop(Arc<Mutex<Books>>);

/// What the shop does with requests for the thing `made`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How the first attempt is lost, if it is, and how long after its end it arrives, if it does.
    pub(crate) loses: Option<(How, Option<Duration>)>,
    /// Whether the shop refuses to create it, unless it exists.
    pub(crate) refuses: bool,
    /// How long after its call the step refuses that makes the saga roll back.
    pub(crate) pause: Duration,
}

#[derive(Debug)]
struct Books {
    /// What exists.
    there: BTreeSet<String>,
    plan: Plan,
    /// When the thing was asked for.
    asked_at: Vec<Instant>,
    /// When the unconfirmed attempt ended; after a crash, when the next process began.
    lost_at: Option<Instant>,
    refused_at: Option<Instant>,
    /// When the thing was removed first.
    removed_at: Option<Instant>,
}

impl Shop {
    pub(crate) fn new(plan: Plan) -> Self {
        Self(Arc::new(Mutex::new(Books {
            there: BTreeSet::new(),
            plan,
            asked_at: Vec::new(),
            lost_at: None,
            refused_at: None,
            removed_at: None,
        })))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// The request of an attempt that ends at this time arrives when it does.
    fn loses(&self, ends: Instant, after: Option<Duration>) {
        self.books().lost_at = Some(ends);
        let (shop, Some(after)) = (self.clone(), after) else {
            return;
        };
        tokio::spawn(async move {
            sleep_until(ends + after).await;
            shop.books().there.insert("made".to_owned());
        });
    }

    pub(crate) async fn create(&self, name: &str, _: &Key) -> Result<u32, Trouble> {
        match (name == "made").then(|| self.lost()).flatten() {
            Some(How::Timeout | How::Crash) => return pending().await,
            Some(How::Unknown) => return Err(Trouble(Verdict::Unknown)),
            Some(How::Partial) => return Err(Trouble(Verdict::Partial)),
            Some(How::Panic) => panic!("lost"),
            None => {}
        }
        let mut books = self.books();
        if name == "made" {
            books.asked_at.push(Instant::now());
            if books.plan.refuses && !books.there.contains(name) {
                return Err(Trouble(Verdict::Refused));
            }
        }
        books.there.insert(name.to_owned());
        Ok(7)
    }

    /// How this attempt is lost, if it is.
    fn lost(&self) -> Option<How> {
        let now = Instant::now();
        let (how, after) = self.books().plan.loses.take()?;
        self.books().asked_at.push(now);
        match how {
            How::Crash => self.books().lost_at = Some(now),
            How::Timeout => self.loses(now + LIMIT, after),
            How::Unknown | How::Partial | How::Panic => self.loses(now, after),
        }
        Some(how)
    }

    /// The next process begins, after one in which the attempt was lost.
    pub(crate) fn recovers(&self, after: Option<Duration>) {
        self.loses(Instant::now(), after);
    }

    #[allow(clippy::unnecessary_wraps, reason = "a compensation returns this")]
    pub(crate) fn remove(&self, name: &str) -> Result<(), Trouble> {
        let mut books = self.books();
        books.there.remove(name);
        if name == "made" {
            books.removed_at.get_or_insert_with(Instant::now);
        }
        Ok(())
    }

    pub(crate) fn remove_all(&self) -> Result<(), Trouble> {
        self.books().there.clear();
        self.remove("made")
    }

    pub(crate) async fn refuse(&self) -> Result<(), Trouble> {
        let pause = self.books().plan.pause;
        sleep(pause).await;
        self.books().refused_at.get_or_insert_with(Instant::now);
        Err(Trouble(Verdict::Refused))
    }

    /// Whether an attempt has been lost, or a process may end now to lose it.
    pub(crate) fn is_lost(&self) -> bool {
        self.books().lost_at.is_some()
    }

    pub(crate) fn there(&self) -> Vec<String> {
        self.books().there.iter().cloned().collect()
    }

    /// How long the removal came after the refusal, and when the unconfirmed attempt could arrive
    /// no more.
    pub(crate) fn waited(&self) -> (Duration, Duration) {
        let books = self.books();
        let refused = books.refused_at.or(books.lost_at);
        let refused = refused.expect("the saga rolls back");
        let removed = books.removed_at.expect("the thing is removed");
        let over = books.lost_at.map_or(refused, |lost| lost + LATE);
        (
            removed.saturating_duration_since(refused),
            over.saturating_duration_since(refused),
        )
    }

    /// How long after the end of the unconfirmed attempt each other attempt began.
    pub(crate) fn asked_again(&self) -> Vec<Duration> {
        let books = self.books();
        let lost = books.lost_at.expect("an attempt was lost");
        let again = books.asked_at.iter().skip(1);
        again.map(|at| at.saturating_duration_since(lost)).collect()
    }
}
