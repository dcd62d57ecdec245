// A service behind a trait object says that it can be sent and shared.
#[path = "../domain.rs"]
mod domain;
use domain::*;
use std::sync::Arc;

trait Db {
    fn rows(&self) -> usize;
}

typed_saga::saga! {
    saga Count() with (db: Arc<dyn Db>) -> Result<usize, BookingError> {
        read count(db) -> usize { Ok(db.rows()) }

        count
    }
}

async fn call(db: Arc<dyn Db>) {
    drop(Count {}.with(db).await);
}

fn main() {}
