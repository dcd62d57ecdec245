//! The commands of the page "Backups and containers" do what it says.

use crate::{Site, command, common::trip, registered, run};
use std::{env, fs, path::Path, process::Command};
use typed_saga::{
    engine::{Engine, SagaId},
    sqlite::Sqlite,
};

pub(crate) const PAGE: &str = include_str!("../../../docs/guide/backups.md");

/// The commands of the blocks of a page, each with what it prints there.
pub(crate) fn blocks(page: &str) -> Vec<Vec<(String, String)>> {
    let blocks = page.split("```console\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    let parsed = blocks.map(|block| {
        let mut commands: Vec<(String, String)> = Vec::new();
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                commands.push((command.to_owned(), String::new()));
                continue;
            }
            let (_, printed) = commands.last_mut().expect("a command comes first");
            printed.push_str(line);
            printed.push('\n');
        }
        commands
    });
    parsed.collect()
}

/// Runs the commands of a block in the folder of the journal.
fn follow(site: &Site, block: &[(String, String)]) {
    let saga = Path::new(env!("CARGO_BIN_EXE_saga")).parent().unwrap();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([saga.to_owned()].into_iter().chain(env::split_paths(&path)));
    let path = path.unwrap();
    for (line, printed) in block {
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).env("PATH", &path);
        shell.env_remove("SAGA_JOURNAL");
        let said = run(shell.current_dir(site.place.path()));
        assert_eq!(said.code, 0, "{line}: {said:?}");
        assert!(said.out.contains(printed), "{line}: {said:?}");
    }
}

async fn book(engine: &Engine, id: &str) {
    let handle = engine.submit(id, trip()).await.unwrap();
    drop(handle.outcome().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_made_and_restored_as_the_page_says() {
    let has_shell = Command::new("sqlite3").arg("--version").output().is_ok();
    if !has_shell {
        saga_tests::leave_out("the shell `sqlite3` is not installed");
        return;
    }
    let all = blocks(PAGE);
    let [back_up, restore, renew, _containers] = &all[..] else {
        panic!("the page has four blocks of commands");
    };
    let site = Site::new();
    let engine = site.engine().await;
    book(&engine, "trip-1").await;
    follow(&site, back_up);
    book(&engine, "trip-2").await;
    site.stop(engine).await;

    fs::copy(site.journal(), site.file("test.db")).unwrap();
    follow(&site, renew);
    let copy = Sqlite::open(site.file("test.db")).unwrap();
    let copy = registered(Engine::builder(copy), &site.vendors);
    let copy = copy.start().await.unwrap();
    book(&copy, "trip-3").await;
    let saga = SagaId::new("BookTrip", "trip-3");
    let life = copy.status(&saga).await.unwrap().row.life;
    assert_ne!(life, Some(crate::life()));
    site.stop(copy).await;

    follow(&site, restore);
    let (list, _) = site.json("list");
    assert_eq!(list["sagas"].as_array().unwrap().len(), 1, "{list}");
    let engine = site.engine().await;
    book(&engine, "trip-2").await;
    site.stop(engine).await;
}

#[test]
fn the_page_names_commands_and_options_that_there_are() {
    for block in blocks(PAGE).concat() {
        let (line, _) = block;
        let line = line
            .strip_prefix("docker compose exec shop ")
            .unwrap_or(&line);
        let Some(line) = line.strip_prefix("saga ") else {
            continue;
        };
        let name = line.split(' ').next().unwrap();
        let help = run(&mut command(&format!("{name} --help")));
        let options = line.split(' ').filter(|word| word.starts_with("--"));
        for option in options {
            assert!(help.out.contains(option), "{line}: {option}");
        }
        assert_eq!(help.code, 0, "{line}");
    }
}
