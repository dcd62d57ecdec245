//! The table of defaults says what the code does: the kernel is asked how often it has a call made
//! that always fails, the macro what it writes down, the engine's source what it starts with.
//!
//! With `OVERWRITE_REFERENCE=1` the page is written anew, and then read.

mod sagas;

use std::{fmt::Write, time::Duration};
use typed_saga::runtime::CallKind;

use sagas::{
    Alone, Asked, AskedBehindThePivot, AskedOrRepeated, BehindThePivot, DurableAsked, DurableBoth,
    DurableRepeated, DurableSaga, DurableStep, DurableStopped, Plain, PlainBoth, PlainSaga,
    PlainStep, Repeated, Stopped, Waits,
};
use typed_saga::{
    Verdict,
    definition::{
        Definition,
        parts::{Backoff, Call, Timing},
    },
    runtime::for_tools::kernel::{Command, Event, Kernel},
};

/// What goes wrong whenever it can.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// The action of this step has this verdict, and all that could settle it fails.
    Err(u16, Verdict),
    /// The action of this step panics, and `resolve` says that it did nothing.
    Panic(u16),
    /// The compensation of the first step, after the second was refused.
    Undo,
}

/// More than any default that is a number.
const FOR_EVER: u32 = 99;

/// How often the kernel has `what` called, and its waits.
fn policy(saga: &'static Definition, durable: bool, what: CallKind, fault: Fault) -> String {
    let mut kernel = Kernel::new(saga, durable);
    let (mut calls, mut waits) = (0, None);
    while calls < FOR_EVER {
        let (command, refused) = (kernel.next(), false);
        let (starts, ends) = match command {
            Command::Call {
                step,
                call: CallKind::Action,
            } => {
                calls += u32::from(what == CallKind::Action && fault.is_of(step));
                (Event::Attempting { step }, fault.action(step))
            }
            Command::Call {
                step,
                call: CallKind::Resolve,
            } => {
                calls += u32::from(what == CallKind::Resolve);
                let nothing = matches!(fault, Fault::Panic(_));
                let resolved = Event::Resolved {
                    step,
                    happened: false,
                };
                let ends = if nothing {
                    resolved
                } else {
                    Event::ResolveFailed { step, refused }
                };
                (Event::Resolving { step }, ends)
            }
            Command::Call {
                step,
                call: CallKind::Compensate,
            } => {
                calls += u32::from(what == CallKind::Compensate);
                let fails = Event::CompensationFailed { step, refused };
                (Event::Compensating { step }, fails)
            }
            Command::Backoff { step, call: of, .. } => {
                if of == what {
                    waits = Some(backoff(kernel.policy(step, of).1));
                }
                kernel.apply(Event::Waited { step }).unwrap();
                continue;
            }
            Command::AwaitLate { step, .. } => {
                kernel.apply(Event::LatePassed { step }).unwrap();
                continue;
            }
            Command::Keep { step } => {
                kernel.apply(Event::Kept { step }).unwrap();
                continue;
            }
            Command::End(_) => break,
            other => unreachable!("{other:?}"),
        };
        kernel.apply(starts).unwrap();
        kernel.apply(ends).unwrap();
    }
    let calls = match calls {
        FOR_EVER => "forever".to_owned(),
        calls => calls.to_string(),
    };
    waits.map_or(calls.clone(), |waits| format!("{calls}, `{waits}`"))
}

impl Fault {
    fn is_of(self, at: u16) -> bool {
        matches!(self, Self::Err(step, _) | Self::Panic(step) if step == at)
    }

    /// How the action of this step ends.
    fn action(self, step: u16) -> Event {
        let rejected = |verdict| Event::Rejected {
            step,
            verdict,
            abort: false,
            again: true,
            late_passed: true,
        };
        match self {
            Self::Err(of, verdict) if of == step => rejected(verdict),
            Self::Panic(of) if of == step => Event::Panicked { step },
            Self::Undo if step == 1 => rejected(Verdict::Refused),
            _ => Event::Applied { step },
        }
    }
}

fn backoff(backoff: &Backoff) -> String {
    assert!(backoff.jitter);
    let (base, cap) = (time(&backoff.base), time(&backoff.cap));
    format!("{base}..{cap}")
}

