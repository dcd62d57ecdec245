//! Runs of an earlier version of this library, which recorded the leading `_` of names, and made keys
//! with it.

use crate::durable::world::Trouble;
use saga::{
    Context, Key, Verdict,
    engine::{
        Action, Attribution, SagaId, State,
        for_logs::{Solo, SoloRun, SoloStep, Tape, Written},
    },
    runtime::Signalled,
    saga,
};
use serde_json::value::RawValue;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, timeout};

/// Every call, in order, with its key; and one that is not answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    calls: Arc<Mutex<Vec<(&'static str, Key)>>>,
    silent: Arc<Mutex<&'static str>>,
    refused: &'static str,
}

impl Desk {
    async fn call(&self, call: &'static str, key: &Key) -> Result<u32, Trouble> {
        self.calls.lock().unwrap().push((call, *key));
        if *self.silent.lock().unwrap() == call {
            pending::<()>().await;
        }
        if self.refused == call {
            return Err(Trouble(Verdict::Refused, "no".into()));
        }
        Ok(1)
    }

    fn is_silent_at(&self, call: &'static str) {
        *self.silent.lock().unwrap() = call;
    }

    /// The keys of each call.
    fn keys(&self) -> BTreeMap<&'static str, BTreeSet<String>> {
        let mut keys = BTreeMap::<_, BTreeSet<_>>::new();
        for (call, key) in self.calls.lock().unwrap().iter() {
            keys.entry(*call).or_default().insert(key.to_string());
        }
        keys
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    pub(crate) durable saga Wrap(size: u32) with (desk: Desk) -> Result<u32, Trouble> {
        #[idempotent]
        step paper(desk, size, key) -> u32 { desk.call("+paper", key).await.map(|one| one + size) }
            compensate(desk, key) { desk.call("-paper", key).await.map(drop) }

        paper
    }

    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    pub(crate) durable saga Order(nights: u32) with (desk: Desk) -> Result<u32, Trouble> {
        #[idempotent]
        step room(desk, nights, key) -> u32 {
            desk.call("+room", key).await.map(|one| one + nights)
        }
            compensate(desk, room, key) { let _ = room; desk.call("-room", key).await.map(drop) }

        step wrapped(room) -> u32 = saga Wrap { size: *room } with (desk);

        #[idempotent]
        for part: u32 in (room => 1..*room)
        step packed(desk, part, key) -> u32 { desk.call("+packed", key).await.map(|_| *part) }
            compensate(desk, key) { desk.call("-packed", key).await.map(drop) }

        #[timeout(1d)]
        signal paid -> u32;

        #[idempotent]
        pivot charge(desk, wrapped, paid, key) -> u32 {
            desk.call("+charge", key).await.map(|_| wrapped + paid)
        }

        charge + u32::try_from(packed.len()).unwrap_or(0)
    }
}

/// All names that are recorded.
const NAMES: [&str; 9] = [
    "nights", "desk", "room", "wrapped", "size", "paper", "packed", "part", "charge",
];

/// A text of the journal as an earlier version would have written it for a program whose names all
/// begin with `_`.
fn underscored(text: &str) -> String {
    let mut text = text.to_owned();
    for name in NAMES.iter().chain(&["paid"]) {
        for (before, after) in [('"', '"'), ('"', '/'), ('/', '"'), ('"', '[')] {
            let (was, is) = (
                format!("{before}{name}{after}"),
                format!("{before}_{name}{after}"),
            );
            text = text.replace(&was, &is);
        }
    }
    text
}

/// The commits as an earlier version would have written them.
fn of_earlier_version(commits: &[Written]) -> Vec<Written> {
    let (input, now) = commits[0].begins.clone().unwrap();
    let definition = underscored(commits[0].definition.as_ref().unwrap());
    // Nobody computes the fingerprint of what has the `_` in its names any more.
    let before = !now;
    let commit = |(number, written): (usize, &Written)| {
        let mut commit = written.commit.clone();
        let [before, now] = [before, now].map(|fingerprint| format!("{fingerprint:016x}"));
        commit.records = underscored(&commit.records).replace(&now, &before);
        let begins = (number == 0).then(|| underscored(&input));
        let begins = begins.map(|input| (input, u64::from_str_radix(&before, 16).unwrap()));
        let definition = (number == 0).then(|| definition.clone());
        Written::of(commit, written.change.clone(), begins, definition)
    };
    commits.iter().enumerate().map(commit).collect()
}

