//! What sagas can do besides calling one step after the other: all of it is played alike each time, and
//! a schedule that is played again goes the same way.

use super::{Log, No, STATE, findings};
use std::time::Duration;
use typed_saga::{
    runtime::{Machine, Prepared},
    saga,
    testing::{Interplay, explore},
};

saga! {
    saga Plain() with (log: Log) -> Result<(), No> {
        step one(log) { log.note("one") }
            compensate(log) { log.note("not one") }
        step two(log) { log.note("two") }
            compensate(log) { log.note("not two") }
    }
}

/// All schedules of the saga beside `Plain`: twice, and what is found once more by its schedule. The
/// order of calls is compared, so almost every schedule is a finding, and the first one is reported.
fn plays<M: Machine<Error = No>>(saga: fn(&Log) -> Prepared<M>) -> Interplay {
    plays_with(saga, None)
}

fn plays_with<M: Machine<Error = No>>(
    saga: fn(&Log) -> Prepared<M>,
    signal: Option<fn() -> M::Signal>,
) -> Interplay {
    let sagas = || {
        let plain = explore(Log::default, |log: &Log| {
            Plain {}.with(log.clone()).id("plain")
        });
        let sagas = plain.beside(move |log: &Log| saga(log).id("other"));
        let sagas = sagas.state(Log::lines).error(No::of).limit(3_000);
        match signal {
            Some(signal) => sagas.signal(signal),
            None => sagas,
        }
    };
    let report = sagas().run();
    assert_eq!(report.to_string(), sagas().run().to_string());
    assert!(!report.findings().is_empty(), "{report}");
    for finding in report.findings() {
        let again = sagas().only(finding.schedule()).run();
        let [same] = again.findings() else {
            panic!("{} is found again: {again}", finding.schedule());
        };
        assert_eq!(same.to_string(), finding.to_string());
        assert_eq!(again.calls(), finding.calls());
        assert_eq!(again.played() + again.played_with_refusal(), 1);
    }
    report
}

#[test]
fn concurrent_blocks() {
    saga! {
        saga Block() with (log: Log) -> Result<(), No> {
            concurrent {
                step left(log) { log.note("left") }
                    compensate(log) { log.note("not left") }
                step right(log) { log.note("right") }
                    compensate(log) { log.note("not right") }
                #[after(left)]
                step last(log) { log.note("last") }
                    compensate none
            }
        }
    }
    let report = plays(|log| Block {}.with(log.clone()));
    // Five calls, two of which are those of `Plain`: those of a block are made in one order.
    assert_eq!(report.played(), 10, "{report}");
    assert!(
        report.calls().iter().any(|call| call.contains("right")),
        "{report}"
    );
}

#[test]
fn retries() {
    saga! {
        saga Again() with (log: Log) -> Result<(), No> {
            #[idempotent] #[retry(3, 1s..10s)]
            step tried(log, key) {
                let _ = key;
                log.note("tried")?;
                if log.lines().iter().filter(|it| *it == "tried").count() < 3 {
                    Err(No)
                } else {
                    Ok(())
                }
            }
                compensate(log) { log.note("not tried") }
        }
    }
    let report = plays(|log| Again {}.with(log.clone()));
    // While it waits for its next attempt, only `Plain` has calls to make.
    let calls = |calls: &[&str]| report.calls().len() == calls.len();
    assert!(
        calls(&["one", "two", "tried", "tried", "tried"]),
        "{report}"
    );
    let later = report
        .calls()
        .iter()
        .filter(|call| call.contains(" later)"));
    assert_eq!(later.count(), 2, "{report}");
    assert_eq!(report.played(), 3, "{report}");
}

#[test]
fn sleeps_pass_when_nobody_has_a_call_to_make() {
    saga! {
        saga Sleeper() with (log: Log) -> Result<(), No> {
            step before(log) { log.note("before") }
                compensate none
            sleep night(8h);
            step after(log) { log.note("after") }
                compensate none
        }
    }
    let report = plays(|log| Sleeper {}.with(log.clone()));
    // `before` among two calls, then `after`: there is no choice while it sleeps.
    assert_eq!(report.played(), 3, "{report}");
    let last = report.calls().last().expect("there are calls");
    assert_eq!(last, "Sleeper  after   applied (28800s later)");
}

