//! What observers hear: every row of the decision tables is visible, in order.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::{sleep, timeout};
use typed_saga::{
    Context, Observer, Outcome, Recording, Summary, Verdict,
    runtime::{Counts, RunEvent},
    saga,
};

#[derive(Debug)]
struct Declined(&'static str);

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

fn verdict(error: &Declined) -> Verdict {
    match error.0 {
        "lost" => Verdict::Unknown,
        "busy" => Verdict::Transient,
        "abort" => Verdict::Refused.abort(),
        _ => Verdict::Refused,
    }
}

/// Answers of a call, one for each time; the last one again and again.
#[derive(Clone)]
struct Script(Arc<(Vec<&'static str>, AtomicU32)>);

impl Script {
    fn new(answers: &[&'static str]) -> Self {
        Self(Arc::new((answers.to_vec(), AtomicU32::new(0))))
    }

    async fn call(&self) -> Result<u32, Declined> {
        let n = self.0.1.fetch_add(1, Ordering::Relaxed);
        let answers = &self.0.0;
        match answers[usize::try_from(n).unwrap().min(answers.len() - 1)] {
            "ok" => Ok(n),
            "panic" => panic!("oh"),
            "hang" => std::future::pending().await,
            error => Err(Declined(error)),
        }
    }

    async fn undo(&self) -> Result<(), Declined> {
        self.call().await.map(drop)
    }

    async fn find(&self) -> Result<Option<u32>, Declined> {
        Ok(Some(self.call().await?).filter(|n| *n > 0))
    }
}

saga! {
    #[classify(verdict)]
    saga Order(wanted: bool)
    with (stock: Script, holds: Script, find: Script, undo: Script, lasts: Script)
    -> Result<u32, Declined>
    {
        read rates(stock) -> u32 { stock.call().await }
            fallback() { Ok(7) }
        #[timeout(1s)] #[retry(3, 10ms..10ms, jitter = false)]
        #[savepoint(1, 20ms..20ms, jitter = false)]
        step hold(holds) -> u32 { holds.call().await }
            resolve(find) { find.find().await }
            compensate(undo) { undo.undo().await }
        #[when(wanted => *wanted)]
        step last(lasts) -> u32 { lasts.call().await }
            #[by_key]
            compensate(key) { let _ = key; Ok(()) }
        rates + hold + last.unwrap_or(0)
    }
}

struct Scripts {
    stock: Script,
    hold: Script,
    find: Script,
    undo: Script,
    last: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        let ok = || Script::new(&["ok"]);
        Self {
            stock: ok(),
            hold: ok(),
            find: ok(),
            undo: ok(),
            last: ok(),
        }
    }
}

/// Runs it and gives the story, without the first and the last line.
async fn story(wanted: bool, scripts: Scripts) -> Vec<String> {
    let recording = Recording::default();
    let Scripts {
        stock,
        hold,
        find,
        undo,
        last,
    } = scripts;
    let order = Order { wanted }
        .with(stock, hold, find, undo, last)
        .id("order-1");
    let _ = order.observe(recording.clone()).outcome().await;
    let lines = recording.lines();
    assert_eq!(lines[0], "the saga starts");
    assert!(lines.last().unwrap().starts_with("the saga ends: "));
    lines[1..lines.len() - 1].to_vec()
}

#[tokio::test(start_paused = true)]
async fn a_saga_that_completes() {
    let lines = story(false, Scripts::default()).await;
    assert_eq!(
        lines,
        [
            "`rates` is attempted",
            "`rates` is applied",
            "`hold` is attempted",
            "`hold` is applied",
            "`last` is skipped"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn fallbacks_waits_doubt_and_what_settles_it() {
    let stock = Script::new(&["none left"]);
    let hold = Script::new(&["busy", "lost", "hang", "ok"]);
    let find = Script::new(&["busy", "ok"]);
    let lines = story(
        false,
        Scripts {
            stock,
            hold,
            find,
            ..Scripts::default()
        },
    )
    .await;
    let waits = lines
        .iter()
        .filter(|line| line.contains("before asking `resolve`"))
        .count();
    assert_eq!(waits, 1, "the wait before asking again is drawn at random");
    let fixed: Vec<_> = lines
        .iter()
        .filter(|line| !line.contains("before asking `resolve`"))
        .map(String::as_str)
        .collect();
    assert_eq!(
        fixed,
        [
            "`rates` is attempted",
            "`rates` is refused: none left",
            "`rates` falls back",
            "`rates` has fallen back",
            "`hold` is attempted",
            "`hold` fails for now: busy",
            "`hold` waits 10ms before the next attempt",
            "`hold` is attempted (attempt 2)",
            "`hold` fails, and may have happened: lost (attempt 2)",
            "`hold` is in doubt (attempt 2)",
            "`hold` runs its `resolve` (attempt 2)",
            "`hold` is not settled by this attempt: busy (attempt 2)",
            "`hold` runs its `resolve` (attempt 2)",
            "`hold` is settled: it happened (attempt 2)",
            "`last` is skipped",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn timeouts_panics_turns_and_the_way_back() {
    let hold = Script::new(&["hang", "ok"]);
    let find = Script::new(&["ok"]);
    let last = Script::new(&["panic", "sold out"]);
    let undo = Script::new(&["busy", "ok"]);
    let lines = story(
        true,
        Scripts {
            hold,
            find,
            undo,
            last,
            ..Scripts::default()
        },
    )
    .await;
    let told: Vec<_> = lines
        .iter()
        .filter(|line| !line.contains("before the compensation"))
        .map(String::as_str)
        .collect();
    assert_eq!(
        told,
        [
            "`rates` is attempted",
            "`rates` is applied",
            "`hold` is attempted",
            "`hold` times out",
            "`hold` is in doubt",
            "`hold` runs its `resolve`",
            "`hold` is settled: it did not happen",
            "`hold` waits 10ms before the next attempt",
            "`hold` is attempted (attempt 2)",
            "`hold` is applied (attempt 2)",
            "`last` is attempted",
            "`last` panics: oh",
            "`last` is in doubt",
            "`last` is compensated",
            "`last` is undone",
            "`last` is settled: it did not happen",
            "`hold` is compensated (attempt 2)",
            "`hold` is not compensated by this attempt: busy (attempt 2)",
            "`hold` is compensated (attempt 2)",
            "`hold` is undone (attempt 2)",
            "`hold` waits 20ms before its rerun (attempt 2)",
            "`hold` is rolled back to, and the saga runs forward again (time 1)",
            "`hold` is attempted (attempt 1 of round 1)",
            "`hold` is applied (attempt 1 of round 1)",
            "`last` is attempted (attempt 1 of round 1)",
            "`last` is refused: sold out (attempt 1 of round 1)",
            "`hold` is compensated (attempt 1 of round 1)",
            "`hold` is undone (attempt 1 of round 1)",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn aborts_and_what_stands() {
    let last = Script::new(&["abort"]);
    let undo = Script::new(&["never"]);
    let recording = Recording::default();
    let Scripts {
        stock, hold, find, ..
    } = Scripts::default();
    let order = Order { wanted: true }.with(stock, hold, find, undo.clone(), last);
    let Outcome::Parked(parked) = order.observe(recording.clone()).outcome().await else {
        panic!("parks")
    };
    let lines = recording.lines();
    assert!(
        lines.contains(&"`last` aborts the saga".to_owned()),
        "{recording}"
    );
    assert_eq!(
        lines.last().unwrap(),
        "the saga ends: step `last` failed: abort; parked, still applied: `hold`"
    );
    let before = lines.len();
    let _ = parked.resume().outcome().await;
    assert_eq!(recording.lines()[before], "the saga is resumed");
}

#[tokio::test(start_paused = true)]
async fn ten_failures_in_a_row_are_stuck() {
    saga! {
        saga Stubborn() with (script: Script) -> Result<(), Declined> {
            #[retry(12, 1ms..1ms)]
            read stubborn(script) { script.undo().await }
        }
    }
    let recording = Recording::default();
    let _ = Stubborn {}
        .with(Script::new(&["busy"]))
        .observe(recording.clone())
        .await;
    let stuck: Vec<_> = recording
        .so_far()
        .into_iter()
        .filter(|told| told.what.contains("stuck"))
        .collect();
    assert_eq!(stuck.len(), 1, "it is told once");
    assert_eq!(stuck[0].attempt, 10);
}

#[tokio::test(start_paused = true)]
async fn counts_are_shared_by_runs() {
    let counts = Counts::default();
    for answers in [&["ok"][..], &["busy", "ok"], &["none left"]] {
        let Scripts {
            stock,
            find,
            undo,
            last,
            ..
        } = Scripts::default();
        let order = Order { wanted: true }.with(stock, Script::new(answers), find, undo, last);
        let _ = order.observe(counts.clone()).outcome().await;
    }
    let counted = counts.so_far();
    assert_eq!(
        (counted.started, counted.completed, counted.compensated),
        (3, 2, 1)
    );
    assert_eq!(
        (counted.rejected, counted.rolled_back),
        (3, 1),
        "the third order is refused, turns once, and is refused again"
    );
    assert_eq!(counted.attempts, 3 + 4 + 3);
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_changes_nothing() {
    struct Loud;
    impl Observer for Loud {
        fn on_event(&self, _: &Context<'_>, _: &RunEvent<'_>) {
            panic!("loud");
        }
        fn around(&self, _: &Context<'_>, _: &mut dyn FnMut()) {
            panic!("louder");
        }
    }
    let Scripts {
        stock,
        hold,
        find,
        undo,
        last,
    } = Scripts::default();
    let order = Order { wanted: true }
        .with(stock, hold, find, undo, last)
        .observe(Loud);
    assert_eq!(order.await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn single_methods_can_be_overridden() {
    #[derive(Clone, Default)]
    struct Ends(Arc<AtomicU32>);
    impl Observer for Ends {
        fn finished(&self, saga: &Context<'_>, summary: &Summary) {
            assert_eq!((saga.saga(), saga.step()), ("Order", ""));
            assert_eq!(summary.to_string(), "completed");
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let ends = Ends::default();
    let Scripts {
        stock,
        hold,
        find,
        undo,
        last,
    } = Scripts::default();
    let order = Order { wanted: false }.with(stock, hold, find, undo, last);
    order
        .observe(ends.clone())
        .observe(ends.clone())
        .await
        .unwrap();
    assert_eq!(ends.0.load(Ordering::Relaxed), 2);
}

saga! {
    saga Slow() -> Result<u32, Declined> {
        step slow() -> u32 { sleep(Duration::from_secs(1)).await; Ok(1) }
            compensate none;
        slow
    }
}

#[tokio::test(start_paused = true)]
async fn a_recording_of_several_runs_knows_whose_each_line_is() {
    let recording = Recording::default();
    for id in ["a", "b", "a"] {
        let slow = Slow {}.run().id(id).observe(recording.clone());
        assert_eq!(slow.await.unwrap(), 1);
    }
    let ids: Vec<_> = recording.so_far().into_iter().map(|it| it.id).collect();
    let ids: Vec<_> = ids.iter().map(typed_saga::runtime::Id::as_str).collect();
    assert_eq!(ids, [["a"; 4], ["b"; 4], ["a"; 4]].concat());
}

/// Without a runtime a dropped saga cannot be handed over.
#[test]
fn orphaned_with_what_is_unsettled() {
    let recording = Recording::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let observed = recording.clone();
    let mut run = Box::pin(Slow {}.run().observe(observed).outcome());
    runtime.block_on(async {
        assert!(timeout(Duration::from_millis(1), &mut run).await.is_err());
    });
    drop(runtime);
    drop(run);
    assert_eq!(
        recording.lines().last().unwrap(),
        "the saga is orphaned, no runtime can run it: parked, unfinished: `slow`"
    );
}
