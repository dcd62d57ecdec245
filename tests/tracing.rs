//! Runs as `tracing` spans and events: the user's own events stand within the attempt that they belong to.

use std::{
    io,
    sync::{Arc, Mutex},
};

use saga::{Tracing, saga};

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
            step hotel(desk) -> u32 { desk.book().await } compensate none;
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

#[tokio::test(start_paused = true)]
async fn spans_for_sagas_steps_and_attempts() {
    let log = Log::default();
    let written = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || log.clone())
        .with_max_level(tracing::Level::DEBUG)
        .without_time()
        .with_target(false)
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let booked = Book {}
        .with(Desk::default())
        .id("b-1")
        .observe(Tracing::default())
        .await;
    assert_eq!(booked.unwrap(), 2 + 3 + 4);

    let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<_> = written.lines().map(str::trim).collect();
    let saga = "saga{saga=\"Book\" id=b-1}";
    let room = format!("{saga}:step{{step=\"room\"}}");
    for expected in [
        format!("INFO {saga}: starts"),
        format!("DEBUG {room}:attempt{{attempt=1 round=0}}: is attempted"),
        format!("INFO {room}:attempt{{attempt=1 round=0}}: asking the desk"),
        format!("INFO {room}:attempt{{attempt=1 round=0}}: the desk answered"),
        format!("WARN {room}:attempt{{attempt=1 round=0}}: fails for now: Busy"),
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
