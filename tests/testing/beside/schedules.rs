//! Which schedules are played: all, those with fewer switches first, each once; with a refusal at each
//! call; up to a limit.

use super::{Log, No, STATE, binomial, findings};
use typed_saga::{
    runtime::Machine,
    saga,
    testing::{Beside, explore},
};

saga! {
    saga Write(name: &'static str, calls: usize) with (log: Log) -> Result<(), No> {
        for call: usize in (calls => 0..*calls)
        step line(log, name, call) { log.note(format!("{name}{call}")) }
            compensate(log, name, call) { log.note(format!("not {name}{call}")) }
    }
}

saga! {
    saga Idle() -> Result<(), String> {
        read nothing() { Ok(()) }
    }
}

fn writes(
    a: usize,
    b: usize,
) -> Beside<Log, impl Machine<Error = No>, impl Machine<Error = No>, Vec<String>> {
    let write = |name, calls| move |log: &Log| Write { name, calls }.with(log.clone()).id(name);
    explore(Log::default, write("a", a))
        .beside(write("b", b))
        .state(Log::sorted)
}

#[test]
fn sagas_that_commute_are_safe_in_all_schedules() {
    for (a, b) in [
        (0, 0),
        (0, 3),
        (1, 1),
        (1, 4),
        (3, 2),
        (4, 4),
        (5, 5),
        (2, 9),
    ] {
        let report = writes(a, b).run();
        report.assert();
        let all = binomial(a + b, a);
        assert_eq!(report.played(), all, "{a} and {b} calls");
        assert_eq!(report.played_with_refusal(), 0);
        let schedules = if all == 1 { "schedule" } else { "schedules" };
        let played = format!("played: all {all} {schedules}\n");
        assert!(report.to_string().contains(&played), "{report}");
    }
}

#[test]
fn each_call_is_refused_in_each_schedule() {
    let report = writes(2, 2).error(No::of).run();
    report.assert();
    assert_eq!(report.played(), 6);
    // The first call of one is refused: 1 and 2 calls. The second one: its first is undone, so 3 and 2.
    let refused = 2 * (binomial(3, 1) + binomial(5, 2));
    assert_eq!(report.played_with_refusal(), refused);
    let text = report.to_string();
    let played = "played: all 6 schedules, and 26 with one of 4 refusals\n";
    assert!(text.contains(played), "{text}");
    assert!(
        text.starts_with("Write (A) and Write (B): no interference found\n"),
        "{text}"
    );
}

#[test]
fn those_with_fewer_switches_are_first() {
    let write = |name| move |log: &Log| Write { name, calls: 4 }.with(log.clone()).id(name);
    let sagas = || explore(Log::default, write("a")).beside(write("b"));
    // Up to 0, 1, 2, … switches: the words of four of each letter with up to 2, 3, 4, … runs.
    let up_to = [2, 8, 26, 44, 62, 68, 70];
    for (switches, schedules) in up_to.into_iter().enumerate() {
        let report = sagas().state(Log::sorted).limit(schedules).run();
        assert_eq!(report.played(), schedules);
        let text = report.to_string();
        let complete = match switches {
            0 => "complete: those without a switch\n",
            1 => "complete: those with up to 1 switch\n",
            2 => "complete: those with up to 2 switches\n",
            6 => "played: all 70 schedules\n",
            _ => continue,
        };
        assert!(text.contains(complete), "{text}");
        let one_less = sagas().state(Log::sorted).limit(schedules - 1).run();
        assert!(!one_less.to_string().contains(complete), "{one_less}");
    }
    // What only a certain number of switches shows is found in the first such schedule.
    for needed in 1..=6 {
        let switches = move |log: &Log| {
            let lines = log.lines();
            let changes = lines.windows(2).filter(|pair| pair[0][..1] != pair[1][..1]);
            changes.count() > needed
        };
        let report = sagas().state(switches).run();
        let [(STATE, found, _)] = findings(&report)[..] else {
            panic!("one finding: {report}");
        };
        assert_eq!(found, needed);
    }
}

#[test]
fn a_limit_says_what_was_played() {
    let report = writes(4, 4).error(No::of).limit(100).run();
    report.assert();
    assert_eq!(report.played() + report.played_with_refusal(), 100);
    let text = report.to_string();
    assert!(text.contains("cut short: see `limit`\n"), "{text}");
    let nothing = writes(4, 4).error(No::of).limit(1).run();
    let text = nothing.to_string();
    assert!(
        text.contains("complete: not even those without a switch\n"),
        "{text}"
    );
}

#[test]
fn without_an_error_no_call_is_refused_and_the_report_says_so() {
    let text = writes(1, 1).run().to_string();
    assert!(text.contains("no call is refused: see `error`\n"), "{text}");
    let write = |log: &Log| {
        Write {
            name: "a",
            calls: 1,
        }
        .with(log.clone())
        .id("a")
    };
    let idle = |_: &Log| Idle {}.run().id("i");
    let sagas = || {
        explore(Log::default, write)
            .error(No::of)
            .beside(idle)
            .state(Log::sorted)
    };
    let report = sagas().run();
    assert_eq!(report.played_with_refusal(), 2);
    let text = report.to_string();
    assert!(
        text.contains("never refused: `nothing` of Idle; see `error_of`\n"),
        "{text}"
    );
    let report = sagas().error_of(|_| Some("busy".to_owned())).run();
    assert_eq!(report.played_with_refusal(), 4);
    assert!(!report.to_string().contains("never refused"), "{report}");
}

#[test]
fn without_classify_any_error_refuses() {
    saga! {
        saga Plain(name: &'static str) with (log: Log) -> Result<(), No> {
            step line(log, name) { log.note(*name) }
                compensate none
        }
    }
    let plain = |name| move |log: &Log| Plain { name }.with(log.clone()).id(name);
    let report = explore(Log::default, plain("a"))
        .beside(plain("b"))
        .state(Log::sorted)
        .error(|verdict| (verdict == typed_saga::Verdict::Transient).then_some(No))
        .run();
    report.assert();
    assert_eq!((report.played(), report.played_with_refusal()), (2, 4));
}
