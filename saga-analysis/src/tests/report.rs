//! The report.

use std::time::Duration;

use typed_saga_definition::{
    Call, CallKind, Compensation, Definition, Field, Items, Kind, Limit, List, Step, Text, Timing,
};

use super::build::*;
use crate::{Analysis, Cause, Each, Report, Settled, Unbounded, Why};

fn reading<const N: usize>(name: &'static str, services: [&'static str; N], step: Step) -> Step {
    Step {
        reads: services.map(Text::Borrowed).into_iter().collect(),
        ..named(name, step)
    }
}

fn services<const N: usize>(names: [&'static str; N]) -> List<Field> {
    let field = |name| Field {
        name: Text::Borrowed(name),
        ty: "Vendor".into(),
    };
    names.map(field).into_iter().collect()
}

fn report(saga: &Definition, durable: bool) -> Report {
    Analysis::with_journal(saga, durable).report()
}

fn text(saga: &Definition, durable: bool) -> Vec<String> {
    let text = report(saga, durable).to_string();
    text.lines().map(str::to_owned).collect()
}

fn looped(each: Step) -> Step {
    let mut step = Step {
        timeout: None,
        idempotent: false,
        compensation: Compensation::Absent,
        ..each.clone()
    };
    step.items = Some(Items {
        item: "it".into(),
        each: Items::each_of(each, false, false, false).into(),
        ..Items::PLAIN
    });
    step
}

fn tickets() -> Definition {
    let mut saga = saga([
        reading("seat", ["theatre"], step().tried(2)),
        reading("payment", ["bank"], pivot().tried(3)),
        reading("ticket", ["printer"], last().on(&[0, 1])),
    ]);
    saga.name = "BuyTicket".into();
    saga.services = services(["theatre", "bank", "printer"]);
    saga
}

#[test]
fn code_is_counted_by_the_service_that_it_reads() {
    let mut inside = saga([reading("seat", ["theatre"], step().tried(2))]);
    inside.services = services(["theatre", "other"]);
    let mut given = named("wrapped", child(inside).tried(2));
    given.child.as_mut().unwrap().services = vec!["bank".into(), "other".into()].into();
    let mut saga = saga([reading("payment", ["bank"], pivot()), given]);
    saga.services = services(["bank", "other"]);
    let services = report(&saga, false).services;
    let code = |at: usize| {
        let code = services[at].code.iter();
        code.map(|code| (&*code.step, code.runs.unwrap()))
            .collect::<Vec<_>>()
    };
    // After the pivot, the child is started up to four times.
    let of_child = Limit::Times(2 * 4);
    let payment = ("payment", Limit::Times(1));
    assert_eq!(code(0), [payment, ("wrapped/seat", of_child)]);
    assert_eq!(code(1), []);
    assert_eq!(services[0].runs(None), Some(Limit::Times(9)));
}

#[test]
fn code_of_items_and_events_is_counted_for_each() {
    let each = reading("seats", ["flights"], step().tried(2));
    let mut undone = call(400, 3);
    undone.reads = vec!["flights".into()].into();
    let each = Step {
        compensation: Compensation::Declared {
            by_key: false,
            call: undone,
        },
        ..each
    };
    let mut saga = saga([looped(each).saved(1), reading("last", ["flights"], step())]);
    saga.publish = Some(Call {
        reads: vec!["flights".into()].into(),
        ..Call::PLAIN
    });
    saga.services = services(["flights"]);
    let services = report(&saga, false).services;
    let runs = [None, Some(Each::Item), Some(Each::Event)].map(|each| services[0].runs(each));
    assert_eq!(runs, [2, 2 * 5, 5].map(|times| Some(Limit::Times(times))));
    let lines = text(&saga, false);
    let row = lines.iter().find(|line| line.starts_with("calls")).unwrap();
    let expected = "calls at most   flights  2 + 10 x items + 5 x events  `seats` 4 x items, its \
                    compensation 6 x items, `last` 2, `publish` 5 x events";
    assert_eq!(row, expected);
    assert_eq!(
        text(&saga, true)
            .iter()
            .filter(|line| line.contains("flights  no bound"))
            .count(),
        1
    );
}

#[test]
fn a_saga_that_is_not_known_leaves_calls_unknown() {
    let mut given = named("wrapped", child(Definition::EMPTY));
    given.child.as_mut().unwrap().services = vec!["bank".into()].into();
    let mut saga = saga([given]);
    saga.services = services(["bank"]);
    let lines = text(&saga, false);
    let unknown = "no bound  `wrapped` is a saga that is not known here";
    assert_eq!(lines[2], format!("decided within  {unknown}"));
    let calls = "calls at most   bank  not known  `wrapped/…` not known";
    assert_eq!(lines[4], calls);
}

#[test]
fn the_text_has_a_row_for_each_guarantee() {
    assert_eq!(
        text(&tickets(), false),
        [
            "saga BuyTicket",
            "",
            "decided within  6 s  `payment` accounts for 4 s",
            "ends within     7 s  `payment` accounts for 4 s",
            "calls at most   theatre  2  `seat` 2",
            "                bank     3  `payment` 3",
            "                printer  1  `ticket` 1",
            "holds           seat  6 s  until `payment`",
            "never remains   payment  without `seat`",
            "                ticket   without `seat` or `payment`",
            "parks when      a step cannot be undone",
            "                  seat  after 1 failed compensation",
            "                  → parked.resume()",
            "                it stays unknown whether a step happened",
            "                  seat     after 2 attempts",
            "                  payment  after 3 attempts; nothing is undone",
            "                  ticket   after 1 attempt; nothing is undone",
            "                  → parked.resume()",
            "                a step after the pivot fails for good; nothing is undone",
            "                  ticket  after a final error or 1 failed attempt",
            "                  → parked.resume()",
        ]
    );
}

#[test]
fn of_a_durable_saga_operators_read_what_to_type() {
    let lines = text(&tickets(), true);
    let settle = "                  → saga settle ID STEP";
    let all = "--applied JSON | --not-applied | --undone --why TEXT";
    for line in [
        "durable saga BuyTicket",
        "                  seat  after 1 failed compensation or 10 losses in a row",
        &format!("{settle} --undone --why TEXT"),
        &format!("{settle} {all}"),
        &format!("{settle} --applied JSON --why TEXT"),
    ] {
        assert!(lines.iter().any(|it| it == line), "{line}: {lines:#?}");
    }
}

#[test]
fn all_that_leaves_a_time_without_a_bound_is_named() {
    let forever = |mut step: Step| {
        step.retry.as_mut().unwrap().limit = Limit::Forever;
        step
    };
    let hangs = |step| Step {
        timeout: None,
        ..step
    };
    let saga = saga([
        named("one", hangs(step())),
        named("approval", hangs(signal())),
        named("two", hangs(step())),
        named("charge", pivot()),
        named("three", forever(last())),
        named("items", looped(step())),
    ]);
    let report = report(&saga, true);
    let told = |time: &crate::Time| -> Vec<_> {
        let told = time.unbounded.iter();
        told.map(
            |Unbounded {
                 step, call, why, ..
             }| (step.to_string(), *call, *why),
        )
        .collect()
    };
    let no_timeout = |step: &str| (step.to_owned(), CallKind::Action, Why::NoTimeout);
    let decided = ["one", "approval", "two"].map(no_timeout);
    assert_eq!(told(&report.decided), decided);
    assert_eq!(report.decided.most, None);
    let mut ended = told(&report.ends);
    ended.sort_by_key(|(step, ..)| step.clone());
    let mut expected = decided.to_vec();
    expected.push(("three".to_owned(), CallKind::Action, Why::Forever));
    expected.push(("items".to_owned(), CallKind::Action, Why::Items));
    expected.sort_by_key(|(step, ..)| step.clone());
    assert_eq!(ended, expected);
    let lines = report.to_string();
    let lines: Vec<_> = lines.lines().collect();
    let of_steps = "decided within  no bound  `one` and `two` may take any time: `#[timeout(d)]` would bound them";
    let of_signal =
        "                          `approval` may wait forever: `#[timeout(d)]` would bound it";
    assert_eq!(lines[2..4], [of_steps, of_signal]);
    assert!(lines.iter().any(|line| {
        line.ends_with("`items` runs once for each item, and how many there are is not known")
    }));
}

#[test]
fn what_leaves_a_saga_that_is_a_step_without_a_bound_is_named_by_path() {
    let hangs = Step {
        timeout: None,
        ..step()
    };
    let inside = saga([named("paper", hangs)]);
    let saga = saga([named("wrapped", child(inside))]);
    let unbounded = report(&saga, false).ends.unbounded;
    let [Unbounded { step, kind, .. }] = &*unbounded else {
        panic!("{unbounded:?}");
    };
    assert_eq!((&**step, *kind), ("wrapped/paper", Kind::Step));
}

/// A step's share is the time that would be saved without it, which no other step makes up for.
#[test]
fn the_dearest_step_is_the_one_without_which_it_would_be_shortest() {
    let most = |steps: Vec<Step>| report(&saga(steps), false).decided.most;
    let (slow, fast) = (|| named("slow", read().tried(3)), || named("fast", read()));
    let less = Duration::from_millis(3020);
    assert_eq!(
        most(vec![fast(), slow(), fast()]),
        Some(("slow".into(), less))
    );
    let beside = block(0, [fast(), slow()]);
    assert_eq!(
        most(beside),
        Some(("slow".into(), Duration::from_millis(2020)))
    );
    assert_eq!(most(block(0, [fast(), fast()])), None);
    assert_eq!(most(vec![slow()]), None, "there is no other");
}

#[test]
fn items_park_as_steps_do_and_are_named_so() {
    use Settled::{Applied, NotApplied, Undone};
    let saga = saga([named("seats", looped(by_key())), named("after", pivot())]);
    let report = report(&saga, true);
    let parks = report
        .parks
        .iter()
        .filter(|park| park.step.starts_with("seats"));
    let parks: Vec<_> = parks
        .map(|park| (&*park.step, park.cause, &*park.settled))
        .collect();
    assert_eq!(
        parks,
        [
            ("seats[N]", Cause::CannotBeUndone, &[Undone][..]),
            (
                "seats[N]",
                Cause::StaysUnknown,
                &[Applied, NotApplied, Undone]
            ),
            ("seats[N]", Cause::Lost, &[Applied, NotApplied, Undone]),
        ]
    );
}

#[test]
fn times_are_written_as_people_write_them_and_never_too_short() {
    for (millis, expected) in [
        (0, "0 ms"),
        (999, "999 ms"),
        (1001, "2 s"),
        (59_001, "1 min"),
        (164_000, "2 min 44 s"),
        (3_599_001, "1 h"),
        (3_600_001, "1 h 1 min"),
        (90_000_000, "1 d 1 h"),
        (90_000_001, "1 d 2 h"),
    ] {
        let mut saga = saga([named("one", read())]);
        saga.steps.to_mut()[0].timeout = Some(Timing::Fixed(Duration::from_millis(millis)));
        assert_eq!(text(&saga, false)[2], format!("decided within  {expected}"));
    }
}

#[test]
fn the_first_sibling_without_a_bound_is_named_first() {
    let hangs = |name| Step {
        timeout: None,
        ..named(name, step())
    };
    let saga = saga(block(0, [hangs("one"), hangs("two")]));
    let text = text(&saga, false);
    let both = "`one` and `two` may take any time: `#[timeout(d)]` would bound them";
    assert_eq!(text[2], format!("decided within  no bound  {both}"));
}

/// More reruns than are followed count all steps.
#[test]
fn the_longest_step_is_named_whatever_the_number_of_reruns() {
    let lasts = |name, seconds| Step {
        timeout: Some(Timing::Fixed(Duration::from_secs(seconds))),
        ..named(name, step())
    };
    let steps = [
        lasts("one", 9),
        lasts("two", 10),
        lasts("three", 1).saved(1000),
    ];
    let most = report(&saga(steps), false).decided.most;
    assert_eq!(most.map(|(step, _)| step), Some("two".into()));
}

#[test]
fn what_the_deadline_bounds_is_no_reason_for_no_bound() {
    let approval = Step {
        timeout: None,
        ..signal()
    };
    let mail = Step {
        retry: None,
        ..last()
    };
    let mut saga = saga([named("approval", approval), pivot(), named("mail", mail)]);
    saga.within = Some(Duration::from_secs(60));
    let unbounded = report(&saga, true).ends.unbounded;
    let steps: Vec<_> = unbounded.iter().map(|one| &*one.step).collect();
    assert_eq!(steps, ["mail"]);
}

fn promising() -> Definition {
    let mut saga = tickets();
    saga.within = Some(Duration::from_secs(60));
    let steps = saga.steps.to_mut();
    steps[0].timeout = None;
    steps[0].holds = Some(typed_saga_definition::Hold {
        lasts: Duration::from_secs(900),
        until: 1,
    });
    saga
}

#[test]
fn promises_have_rows_and_the_deadline_bounds_what_comes_before_the_decision() {
    let mut saga = promising();
    let lines = text(&saga, false);
    assert_eq!(
        lines[2..7],
        [
            "decided within  1 min  promised 1 min",
            "                       unless `payment` has started by then, it rolls back 57 s after its start",
            "                       if it has, `payment` ends 4 s later at most",
            "                       without `#[within]` no bound",
            "ends within     no bound  `seat` may take any time: `#[timeout(d)]` would bound it",
        ]
    );
    for line in [
        "holds           seat  1 min  until `payment`; promised 15 min",
        "never remains   payment  without `seat`",
        "                ticket   without `seat` or `payment`",
    ] {
        assert!(lines.iter().any(|it| it == line), "{line}: {lines:#?}");
    }
    saga.steps.to_mut()[0].timeout = Some(Timing::Fixed(Duration::from_secs(1)));
    saga.within = Some(Duration::from_secs(120));
    assert_eq!(
        text(&saga, false)[2..5],
        [
            "decided within  6 s  promised 2 min",
            "                     unless `payment` has started by then, it rolls back 1 min 57 s after its start",
            "                     if it has, `payment` ends 4 s later at most",
        ]
    );
    saga.steps.to_mut()[0].timeout = None;
    saga.within = None;
    let lines = text(&saga, false);
    let broken = "holds           seat  no bound  until `payment`, because of `seat`; promised 15 min, \
                  which may be too short";
    assert!(lines.iter().any(|it| it == broken), "{lines:#?}");
}

/// A signal that waits forever ends at the deadline.
#[test]
fn a_deadline_bounds_the_end_where_all_that_follows_it_has_a_bound() {
    let hangs = Step {
        timeout: None,
        ..signal()
    };
    let mut saga = saga([
        named("seat", step()),
        named("approval", hangs),
        named("charge", pivot()),
    ]);
    assert_eq!(report(&saga, false).ends.within, None);
    saga.within = Some(Duration::from_secs(60));
    let report = report(&saga, false);
    assert_eq!(report.decided.within, Some(Duration::from_secs(60)));
    assert_eq!(report.ends.within, Some(Duration::from_millis(60_400)));
}
