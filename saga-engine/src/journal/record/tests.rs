use typed_saga_core::{Before, End, Verdict, kernel::Event, kernel::Settlement};

use super::{Record, RecordError, RecordKind, decode, encode};
use crate::{
    journal::sample::{Declare, every_event, read, rich, saga, step},
    store::Time,
};

fn text(record: Record) -> String {
    encode(&[record])
}

fn error(json: &str) -> String {
    decode(json).unwrap_err().to_string()
}

#[test]
fn every_event_is_read_as_it_was_written() {
    for definition in [rich(), saga([read("a \"quoted\" näme"), step("r#type")])] {
        let steps = u16::try_from(definition.steps.len()).unwrap();
        for event in every_event(steps) {
            let json = text(Record::of(event, definition));
            let [record] = &decode(&json).unwrap()[..] else {
                panic!("one record: {json}");
            };
            assert_eq!(record.event(definition).unwrap(), Some(event), "{json}");
            assert_eq!(text(record.clone()), json);
        }
    }
}

#[test]
fn every_kind_has_a_word_of_its_own() {
    for (k, kind) in RecordKind::ALL.iter().enumerate() {
        assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        let others = &RecordKind::ALL[k + 1..];
        assert!(others.iter().all(|other| other.as_str() != kind.as_str()));
    }
}

