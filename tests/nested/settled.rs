//! Errors that abort a saga, with every verdict: in a step, beside a sibling that fails, in a loop, and
//! in a child saga. However and whenever the doubt is settled, no attempt, fallback or rerun follows,
//! unless the step has happened.

use crate::common::{Answer, BUSY, HANG, NO, Trouble, UNHEARD, UNSENT, Vendor};
use typed_saga::{Outcome, Verdict, saga};

/// Every error aborts the saga.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn aborts(trouble: &Trouble) -> Verdict {
    trouble.verdict().abort()
}

/// The sagas with a step that is declared like this, and the names that it reads.
macro_rules! sagas {
    (
        $vendor:ident $key:ident $sent:ident $n:ident,
        $Plain:ident $Block:ident $Each:ident $Inner:ident $Child:ident $Children:ident:
        { $($attribute:tt)* } { $($clause:tt)* }
    ) => {
        saga! {
            #[classify(aborts)]
            saga $Plain() with ($vendor: Vendor) -> Result<(), Trouble> {
                #[savepoint(2, 1ms..1ms)]
                read from($vendor) { $vendor.undo("from", "").await }
                $($attribute)*
                step $sent($vendor, $key) -> u32 { $vendor.order("sent", $key).await }
                    $($clause)*
                    fallback() { Ok(7) }
                {
                    let _ = (from, $sent);
                }
            }

            #[classify(aborts)]
            saga $Block() with ($vendor: Vendor) -> Result<(), Trouble> {
                #[savepoint(2, 1ms..1ms)]
                read from($vendor) { $vendor.undo("from", "").await }
                concurrent {
                    #[timeout(2ms)]
                    read beside($vendor) { $vendor.undo("beside", "").await }
                    $($attribute)*
                    step $sent($vendor, $key) -> u32 { $vendor.order("sent", $key).await }
                        $($clause)*
                        fallback() { Ok(7) }
                }
                {
                    let _ = (from, beside, $sent);
                }
            }

            #[classify(aborts)]
            saga $Each() with ($vendor: Vendor) -> Result<(), Trouble> {
                #[savepoint(2, 1ms..1ms)]
                read from($vendor) { $vendor.undo("from", "").await }
                $($attribute)*
                for $n: u32 in (=> [0])
                step $sent($vendor, $key, $n) -> u32 {
                    let _ = $n;
                    $vendor.order("sent", $key).await
                }
                    $($clause)*
                    fallback() { Ok(7) }
                {
                    let _ = (from, $sent);
                }
            }

            #[classify(aborts)]
            saga $Inner($n: u32) with ($vendor: Vendor) -> Result<(), Trouble> {
                $($attribute)*
                step $sent($vendor, $key, $n) -> u32 {
                    let _ = $n;
                    $vendor.order("sent", $key).await
                }
                    $($clause)*
                {
                    let _ = $sent;
                }
            }

            saga $Child() with ($vendor: Vendor) -> Result<(), Trouble> {
                #[savepoint(2, 1ms..1ms)]
                read from($vendor) { $vendor.undo("from", "").await }
                #[retry(3, 1ms..1ms)]
                step part() = saga $Inner { $n: 0 } with ($vendor)
                    fallback() { Ok(()) }
                {
                    let _ = (from, part);
                }
            }

            saga $Children() with ($vendor: Vendor) -> Result<(), Trouble> {
                #[savepoint(2, 1ms..1ms)]
                read from($vendor) { $vendor.undo("from", "").await }
                #[retry(3, 1ms..1ms)]
                for $n: u32 in (=> [0])
                step parts($n) = saga $Inner { $n: *$n } with ($vendor)
                    fallback() { Ok(()) }
                {
                    let _ = (from, parts);
                }
            }
        }
    };
}

