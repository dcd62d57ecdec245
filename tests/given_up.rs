//! `#[classify]` on a clause: an error may give the call up, which is otherwise made again; what the
//! functions of the saga and the step say does not count there.

use crate::common::{Answer, BUSY, HALF, NO, Trouble, UNSENT, Vendor, YES, panics};
use typed_saga::{Outcome, Verdict, saga};

/// Each of `No`, `Half` and `Lost` says in another way that no other call follows.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn gives_up(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::No => Verdict::Refused,
        Trouble::Half => Verdict::Transient.once(),
        Trouble::Lost => Verdict::Unknown.abort(),
        Trouble::Busy => Verdict::Unknown,
    }
}

/// It says of each error that no other call follows.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn always(_: &Trouble) -> Verdict {
    Verdict::Refused
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn breaks(_: &Trouble) -> Verdict {
    panic!("no verdict")
}

const FINAL: [Answer; 3] = [NO, HALF, UNSENT];
const OTHERS: [Answer; 2] = [BUSY, panics("no line")];

saga! {
    #[classify(Trouble::verdict)]
    saga Judged() with (vendor: Vendor) -> Result<(), Trouble> {
        step made(vendor, key) -> u32 { vendor.order("made", key).await }
            #[classify(gives_up)]
            #[retry(3, 1ms..1ms)]
            resolve(vendor, key) { vendor.find("find", key).await }
            #[classify(gives_up)]
            #[retry(3, 1ms..1ms)]
            compensate(vendor, made) { vendor.undo("undo", made).await }
        for n: u32 in (=> [0])
        step each(vendor, key, n) -> u32 { let _ = n; vendor.order("each", key).await }
            #[by_key]
            #[classify(gives_up)]
            #[retry(3, 1ms..1ms)]
            compensate(vendor, key) { vendor.cancel("cancel", key).await }
        read last(vendor) { vendor.undo("last", "").await }
        {
            let _ = (made, each, last);
        }
    }

    #[classify(always)]
    saga Unjudged() with (vendor: Vendor) -> Result<(), Trouble> {
        #[classify(Trouble::verdict)]
        step made(vendor, key) -> u32 { vendor.order("made", key).await }
            #[retry(3, 1ms..1ms)]
            resolve(vendor, key) { vendor.find("find", key).await }
            #[classify(breaks)]
            #[retry(3, 1ms..1ms)]
            compensate(vendor, made) { vendor.undo("undo", made).await }
        read last(vendor) { vendor.undo("last", "").await }
        {
            let _ = (made, last);
        }
    }
}

/// Runs the saga until its last step refuses, and returns how often `call` was made until it was
/// parked, if it was, and in all: an operator resumes it.
macro_rules! rolled_back {
    ($Saga:ident, $vendor:expr, $call:expr) => {{
        let vendor: Vendor = $vendor;
        let outcome = $Saga {}.with(vendor.clone()).outcome().await;
        match outcome {
            Outcome::Completed(()) => panic!("its last step refuses"),
            Outcome::Parked(parked) => {
                let before = vendor.times($call).len();
                let error = parked.resume().await.unwrap_err();
                assert!(error.is_clean(), "{error}");
                (Some(before), vendor.times($call).len())
            }
            _ => (None, vendor.times($call).len()),
        }
    }};
}

#[tokio::test(start_paused = true)]
async fn a_compensation_is_given_up_as_its_own_verdict_says() {
    for (script, call) in [("undo", "undo 1"), ("cancel", "cancel")] {
        for (answers, expected) in [(&FINAL[..], (Some(1), 2)), (&OTHERS[..], (None, 2))] {
            for answer in answers {
                let vendor = Vendor::new().on("last", [NO]).on(script, [*answer]);
                assert_eq!(rolled_back!(Judged, vendor, call), expected, "{answer:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn resolve_is_given_up_as_its_own_verdict_says() {
    for (answers, expected) in [(&FINAL[..], (Some(1), 2)), (&OTHERS[..], (None, 2))] {
        for answer in answers {
            let vendor = Vendor::new().on("made", [UNSENT]).on("find", [*answer]);
            assert_eq!(rolled_back!(Judged, vendor, "find"), expected, "{answer:?}");
        }
    }
}

/// Nor does a function that panics give anything up.
#[tokio::test(start_paused = true)]
async fn without_a_verdict_of_its_own_a_clause_is_called_again() {
    for answer in FINAL.into_iter().chain(OTHERS) {
        let vendor = Vendor::new().on("made", [UNSENT]).on("find", [answer]);
        assert_eq!(rolled_back!(Unjudged, vendor, "find"), (None, 2));
        let vendor = Vendor::new().on("last", [NO]).on("undo", [answer, YES]);
        assert_eq!(rolled_back!(Unjudged, vendor, "undo 1"), (None, 2));
    }
}
