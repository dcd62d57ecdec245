//! Writes a file with the library as it is today: by two engines, one after the other, which are
//! both stopped, as if their processes had been killed, while sagas are in flight.

mod convoys;

use crate::kept::{
    library::{PATIENCE, Version, answer, ask, crash, engine, load},
    sagas::{Gate, Odd, Parcel, Patience, Tower, Trip, hasty, patient},
    world::{
        Answer::{
            self, Final, Hangs, Odd as NotANumber, Panics, Refused, Succeeds, Transient, Unknown,
        },
        World,
    },
};
use std::{path::Path, time::Duration};
use typed_saga::engine::Engine;

/// What somebody asks, as it is written into a file.
pub(crate) const CANCEL: &str = r#"{"action":"cancel","who":{"by":"ada","why":"not wanted"}}"#;
pub(crate) const RESUME: &str = r#"{"action":"resume","who":{"by":"ada","why":"it works again"}}"#;
pub(crate) const APPROVE: &str = r#"{"action":{"signal":{"signal":"approved","value":true}}}"#;
const ABANDON: &str = r#"{"action":"abandon","who":{"by":"ada","why":"done by hand"}}"#;

/// How far a saga must have come before its engine is stopped.
enum Until {
    /// So many calls of this name were made.
    Called(&'static str, usize),
    State(&'static str),
    /// In this state, and `finally` has run.
    Finished(&'static str),
    /// This is on record, of this step.
    Recorded(&'static str, &'static str),
}
use Until::{Called, Finished, Recorded, State};

struct Writer<'a> {
    file: &'a Path,
    world: World,
    engine: Engine,
}

type Script<'a> = &'a [(&'a str, &'a [Answer])];

/// Writes a file of sagas in every state.
pub(crate) async fn write(file: &Path) {
    let world = World::default();
    first(&Writer::new(file, &world, Version::Hasty).await).await;
    second(Writer::new(file, &world, Version::Patient).await).await;
    ask(file, "Patience", "asked", CANCEL).await;
}

async fn first(at: &Writer<'_>) {
    trips(at).await;
    parcels(at).await;
    convoys::convoys(at).await;
    gates(at).await;
    let later: Script<'_> = &[("later", &[Transient])];
    for id in ["century", "asked"] {
        at.patience(id, None, later, State("waiting")).await;
    }
    let hangs: Script<'_> = &[("later", &[Hangs])];
    at.patience("timed-out", None, hangs, State("waiting"))
        .await;
    let passed: Script<'_> = &[("later", &[Transient]), ("undo soon", &[Hangs])];
    let soon = Some(Duration::from_secs(1));
    at.patience("deadline-passed", soon, passed, Called("undo soon", 1))
        .await;

    at.odd(
        "when",
        "panics",
        &[("undo begun", &[Hangs])],
        Called("undo begun", 1),
    )
    .await;
    at.odd("output", "holds", &[], State("completed")).await;
    at.odd(
        "panics",
        "holds",
        &[("ratio", &[Panics, Hangs])],
        Called("ratio", 2),
    )
    .await;
    at.odd(
        "pivot",
        "holds",
        &[("sealed", &[NotANumber])],
        State("parked"),
    )
    .await;
    at.odd(
        "skipped",
        "no",
        &[("sealed", &[Transient, Hangs])],
        Called("sealed", 2),
    )
    .await;

    let stands: Script<'_> = &[("flag", &[Refused]), ("undo wall", &[Refused, Refused])];
    for id in ["kept", "again"] {
        at.tower(id, stands, State("parked")).await;
    }
    let doubt: Script<'_> = &[
        ("lamp", &[Unknown]),
        ("resolve lamp", &[Transient, Transient]),
    ];
    for id in ["doubt", "applied"] {
        at.tower(id, doubt, State("parked")).await;
    }

    at.world.script("redefined", "there", &[Transient, Hangs]);
    for (id, until) in [
        ("redefined", Called("there", 2)),
        ("done", State("completed")),
    ] {
        drop(at.engine.submit(id, hasty::Tour {}).await.unwrap());
        at.until("Tour", id, &until).await;
    }
    crash(at.engine.clone()).await;
}

async fn parcels(at: &Writer<'_>) {
    at.parcel("unreached", &[("held", &[Hangs])], Called("held", 1))
        .await;
    at.parcel("reached", &[("price", &[Hangs])], Called("price", 1))
        .await;
    let back: Script<'_> = &[("price", &[Transient; 5]), ("undo held", &[Hangs])];
    at.parcel("back", back, Called("undo held", 1)).await;
    let item: Script<'_> = &[("packed", &[Succeeds, Hangs])];
    at.parcel("item", item, Called("packed", 2)).await;
    at.parcel("nested", &[("bow", &[Hangs])], Called("bow", 1))
        .await;
    at.parcel("listens", &[], State("waiting")).await;
    for id in ["used-up", "barred"] {
        at.parcel(id, &[("label", &[Refused])], State("waiting"))
            .await;
        at.ask("Parcel", id, APPROVE).await;
        at.until("Parcel", id, &State("parked")).await;
    }
}

/// One has the key of a lock, and another one waits for it.
async fn gates(at: &Writer<'_>) {
    let opens: Script<'_> = &[("opened", &[Hangs])];
    at.gate("holder", opens, Called("opened", 1)).await;
    at.gate("waiter", &[], State("waiting")).await;
    at.gate("gave-up", &[], State("waiting")).await;
    at.ask("Gate", "gave-up", CANCEL).await;
}

async fn trips(at: &Writer<'_>) {
    let parked: Script<'_> = &[("charge", &[Final]), ("undo hold", &[Refused, Refused])];
    for id in ["parked", "settled", "resumed", "abandoned"] {
        at.trip(id, false, parked, Finished("parked")).await;
    }
    at.trip("completed", false, &[], Finished("completed"))
        .await;
    at.trip(
        "compensated",
        true,
        &[("charge", &[Final])],
        Finished("compensated"),
    )
    .await;
    let declined: Script<'_> = &[("rates", &[Refused]), ("rates, fallback", &[Refused])];
    at.trip("no-rates", false, declined, Finished("compensated"))
        .await;

    at.trip(
        "block",
        true,
        &[("van", &[Hangs]), ("seat", &[Hangs])],
        Called("seat", 1),
    )
    .await;
    at.trip(
        "in-doubt",
        false,
        &[("charge", &[Hangs])],
        Called("charge", 1),
    )
    .await;
    let turned: Script<'_> = &[("van", &[Refused]), ("room", &[Succeeds, Hangs])];
    at.trip("turned", true, turned, Called("room", 2)).await;
    let declined: Script<'_> = &[("charge", &[Final]), ("undo hold", &[Hangs])];
    at.trip("declined", false, declined, Called("undo hold", 1))
        .await;
    let fallback: Script<'_> = &[
        ("rates", &[Transient, Transient]),
        ("rates, fallback", &[Hangs]),
    ];
    at.trip("fallback", false, fallback, Called("rates, fallback", 1))
        .await;
    let fell_back: Script<'_> = &[("rates", &[Refused]), ("hold", &[Hangs])];
    at.trip("fell-back", true, fell_back, Called("hold", 1))
        .await;
    let resolved: Script<'_> = &[
        ("van", &[Unknown]),
        ("resolve van", &[Transient, Succeeds]),
        ("mail", &[Hangs]),
    ];
    at.trip("resolved", true, resolved, Called("mail", 1)).await;
    at.trip("cancelled", false, &[("room", &[Hangs])], Called("room", 1))
        .await;
    at.ask("Trip", "cancelled", CANCEL).await;
}

