//! A step that a rerun calls again, in each place: with a service that keeps its promises nothing is found;
//! otherwise a finding names the calls that were made again.

#[path = "../reruns/desk.rs"]
mod desk;
#[path = "../reruns/sagas.rs"]
mod sagas;

use self::{
    desk::{Desk, Trouble},
    sagas::sagas,
};
use typed_saga::{
    runtime::{Machine, Prepared},
    testing::{Contract, Effect, Explorer, Finding, Report, explore},
};

macro_rules! all_places {
    ($($place:ident)*) => { $(
        sagas! { ([#[classify(Trouble::verdict)] #[timeout(10s)]] [durable] [#[savepoint(1, 1s..1s, jitter = false)]]
            [#[retry(3, 1s..1s, jitter = false)]]) $place desk key number quote {
            asked [#[late(1s)] #[retry(1)]] { #[retry(1)] resolve(desk, key) { desk.asks(key) } } [again]
            same [#[idempotent] #[retry(1)]] {} [again]
        } }
    )* };
}

all_places! { inside step governed beside items child children retried left }

/// What the service takes for an operation of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Keys,
    Calls,
    /// All calls are one.
    Nothing,
}

/// The mails of a desk are the effects of the step at this path.
fn of<M: Machine<Error = Trouble>>(
    path: &'static str,
    counts: Counts,
    saga: impl Fn(Desk) -> Prepared<M> + 'static,
) -> Explorer<Desk, M> {
    explore(Desk::default, move |desk| saga(desk.clone()).id("order-42"))
        .error(|verdict| Some(Trouble(verdict)))
        .ledger(move |desk| effects(desk, path, counts))
}

fn effects(desk: &Desk, path: &str, counts: Counts) -> Vec<Effect> {
    let mails = desk.mails();
    if counts == Counts::Nothing {
        let made = u32::from(!mails.is_empty());
        return vec![Effect::of(path).made(made)];
    }
    let effect = |(key, times)| {
        let made = if counts == Counts::Keys { 1 } else { times };
        Effect::of(path).key(key).made(made)
    };
    mails.into_iter().map(effect).collect()
}

fn is_right(report: &Report) {
    report.assert();
    let text = report.to_string();
    assert!(!text.contains("; 0 completed"), "{text}");
    assert!(!text.contains("cut short"), "{text}");
}

/// The finding of this contract, in which the last of the calls that were made again is allowed by
/// that.
fn finding(report: &Report, contract: Contract, allowed: &str) -> Finding {
    let mut findings = report.findings().iter();
    let found = findings.find(|finding| finding.contract() == contract);
    let found = found.unwrap_or_else(|| panic!("{contract:?}: {report}"));
    let last = found.repeated().last().expect("a call was made again");
    assert!(
        last.ends_with(&format!("; allowed by: {allowed}")),
        "{report}"
    );
    found.clone()
}

/// At each place, the step with `resolve` and with `#[idempotent]`.
macro_rules! places {
    ($($test:ident $place:ident $path:literal;)*) => { $(
        #[test]
        fn $test() {
            let asked = |desk| $place::asked::Outer { number: 7 }.with(desk);
            is_right(&of($path, Counts::Calls, asked).run());
            let same = |desk| $place::same::Outer { number: 7 }.with(desk);
            is_right(&of($path, Counts::Keys, same).run());

            let twice = of($path, Counts::Calls, same).run();
            let allowed = "under one key, `#[idempotent]` takes effect once";
            let found = finding(&twice, Contract::Idempotent, allowed);
            assert!(found.step().is_some_and(|step| step.starts_with($path)), "{found}");
        }
    )* };
}

places! {
    a_step step "mail";
    a_step_of_a_when_block governed "mail";
    a_step_beside_another beside "mail";
    items_of_another_list items "mail";
    a_child_that_is_undone child "sent/mail";
    children_of_items children "sent/mail";
    a_child_that_is_tried_three_times retried "sent/mail";
    a_child_that_its_parent_leaves left "sent/mail";
}

#[test]
fn each_round_is_an_operation_of_its_own() {
    let same = |desk| step::same::Outer { number: 7 }.with(desk);
    let report = of("mail", Counts::Nothing, same).run();
    let [found] = report.findings() else {
        panic!("one finding: {report}");
    };
    assert_eq!(
        (found.step(), found.contract()),
        (Some("mail"), Contract::Key)
    );
    let what = "2 rounds of it are applied, and have 1 effect between them";
    assert_eq!(found.what(), what);
    let [first, second] = found.repeated() else {
        panic!("two calls: {found}");
    };
    assert!(
        first.starts_with("the action of `mail`: round 0, key "),
        "{found}"
    );
    assert!(
        second.starts_with("the action of `mail`: round 1, key "),
        "{found}"
    );
}
