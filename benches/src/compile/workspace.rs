//! A workspace of generated crates, with its own target folder, and the commands that are timed in
//! it.

use super::generate::Source;
use crate::durable::Result;
use std::{
    env,
    ffi::OsStr,
    fmt, fs,
    path::{Path, PathBuf},
    process,
    time::Instant,
};
use wait4::Wait4;

/// The sources of the library.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What crates may use if they have the engine.
const BESIDE_ENGINE: &str = "\
serde = { version = \"1\", features = [\"derive\"] }
tokio = { version = \"1\", features = [\"rt\", \"time\"] }
";

/// A command to time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `cargo check`
    Check,
    /// `cargo build`
    Build,
    /// `cargo build --release`
    Release,
}

impl Command {
    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Check => &["check"],
            Self::Build => &["build"],
            Self::Release => &["build", "--release"],
        }
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cargo {}", self.args().join(" "))
    }
}

/// What a command took.
#[derive(Clone, Copy, Debug)]
pub struct Taken {
    /// Seconds.
    pub seconds: f64,
    /// Seconds of processor time, spent outside of the kernel by all of its processes.
    pub processor: f64,
    /// The peak resident memory of its largest process, in bytes.
    pub peak: usize,
}

/// The folder.
pub struct Workspace {
    folder: PathBuf,
    /// The checkout of the library.
    library: PathBuf,
    /// Whether crates have the engine.
    engine: bool,
}

impl Workspace {
    /// Makes the folder.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn new(folder: PathBuf, library: &Path) -> Result<Self> {
        let library = library.canonicalize()?;
        fs::create_dir_all(folder.join("crates"))?;
        let manifest = "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"3\"\n[profile.release]\nstrip = true\n";
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The same versions of all dependencies.
        fs::copy(library.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self {
            folder,
            library,
            engine: false,
        })
    }

    /// The same, but each crate has the library's engine, and serde and tokio, whether or not it
    /// uses them.
    #[must_use]
    pub fn with_engine(self) -> Self {
        Self {
            engine: true,
            ..self
        }
    }

    /// Adds a crate.
    ///
    /// # Errors
    /// Errors of the disk.
    pub fn put(&self, source: &Source) -> Result<()> {
        let folder = self.folder.join("crates").join(&source.name);
        fs::create_dir_all(folder.join("src"))?;
        let counts = source.text.contains("stats_alloc::");
        let library = self.library.to_string_lossy();
        let (features, beside) = if self.engine {
            ("\"engine\"", BESIDE_ENGINE)
        } else {
            ("", "")
        };
        let manifest = format!(
            "[package]\nname = \"{}\"\nedition = \"2024\"\n[dependencies]\ntyped-saga = {{ path = {library:?}, features = [{features}] }}\n{beside}{}",
            source.name,
            if counts {
                "stats_alloc = \"0.1\"\n"
            } else {
                ""
            }
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(self.main(source), &source.text)?;
        Ok(())
    }

    /// Runs a command on an existing crate as if it had just been changed.
    ///
    /// # Errors
    /// If it fails.
    pub fn run(&self, command: Command, source: &Source) -> Result<Taken> {
        self.run_with(command, source, &[])
    }

    /// The same with variables of the environment: names and values.
    ///
    /// # Errors
    /// If it fails.
    pub fn run_with(
        &self,
        command: Command,
        source: &Source,
        variables: &[(&str, &OsStr)],
    ) -> Result<Taken> {
        fs::write(self.main(source), &source.text)?;
        let args = ["-p", source.name.as_str()];
        cargo_with(&self.folder, command.args(), &args, variables)
    }

    /// Adds a crate, builds it for release, and returns the program.
    ///
    /// # Errors
    /// If it does not build.
    pub fn program(&self, source: &Source) -> Result<PathBuf> {
        self.put(source)?;
        self.run(Command::Release, source)?;
        Ok(self.folder.join("target/release").join(&source.name))
    }

    fn main(&self, source: &Source) -> PathBuf {
        let folder = self.folder.join("crates").join(&source.name);
        folder.join("src/main.rs")
    }
}

/// Runs cargo in a folder, without incremental compilation.
///
/// # Errors
/// If it fails.
pub fn cargo(folder: &Path, command: &[&str], args: &[&str]) -> Result<Taken> {
    cargo_with(folder, command, args, &[])
}

/// The same with variables of the environment.
fn cargo_with(
    folder: &Path,
    command: &[&str],
    args: &[&str],
    variables: &[(&str, &OsStr)],
) -> Result<Taken> {
    let mut cargo = process::Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(command)
        .arg("--quiet")
        .args(args)
        .current_dir(folder)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .envs(variables.iter().copied());
    let start = Instant::now();
    let ended = cargo.spawn()?.wait4()?;
    let seconds = start.elapsed().as_secs_f64();
    if !ended.status.success() {
        return Err(format!("cargo {} fails in {}", command.join(" "), folder.display()).into());
    }
    let peak = usize::try_from(ended.rusage.maxrss)?;
    Ok(Taken {
        seconds,
        processor: ended.rusage.utime.as_secs_f64(),
        peak,
    })
}