fn time(timing: &Timing) -> String {
    match timing.get() {
        time if time < Duration::from_secs(1) => format!("{}ms", time.as_millis()),
        time if time.as_secs() % 60 == 0 => format!("{}m", time.as_secs() / 60),
        time => format!("{}s", time.as_secs()),
    }
}

const OF_A_DURABLE_SAGA: &str =
    "the same, in a `durable saga` (without `#[idempotent]`, `#[holds]` can lower it)";
const BY_ANOTHER_KEY: &str =
    "the same, under `#[by_key(by = …)]` without `#[idempotent]`; a child saga";

/// What a call does that says nothing of `#[retry]`: in memory, on an engine.
fn calls() -> String {
    let unknown = Fault::Err(0, Verdict::Unknown);
    let transient = |step| Fault::Err(step, Verdict::Transient);
    let (attempt, resolve, undo) = (CallKind::Action, CallKind::Resolve, CallKind::Compensate);
    let rows: [(&str, &'static Definition, CallKind, Fault); 7] = [
        (
            "the same, `#[idempotent]`, while its outcome is unknown",
            &Repeated::DEFINITION,
            attempt,
            unknown,
        ),
        (
            "an action after the pivot",
            &BehindThePivot::DEFINITION,
            attempt,
            transient(1),
        ),
        (
            "the same, if it panics and, as `resolve` says, did nothing",
            &AskedBehindThePivot::DEFINITION,
            attempt,
            Fault::Panic(1),
        ),
        (
            "`resolve`, with no other way: no `#[idempotent]`, `#[by_key]`, `compensate none` or `compensate with`",
            &Asked::DEFINITION,
            resolve,
            unknown,
        ),
        (
            "`resolve` beside another way",
            &AskedOrRepeated::DEFINITION,
            resolve,
            unknown,
        ),
        (
            "`compensate`, when rolling back",
            &Repeated::DEFINITION,
            undo,
            Fault::Undo,
        ),
        (
            "`#[by_key] compensate`, to settle an unknown outcome",
            &Stopped::DEFINITION,
            undo,
            unknown,
        ),
    ];
    let mut table = "| attempts, and the waits between them | in memory | on an engine |\n\
        |---|---|---|\n"
        .to_owned();
    let before = |saga, durable| policy(saga, durable, attempt, transient(0));
    let plain = before(&Alone::DEFINITION, false);
    let durable = before(&DurableAsked::DEFINITION, false);
    assert_eq!(durable, before(&DurableAsked::DEFINITION, true));
    assert_eq!(durable, before(&DurableRepeated::DEFINITION, true));
    let nothing = "an action up to the pivot that did nothing";
    writeln!(table, "| {nothing} | {plain} | – |").unwrap();
    writeln!(table, "| {OF_A_DURABLE_SAGA} | {durable} | {durable} |").unwrap();
    let one = [false, true].map(|engine| before(&DurableStopped::DEFINITION, engine));
    writeln!(table, "| {BY_ANOTHER_KEY} | {} | {} |", one[0], one[1]).unwrap();
    for (name, saga, what, fault) in rows {
        let of = |durable| policy(saga, durable, what, fault);
        writeln!(table, "| {name} | {} | {} |", of(false), of(true)).unwrap();
    }
    let [a, b] = &Waits::DEFINITION.steps[..] else {
        panic!("two steps")
    };
    let waits = backoff(&a.retry.as_ref().unwrap().backoff);
    assert_eq!(waits, backoff(&b.savepoint.as_ref().unwrap().backoff));
    let waits = format!("`{waits}`");
    let row = format!("| the waits of `#[retry(n)]` and `#[savepoint(n)]` | {waits} | {waits} |\n");
    table
        + &row
        + &losses()
        + publishing()
        + "| `fallback` | 1 | 1 |\n| `finally` | 1 | 1, or more after a crash |\n"
}

/// The delivery of an event that `publish` does not say more of.
fn publishing() -> &'static str {
    let in_memory = include_str!("../saga-core/src/lifecycle/announce.rs");
    assert!(in_memory.contains("const TIMES: Limit = Limit::Times(5);"));
    let waits = |longest| {
        format!("Backoff::between(Duration::from_millis(200), Duration::from_secs({longest}));")
    };
    assert!(in_memory.contains(&waits(5)));
    let on_an_engine = include_str!("../saga-engine/src/runtime/patience.rs");
    assert!(on_an_engine.contains(&waits(300)));
    "| `publish`, for each event | 5, `200ms..5s` | forever, `200ms..5m` |\n"
}

