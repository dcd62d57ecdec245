//! To look at a journal takes no permission to write.
#![cfg(unix)]

use crate::{Site, command, common::trip, run};
use std::{
    fs::{self, OpenOptions, Permissions},
    os::unix::{fs::PermissionsExt, process::CommandExt},
    path::Path,
};
use tempfile::TempDir;

fn allow(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Runs the program as somebody who may not write the journal.
fn looks(site: &Site, line: &str) -> crate::Said {
    // The administrator may write everything, and so looks as nobody, who has no other way to the
    // program.
    let away = TempDir::new().unwrap();
    allow(away.path(), 0o755);
    let program = away.path().join("saga");
    // Copied by another process: what this one writes is open in whatever another test forks just then,
    // and a file that is open for writing cannot be executed.
    let mut copy = std::process::Command::new("cp");
    let copied = copy.arg(env!("CARGO_BIN_EXE_saga")).arg(&program).status();
    assert!(copied.unwrap().success());
    let mut other = std::process::Command::new(&program);
    let all = OpenOptions::new().append(true).open(site.journal()).is_ok();
    let looks = if all {
        other.uid(65_534).gid(65_534).args(line.split_whitespace())
    } else {
        &mut command(line)
    };
    run(looks.arg("--journal").arg(site.journal()))
}

#[tokio::test(flavor = "multi_thread")]
async fn a10_a_journal_is_listed_without_the_permission_to_write_it() {
    let site = Site::new();
    let engine = site.engine().await;
    let done = engine.submit("trip-1", trip()).await.unwrap();
    drop(done.outcome().await.unwrap());
    drop(done);
    permit(&site, 0o444, 0o555);
    for line in ["list", "stats", "why trip-1", "show trip-1"] {
        let said = looks(&site, line);
        assert_eq!(said.code, 0, "beside an engine: {said:?}");
        assert!(said.out.contains("completed"), "{said:?}");
    }
    permit(&site, 0o600, 0o700);
    site.stop(engine).await;
    permit(&site, 0o444, 0o555);
    let said = looks(&site, "list");
    assert_eq!(said.code, 0, "alone: {said:?}");
    assert!(said.out.contains("completed"), "{said:?}");
    permit(&site, 0o600, 0o700);
}

/// Sets what may be done with the files of a journal, and with their folder.
fn permit(site: &Site, files: u32, folder: u32) {
    allow(site.place.path(), 0o700);
    for file in fs::read_dir(site.place.path()).unwrap() {
        allow(&file.unwrap().path(), files);
    }
    allow(site.place.path(), folder);
}
