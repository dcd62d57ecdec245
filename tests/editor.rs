//! What an editor shows in a saga, asked of rust-analyzer. The test leaves itself out where that
//! does not run, but `.ci/run` fails there.

mod lsp;

use lsp::Server;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// `BODY` and `READS` are replaced by what is being typed.
const SOURCE: &str = r"use typed_saga::saga;

pub struct Trip;
pub struct Hold;
pub struct Booking;
pub struct Error;
pub struct Billing;
pub struct Hotels;

impl Error {
    pub fn verdict(&self) -> typed_saga::Verdict { typed_saga::Verdict::Refused }
}

impl Billing {
    pub async fn authorize(&self, _: &Trip) -> Result<Hold, Error> { Ok(Hold) }
    pub async fn release(&self, _: &Hold) -> Result<(), Error> { Ok(()) }
}

impl Hotels {
    pub async fn book(&self, _: &Trip, _: &Hold) -> Result<Booking, Error> { Ok(Booking) }
}

saga! {
    pub saga BookTrip(trip: Trip) with (billing: Billing, hotels: Hotels) -> Result<Booking, Error> {
        step authorization(billing, trip) -> Hold { BODY }
            compensate(billing, authorization) = Billing::release;

        step hotel(READS) -> Booking = Hotels::book
            compensate none

        hotel
    }
}
";
const BODY: &str = "billing.authorize(trip).await";
const READS: &str = "hotels, trip, authorization";

fn source(body: &str, reads: &str) -> String {
    SOURCE.replace("BODY", body).replace("READS", reads)
}

/// A package that depends on this one by path, with the same versions of everything else.
fn project() -> PathBuf {
    let here = saga_tests::root();
    let path = here.to_str().expect("a path in Unicode");
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("editor");
    let manifest = format!(
        "[package]\nname = \"editor\"\nedition = \"2024\"\n\n[dependencies]\ntyped-saga = {{ path = {path:?} }}\n\n[workspace]\n"
    );
    fs::create_dir_all(project.join("src")).expect("a folder for the project");
    fs::write(project.join("Cargo.toml"), manifest).expect("the manifest is written");
    fs::write(project.join("src/lib.rs"), source(BODY, READS)).expect("the source is written");
    fs::copy(here.join("Cargo.lock"), project.join("Cargo.lock")).expect("the lock is copied");
    project
}

fn labels(completions: &Value) -> Vec<&str> {
    let items = completions["items"]
        .as_array()
        .or_else(|| completions.as_array());
    let labels = items.into_iter().flatten();
    labels.filter_map(|item| item["label"].as_str()).collect()
}

fn has(completions: &Value, name: &str) -> bool {
    labels(completions)
        .iter()
        .any(|label| label.starts_with(name))
}

/// The lines of this project's source that a definition leads to.
fn lines(definition: &Value) -> Vec<&str> {
    let links = definition
        .as_array()
        .map_or_else(|| std::slice::from_ref(definition), Vec::as_slice);
    let starts = links.iter().filter_map(|link| {
        let range = link
            .get("targetSelectionRange")
            .or_else(|| link.get("range"))?;
        range["start"]["line"].as_u64()
    });
    let line = |number| SOURCE.lines().nth(usize::try_from(number).ok()?);
    starts.filter_map(line).map(str::trim_start).collect()
}

fn leads_to(definition: &Value, declaration: &str) -> bool {
    lines(definition)
        .iter()
        .any(|line| line.starts_with(declaration))
}

#[test]
fn an_editor_understands_a_saga() {
    let Some(mut server) = Server::start(&project()) else {
        let why = "rust-analyzer does not run (`rustup component add rust-analyzer rust-src`)";
        saga_tests::leave_out(why);
        return;
    };

    server.write(&source(BODY, READS));
    server.expect(
        "a read leads to its step",
        "textDocument/definition",
        "trip, authoriz",
        |it| leads_to(it, "step authorization"),
    );
    server.expect(
        "a service leads to its declaration",
        "textDocument/definition",
        "step hotel(hot",
        |it| leads_to(it, "pub saga BookTrip"),
    );
    server.expect(
        "the type of an effect leads to itself alone",
        "textDocument/definition",
        "-> Book",
        |it| lines(it) == ["pub struct Booking;"],
    );
    server.expect(
        "a path leads to its function",
        "textDocument/definition",
        "= Billing::rel",
        |it| leads_to(it, "pub async fn release"),
    );
    server.expect_rename("a step, with its reads", "step authoriz", "hold", 3);
    server.expect_rename(
        "a service, with its reads",
        "(billing: Billing, hot",
        "inns",
        2,
    );
    server.expect_rename("an input, with its reads", "BookTrip(tr", "journey", 4);
    server.expect_diagnostics("a good saga has none", <[String]>::is_empty);

    for (half, methods) in [
        ("billing.", &["authorize", "release"][..]),
        ("billing.re", &["release"]),
    ] {
        server.write(&source(half, READS));
        server.expect(
            &format!("methods in the half-typed body `{half}`"),
            "textDocument/completion",
            &format!("{{ {half}"),
            |it| methods.iter().all(|method| has(it, method)),
        );
    }

    server.write(&source(BODY, READS).replace("-> Hold {", "-> Hol {"));
    server.expect(
        "types for a half-typed effect",
        "textDocument/completion",
        "trip) -> Hol",
        |it| has(it, "Hold"),
    );

    half_typed_paths(&mut server);

    server.write(&source(BODY, "hotels, trip, auth"));
    server.expect(
        "names for a half-typed read",
        "textDocument/completion",
        "trip, auth",
        |it| has(it, "authorization"),
    );
    server.expect_diagnostics("our own errors", |messages| {
        messages
            .iter()
            .any(|text| text.contains("no input, service or earlier effect is called `auth`"))
    });
}

/// An editor asks by itself right after `::`, where nothing of the name is there yet.
fn half_typed_paths(server: &mut Server) {
    let good = source(BODY, READS);
    for (what, whole, half, place, name) in [
        (
            "a step",
            "= Hotels::book",
            "= Hotels::",
            "Booking = Hotels::",
            "book",
        ),
        (
            "a clause",
            "= Billing::release",
            "= Billing::",
            ") = Billing::",
            "release",
        ),
        (
            "an attribute",
            "    pub saga",
            "    #[classify(Error::)]\n    pub saga",
            "classify(Error::",
            "verdict",
        ),
        (
            "an effect",
            "-> Hold {",
            "-> self:: {",
            "trip) -> self::",
            "Hold",
        ),
    ] {
        server.write(&good.replace(whole, half));
        server.expect(
            &format!("names for the half-typed path of {what}"),
            "textDocument/completion",
            place,
            |it| has(it, name),
        );
    }
}
