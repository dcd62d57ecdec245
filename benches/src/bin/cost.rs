//! Measures what each further saga costs a program, and prints it as a table. `scripts/cost` builds
//! and runs it.

use saga_bench::{
    compile::{cost, counted, shapes::Kind},
    durable::Result,
    machine,
};
use std::{env, path::Path, process::ExitCode};

const USAGE: &str = "usage: scripts/cost [options]
  --quick                         times each release build once, instead of three times
  --only TEXT                     measures only the rows whose names contain this text";

fn main() -> ExitCode {
    let result = match env::var_os(counted::COUNTS) {
        Some(file) => {
            let called: Vec<_> = env::args_os().skip(1).collect();
            counted::rustc(Path::new(&file), &called)
        }
        None => measure(env::args().skip(1)).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

fn measure(mut args: impl Iterator<Item = String>) -> Result<()> {
    let (mut rounds, mut only) = (3, String::new());
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--quick" => rounds = 1,
            "--only" => only = args.next().ok_or(USAGE)?,
            _ => return Err(USAGE.into()),
        }
    }
    let all = Kind::all();
    let is_wanted = |kind: &Kind| kind.to_string().contains(&only);
    let kinds: Vec<_> = all.iter().copied().filter(is_wanted).collect();
    if kinds.is_empty() {
        let names: Vec<_> = all.iter().map(Kind::to_string).collect();
        return Err(format!("no row is called so; there are:\n{}", names.join("\n")).into());
    }
    // Beside the program, which is on a disk; a folder for temporary files may not be.
    let exe = env::current_exe()?;
    let target = exe
        .ancestors()
        .nth(2)
        .ok_or("this program is in a target folder")?;
    let folder = tempfile::tempdir_in(target)?;
    for (name, what) in machine::describe(folder.path()) {
        println!("{name}: {what}");
    }
    println!("\n{}", cost::table(folder.path(), &kinds, rounds)?);
    Ok(())
}
