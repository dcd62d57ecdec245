//! Building a library and all its dependencies from scratch: time, and number of crates.

use super::workspace::{ROOT, cargo};
use crate::{
    durable::Result,
    report::{Figure, Table, Unit},
    stats::float,
};
use std::{collections::BTreeSet, env, fs, path::Path, process};

/// Names, with their lines in the manifest.
fn libraries() -> Vec<(&'static str, String)> {
    let ours = |features| format!("typed-saga = {{ path = {ROOT:?}, features = [{features}] }}");
    let mut libraries = vec![
        ("typed-saga", ours("")),
        ("typed-saga, durable", ours("\"durable\"")),
        ("typed-saga, with SQLite", ours("\"sqlite\"")),
    ];
    if cfg!(feature = "peers") {
        libraries.push(("steno 0.5", "steno = \"0.5\"".to_owned()));
        libraries.push(("legend 0.1", "legend = \"0.1\"".to_owned()));
        libraries.push(("ironsaga 0.2", "ironsaga = \"0.2\"".to_owned()));
    }
    libraries
}

/// Builds each from scratch.
///
/// # Errors
/// Errors of the disk and of cargo.
pub fn table(folder: &Path) -> Result<Table> {
    let columns = ["`cargo build`", "crates", "peak memory"];
    let mut table = Table::new("Building the library from scratch", &columns);
    for (at, (name, dependency)) in libraries().into_iter().enumerate() {
        let folder = folder.join(format!("clean-{at}"));
        fs::create_dir_all(folder.join("src"))?;
        let manifest = format!(
            "[workspace]\n[package]\nname = \"clean\"\nedition = \"2024\"\n[dependencies]\n{dependency}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/lib.rs"), "")?;
        fs::copy(
            Path::new(ROOT).join("Cargo.lock"),
            folder.join("Cargo.lock"),
        )?;
        cargo(&folder, &["fetch"], &[])?;
        let taken = cargo(&folder, &["build"], &[])?;
        table.row(
            name,
            vec![
                Figure::some(taken.seconds, Unit::Seconds),
                Figure::some(float(crates(&folder)?), Unit::Count),
                Figure::some(float(taken.peak), Unit::Bytes),
            ],
        );
        fs::remove_dir_all(folder)?;
    }
    table.note(
        "Built once each, with all sources downloaded before. Every crate compiled on this \
         system counts, procedural macros and build scripts included.",
    );
    Ok(table)
}

/// How many crates the crate in the folder depends on.
fn crates(folder: &Path) -> Result<usize> {
    let tree = process::Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args([
            "tree",
            "--quiet",
            "-e",
            "normal,build",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(folder)
        .output()?;
    let tree = String::from_utf8(tree.stdout)?;
    let lines = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    // The tree includes the crate itself.
    Ok(lines.collect::<BTreeSet<_>>().len() - 1)
}
