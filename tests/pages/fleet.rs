//! The programs of the page "Many workers on one database".

mod start {
    use typed_saga::{engine::Engine, postgres::Postgres};

    pub async fn start() -> Result<Engine, Box<dyn std::error::Error>> {
        let url = "postgres://shop@db.example.org/shop?sslmode=require";
        let store = Postgres::connect(url, "shop").await?;
        let engine = Engine::builder(store).name("shop-1"); // and .register(…), once for each saga
        Ok(engine.start().await?)
    }
}

mod order {
    use typed_saga::{classify::Io, engine::{EngineError, Submission}, postgres::Order, saga};

    saga! {
        #[classify(Io::verdict)]
        #[timeout(30s)]
        pub durable saga Ship(book: String) with () -> Result<u64, Io> {
            #[idempotent]
            step shipped(book, key) -> u64 { Ok(book.len() as u64) } // under this key
                compensate none

            shipped
        }
    }

    pub fn order(id: &str, book: &str) -> Result<Order, EngineError> {
        let submission = Submission::new(id, &Ship { book: book.to_owned() })?;
        Ok(Order::new("saga", &submission))
    }
}
