//! `DEFINITION`: what a saga is, as data.

use std::time::Duration;
use typed_saga::definition::{
    Definition,
    parts::{Compensation, Field, Group, Kind, Limit, Step, Timing},
};
use typed_saga::saga;

#[derive(Debug)]
struct Failed;

fn verdict(_: &Failed) -> typed_saga::Verdict {
    typed_saga::Verdict::Refused
}

const FIRST_LINE: u32 = line!() + 4;

#[rustfmt::skip] // lines are counted here, and spaces in a type are written that are not told
saga! {
    #[name = "trip"]
    #[classify(verdict)]
    #[timeout(1s)]
    #[late(0s)]
    saga BookTrip(days: u8, r#type: Option< Vec<u8> >) with (hotels: Vec<(u8, &'static str)>) -> Result<Box<u8>, Failed> {
        #[timeout(2s)]
        read rates(days, hotels) -> u8 { let _ = hotels; Ok(*days) }
        fallback(r#type, failure) { let _ = (r#type, failure); Ok(1) };

        #[retry(3, 100ms..2s)] #[idempotent]
        #[name = "hold"]
        step authorization(rates, key) -> u16 { let _ = key; Ok(u16::from(*rates)) }
        #[retry(7, 1ms..4ms, jitter = false)]
        #[timeout(5ms)]
        compensate(authorization) { let _ = authorization; Ok(()) }

        concurrent {
            #[savepoint(5, 10ms..30s, if = |_| true)]
            step hotel(rates, key) -> u32 { let _ = (rates, key); Ok(1) }
            #[by_key] compensate(key) { let _ = key; Ok(()) }

            #[when(days, authorization => *days > 1 && *authorization > 1)]
            #[after(authorization)]
            step car(hotel) -> u64 { Ok(u64::from(*hotel)) }
            resolve(rates, key) { let _ = (rates, key); Ok(None) }
            compensate none again;
        }

        #[idempotent] #[retry(forever, Duration::from_millis(1)..1h)]
        pivot charge(authorization, car, _key) { let _ = (authorization, car); Ok(()) }

        let _ = hotel;
        Box::new(days + rates)
    }
}

fn steps() -> &'static [Step] {
    let saga: &'static Definition = &BookTrip::DEFINITION;
    &saga.steps
}

#[test]
fn names_and_types_are_as_written() {
    let saga: &'static Definition = &BookTrip::DEFINITION;
    assert_eq!(saga.name, "trip");
    assert_eq!((saga.durable, saga.classified), (false, true));
    let pair = |field: &'static Field| (&*field.name, &*field.ty);
    let inputs = saga.inputs.iter().map(pair);
    assert_eq!(
        inputs.collect::<Vec<_>>(),
        [("days", "u8"), ("type", "Option<Vec<u8>>")]
    );
    let services = saga.services.iter().map(pair);
    assert_eq!(
        services.collect::<Vec<_>>(),
        [("hotels", "Vec<(u8, &'static str)>")]
    );
    assert_eq!((&*saga.output, &*saga.error), ("Box<u8>", "Failed"));
    let steps = saga.steps.iter().map(|step| (&*step.name, &*step.effect));
    let expected = [
        ("rates", "u8"),
        ("hold", "u16"),
        ("hotel", "u32"),
        ("car", "u64"),
        ("charge", "()"),
    ];
    assert_eq!(steps.collect::<Vec<_>>(), expected);
}

#[test]
fn kinds_groups_and_the_pivot_are_told() {
    let saga = BookTrip::DEFINITION;
    let kinds = saga.steps.iter().map(|step| step.kind);
    let expected = [Kind::Read, Kind::Step, Kind::Step, Kind::Step, Kind::Pivot];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
    let block = Some(Group { first: 2, len: 2 });
    let groups = saga.steps.iter().map(|step| step.group);
    assert_eq!(groups.collect::<Vec<_>>(), [None, None, block, block, None]);
    assert_eq!(saga.pivot, Some(4));
}

#[test]
fn reads_are_told_by_name_and_what_a_step_stands_on_by_index() {
    let [rates, authorization, hotel, car, charge] = steps() else {
        panic!("five steps are declared");
    };
    assert_eq!(rates.reads[..], ["days", "hotels"]);
    assert_eq!(
        rates.fallback.as_ref().unwrap().reads[..],
        ["type", "failure"]
    );
    assert_eq!(car.when.as_ref().unwrap()[..], ["days", "authorization"]);
    assert_eq!(car.resolve.as_ref().unwrap().reads[..], ["rates", "key"]);
    let stands_on = [rates, authorization, hotel, car, charge].map(|step| &*step.stands_on);
    assert_eq!(stands_on, [&[][..], &[0], &[0], &[0, 1, 2], &[1, 3]]);
    let awaits = [rates, authorization, hotel, car, charge].map(|step| &*step.awaits);
    assert_eq!(awaits, [&[][..], &[], &[], &[2], &[]]);
}

