//! Differences in what undoes a step, in keys, and in locks.

use super::{saga, shown, step, with};
use crate::{
    definition::{Call, Compensation, Definition, Field, Kind, Lock},
    text::Text,
};

#[test]
fn what_a_compensation_reads() {
    let of = |reads: &[&'static str]| {
        let reads = reads.iter().map(|&read| Text::Borrowed(read)).collect();
        let (by_key, call) = (
            false,
            Call {
                reads,
                ..Call::PLAIN
            },
        );
        let car = with("car", |step| {
            step.compensation = Compensation::Declared { by_key, call };
        });
        Definition {
            inputs: [Field {
                name: "trip".into(),
                ty: "Trip".into(),
            }]
            .into_iter()
            .collect(),
            ..saga([step("hotel"), car])
        }
    };
    assert_eq!(
        shown(&of(&["key"]), &of(&["key", "hotel"])),
        ["car: the compensation of `car` read `key`, and reads `key`, `hotel`"]
    );
    assert_eq!(
        shown(&of(&["key", "hotel"]), &of(&["key"])),
        ["car: the compensation of `car` read `key`, `hotel`, and reads `key`"]
    );
    // Inputs, services and the context are there whatever has happened.
    for (was, is) in [
        (&["key", "trip"][..], &["trip", "key"][..]),
        (&["key"], &["trip", "ctx", "log"]),
        (&["hotel", "ctx"], &["hotel", "undo_key"]),
        (&["trip", "hotel"], &["hotel", "ctx"]),
    ] {
        assert_eq!(shown(&of(was), &of(is)), [""; 0]);
    }
}

/// Another value in a key is another key, unless it is the same step under a new name.
#[test]
fn what_serves_as_a_key() {
    let of = |first: &'static str, by: &'static str| {
        let car = with("car", |step| {
            step.idempotent = true;
            step.keyed_by = Some(by.into());
        });
        saga([step(first), step("pump"), car])
    };
    let key = |was: &str, is: &str| {
        format!("car: the key of the action of `car` was `{was}`, and is `{is}`")
    };
    assert_eq!(shown(&of("disk", "disk"), &of("disk", "disk")), [""; 0]);
    for (was, is) in [("disk", "pump"), ("pump", "disk"), ("disk", "volume")] {
        assert_eq!(shown(&of("disk", was), &of("disk", is)), [key(was, is)]);
    }
}

#[test]
fn the_name_of_a_lock() {
    let of = |name: &'static str| {
        let lock = with("gate", |step| {
            step.kind = Kind::Lock;
            step.compensation = Compensation::Absent;
            step.lock = Some(Lock { name: name.into() });
        });
        saga([step("hotel"), lock])
    };
    assert_eq!(
        shown(&of("p"), &of("a")),
        ["gate: the keys of `gate` were of `p`, and are of `a`"]
    );
    // While a saga is compiled, it does not know the name.
    assert_eq!(shown(&of("p"), &of("")), [""; 0]);
}
