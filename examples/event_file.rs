//! Events as lines of a file: each is there exactly once, even if the process ends before it has
//! acknowledged one.
//!
//! Run it: `cargo run --example event_file`

use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    error::Error,
    fs::{self, File, OpenOptions},
    future::pending,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use typed_saga::{Key, classify::Io, engine::Engine, saga, sqlite::Sqlite};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum News {
    Packed { article: String },
    Sent { parcel: u32 },
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line<N> {
    key: String,
    news: N,
}

saga! {
    #[classify(Io::verdict)]
    #[timeout(5s)]
    durable saga Send(article: String) with (lines: Lines) -> Result<u32, Io> emit News {
        read packed(article) -> usize { Ok(article.len()) }

        emit(article, packed => (*packed > 0).then(|| News::Packed { article: article.clone() }));

        #[idempotent]
        step parcel(ctx) -> u32 { let _ = ctx; Ok(7) }
            compensate none

        emit(parcel => [News::Sent { parcel: *parcel }]);

        #[timeout(60s)]
        publish(lines, event, key) = Lines::write;

        parcel
    }
}

/// Writes events to a file, each key once.
#[derive(Clone)]
struct Lines(Arc<Mutex<(File, HashSet<String>)>>, Answers);

/// What it does once a line is written.
#[derive(Clone, Copy, PartialEq)]
enum Answers {
    Always,
    /// As in a process that ends there.
    Never,
}

impl Lines {
    /// The keys that a file has are read once, when it is opened.
    fn open(path: &Path, answers: Answers) -> Result<Self, Box<dyn Error>> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let keys = read(path)?.into_iter().map(|line| line.key).collect();
        Ok(Self(Arc::new(Mutex::new((file, keys))), answers))
    }

    async fn write(&self, news: &News, key: &Key) -> Result<(), io::Error> {
        let key = key.to_string();
        if !self.known(&key) {
            let line = serde_json::to_string(&Line {
                key: key.clone(),
                news,
            })?;
            let (file, keys) = &mut *self.0.lock().expect("nobody panics");
            writeln!(file, "{line}")?;
            file.sync_data()?;
            println!("  {line}");
            keys.insert(key);
        }
        if self.1 == Answers::Never {
            pending::<()>().await;
        }
        Ok(())
    }

    fn known(&self, key: &str) -> bool {
        self.0.lock().expect("nobody panics").1.contains(key)
    }
}

fn read(path: &Path) -> Result<Vec<Line<News>>, Box<dyn Error>> {
    let lines = fs::read_to_string(path)?;
    let lines = lines.lines().map(serde_json::from_str);
    Ok(lines.collect::<Result<_, _>>()?)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("saga-event-file-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let ran = run(&folder.join("shop.db"), &folder.join("events.jsonl")).await;
    fs::remove_dir_all(&folder)?;
    ran
}

async fn run(store: &Path, file: &Path) -> Result<(), Box<dyn Error>> {
    println!("the first process writes a line, and ends before the store knows:");
    let first = start(store, Lines::open(file, Answers::Never)?).await?;
    let article = "tea".to_owned();
    let parcel = first.submit("order-1", Send { article }).await?;
    assert_eq!(parcel.outcome().await?.into_result()?, 7);
    while read(file)?.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.shutdown(Duration::ZERO).await;
    drop((parcel, first));
    assert_eq!(read(file)?.len(), 1);

    println!("the next one is asked for the same line, which it has, and writes the rest:");
    let next = start(store, Lines::open(file, Answers::Always)?).await?;
    let parcel = next.handle::<Send>("order-1").await?;
    let sent = parcel.finished().await?; // and its events are delivered
    assert_eq!(sent.into_result()?, 7);
    next.shutdown(Duration::from_secs(5)).await;
    let news: Vec<_> = read(file)?.into_iter().map(|line| line.news).collect();
    let article = "tea".to_owned();
    assert_eq!(news, [News::Packed { article }, News::Sent { parcel: 7 }]);
    Ok(())
}

async fn start(store: &Path, lines: Lines) -> Result<Engine, Box<dyn Error>> {
    let builder = Engine::builder(Sqlite::open(store)?).register::<Send>(SendServices { lines });
    Ok(builder.start().await?)
}