/// What follows when the process ends during a call, each time that the call is made.
fn losses() -> String {
    let saga = &Repeated::DEFINITION;
    let mut kernel = Kernel::new(saga, true);
    let (mut lost, mut waits) = (0, Vec::new());
    loop {
        match kernel.next() {
            Command::Call {
                step,
                call: CallKind::Action,
            } => {
                kernel.apply(Event::Attempting { step }).unwrap();
                kernel.apply(Event::Lost { step }).unwrap();
                lost += 1;
            }
            Command::AfterLoss { step, seconds, .. } => {
                waits.push(seconds);
                kernel.apply(Event::Waited { step }).unwrap();
            }
            Command::End(_) => break,
            other => unreachable!("{other:?}"),
        }
    }
    assert!(
        waits
            .windows(2)
            .all(|two| two[0] == 0 || two[1] == 2 * two[0])
    );
    waits.retain(|wait| *wait > 0);
    let (shortest, longest) = (waits[0], waits[waits.len() - 1]);
    format!(
        "| any call lost with its process: losses in a row | – | \
         {lost}; the waits double from {shortest}s to {longest}s |\n"
    )
}

/// The limits of action, `resolve`, `fallback` and compensation.
fn limits(saga: &Definition) -> [Option<String>; 4] {
    let step = &saga.steps[0];
    let (_, undo) = step.compensation.declared().unwrap();
    let clause = |call: &Call| call.timeout.as_ref().map(time);
    [
        step.timeout.as_ref().map(time),
        clause(step.resolve.as_ref().unwrap()),
        clause(step.fallback.as_ref().unwrap()),
        clause(undo),
    ]
}

/// What depends on the word `durable`, wherever the saga runs.
fn words() -> &'static str {
    let said = |texts: [Option<&str>; 4]| texts.map(|text| text.map(str::to_owned));
    let (step, saga) = (Some("1s"), Some("2s"));
    assert_eq!(limits(&Plain::DEFINITION), said([None; 4]));
    assert_eq!(
        limits(&PlainStep::DEFINITION),
        said([step, None, None, None])
    );
    assert_eq!(limits(&PlainSaga::DEFINITION), said([saga; 4]));
    assert_eq!(
        limits(&PlainBoth::DEFINITION),
        said([step, saga, saga, saga])
    );
    assert_eq!(limits(&DurableStep::DEFINITION), said([step; 4]));
    assert_eq!(limits(&DurableSaga::DEFINITION), said([saga; 4]));
    assert_eq!(limits(&DurableBoth::DEFINITION), said([step; 4]));
    // The others are cases in `saga-macros/tests/ui/fail`.
    "| what is not declared | `saga` | `durable saga` |\n\
     |---|---|---|\n\
     | `#[timeout]` of an action | the saga's; without it, none | the saga's; without it, an error |\n\
     | `#[timeout]` of a clause | the saga's; without it, none | the step's; without it, the saga's |\n\
     | `#[timeout]` of `publish` | the saga's; without it, none | the saga's; without it, an error |\n\
     | `#[timeout]` of a signal | an error | an error |\n\
     | `#[classify]` | every `Err` is `Transient` | an error |\n\
     | `#[late]`, beside `resolve` | `0s` | an error, or `0s` if the step is `#[idempotent]` |\n\
     | how an unknown outcome is settled | an error where one is possible | an error |\n\
     | `compensate`, up to the pivot | an error | an error |\n"
}

const ENGINE_SOURCE: &str = include_str!("../saga-engine/src/runtime/engine.rs");

