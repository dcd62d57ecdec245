//! Coverage counts the lines of the user's code in a saga as it counts those of a function.

use std::{path::PathBuf, process::Command};

use crate::package::{Package, printed};

const PROGRAM: &str = include_str!("counted/main.rs");

#[test]
fn coverage_counts_each_line_of_a_saga() {
    let Some([profdata, cov]) = tools() else {
        saga_tests::leave_out(
            "the tools of LLVM are not installed: rustup component add llvm-tools",
        );
        return;
    };
    let package = Package::program("counted", "", "", PROGRAM);
    let built = printed(
        &mut package
            .cargo(&["rustc"])
            .args(["--", "-Cinstrument-coverage"]),
    );
    assert_eq!(built, "");
    let [raw, counts] =
        ["counts.profraw", "counts.profdata"].map(|file| package.folder().join(file));
    let program = package.target().join("debug/counted");
    printed(Command::new(&program).env("LLVM_PROFILE_FILE", &raw));
    printed(
        Command::new(profdata)
            .args(["merge", "-sparse"])
            .arg(&raw)
            .arg("-o")
            .arg(&counts),
    );
    let shown = printed(
        Command::new(cov)
            .args(["show", "--show-instantiations=false"])
            .arg(&program)
            .arg("--instr-profile")
            .arg(&counts)
            .args(["--sources", "src/main.rs"])
            .current_dir(package.folder()),
    );
    let counts: Vec<_> = shown.lines().filter_map(counted).collect();
    let lines: Vec<_> = PROGRAM.lines().collect();
    assert_eq!(counts.len(), lines.len(), "{shown}");
    let wrong = lines
        .iter()
        .zip(&counts)
        .filter(|(line, count)| !agrees(line, count));
    let wrong: Vec<_> = wrong
        .map(|(line, count)| format!("{count:?}: {line}"))
        .collect();
    assert!(wrong.is_empty(), "{}\n{shown}", wrong.join("\n"));
}

/// Whether the count of a line is that which stands behind it.
fn agrees(line: &str, count: &str) -> bool {
    match line.split_once("//") {
        Some((code, _)) if code.trim().is_empty() => count.is_empty(),
        Some((_, expected)) => count == expected.trim(),
        None => !line.trim().is_empty() || count.is_empty(),
    }
}

/// The count of a line as `llvm-cov` prints it: `  12|      3|    Ok(*n)`.
fn counted(line: &str) -> Option<String> {
    let mut columns = line.splitn(3, '|');
    columns.next()?.trim().parse::<u32>().ok()?;
    let count = columns.next()?.trim();
    columns.next().map(|_| count.to_owned())
}

/// `llvm-profdata` and `llvm-cov`, of the toolchain itself: others cannot read its counts.
fn tools() -> Option<[PathBuf; 2]> {
    let target = printed(Command::new("rustc").args(["--print", "target-libdir"]));
    let tools = PathBuf::from(target.trim()).join("../bin");
    let tools = ["llvm-profdata", "llvm-cov"].map(|tool| tools.join(tool));
    tools.iter().all(|tool| tool.exists()).then_some(tools)
}
