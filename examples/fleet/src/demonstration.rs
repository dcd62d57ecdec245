//! Three processes on a server of their own, replaced one by one while orders come in.

use crate::shop::TABLES;
use saga_postgres_server::Server;
use std::{
    env,
    error::Error,
    net::TcpListener,
    process::{Child, Command},
    time::{Duration, Instant},
};
use tokio::time::sleep;
use typed_saga::postgres::Postgres;

/// How many orders come in before, between and after the replacements.
const ORDERS: usize = 40;

/// One process, and where it serves.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(version: &str, url: &str) -> Result<Self, Box<dyn Error>> {
        // Somebody may take the port meanwhile; then the process ends, and the demonstration says so.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut command = Command::new(env::current_exe()?);
        command.args([version, &address]).env("DATABASE_URL", url);
        Ok(Self {
            child: command.spawn()?,
            address,
        })
    }

    /// Tells it to stop, and waits until it has.
    async fn stop(mut self) -> Result<(), Box<dyn Error>> {
        Command::new("kill")
            .arg(self.child.id().to_string())
            .status()?;
        while self.child.try_wait()?.is_none() {
            sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let Some(server) = Server::start(&["fsync = off"]) else {
        return Ok(());
    };
    let (url, mut orders) = (server.database(), 0);
    server.sql("d0", TABLES);
    Postgres::connect(&url, "shop").await?;
    let mut fleet = Vec::new();
    for _ in 0..3 {
        fleet.push(Process::start("serve", &url)?);
    }
    send(&fleet, &mut orders).await?;
    for replaced in 0..fleet.len() {
        let new = Process::start("serve-next", &url)?;
        std::mem::replace(&mut fleet[replaced], new).stop().await?;
        send(&fleet, &mut orders).await?;
    }
    let sql = |sql: &str| server.sql("d0", sql);
    let begun = Instant::now();
    while sql("SELECT count(*) FROM saga.saga WHERE state = 'completed'") != orders.to_string() {
        if begun.elapsed() > Duration::from_mins(1) {
            return Err(sql(
                "SELECT saga, id, state, worker FROM saga.sagas WHERE state <> 'completed'",
            )
            .into());
        }
        sleep(Duration::from_millis(50)).await;
    }
    let said =
        sql("SELECT what || ' ' || count(*) FROM notes GROUP BY what ORDER BY count(*) DESC, what");
    println!(
        "{orders} orders, each with its saga, by six processes: {}",
        said.replace('\n', ", ")
    );
    let counts = "SELECT count(*) FROM orders WHERE id IN (SELECT id FROM saga.saga)";
    assert_eq!(sql(counts), orders.to_string());
    for what in ["reserved", "paid", "sent"] {
        let counted = format!("SELECT count(*) FROM notes WHERE what = '{what}'");
        assert_eq!(sql(&counted), orders.to_string(), "{what}");
    }
    for process in fleet {
        process.stop().await?;
    }
    Ok(())
}

/// Orders books at any of the processes. Who hears nothing, or that it cannot be done now, asks another
/// one.
async fn send(fleet: &[Process], orders: &mut usize) -> Result<(), Box<dyn Error>> {
    let client = reqwest::Client::builder()
        .timeout(Duration::from_secs(5))
        .build()?;
    for order in *orders..*orders + ORDERS {
        let wanted = format!(
            r#"{{"id":"order-{order}","book":"book {}","cents":1200}}"#,
            order % 7
        );
        let mut asked = 0;
        loop {
            let url = format!(
                "http://{}/orders",
                fleet[(order + asked) % fleet.len()].address
            );
            let request = client.post(url).header("content-type", "application/json");
            let answer = request.body(wanted.clone()).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            asked += 1;
            if asked > 2000 {
                return Err("nobody takes orders".into());
            }
            sleep(Duration::from_millis(20)).await;
        }
    }
    *orders += ORDERS;
    Ok(())
}
