//! The shop: its tables, its page, and its engine.

use crate::{next, this};
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, PgPool};
use std::{env, error::Error, fmt, time::Duration};
use tokio::{net::TcpListener, signal::unix};
use typed_saga::{
    Key, Verdict,
    engine::{Engine, EngineError, Submission},
    postgres::{Order, Postgres},
};
use typed_saga_classify::sqlx::Sql;

/// What the sagas may do: they note each thing under its key. (A real shop would ask other services.)
#[derive(Clone)]
pub(crate) struct Shop {
    tables: PgPool,
}

/// The database did not do it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ShopError(Sql);

impl ShopError {
    /// A statement whose answer was lost may have been executed.
    pub(crate) fn verdict(&self) -> Verdict {
        self.0.verdict()
    }
}

impl fmt::Display for ShopError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for ShopError {}

/// Which saga this process runs.
#[derive(Clone, Copy)]
pub(crate) enum Version {
    This,
    Next,
}

/// What a customer asks for.
#[derive(Deserialize)]
struct Wanted {
    id: String,
    book: String,
    cents: i64,
}

/// Short, so that the demonstration shows much in little time; 30 s if nothing is said.
const LEASE: Duration = Duration::from_secs(2);

/// What a deployment makes before: the shop's tables, and those of the sagas.
pub(crate) const TABLES: &str = "
    CREATE TABLE orders (id text PRIMARY KEY, book text NOT NULL, cents bigint NOT NULL);
    CREATE TABLE notes (key text PRIMARY KEY, what text NOT NULL, book text NOT NULL, amount bigint NOT NULL)";

impl Shop {
    /// Serves, and works, until it is told to stop.
    pub(crate) async fn serve(address: &str, version: Version) -> Result<(), Box<dyn Error>> {
        let url = env::var("DATABASE_URL")?;
        let shop = Self {
            tables: PgPool::connect(&url).await?,
        };
        let engine = Engine::builder(Postgres::connect(&url, "shop").await?)
            .lease(LEASE)
            .name(address);
        let engine = match version {
            Version::This => engine.register::<this::Buy>(this::BuyServices { shop: shop.clone() }),
            Version::Next => engine.register::<next::Buy>(next::BuyServices { shop: shop.clone() }),
        };
        let engine = engine.start().await?;
        let page = Router::new().route("/orders", post(take));
        let page = page.with_state((shop, version));
        let mut end = unix::signal(unix::SignalKind::terminate())?;
        let ended = async move {
            end.recv().await;
        };
        axum::serve(TcpListener::bind(address).await?, page)
            .with_graceful_shutdown(ended)
            .await?;
        // What runs comes to rest, and goes on elsewhere.
        engine.shutdown(Duration::from_secs(5)).await;
        Ok(())
    }

    /// Notes something once, however often it is asked for under this key.
    pub(crate) async fn note(
        &self,
        what: &str,
        book: &str,
        key: &Key,
        amount: i64,
    ) -> Result<(), ShopError> {
        let note = "INSERT INTO notes (key, what, book, amount) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING";
        let note = sqlx::query(note)
            .bind(key.to_string())
            .bind(what)
            .bind(book)
            .bind(amount);
        let noted = note.execute(&self.tables).await;
        noted.map_err(|error| ShopError(error.into()))?;
        Ok(())
    }

    /// The order and its saga, in one transaction.
    async fn take(&self, wanted: &Wanted, version: Version) -> Result<(), Box<dyn Error>> {
        let Wanted { id, book, cents } = wanted;
        let submission = match version {
            Version::This => Submission::new(
                &**id,
                &this::Buy {
                    book: book.clone(),
                    cents: *cents,
                },
            ),
            Version::Next => Submission::new(
                &**id,
                &next::Buy {
                    book: book.clone(),
                    cents: *cents,
                },
            ),
        };
        let order = Order::new("saga", &submission?);
        let mut transaction = self.tables.begin().await?;
        let row =
            "INSERT INTO orders (id, book, cents) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
        let row = sqlx::query(row).bind(id).bind(book).bind(cents);
        row.execute(&mut *transaction).await?;
        order.placed(&place(&order, &mut transaction).await?)?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Places an order, and returns the inputs of the one that is there.
async fn place(
    order: &Order,
    transaction: &mut sqlx::Transaction<'_, sqlx::Postgres>,
) -> sqlx::Result<String> {
    let [name, id, fingerprint, input] = order.params();
    // The text names the schema alone; what it inserts is bound.
    let insert = sqlx::query(AssertSqlSafe(order.insert()))
        .bind(name)
        .bind(id)
        .bind(fingerprint)
        .bind(input);
    insert.execute(&mut **transaction).await?;
    let look = sqlx::query_scalar(AssertSqlSafe(order.look()))
        .bind(name)
        .bind(id)
        .bind(fingerprint)
        .bind(input);
    look.fetch_one(&mut **transaction).await
}

/// `202`: it is on record. A customer who hears nothing asks again, under the same id.
async fn take(
    State((shop, version)): State<(Shop, Version)>,
    Json(wanted): Json<Wanted>,
) -> StatusCode {
    let taken = shop.take(&wanted, version).await;
    match taken.as_ref().map_err(|error| error.downcast_ref()) {
        Ok(()) => StatusCode::ACCEPTED,
        Err(Some(EngineError::OtherInput { .. })) => StatusCode::CONFLICT,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
