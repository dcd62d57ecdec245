//! Sagas that end before they have called anything: the commit that creates a saga can neither end it nor
//! have its events.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::timeout;
use typed_saga::{
    engine::{DurableOutcome, Engine, Memory, ReadStore as _, SagaId, State, Time},
    runtime::{Durable, Services},
    saga,
};

/// Who tells of an end, and cannot say what is wanted.
#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Vec<String>>>);

impl Desk {
    #[allow(clippy::unused_async, reason = "what a clause awaits")]
    async fn publish(&self, event: &str) -> Result<(), String> {
        self.0.lock().unwrap().push(event.to_owned());
        Ok(())
    }

    fn says<T>(&self) -> T {
        let told = self.0.lock().unwrap().len();
        panic!("it says nothing of {told} events")
    }
}

macro_rules! ends {
    ($desk:ident; $($saga:ident { $($steps:tt)* })*) => { saga! { $(
        #[classify(typed_saga::transient)]
        #[timeout(1s)]
        durable saga $saga() with ($desk: Desk) -> Result<u8, String> emit String {
            $($steps)*
            emit(=> ["completed".to_owned()]);
            emit failed(=> ["failed".to_owned()]);
            publish($desk, event) { $desk.publish(event).await }
            finally($desk) { $desk.0.lock().unwrap().push("finally".to_owned()); }
            7
        }
    )* } };
}

ends! { desk;
    When {
        #[when(desk => desk.says())] #[idempotent]
        step a(_key) { Ok(()) }
            compensate none
    }
    Block {
        when (desk => desk.says()) {
            #[idempotent]
            step a(_key) { Ok(()) }
                compensate none
            read _b() { Ok(()) }
        }
    }
    Items {
        for item: u8 in (desk => desk.says::<Vec<u8>>())
        read _a(item) -> u8 { Ok(*item) }
    }
    Sleep {
        sleep night(desk => desk.says::<Duration>());
    }
    Skipped {
        #[when(=> false)] #[idempotent]
        step a(_key) { Ok(()) }
            compensate none
    }
    Empty {
        for item: u8 in (=> Vec::<u8>::new())
        read _a(item) -> u8 { Ok(*item) }
    }
}

const DAY: Duration = Duration::from_secs(86_400);

async fn engine<S>(store: &Memory, desk: &Desk) -> Engine
where
    S: Durable,
    Desk: Gives<S>,
{
    let builder = Engine::builder(store.clone()).register::<S>(desk.gives());
    // Nobody else writes.
    builder.inbox_interval(DAY).start().await.unwrap()
}

/// Its services.
trait Gives<S: Durable> {
    type Services: Services<S>;
    fn gives(&self) -> Self::Services;
    fn saga() -> S;
}

macro_rules! gives {
    ($($saga:ident $services:ident)*) => { $(impl Gives<$saga> for Desk {
        type Services = $services;
        fn gives(&self) -> $services {
            $services { desk: self.clone() }
        }
        fn saga() -> $saga {
            $saga {}
        }
    })* };
}

gives! { When WhenServices Block BlockServices Items ItemsServices Sleep SleepServices Skipped SkippedServices Empty EmptyServices }

/// Its state in the store, and when it is due.
async fn row<S: Durable>(store: &Memory) -> (State, Option<Time>) {
    let saga = SagaId::new(&*S::DEFINITION.name, "one");
    let stored = store.load(saga).await.unwrap().unwrap();
    (stored.row.state, stored.row.due)
}

async fn ends_at_once<S>(state: State)
where
    S: Durable<Output = u8>,
    Desk: Gives<S>,
{
    let name = &S::DEFINITION.name;
    let (store, desk) = (Memory::new(), Desk::default());
    let one = engine::<S>(&store, &desk).await;
    let handle = one.submit("one", <Desk as Gives<S>>::saga()).await.unwrap();
    let ended = timeout(DAY / 2, handle.finished()).await;
    let outcome = ended
        .unwrap_or_else(|_| panic!("{name} has not finished"))
        .unwrap();
    assert_eq!(
        matches!(outcome, DurableOutcome::Completed(_)),
        state == State::Completed
    );
    assert_eq!(row::<S>(&store).await, (state, None), "{name}");
    let word = if state == State::Completed {
        "completed"
    } else {
        "failed"
    };
    let mut told = desk.0.lock().unwrap().clone();
    told.sort();
    assert_eq!(told, [word, "finally"], "{name}");
    one.shutdown(DAY).await;
}

#[tokio::test(start_paused = true)]
async fn whatever_ends_a_saga_at_once_is_its_end_in_the_store() {
    ends_at_once::<When>(State::Compensated).await;
    ends_at_once::<Block>(State::Compensated).await;
    ends_at_once::<Items>(State::Compensated).await;
    ends_at_once::<Sleep>(State::Compensated).await;
    ends_at_once::<Skipped>(State::Completed).await;
    ends_at_once::<Empty>(State::Completed).await;
}
