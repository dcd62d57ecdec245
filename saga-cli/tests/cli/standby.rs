//! A standby, and a database that is read-only, can be looked at, by the command and in the console.

use crate::{Site, command, common::trip};
use saga_postgres_server::Server;
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Stdio},
};
use typed_saga::{Verdict, engine::DurableOutcome};

/// A database with one trip that is completed, and one that is parked.
async fn filled(server: &Server) -> Site {
    let site = Site::on(server);
    let engine = site.engine().await;
    let done = engine.submit("trip-1", trip()).await.unwrap();
    drop(done.outcome().await.unwrap());
    drop(done);
    let vendors = &site.vendors;
    vendors.fail("+charge", 1, Verdict::Refused, "card declined");
    vendors.fail("-hotel", 2, Verdict::Transient, "no line");
    let parked = engine.submit("trip-42", trip()).await.unwrap();
    let outcome = parked.outcome().await.unwrap();
    assert!(matches!(outcome, DurableOutcome::Parked(_)), "{outcome:?}");
    drop(parked);
    site.stop(engine).await;
    site
}

/// The console as a process that goes away with its test.
struct Console {
    process: Child,
    /// Where it listens.
    address: String,
}

impl Console {
    fn of(site: &Site) -> Self {
        let mut serve = command("serve --listen 127.0.0.1:0");
        serve.arg("--journal").arg(site.database.as_ref().unwrap());
        let serve = serve.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = serve.spawn().unwrap();
        let mut says = String::new();
        let out = process.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut says).unwrap();
        let address = says.trim_start_matches("http://").trim_end_matches("/\n");
        Self {
            process,
            address: address.to_owned(),
        }
    }

    fn get(&self, path: &str) -> String {
        let mut connection = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        let asks = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        connection.write_all(asks.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Every look, and what is said of whatever would write.
fn can_be_looked_at(site: &Site) {
    for (line, shows) in [
        ("list", "trip-42"),
        ("list --json", "trip-42"),
        ("stats", "parked"),
        ("show trip-1", "completed"),
        ("show trip-42 --json", "hotel"),
        ("why trip-42", "hotel"),
        ("outbox", ""),
        ("locks", ""),
        ("diagram BookTrip --format mermaid", "hotel"),
        ("resume trip-42 --dry-run", "hotel"),
        ("purge --older-than 1ms --dry-run", "nothing was done"),
    ] {
        let said = site.saga(line);
        assert_eq!((said.err.as_str(), said.code), ("", 0), "{line}: {said:?}");
        assert!(said.out.contains(shows), "{line}: {said:?}");
    }
    for line in ["resume trip-42 --yes", "purge --older-than 1ms --yes"] {
        let said = site.saga(line);
        let why = "it is a standby, or read-only; connect to the primary";
        assert!(said.code == 1 && said.err.contains(why), "{line}: {said:?}");
    }
    let console = Console::of(site);
    for (path, shows) in [
        ("/", "parked"),
        ("/sagas", "trip-42"),
        ("/saga?saga=BookTrip&id=trip-42", "hotel"),
        ("/api/overview", "parked"),
        ("/api/sagas", "trip-42"),
        ("/api/sagas/BookTrip/trip-42", "hotel"),
        ("/metrics", "parked"),
    ] {
        let answer = console.get(path);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        assert!(answer.contains(shows), "{path}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_takes_no_writes_can_be_looked_at() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    let site = filled(&server).await;
    let read_only = "ALTER DATABASE d0 SET default_transaction_read_only = on";
    server.sql("postgres", read_only);
    can_be_looked_at(&site);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_can_be_looked_at() {
    let Some(server) = Server::start(&["fsync=off"]) else {
        return;
    };
    drop(filled(&server).await);
    let standby = server.standby();
    can_be_looked_at(&Site {
        database: Some(standby.url("d0")),
        ..Site::new()
    });
}
