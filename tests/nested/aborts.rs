//! A child that is aborted, and reports another failure: that of a sibling, its deadline, or what it
//! could not undo. The abort counts.

use typed_saga::{Cause, Outcome, Verdict, saga};

use crate::common::{Answer, BUSY, NO, Trouble, UNHEARD, UNSENT, Vendor, YES, panics};

/// A refusal aborts the saga, and nothing happens when a call fails.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn refusal_aborts(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::No => Verdict::Transient.abort(),
        _ => Verdict::Transient,
    }
}

/// A lost answer aborts the saga, once it is settled.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn lost_aborts(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::Lost => Verdict::Unknown.abort(),
        other => other.verdict(),
    }
}

/// A refusal aborts the saga, also one that settles a doubt.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "what `#[classify]` asks for"
)]
fn settling_aborts(trouble: &Trouble) -> Verdict {
    match trouble {
        Trouble::No => Verdict::Refused.abort(),
        other => other.verdict(),
    }
}

saga! {
    #[classify(refusal_aborts)]
    saga Part(n: u32) with (vendor: Vendor) -> Result<(), Trouble> {
        step made(vendor, key, n) -> u32 { let _ = n; vendor.order("made", key).await }
            #[by_key] #[retry(1)]
            compensate(vendor, key) { vendor.cancel("unmake", key).await }
        concurrent {
            read first(vendor) { vendor.undo("first", "").await }
            read other(vendor) { vendor.undo("other", "").await }
        }
        {
            let _ = (made, first, other);
        }
    }

    saga Whole() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read from(vendor) { vendor.undo("from", "").await }
        #[retry(3, 1ms..1ms)] #[timeout(10ms)]
        step part() = saga Part { n: 0 } with (vendor)
            fallback() { Ok(()) }
        {
            let _ = (from, part);
        }
    }

    saga Each() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read from(vendor) { vendor.undo("from", "").await }
        #[retry(3, 1ms..1ms)] #[timeout(10ms)]
        for n: u32 in (=> [0])
        step parts(n) = saga Part { n: *n } with (vendor)
            fallback() { Ok(()) }
        {
            let _ = (from, parts);
        }
    }

    #[classify(lost_aborts)]
    saga Doubted() with (vendor: Vendor) -> Result<(), Trouble> {
        step sent(vendor, key) -> u32 { vendor.order("sent", key).await }
            #[retry(1)]
            resolve(vendor, key) { vendor.find("find", key).await }
            compensate(vendor, sent) { vendor.undo("unsend", sent).await }
        {
            let _ = sent;
        }
    }

    saga Doubting() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read from(vendor) { vendor.undo("from", "").await }
        #[retry(3, 1ms..1ms)]
        step part() = saga Doubted {} with (vendor)
            fallback() { Ok(()) }
        {
            let _ = (from, part);
        }
    }
}

/// What the child reports, by what its first lane does, and how late its other lane answers: an
/// error, a panic, and its deadline. The first lane answers once the other one has begun.
const REPORTED: [(Answer, u64, &str); 3] = [
    (BUSY.after(1), 5, "an error"),
    (panics("no idea").after(1), 5, "a panic"),
    (YES, 20, "its deadline"),
];

/// Such a vendor, whose other lane fails like this. Its first compensation fails, if the child is to
/// park.
fn vendor((first, after, _): (Answer, u64, &str), other: Answer, parks: bool) -> Vendor {
    let undone = if parks { vec![NO] } else { Vec::new() };
    let vendor = Vendor::new().on("first", [first]).on("unmake", undone);
    vendor.on("other", [other.after(after)])
}

/// Runs a saga, resumes it once if it parks, and returns its error, unless it completes.
macro_rules! run {
    ($Saga:ident, $vendor:expr) => {{
        let outcome = $Saga {}.with($vendor.clone()).outcome().await;
        let outcome = match outcome {
            Outcome::Parked(parked) => parked.resume().outcome().await,
            other => other,
        };
        match outcome {
            Outcome::Completed(()) => None,
            Outcome::Compensated(error) => Some(error),
            other => panic!("nothing is left to do: {other:?}"),
        }
    }};
}

