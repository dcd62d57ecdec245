//! Runs as `tracing` spans and events: the user's own events stand within the attempt that they
//! belong to.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{filter::Targets, layer::SubscriberExt as _};
use typed_saga::{Tracing, saga};

#[derive(Debug)]
struct Busy;

#[derive(Clone, Default)]
struct Desk(Arc<Mutex<u32>>);

impl Desk {
    async fn book(&self) -> Result<u32, Busy> {
        tracing::info!("asking the desk");
        tokio::task::yield_now().await;
        let mut asked = self.0.lock().unwrap();
        *asked += 1;
        tracing::info!("the desk answered");
        if *asked == 1 { Err(Busy) } else { Ok(*asked) }
    }
}

saga! {
    saga Book() with (desk: Desk) -> Result<u32, Busy> {
        #[retry(2, 1ms..1ms, jitter = false)]
        read room(desk) -> u32 { desk.book().await }
        concurrent {
            #[idempotent] #[retry(2)]
            step hotel(desk, _key) -> u32 { desk.book().await }
                compensate none;
            read table(desk) -> u32 { desk.book().await }
        }
        room + hotel + table
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What a subscriber for people writes of a run, from this level on.
async fn logged(level: tracing::Level, run: impl Future<Output = ()>) -> String {
    let log = Log::default();
    let written = log.clone();
    let targets = [("typed_saga", level), (module_path!(), level)];
    let targets = Targets::new().with_targets(targets);
    let targets = targets.with_target("typed_saga_core", LevelFilter::OFF);
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || log.clone())
        .with_max_level(level)
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .finish()
        // Whatever part of the library tells, users name the library alone.
        .with(targets);
    let _guard = tracing::subscriber::set_default(subscriber);
    run.await;
    String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn spans_for_sagas_steps_and_attempts() {
    let written = logged(tracing::Level::DEBUG, async {
        let booked = Book {}
            .with(Desk::default())
            .id("b-1")
            .observe(Tracing::default())
            .await;
        assert_eq!(booked.unwrap(), 2 + 3 + 4);
    })
    .await;
    let lines: Vec<_> = written.lines().map(str::trim).collect();
    let saga = "saga{saga=\"Book\" id=b-1}";
    let room = format!("{saga}:step{{step=\"room\"}}");
    for expected in [
        format!("INFO {saga}: starts"),
        format!("DEBUG {room}:attempt{{attempt=1 round=0}}: is attempted"),
        format!("INFO {room}:attempt{{attempt=1 round=0}}: asking the desk"),
        format!("INFO {room}:attempt{{attempt=1 round=0}}: the desk answered"),
        format!(
            "WARN {room}:attempt{{attempt=1 round=0}}: fails for now: Busy \
             saga=\"Book\" id=b-1 step=\"room\" attempt=1"
        ),
        format!("DEBUG {room}: waits 1ms before the next attempt"),
        format!("INFO {room}:attempt{{attempt=2 round=0}}: the desk answered"),
        format!(
            "INFO {saga}:step{{step=\"table\"}}:attempt{{attempt=1 round=0}}: the desk answered"
        ),
        format!("INFO {saga}: ends: completed"),
    ] {
        assert!(
            lines.contains(&expected.as_str()),
            "{expected}\nis not in\n{written}"
        );
    }
}

saga! {
    /// Goes wrong at every step of the way.
    saga Move() -> Result<(), &'static str> {
        step packed() -> u32 { tracing::info!("packing"); Ok(7) }
            #[retry(2, 1ms..1ms, jitter = false)]
            compensate(packed) {
                tracing::info!(boxes = packed, "unpacking");
                Err("a box is stuck")
            }

        step van() -> u32 { Ok(1) }
            compensate(van) { tracing::info!(van, "giving it back"); Ok(()) }

        #[timeout(1s)] #[retry(2, 1ms..1ms, jitter = false)] #[idempotent]
        #[after(van)]
        step driven(ctx) {
            if ctx.attempt() == 1 {
                std::future::pending().await
            } else {
                Err("the road is closed")
            }
        }
            compensate none
    }
}

#[tokio::test(start_paused = true)]
async fn the_log_of_a_failed_saga_tells_its_story_in_order() {
    let written = logged(tracing::Level::INFO, async {
        let moved = Move {}.run().id("m-1").observe(Tracing::default());
        moved.await.unwrap_err();
    })
    .await;
    let saga = "saga{saga=\"Move\" id=m-1}";
    let lines: Vec<_> = written
        .lines()
        .map(|line| line.trim().replace(saga, "saga"))
        .map(|line| {
            line.replace(" round=0}", "")
                .replace("attempt{attempt=", "attempt ")
        })
        .map(|line| line.replace("step{step=\"", "").replace("\"}", ""))
        // What a warning repeats of its spans is in the next test.
        .map(|line| match line.split_once(" saga=\"Move\" id=m-1") {
            Some((line, _)) => format!("{line} …"),
            None => line,
        })
        .collect();
    assert_eq!(
        lines,
        [
            "INFO saga: starts",
            "INFO saga:packed:attempt 1: packing",
            "WARN saga:driven:attempt 1: times out …",
            "WARN saga:driven: is in doubt …",
            "WARN saga:driven:attempt 2: fails for now: the road is closed …",
            "INFO saga:van: giving it back van=1",
            "INFO saga:van: is undone",
            "INFO saga:packed: unpacking boxes=7",
            "WARN saga:packed: is not compensated by this attempt: a box is stuck …",
            "INFO saga:packed: unpacking boxes=7",
            "WARN saga:packed: is not compensated by this attempt: a box is stuck …",
            "ERROR saga: ends: step `driven` failed: the road is closed; parked, still applied: `packed`, in doubt: `driven` …",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn where_only_warnings_are_heard_each_names_its_saga_and_step() {
    let written = logged(tracing::Level::WARN, async {
        let moved = Move {}.run().id("m-2").observe(Tracing::default());
        moved.await.unwrap_err();
    })
    .await;
    let lines: Vec<_> = written.lines().map(str::trim).collect();
    let at = |step: &str, attempt: u32| {
        format!("saga=\"Move\" id=m-2 step=\"{step}\" attempt={attempt}")
    };
    let stuck = "WARN is not compensated by this attempt: a box is stuck";
    let expected = [
        format!("WARN times out {}", at("driven", 1)),
        format!("WARN is in doubt {}", at("driven", 1)),
        format!("WARN fails for now: the road is closed {}", at("driven", 2)),
        format!("{stuck} {}", at("packed", 1)),
        format!("{stuck} {}", at("packed", 1)),
        "ERROR ends: step `driven` failed: the road is closed; parked, still applied: `packed`, \
         in doubt: `driven` saga=\"Move\" id=m-2"
            .to_owned(),
    ];
    assert_eq!(lines, expected);
}

saga! {
    saga Pack(boxes: Vec<u32>) -> Result<(), &'static str> {
        #[concurrent(2)]
        for size: u32 in (boxes => boxes.clone())
        read packed(size) {
            tokio::task::yield_now().await;
            tracing::info!(size, "packing");
            if *size > 1 { Err("too big") } else { Ok(()) }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_item_of_a_loop_has_spans_of_its_own_within_those_of_the_loop() {
    let written = logged(tracing::Level::INFO, async {
        let boxes = vec![1, 2];
        let packed = Pack { boxes }.run().id("p-1").observe(Tracing::default());
        packed.await.unwrap_err();
    })
    .await;
    let all = "saga{saga=\"Pack\" id=p-1}:step{step=\"packed\"}:attempt{attempt=1 round=0}";
    for (item, said) in [(0, "packing size=1"), (1, "packing size=2")] {
        let span = format!("{all}:step{{step=\"packed[{item}]\"}}:attempt{{attempt=1 round=0}}");
        let line = format!("INFO {span}: {said}");
        assert!(
            written.lines().any(|written| written.trim() == line),
            "{line} is not in\n{written}"
        );
    }
}

saga! {
    saga Wrap() with (desk: Desk) -> Result<u32, Busy> {
        step paper(desk) -> u32 { desk.book().await }
            compensate() { tracing::info!("putting it back"); Ok(()) }
        paper
    }

    saga Send() with (desk: Desk) -> Result<u32, Busy> {
        #[retry(2, 1ms..1ms, jitter = false)]
        step wrapped() -> u32 = saga Wrap {} with (desk);
        read paid() -> u32 { Err(Busy) }
        wrapped + paid
    }
}

/// Each attempt of a saga that is a step has the spans of its steps within it.
#[tokio::test(start_paused = true)]
async fn spans_of_a_saga_that_is_a_step_are_within_those_of_the_step() {
    let written = logged(tracing::Level::DEBUG, async {
        let sent = Send {}.with(Desk::default()).id("s-1");
        assert!(sent.observe(Tracing::default()).await.is_err());
    })
    .await;
    let lines: Vec<_> = written.lines().map(str::trim).collect();
    let wrapped = "saga{saga=\"Send\" id=s-1}:step{step=\"wrapped\"}";
    let paper = "step{step=\"wrapped/paper\"}:attempt{attempt=1 round=0}";
    for expected in [
        format!("INFO {wrapped}:attempt{{attempt=1 round=0}}:{paper}: the desk answered"),
        format!("WARN {wrapped}:attempt{{attempt=1 round=0}}:{paper}: fails for now: Busy"),
        format!("WARN {wrapped}:attempt{{attempt=1 round=0}}: fails for now: Busy"),
        format!("INFO {wrapped}:attempt{{attempt=2 round=1}}:{paper}: the desk answered"),
        format!("INFO {wrapped}:step{{step=\"wrapped/paper\"}}: putting it back"),
    ] {
        assert!(
            lines.iter().any(|line| line.starts_with(&expected)),
            "{expected}\nis not in\n{written}"
        );
    }
}
