use std::time::Duration;

use typed_saga_core::{
    definition::{Computed, Definition, DefinitionRef, SchemaError, Timing},
    kernel::Event,
};

use crate::{
    journal::record::{Record, RecordKind},
    journal::sample::{
        Declare, block, every_event, kernel, last, lasting, pivot, read as a_read, rich, saga,
        step, walk,
    },
};

fn again(definition: &Definition) -> DefinitionRef {
    read(&definition.to_json()).unwrap().into()
}

fn read(json: &str) -> Result<Definition, SchemaError> {
    Definition::from_json(json)
}

fn error(change: impl FnOnce(&str) -> String) -> String {
    let json = rich().to_json();
    let changed = change(&json);
    assert_ne!(changed, json, "the test changes nothing");
    read(&changed).unwrap_err().to_string()
}

#[test]
fn a_definition_reads_well() {
    let short = || Some(Timing::Fixed(Duration::from_micros(1500)));
    let [hotel, car] = block(1, [step("hotel").by_key().retry(3), lasting("car").when()]);
    let definition = saga([
        a_read("rates")
            .savepoint(2)
            .with(|read| read.timeout = short()),
        hotel,
        car.on(&[0, 1]).with(|car| car.awaits = [1][..].into()),
        pivot("charge").resolve().late(),
    ]);
    let json = concat!(
        r#"{"name":"BookTrip","durable":true,"classified":true,"inputs":[{"name":"trip","type":"Trip"}],"#,
        r#""services":[{"name":"vendors","type":"Vendors<'static>"}],"output":"_","error":"Failed","steps":["#,
        r#"{"name":"rates","kind":"read","effect":"u8","reads":["trip"],"timeout_ms":1.5,"#,
        r#""savepoint":{"limit":2,"base_ms":100,"cap_ms":2000,"jitter":true},"line":1},"#,
        r#"{"name":"hotel","kind":"step","effect":"u8","block":"hotel","reads":["trip"],"#,
        r#""compensate":{"reads":["key"],"by_key":true,"timeout_ms":1000},"timeout_ms":2000,"#,
        r#""retry":{"limit":3,"base_ms":100,"cap_ms":2000,"jitter":true},"line":1},"#,
        r#"{"name":"car","kind":"step","effect":"u8","block":"hotel","reads":["trip"],"when":["trip"],"compensate":"none","#,
        r#""stands_on":["rates","hotel"],"awaits":["hotel"],"timeout_ms":2000,"line":1},"#,
        r#"{"name":"charge","kind":"pivot","effect":"u8","reads":["trip"],"resolve":{"reads":["key"],"timeout_ms":1000},"#,
        r#""timeout_ms":2000,"idempotent":true,"late_ms":30000,"line":1}],"file":"src/trip.rs","line":7}"#,
    );
    assert_eq!(definition.to_json(), json);
}

