//! What is left as it is, with a warning that says where.

use typed_saga_fmt::{Error, Formatted, Rustfmt};

fn rustfmt(program: &str) -> Rustfmt {
    Rustfmt {
        program: program.into(),
        edition: "2024".to_owned(),
        folder: env!("CARGO_MANIFEST_DIR").into(),
    }
}

fn format(text: &str) -> Formatted {
    typed_saga_fmt::format(text, &rustfmt("rustfmt")).expect("rustfmt runs")
}

/// That a saga with this body stays, for this reason, at this line of the body.
#[track_caller]
fn left(body: &str, line: usize, message: &str) {
    let text = format!(
        "saga! {{\nsaga   A( )->Result<u8,E> {{\n{body}\n}} }}\nsaga!{{saga B()->Result<u8,E>{{1}}}}\n"
    );
    let formatted = format(&text);
    let (kept, other) = text.split_at(text.find("saga!{").expect("it is there"));
    assert!(formatted.text.starts_with(kept), "{}", formatted.text);
    assert_ne!(&formatted.text[kept.len()..], other, "the other block");
    let [warning] = formatted.warnings.as_slice() else {
        panic!("one warning: {:?}", formatted.warnings)
    };
    assert_eq!(warning.line, line + 2);
    assert!(warning.message.contains(message), "{}", warning.message);
}

#[test]
fn what_is_no_saga() {
    left("step a() = f\nstep b() = g;", 2, "`;` or a clause");
    left("step a() = f();", 1, "`;` or a clause");
    left("step a()\n -> u8;", 2, "expected code");
    left("\nstep a = f;", 2, "a list in parentheses");
    left("step a(&b) = f;", 1, "expected a name");
    left("step a(b c) = f;", 1, "expected `,`");
    left("concurrent {\n let x = 1; }", 2, "has only steps");
    left("let x = 1;\nstep a() = f;", 2, "a step cannot be here");
    left(
        "when (=> true) { read a() = f; }\nelse if b { read c() = f; }",
        2,
        "expected `{`",
    );
    left("} saga C(trip) -> Result<u8, E> { 1", 1, "without a type");
    left("}\nsagas C() -> Result<u8, E> { 1", 2, "expected a saga");
    left("} saga C()\n{ 1", 2, "without `-> Result");
}

#[test]
fn a_comment_in_the_middle_of_a_line() {
    left(
        "step /* why */ a() = f;",
        1,
        "a comment cannot stand in the middle",
    );
    left(
        "read b() = f;\nread a() -> Vec<\n// why\nu8> = f;",
        3,
        "a comment cannot stand in the middle",
    );
    left(
        "read a() = // why\nf;",
        1,
        "a comment cannot stand in the middle",
    );
    left(
        "read a() = f // why\n;",
        1,
        "a comment cannot stand in the middle",
    );
    left(
        "#[retry(1 /* why */)] read a() = f // why\n;",
        1,
        "a comment cannot stand in the middle",
    );
}

#[test]
fn a_file_that_is_no_rust() {
    let text = "fn a() {}\n// saga!\nfn b() { ' }\n";
    let formatted = format(text);
    assert_eq!(formatted.text, text);
    assert_eq!(formatted.warnings.len(), 1);
    assert!(
        formatted.warnings[0]
            .message
            .contains("cannot be read as Rust")
    );
}

#[test]
fn a_file_without_sagas() {
    let text = "fn  a( ) { ' }\n";
    // Nothing is run for it.
    let formatted =
        typed_saga_fmt::format(text, &rustfmt("there-is-no-such-program")).expect("it is not run");
    assert_eq!(
        (formatted.text.as_str(), formatted.warnings.len()),
        (text, 0)
    );
}

#[test]
fn without_rustfmt_nothing_is_formatted() {
    let text = "saga!{saga B()->Result<u8,E>{1}}";
    let error = typed_saga_fmt::format(text, &rustfmt("there-is-no-such-program"));
    let Error::Run(error) = error.expect_err("it cannot run") else {
        panic!("it has read a configuration")
    };
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

/// A `rustfmt.toml` may want what moves tokens.
#[test]
fn settings_of_the_user() {
    let folder = tempfile::tempdir().expect("there is room");
    let settings = "merge_derives = true\nnewline_style = \"Windows\"\nuse_field_init_shorthand = true\nuse_try_shorthand = true\n";
    std::fs::write(folder.path().join("rustfmt.toml"), settings).expect("there is room");
    let rustfmt = Rustfmt {
        folder: folder.path().to_owned(),
        ..rustfmt("rustfmt")
    };
    let text = "saga! {
    saga A() -> Result<u8, E> {
        read a() -> B {
            #[derive(Clone)]
            #[derive(Debug)]
            struct C;
            Ok(B { a: 1 })
        }
        read b(a) -> B {
            let c = 1;
            let d = 2;
            Ok(B {   c: c, d: d })
        }
        b
    }
}
";
    let formatted = typed_saga_fmt::format(text, &rustfmt).expect("rustfmt runs");
    // The shorthand drops tokens: that body stays as it is.
    assert_eq!(formatted.text, text);
    assert_eq!(formatted.warnings, []);
}
