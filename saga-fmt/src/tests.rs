//! Over many sagas: nothing is lost, and white space does not matter.

use crate::find::{self, Block};
use crate::layout::Layout;
use crate::lex::{Kind, Source};
use crate::parse;
use crate::rust::{Answer, Answers, Piece, Shape};
use crate::style::Style;
use crate::tree::{Body, Code, Node, Part, Tokens};
use crate::{Formatted, Rustfmt, same};
use proptest::{prelude::*, test_runner::RngSeed};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

fn format(text: &str) -> Formatted {
    let rustfmt = Rustfmt {
        program: "rustfmt".into(),
        edition: "2024".to_owned(),
        folder: env!("CARGO_MANIFEST_DIR").into(),
    };
    crate::format(text, &rustfmt).expect("rustfmt runs")
}

/// All files below `folder` whose names end like that.
fn files(folder: &Path, end: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("it is a folder") {
        let path = entry.expect("it is there").path();
        if path.is_dir() && !path.ends_with("target") {
            files(&path, end, found);
        } else if path.extension().is_some_and(|this| this == end) {
            found.push(path);
        }
    }
}

/// Unless the suite is exhaustive, those of some files.
#[test]
fn no_saga_of_the_repository_is_harmed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths = Vec::new();
    // Those of the UI tests are as they are: their expected errors name columns.
    let ours = [
        "src",
        "tests",
        "examples",
        "benches",
        "fuzz",
        "saga-macros/src",
    ]
    .map(str::to_owned);
    let packages = fs::read_dir(&root).expect("it is a folder");
    let packages = packages.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let packages = packages.filter(|name| name.starts_with("saga-") && name != "saga-macros");
    for folder in ours.into_iter().chain(packages) {
        files(&root.join(folder), "rs", &mut paths);
    }
    // A folder lists its files in no order: without one, which files are left out would differ.
    paths.sort();
    let texts = paths.into_iter().map(|path| {
        let text = fs::read_to_string(&path).expect("it is there");
        (path, text)
    });
    let sagas = texts.filter(|(_, text)| text.contains("saga!"));
    let sagas: Vec<_> = sagas.step_by(saga_tests::bound(1, 8)).collect();
    // Most of the time goes into waiting for rustfmt.
    let blocks = thread::scope(|scope| {
        let parts = sagas.chunks(sagas.len().div_ceil(4));
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| unharmed(part))).collect();
        let counts = threads
            .into_iter()
            .map(|thread| thread.join().expect("all are unharmed"));
        counts.sum::<usize>()
    });
    assert!(blocks > saga_tests::bound(250, 30), "only {blocks} blocks");
}

/// Formats files, in vain where they are broken on purpose; gives the number of blocks.
fn unharmed(files: &[(PathBuf, String)]) -> usize {
    let mut blocks = 0;
    for (path, text) in files {
        let Ok(source) = Source::new(text) else {
            continue;
        };
        let formatted = format(text);
        let broken = path.components().any(|part| part.as_os_str() == "fail");
        let (path, warnings) = (path.display(), &formatted.warnings);
        // A saga may have a comment where none can stand, and then stays as it is.
        let is_understood = warnings
            .iter()
            .all(|warning| warning.message.contains("comment"));
        assert!(broken || is_understood, "{path}: {warnings:?}");
        let defect = warnings
            .iter()
            .any(|warning| warning.message.contains("bug"));
        assert!(!defect, "{path}: {warnings:?}");
        // Whatever rustfmt does in bodies: no name, no literal and no comment is lost.
        let text_now = &formatted.text;
        assert!(
            same::nearly(text, text_now),
            "{path} says something else:\n{text_now}"
        );
        // Whether they are formatted is for `scripts/house.sh` to say: what is, stays as it is.
        assert!(
            text_now == text || format(text_now).text == *text_now,
            "{path} would be formatted again:\n{text_now}"
        );
        blocks += find::blocks(&source).len();
    }
    blocks
}

fn code(part: &Part, places: &mut Vec<Tokens>) {
    if let Code::Block(open, close) = part.code {
        places.push(open..close + 1);
    }
}

/// Where rustfmt decides.
fn codes(body: &Body, places: &mut Vec<Tokens>) {
    places.extend(body.tail.clone());
    for node in &body.nodes {
        match node {
            Node::Step(step) => {
                code(&step.part, places);
                step.clauses.iter().for_each(|clause| code(clause, places));
            }
            Node::Group { body, arms, .. } => {
                codes(body, places);
                for arm in arms {
                    codes(&arm.body, places);
                }
            }
            Node::Part(part) => code(part, places),
        }
    }
}