sagas! {
    vendor key sent n, AskedPlain AskedBlock AskedEach AskedInner AskedChild AskedChildren:
    { #[retry(3, 1ms..1ms)] }
    {
        #[retry(1)]
        resolve(vendor, key) { vendor.find("find", key).await }
        compensate(vendor, sent) { vendor.undo("unsend", sent).await }
    }
}

sagas! {
    vendor key sent n, SamePlain SameBlock SameEach SameInner SameChild SameChildren:
    { #[retry(2, 1ms..1ms)] #[idempotent] }
    { compensate(vendor, sent) { vendor.undo("unsend", sent).await } }
}

sagas! {
    vendor key sent n, KeyedPlain KeyedBlock KeyedEach KeyedInner KeyedChild KeyedChildren:
    { #[retry(3, 1ms..1ms)] }
    { #[by_key] #[retry(1)] compensate(vendor, key) { vendor.cancel("unkey", key).await } }
}

sagas! {
    vendor key sent n, LeftPlain LeftBlock LeftEach LeftInner LeftChild LeftChildren:
    { #[retry(1)] #[idempotent] }
    { compensate none again }
}

/// How the doubt is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// By `resolve`.
    Asked,
    /// By a repetition.
    Same,
    /// By the compensation.
    Keyed,
    /// Not at all: the rollback leaves it.
    Left,
}

/// The first answer to the step, with each verdict. The last one of them has an effect.
const ANSWERS: [Answer; 4] = [NO, BUSY, UNSENT, UNHEARD];

#[derive(Clone, Copy, Debug)]
struct Case {
    way: Way,
    /// The index of the first answer.
    answer: usize,
    /// The way to settle the doubt is used up: the saga parks, and goes on once it is resumed.
    parks: bool,
    /// A sibling fails while the step is called.
    fails_beside: bool,
}

impl Case {
    fn all(way: Way) -> impl Iterator<Item = Self> {
        let bits = (0..ANSWERS.len()).flat_map(|answer| (0..4).map(move |bits| (answer, bits)));
        bits.map(move |(answer, bits)| Self {
            way,
            answer,
            parks: bits & 1 != 0,
            fails_beside: bits & 2 != 0,
        })
    }

    fn vendor(self) -> Vendor {
        let first = ANSWERS[self.answer].after(5);
        let again = self.parks.then_some(UNSENT).into_iter().chain([NO]);
        let again = again.filter(|_| self.way == Way::Same);
        let fails = self.parks.then_some(NO);
        let beside = self.fails_beside.then_some(HANG);
        let vendor = Vendor::new().on("sent", [first].into_iter().chain(again));
        vendor
            .on("find", fails)
            .on("unkey", fails)
            .on("beside", beside)
    }

    /// `in_block`: the step has a sibling.
    fn check(self, place: &str, in_block: bool, completes: bool, vendor: &Vendor) {
        let doubt = self.answer >= 2;
        // A compensation by key undoes what has happened.
        let happened = self.answer == 3 && matches!(self.way, Way::Asked | Way::Same);
        let trace = vendor.trace();
        // A fallback would complete it, too.
        assert_eq!(completes, happened, "{place}: {self:?}: {trace:?}");
        let times = |call| vendor.times(call).len();
        let reruns = happened && (self.parks || in_block && self.fails_beside);
        let from = 1 + usize::from(reruns);
        assert_eq!(times("from"), from, "{place}: {self:?}: {trace:?}");
        if !happened {
            let sent = match self.way {
                Way::Same if doubt => 2 + usize::from(self.parks),
                _ => 1,
            };
            assert_eq!(times("sent"), sent, "{place}: {self:?}: {trace:?}");
        }
    }
}

/// Runs a saga, and resumes it once if it parks. Returns whether it completes.
macro_rules! completes {
    ($Saga:ident, $vendor:expr) => {{
        let outcome = $Saga {}.with($vendor.clone()).outcome().await;
        let outcome = match outcome {
            Outcome::Parked(parked) => parked.resume().outcome().await,
            other => other,
        };
        match outcome {
            Outcome::Completed(()) => true,
            Outcome::Compensated(_) => false,
            other => panic!("nothing is left to do: {other:?}"),
        }
    }};
}

macro_rules! check {
    ($way:expr, $($Saga:ident)*) => {
        for case in Case::all($way) {
            $(
                let (place, vendor) = (stringify!($Saga), case.vendor());
                let completes = completes!($Saga, vendor);
                case.check(place, place.ends_with("Block"), completes, &vendor);
            )*
        }
    };
}

#[tokio::test(start_paused = true)]
async fn after_an_abort_nothing_follows_unless_the_step_has_happened() {
    check!(Way::Asked, AskedPlain AskedBlock AskedEach AskedChild AskedChildren);
    check!(Way::Same, SamePlain SameBlock SameEach SameChild SameChildren);
    check!(Way::Keyed, KeyedPlain KeyedBlock KeyedEach KeyedChild KeyedChildren);
    check!(Way::Left, LeftPlain LeftBlock LeftEach LeftChild LeftChildren);
}
