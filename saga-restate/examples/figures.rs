//! What a saga of eight steps costs on Restate, beside eight `ctx.run` by hand: one after the other, and 64 in flight, in one
//! run and on one server. The calls do nothing.
//!
//! ```sh
//! SAGA_RESTATE_SERVER=…/bin/restate-server cargo run --release --example figures
//! ```

use restate_sdk::{
    context::RunFuture as _,
    discovery::{Service as Discovered, ServiceType},
    endpoint::{ContextInternal, Endpoint, Error},
    errors::HandlerError,
    ingress::{self, RequestTarget},
    serde::Json,
    service::{
        Discoverable, Service,
        macro_support::{ServiceBoxFuture, service_definition},
    },
};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinSet};
use typed_saga::{Verdict, saga};
use typed_saga_restate::{Client, Plain, serve, workflow};

#[allow(dead_code, reason = "tests do more with it")]
#[path = "../tests/common/server.rs"]
mod server;

saga! {
    /// Eight steps that do nothing.
    #[classify(verdict)]
    #[timeout(5s)]
    durable saga Eight(first: u64) with () -> Result<u64, String> {
        #[idempotent]
        step a(first, key) -> u64 { let _ = key; Ok(*first) }
            compensate() { Ok(()) }
        #[idempotent]
        step b(a, key) -> u64 { let _ = key; Ok(*a) }
            compensate() { Ok(()) }
        #[idempotent]
        step c(b, key) -> u64 { let _ = key; Ok(*b) }
            compensate() { Ok(()) }
        #[idempotent]
        step d(c, key) -> u64 { let _ = key; Ok(*c) }
            compensate() { Ok(()) }
        #[idempotent]
        step e(d, key) -> u64 { let _ = key; Ok(*d) }
            compensate() { Ok(()) }
        #[idempotent]
        step f(e, key) -> u64 { let _ = key; Ok(*e) }
            compensate() { Ok(()) }
        #[idempotent]
        step g(f, key) -> u64 { let _ = key; Ok(*f) }
            compensate() { Ok(()) }
        #[idempotent]
        step h(g, key) -> u64 { let _ = key; Ok(*g) }
            compensate() { Ok(()) }

        h
    }
}

fn verdict(_: &String) -> Verdict {
    Verdict::Transient
}

/// The same by hand, without a way back.
struct ByHand;

impl Service for ByHand {
    type Future = ServiceBoxFuture;

    fn handle(&self, ctx: ContextInternal) -> Self::Future {
        Box::pin(async move {
            let (Json(mut last), _) = ctx.input::<Json<u64>>().await;
            for _ in 0..8 {
                let step = move || async move { Ok::<_, HandlerError>(Json(last)) };
                match ctx.run(step).name("step").await {
                    Ok(Json(value)) => last = value,
                    Err(error) => ctx.handle_handler_result::<()>(Err(error.into())),
                }
            }
            ctx.handle_handler_result(Ok(Json(last)));
            ctx.end();
            Ok::<(), Error>(())
        })
    }
}

impl Discoverable for ByHand {
    fn discover() -> Discovered {
        let run = serde_json::json!({"name": "run", "ty": "WORKFLOW"});
        let service =
            serde_json::json!({"name": "ByHand", "ty": ServiceType::Workflow, "handlers": [run]});
        serde_json::from_value(service).expect("a service")
    }
}

type Ingress = ingress::Client<Plain>;

/// Runs workflows of this name for a while, so many at once; gives how many a second.
async fn rate(ingress: &Ingress, name: &'static str, at_once: usize, time: Duration) -> f64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let ends = Instant::now() + time;
    let count = Arc::new(AtomicU64::new(0));
    let mut runs = JoinSet::new();
    for _ in 0..at_once {
        let (ingress, count) = (ingress.clone(), Arc::clone(&count));
        runs.spawn(async move {
            while Instant::now() < ends {
                let key = NEXT.fetch_add(1, Relaxed).to_string();
                let target = RequestTarget::workflow(name, key, "run");
                let input = if name == "Eight" {
                    serde_json::json!({"first": 7})
                } else {
                    7.into()
                };
                let request = ingress.request::<_, Json<serde_json::Value>>(target, Json(input));
                drop(
                    request
                        .call()
                        .await
                        .expect("the server answers")
                        .into_body(),
                );
                count.fetch_add(1, Relaxed);
            }
        });
    }
    let begun = Instant::now();
    runs.join_all().await;
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let count = count.load(Relaxed) as f64;
    count / begun.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let Some(server) = server::Server::start() else {
        return;
    };
    let mut eight = workflow::<Eight>(EightServices {});
    if std::env::args().any(|word| word == "--watched") {
        eight = eight.watched();
    }
    let endpoint = Endpoint::builder()
        .bind(eight.service().expect("it fits"))
        .bind(service_definition(ByHand, ByHand::discover()))
        .build();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(serve(
        endpoint,
        listener,
        std::future::pending::<Infallible>(),
    ));
    tokio::task::block_in_place(|| server.register(port));
    let ingress = Client::ingress(&server.url()).expect("an address");
    for at_once in [1, 64] {
        let mut rounds = Vec::new();
        for round in 0..16 {
            let time = Duration::from_millis(700);
            let hand = rate(&ingress, "ByHand", at_once, time).await;
            let saga = rate(&ingress, "Eight", at_once, time).await;
            // The first round warms up.
            if round > 0 {
                rounds.push((saga / hand, hand, saga));
            }
        }
        rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
        // The ratio of each round, since other work on the machine comes and goes.
        let (ratio, hand, saga) = rounds[rounds.len() / 2];
        println!(
            "{at_once} at once: by hand {hand:.0} a second, saga {saga:.0}: {:.0} %",
            ratio * 100.0
        );
    }
}
