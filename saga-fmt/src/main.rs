//! `cargo saga fmt`: formats the `saga!` blocks of files, or shows which it would change.

mod files;

use clap::Parser;
use similar::TextDiff;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};
use typed_saga_fmt::{Error, Formatted, Rustfmt};

/// As cargo calls it: `cargo-saga saga fmt …`.
#[derive(Parser)]
#[command(name = "cargo", bin_name = "cargo", disable_help_subcommand = true)]
enum Cargo {
    /// Tools for `saga!`
    #[command(subcommand)]
    Saga(Command),
}

#[derive(clap::Subcommand)]
enum Command {
    /// Formats `saga!` blocks, which rustfmt leaves alone
    ///
    /// Steps are laid out in one way, the Rust in them by rustfmt. Comments stay, and so do empty
    /// lines between steps. What cannot be read stays as it is, with a warning. The width of lines
    /// and the indentation are those of `rustfmt.toml`: `max_width`, `tab_spaces`, `hard_tabs`.
    Fmt(Fmt),
}

#[derive(clap::Args)]
struct Fmt {
    /// Write nothing; show what would change, and exit with 1 if anything would
    #[arg(long)]
    check: bool,
    /// The edition passed to rustfmt
    #[arg(
        long,
        value_name = "YEAR",
        default_value = "2024",
        value_parser = ["2015", "2018", "2021", "2024"]
    )]
    edition: String,
    /// Files, and folders with `.rs` files, except those in `target` or in hidden folders
    #[arg(default_value = ".")]
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let Cargo::Saga(Command::Fmt(args)) = Cargo::parse();
    match run(&args) {
        Ok(changed) if changed && args.check => ExitCode::from(1),
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether any file was, or is, not formatted.
fn run(args: &Fmt) -> Result<bool, String> {
    let mut changed = false;
    for path in files::rust(&args.files)? {
        let text = fs::read_to_string(&path).map_err(|error| files::about(&path, &error))?;
        let formatted = formatted(&path, &text, &args.edition)?;
        if formatted.text == text {
            continue;
        }
        changed = true;
        if args.check {
            show(&path, &text, &formatted.text);
        } else {
            fs::write(&path, &formatted.text).map_err(|error| files::about(&path, &error))?;
        }
    }
    Ok(changed)
}

fn formatted(path: &Path, text: &str, edition: &str) -> Result<Formatted, String> {
    let program = env::var_os("RUSTFMT").unwrap_or_else(|| OsString::from("rustfmt"));
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let rustfmt = Rustfmt {
        program: PathBuf::from(program),
        edition: edition.to_owned(),
        folder: folder.unwrap_or(Path::new(".")).to_owned(),
    };
    let formatted = typed_saga_fmt::format(text, &rustfmt).map_err(|error| match error {
        Error::Run(error) => {
            let program = rustfmt.program.display();
            format!("cannot run `{program}`: {error}; `rustup component add rustfmt` brings it")
        }
        Error::Settings(_) => format!("{}: {error}", path.display()),
    })?;
    for warning in &formatted.warnings {
        let (line, message) = (warning.line, &warning.message);
        eprintln!(
            "warning: {}:{line}: left as it is: {message}",
            path.display()
        );
    }
    Ok(formatted)
}

/// The reader of the output may have gone; that is not an error.
fn show(path: &Path, before: &str, after: &str) {
    let path = path.display().to_string();
    let diff = TextDiff::from_lines(before, after);
    let text = diff.unified_diff().header(&path, &path).to_string();
    let _ = io::stdout().lock().write_all(text.as_bytes());
}
