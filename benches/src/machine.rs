//! The machine and the versions that are measured.

use std::{fs, path::Path, process::Command};

/// Names and values for the head of a report. The databases are on `disk`.
#[must_use]
pub fn describe(disk: &Path) -> Vec<(String, String)> {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let mut machine = vec![
        ("date", said("date", &["-u", "+%F %R UTC"])),
        ("processor", format!("{}, {cores} cores", processor())),
        ("memory", memory()),
        (
            "system",
            format!("Linux {}", read("/proc/sys/kernel/osrelease")),
        ),
        ("file system", file_system(disk)),
        ("load at the start", read("/proc/loadavg")),
        ("rustc", said("rustc", &["--version"])),
        ("typed-saga", commit()),
        ("SQLite", rusqlite::version().to_owned()),
    ];
    #[cfg(feature = "peers")]
    machine.push(("compared with", env!("SAGA_BENCH_PEERS").to_owned()));
    machine.retain(|(_, what)| !what.is_empty());
    let named = machine
        .into_iter()
        .map(|(name, what)| (name.to_owned(), what));
    named.collect()
}

/// The output of a program; empty if the program does not exist.
fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    said.unwrap_or_default()
}

fn read(path: &str) -> String {
    fs::read_to_string(path)
        .unwrap_or_default()
        .trim()
        .to_owned()
}

/// The version, with the commit if the sources are in a repository.
fn commit() -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let commit = said("git", &["-C", root, "rev-parse", "--short", "HEAD"]);
    let changed = said("git", &["-C", root, "status", "--porcelain", "-uno"]);
    let changed = if changed.is_empty() { "" } else { ", changed" };
    match commit.as_str() {
        "" => env!("CARGO_PKG_VERSION").to_owned(),
        commit => format!("{} ({commit}{changed})", env!("CARGO_PKG_VERSION")),
    }
}

fn processor() -> String {
    let info = read("/proc/cpuinfo");
    let model = info.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": "));
    model.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, model)| model.to_owned(),
    )
}

fn memory() -> String {
    let info = read("/proc/meminfo");
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes =
        total.and_then(|total| total.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.map_or_else(String::new, |kilobytes| format!("{} MiB", kilobytes / 1024))
}

/// The file system of a folder: that of the longest mount point above it.
fn file_system(folder: &Path) -> String {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = read("/proc/mounts");
    let above = mounts.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (device, point, kind) = (words.next()?, words.next()?, words.next()?);
        folder
            .starts_with(point)
            .then_some((point.len(), format!("{kind} on {device}")))
    });
    above
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
        .unwrap_or_default()
}
