use typed_saga_core::{
    Definition, Limit, Verdict,
    definition::{Arm, Savepoint},
    kernel::{Event, Settlement},
};

use super::{Outlook, Plan, Refused};
use crate::{
    journal::fold::Folded,
    journal::sample::{
        Declare, block, journal_of, last, lasting, pivot, rich, saga, step, times, walk,
    },
    store::State,
};

fn folded(definition: &'static Definition, events: &[Event]) -> Folded {
    Folded::of(definition, &journal_of(definition, events)).unwrap()
}

fn plan(folded: &Folded, first: &[Event]) -> Result<Plan, Refused> {
    let heard: Vec<_> = first.iter().map(|&event| event.into()).collect();
    super::plan(folded, &heard)
}

fn after(definition: &'static Definition, events: &[Event], first: &[Event]) -> String {
    match plan(&folded(definition, events), first) {
        Ok(plan) => plan.to_string(),
        Err(refused) => format!("refused: {refused}"),
    }
}

fn done(step: u16) -> [Event; 2] {
    [Event::Attempting { step }, Event::Applied { step }]
}

fn fails(step: u16) -> [Event; 2] {
    let refused = Event::Rejected {
        step,
        verdict: Verdict::Refused,
        abort: false,
        again: true,
        late_passed: true,
    };
    [Event::Attempting { step }, refused]
}

fn undoing_fails(step: u16) -> [Event; 2] {
    [
        Event::Compensating { step },
        Event::CompensationFailed {
            step,
            refused: false,
        },
    ]
}

fn timed_out(step: u16) -> [Event; 2] {
    [Event::Attempting { step }, Event::TimedOut { step }]
}

fn settled(step: u16, settlement: Settlement) -> Event {
    Event::Settled { step, settlement }
}

#[test]
fn forward_to_the_end() {
    let definition = saga([
        step("hotel"),
        step("car").when(),
        pivot("charge"),
        last("mail"),
    ]);
    assert_eq!(
        after(definition, &done(0), &[]),
        "`car`: action, unless its `when` skips it\n\
         `charge`: action\n\
         `mail`: action\n\
         then it is completed"
    );
    assert_eq!(after(saga([]), &[], &[]), "then it is completed");
}

/// Which arm runs is not known before the saga comes to it.
#[test]
fn all_arms_of_a_when_are_listed() {
    let inside = |name, block| step(name).with(|step| step.condition = Some(block));
    let mut arms = saga([
        step("hotel"),
        inside("car", 0),
        inside("van", 0),
        inside("bus", 1),
        step("mail"),
    ])
    .clone();
    arms.conditions.to_mut()[1].arm = Arm::Else;
    let definition: &'static Definition = Box::leak(Box::new(arms));
    assert_eq!(
        after(definition, &done(0), &[]),
        "`car`: action, unless its `when` skips it\n\
         `van`: action, unless its `when` skips it\n\
         `bus`: action, unless its `when` skips it\n\
         `mail`: action\n\
         then it is completed"
    );
    for (taken, steps) in [(true, &["car", "van"][..]), (false, &["bus"][..])] {
        let decided = Event::Decided { block: 0, taken };
        let listed = steps.iter().map(|step| format!("`{step}`: action\n"));
        let listed: String = listed.collect();
        assert_eq!(
            after(definition, &[&done(0)[..], &[decided]].concat(), &[]),
            format!("{listed}`mail`: action\nthen it is completed")
        );
    }
}

#[test]
fn what_has_been_started_comes_first() {
    let definition = saga(block(0, [step("hotel"), step("car")]));
    let events = [Event::Attempting { step: 1 }];
    assert_eq!(
        after(definition, &events, &[]),
        "`car`: action, which has been started\n\
         `hotel`: action\n\
         then it is completed"
    );
}

#[test]
fn a_cancel_turns_it_back() {
    let definition = saga([step("hotel"), lasting("note"), step("car"), pivot("charge")]);
    let events = [done(0), done(1), done(2)].concat();
    assert_eq!(
        after(definition, &events, &[Event::CancelRequested]),
        "`car`: compensation\n\
         `hotel`: compensation\n\
         then it is compensated"
    );
    let events = [events, done(3).to_vec()].concat();
    assert_eq!(
        after(definition, &events, &[Event::CancelRequested]),
        "refused: it is too late: the pivot has passed, or the saga has ended"
    );
}

#[test]
fn fallbacks_and_turns() {
    let definition = saga([
        step("hotel").savepoint(1).with(|step| {
            step.savepoint = step.savepoint.take().map(|mut savepoint| {
                savepoint.conditional = true;
                savepoint
            });
        }),
        lasting("car").fallback(),
    ]);
    let events = [done(0), fails(1)].concat();
    assert_eq!(
        after(definition, &events, &[]),
        "`car`: fallback\n\
         then it is completed"
    );
    let declined = [
        Event::FallingBack { step: 1 },
        Event::FallbackDeclined { step: 1 },
    ];
    assert_eq!(
        after(definition, &[events, declined.to_vec()].concat(), &[]),
        "`hotel`: compensation\n\
         `hotel`: try again from here, unless its `if` is false\n\
         `hotel`: action\n\
         `car`: action\n\
         then it is completed"
    );
}

#[test]
fn it_ends_where_an_answer_is_not_known() {
    let definition = saga([step("hotel"), step("car").resolve().late()]);
    let events = [done(0), timed_out(1)].concat();
    assert_eq!(
        after(definition, &events, &[]),
        "`car`: resolve\n\
         what follows depends on the result of `resolve` of `car`"
    );
}

