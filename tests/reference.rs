//! Random sagas, through macro and executor, against an interpreter of the decision tables that shares no
//! code with them: the same calls, moments and keys, the same end, and books that agree with it.

mod answer;
mod arms;
mod bounds;
mod interpreter;
mod locks;
mod loops;
mod many;
mod nested;
mod post;
mod remaining;
mod script;
mod shape;
mod signals;
mod step;
mod trouble;
mod upgrade;
mod vendor;
mod word;

use std::{
    borrow::Cow,
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bounds::keeps_its_time;
use interpreter::{Run, Why};
use locks::KEYS_LIMIT;
use post::{Letter, Post};
use proptest::{prelude::*, test_runner::TestCaseResult};
use script::{LATE, SHORT, Script, TIMEOUT, script, unit};
use shape::{shape, shapes};
use step::{LIMIT, Step, steps};
use tokio::{
    runtime,
    time::{Instant, sleep},
};
use trouble::Trouble;
use typed_saga::{
    Cause, Completeness, Failure, Outcome,
    runtime::{Left, Machine, Prepared},
    saga,
};
use vendor::Vendor;
use word::keeps_its_word;

shape! { Plain false vendor key failure:
    [read a() again(2) instead] [step b(a) undo(2)] [step c(b) undo(1) instead] [step d() keep maybe]
    [pivot e(c) same again(2)] [step f(e) same again(3)]
}
shape! { Asked true vendor key failure:
    [step a() timed ask(2) undo(2) again(2)] [step b(a) timed ask(1) late undo(1) save(2) again(2)] [read c(b) timed again(2)]
    [pivot d(a) timed ask(2) again(2)] [step e(d) timed ask(2) again(2)]
}
shape! { Repeated true vendor key failure:
    [step a() timed same again(3) undo(2)] [step b(a) timed same late again(4) undo(2)] [step c(b) timed same again(2) undo(1) save(1)]
    [pivot d() timed same again(3)] [step e(d) timed same again(3) instead] [step f(e) maybe same again(2)]
}
shape! { Keyed true vendor key failure:
    [step a() timed undo_by_key(2)] [step b(a) timed again(2) undo_by_key(1) save(2)]
    [step c() timed ask(1) late undo_by_key(2) again(2)] [step d(c) timed same again(2) undo_by_key(2) maybe]
}
shape! { Kept true vendor key failure:
    [read a() timed save(2)] [step b(a) timed same late again(2) anew] [step c(b) timed ask(1) anew again(2)]
    [step d(c) timed same again(2) undo(1)] [step e(d) timed ask(1) undo(1)]
}
shape! { EveryWay true vendor key failure:
    [step a() timed ask(1) late same again(3) undo_by_key(1)] [step b(a) timed ask(2) same again(2) undo_by_key(2) save(2)]
    [pivot c(b) timed ask(1) late same again(2)] [step d(c) timed ask(1) same again(2)]
}
shape! { Block true vendor key failure:
    [step a() timed same again(2) undo(2)]
    [step b(a) timed ask(1) undo(1) again(2), step c(a) timed same again(3) undo(2), step d() timed undo_by_key(2) again(2)]
    [step e(b c) timed ask(1) undo(1)]
}
shape! { Edges true vendor key failure:
    [read a() timed, step b(a) timed ask(2) undo(2) save(2), step c() timed same again(2) undo(1) maybe, step d(b c) timed undo_by_key(1) again(2)]
    [pivot e(d) timed same again(2)]
}
shape! { Bare false vendor key failure:
    [step a() undo(1), step b(a) undo(2) instead, read c() again(3) instead, step d() keep after(c)] [read e(b d) again(2)]
}
shape! { Onwards true vendor key failure:
    [pivot a() timed ask(1)]
    [step b(a) timed same again(2), step c() timed ask(1) again(3), step d(b) timed same again(2) maybe, read e(c) timed again(2) instead]
    [step f(d e) same again(2)]
}
shape! { Nested true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)] [read b(a) timed save(2)] [step c(b) timed ask(1) undo(1) save(3) again(2)]
    [step d(c) timed undo_by_key(1)]
}
shape! { Chosen true vendor key failure:
    [step a() timed same again(2) undo(2) turns_on(c)] [read b(a) timed turns_on(d)] [step c(b) timed ask(1) undo(1) again(2)]
    [step d(c) timed undo_by_key(1)]
}
shape! { Beside true vendor key failure:
    [step a() timed undo_by_key(2)]
    [step b() timed ask(1) undo(2), step c() timed same again(2) undo(2) save(2), step d(c) timed undo_by_key(2) save(1)]
    [pivot e(b d) timed ask(1) again(2)]
}
shape! { Perhaps true vendor key failure:
    [step a() timed ask(1) undo(1) maybe] [pivot b(a) timed same again(3) maybe] [step c(b) timed ask(2) again(2)]
}
shape! { Standing true vendor key failure:
    [step a() timed undo_by_key(1)] [step b() timed after(a) ask(1) undo(1)] [read c(b) timed]
    [step d(c) timed same again(2) undo(1) maybe] [step e(d) timed ask(1) undo(1)]
}
shape! { Spared false vendor key failure:
    [read a() save(2)] [step b(a) undo(1) save(1)] [step c(a) anew instead, step d() undo(2)] [read e(b) again(2)]
}
shape! { Loose true vendor key failure:
    [read a() timed save(1)] [step b() timed same again(2) anew, step c() timed ask(1) anew again(2), step d(b) timed ask(1) undo(1)]
    [step e(c) timed ask(1) late undo(2)]
}
shape! { Covered true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)] [step b(a) timed ask(1) again(2) with(a)]
    [step c(b) timed same again(2) with(a) instead] [step d(c) timed ask(1) undo(1)]
}
shape! { CoveredBeside true vendor key failure:
    [step a() timed undo_by_key(2)]
    [step b(a) timed same again(2) undo(1), step c(b) timed ask(1) again(2) with(b), step d() timed ask(1) late again(2) with(a)]
    [step e(c) timed ask(1) undo(1)]
}
shape! { CoveredBare false vendor key failure:
    [step a() undo(1)] [step b() with(a) maybe] [step c() with(a) instead, step d(b) undo(1)] [read e(b) again(2)]
}
shape! { Governed true vendor key failure:
    [step a() timed same again(2) undo(2) save(1)]
    when b { [step b(a) timed ask(1) undo(1) again(2)] [step c(b) timed undo_by_key(2) save(2)] [step d(b) timed same again(2) with(c)] }
    [step e(b d) timed ask(1) undo(1) again(2)]
}
shape! { GovernedBlock true vendor key failure:
    [read a() timed again(2)]
    when b { [step b(a) timed same again(2) undo(2) save(1), step c(b) timed ask(1) undo(1) maybe, step d() timed undo_by_key(2)] [read e(c d) timed instead] }
    [pivot f(b e) timed same again(2)]
}
shape! { GovernedBeyond true vendor key failure:
    [pivot a() timed ask(1) again(2)]
    when b { [step b(a) timed same again(2), step c() timed ask(1) again(2) instead] [step d(b) timed same again(2) maybe] }
    when e { [step e(b) timed same again(2)] }
    [read f(d e) timed again(2)]
}
shape! { GovernedBare false vendor key failure:
    when a { [read a() save(2)] [step b(a) undo(1) save(1)] }
    when c { [step c(a) undo(1) instead] [step d(c b) anew] }
    [read e(b c d) again(2)]
}

