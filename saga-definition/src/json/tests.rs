//! Stored definitions must stay readable: these are the texts and fingerprints of the first
//! journals.

use std::time::Duration;

use super::fnv_1a;
use crate::{
    definition::{Compensation, Definition, Field, Step},
    policy::{Computed, Limit, Timing},
    text::{List, Text},
};

/// An example of everything.
const RICH: &str = concat!(
    r#"{"name":"BookTrip","durable":true,"classified":true,"inputs":[{"name":"trip","#,
    r#""type":"Trip"}],"services":[{"name":"vendors","type":"Vendors<'static>"}],"#,
    r#""output":"_","error":"Failed","steps":[{"name":"rates","kind":"read","effect":"u8","#,
    r#""reads":["trip"],"fallback":{"reads":["key"],"timeout_ms":1000},"timeout_ms":2000,"#,
    r#""savepoint":{"limit":2,"base_ms":100,"cap_ms":2000,"jitter":true},"line":1},"#,
    r#"{"name":"hold","kind":"step","effect":"u8","reads":["trip"],"#,
    r#""compensate":{"reads":["key"],"by_key":true,"timeout_ms":1000,"retry":{"limit":2,"#,
    r#""base_ms":100,"cap_ms":2000,"jitter":true}},"stands_on":["rates"],"timeout_ms":2000,"#,
    r#""retry":{"limit":3,"base_ms":100,"cap_ms":2000,"jitter":true},"line":1},"#,
    r#"{"name":"hotel","kind":"step","effect":"u8","block":"hotel","reads":["trip"],"#,
    r#""compensate":{"reads":["key"],"timeout_ms":1000,"retry":{"limit":2,"base_ms":100,"#,
    r#""cap_ms":2000,"jitter":true}},"resolve":{"reads":["key"],"timeout_ms":1000},"#,
    r#""stands_on":["rates","hold"],"timeout_ms":2000,"late_ms":30000,"#,
    r#""savepoint":{"limit":1,"base_ms":100,"cap_ms":2000,"jitter":true},"line":1},"#,
    r#"{"name":"car","kind":"step","effect":"u8","block":"hotel","reads":["trip"],"#,
    r#""when":["trip"],"compensate":"none","resolve":{"reads":["key"],"timeout_ms":1000},"#,
    r#""stands_on":["rates","hotel"],"awaits":["hotel"],"timeout_ms":2000,"line":1},"#,
    r#"{"name":"note","kind":"step","effect":"u8","reads":["trip"],"compensate":"none","#,
    r#""fallback":{"reads":["key"],"timeout_ms":1000},"timeout_ms":2000,"#,
    r#""line":1},{"name":"charge","kind":"pivot","effect":"u8","reads":["trip"],"#,
    r#""resolve":{"reads":["key"],"timeout_ms":1000},"timeout_ms":2000,"retry":{"limit":2,"#,
    r#""base_ms":100,"cap_ms":2000,"jitter":true},"idempotent":true,"line":1},"#,
    r#"{"name":"mail","kind":"step","effect":"u8","reads":["trip"],"timeout_ms":2000,"#,
    r#""retry":{"limit":2,"base_ms":100,"cap_ms":2000,"jitter":true},"idempotent":true,"#,
    r#""line":1}],"file":"src/trip.rs","line":7}"#,
);

const EMPTY: &str = concat!(
    r#"{"name":"BookTrip","durable":true,"classified":true,"inputs":[{"name":"trip","#,
    r#""type":"Trip"}],"services":[{"name":"vendors","type":"Vendors<'static>"}],"#,
    r#""output":"_","error":"Failed","steps":[],"file":"src/trip.rs","line":7}"#,
);

#[test]
fn stored_texts_do_not_change() {
    for json in [RICH, EMPTY] {
        let definition = Definition::from_json(json).unwrap();
        assert_eq!(definition.to_json(), json);
    }
}

