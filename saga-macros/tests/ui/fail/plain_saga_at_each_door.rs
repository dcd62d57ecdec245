// errors: 10. Whatever takes a durable saga says once that it is given another one.

use saga::{
    engine::{Action, Attribution, Engine, SagaType, Settled, Submission, WeakEngine, solo::Solo},
    saga,
};

saga! {
    /// The area of a square.
    saga Square(side: u64) -> Result<u64, ()> {
        read area(side) -> u64 { Ok(side * side) }

        area
    }
}

fn prepare(engine: WeakEngine) {
    drop(SagaType::of::<Square, SquareServices>());
    drop(Solo::<Square>::new(SquareServices));
    drop(Submission::new("square-1", &Square { side: 7 }));
    drop(engine.submit("square-1", Square { side: 7 }));
}

async fn look(engine: Engine) {
    drop(engine.handle::<Square>("square-1").await);
    drop(engine.plan::<Square>("square-1", &Action::Resume).await);
}

async fn act(engine: Engine) {
    drop(engine.act::<Square>("square-1", Action::Resume, Attribution::default()).await);
    drop(engine.resume::<Square>("square-1", Attribution::default()).await);
    drop(engine.settle::<Square>("square-1", "area", Settled::Undone, Attribution::default()).await);
    drop(engine.abandon::<Square>("square-1", Attribution::default()).await);
}

fn main() {}
