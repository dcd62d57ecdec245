//! The chapters of the tutorial are programs that run. The modules here are made from its pages, with
//! the vendors of this module instead of a copy for each.

use saga_tests::{blocks, compare_with_file, read};
use std::{env, path::PathBuf, process::Command};
use typed_saga::{
    engine::{Engine, SagaId, State},
    sqlite::Sqlite,
};

// As the pages have it, and not as rustfmt would.
#[rustfmt::skip]
mod chapter_1;
#[rustfmt::skip]
mod chapter_2;
#[rustfmt::skip]
mod chapter_3;
#[rustfmt::skip]
mod chapter_4;
#[rustfmt::skip]
mod chapter_5;
#[rustfmt::skip]
mod chapter_6;
#[rustfmt::skip]
mod chapter_7;
#[rustfmt::skip]
mod chapter_8;
#[rustfmt::skip]
#[allow(clippy::pedantic, unreachable_pub, reason = "the page is for programs without these lints")]
#[path = "../docs/guide/vendors.rs"]
mod vendors;

#[test]
fn its_programs_are_those_that_run_here() {
    let pages = ["tutorial", "going_durable"].map(|page| read(format!("docs/guide/{page}.md")));
    let programs = pages.iter().flat_map(|page| blocks(page, "rust"));
    let mut chapters = 0;
    for (program, chapter) in programs.zip(1..) {
        let module = [
            ("mod vendors;", "use super::vendors;"),
            ("#[tokio::main]\nasync fn", "pub(super) async fn"),
            ("Path::new(\"trips.db\")", "&super::journal()"),
        ];
        let module = module
            .iter()
            .fold(program, |program, (from, to)| program.replace(from, to));
        compare_with_file(
            &format!("tests/tutorial/chapter_{chapter}.rs"),
            &(module + "\n"),
        );
        chapters = chapter;
    }
    assert_eq!(chapters, 8);
}

#[tokio::test]
async fn the_chapters_in_memory_run() {
    chapter_1::main().await;
    chapter_2::main().await;
    chapter_3::main().await;
    chapter_4::main().await;
    chapter_5::main().await;
    chapter_6::main().await;
    chapter_7::main().await;
}

#[tokio::test]
async fn chapter_2_runs() {
    chapter_2::main().await;
}

/// A reader sees the compensation: the page shows what its program prints.
#[test]
fn chapter_2_prints_what_the_page_shows() {
    let mut alone = Command::new(env::current_exe().unwrap());
    alone.args(["--exact", "tutorial::chapter_2_runs", "--nocapture"]);
    let output = alone.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{printed}");
    let shown = blocks(&read("docs/guide/tutorial.md"), "text");
    assert_eq!(shown.len(), 1);
    assert!(printed.contains(&format!("{}\n", shown[0])), "{printed}");
}

fn journal() -> PathBuf {
    let name = format!("saga-tutorial-{}.db", std::process::id());
    env::temp_dir().join(name)
}

#[tokio::test]
async fn the_chapter_with_a_journal_leaves_a_trip_for_the_operator() {
    chapter_8::main().await.unwrap();
    let engine = Engine::builder(Sqlite::open(journal()).unwrap());
    let engine = engine.start().await.unwrap();
    let state = async |id| {
        let status = engine.status(&SagaId::new("BookTrip", id)).await.unwrap();
        status.row.state
    };
    assert_eq!(state("trip-42").await, State::Completed);
    assert_eq!(state("trip-43").await, State::Parked);
    drop(engine);
    for end in ["", "-owner", "-stamp", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!(
            "{}{end}",
            journal().display()
        )));
    }
}
