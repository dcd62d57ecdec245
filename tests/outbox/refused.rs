//! An event that is refused, by the `#[classify]` of `publish`, is stuck at once: no attempt follows
//! until an operator asks for one.

use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};
use tokio::time::{Duration, sleep};
use typed_saga::{
    Verdict,
    engine::{Engine, EventFilter, Memory, SagaId},
    saga,
};

use crate::outbox::world::Undelivered;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum No {
    /// The event cannot be read.
    Strange,
    Busy,
}

impl No {
    #[allow(
        clippy::trivially_copy_pass_by_ref,
        reason = "what `#[classify]` asks for"
    )]
    fn of_event(&self) -> Verdict {
        match self {
            Self::Strange => Verdict::Refused,
            Self::Busy => Verdict::Transient,
        }
    }
}

/// What it answers next, the last one first, and what it was handed.
#[derive(Clone, Default)]
struct Consumer(Arc<Mutex<(Vec<Result<(), No>>, Vec<u32>)>>);

#[allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::unused_async,
    reason = "what `publish` takes"
)]
impl Consumer {
    fn that(answers: &[Result<(), No>]) -> Self {
        let consumer = Self::default();
        consumer.0.lock().unwrap().0 = answers.to_vec();
        consumer
    }

    async fn take(&self, number: &u32) -> Result<(), No> {
        let mut inner = self.0.lock().unwrap();
        inner.1.push(*number);
        inner.0.pop().unwrap_or(Ok(()))
    }

    fn handed(&self) -> Vec<u32> {
        self.0.lock().unwrap().1.clone()
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(10s)]
    durable saga Tells() with (consumer: Consumer) -> Result<(), No> emit u32 {
        read first() -> u32 { Ok(1) }
        emit(first => [*first, first + 1]);
        #[classify(No::of_event)]
        publish(consumer, event) = Consumer::take;
    }
}

async fn engine(consumer: &Consumer, heard: &Undelivered) -> Engine {
    let services = TellsServices {
        consumer: consumer.clone(),
    };
    let engine = Engine::builder(Memory::new()).register::<Tells>(services);
    engine.observe(heard.clone()).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_refused_event_is_stuck_at_once_and_others_are_tried_again() {
    for (answer, handed, stuck) in [(No::Strange, vec![1], 1), (No::Busy, vec![1, 1, 2], 0)] {
        let (consumer, heard) = (Consumer::that(&[Err(answer)]), Undelivered::default());
        let engine = engine(&consumer, &heard).await;
        drop(engine.submit("1", Tells {}).await.unwrap());
        // By then, each attempt that is due has been made.
        sleep(Duration::from_secs(3_600)).await;
        assert_eq!(consumer.handed(), handed, "{answer:?}");
        let filter = EventFilter {
            stuck: true,
            ..EventFilter::default()
        };
        let outbox = engine.outbox();
        assert_eq!(outbox.list(filter).await.unwrap().len(), stuck);
        assert_eq!(heard.all().len(), stuck);
        if stuck > 0 {
            let saga = SagaId::new("Tells", "1");
            let why = engine.status(&saga).await.unwrap().why;
            assert!(why.contains("(stuck: Strange)"), "{why}");
            assert!(outbox.redeliver(&saga, None).await.unwrap());
            sleep(Duration::from_secs(3_600)).await;
            assert_eq!(consumer.handed(), [1, 1, 2]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_refused_after_the_tenth_failure_is_reported_once() {
    let mut answers = vec![Err(No::Strange)];
    answers.extend([Err(No::Busy); 10]);
    let (consumer, heard) = (Consumer::that(&answers), Undelivered::default());
    let engine = engine(&consumer, &heard).await;
    drop(engine.submit("1", Tells {}).await.unwrap());
    sleep(Duration::from_secs(3 * 3_600)).await;
    assert_eq!(consumer.handed(), [1; 11]);
    assert_eq!(heard.all().len(), 1, "{:?}", heard.all());
}

#[tokio::test(start_paused = true)]
async fn a_refused_event_stays_so_when_an_earlier_one_is_delivered_again() {
    let consumer = Consumer::that(&[Err(No::Strange), Ok(())]);
    let heard = Undelivered::default();
    let engine = engine(&consumer, &heard).await;
    drop(engine.submit("1", Tells {}).await.unwrap());
    let (saga, outbox) = (SagaId::new("Tells", "1"), engine.outbox());
    let moment = Duration::from_secs(60);
    sleep(moment).await;
    assert_eq!(consumer.handed(), [1, 2]);
    assert!(outbox.redeliver(&saga, Some(0)).await.unwrap());
    sleep(moment).await;
    assert_eq!(consumer.handed(), [1, 2, 1]);
    assert!(outbox.redeliver(&saga, None).await.unwrap());
    sleep(moment).await;
    assert_eq!(consumer.handed(), [1, 2, 1, 2]);
    assert_eq!(heard.all().len(), 1, "{:?}", heard.all());
}
