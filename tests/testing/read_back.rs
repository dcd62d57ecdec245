//! Values that are read back as others: each is reported, wherever it is recorded, and none that is
//! the same.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, HashSet};
use typed_saga::{
    Verdict, saga,
    testing::{Contract, explore},
};

/// A saga that has a value of this type at every place where one is recorded.
macro_rules! places {
    ($module:ident: $ty:ty = $value:expr) => {
        mod $module {
            use super::*;

            pub(super) type Value = $ty;

            pub(super) fn value() -> Value {
                let value = || $value;
                value()
            }

            saga! {
                #[classify(typed_saga::transient)]
                #[timeout(1s)]
                durable saga Inner(of: Value) -> Result<Value, String> {
                    read found(of) -> Value { let _ = of; Ok(value()) }
                    let _ = found;
                    value()
                }

                #[classify(typed_saga::transient)]
                #[timeout(1s)]
                durable saga Outer(of: Value) -> Result<Value, String> emit Value {
                    read made(of) -> Value { let _ = of; Ok(value()) }

                    read instead(made) -> Value { let _ = made; Err("never".to_owned()) }
                        fallback() { Ok(value()) }

                    for item: Value in (instead => { let _ = instead; vec![value()] })
                    read each(item) -> u8 { let _ = item; Ok(1) }

                    step child(each) -> Value = saga Inner { of: { let _ = each; value() } };

                    #[timeout(10s)]
                    signal sent -> Value;

                    emit(child, sent => { let _ = (child, sent); [value()] });

                    value()
                }
            }

            /// What is reported, with the step that it is reported of.
            pub(super) fn reported() -> BTreeSet<(String, String)> {
                let report = explore(|| (), |()| Outer { of: value() }.run().id("it"))
                    .error(|verdict| (verdict == Verdict::Transient).then(String::new))
                    .signal(|| OuterSignal::Sent(value()))
                    .depth(1)
                    .run();
                let of = report.findings().iter().map(|finding| {
                    assert_eq!(finding.contract(), Contract::Recorded, "{report}");
                    let step = finding.step().unwrap_or_default().to_owned();
                    (step, finding.what().to_owned())
                });
                of.collect()
            }
        }
    };
}

places!(unit: Option<()> = Some(()));
places!(sets: (HashSet<u32>, HashMap<u32, u32>, f64) = (
    (0..50).collect(),
    (0..50).map(|n| (n, n)).collect(),
    122.290_764_238_873_15,
));

#[test]
fn a_value_that_is_read_back_as_another_is_reported_wherever_it_is_recorded() {
    let places = [
        ("", "the saga's input"),
        ("", "an event"),
        ("", "the saga's output"),
        ("child", "its input"),
        ("child", "its effect"),
        ("child/found", "its effect"),
        ("each", "an item"),
        ("instead", "its effect"),
        ("made", "its effect"),
        ("sent", "its value"),
    ];
    let expected = places.map(|(step, what)| {
        let (before, after) = if what.ends_with("input") {
            (r#"{"of":Some(())}"#, r#"{"of":None}"#)
        } else {
            ("Some(())", "None")
        };
        let lost = format!("is read back as another value: `{before}` becomes `{after}`");
        (step.to_owned(), format!("{what} {lost}"))
    });
    assert_eq!(unit::reported(), BTreeSet::from(expected));
}

/// Read back without its reason.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Refused(Option<()>);

fn verdict(_: &Refused) -> Verdict {
    Verdict::Refused
}

saga! {
    #[classify(verdict)]
    #[timeout(1s)]
    durable saga Refuses() -> Result<(), Refused> {
        read made() -> u8 { Ok(1) }
        read asks(made) -> u8 { let _ = made; Err(Refused(Some(()))) }
        let _ = asks;
    }
}

#[test]
fn an_error_that_is_read_back_as_another_is_reported() {
    let report = explore(|| (), |()| Refuses {}.run().id("it"))
        .depth(0)
        .run();
    let findings = report.findings().iter();
    let found: Vec<_> = findings.map(|found| (found.step(), found.what())).collect();
    let what =
        "its error is read back as another value: `Refused(Some(()))` becomes `Refused(None)`";
    assert_eq!(found, [(Some("asks"), what)]);
}

#[test]
fn maps_and_sets_are_the_same_in_any_order() {
    assert_eq!(sets::reported(), BTreeSet::new());
}