#[test]
fn the_steps_that_a_savepoint_is_for_are_this_one_or_later_ones_by_name() {
    let saved = r#""savepoint":{"limit":1,"base_ms":100,"cap_ms":2000,"jitter":true"#;
    let named = |names: &str| RICH.replacen(saved, &format!("{saved},\"if\":true{names}"), 1);
    let json = named(r#","on":["hotel","charge"]"#);
    let definition = Definition::from_json(&json).unwrap();
    assert_eq!(definition.to_json(), json);
    let savepoint = definition.steps[2].savepoint.as_ref().unwrap();
    assert!(savepoint.is_for(Some(2)) && savepoint.is_for(Some(5)));
    assert!(!savepoint.is_for(Some(3)) && !savepoint.is_for(None));
    let without = Definition::from_json(&named("")).unwrap();
    assert_ne!(without.fingerprint(), definition.fingerprint());
    assert!(without.steps[2].savepoint.as_ref().unwrap().is_for(None));
    for wrong in ["hold", "htoel"] {
        let wrong = named(&format!(r#","on":["{wrong}"]"#));
        assert!(Definition::from_json(&wrong).is_err(), "{wrong}");
    }
}

/// `compensate with`.
const COVERED: &str = concat!(
    r#"{"name":"File","inputs":[],"services":[],"output":"()","error":"E","steps":["#,
    r#"{"name":"record","kind":"step","effect":"u8","compensate":{"reads":["record"]},"#,
    r#""line":1},{"name":"lines","kind":"step","effect":"()","#,
    r#""compensate":{"with":"record"},"stands_on":["record"],"line":2}],"#,
    r#""file":"src/file.rs","line":1}"#,
);

#[test]
fn what_covers_a_step_is_an_earlier_one_by_name() {
    let definition = Definition::from_json(COVERED).unwrap();
    assert_eq!(definition.steps[1].compensation.with(), Some(0));
    assert_eq!(definition.to_json(), COVERED);
    for wrong in ["lines", "recrod"] {
        let wrong = format!(r#"{{"with":"{wrong}"}}"#);
        let wrong = COVERED.replace(r#"{"with":"record"}"#, &wrong);
        assert!(Definition::from_json(&wrong).is_err(), "{wrong}");
    }
}

/// What `compensate none` says of a rerun, a step that is read by another name, and a child saga.
const REPEATED: &str = concat!(
    r#"{"name":"Send","inputs":[],"services":[],"output":"()","error":"E","steps":["#,
    r#"{"name":"note","ident":"card","kind":"step","effect":"()","compensate":"none","line":1},"#,
    r#"{"name":"mail","kind":"step","effect":"()","compensate":"none again","line":2},"#,
    r#"{"name":"gift","kind":"step","effect":"()","child":{"saga":{"name":"Wrap","inputs":[],"#,
    r#""services":[],"output":"()","error":"E","steps":[],"file":"","line":0}},"#,
    r#""line":3}],"#,
    r#""file":"src/send.rs","line":1}"#,
);

#[test]
fn a_rerun_is_told_and_names_are_no_part_of_a_fingerprint() {
    let definition = Definition::from_json(REPEATED).unwrap();
    let said = definition.steps.iter().map(|step| &step.compensation);
    assert!(said.eq([
        &Compensation::None { again: false },
        &Compensation::None { again: true },
        &Compensation::Absent
    ]));
    assert_eq!(definition.to_json(), REPEATED);
    let wrong = REPEATED.replace("none again", "none twice");
    assert!(Definition::from_json(&wrong).is_err());
    let without = REPEATED.replace(r#""ident":"card","#, "");
    let without = Definition::from_json(&without).unwrap();
    assert_eq!(without.fingerprint(), definition.fingerprint());
    let plain = REPEATED.replace("none again", "none");
    let plain = Definition::from_json(&plain).unwrap();
    assert_ne!(plain.fingerprint(), definition.fingerprint());
    assert_eq!(plain.shape(), definition.shape());
}

/// A `when` block.
const GOVERNED: &str = concat!(
    r#"{"name":"Wrap","inputs":[],"services":[],"output":"()","error":"E","steps":["#,
    r#"{"name":"goods","kind":"read","effect":"u8","line":1},"#,
    r#"{"name":"paper","kind":"read","effect":"u8","line":3},"#,
    r#"{"name":"ribbon","kind":"read","effect":"u8","line":4}],"#,
    r#""conditions":[{"first":"paper","last":"ribbon","reads":["goods"],"line":2}],"#,
    r#""file":"src/wrap.rs","line":1}"#,
);

#[test]
fn a_when_block_is_told_by_its_first_step_and_its_last() {
    let definition = Definition::from_json(GOVERNED).unwrap();
    let blocks: Vec<_> = definition.steps.iter().map(|step| step.condition).collect();
    assert_eq!(blocks, [None, Some(0), Some(0)]);
    assert_eq!(definition.to_json(), GOVERNED);
    for (was, is) in [
        (r#""last":"ribbon""#, r#""last":"goods""#),
        (r#""last":"ribbon""#, r#""last":"bow""#),
        (
            r#""conditions":["#,
            r#""conditions":[{"first":"paper","last":"paper","line":2},"#,
        ),
    ] {
        let wrong = GOVERNED.replace(was, is);
        assert!(Definition::from_json(&wrong).is_err(), "{wrong}");
    }
}

/// All attributes that promise something.
const PROMISED: &str = concat!(
    r#"{"name":"Buy","inputs":[],"services":[],"output":"()","error":"E","steps":["#,
    r#"{"name":"seat","kind":"step","effect":"u8","compensate":{"reads":["seat"]},"#,
    r#""holds":{"lasts_ms":900000,"until":"payment"},"line":1},"#,
    r#"{"name":"payment","kind":"pivot","effect":"u8","timeout_ms":20000,"#,
    r#""line":2}],"within_ms":120000,"deadline_ms":100000,"#,
    r#""file":"src/buy.rs","line":1}"#,
);

#[test]
fn promises_are_kept_and_no_fingerprint_depends_on_them() {
    let definition = Definition::from_json(PROMISED).unwrap();
    assert_eq!(definition.to_json(), PROMISED);
    let seconds = |seconds| Some(Duration::from_secs(seconds));
    assert_eq!(definition.within, seconds(120));
    assert_eq!(definition.deadline_of_run(None), seconds(100));
    assert_eq!(definition.deadline_of_run(seconds(99)), seconds(99));
    assert_eq!(definition.deadline_of_run(seconds(101)), seconds(100));
    let hold = definition.steps[0].holds.as_ref().unwrap();
    assert_eq!((hold.lasts, hold.until), (Duration::from_secs(900), 1));
    let without = PROMISED
        .replace(r#","holds":{"lasts_ms":900000,"until":"payment"}"#, "")
        .replace(r#","within_ms":120000,"deadline_ms":100000"#, "");
    let without = Definition::from_json(&without).unwrap();
    assert_eq!(without.fingerprint(), definition.fingerprint());
    for (was, is) in [
        (r#""until":"payment""#, r#""until":"seat""#),
        (r#""until":"payment""#, r#""until":"ticket""#),
        ("900000", r#""LONG""#),
    ] {
        let wrong = PROMISED.replace(was, is);
        assert!(Definition::from_json(&wrong).is_err(), "{wrong}");
    }
}

/// Declarations that a saga does not have leave no trace in its JSON.
#[test]
fn a_retired_step_has_another_fingerprint() {
    let json = concat!(
        r#"{"name":"Buy","inputs":[],"services":[],"output":"()","error":"E","steps":["#,
        r#"{"name":"seat","kind":"read","effect":"u8","when":[],"retired":true,"started":true,"line":1}],"#,
        r#""file":"src/buy.rs","line":1}"#,
    );
    let definition = Definition::from_json(json).unwrap();
    assert_eq!(definition.to_json(), json);
    let step = &definition.steps[0];
    assert!(step.retired && step.started);
    for left_out in [r#","started":true"#, r#","retired":true,"started":true"#] {
        let other = Definition::from_json(&json.replace(left_out, "")).unwrap();
        assert_ne!(other.fingerprint(), definition.fingerprint());
    }
}

#[test]
fn an_introduced_step_has_another_fingerprint() {
    let json = concat!(
        r#"{"name":"Buy","inputs":[],"services":[],"output":"()","error":"E","steps":["#,
        r#"{"name":"seat","kind":"read","effect":"u8","when":[],"introduced":true,"absent":true,"line":1}],"#,
        r#""file":"src/buy.rs","line":1}"#,
    );
    let definition = Definition::from_json(json).unwrap();
    assert_eq!(definition.to_json(), json);
    let step = &definition.steps[0];
    assert!(step.introduced && step.absent);
    for left_out in [
        r#","absent":true"#,
        r#","introduced":true"#,
        r#","introduced":true,"absent":true"#,
    ] {
        let other = Definition::from_json(&json.replace(left_out, "")).unwrap();
        assert_ne!(other.fingerprint(), definition.fingerprint());
    }
}

#[test]
fn fingerprints_do_not_change() {
    for (json, fingerprint) in [
        (RICH, 0xb9e3_6a25_28d7_7955),
        (EMPTY, 0xffdc_ffe3_27b4_4e8c),
    ] {
        let definition = Definition::from_json(json).unwrap();
        assert_eq!(definition.fingerprint(), fingerprint, "{json}");
    }
}

/// The authors' test vectors.
#[test]
fn hashes_as_its_authors_do() {
    assert_eq!(fnv_1a(b""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(fnv_1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(fnv_1a(b"foobar"), 0x8594_4171_f739_67e8);
}

fn with_timeout(timeout: Timing) -> Definition {
    let step = Step {
        name: Text::Borrowed("hotel"),
        timeout: Some(timeout),
        ..Step::PLAIN
    };
    Definition {
        steps: List::Owned(vec![step]),
        ..Definition::EMPTY
    }
}

#[test]
fn durations_are_read_as_they_were_written() {
    let whole = [0, 1, 1500, u64::MAX].map(Duration::from_millis);
    let parts = [1, 999, 1_500_000, 123_456_789].map(Duration::from_nanos);
    for duration in whole.into_iter().chain(parts).chain([Duration::MAX]) {
        let json = with_timeout(Timing::Fixed(duration)).to_json();
        let read = Definition::from_json(&json).unwrap();
        assert_eq!(read.steps[0].timeout.as_ref().unwrap().get(), duration);
        assert_eq!(read.to_json(), json);
    }
}

#[test]
fn a_computed_duration_is_written_as_it_is_now() {
    const fn limit(value: fn() -> Duration) -> Computed {
        Computed {
            source: "limit()",
            value: Some(value),
        }
    }
    const SHORT: Computed = limit(|| Duration::from_micros(1500));
    const BROKEN: Computed = limit(|| panic!("no clock"));
    let definition = with_timeout(Timing::Computed(&SHORT));
    assert!(definition.to_json().contains(r#""timeout_ms":1.5"#));
    let definition = with_timeout(Timing::Computed(&BROKEN));
    assert!(definition.to_json().contains(r#""timeout_ms":0"#));
}

#[test]
fn an_owned_definition_is_as_good_as_a_const_one() {
    const CONST: Definition = Definition {
        name: Text::Borrowed("Trip"),
        inputs: List::Borrowed(&[Field {
            name: Text::Borrowed("days"),
            ty: Text::Borrowed("u8"),
        }]),
        steps: List::Borrowed(&[Step {
            name: Text::Borrowed("hotel"),
            ..Step::PLAIN
        }]),
        ..Definition::EMPTY
    };
    let shared: &'static Definition = &CONST;
    let read = Definition::from_json(&shared.to_json()).unwrap();
    assert_eq!(read.to_json(), shared.to_json());
    assert_eq!(read.fingerprint(), shared.fingerprint());
    assert!(matches!(read.steps, List::Owned(_)));
}

#[test]
fn a_field_of_a_later_version_is_refused() {
    for (from, to) in [
        ("\"kind\"", "\"moon\":1,\"kind\""),
        ("\"by_key\"", "\"moon\":1,\"by_key\""),
        ("\"jitter\"", "\"moon\":1,\"jitter\""),
        ("\"type\"", "\"moon\":1,\"type\""),
        ("\"file\"", "\"moon\":1,\"file\""),
    ] {
        let json = RICH.replacen(from, to, 1);
        let error = Definition::from_json(&json).unwrap_err().to_string();
        assert!(error.contains("unknown field `moon`"), "{error}");
    }
}

/// Nothing is written if `key` is the key.
#[test]
fn what_serves_as_the_key_is_kept() {
    assert!(!RICH.contains("keyed_by"));
    for (from, to) in [
        (
            r#""idempotent":true"#,
            r#""idempotent":true,"keyed_by":"trip""#,
        ),
        (r#""by_key":true"#, r#""by_key":true,"keyed_by":"rates""#),
    ] {
        let json = RICH.replacen(from, to, 1);
        let definition = Definition::from_json(&json).unwrap();
        assert_eq!(definition.to_json(), json);
    }
}

#[test]
fn a_missing_field_is_named() {
    let json = RICH.replacen("\"effect\":\"u8\",", "", 1);
    let error = Definition::from_json(&json).unwrap_err().to_string();
    assert!(error.contains("missing field `effect`"), "{error}");
}

#[test]
fn counts_and_forever_are_told_apart() {
    let json = RICH.replacen(r#""limit":2"#, r#""limit":"forever""#, 1);
    let definition = Definition::from_json(&json).unwrap();
    let savepoint = definition.steps[0].savepoint.as_ref().unwrap();
    assert_eq!(savepoint.limit, Limit::Forever);
    assert_eq!(definition.to_json(), json);
}