fn tape(commits: &[Written]) -> Tape {
    let mut tape = Tape::begin(SagaId::new("Order", "o"), &commits[0]).unwrap();
    for written in &commits[1..] {
        tape.push(written).unwrap();
    }
    tape
}

/// Follows a run until a call is not answered, or it rests.
async fn follow(mut run: SoloRun, commits: &mut Vec<Written>) {
    while let Ok(step) = timeout(Duration::from_secs(9), run.step()).await {
        let SoloStep::Write(written) = step.unwrap() else {
            return;
        };
        commits.push(written.clone());
        run.acknowledge(Instant::now()).unwrap();
        if written.rests().is_some() {
            return;
        }
    }
}

/// Runs the order, which an earlier version began and whose first call it did not see answered, to
/// its end; it is interrupted at each call, and in doubt about it.
async fn runs(desk: &Desk) -> Tape {
    let solo = Solo::<Order>::new(OrderServices { desk: desk.clone() });
    let mut commits = Vec::new();
    desk.is_silent_at("+room");
    follow(
        solo.begin("o", r#"{"nights":2}"#, None).unwrap(),
        &mut commits,
    )
    .await;
    let mut commits = of_earlier_version(&commits);
    desk.calls.lock().unwrap().clear();
    let calls = [
        "+room", "+paper", "+packed", "-packed", "-paper", "-room", "",
    ];
    for call in calls {
        desk.is_silent_at(call);
        commits = goes_on(&solo, commits).await;
        if call == "+packed" {
            desk.is_silent_at("");
            commits = goes_on(&solo, commits).await;
            // By its old name.
            let value = RawValue::from_string("7".to_owned()).unwrap();
            let signal = "_paid".to_owned();
            let signal = Action::Signal { signal, value };
            let sent = solo.act(&tape(&commits), &signal, Attribution::default());
            commits.extend(sent.unwrap());
        }
    }
    tape(&commits)
}

/// Follows the run once more, unless it has ended.
async fn goes_on(solo: &Solo<Order>, mut commits: Vec<Written>) -> Vec<Written> {
    let tape = tape(&commits);
    if !matches!(
        tape.stored().row.state,
        State::Completed | State::Compensated
    ) {
        follow(solo.go_on(&tape).unwrap(), &mut commits).await;
    }
    commits
}

/// The keys of an order that begins now.
async fn keys_of_today(desk: &Desk) -> BTreeMap<&'static str, BTreeSet<String>> {
    let order = Order { nights: 2 }.with(desk.clone()).id("o").start();
    assert_eq!(
        order.signal(OrderSignal::Paid(7)).await,
        Signalled::Accepted
    );
    drop(order.outcome().await);
    desk.keys()
}

#[tokio::test(start_paused = true)]
async fn a_run_that_an_earlier_version_began_keeps_its_keys() {
    let desk = Desk::default();
    let tape = runs(&desk).await;
    assert_eq!(tape.stored().row.state, State::Completed);
    let last = &tape.stored().commits.last().unwrap().records;
    assert!(last.contains(r#""value":13"#), "{last}");

    let keys = desk.keys();
    let id = "o".into();
    let context = |step| Context::new("Order", &id, step);
    for (call, key) in [
        ("+room", context("_room").key()),
        ("+packed", context("_packed").of_item(0).key()),
        ("+charge", context("_charge").key()),
    ] {
        assert!(
            keys[call].contains(&key.to_string()),
            "{call}: {:?}",
            keys[call]
        );
    }
    let counts = |keys: &BTreeMap<_, BTreeSet<_>>| -> Vec<(&str, usize)> {
        keys.iter()
            .map(|(call, keys)| (*call, keys.len()))
            .collect()
    };
    let today = keys_of_today(&Desk::default()).await;
    assert_eq!(counts(&keys), counts(&today));
    for (call, keys) in &keys {
        assert!(keys.is_disjoint(&today[call]), "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_it_did_is_undone_under_its_keys() {
    let desk = Desk {
        refused: "+charge",
        ..Desk::default()
    };
    let tape = runs(&desk).await;
    assert_eq!(tape.stored().row.state, State::Compensated);
    let keys = desk.keys();
    for done in ["room", "paper", "packed"] {
        let [does, undoes] = ['+', '-'].map(|sign| &keys[&*format!("{sign}{done}")]);
        assert_eq!(does, undoes, "{done}");
    }
    assert_eq!(keys.len(), 7);
}