#[test]
fn most_events_say_what_happened_to_which_step() {
    let definition = saga([step("hotel")]);
    let step = 0;
    for (event, word) in [
        (Event::Skipped { step }, "skipped"),
        (Event::WhenPanicked { step }, "when_panicked"),
        (Event::Attempting { step }, "attempting"),
        (Event::Applied { step }, "applied"),
        (Event::Unrecordable { step }, "unrecordable"),
        (Event::TimedOut { step }, "timed_out"),
        (Event::Panicked { step }, "panicked"),
        (Event::LatePassed { step }, "late_passed"),
        (Event::Resolving { step }, "resolving"),
        (
            Event::ResolveFailed {
                step,
                refused: false,
            },
            "resolve_failed",
        ),
        (Event::Compensating { step }, "compensating"),
        (Event::Compensated { step }, "compensated"),
        (
            Event::CompensationFailed {
                step,
                refused: false,
            },
            "compensation_failed",
        ),
        (Event::FallingBack { step }, "falling_back"),
        (Event::FellBack { step }, "fell_back"),
        (Event::FallbackDeclined { step }, "fallback_declined"),
        (Event::Waited { step }, "waited"),
        (Event::Kept { step }, "kept"),
        (Event::Turned { step }, "turned"),
        (Event::TurnDeclined { step }, "turn_declined"),
        (Event::RerunRefused { step }, "rerun_refused"),
    ] {
        let json = format!(r#"[{{"what":"{word}","step":"hotel"}}]"#);
        assert_eq!(text(Record::of(event, definition)), json);
    }
    let lost = Record::of(Event::Lost { step }, definition);
    assert_eq!(
        text(lost),
        r#"[{"what":"lost","step":"hotel","uncounted":true}]"#
    );
    for (refused, field) in [(true, r#","verdict":"refused""#), (false, "")] {
        let json = format!(r#"[{{"what":"failing","step":"hotel"{field}}}]"#);
        let failing = Event::Failing { step: 0, refused };
        assert_eq!(text(Record::of(failing, definition)), json);
    }
    let given_up = [
        (
            Event::ResolveFailed {
                step,
                refused: true,
            },
            "resolve_failed",
        ),
        (
            Event::CompensationFailed {
                step,
                refused: true,
            },
            "compensation_failed",
        ),
    ];
    for (event, word) in given_up {
        let json = format!(r#"[{{"what":"{word}","step":"hotel","verdict":"refused"}}]"#);
        let record = Record::of(event, definition);
        assert_eq!(record.event(definition).unwrap(), Some(event));
        assert_eq!(text(record), json);
    }
    for (event, word) in [
        (Event::CancelRequested, "cancel_requested"),
        (Event::DeadlinePassed, "deadline_passed"),
        (Event::Recalled, "recalled"),
        (Event::Resumed, "resumed"),
    ] {
        let json = format!(r#"[{{"what":"{word}"}}]"#);
        assert_eq!(text(Record::of(event, definition)), json);
    }
}

#[test]
fn some_events_say_more_but_nothing_that_is_usual() {
    let definition = saga([step("hotel")]);
    let rejected = |verdict, abort, late_passed| Event::Rejected {
        step: 0,
        verdict,
        abort,
        again: !abort,
        late_passed,
    };
    let resolved = |happened| Event::Resolved { step: 0, happened };
    let settled = |settlement| Event::Settled {
        step: 0,
        settlement,
    };
    for (event, json) in [
        (
            rejected(Verdict::Transient, false, true),
            r#"[{"what":"rejected","step":"hotel","verdict":"transient"}]"#,
        ),
        (
            rejected(Verdict::Transient, true, false),
            r#"[{"what":"rejected","step":"hotel","verdict":"transient","abort":true,"again":false,"late_passed":false}]"#,
        ),
        (
            rejected(Verdict::Refused, false, false),
            r#"[{"what":"rejected","step":"hotel","verdict":"refused","late_passed":false,"awaits_late":true}]"#,
        ),
        (
            resolved(true),
            r#"[{"what":"resolved","step":"hotel","happened":true}]"#,
        ),
        (
            resolved(false),
            r#"[{"what":"resolved","step":"hotel","happened":false}]"#,
        ),
        (
            settled(Settlement::Applied),
            r#"[{"what":"settled","step":"hotel","settlement":"applied"}]"#,
        ),
        (
            settled(Settlement::NotApplied),
            r#"[{"what":"settled","step":"hotel","settlement":"not_applied"}]"#,
        ),
        (
            settled(Settlement::Undone),
            r#"[{"what":"settled","step":"hotel","settlement":"undone"}]"#,
        ),
    ] {
        assert_eq!(text(Record::of(event, definition)), json);
    }
}

#[test]
fn what_is_no_event_reads_well_too() {
    let hotel = || Some("hotel".into());
    let started = Record {
        definition: Some(0xab),
        deadline: Some(Time(1_795_168_800_250)),
        ..Record::new(RecordKind::Started)
    };
    let waiting = Record {
        step: hotel(),
        until: Some(Time(1_795_168_800_250)),
        before: Some(Before::Compensation),
        ..Record::new(RecordKind::Waiting)
    };
    let redefined = Record {
        definition: Some(u64::MAX),
        from_here: true,
        ..Record::new(RecordKind::Redefined)
    };
    let sooner = Record {
        deadline: Some(Time(7)),
        ..redefined.clone()
    };
    let parked = Record {
        end: Some(End::Parked),
        standing: vec!["hotel".into(), "car".into()],
        in_doubt: vec!["hold".into()],
        unfinished: vec!["mail".into()],
        left: vec!["note".into()],
        perhaps_left: vec!["tip".into()],
        ..Record::new(RecordKind::Ended)
    };
    let ended = |end| Record {
        end: Some(end),
        ..Record::new(RecordKind::Ended)
    };
    let completed = ended(End::Completed)
        .value(r#"{"a":[1]}"#.to_owned())
        .unwrap();
    let by = Some("ada".to_owned());
    let abandoned = Record::new(RecordKind::Abandoned).asked(by, Some("paid by hand".to_owned()));
    for (record, json) in [
        (
            started,
            r#"[{"what":"started","deadline":1795168800250,"definition":"00000000000000ab"}]"#,
        ),
        (
            waiting,
            r#"[{"what":"waiting","step":"hotel","until":1795168800250,"before":"compensation"}]"#,
        ),
        (
            redefined,
            r#"[{"what":"redefined","from_here":true,"definition":"ffffffffffffffff"}]"#,
        ),
        (
            sooner,
            r#"[{"what":"redefined","from_here":true,"deadline":7,"definition":"ffffffffffffffff"}]"#,
        ),
        (
            parked,
            r#"[{"what":"ended","end":"parked","standing":["hotel","car"],"in_doubt":["hold"],"unfinished":["mail"],"left":["note"],"perhaps_left":["tip"]}]"#,
        ),
        (
            completed,
            r#"[{"what":"ended","value":{"a":[1]},"end":"completed"}]"#,
        ),
        (
            ended(End::Compensated),
            r#"[{"what":"ended","end":"compensated"}]"#,
        ),
        (
            abandoned,
            r#"[{"what":"abandoned","by":"ada","why":"paid by hand"}]"#,
        ),
        (
            Record::new(RecordKind::Finished),
            r#"[{"what":"finished"}]"#,
        ),
    ] {
        assert_eq!(text(record), json);
        let [read] = &decode(json).unwrap()[..] else {
            panic!("one record: {json}");
        };
        assert_eq!(text(read.clone()), json);
        assert_eq!(read.event(rich()).unwrap(), None);
    }
}

#[test]
fn a_commit_is_an_array_of_flat_records() {
    let definition = saga([step("hotel"), step("car")]);
    let applied = Record::of(Event::Applied { step: 0 }, definition);
    let records = [
        applied.value(r#"{"nights": 2}"#.to_owned()).unwrap(),
        Record::of(Event::Attempting { step: 1 }, definition),
        Record::of(Event::TimedOut { step: 1 }, definition).error("timed out"),
    ];
    let json = r#"[{"what":"applied","step":"hotel","value":{"nights": 2}},{"what":"attempting","step":"car"},{"what":"timed_out","step":"car","error":"timed out"}]"#;
    assert_eq!(encode(&records), json);
    assert_eq!(encode(&[]), "[]");
}

#[test]
fn values_stay_as_they_were_written() {
    for value in [
        "null",
        "340282366920938463463374607431768211455",
        "1e400",
        r#""\u0000 \\ é""#,
        r#"{"b":1,"a":{}}"#,
    ] {
        let record = Record::new(RecordKind::Applied)
            .value(value.to_owned())
            .unwrap();
        let json = text(record);
        assert_eq!(decode(&json).unwrap()[0].json(), Some(value), "{json}");
    }
    assert_eq!(decode(r#"[{"what":"applied"}]"#).unwrap()[0].json(), None);
}

#[test]
fn a_value_that_is_no_json_is_refused() {
    for value in ["", "{", "1 2", "nul"] {
        let record = Record::new(RecordKind::Applied).value(value.to_owned());
        assert!(matches!(record, Err(RecordError::Json(_))), "{value}");
    }
}

#[test]
fn what_a_newer_version_wrote_is_an_error() {
    assert_eq!(
        error(r#"[{"what":"kept","step":"hotel","colour":"red"}]"#),
        "not records that this version can read: unknown field `colour`"
    );
    assert!(error(r#"[{"what":"sung"}]"#).contains("unknown variant `sung`"));
    assert!(
        error(r#"[{"what":"rejected","verdict":"maybe"}]"#)
            .contains("`maybe` is none of refused, transient, unknown")
    );
    for fingerprint in [
        "ab",
        "+0000000000000ab",
        "00000000000000ag",
        "00000000000000ab0",
    ] {
        let json = format!(r#"[{{"what":"redefined","definition":"{fingerprint}"}}]"#);
        assert!(error(&json).contains("is not 16 hexadecimal digits"));
    }
}

#[test]
fn what_is_no_commit_is_an_error() {
    for json in ["", "{}", "[", r#"[{"step":"hotel"}]"#, "[1]", "[] []"] {
        assert!(matches!(decode(json), Err(RecordError::Json(_))), "{json}");
    }
}

#[test]
fn an_event_that_is_not_of_this_saga_says_so() {
    let definition = saga([step("hotel")]);
    for (json, words) in [
        (
            r#"[{"what":"kept","step":"car"}]"#,
            "`kept` names `car`, which is no step of the saga",
        ),
        (r#"[{"what":"kept"}]"#, "`kept` does not say its `step`"),
        (
            r#"[{"what":"rejected","step":"hotel"}]"#,
            "`rejected` does not say its `verdict`",
        ),
        (
            r#"[{"what":"resolved","step":"hotel"}]"#,
            "`resolved` does not say its `happened`",
        ),
        (
            r#"[{"what":"settled","step":"hotel"}]"#,
            "`settled` does not say its `settlement`",
        ),
    ] {
        let error = decode(json).unwrap()[0].event(definition).unwrap_err();
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn a_record_that_lacks_what_each_of_its_kind_says_is_no_event() {
    let definition = saga([step("hotel")]);
    for (json, lacks) in [
        (r#""lost""#, "uncounted"),
        (
            r#""rejected","verdict":"refused","late_passed":false"#,
            "awaits_late",
        ),
    ] {
        let json = format!(r#"[{{"step":"hotel","what":{json}}}]"#);
        let error = decode(&json).unwrap()[0].event(definition).unwrap_err();
        let lacks = format!("does not say its `{lacks}`");
        assert!(error.to_string().ends_with(&lacks), "{error}");
    }
}

#[test]
fn a_decision_names_the_first_step_of_its_block() {
    let inside = |name| step(name).with(|step| step.condition = Some(0));
    let definition = saga([step("goods"), inside("paper"), inside("ribbon")]);
    for taken in [true, false] {
        let event = Event::Decided { block: 0, taken };
        let json = format!(r#"[{{"what":"decided","step":"paper","taken":{taken}}}]"#);
        assert_eq!(text(Record::of(event, definition)), json);
        let [record] = &decode(&json).unwrap()[..] else {
            panic!("one record: {json}");
        };
        assert_eq!(record.event(definition).unwrap(), Some(event));
        let other = Record {
            step: Some("ribbon".into()),
            ..record.clone()
        };
        assert!(other.event(definition).is_err(), "no block begins with it");
    }
}

#[test]
fn a_record_may_come_before_a_commit() {
    let [first, second] = ["hotel", "car"].map(|step| Record {
        step: Some(step.into()),
        ..Record::new(RecordKind::Kept)
    });
    let after = |text: String| super::after(Some(&first), text);
    for (text, records) in [
        (String::new(), vec![first.clone()]),
        ("[]".to_owned(), vec![first.clone()]),
        (
            encode(std::slice::from_ref(&second)),
            vec![first.clone(), second.clone()],
        ),
    ] {
        assert_eq!(after(text), encode(&records));
    }
    assert_eq!(super::after(None, String::new()), "[]");
    let text = encode(&[second]);
    assert_eq!(super::after(None, text.clone()), text);
}
