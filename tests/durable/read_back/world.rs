//! The sagas whose failures are compared, and what their code sees of them.

use serde::{Deserialize, Serialize, Serializer, ser};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::sleep;
use typed_saga::{Cause, Failure, Verdict, saga};

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum How {
    Refuses,
    /// The same, and the savepoint's `if` agrees to another try.
    RefusesAgain,
    Panics,
    Hangs,
    /// The error cannot be serialised.
    Odd,
    /// The error is larger than the limit.
    Large,
}

/// The limit of the engines here.
pub(crate) const LIMIT: usize = 1000;

/// An error that is not what it was once it is read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Flaw {
    pub(crate) code: u32,
    #[serde(skip)]
    pub(crate) fresh: bool,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum What {
    Plain,
    Odd(Odd),
    Large(String),
}

/// Fails to be serialised.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Odd;

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom("odd"))
    }
}

/// The error of the parent, to which that of its child sagas is converted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Error {
    Own(Flaw),
    OfChild { flaw: Flaw, converted: bool },
}

impl Flaw {
    fn of(how: How) -> Self {
        let (code, what) = match how {
            How::RefusesAgain => (1, What::Plain),
            How::Odd => (0, What::Odd(Odd)),
            How::Large => (0, What::Large("x".repeat(2 * LIMIT))),
            _ => (0, What::Plain),
        };
        let fresh = true;
        Self { code, fresh, what }
    }

    fn busy() -> Self {
        Self {
            code: 7,
            ..Self::of(How::Refuses)
        }
    }

    /// Only what was just returned is a refusal.
    fn verdict(&self) -> Verdict {
        match (self.fresh, self.code) {
            (true, 7) => Verdict::Transient,
            (true, _) => Verdict::Refused,
            (false, _) => Verdict::Unknown,
        }
    }
}

impl From<Flaw> for Error {
    fn from(flaw: Flaw) -> Self {
        if flaw.fresh {
            return Self::Own(flaw);
        }
        let converted = true;
        Self::OfChild { flaw, converted }
    }
}

impl Error {
    fn verdict(&self) -> Verdict {
        let (Self::Own(flaw) | Self::OfChild { flaw, .. }) = self;
        flaw.verdict()
    }

    /// The `if` of the savepoint.
    fn turns(failure: &Failure<Self>) -> bool {
        aside("if", shown(failure));
        failure.error().is_none_or(|error| {
            let (Self::Own(flaw) | Self::OfChild { flaw, .. }) = error;
            flaw.code == 1
        })
    }
}

thread_local! {
    /// What code has seen that has no services.
    static ASIDE: RefCell<Vec<(&'static str, String)>> = const { RefCell::new(Vec::new()) };
}

fn aside(place: &'static str, view: String) {
    ASIDE.with_borrow_mut(|aside| aside.push((place, view)));
}

/// What was seen, by the place that saw it.
pub(crate) type Views = BTreeMap<String, Vec<String>>;

/// Notes what is seen.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    views: Arc<Mutex<Views>>,
    /// The compensations fail once, and are called again after a wait.
    waits: bool,
    /// The compensation at this place fails for good.
    stuck: Option<&'static str>,
}

impl Seen {
    pub(crate) fn waiting(waits: bool) -> Self {
        Self {
            waits,
            ..Self::default()
        }
    }

    pub(crate) fn stuck(place: &'static str) -> Self {
        Self {
            stuck: Some(place),
            ..Self::default()
        }
    }

    pub(crate) fn note(&self, place: &str, view: String) {
        let mut views = self.views.lock().unwrap();
        views.entry(place.to_owned()).or_default().push(view);
    }

    /// All that was seen.
    pub(crate) fn views(&self) -> Views {
        for (place, view) in ASIDE.with_borrow_mut(std::mem::take) {
            self.note(place, view);
        }
        self.views.lock().unwrap().clone()
    }

