//! A service with a console for its sagas: one order completes, one is refused and undone, and one
//! parks, which you can put right in a browser.
//!
//! ```text
//! cargo run -p console-example
//! ```

use axum::{Router, routing::get};
use std::{
    borrow::Cow,
    error::Error,
    sync::Arc,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::{net::TcpListener, signal};
use typed_saga::{
    Key, Verdict,
    engine::{Engine, ReadStore},
    saga,
    sqlite::Sqlite,
};
use typed_saga_console::{Options, router};

saga! {
    /// Sells a ticket: holds a seat, charges the customer, prints the ticket.
    #[classify(Refused::verdict)]
    #[timeout(5s)]
    durable saga SellTicket(customer: String) with (hall: Hall) -> Result<u32, Refused> {
        #[idempotent]
        step seat(hall, customer, key) -> u32 = Hall::hold
            compensate(hall, seat) = Hall::release;

        #[after(seat)]
        #[idempotent]
        pivot payment(hall, customer, key) -> u32 = Hall::charge;

        #[idempotent]
        step ticket(hall, seat, payment, key) -> u32 = Hall::print;

        ticket
    }
}

/// A request that the hall declined: nothing happened.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
struct Refused(Cow<'static, str>);

impl Refused {
    fn verdict(&self) -> Verdict {
        let Self(_) = self;
        Verdict::Refused
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Clones share one printer. It is out of paper at the first try, and has been refilled by the next.
#[derive(Clone, Default)]
struct Hall {
    has_paper: Arc<AtomicBool>,
}

#[allow(clippy::unused_async, reason = "this hall answers at once")]
impl Hall {
    async fn hold(&self, _customer: &str, _: &Key) -> Result<u32, Refused> {
        Ok(7)
    }

    async fn release(&self, _seat: &u32) -> Result<(), Refused> {
        Ok(())
    }

    async fn charge(&self, customer: &str, _: &Key) -> Result<u32, Refused> {
        match customer {
            "Bob" => Err(Refused("the card is declined".into())),
            _ => Ok(30),
        }
    }

    async fn print(&self, _seat: &u32, _payment: &u32, _: &Key) -> Result<u32, Refused> {
        if self.has_paper.swap(true, Ordering::Relaxed) {
            Ok(1)
        } else {
            Err(Refused("the printer has no paper".into()))
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let store = Sqlite::open(folder.path().join("tickets.db"))?;
    let services = SellTicketServices {
        hall: Hall::default(),
    };
    let engine = Engine::builder(store.clone()).register::<SellTicket>(services);
    let engine = engine.start().await?;
    for (order, customer) in [("order-1", "Ada"), ("order-2", "Bob"), ("order-3", "Cy")] {
        let customer = customer.to_owned();
        let ticket = engine.submit(order, SellTicket { customer }).await?;
        println!("{order}: {}", ended(ticket.outcome().await?));
    }

    // `acting` lets the console resume and settle; put your own authentication around it.
    let options = Options::new().acting().submitting(engine.downgrade());
    let store: Arc<dyn ReadStore> = Arc::new(store);
    let service = Router::new()
        .route("/", get(|| async { "the box office is open" }))
        .nest_service("/sagas", router(store, options)); // `nest` would not answer `/sagas/`
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!(
        "console: http://{}/sagas/ (Ctrl-C ends it)",
        listener.local_addr()?
    );
    tokio::select! {
        served = axum::serve(listener, service) => served?,
        stopped = signal::ctrl_c() => stopped?,
    }
    engine.shutdown(std::time::Duration::from_secs(5)).await;
    Ok(())
}

fn ended(outcome: typed_saga::engine::DurableOutcome<SellTicket>) -> &'static str {
    use typed_saga::engine::DurableOutcome;
    match outcome {
        DurableOutcome::Completed(_) => "completed",
        DurableOutcome::Compensated(_) => "compensated",
        DurableOutcome::Parked(_) => "parked",
        other => unreachable!("no order ends like this: {other:?}"),
    }
}