#[test]
fn a_parked_saga_that_is_taken_up() {
    let definition = saga([step("hold"), step("hotel").on(&[0]).undo(1), step("car")]);
    let events = [
        &done(0)[..],
        &done(1),
        &fails(2),
        &undoing_fails(1),
        &[Event::Kept { step: 0 }],
    ];
    let events = events.concat();
    assert_eq!(after(definition, &events, &[]), "then it is parked");
    assert_eq!(
        after(definition, &events, &[Event::Resumed]),
        "`hotel`: compensation\n\
         `hold`: compensation\n\
         then it is compensated"
    );
    let undone = settled(1, Settlement::Undone);
    assert_eq!(after(definition, &events, &[undone]), "then it is parked");
    assert_eq!(
        after(definition, &events, &[undone, Event::Resumed]),
        "`hold`: compensation\n\
         then it is compensated"
    );
}

#[test]
fn what_does_not_fit_is_refused_in_words() {
    let definition = saga([
        step("hold"),
        lasting("note"),
        step("hotel").by_key().undo(1),
        pivot("charge"),
    ]);
    let events = [&done(0)[..], &done(1), &[Event::Attempting { step: 2 }]].concat();
    for (event, words) in [
        (Event::Resumed, "the saga is not parked"),
        (settled(0, Settlement::Applied), "`hold` is not in doubt"),
        (settled(0, Settlement::NotApplied), "`hold` is not in doubt"),
        (
            settled(3, Settlement::Undone),
            "`charge` is neither in doubt nor left applied by a failed compensation",
        ),
        (
            settled(2, Settlement::Undone),
            "a call of `hotel` is running",
        ),
        (
            settled(0, Settlement::Undone),
            "the saga is running, and does not wait for `hold`: try again when it does, or when it is parked",
        ),
        (
            Event::Kept { step: 0 },
            "Kept { step: 0 } does not fit the state of the saga",
        ),
    ] {
        let expected = format!("refused: {words}");
        assert_eq!(after(definition, &events, &[event]), expected);
    }
    let back = [&done(0)[..], &done(1), &fails(2)].concat();
    let note = settled(1, Settlement::Undone);
    assert_eq!(
        after(definition, &back, &[note]),
        "refused: `note` declares `compensate none`, so it stays applied"
    );
}

#[test]
fn a10_an_applied_step_of_a_parked_or_ended_saga_is_not_said_to_be_at_work() {
    let definition = saga([step("hold"), pivot("charge"), last("mail").retry(1)]);
    let forward = [&done(0)[..], &done(1)].concat();
    let hold = settled(0, Settlement::Undone);
    let parked = [&forward[..], &fails(2)].concat();
    assert_eq!(
        after(definition, &parked, &[hold]),
        "refused: the saga is parked because of another step, and `hold` is applied: in a parked saga, only a step can be settled that is in doubt, was not compensated, or cannot be recorded"
    );
    let ended = [&forward[..], &done(2)].concat();
    assert_eq!(
        after(definition, &ended, &[hold]),
        "refused: it is too late: the pivot has passed, or the saga has ended"
    );
}

#[test]
fn an_event_that_is_refused_leaves_the_saga_as_it_was() {
    let definition = saga([step("hotel")]);
    let folded = folded(definition, &done(0));
    let before = plan(&folded, &[]).unwrap();
    assert!(plan(&folded, &[Event::CancelRequested, Event::Resumed]).is_err());
    assert_eq!(plan(&folded, &[]).unwrap(), before);
}

/// From any state, a plan ends, and its end is not a surprise.
#[test]
fn every_saga_has_a_plan() {
    let definition = rich();
    let mut ends = Vec::new();
    for seed in saga_tests::seeds(1..80) {
        let run = walk(definition, seed, 60);
        for length in 0..=run.len() {
            let plan = plan(&folded(definition, &run[..length]), &[]).unwrap();
            ends.push(plan.end);
        }
    }
    for end in [
        Outlook::Ends(State::Completed),
        Outlook::Ends(State::Compensated),
        Outlook::Ends(State::Parked),
        Outlook::Answer("hotel".into()),
    ] {
        assert!(ends.contains(&end), "{end:?}");
    }
}

#[test]
fn a_savepoint_without_limit_turns_once() {
    let forever = |step: &mut typed_saga_core::definition::Step| {
        let mut savepoint = Savepoint::of(times(1));
        savepoint.limit = Limit::Forever;
        step.savepoint = Some(savepoint);
    };
    let definition = saga([step("hotel").with(forever)]);
    assert_eq!(
        after(definition, &fails(0), &[]),
        "`hotel`: try again from here\n\
         `hotel`: action\n\
         then it is completed"
    );
}

/// Programs read this JSON in the output of the command and of the console.
#[test]
fn as_json_it_says_the_state_or_the_step_that_it_depends_on() {
    for (end, expected) in [
        (
            Outlook::Ends(State::Abandoned),
            r#"{"calls":[],"then":"abandoned","depends_on":null}"#,
        ),
        (
            Outlook::Answer("hotel".into()),
            r#"{"calls":[],"then":null,"depends_on":"hotel"}"#,
        ),
        (
            Outlook::Listens("word".into()),
            r#"{"calls":[],"then":null,"depends_on":null,"listens_for":"word"}"#,
        ),
    ] {
        let calls = Vec::new();
        let plan = Plan { calls, end };
        assert_eq!(serde_json::to_string(&plan).unwrap(), expected);
    }
}
