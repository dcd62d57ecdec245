//! What the parent's `#[classify]` says of a child's error, after `From`: that of the step which runs the
//! child, or else that of the parent.

use typed_saga::{Verdict, saga};

use super::{Does, Failed, Failure, Vendor};

/// The verdict on what the parent's error has come from.
fn below(failure: &Failure) -> Verdict {
    failure.0.verdict()
}

/// Nothing aborts, and another attempt may help.
fn calm(_: &Failure) -> Verdict {
    Verdict::Transient
}

saga! {
    /// It does not say what its errors mean.
    saga Bare(n: u32) with (vendor: Vendor) -> Result<String, Failed> {
        step bow(vendor, n, ctx) -> String { let _ = n; vendor.act("bow", ctx.key()) }
            compensate(vendor, bow) { vendor.undo("bow", bow) }

        bow
    }

    #[classify(below)]
    saga Converting() with (vendor: Vendor) -> Result<String, Failure> {
        #[savepoint(1, 1ms..1ms)] #[retry(3, 1ms..1ms)]
        step bare() -> String = saga Bare { n: 0 } with (vendor)
            fallback() { Ok("a knot".to_owned()) }

        bare
    }

    #[classify(below)]
    saga Lenient() with (vendor: Vendor) -> Result<String, Failure> {
        #[savepoint(1, 1ms..1ms)] #[retry(3, 1ms..1ms)]
        #[classify(calm)]
        step bare() -> String = saga Bare { n: 0 } with (vendor)
            fallback() { Ok("a knot".to_owned()) }

        bare
    }

    #[classify(calm)]
    saga Strict() with (vendor: Vendor) -> Result<String, Failure> {
        #[retry(3, 1ms..1ms)]
        step other() -> String = saga Bare { n: 0 } with (vendor);
        #[savepoint(1, 1ms..1ms)] #[retry(3, 1ms..1ms)]
        #[classify(below)]
        step bare() -> String = saga Bare { n: 1 } with (vendor)
            fallback() { Ok("a knot".to_owned()) }

        format!("{other}, {bare}")
    }

    #[classify(calm)]
    saga StrictEach() with (vendor: Vendor) -> Result<usize, Failure> {
        #[savepoint(1, 1ms..1ms)] #[retry(3, 1ms..1ms)]
        #[classify(below)]
        for n: u32 in (=> [0])
        step bare(n) -> String = saga Bare { n: *n } with (vendor)
            fallback() { Ok("a knot".to_owned()) }

        bare.len()
    }
}

/// A vendor whose calls for a bow do this, one after the other.
fn vendor<const N: usize>(bows: [Does; N]) -> Vendor {
    Vendor::troubled(&bows.map(|does| ("bow", does)))
}

/// How often it was asked for a bow.
fn bows(vendor: &Vendor) -> usize {
    let calls = vendor.calls();
    calls.iter().filter(|call| call.starts_with("bow")).count()
}

#[tokio::test(start_paused = true)]
async fn the_verdict_is_on_the_error_after_from() {
    let aborted = vendor([Does::Aborts]);
    let error = Converting {}.with(aborted.clone()).await.unwrap_err();
    assert_eq!(error.path(), Some("bare/bow"));
    assert!(error.is_clean());
    assert_eq!(error.into_step_error(), Some(Failure(Failed::Fatal)));
    assert_eq!(bows(&aborted), 1, "no attempt, fallback, or rerun");

    let refused = vendor([Does::Refused]);
    let wrapped = Converting {}.with(refused.clone()).await.unwrap();
    assert_eq!((wrapped.as_str(), bows(&refused)), ("a knot", 1));

    let busy = vendor([Does::Transient; 2]);
    let wrapped = Converting {}.with(busy.clone()).await.unwrap();
    assert_eq!((wrapped.as_str(), bows(&busy)), ("bow", 3));
}

#[tokio::test(start_paused = true)]
async fn the_function_of_the_step_that_runs_the_child_counts_instead() {
    for (does, times, made, calls) in [
        (Does::Aborts, 1, "bow", 2),
        (Does::Refused, 2, "bow", 3),
        (Does::Aborts, 3, "a knot", 3),
    ] {
        let vendor = Vendor::troubled(&vec![("bow", does); times]);
        let wrapped = Lenient {}.with(vendor.clone()).await.unwrap();
        assert_eq!((wrapped.as_str(), bows(&vendor)), (made, calls), "{does:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_function_of_a_step_is_not_that_of_another_child() {
    let vendor = vendor([Does::Aborts, Does::Well, Does::Aborts]);
    let error = Strict {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(error.path(), Some("bare/bow"));
    assert!(error.is_clean() && vendor.stands().is_empty());
    assert_eq!(bows(&vendor), 3, "no attempt, fallback, or rerun");
}

#[tokio::test(start_paused = true)]
async fn the_function_of_a_loop_of_children_is_that_of_each_item() {
    let aborted = vendor([Does::Aborts]);
    let error = StrictEach {}.with(aborted.clone()).await.unwrap_err();
    assert!(error.is_clean());
    assert_eq!(bows(&aborted), 1, "no attempt, fallback, or rerun");

    let busy = vendor([Does::Transient]);
    assert_eq!(StrictEach {}.with(busy.clone()).await.unwrap(), 1);
    assert_eq!(bows(&busy), 2);
}