/// `block` with other white space: `random` is asked for each gap. Empty lines and comments stay.
fn shaken(block: &str, random: &mut impl FnMut() -> u8) -> String {
    let source = Source::new(block).expect("it is Rust");
    let mut places = Vec::new();
    for saga in parse::sagas(&source).expect("these are sagas") {
        codes(&saga.body, &mut places);
    }
    let mut text = source.token(0).to_owned();
    for at in 1..source.tokens.len() {
        let (before, this) = (&source.tokens[at - 1], &source.tokens[at]);
        let written = &block[before.place.end..this.place.start];
        let in_code = places
            .iter()
            .any(|place| place.start < at && at < place.end);
        let glued = written.is_empty() && (before.kind == Kind::Sign || this.kind == Kind::Sign);
        let gap = source.gap(at);
        let stays = in_code || glued || before.kind == Kind::Doc || !gap.comments.is_empty();
        text += match random() % 4 {
            _ if stays => written,
            0 if gap.lines > 1 => "\n\n\n \t",
            _ if gap.lines > 1 => " \n \n",
            0 => " ",
            1 => "\n",
            2 => " \t ",
            _ => "  \n      ",
        };
        text += source.token(at);
    }
    text
}

/// The golden files with other white space are formatted as they were.
fn stays_the_same(kinds: &[u8]) {
    let mut bytes = kinds.iter().copied().cycle();
    let mut paths = Vec::new();
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        "out",
        &mut paths,
    );
    for path in paths {
        let text = fs::read_to_string(&path).expect("it is there");
        let source = Source::new(&text).expect("it is Rust");
        let (mut mixed, mut done) = (String::new(), 0);
        for Block { place, .. } in find::blocks(&source) {
            let start = place.start + text[place.clone()].find(['{', '(', '[']).expect("it opens");
            mixed += &text[done..start];
            mixed += &shaken(&text[start..place.end], &mut || bytes.next().unwrap_or(0));
            done = place.end;
        }
        mixed += &text[done..];
        let formatted = format(&mixed);
        assert_eq!(formatted.warnings, vec![], "{mixed}");
        assert_eq!(formatted.text, text, "{mixed}");
    }
}

/// Each of two opposite kinds everywhere: as little as there can be, and lines.
#[test]
fn uniform_white_space_does_not_matter() {
    stays_the_same(&[0]);
    stays_the_same(&[1]);
}

fn drawn() -> ProptestConfig {
    ProptestConfig {
        cases: 8,
        max_shrink_iters: 0,
        rng_seed: RngSeed::Fixed(saga_tests::seed()),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(drawn())]

    #[test]
    fn mixed_white_space_does_not_matter(random in prop::collection::vec(any::<u8>(), 64..256)) {
        if saga_tests::is_exhaustive() {
            stays_the_same(&random);
        }
    }
}

/// Should the layout ever lose something, or rustfmt answer nonsense, nothing is written.
#[test]
fn a_block_that_would_say_something_else_stays() {
    let read = crate::read(
        " { saga A() -> Result<u8, E> { read a() -> u8 = f; a } }",
        0,
    );
    let read = read.expect("it is understood");
    let piece = |shape, text| Piece {
        shape,
        depth: 0,
        text,
    };
    let answer = |text: &str| Answer {
        wide: Some(text.to_owned()),
        narrow: None,
    };
    for (said, good) in [("u8", true), ("u8 //", false), ("u8 = g; } }", false)] {
        let mut answers = Answers::new();
        answers.insert(piece(Shape::Type, "u8"), answer(said));
        let layout = Layout::new(&read.source, &answers, &read.sagas, Style::default(), 0);
        let checked = crate::checked(&layout, &read.source);
        assert_eq!(checked.is_ok(), good, "{said}: {checked:?}");
        assert!(good || checked.is_err_and(|warning| warning.message.contains("bug")));
    }
}

#[test]
fn what_counts_as_the_same() {
    let near = [
        ("a(b, c,)", "a(b, c)"),
        ("match a { b => { c } }", "match a { b => c, }"),
        ("{ return a }", "{\n    return a;\n}"),
        ("/* a\n   b */ c", "/* a\nb */\nc"),
    ];
    for (before, after) in near {
        assert!(same::nearly(before, after), "{before} and {after}");
    }
    let far = [
        ("a(b, c)", "a(c, b)"),
        ("a // b\n", "a"),
        ("a /// b\n c", "a c"),
        ("A { b: b }", "A { b }"),
        ("\"a b\"", "\"a  b\""),
        ("1", "1.0"),
    ];
    for (before, after) in far {
        assert!(!same::nearly(before, after), "{before} and {after}");
    }
    let strict =
        |text| same::without_last_commas(same::words(&Source::new(text).expect("it is Rust")));
    assert_eq!(strict("a(b, // c\n)"), strict("a(b // c\n)"));
    assert_ne!(strict("a(b,) ;"), strict("a(b)"));
    assert_ne!(strict("[b,]"), strict("[b]"));
    assert_ne!(strict("a(b, c)"), strict("a(b c)"));
}