/// The calls that the first engine left running. They hang in the second one, too, where this is how
/// many times each was made by then.
const AGAIN: [(&str, &str, &str, usize); 28] = [
    ("Trip", "in-doubt", "resolve charge", 1),
    ("Trip", "block", "resolve van", 1),
    ("Trip", "block", "seat", 2),
    ("Trip", "turned", "room", 3),
    ("Trip", "declined", "undo hold", 2),
    ("Trip", "fallback", "rates, fallback", 2),
    ("Trip", "fell-back", "hold", 2),
    ("Trip", "resolved", "mail", 2),
    ("Trip", "cancelled", "undo room", 1),
    ("Patience", "deadline-passed", "undo soon", 2),
    ("Parcel", "unreached", "held", 2),
    ("Parcel", "reached", "price", 2),
    ("Parcel", "back", "undo held", 2),
    ("Parcel", "item", "packed", 3),
    ("Parcel", "nested", "bow", 2),
    ("Convoy", "loop", "undo loaded", 2),
    ("Convoy", "loop", "driver", 2),
    ("Convoy", "loop-cancelled", "undo loaded", 2),
    ("Convoy", "loop-cancelled", "driver", 2),
    ("Convoy", "child-cancelled", "driver", 2),
    ("Convoy", "child", "undo paper", 2),
    ("Convoy", "child", "driver", 2),
    ("Convoy", "child-cancelled", "undo paper", 2),
    ("Gate", "holder", "opened", 2),
    ("Odd", "when", "undo begun", 2),
    ("Odd", "panics", "ratio", 3),
    ("Odd", "skipped", "sealed", 3),
    ("Tour", "redefined", "there", 3),
];