    fn times(&self, place: &str) -> usize {
        self.views.lock().unwrap().get(place).map_or(0, Vec::len)
    }

    /// A compensation sees why it is called.
    fn undo<E: std::fmt::Debug>(&self, place: &str, failure: &Failure<E>) -> Result<(), Flaw> {
        self.note(place, shown(failure));
        let is_first = self.times(place) == 1;
        let stuck = self.stuck.is_some_and(|stuck| stuck == place);
        if stuck || self.waits && is_first {
            return Err(Flaw::busy());
        }
        Ok(())
    }
}

/// Everything that code can see of a failure.
pub(crate) fn shown<E: std::fmt::Debug>(failure: &Failure<E>) -> String {
    let (path, call, verdict) = (failure.path(), failure.call(), failure.verdict());
    match failure.cause() {
        Cause::ParentRolledBack(parent) => format!(
            "{path:?} {call:?}: {} {:?} {:?} {:?}",
            parent.saga(),
            parent.path(),
            parent.text(),
            parent.verdict()
        ),
        cause => format!("{path:?} {call:?} {verdict:?} {cause:?}"),
    }
}

/// A step runs: it fails if it is the one that does.
async fn acts(place: &str, fails: &str, how: How) -> Result<u32, Flaw> {
    if place != fails {
        return Ok(1);
    }
    // What is beside it begins.
    sleep(Duration::from_millis(100)).await;
    match how {
        How::Panics => panic!("{place} panics"),
        How::Hangs => sleep(Duration::from_secs(1000)).await,
        _ => {}
    }
    Err(Flaw::of(how))
}

/// What fails below this place: what follows its name.
fn below(fails: &str, place: &str) -> String {
    let below = fails.strip_prefix(place);
    let below = below.and_then(|below| below.strip_prefix('/'));
    below.unwrap_or_default().to_owned()
}