#[test]
fn timeouts_and_deadlines() {
    saga! {
        #[within(1h)]
        saga Slow() with (log: Log) -> Result<(), No> {
            #[timeout(1s)] #[idempotent] #[retry(2, 1s..1s, jitter = false)]
            step slow(log, key) {
                let _ = key;
                log.note("begins")?;
                tokio::time::sleep(Duration::from_secs(60)).await;
                log.note("never ends")
            }
                compensate(log) { log.note("not slow") }
        }
    }
    let report = plays(|log| Slow {}.with(log.clone()));
    // A call is one whole, even if it takes a while.
    let text = report.to_string();
    assert!(text.contains("timed out"), "{text}");
    assert!(!text.contains("never ends"), "{text}");
}

#[test]
fn a_call_is_one_whole() {
    saga! {
        saga Long() with (log: Log) -> Result<(), No> {
            step long(log) {
                log.note("begins")?;
                tokio::time::sleep(Duration::from_secs(60)).await;
                tokio::task::yield_now().await;
                tokio::spawn(tokio::task::yield_now())
                    .await
                    .expect("it ends");
                log.note("ends")
            }
                compensate none
        }
    }
    let whole = |log: &Log| {
        let lines = log.lines();
        let pairs = lines.windows(2);
        pairs
            .filter(|pair| pair[0] == "begins" && pair[1] == "ends")
            .count()
    };
    let report = explore(Log::default, |log: &Log| {
        Plain {}.with(log.clone()).id("plain")
    })
    .beside(|log: &Log| Long {}.with(log.clone()).id("long"))
    .state(whole)
    .error(No::of)
    .run();
    report.assert();
    assert_eq!((report.played(), report.played_with_refusal()), (3, 9));
}

#[test]
fn signals() {
    saga! {
        saga Asks() with (log: Log) -> Result<(), No> {
            step asked(log) { log.note("asked") }
                compensate none
            #[timeout(1h)]
            signal answer -> u32;
            step taken(log, answer) { log.note(format!("took {answer}")) }
                compensate none
        }
    }
    let answer = || AsksSignal::Answer(7);
    let report = plays_with(|log| Asks {}.with(log.clone()), Some(answer));
    assert_eq!(report.played(), 6, "{report}");
    assert!(!report.to_string().contains("never sent"), "{report}");
    // That of the first saga comes before the second one.
    let first = explore(Log::default, |log: &Log| {
        Asks {}.with(log.clone()).id("asks")
    })
    .signal(answer)
    .beside(|log| Plain {}.with(log.clone()).id("plain"))
    .state(Log::sorted)
    .run();
    first.assert();
    assert_eq!(first.played(), 6, "{first}");
    // Without a value it times out, once neither has a call to make.
    let report = plays(|log| Asks {}.with(log.clone()));
    assert_eq!(report.played(), 3, "{report}");
    let note = "`answer` is never sent: see `signal`\n";
    assert!(report.to_string().contains(note), "{report}");
}

#[test]
fn child_sagas_and_loops() {
    saga! {
        saga Child(name: &'static str) with (log: Log) -> Result<(), No> {
            step inner(log, name) { log.note(format!("inner {name}")) }
                compensate(log) { log.note("not inner") }
        }
    }
    saga! {
        saga Parent(names: [&'static str; 2]) with (log: Log) -> Result<(), No> {
            #[concurrent(2)]
            for name: &'static str in (names => *names)
            step each(name) = saga Child { name } with (log);
            step last(log) { log.note("last") }
                compensate none
        }
    }
    let report = plays(|log| Parent { names: ["x", "y"] }.with(log.clone()));
    assert_eq!(report.played(), 10, "{report}");
    assert!(
        report
            .calls()
            .iter()
            .any(|call| call.contains("each[1]/inner")),
        "{report}"
    );
}

#[test]
fn durable_sagas() {
    saga! {
        #[classify(No::verdict)]
        #[timeout(1s)]
        durable saga Kept() with (log: Log) -> Result<(), No> {
            #[idempotent]
            step kept(log, key) { let _ = key; log.note("kept") }
                compensate(log) { log.note("not kept") }
        }
    }
    let report = plays(|log| Kept {}.with(log.clone()));
    assert_eq!(report.played(), 3, "{report}");
    let [(STATE, 1, "A B A")] = findings(&report)[..1] else {
        panic!("the call between the two others: {report}");
    };
}