/// How a saga ended, as both tell it.
#[derive(Debug, Default, PartialEq)]
struct Told {
    end: &'static str,
    output: Option<String>,
    failure: Option<(Option<&'static str>, Why)>,
    /// What stands for certain, whether or not it may.
    standing: Vec<Cow<'static, str>>,
    /// What perhaps stands.
    in_doubt: Vec<Cow<'static, str>>,
    unfinished: Vec<Cow<'static, str>>,
}

fn told<M: Machine<Output = String, Error = Trouble>>(outcome: Outcome<M>) -> Told {
    match outcome {
        Outcome::Completed(output) => Told {
            end: "completed",
            output: Some(output),
            ..Told::default()
        },
        Outcome::Compensated(error) => {
            let Completeness::Compensated { left } = error.completeness() else {
                panic!("{error:?}")
            };
            let named = |how: Left| {
                left.iter()
                    .filter(|left| left.how == how)
                    .map(|left| own(&left.step))
                    .collect()
            };
            Told {
                end: "compensated",
                failure: Some(why(error.failure())),
                standing: named(Left::Certain),
                in_doubt: named(Left::Perhaps),
                ..Told::default()
            }
        }
        Outcome::Parked(parked) => {
            let unsettled = parked.unsettled();
            let own = |paths: &[Cow<'static, str>]| paths.iter().map(|path| own(path)).collect();
            Told {
                end: "parked",
                output: None,
                failure: Some(why(parked.failure())),
                standing: own(&unsettled.still_applied),
                in_doubt: own(&unsettled.in_doubt),
                unfinished: own(&unsettled.unfinished),
            }
        }
        Outcome::OutputLost(panic) => panic!("{panic:?}"),
    }
}

/// The name of a step or an item with this path, behind the items whose sagas it is in.
fn own(path: &str) -> Cow<'static, str> {
    let (around, own) = path.rsplit_once('/').unwrap_or(("", path));
    let items = around.split('/').filter(|part| part.contains('['));
    let names: Vec<_> = items.chain([own]).collect();
    names.join(".").replace(['[', ']'], "").into()
}

fn why(failure: &Failure<Trouble>) -> (Option<&'static str>, Why) {
    let why = match failure.cause() {
        Cause::Failed(trouble) => Why::Error(*trouble),
        Cause::TimedOut => Why::TimedOut,
        Cause::Panicked(_) => Why::Panicked,
        Cause::TooManyItems {
            limit: LIMIT | KEYS_LIMIT,
        } => Why::TooManyItems,
        Cause::DeadlineExceeded => Why::Deadline,
        Cause::ParentRolledBack { .. } => Why::ParentRolledBack,
        Cause::Cancelled => Why::Cancelled,
        // Of a saga that is a step, has parked, and told its parent what it failed with.
        Cause::Recorded { .. } => Why::Recorded,
        cause => panic!("{cause:?}"),
    };
    let step = failure.path().map(|path| &*own(path).into_owned().leak());
    (step, why)
}

/// Runs both, in time that passes only when nothing else is to be done, and compares them.
fn check<M, F>(
    steps: &'static [Step],
    script: Script,
    deadline: Option<u16>,
    saga: F,
) -> TestCaseResult
where
    M: Machine<Output = String, Error = Trouble>,
    F: FnOnce(Vendor) -> Prepared<M>,
{
    let run = async |saga: Prepared<M>, _: &Vendor| saga.outcome().await;
    compare(&Post::default(), steps, script, deadline, saga, run)
}

/// The same, while letters come.
fn hear<M, F>(
    post: &Post,
    steps: &'static [Step],
    script: Script,
    deadline: Option<u16>,
    saga: F,
    says: impl Fn(&str, u32) -> M::Signal,
) -> TestCaseResult
where
    M: Machine<Output = String, Error = Trouble>,
    F: FnOnce(Vendor) -> Prepared<M>,
{
    let run = async |saga: Prepared<M>, vendor: &Vendor| {
        let handle = saga.start();
        let hand_over = async |letter| {
            let answer = match letter {
                Letter::Signal(name, value) => {
                    format!("{:?}", handle.signal(says(name, value)).await)
                }
                Letter::Cancel => format!("{:?}", handle.cancel().await),
            };
            vendor.answered(letter, answer);
        };
        post.deliver(|| handle.is_finished(), hand_over).await;
        handle.outcome().await
    };
    compare(post, steps, script, deadline, saga, run)
}

fn compare<M, F>(
    post: &Post,
    steps: &'static [Step],
    script: Script,
    deadline: Option<u16>,
    saga: F,
    run: impl AsyncFnOnce(Prepared<M>, &Vendor) -> Outcome<M>,
) -> TestCaseResult
where
    M: Machine<Output = String, Error = Trouble>,
    F: FnOnce(Vendor) -> Prepared<M>,
{
    let script = Arc::new(script);
    // Not a multiple of anything that a step does.
    let deadline =
        deadline.map(|deadline| Duration::from_millis(u64::from(deadline) * 1_000_000 + 1));
    let mut took = Duration::ZERO;
    let (actual, trace, books) = settled(async || {
        let vendor = Vendor::new(steps, &script);
        vendor.occupies_keys().await;
        let start = Instant::now();
        let mut saga = saga(vendor.clone()).id("random").items_limit(LIMIT);
        if let Some(deadline) = deadline {
            saga = saga.deadline(deadline);
        }
        let told = told(run(saga, &vendor).await);
        took = start.elapsed();
        (told, vendor)
    });
    keeps_its_time(M::DEFINITION, took)?;
    let (expected, expected_trace, expected_books) = settled(async || {
        let vendor = Vendor::new(steps, &script);
        let expected = Run::new(steps, &vendor).tell(deadline, post).await;
        (expected, vendor)
    });
    prop_assert_eq!(&trace, &expected_trace);
    prop_assert_eq!(&actual, &expected);
    prop_assert_eq!(&books, &expected_books);
    keeps_its_word(steps, &actual, &books)
}

/// Takes a saga up again whenever it has parked, until what went wrong has come to its end.
fn resume<M, F>(steps: &'static [Step], script: Script, saga: F) -> TestCaseResult
where
    M: Machine<Output = String, Error = Trouble>,
    F: FnOnce(Vendor) -> Prepared<M>,
{
    let script = Arc::new(script);
    let (told, _, books) = settled(async || {
        let vendor = Vendor::new(steps, &script);
        vendor.occupies_keys().await;
        let mut outcome = saga(vendor.clone()).items_limit(LIMIT).outcome().await;
        for _ in 0..60 {
            let Outcome::Parked(parked) = outcome else {
                break;
            };
            outcome = parked.resume().outcome().await;
        }
        (told(outcome), vendor)
    });
    // What happened in part, and nothing finishes or undoes, waits for a person.
    let waits = |step: &&Step| {
        let keeps = step.keep && told.standing.iter().any(|name| *name == step.name);
        // Or is one that keeps a saga from being begun again.
        !step.same && !step.by_key && told.in_doubt.iter().any(|name| *name == step.name) || keeps
    };
    let leaves: Vec<_> = steps.iter().flat_map(Step::leaves).collect();
    prop_assert!(
        told.end != "parked" || leaves.iter().any(waits),
        "{:?}",
        told
    );
    keeps_its_word(steps, &told, &books)
}

type Books = Vec<(usize, bool)>;

/// The end, all calls, and what each step's books say when nothing can arrive any more.
fn settled<Fut: Future<Output = (Told, Vendor)>>(
    run: impl FnOnce() -> Fut,
) -> (Told, Vec<vendor::Call>, Books) {
    let runtime = runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (told, vendor) = run().await;
        sleep(Duration::from_secs(100_000)).await;
        let (trace, books) = (vendor.trace(), vendor.books_of_all());
        (told, trace, books)
    })
}

shapes! {
    of 1:
    a_plain_saga Plain
    steps_that_are_asked_for Asked
    steps_that_are_repeated Repeated
    steps_that_are_cancelled_by_key Keyed
    steps_that_may_stay Kept
    steps_with_every_way_to_settle EveryWay
    a_block Block
    a_block_with_edges Edges
    a_plain_block Bare
    a_block_after_the_pivot Onwards
    nested_savepoints Nested
    savepoints_for_some_failures Chosen
    savepoints_in_a_block Beside
    conditional_steps Perhaps
    steps_that_stand_on_others Standing
    savepoints_before_steps_that_may_stay Spared
    a_block_of_steps_that_may_stay Loose
    steps_that_are_undone_with_another Covered
    siblings_that_are_undone_with_another CoveredBeside
    plain_steps_that_are_undone_with_another CoveredBare
    steps_under_one_condition Governed
    a_block_under_one_condition GovernedBlock
    conditions_after_the_pivot GovernedBeyond
    plain_steps_under_conditions GovernedBare
}
