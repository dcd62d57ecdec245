//! The instructions of rustc, counted by valgrind: the same on a busy machine as on a quiet one.
//!
//! Cargo calls this program in the place of rustc for the crates of a workspace.

use super::{
    generate::Source,
    workspace::{self, Workspace},
};
use crate::{durable::Result, stats::float};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// The variable with the file to count into. Where it is set, [`rustc`] is what the program does.
pub const COUNTS: &str = "SAGA_BENCH_COUNTS";

/// Counts what a check of a crate takes.
pub struct Counter {
    folder: PathBuf,
    rustc: PathBuf,
    program: PathBuf,
}

impl Counter {
    /// A counter with its files in a folder, which it makes; `None` if valgrind is not installed.
    ///
    /// # Errors
    /// Errors of the disk, and if rustc cannot be called.
    pub fn new(folder: PathBuf) -> Result<Option<Self>> {
        if !is_installed("valgrind") {
            return Ok(None);
        }
        fs::create_dir_all(&folder)?;
        let output = Command::new("rustc").arg("--print=sysroot").output()?;
        let sysroot = String::from_utf8(output.stdout)?;
        Ok(Some(Self {
            folder,
            // What is on the path may be rustup, which only starts it.
            rustc: Path::new(sysroot.trim()).join("bin/rustc"),
            program: env::current_exe()?,
        }))
    }

    /// The instructions of rustc in `cargo check` of an existing crate, without those for its
    /// dependencies.
    ///
    /// # Errors
    /// If the crate has a mistake, or valgrind fails.
    pub fn check(&self, workspace: &Workspace, source: &Source) -> Result<f64> {
        let file = self.folder.join(&source.name);
        let variables = [
            ("RUSTC", self.rustc.as_os_str()),
            ("RUSTC_WORKSPACE_WRAPPER", self.program.as_os_str()),
            (COUNTS, file.as_os_str()),
        ];
        workspace.run_with(workspace::Command::Check, source, &variables)?;
        let counted = fs::read_to_string(&file)?;
        let total = counted
            .lines()
            .find_map(|line| line.strip_prefix("totals: "));
        let total = total.ok_or_else(|| format!("no totals in {}", file.display()))?;
        Ok(float(total.trim().parse()?))
    }
}

/// Calls rustc as cargo asks for: its path, and its arguments. If these compile the crate that the
/// file is named after, its instructions are counted into the file.
///
/// # Errors
/// If rustc or valgrind cannot be called.
pub fn rustc(file: &Path, called: &[OsString]) -> Result<ExitCode> {
    let [rustc, args @ ..] = called else {
        return Err(format!("{COUNTS} is set, but there is no path of rustc").into());
    };
    // Cargo also asks rustc for its version, and for what it knows of the machine.
    let compiles = args
        .windows(2)
        .any(|pair| pair[0] == "--crate-name" && Some(pair[1].as_os_str()) == file.file_name());
    let mut command = if compiles {
        let mut out = OsString::from("--callgrind-out-file=");
        out.push(file);
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--tool=callgrind"]);
        valgrind.arg(out).arg(rustc);
        valgrind
    } else {
        Command::new(rustc)
    };
    let ended = command.args(args).status()?;
    Ok(if ended.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Whether a program that knows `--version` is on the path.
#[must_use]
pub fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}
