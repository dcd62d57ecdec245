//! Events: what is heard of a saga, whatever goes wrong in it.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use serde::{Deserialize, Serialize};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};
use typed_saga::{
    Key, Verdict,
    runtime::{CallKind::Action, Machine, Prepared},
    saga,
    testing::{Contract, Explorer, Fault, Report, explore},
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum News {
    Booked(u32),
    Sent,
    Failed,
}

#[derive(Debug, thiserror::Error, serde::Serialize, serde::Deserialize)]
#[error("{0:?}")]
struct Down(Verdict);

impl Down {
    fn verdict(&self) -> Verdict {
        self.0
    }
}

/// What has been heard of, and whether nothing is for now.
#[derive(Clone, Default)]
struct Bus {
    heard: Arc<Mutex<Vec<(Key, News)>>>,
    down: Arc<AtomicBool>,
}

impl Bus {
    fn hear(&self, event: &News, key: Key) {
        self.heard.lock().unwrap().push((key, event.clone()));
    }

    fn answer(&self) -> Result<(), Down> {
        if self.down.load(Ordering::SeqCst) {
            return Err(Down(Verdict::Unknown));
        }
        Ok(())
    }

    async fn work(&self) -> Result<u32, Down> {
        self.answer().map(|()| 7)
    }

    async fn publish(&self, event: &News, key: &Key) -> Result<(), Down> {
        self.answer()?;
        self.hear(event, *key);
        Ok(())
    }

    /// It gives `Ok`, whether or not the event was heard.
    async fn swallow(&self, event: &News, key: &Key) -> Result<(), Down> {
        if self.answer().is_ok() {
            self.hear(event, *key);
        }
        Ok(())
    }

    async fn forget(&self, _: &News, _: &Key) -> Result<(), Down> {
        self.answer()
    }

    async fn fail(&self, _: &News, _: &Key) -> Result<(), Down> {
        Err(Down(Verdict::Refused))
    }

    /// Told at once, and not when the saga stands.
    async fn tell_at_once(&self, key: &Key) -> Result<u32, Down> {
        self.answer()?;
        self.hear(&News::Sent, *key);
        Ok(7)
    }

    fn keys(&self) -> Vec<Key> {
        self.heard
            .lock()
            .unwrap()
            .iter()
            .map(|(key, _)| *key)
            .collect()
    }

    fn news(&self) -> Vec<News> {
        let mut news: Vec<_> = self
            .heard
            .lock()
            .unwrap()
            .iter()
            .map(|(_, news)| news.clone())
            .collect();
        news.dedup();
        news
    }
}

fn of<M: Machine<Error = Down>>(saga: impl Fn(&Bus) -> Prepared<M> + 'static) -> Explorer<Bus, M> {
    explore(Bus::default, saga)
        .error(|verdict| Some(Down(verdict)))
        .outage(|bus, down| bus.down.store(down, Ordering::SeqCst))
        .heard(Bus::keys)
}

macro_rules! trip {
    ($publish:path $(, $durable:ident)?) => {
        saga! {
            #[classify(Down::verdict)]
            #[timeout(1s)]
            $($durable)? saga Trip() with (bus: Bus) -> Result<u32, Down> emit News {
                #[idempotent]
                step room(bus, key) -> u32 { let _ = key; bus.work().await }
                compensate none

                emit(room => [News::Booked(*room)]);

                #[idempotent]
                step seat(bus, key) -> u32 { let _ = key; bus.work().await }
                compensate none

                emit(seat => [News::Booked(*seat + 1), News::Sent]);
                emit failed(failure => { let _ = failure; [News::Failed] });
                publish(bus, event, key) = $publish;

                room
            }
        }

        fn trip(bus: &Bus) -> Prepared<TripRun> {
            Trip {}.with(bus.clone()).id("one")
        }
    };
}

fn broken(report: &Report) -> (Contract, String) {
    let finding = report.findings().first().expect("something is wrong");
    (finding.contract(), finding.what().to_owned())
}

mod in_memory {
    use super::*;

    trip!(Bus::publish);

    #[test]
    fn a_saga_tells_what_stands_whatever_goes_wrong() {
        let told = |bus: &Bus, summary: &typed_saga::Summary| {
            let news = match summary.end() {
                typed_saga::runtime::End::Completed => {
                    vec![News::Booked(7), News::Booked(8), News::Sent]
                }
                typed_saga::runtime::End::Compensated => vec![News::Failed],
                typed_saga::runtime::End::Parked => Vec::new(),
            };
            let heard = bus.news();
            if heard == news {
                Ok(())
            } else {
                Err(format!("{heard:?}"))
            }
        };
        let report = of(trip).invariant(told).run();
        report.assert();
        assert!(report.reached("seat", Action, Fault::Fails(Verdict::Refused)) > 0);
    }
}

mod durable {
    use super::*;

    trip!(Bus::publish, durable);

    #[test]
    fn nothing_is_lost_where_the_process_ends() {
        // As a vendor keeps them.
        let texts = |bus: &Bus| -> Vec<String> { bus.keys().iter().map(Key::to_string).collect() };
        let report = of(trip).heard(texts).run();
        report.assert();
        for crash in [
            Fault::CrashBefore,
            Fault::CrashUnrecorded,
            Fault::CrashRecorded,
        ] {
            assert!(report.reached("seat", Action, crash) > 0, "{report}");
        }
    }
}

mod swallowed {
    use super::*;

    trip!(Bus::swallow);

    #[test]
    fn a_publish_that_swallows_an_error_is_found() {
        let (contract, what) = broken(&of(trip).depth(0).run());
        assert_eq!(contract, Contract::Published);
        assert!(what.contains("while the services are off"), "{what}");
    }
}

mod forgotten {
    use super::*;

    trip!(Bus::forget);

    #[test]
    fn an_event_that_nobody_hears_of_is_found() {
        let (contract, what) = broken(&of(trip).depth(0).run());
        assert_eq!(contract, Contract::Published);
        assert_eq!(what, "it has emitted 3 events, and 0 arrive");
    }
}

mod failing {
    use super::*;

    trip!(Bus::fail);

    #[test]
    fn a_publish_that_fails_by_itself_is_found() {
        let (contract, what) = broken(&of(trip).depth(0).run());
        assert_eq!(contract, Contract::Published);
        assert!(what.contains("though nothing is wrong"), "{what}");
    }
}

saga! {
    #[classify(Down::verdict)]
    #[timeout(1s)]
    saga Early() with (bus: Bus) -> Result<u32, Down> {
        #[idempotent]
        step told(bus, key) -> u32 = Bus::tell_at_once
            compensate none

        told
    }
}

#[test]
fn what_a_step_tells_at_once_is_found() {
    let report = of(|bus| Early {}.with(bus.clone()).id("one"))
        .depth(0)
        .run();
    let (contract, what) = broken(&report);
    assert_eq!(contract, Contract::Published);
    assert_eq!(what, "it has emitted 0 events, and 1 arrive");
}
