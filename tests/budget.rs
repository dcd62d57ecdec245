//! How many instructions a saga takes: counted by valgrind, so the same on a busy machine as on a
//! quiet one, and compared with what `budget.txt` allows.
//!
//! More than a tenth over the budget is a regression, and fails. More than a tenth under it is a
//! reason to lower the budget, and the test says so. It leaves itself out where valgrind is not
//! installed, but `.ci/run` fails there.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const BUDGET: &str = include_str!("budget/budget.txt");

/// Runs that are counted: the difference to twice as many, which leaves out what the process takes
/// to start and to end.
const RUNS: u64 = 1000;

/// How the instructions compare with the budget.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Over,
    Within,
    Under,
}

fn compare(counted: u64, budget: u64) -> Found {
    if counted * 10 > budget * 11 {
        Found::Over
    } else if counted * 10 < budget * 9 {
        Found::Under
    } else {
        Found::Within
    }
}

/// The budget of each saga: lines of a name and a number, and comments.
fn budgets(text: &str) -> Vec<(&str, u64)> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.filter(|line| !line.is_empty());
    let named = lines.map(|line| {
        let (name, count) = line.split_once(' ').expect("a name and a number");
        (name, count.parse().expect("a number of instructions"))
    });
    named.collect()
}

/// Builds the program that runs the sagas, optimised, in a target folder of its own: nobody else
/// waits for it, or has it built otherwise.
fn build() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("budget");
    let manifest = saga_tests::root().join("benches/Cargo.toml");
    // Asked at run time: another cargo need not build this anew.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--release", "--no-default-features"])
        .args(["--bin", "saga-bench-budget", "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(&target)
        .status();
    assert!(built.expect("cargo can be called").success());
    target.join("release/saga-bench-budget")
}

/// The instructions of a whole process that runs a saga so often.
fn instructions(program: &Path, saga: &str, runs: u64) -> u64 {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("callgrind-{saga}-{runs}.out"));
    let mut file = std::ffi::OsString::from("--callgrind-out-file=");
    file.push(&out);
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(file)
        .arg(program)
        .args([saga, &runs.to_string()])
        .output();
    let output = output.expect("valgrind can be called");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let counted = fs::read_to_string(&out).expect("valgrind has written what it counted");
    let total = counted
        .lines()
        .find_map(|line| line.strip_prefix("totals: "));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.unwrap_or_else(|| panic!("no totals: {said}"))
}

#[test]
fn sagas_of_eight_steps_keep_to_their_budget() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        saga_tests::leave_out("valgrind is not installed");
        return;
    }
    let program = build();
    let mut over = Vec::new();
    for (saga, budget) in budgets(BUDGET) {
        let twice = instructions(&program, saga, 2 * RUNS);
        let counted = (twice - instructions(&program, saga, RUNS)) / RUNS;
        println!("{saga}: {counted} instructions, of {budget}");
        match compare(counted, budget) {
            Found::Within => {}
            Found::Under => {
                println!("{saga}: lower the budget in tests/budget/budget.txt to {counted}");
            }
            Found::Over => over.push(format!("{saga}: {counted} instructions, of {budget}")),
        }
    }
    assert!(over.is_empty(), "over the budget: {}", over.join("; "));
}

#[test]
fn a_tenth_over_or_under_is_still_within() {
    let found = [899, 900, 1100, 1101].map(|counted| compare(counted, 1000));
    assert_eq!(
        found,
        [Found::Under, Found::Within, Found::Within, Found::Over]
    );
}

#[test]
fn all_sagas_have_a_budget() {
    let names: Vec<_> = budgets(BUDGET).into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "completes",
            "fails",
            "ignored",
            "recorded",
            "blocks",
            "loops"
        ]
    );
}