saga! {
    #[classify(Flaw::verdict)]
    #[timeout(5s)]
    #[late(0s)]
    #[retry(1)]
    durable saga Leaf(at: String, fails: String, how: How) with (seen: Seen) -> Result<u32, Flaw> {
        step one(fails, how) -> u32 { acts("one", fails, *how).await }
            resolve() { Ok(None) }
            #[retry(3, 1m..1m, jitter = false)]
            compensate(seen, at, failure) { seen.undo(&format!("{at}/one"), failure) }
        step two(fails, how) -> u32 { acts("two", fails, *how).await }
            resolve() { Ok(None) }
            #[retry(3, 1m..1m, jitter = false)]
            compensate(seen, at, failure) { seen.undo(&format!("{at}/two"), failure) }
        one + two
    }

    #[classify(Flaw::verdict)]
    #[timeout(5s)]
    #[late(0s)]
    #[retry(1)]
    durable saga Branch(at: String, fails: String, how: How)
    with (seen: Seen)
    -> Result<u32, Flaw>
    {
        step one(fails, how) -> u32 { acts("one", fails, *how).await }
            resolve() { Ok(None) }
            #[retry(3, 1m..1m, jitter = false)]
            compensate(seen, at, failure) { seen.undo(&format!("{at}/one"), failure) }
        #[timeout(1h)]
        step leaf(at, fails, how) -> u32 =
            saga Leaf {
            at: format!("{at}/leaf"), fails: below(fails, "leaf"), how: *how,
        } with (seen);
        #[concurrent(2)]
        for n: u32 in (=> [0, 1])
        step each(n, fails, how) -> u32 { acts(&format!("each{n}"), fails, *how).await }
            resolve() { Ok(None) }
            #[retry(3, 1m..1m, jitter = false)]
            compensate(seen, at, n, failure) { seen.undo(&format!("{at}/each{n}"), failure) }
        one + leaf + each.iter().sum::<u32>()
    }

    /// Every kind of step that can fail or be undone, one after the other and side by side.
    #[classify(Error::verdict)]
    #[timeout(5s)]
    #[late(0s)]
    #[retry(1)]
    pub(crate) durable saga Tree(fails: String, how: How)
    with (seen: Seen)
    -> Result<u32, Error> emit String
    {
        #[savepoint(1, 1m..1m, jitter = false, if = Error::turns)]
        step first(fails, how) -> u32 { Ok(acts("first", fails, *how).await?) }
            resolve() { Ok(None) }
            #[retry(3, 1m..1m, jitter = false)]
            compensate(seen, failure) { Ok(seen.undo("first", failure)?) }

        #[concurrent(2)]
        for n: u32 in (=> [0, 1, 2])
        step items(n, fails, how) -> u32 { Ok(acts(&format!("items{n}"), fails, *how).await?) }
            resolve() { Ok(None) }
            #[retry(3, 1m..1m, jitter = false)]
            compensate(seen, n, failure) { Ok(seen.undo(&format!("items{n}"), failure)?) }

        #[timeout(1h)]
        step child(fails, how) -> u32 =
            saga Branch {
            at: "child".to_owned(), fails: below(fails, "child"), how: *how,
        } with (seen);

        #[timeout(1h)]
        for n: u32 in (=> [0, 1])
        step children(n, fails, how) -> u32 =
            saga Branch {
            at: format!("children{n}"), fails: below(fails, &format!("children{n}")), how: *how,
        } with (seen);

        concurrent {
            step lane(fails, how) -> u32 {
                sleep(Duration::from_secs(1)).await;
                Ok(acts("lane", fails, *how).await?)
            }
                resolve() { Ok(None) }
                #[retry(3, 1m..1m, jitter = false)]
                compensate(seen, failure) { Ok(seen.undo("lane", failure)?) }

            #[concurrent(2)]
            for n: u32 in (=> [0, 1, 2])
            step lanes(n, fails, how) -> u32 { Ok(acts(&format!("lanes{n}"), fails, *how).await?) }
                resolve() { Ok(None) }
                #[retry(3, 1m..1m, jitter = false)]
                compensate(seen, n, failure) { Ok(seen.undo(&format!("lanes{n}"), failure)?) }

            #[timeout(1h)]
            step side(fails, how) -> u32 =
                saga Branch {
                at: "side".to_owned(), fails: below(fails, "side"), how: *how,
            } with (seen);

            #[timeout(1h)] #[concurrent(2)]
            for n: u32 in (=> [0, 1])
            step sides(n, fails, how) -> u32 =
                saga Branch {
                at: format!("sides{n}"), fails: below(fails, &format!("sides{n}")), how: *how,
            } with (seen);
        }

        step spare(fails, how) -> u32 { Ok(acts("spare", fails, *how).await?) }
            resolve() { Ok(None) }
            fallback(failure) { aside("fallback", shown(failure)); Err(Flaw::busy().into()) }
            #[retry(3, 1m..1m, jitter = false)]
            compensate(seen, failure) { Ok(seen.undo("spare", failure)?) }

        pivot last(fails, how) -> u32 { Ok(acts("last", fails, *how).await?) }
            resolve() { Ok(None) }

        emit failed(failure => [shown(failure)]);
        publish(seen, event) { seen.note("event", event.clone()); Ok(()) }
        finally(seen, outcome) { seen.note("finally", format!("{:?}", outcome.failure())); }

        let _ = (spare, last, side, sides, lane, lanes, children);
        first + items.iter().sum::<u32>() + child
    }
}

/// All places where the tree can fail.
pub(crate) const PLACES: &[&str] = &[
    "first",
    "items0",
    "items2",
    "child/one",
    "child/leaf/one",
    "child/leaf/two",
    "child/each1",
    "children0/each0",
    "children1/one",
    "children1/leaf/two",
    "lane",
    "lanes0",
    "lanes2",
    "side/one",
    "side/leaf/two",
    "side/each1",
    "sides0/leaf/two",
    "sides1/each0",
    "spare",
    "last",
];
