//! What tests of several packages share: where the project is, how thorough a run is, and how a test
//! says that it was left out.

use std::{
    env, fs,
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
    thread,
};

/// The root of the project.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A file of the project as text, by its path from the root.
///
/// # Panics
/// If it cannot be read.
pub fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Compares a page that is made from the code with the file that shows it, by its path from the root.
/// With `OVERWRITE_REFERENCE=1` the page is written anew, to be read with `git diff`.
///
/// # Panics
/// If the file has another text, or cannot be read or written.
pub fn compare_with_file(path: &str, page: &str) {
    if env::var_os("OVERWRITE_REFERENCE").is_some() {
        let written = fs::write(root().join(path), page);
        written.unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let shown = read(path);
    assert!(
        shown == page,
        "run this test with OVERWRITE_REFERENCE=1, and read the difference: {path} should be:\n{page}"
    );
}

/// Compares a part of a page that is made from the code, the tables between two marks, with the page.
/// `topic` is the module or the name of the test. With `OVERWRITE_REFERENCE=1` the part is written anew.
///
/// # Panics
/// If the page has another part, lacks the marks, or cannot be read or written.
pub fn compare_with_part(path: &str, topic: &str, part: &str) {
    let begin =
        format!("<!-- Made by `OVERWRITE_REFERENCE=1 cargo test -p saga-tests {topic}`. -->\n");
    let end = "\n<!-- end of what is made -->\n";
    let page = read(path);
    let parts = page.split_once(&begin).and_then(|(before, rest)| {
        let (_, after) = rest.split_once(end)?;
        Some((before, after))
    });
    let (before, after) =
        parts.unwrap_or_else(|| panic!("{path} lacks the lines {begin:?} and {end:?}"));
    compare_with_file(path, &format!("{before}{begin}\n{part}{end}{after}"));
}

/// The contents of the code blocks of one language in a page, in order.
#[must_use]
pub fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}");
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line == fence {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(block.join("\n"));
        }
    }
    blocks
}

/// What the README quotes of the output of this command, the last time that it shows it.
///
/// # Panics
/// If it does not show that command.
#[must_use]
pub fn quoted_in_readme(command: &str) -> Vec<String> {
    let blocks = blocks(&read("README.md"), "console");
    let shows = |line: &str| line.starts_with("$ ") && line.contains(command);
    let block = blocks.iter().find(|block| block.lines().any(shows));
    let block = block.unwrap_or_else(|| panic!("the README does not show `{command}`"));
    let output = block.lines().filter(|line| !line.starts_with("$ "));
    output.map(str::to_owned).collect()
}

/// Whether suites run to their largest bound, which takes minutes: `SAGA_EXHAUSTIVE=1`. Otherwise
/// they are complete for a smaller bound.
#[must_use]
pub fn is_exhaustive() -> bool {
    env::var_os("SAGA_EXHAUSTIVE").is_some_and(|value| value == "1")
}

/// The bound of a suite: its largest one if suites are exhaustive, else a small one.
#[must_use]
pub fn bound<T>(largest: T, small: T) -> T {
    if is_exhaustive() { largest } else { small }
}

/// The seed of all that tests draw: `SAGA_SEED`, or 0, so that each run draws the same. It is printed, so
/// that a test that fails says it.
///
/// # Panics
/// If it is not a number.
#[must_use]
pub fn seed() -> u64 {
    let seed = env::var("SAGA_SEED").map_or(0, |seed| seed.parse().expect("SAGA_SEED is a number"));
    println!("SAGA_SEED={seed}");
    seed
}

/// The seeds of several draws, by their numbers, which they are if the seed of all is 0.
///
/// # Panics
/// As [`seed`] does.
pub fn seeds(numbers: Range<u64>) -> impl Iterator<Item = u64> {
    let of_all = seed().wrapping_mul(0xd134_2543_de82_ef95);
    numbers.map(move |number| number.wrapping_add(of_all))
}

/// The seed of one of several draws, by its number.
///
/// # Panics
/// As [`seed`] does.
#[must_use]
pub fn seed_of(number: u64) -> u64 {
    seeds(number..number + 1).next().expect("there is one")
}

/// Tells the person at the terminal that the calling test is left out, and why: one line, which the
/// test harness does not capture.
///
/// # Panics
/// If nothing may be left out: `SAGA_LEAVE_OUT=nothing`, as `.ci/run` says once it has installed
/// every tool.
pub fn leave_out(why: &str) {
    // The harness names a test's thread after the test.
    let thread = thread::current();
    let test = thread.name().unwrap_or("a test");
    let nothing = env::var_os("SAGA_LEAVE_OUT").is_some_and(|value| value == "nothing");
    assert!(!nothing, "{test} cannot run: {why}");
    // `eprintln!` would be captured. Whoever cannot be told is not told.
    drop(tell_left_out(io::stderr(), test, why));
}

/// Writes the line of [`leave_out`]. In one piece, since the harness writes to the same terminal.
///
/// # Errors
/// If it cannot be written.
pub fn tell_left_out(mut to: impl Write, test: &str, why: &str) -> io::Result<()> {
    let line = format!("left out: {test}: {why}\n");
    to.write_all(line.as_bytes())
}

/// The library by which a process is told another time of day, if it is there; if not, that is said.
/// Debian's package `faketime` has it.
///
/// # Panics
/// As [`leave_out`] does.
#[must_use]
pub fn faketime() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut libraries = folders.map(|it| it.path().join("faketime/libfaketimeMT.so.1"));
    let library = libraries.find(|library| library.exists());
    if library.is_none() {
        leave_out("`libfaketime` is not installed: no clock is wrong");
    }
    library
}
