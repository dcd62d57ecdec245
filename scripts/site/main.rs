//! Prepares the pages for mdBook, and finds dead links in the site.
//!
//! ```text
//! rustc --edition 2024 scripts/site/main.rs -o target/site-tool
//! git ls-files | target/site-tool stage target/doc target/staged/src
//! target/site-tool check target/site
//! ```
//!
//! `stage` copies the files that standard input names, and puts the table of contents where mdBook looks
//! for it. A page defines its links to items as source files, which work in the repository; definitions
//! that lead to rustdoc's pages come first here, because the first definition counts.

use std::{
    env, fs,
    io::{self, BufRead},
    path::{Path, PathBuf},
    process::ExitCode,
};

mod links;
mod stage;
#[cfg(test)]
mod tests;

/// The exit code of `check` if links are dead and nothing else is wrong.
const DEAD: u8 = 3;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["stage", api, into] => stage::stage(&listed(), Path::new(api), Path::new(into)),
        ["check", site] => return check(Path::new(site)),
        _ => Err(io::Error::other("`stage API INTO` or `check SITE`")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The files that standard input names, one a line.
fn listed() -> Vec<PathBuf> {
    let lines = io::stdin().lock().lines().map_while(Result::ok);
    lines.map(PathBuf::from).collect()
}

fn check(site: &Path) -> ExitCode {
    let found = links::check(&links::pages(site), &|path| fs::read_to_string(path).ok());
    for dead in &found.dead {
        println!("{dead}");
    }
    println!(
        "{} pages, {} links, {} dead",
        found.pages,
        found.links,
        found.dead.len()
    );
    match (found.dead.len(), found.links) {
        (0, 0) => ExitCode::FAILURE,
        (0, _) => ExitCode::SUCCESS,
        (_, _) => ExitCode::from(DEAD),
    }
}