#[test]
fn what_is_read_is_what_was_written() {
    for definition in [rich(), saga([]), saga([step("é \"'"), last("b")])] {
        let copy = again(definition);
        assert_eq!(copy.to_json(), definition.to_json());
        assert_eq!(copy.fingerprint(), definition.fingerprint());
        assert_eq!(copy.pivot, definition.pivot);
        let places = |of: &Definition| {
            let steps = of.steps.iter();
            steps
                .map(|step| (step.group, step.stands_on.clone(), step.awaits.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(places(&copy), places(definition));
    }
}

/// At each state of many runs, both accept the same events, and have the same next command.
#[test]
fn the_kernel_decides_by_it_as_by_the_original() {
    let definition = rich();
    let copy = again(definition);
    let steps = u16::try_from(definition.steps.len()).unwrap();
    let every = every_event(steps);
    let mut seen = Vec::new();
    for seed in saga_tests::seeds(1..200) {
        let (mut original, mut other) = (kernel(definition), kernel(copy.clone()));
        for event in walk(definition, seed, 60) {
            for each in &every {
                let fits = original.clone().apply(*each).is_ok();
                assert_eq!(other.clone().apply(*each).is_ok(), fits, "{each:?}");
            }
            original.apply(event).unwrap();
            other.apply(event).unwrap();
            assert_eq!(original.next(), other.next());
            for step in 0..steps {
                assert_eq!(original.lane(step), other.lane(step));
                assert_eq!(original.phase(step), other.phase(step));
            }
            seen.push(Record::of(event, definition).what);
        }
    }
    for kind in RecordKind::ALL {
        let none = [
            RecordKind::Started,
            RecordKind::Waiting,
            RecordKind::Redefined,
            RecordKind::Ended,
            RecordKind::Abandoned,
            RecordKind::Finished,
            // Records of `when` blocks, of a child saga, and of a parent: the saga has none of
            // these.
            RecordKind::Decided,
            RecordKind::Failing,
            RecordKind::Recalled,
            RecordKind::RerunRefused,
            // Records of a saga with events.
            RecordKind::EmitFailed,
        ];
        let expected = !none.contains(kind);
        assert_eq!(seen.contains(kind), expected, "{kind}");
    }
}

#[test]
fn records_of_one_are_those_of_the_other() {
    let (definition, copy) = (rich(), again(rich()));
    for event in every_event(6) {
        let record = Record::of(event, definition);
        assert_eq!(record.event(&copy).unwrap(), Some(event));
    }
    let first = Record::of(Event::Resumed, &copy);
    assert_eq!(first.step, None);
}

#[test]
fn a_duration_that_cannot_be_computed_is_written_as_none() {
    const CLOCK: Computed = Computed {
        source: "clock()",
        value: Some(|| panic!("no clock")),
    };
    let timeout = Some(Timing::Computed(&CLOCK));
    let definition = saga([step("hotel").with(|step| step.timeout = timeout)]);
    assert!(definition.to_json().contains(r#""timeout_ms":0"#));
    assert!(again(definition).steps[0].timeout.is_some());
}

#[test]
fn what_is_no_definition_is_refused() {
    for json in ["", "{}", "[]", r#"{"name":"x"}"#] {
        let error = read(json).unwrap_err().to_string();
        assert!(error.starts_with("not a definition that this version can read: "));
    }
    let newer = error(|json| json.replacen("\"kind\"", "\"moon\":1,\"kind\"", 1));
    assert!(newer.contains("unknown field `moon`"), "{newer}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    for (from, to, words) in [
        (
            r#""name":"car""#,
            r#""name":"hotel""#,
            "two steps are called `hotel`",
        ),
        (r#""kind":"step""#, r#""kind":"pivot""#, "it has two pivots"),
        (
            r#""stands_on":["rates"]"#,
            r#""stands_on":["mail"]"#,
            "`mail` is no step before `hold`",
        ),
        (
            r#""stands_on":["rates"]"#,
            r#""stands_on":["hold"]"#,
            "`hold` is no step before `hold`",
        ),
        (
            r#""awaits":["hotel"]"#,
            r#""awaits":["hold"]"#,
            "`hold` is not in the block of `car`",
        ),
        (
            r#""name":"note","kind":"step","effect":"u8""#,
            r#""name":"note","kind":"step","effect":"u8","awaits":["hold"]"#,
            "`hold` is not in the block of `note`",
        ),
        (
            r#""name":"charge","kind":"pivot","effect":"u8""#,
            r#""name":"charge","kind":"pivot","effect":"u8","block":"hotel""#,
            "`charge` is not next to the block of `hotel`",
        ),
        (
            r#""name":"charge","kind":"pivot","effect":"u8""#,
            r#""name":"charge","kind":"pivot","effect":"u8","block":"hold""#,
            "`charge` is not next to the block of `hold`",
        ),
    ] {
        let error = error(|json| json.replacen(from, to, 1));
        assert_eq!(error, format!("not a definition: {words}"));
    }
}
