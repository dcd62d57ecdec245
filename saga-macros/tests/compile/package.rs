//! Packages as users write them, in folders of their own, for cargo to build.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A package, or a workspace of packages.
pub(crate) struct Package {
    folder: PathBuf,
    /// That of the test, unless it has a name.
    toolchain: Option<&'static str>,
}

impl Package {
    /// An empty folder, with the versions that the project has of what both depend on.
    pub(crate) fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(fs::remove_dir_all(&folder));
        let package = Self {
            folder,
            toolchain: None,
        };
        let lock = fs::read_to_string(Self::library().join("Cargo.lock"));
        package.write("Cargo.lock", &lock.expect("the project has a lock file"));
        package
    }

    /// A package that is there.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self {
            folder,
            toolchain: None,
        }
    }

    /// A program that uses tokio and the library with these features, and perhaps other packages.
    pub(crate) fn program(name: &str, features: &str, others: &str, source: &str) -> Self {
        let package = Self::new(name);
        package.write(
            "Cargo.toml",
            &format!(
                "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                 typed-saga = {{ path = '{}', features = [{features}] }}\n\
                 tokio = {{ version = \"1\", features = [\"macros\", \"rt\", \"time\"] }}\n{others}\n\n[workspace]\n",
                Self::library().display()
            ),
        );
        package.write("src/main.rs", source);
        package
    }

    /// The same package, built by another toolchain.
    pub(crate) fn with(self, toolchain: Option<&'static str>) -> Self {
        Self { toolchain, ..self }
    }

    /// The folder of the package `typed-saga`.
    pub(crate) fn library() -> PathBuf {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        root.canonicalize().expect("the project has a folder")
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of what is built. All packages, whose names differ, share what they depend on.
    pub(crate) fn target(&self) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        folder.join(format!(
            "trips-target{}",
            self.toolchain.unwrap_or_default()
        ))
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        let parent = path.parent().expect("it is in the folder");
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }

    /// The compiler that builds it.
    pub(crate) fn rustc(&self) -> Command {
        let Some(toolchain) = self.toolchain else {
            return Command::new("rustc");
        };
        let mut command = Command::new("rustup");
        command.args(["run", toolchain, "rustc"]);
        command
    }

    pub(crate) fn has_clippy(&self) -> bool {
        let asked = self.cargo(&["clippy", "--version"]).output();
        asked.is_ok_and(|output| output.status.success())
    }

    /// Cargo with these arguments, without a network.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        // Asked at run time: another cargo need not build this anew.
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = match self.toolchain {
            None => Command::new(cargo),
            Some(toolchain) => {
                let mut command = Command::new("rustup");
                command.args(["run", toolchain, "cargo"]);
                command
            }
        };
        command
            .args(arguments)
            .args(["--quiet", "--offline", "--color=never", "--target-dir"])
            .arg(self.target())
            .current_dir(&self.folder)
            .env_remove("CARGO_TARGET_TMPDIR")
            .env_remove("SAGA_RELEASED");
        command
    }
}

/// What a command prints; it must succeed.
pub(crate) fn printed(command: &mut Command) -> String {
    let output = command.output().expect("the command can be called");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// What a command says on its standard error; it must be nothing if and only if the command
/// succeeds.
pub(crate) fn said(command: &mut Command) -> String {
    let output = command.output().expect("cargo can be called");
    let said = String::from_utf8(output.stderr).expect("cargo says text");
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}
