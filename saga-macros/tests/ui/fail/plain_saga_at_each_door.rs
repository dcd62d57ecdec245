// errors: 4. What takes the inputs or services of a durable saga says once that it is given another one.

use typed_saga::{
    engine::{SagaType, Submission, WeakEngine, for_logs::Solo},
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

fn main() {}
