//! The error of a saga is any type: no trait is asked of it.

use std::fmt;

use crate::common::Vendor;
use typed_saga::{Outcome, saga};

/// Neither `Debug` nor `Display`.
struct Mute;

/// Only `Debug`.
#[derive(Debug)]
struct Loud;

/// `Display`, but not as it should be.
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words")
    }
}

/// An error that says of itself what it is.
type Boxed = Box<dyn std::error::Error + Send + Sync>;

/// One saga for each error.
macro_rules! failing {
    ($($saga:ident: $error:ty = $value:expr;)*) => {$(
        saga! {
            saga $saga() with (vendor: Vendor) -> Result<(), $error> {
                step a(vendor) { vendor.note("a"); Ok(()) }
                compensate(vendor) { vendor.note("undo a"); Ok(()) }
                read b() { Err($value) }
                finally(vendor, outcome) { vendor.note(outcome); }
                { let _ = (a, b); }
            }
        }
    )*};
}

failing! {
    Muted: Mute = Mute;
    Loudly: Loud = Loud;
    Brokenly: Broken = Broken;
    Numbered: Boxed = "x".parse::<u8>().unwrap_err().into();
}

/// What the vendor heard of a run, once `finally` has run, too.
async fn heard(vendor: Vendor) -> String {
    tokio::task::yield_now().await;
    vendor.line()
}

fn expected(text: &str) -> String {
    format!("a, undo a, step `b` failed: {text}; everything was undone")
}

#[tokio::test]
async fn an_error_needs_no_traits() {
    let vendor = Vendor::new();
    let error = Muted {}.with(vendor.clone()).await.err().unwrap();
    assert!(matches!(error.into_step_error(), Some(Mute)));
    assert_eq!(heard(vendor).await, expected("an error that has no text"));
}

#[tokio::test]
async fn an_error_is_told_by_the_best_text_that_it_has() {
    let vendor = Vendor::new();
    let error = Loudly {}.with(vendor.clone()).await.unwrap_err();
    assert!(matches!(error.into_step_error(), Some(Loud)));
    assert_eq!(heard(vendor).await, expected("Loud"));

    let vendor = Vendor::new();
    let error = Numbered {}.with(vendor.clone()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "step `b` failed: invalid digit found in string; everything before it was undone"
    );
    assert_eq!(
        heard(vendor).await,
        expected("invalid digit found in string")
    );
}

#[tokio::test]
async fn a_text_that_panics_changes_nothing() {
    let vendor = Vendor::new();
    let outcome = Brokenly {}.with(vendor.clone()).outcome().await;
    assert!(matches!(outcome, Outcome::Compensated(_)));
    assert_eq!(heard(vendor).await, expected("an error that has no text"));
}
