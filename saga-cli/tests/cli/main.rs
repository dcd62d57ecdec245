//! The program itself, over a journal in a file or in a database, with an engine in this process or with
//! none.

mod analyzing;
#[cfg(unix)]
mod backups;
mod checking;
#[path = "../common/mod.rs"]
mod common;
#[cfg(unix)]
mod containers;
mod crowded;
mod damage;
mod database;
mod engine;
mod errors;
#[cfg(unix)]
mod fleet;
mod output;
#[cfg(unix)]
mod reading;
mod released;
mod standby;
mod unreadable;

use common::{Vendors, registered};
use saga_postgres_server::Server;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use typed_saga::{
    engine::{Builder, Engine, for_stores::Life},
    postgres,
    sqlite::{self, Sqlite},
};

/// The life of the sagas in every journal, so that their keys are the same.
fn life() -> Life {
    "0123456789abcdef.0".parse().unwrap()
}

/// A place for a journal, and the vendors that its sagas call.
struct Site {
    place: TempDir,
    vendors: Vendors,
    /// Where the journal is, if not in a file.
    database: Option<String>,
}

/// What the program said.
#[derive(Debug)]
struct Said {
    out: String,
    err: String,
    code: i32,
}

impl Site {
    fn new() -> Self {
        Self {
            place: tempfile::tempdir().unwrap(),
            vendors: Vendors::default(),
            database: None,
        }
    }

    /// Its journal is in a database of its own.
    fn on(server: &Server) -> Self {
        Self {
            database: Some(server.database()),
            ..Self::new()
        }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    fn journal(&self) -> PathBuf {
        self.file("trips.db")
    }

    async fn builder(&self) -> Builder {
        let builder = match &self.database {
            None => {
                let options = sqlite::Options::new().life(life());
                Engine::builder(options.open(self.journal()).unwrap())
            }
            Some(url) => {
                let options = postgres::Options::new().life(life());
                let store = options.application("test").connect(url).await;
                Engine::builder(store.unwrap())
            }
        };
        let builder = registered(builder, &self.vendors);
        builder.inbox_interval(Duration::from_millis(10))
    }

    async fn engine(&self) -> Engine {
        self.builder().await.start().await.unwrap()
    }

    /// Stops an engine, so that nobody owns the file.
    async fn stop(&self, engine: Engine) {
        engine.shutdown(Duration::from_secs(5)).await;
        drop(engine);
        if self.database.is_some() {
            return;
        }
        // Its tasks release the store as they end.
        for _ in 0..500 {
            match Sqlite::open(self.journal()) {
                Ok(_) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
        panic!("the engine still owns the file");
    }

    fn saga(&self, line: &str) -> Said {
        match &self.database {
            None => saga(&self.journal(), line),
            Some(url) => saga(Path::new(url), line),
        }
    }

    /// The JSON that it prints, and the exit code.
    fn json(&self, line: &str) -> (Value, i32) {
        let said = self.saga(&format!("{line} --json"));
        let value = serde_json::from_str(&said.out);
        (
            value.unwrap_or_else(|error| panic!("{error}: {said:?}")),
            said.code,
        )
    }
}

/// Runs the program, with nobody at its terminal.
fn saga(journal: &Path, line: &str) -> Said {
    run(command(line).arg("--journal").arg(journal))
}

fn command(line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saga"));
    for name in [
        "SAGA_JOURNAL",
        "SAGA_SCHEMA",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "CLICOLOR",
    ] {
        command.env_remove(name);
    }
    command.env("USER", "ada").args(line.split_whitespace());
    command
}

fn run(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output().unwrap();
    Said {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}
