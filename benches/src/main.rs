//! Measures, prints, and writes the report.

use saga_bench::{
    compile, console,
    durable::{self, recovery, runs, sleeping},
    loops, machine,
    memory::tables::{self, Allocated},
    page, postgres,
    report::{Report, Table},
    rounds::Effort,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};
use tokio::runtime::Builder;

const USAGE: &str = "usage: cargo run --release -p saga-bench [--features peers] -- [options]
  --quick                         in about 5 minutes: fewer rounds, sizes and sagas
  --only PART                     memory, loops, durable, console, postgres or compile; may be given again
  --before FOLDER                 compiles sagas with the library in this checkout, too
  --json FILE                     writes the figures to a file
  --markdown                      writes them into docs/benchmarks/figures.md, and draws its plots";

const PARTS: [&str; 6] = [
    "memory", "loops", "durable", "console", "postgres", "compile",
];

const BACKTRACES: &str = "RUST_BACKTRACE";

#[derive(Default)]
struct Options {
    quick: bool,
    only: Vec<String>,
    before: Option<PathBuf>,
    json: Option<PathBuf>,
    markdown: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Option<Self> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--quick" => options.quick = true,
                "--only" => {
                    let part = args.next().filter(|part| PARTS.contains(&part.as_str()))?;
                    options.only.push(part);
                }
                "--before" => options.before = Some(args.next()?.into()),
                "--json" => options.json = Some(args.next()?.into()),
                "--markdown" => options.markdown = true,
                _ => return None,
            }
        }
        Some(options)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }
}

fn main() -> ExitCode {
    let args: Vec<_> = env::args().skip(1).collect();
    let result = if env::var_os(BACKTRACES).is_some() {
        without_backtraces(&args)
    } else if let [child, sagas, file] = &args[..]
        && child == sleeping::CHILD
    {
        sleep(sagas, file)
    } else if let Some(options) = Options::parse(args.into_iter()) {
        run(&options)
    } else {
        Err(USAGE.into())
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs itself again without `RUST_BACKTRACE`: capturing backtraces in errors takes much longer
/// than what is measured.
fn without_backtraces(args: &[String]) -> durable::Result<()> {
    let again = Command::new(env::current_exe()?)
        .args(args)
        .env_remove(BACKTRACES)
        .status()?;
    if again.success() {
        Ok(())
    } else {
        Err("it failed".into())
    }
}

/// In a process of its own.
fn sleep(sagas: &str, file: &str) -> durable::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    sleeping::child(&runtime, sagas.parse()?, Path::new(file))
}

fn run(options: &Options) -> durable::Result<()> {
    let start = Instant::now();
    // Beside the program, which is on a disk; a folder for temporary files may not be.
    let exe = env::current_exe()?;
    let target = exe
        .ancestors()
        .nth(2)
        .ok_or("this program is in a target folder")?;
    let folder = tempfile::tempdir_in(target)?;
    let mut report = Report {
        machine: machine::describe(folder.path()),
        ..Report::default()
    };
    for (name, what) in &report.machine {
        println!("{name}: {what}");
    }
    println!();
    let counts = options.wants("memory") || options.wants("loops");
    let allocated = if counts {
        allocated(target)?
    } else {
        Allocated::default()
    };
    if options.wants("memory") {
        let rounds = if options.quick { 51 } else { 301 };
        let span = Duration::from_micros(500);
        tables::fill(&mut report, Effort { rounds, span }, &allocated)?;
    }
    if options.wants("loops") {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let rounds = if options.quick { 3 } else { 11 };
        for table in loops::tables(&runtime, rounds, &allocated)? {
            println!("{table}");
            report.tables.push(table);
        }
    }
    if options.wants("durable") {
        disk(options.quick, folder.path(), &mut report)?;
    }
    if options.wants("console") {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let sagas = if options.quick { 100_000 } else { 1_000_000 };
        let found = runtime.block_on(console::table(folder.path(), sagas))?;
        shown(vec![found], &mut report);
    }
    if options.wants("postgres") {
        let runtime = Builder::new_multi_thread().enable_all().build()?;
        let ended = if options.quick { 100_000 } else { 1_000_000 };
        let found = postgres::tables(&runtime, size(options.quick), ended)?;
        shown(found, &mut report);
    }
    if options.wants("compile") {
        let size = if options.quick {
            compile::Size::QUICK
        } else {
            compile::Size::FULL
        };
        compile::fill(&mut report, folder.path(), options.before.as_deref(), size)?;
    }
    if let Some(file) = &options.json {
        fs::write(file, serde_json::to_string_pretty(&report)?)?;
    }
    if options.markdown {
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        page::write(&report, &docs)?;
    }
    println!("measured in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn disk(quick: bool, folder: &Path, report: &mut Report) -> durable::Result<()> {
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    let size = size(quick);
    let mut found = runs::tables(&runtime, folder, size)?;
    found.push(recovery::table(&runtime, folder, size)?);
    found.push(sleeping::table(&runtime, folder, size)?);
    shown(found, report);
    Ok(())
}

fn size(quick: bool) -> durable::Size {
    if quick {
        durable::Size {
            rounds: 5,
            span: Duration::from_millis(400),
            unfinished: 10_000,
            sleeping: 20_000,
        }
    } else {
        durable::Size {
            rounds: 11,
            span: Duration::from_secs(1),
            unfinished: 10_000,
            sleeping: 100_000,
        }
    }
}

fn shown(found: Vec<Table>, report: &mut Report) {
    for table in found {
        println!("{table}");
        report.tables.push(table);
    }
}

/// Builds and runs the program that counts allocations.
fn allocated(target: &Path) -> durable::Result<Allocated> {
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build
        .args(["run", "--quiet", "--release", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .args(["--bin", "saga-bench-allocations", "--target-dir"])
        .arg(target);
    if cfg!(feature = "peers") {
        build.args(["--features", "peers"]);
    } else if cfg!(feature = "opentelemetry") {
        build.args(["--features", "opentelemetry"]);
    }
    let output = build.output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let said = String::from_utf8(output.stdout)?;
    let rows = said.lines().map(|line| {
        let [title, name, times, bytes] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("not four columns: {line}").into());
        };
        let counted = (times.parse()?, bytes.parse()?);
        Ok(((title.to_owned(), name.to_owned()), counted))
    });
    rows.collect()
}