#[test]
fn policies_are_told_with_defaults_and_limits() {
    let [rates, authorization, hotel, car, charge] = steps() else {
        panic!("five steps are declared");
    };
    let timeouts = [rates, hotel].map(|step| step.timeout.as_ref().map(Timing::get));
    assert_eq!(
        timeouts,
        [2, 1].map(|seconds| Some(Duration::from_secs(seconds)))
    );
    assert!(rates.late.is_none(), "a read has no late arrival");
    assert_eq!(car.late.as_ref().map(Timing::get), Some(Duration::ZERO));

    let retry = authorization.retry.as_ref().expect("it is declared");
    assert_eq!(retry.limit, Limit::Times(3));
    assert_eq!(retry.backoff.base.get(), Duration::from_millis(100));
    assert_eq!(retry.backoff.cap.get(), Duration::from_secs(2));
    assert!(retry.backoff.jitter && authorization.idempotent);
    assert_eq!(
        charge.retry.as_ref().map(|retry| retry.limit),
        Some(Limit::Forever)
    );
    assert!(
        hotel
            .savepoint
            .as_ref()
            .is_some_and(|savepoint| savepoint.conditional)
    );
}

#[test]
fn compensations_are_told() {
    let [rates, authorization, hotel, car, charge] = steps() else {
        panic!("five steps are declared");
    };
    assert!(matches!(rates.compensation, Compensation::Absent));
    let Compensation::Declared {
        by_key: false,
        call,
    } = &authorization.compensation
    else {
        panic!("it has one, not by key");
    };
    assert_eq!(call.reads[..], ["authorization"]);
    assert_eq!(
        call.timeout.as_ref().map(Timing::get),
        Some(Duration::from_millis(5))
    );
    let retry = call.retry.as_ref().expect("it is declared");
    assert_eq!(retry.limit, Limit::Times(7));
    assert!(!retry.backoff.jitter);
    assert!(matches!(
        hotel.compensation,
        Compensation::Declared { by_key: true, .. }
    ));
    assert!(matches!(car.compensation, Compensation::None { .. }));
    assert!(matches!(charge.compensation, Compensation::Absent));
}

/// Lines are told by compilers from 1.88 on; before, each is that of the macro's call.
#[test]
fn lines_are_those_of_the_declarations() {
    let saga = BookTrip::DEFINITION;
    assert!(saga.file.ends_with("definition.rs"));
    let lines: Vec<_> = saga.steps.iter().map(|step| step.line).collect();
    if saga.line > FIRST_LINE {
        assert_eq!(saga.line, FIRST_LINE + 4);
        assert_eq!(lines, [6, 11, 18, 23, 29].map(|line| FIRST_LINE + line));
    } else {
        assert_eq!(lines, [saga.line; 5]);
    }
}

saga! {
    #[timeout(3s)]
    saga Told(order: u8) with (bus: u8) -> Result<u8, Failed> emit Vec<u8> {
        read held(order) -> u8 { Ok(*order) }

        when (order => *order > 1) {
            read paper() -> u8 { Ok(1) }
            emit(order, paper => [vec![*order, *paper]]);
        }

        emit failed(failure => [vec![u8::from(failure.error().is_some())]]);
        #[retry(7)]
        publish(bus, event) { let _ = (bus, event); Ok(()) }

        held
    }
}

#[test]
fn what_others_are_told_is_part_of_it() {
    let told = Told::DEFINITION;
    assert_eq!(told.emits.as_deref(), Some("Vec<u8>"));
    let [of_block, failed] = &told.events[..] else {
        panic!("it has two");
    };
    assert_eq!(
        (of_block.place, of_block.condition, of_block.failed),
        (2, Some(0), false)
    );
    assert_eq!(of_block.reads[..], ["order", "paper"]);
    assert_eq!(
        (failed.place, failed.condition, failed.failed),
        (2, None, true)
    );
    let publish = told.publish.as_ref().expect("it is declared");
    assert_eq!(publish.reads[..], ["bus", "event"]);
    assert_eq!(
        publish.timeout.as_ref().map(Timing::get),
        Some(Duration::from_secs(3))
    );
    assert_eq!(
        publish.retry.as_ref().map(|retry| retry.limit),
        Some(Limit::Times(7))
    );

    let json = told.to_json();
    let again = typed_saga::definition::Definition::from_json(&json).expect("it was written so");
    assert_eq!(again.to_json(), json);
    let silent = typed_saga::definition::Definition {
        emits: None,
        events: Vec::new().into(),
        publish: None,
        ..told
    };
    assert!(
        !silent.to_json().contains("emits"),
        "and only where it is used"
    );
    assert_ne!(silent.fingerprint(), again.fingerprint());
}
