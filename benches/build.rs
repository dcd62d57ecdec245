//! With the feature `peers`: builds durare, which is a separate program, and records which versions
//! are measured.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_PEERS").is_none() {
        return;
    }
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo"));
    for file in [
        "durare/src/main.rs",
        "durare/Cargo.toml",
        "durare/Cargo.lock",
        "../Cargo.lock",
    ] {
        println!("cargo::rerun-if-changed={file}");
    }
    let ours =
        fs::read_to_string(here.join("../Cargo.lock")).expect("the workspace has a lock file");
    let durares =
        fs::read_to_string(here.join("durare/Cargo.lock")).expect("durare has a lock file");
    let mut peers: Vec<_> = ["steno", "legend", "ironsaga"]
        .map(|name| locked(&ours, name))
        .into();
    peers.extend(["durare", "libsqlite3-sys"].map(|name| locked(&durares, name)));
    println!("cargo::rustc-env=SAGA_BENCH_PEERS={}", peers.join(", "));
    // Only optimised builds are worth measuring.
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!(
            "cargo::rustc-env=SAGA_BENCH_DURARE={}",
            build(&here.join("durare")).display()
        );
    }
}

/// Builds a workspace into a folder of its own, and returns the program.
fn build(workspace: &Path) -> PathBuf {
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("durare");
    let built = Command::new(env::var_os("CARGO").expect("set by cargo"))
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(workspace.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        // Set if Clippy runs this.
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .status()
        .expect("cargo can be called");
    assert!(built.success(), "durare does not build");
    target.join("release/durare-bench")
}

/// The name and version of a package in a lock file.
fn locked(lock: &str, name: &str) -> String {
    let version = lock
        .split_once(&format!("name = \"{name}\"\nversion = \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map_or("?", |(version, _)| version);
    format!("{name} {version}")
}