#[tokio::test(start_paused = true)]
async fn an_abort_counts_whichever_failure_is_reported() {
    for reported in REPORTED {
        for (looped, parks) in [(false, false), (false, true), (true, false), (true, true)] {
            let vendor = vendor(reported, NO, parks);
            let error = if looped {
                run!(Each, vendor)
            } else {
                run!(Whole, vendor)
            };
            let (what, error) = (reported.2, error.expect("it was aborted"));
            assert!(error.is_clean(), "{what}: {error}");
            let is_error = matches!(error.failure().cause(), Cause::Failed(_));
            assert_eq!(is_error, what == "an error", "{error}");
            for call in ["from", "made", "first", "other"] {
                let calls = vendor.times(call).len();
                assert_eq!(calls, 1, "{what}: no attempt, fallback, or rerun: {call}");
            }
            assert_eq!(vendor.times("unmake").len(), 1 + usize::from(parks));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_an_abort_the_step_goes_on() {
    for reported in REPORTED {
        for other in [BUSY, YES] {
            let vendor = vendor(reported, other, false);
            assert!(run!(Whole, vendor).is_none(), "{}", reported.2);
        }
    }
}

/// The child parks in doubt, and only once it is resumed it finds out whether its step happened: if so,
/// the error does not count.
#[tokio::test(start_paused = true)]
async fn an_abort_whose_doubt_is_settled_after_a_resume_counts() {
    for (sent, rounds) in [(UNSENT, 1), (UNHEARD, 2)] {
        let vendor = Vendor::new().on("sent", [sent]).on("find", [NO]);
        let error = run!(Doubting, vendor);
        let counts = ["from", "sent", "find"].map(|call| vendor.times(call).len());
        assert_eq!(counts, [rounds, rounds, 2], "attempts, fallbacks, reruns");
        assert_eq!(error.is_some(), rounds == 1);
        assert!(error.is_none_or(|error| error.is_clean()));
    }
}

saga! {
    #[classify(settling_aborts)]
    saga Plainly() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read from(vendor) { vendor.undo("from", "").await }
        #[retry(2, 1ms..1ms)] #[idempotent]
        step sent(vendor, key) -> u32 { vendor.order("sent", key).await }
            compensate(vendor, sent) { vendor.undo("unsend", sent).await }
        {
            let _ = (from, sent);
        }
    }

    #[classify(settling_aborts)]
    saga EachPlainly() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read from(vendor) { vendor.undo("from", "").await }
        #[retry(2, 1ms..1ms)] #[idempotent]
        for n: u32 in (=> [0])
        step sent(vendor, key, n) -> u32 { let _ = n; vendor.order("sent", key).await }
            compensate(vendor, sent) { vendor.undo("unsend", sent).await }
        {
            let _ = (from, sent);
        }
    }

    #[classify(settling_aborts)]
    saga Within() with (vendor: Vendor) -> Result<(), Trouble> {
        #[retry(2, 1ms..1ms)] #[idempotent]
        step sent(vendor, key) -> u32 { vendor.order("sent", key).await }
            compensate(vendor, sent) { vendor.undo("unsend", sent).await }
        {
            let _ = sent;
        }
    }

    saga Around() with (vendor: Vendor) -> Result<(), Trouble> {
        #[savepoint(2, 1ms..1ms)]
        read from(vendor) { vendor.undo("from", "").await }
        step part() = saga Within {} with (vendor);
        {
            let _ = (from, part);
        }
    }
}

/// The saga parks in doubt, and the error that settles the doubt, once it is resumed, aborts it: a
/// loop, and a child saga, which roll back then, too.
#[tokio::test(start_paused = true)]
async fn an_abort_that_settles_a_doubt_after_a_resume_counts() {
    let vendor = || Vendor::new().on("sent", [UNSENT, UNSENT, NO]);
    let (plain, looped, nested) = (vendor(), vendor(), vendor());
    let errors = [
        (plain.clone(), run!(Plainly, plain)),
        (looped.clone(), run!(EachPlainly, looped)),
        (nested.clone(), run!(Around, nested)),
    ];
    for (vendor, error) in errors {
        let counts = ["from", "sent"].map(|call| vendor.times(call).len());
        assert_eq!(counts, [1, 3], "no rerun");
        assert!(error.expect("it was aborted").is_clean());
    }
}

saga! {
    saga Beside() with (vendor: Vendor) -> Result<(), Trouble> {
        concurrent {
            #[retry(3, 1ms..1ms)]
            step part() = saga Part { n: 0 } with (vendor)
                fallback() { Ok(()) }
            #[retry(9, 4ms..4ms, jitter = false)]
            read sibling(vendor) { vendor.undo("sibling", "").await }
        }
        {
            let _ = (part, sibling);
        }
    }
}

/// While the child undoes itself, although its step has attempts and a fallback left.
#[tokio::test(start_paused = true)]
async fn after_an_abort_in_a_child_no_sibling_of_it_begins_another_attempt() {
    for (other, attempts) in [(NO, 2), (BUSY, 9)] {
        let vendor = Vendor::new().always("sibling", BUSY);
        let vendor = vendor.on("other", [other.after(5)]);
        let vendor = vendor.on("unmake", [YES.after(50)]);
        assert!(run!(Beside, vendor).is_some());
        assert_eq!(vendor.times("sibling").len(), attempts);
    }
}
