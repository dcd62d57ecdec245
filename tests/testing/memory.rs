//! Sagas in memory.

#![expect(clippy::unused_async, reason = "what a step awaits")]

use std::sync::{Arc, Mutex};
use typed_saga::{
    Key, saga,
    testing::{Contract, Effect, Explorer, explore},
};

/// What was made and undone.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<(u32, u32)>>);

impl Shelf {
    async fn take(&self) -> Result<u32, String> {
        let mut books = self.0.lock().unwrap();
        books.0 += 1;
        Ok(books.0)
    }

    async fn take_once(&self, _: &Key) -> Result<u32, String> {
        self.0.lock().unwrap().0 = 1;
        Ok(1)
    }

    async fn put_back(&self, _: &u32) -> Result<(), String> {
        let mut books = self.0.lock().unwrap();
        books.1 = books.0;
        Ok(())
    }

    async fn forget(&self, _: &u32) -> Result<(), String> {
        Ok(())
    }

    fn effects(&self) -> Vec<Effect> {
        let (made, undone) = *self.0.lock().unwrap();
        vec![Effect::of("book").made(made).undone(undone)]
    }
}

fn told<M: typed_saga::runtime::Machine<Error = String>>(
    explorer: Explorer<Shelf, M>,
) -> typed_saga::testing::Report {
    explorer
        .error(|verdict| Some(format!("{verdict:?}")))
        .ledger(Shelf::effects)
        .run()
}

#[test]
fn a_saga_in_memory_is_explored_without_crashes() {
    saga! {
        saga Lend() with (shelf: Shelf) -> Result<u32, String> {
            #[timeout(1s)] #[idempotent]
            step book(shelf, key) -> u32 = Shelf::take_once
                compensate(shelf, book) = Shelf::put_back;
            read slip(book) -> u32 { Ok(book + 1) }
            slip
        }
    }
    let report = told(explore(Shelf::default, |shelf| Lend {}.with(shelf.clone())));
    report.assert();
    let text = report.to_string();
    assert!(text.contains("parked"), "{text}");
    assert!(!text.contains("crash"), "{text}");
}

#[test]
fn what_nobody_undoes_is_found() {
    saga! {
        saga Lend() with (shelf: Shelf) -> Result<u32, String> {
            step book(shelf) -> u32 { shelf.take().await }
                compensate(shelf, book) = Shelf::forget;
            read slip(book) -> u32 { Ok(book + 1) }
            slip
        }
    }
    let report = told(explore(Shelf::default, |shelf| Lend {}.with(shelf.clone())));
    let [finding] = report.findings() else {
        panic!("one bug: {report}");
    };
    assert_eq!(finding.step(), Some("book"));
    assert_eq!(finding.contract(), Contract::Compensation);
    assert_eq!(
        finding.calls(),
        [
            "the action of `book` → ok",
            "the action of `slip` panics, nothing done → panicked",
            "the compensation of `book` → ok",
        ]
    );
}

#[test]
fn a_compensation_that_is_tried_for_ever_is_found() {
    saga! {
        saga Lend() with (shelf: Shelf) -> Result<u32, String> {
            step book(shelf) -> u32 { shelf.take().await }
                #[retry(forever)]
                compensate(book) { Err(format!("nobody takes {book}")) }
            read slip(book) -> u32 { Ok(book + 1) }
            slip
        }
    }
    let report = told(explore(Shelf::default, |shelf| Lend {}.with(shelf.clone())));
    let [finding] = report.findings() else {
        panic!("one bug: {report}");
    };
    assert_eq!(finding.step(), Some("book"));
    assert_eq!(finding.contract(), Contract::Ends);
}