/// What an engine and its file start with: the setting, its code, what that is.
const ENGINE: [(&str, &str, &str); 9] = [
    ("items_limit", "10_000", "10,000 items of a loop"),
    ("max_active", "1024", "1,024 sagas in memory at once"),
    ("unload_after", "Duration::from_secs(10)", "10 s"),
    ("effect_limit", "1 << 20", "1 MiB of JSON"),
    ("recovery_rate", "1000", "1,000 sagas a second"),
    ("inbox_interval", "Duration::from_millis(250)", "250 ms"),
    (
        "lease",
        "Duration::from_secs(30)",
        "30 s, if the store has leases",
    ),
    ("finally_limit", "Duration::from_secs(60)", "60 s"),
    ("retain", "None", "forever"),
];
const DATABASE: [(&str, &str, &str); 8] = [
    ("application", "None", "none: no sagas are run"),
    ("schema", "\"saga\".into()", "`saga`"),
    ("migrate", "true", "yes"),
    ("life", "None", "drawn when the schema is made"),
    ("standby", "false", "no"),
    ("root_certificate", "None", "those that the machine trusts"),
    ("connect_timeout", "Duration::from_secs(5)", "5 s"),
    ("request_timeout", "Duration::from_secs(10)", "10 s"),
];
const FILE: [(&str, &str, &str); 5] = [
    ("synchronous", "Synchronous::default()", "`Full`"),
    ("take_over", "false", "no"),
    ("busy_timeout", "Duration::from_secs(5)", "5 s"),
    ("max_size", "None", "none"),
    ("life", "None", "drawn when the file is made"),
];

/// The value of a constant of the engine's, or the code itself.
fn constants(code: &str) -> &str {
    let value = ENGINE_SOURCE.lines().find_map(|line| {
        let named = line.strip_prefix("pub(crate) const ")?.strip_prefix(code)?;
        let (_, value) = named.split_once(" = ")?;
        value.strip_suffix(';')
    });
    value.unwrap_or(code)
}

/// The rows of `settings`; each field that the source gives a value is among them or `others`.
fn rows(on: &str, source: &str, settings: &[(&str, &str, &str)], others: &[&str]) -> String {
    let fields = source
        .lines()
        .map(str::trim)
        .take_while(|line| *line != "}" && *line != "},");
    let mut table = String::new();
    for field in fields {
        let (name, code) = field.split_once(": ").expect("`field: value,`");
        if others.contains(&name) {
            continue;
        }
        let setting = settings.iter().find(|(known, ..)| *known == name);
        let (_, known, shown) = setting.unwrap_or_else(|| panic!("`{name}` is not in the table"));
        let code = constants(code.trim_end_matches(','));
        assert_eq!(code, *known, "{name}");
        writeln!(table, "| `{on}::{name}` | {shown} |").unwrap();
    }
    table
}

fn settings() -> String {
    let file = include_str!("../saga-sqlite/src/options.rs");
    let (_, engine) = ENGINE_SOURCE
        .split_once("settings: Settings {\n")
        .expect("the engine's");
    let (_, file) = file
        .split_once("-> Self {\n        Self {\n")
        .expect("the file's");
    assert_eq!(
        typed_saga::sqlite::Synchronous::default(),
        typed_saga::sqlite::Synchronous::Full
    );
    let engine = rows("Builder", engine, &ENGINE, &["name", "observers"]);
    let file = rows("sqlite::Options", file, &FILE, &[]);
    let database = include_str!("../saga-postgres/src/options.rs");
    let (_, database) = database
        .split_once("-> Self {\n        Self {\n")
        .expect("the database's");
    let database = rows("postgres::Options", database, &DATABASE, &[]);
    let run = include_str!("../saga-core/src/calls/watch.rs");
    assert!(run.contains("const ITEMS_LIMIT: usize = 10_000;"));
    let run = "| `items_limit` of a prepared saga | 10,000 items of a loop |\n";
    format!("| setting | default |\n|---|---|\n{run}{engine}{file}{database}")
}

#[test]
fn d03_every_default_is_in_the_reference() {
    let tables = [calls().as_str(), words(), &settings()].join("\n");
    saga_tests::compare_with_part("docs/reference.md", "defaults", &tables);
}
