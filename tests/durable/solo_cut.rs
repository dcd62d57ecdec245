//! A durable saga without an engine, whose process ends at each call: each is repeated, and undone,
//! under its key.

use crate::durable::world::Trouble;
use serde_json::value::to_raw_value;
use std::{
    collections::{BTreeMap, BTreeSet},
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::{Instant, timeout};
use typed_saga::{
    Key, Verdict,
    engine::{
        Action, Attribution, SagaId, State,
        for_logs::{Solo, SoloStep, Tape},
    },
    saga,
};

/// How often each call came, and its keys; one call is not answered.
#[derive(Clone, Debug, Default)]
struct Desk {
    calls: Arc<Mutex<BTreeMap<&'static str, (usize, BTreeSet<String>)>>>,
    silent: Arc<Mutex<&'static str>>,
    refused: &'static str,
}

impl Desk {
    async fn call(&self, call: &'static str, key: &Key) -> Result<u32, Trouble> {
        {
            let mut calls = self.calls.lock().unwrap();
            let (times, keys) = calls.entry(call).or_default();
            *times += 1;
            keys.insert(key.to_string());
        }
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

    fn of(&self, call: &str) -> (usize, BTreeSet<String>) {
        self.calls
            .lock()
            .unwrap()
            .get(call)
            .cloned()
            .unwrap_or_default()
    }
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Wrap(size: u32) with (desk: Desk) -> Result<u32, Trouble> {
        #[idempotent]
        step paper(desk, size, key) -> u32 { desk.call("+paper", key).await.map(|one| one + size) }
            compensate(desk, key) { desk.call("-paper", key).await.map(drop) }

        paper
    }

    #[classify(Trouble::verdict)]
    #[timeout(1h)]
    durable saga Order(nights: u32) with (desk: Desk) -> Result<u32, Trouble> {
        #[idempotent]
        step room(desk, nights, key) -> u32 {
            desk.call("+room", key).await.map(|one| one + nights)
        }
            compensate(desk, key) { desk.call("-room", key).await.map(drop) }

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

/// The log, which outlasts each process.
struct Log {
    solo: Solo<Order>,
    tape: Option<Tape>,
}

impl Log {
    /// One process: follows the run until a call is not answered, or the saga rests.
    async fn follow(&mut self) {
        let mut run = match &self.tape {
            None => self.solo.begin("o", r#"{"nights":2}"#, None).unwrap(),
            Some(_) if self.has_ended() => return,
            Some(tape) => self.solo.go_on(tape).unwrap(),
        };
        while let Ok(step) = timeout(Duration::from_secs(9), run.step()).await {
            let SoloStep::Write(written) = step.unwrap() else {
                return;
            };
            match &mut self.tape {
                Some(tape) => tape.push(&written).unwrap(),
                none => *none = Some(Tape::begin(SagaId::new("Order", "o"), &written).unwrap()),
            }
            run.acknowledge(Instant::now()).unwrap();
            if written.rests().is_some() {
                return;
            }
        }
    }

    fn state(&self) -> State {
        self.tape.as_ref().expect("it has begun").stored().row.state
    }

    fn has_ended(&self) -> bool {
        matches!(self.state(), State::Completed | State::Compensated)
    }

    /// Sends the signal under a name that a tool has underscored.
    fn pay(&mut self) {
        let tape = self.tape.as_mut().expect("it has begun");
        let (signal, value) = ("_paid".to_owned(), to_raw_value(&7).unwrap());
        let action = Action::Signal { signal, value };
        let sent = self
            .solo
            .act(tape, &action, Attribution::default())
            .unwrap();
        tape.push(&sent.expect("a signal is on record")).unwrap();
    }
}

/// Runs an order whose process ends at each of these calls, unanswered, and then to its end.
async fn runs(desk: &Desk, cut: &[&'static str]) -> Log {
    let order = OrderServices { desk: desk.clone() };
    let mut log = Log {
        solo: Solo::new(order),
        tape: None,
    };
    for call in cut.iter().chain(&[""]) {
        desk.is_silent_at(call);
        log.follow().await;
        if log.state() == State::Waiting {
            log.pay();
            log.follow().await;
        }
    }
    log
}

#[tokio::test(start_paused = true)]
async fn each_call_is_repeated_under_its_key() {
    let desk = Desk::default();
    let forward = ["+room", "+paper", "+packed", "+charge"];
    let log = runs(&desk, &forward).await;
    assert_eq!(log.state(), State::Completed);
    let tape = log.tape.expect("it has begun");
    let last = &tape.stored().commits.last().unwrap().records;
    assert!(last.contains(r#""value":13"#), "{last}");
    for (call, items) in forward.into_iter().zip([1, 1, 2, 1]) {
        let (times, keys) = desk.of(call);
        assert_eq!((times > items, keys.len()), (true, items), "{call}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_done_is_undone_under_its_key() {
    let desk = Desk {
        refused: "+charge",
        ..Desk::default()
    };
    let back = ["-packed", "-paper", "-room"];
    let log = runs(&desk, &back).await;
    assert_eq!(log.state(), State::Compensated);
    for (call, items) in back.into_iter().zip([2, 1, 1]) {
        let (times, undone) = desk.of(call);
        let (_, done) = desk.of(&call.replace('-', "+"));
        assert!(times > items, "{call} is repeated");
        assert_eq!(undone, done, "{call}");
    }
}