/// Takes up what the first engine left: what was running hangs once more, and parked sagas are
/// resumed, settled and abandoned.
async fn second(at: Writer<'_>) {
    let undone = r#"{"action":{"settle":{"step":"hold","settled":"undone"}},"who":{"by":"ada"}}"#;
    at.ask("Trip", "settled", undone).await;
    at.ask("Trip", "abandoned", ABANDON).await;
    at.world.script("resumed", "undo hold", &[Hangs]);
    at.ask("Trip", "resumed", RESUME).await;
    at.until("Trip", "resumed", &Called("undo hold", 3)).await;
    at.world.script("again", "undo wall", &[Hangs]);
    at.ask("Tower", "again", RESUME).await;
    at.until("Tower", "again", &Called("undo wall", 3)).await;
    let applied = r#"{"action":{"settle":{"step":"lamp","settled":{"applied":12}}},"who":{}}"#;
    at.ask("Tower", "applied", applied).await;

    for (saga, id, what, times) in AGAIN {
        at.until(saga, id, &Called(what, times)).await;
    }

    at.world.script("patient", "there", &[Transient, Hangs]);
    drop(at.engine.submit("patient", patient::Tour {}).await.unwrap());
    at.until("Tour", "patient", &Called("there", 2)).await;
    // Last, because these waits are short: not over yet, but soon after the file is opened again.
    let deadline = Some(Duration::from_secs(3));
    at.patience(
        "deadline",
        deadline,
        &[("later", &[Transient])],
        State("waiting"),
    )
    .await;
    at.patience("soon", None, &[("soon", &[Transient])], State("waiting"))
        .await;
    crash(at.engine).await;
}

impl<'a> Writer<'a> {
    async fn new(file: &'a Path, world: &World, version: Version) -> Self {
        if version == Version::Patient {
            for (_, id, what, _) in AGAIN {
                world.script(id, what, &[Hangs]);
            }
        }
        let engine = engine(file, world, version).await;
        Self {
            file,
            world: world.clone(),
            engine,
        }
    }

    async fn trip(&self, id: &str, van: bool, script: Script<'_>, until: Until) {
        self.script(id, script);
        drop(
            self.engine
                .submit(id, Trip { nights: 3, van })
                .await
                .unwrap(),
        );
        self.until("Trip", id, &until).await;
    }

    async fn patience(
        &self,
        id: &str,
        deadline: Option<Duration>,
        script: Script<'_>,
        until: Until,
    ) {
        self.script(id, script);
        let tag = "a tag".to_owned();
        let mut submit = self.engine.submit(id, Patience { tag });
        if let Some(deadline) = deadline {
            submit = submit.deadline(deadline);
        }
        drop(submit.await.unwrap());
        self.until("Patience", id, &until).await;
    }

    async fn parcel(&self, id: &str, script: Script<'_>, until: Until) {
        self.script(id, script);
        let parcel = Parcel {
            lines: vec![3, 5],
            gift: true,
        };
        drop(self.engine.submit(id, parcel).await.unwrap());
        self.until("Parcel", id, &until).await;
    }

    async fn gate(&self, id: &str, script: Script<'_>, until: Until) {
        self.script(id, script);
        drop(self.engine.submit(id, Gate { door: 7 }).await.unwrap());
        self.until("Gate", id, &until).await;
    }

    async fn odd(&self, id: &str, condition: &str, script: Script<'_>, until: Until) {
        self.script(id, script);
        let tail = if id == "output" { "lost" } else { "" };
        let (condition, tail) = (condition.to_owned(), tail.to_owned());
        drop(
            self.engine
                .submit(id, Odd { condition, tail })
                .await
                .unwrap(),
        );
        self.until("Odd", id, &until).await;
    }

    async fn tower(&self, id: &str, script: Script<'_>, until: Until) {
        self.script(id, script);
        drop(self.engine.submit(id, Tower {}).await.unwrap());
        self.until("Tower", id, &until).await;
    }

    fn script(&self, id: &str, script: Script<'_>) {
        for (what, answers) in script {
            self.world.script(id, what, answers);
        }
    }

    async fn ask(&self, saga: &str, id: &str, text: &str) {
        let number = ask(self.file, saga, id, text).await;
        assert_eq!(
            answer(self.file, number).await,
            "\"done\"",
            "{saga}/{id}: {text}"
        );
    }

    async fn until(&self, saga: &str, id: &str, until: &Until) {
        let reached = async {
            while !self.has_reached(saga, id, until).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let reached = tokio::time::timeout(PATIENCE, reached).await;
        assert!(reached.is_ok(), "{saga}/{id}: {:?}", self.world.calls(id));
    }

    async fn has_reached(&self, saga: &str, id: &str, until: &Until) -> bool {
        match until {
            Called(what, times) => {
                let calls = self.world.calls(id);
                let made = |call: &&String| call.starts_with(&format!("{what}, attempt"));
                calls.iter().filter(made).count() >= *times
            }
            State(state) => load(self.file, saga, id).await.state == *state,
            Finished(state) => {
                let kept = load(self.file, saga, id).await;
                let finished = |record: &serde_json::Value| record["what"] == "finished";
                kept.state == *state && kept.records.iter().any(finished)
            }
            Recorded(what, step) => {
                let is_it =
                    |record: &serde_json::Value| record["what"] == *what && record["step"] == *step;
                load(self.file, saga, id).await.records.iter().any(is_it)
            }
        }
    }
}
