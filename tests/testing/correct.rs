//! The correct saga: nothing is found, and all of it is reached.

use crate::testing::{
    trip::{explore, trip},
    vendors::VendorError,
};
use typed_saga::{
    Verdict,
    runtime::CallKind::{Action, Compensate, Resolve},
    testing::Fault,
};

trip!(Trip);

#[test]
fn nothing_is_found_in_the_correct_saga() {
    let report = explore(Trip::prepare).run();
    report.assert();
    let text = report.to_string();
    assert!(!text.contains("never"), "{text}");
    assert!(!text.contains("cut short"), "{text}");
    assert!(report.paths() > 1000, "{text}");
}

#[test]
fn each_trouble_is_reached() {
    let report = explore(Trip::prepare).run();
    let once = |step, call, trouble| assert!(report.reached(step, call, trouble) > 0, "{report}");
    for step in ["authorization", "hotel", "car", "charge", "confirmation"] {
        once(step, Action, Fault::Fails(Verdict::Refused));
        once(step, Action, Fault::Fails(Verdict::Transient));
        once(step, Action, Fault::Fails(Verdict::Unknown));
        once(step, Action, Fault::Panics);
        once(step, Action, Fault::TimesOut);
        once(step, Action, Fault::LostInTime);
        once(step, Action, Fault::LostUnknown);
        once(step, Action, Fault::LostInPanic);
        once(step, Action, Fault::Outage);
        once(step, Action, Fault::CrashBefore);
        once(step, Action, Fault::CrashUnrecorded);
        once(step, Action, Fault::CrashRecorded);
    }
    once("car", Action, Fault::ArrivesLate);
    once("hotel", Action, Fault::ArrivesSettled);
    for step in ["authorization", "hotel", "car"] {
        once(step, Compensate, Fault::Fails(Verdict::Transient));
        once(step, Compensate, Fault::FailsForGood(Verdict::Transient));
        once(step, Compensate, Fault::LostInTime);
        once(step, Compensate, Fault::CrashUnrecorded);
    }
    once("car", Resolve, Fault::FailsForGood(Verdict::Transient));
}

#[test]
fn a_path_is_the_same_run_each_time() {
    let path = "car action 1 late + car resolve 1 transient";
    let story = || explore(Trip::prepare).only(path).run().to_string();
    assert_eq!(story(), story());
    assert!(story().starts_with("Trip: 1 paths (by faults: [0, 0, 1])"));
}

#[test]
fn a_path_tells_its_calls_in_order() {
    let report = explore(Trip::prepare)
        .only("charge action 1 refused-for-good")
        .run();
    assert_eq!(
        report.calls(),
        [
            "the action of `rates` → ok",
            "the action of `authorization` → ok",
            "the action of `hotel` → ok",
            "the action of `car` → ok",
            "the action of `charge` is refused each time → error: SoldOut",
            "the compensation of `car` → ok",
            "the compensation of `hotel` → ok",
            "the action of `hotel` → ok",
            "the action of `car` → ok",
            "the action of `charge` is refused each time → error: SoldOut",
            "the compensation of `car` → ok",
            "the compensation of `hotel` → ok",
            "the compensation of `authorization` → ok",
        ]
    );
}

#[test]
#[should_panic(expected = "no path: no step is called `boat`")]
fn a_path_names_steps_that_exist() {
    explore(Trip::prepare)
        .only("boat action 1 late")
        .run()
        .assert();
}

#[test]
fn a_report_says_what_was_not_tried() {
    let report = typed_saga::testing::explore(crate::testing::vendors::World::new, Trip::prepare)
        .error(|verdict| (verdict != Verdict::Unknown).then(|| VendorError::sample(verdict)))
        .limit(10)
        .run();
    let text = report.to_string();
    assert_eq!(report.paths(), 10);
    assert!(text.contains("cut short after 10 paths"), "{text}");
    assert!(text.contains("no error means `Unknown`"), "{text}");
    assert!(text.contains("no outage"), "{text}");
    assert!(
        text.contains("never called: the `resolve` of `car`"),
        "{text}"
    );
    assert!(
        text.contains("never given a fault: action of `charge`"),
        "{text}"
    );
}
