use super::{Crate, circles, of_folders, tokens};
use std::{collections::BTreeMap, path::Path};

/// The imports of a crate of these files, one in each line: `a.rs > b.rs: X, Y`.
fn imports(files: &[(&str, &str)]) -> Vec<String> {
    let imports = read(files).imports();
    let lines = imports.iter().flat_map(|(file, others)| {
        others.iter().map(|(other, names)| {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            format!(
                "{} > {}: {}",
                file.display(),
                other.display(),
                names.join(", ")
            )
        })
    });
    lines.collect()
}

fn read(files: &[(&str, &str)]) -> Crate {
    let files: BTreeMap<_, _> = files.iter().copied().collect();
    let text = |path: &Path| files.get(path.to_str()?).map(|text| (*text).to_owned());
    Crate::read(Path::new("lib.rs"), &text).unwrap()
}

#[test]
fn a_use_is_an_import_of_the_file_that_defines_the_item() {
    let lib = ("lib.rs", "mod a; mod b;");
    let b = (
        "b.rs",
        "pub struct B; pub fn b() {} pub const C: u8 = 0; pub static mut D: u8 = 0;",
    );
    for text in [
        "use crate::b::{B, b, C, D};",
        "use super::{b::{b, B}, b::C}; pub use crate::b::D as E; static F: u8 = E;",
        "pub(crate) use crate::b::{B, b}; fn f(_: B) { b(); super::b::C; let _ = crate::b::D; }",
        "use crate::b::*; fn f(_: B) { b(C, D) }",
        "use crate::b as other; fn f(_: other::B) { other::b(other::C, other::D::<u8>) }",
    ] {
        assert_eq!(
            imports(&[lib, ("a.rs", text), b]),
            ["a.rs > b.rs: B, C, D, b"],
            "{text}"
        );
    }
}

#[test]
fn a_re_export_is_followed_and_is_no_import_itself() {
    let files = [
        ("lib.rs", "mod a; pub use a::Inner; pub use std::fmt;"),
        (
            "a.rs",
            "mod inner; mod other; pub use self::{inner::Inner, other::*};",
        ),
        ("a/inner.rs", "pub struct Inner; use super::Other;"),
        ("a/other.rs", "pub struct Other; use crate::{Inner, fmt};"),
    ];
    let expected = [
        "a/inner.rs > a/other.rs: Other",
        "a/other.rs > a/inner.rs: Inner",
    ];
    assert_eq!(imports(&files), expected);
}

#[test]
fn a_parent_imports_the_children_that_it_uses_and_they_it() {
    let parent = "mod child; use std::fmt; pub use child::made; struct P; fn f() { child::g() }";
    let child = (
        "a/child.rs",
        "use super::{P, fmt}; pub fn g(_: self::P) {} pub fn made() {}",
    );
    let lib = ("lib.rs", "mod a;");
    let both = ["a/child.rs > a.rs: P", "a.rs > a/child.rs: g"];
    assert_eq!(imports(&[lib, ("a.rs", parent), child]), both);
    let facade = "mod child; use std::fmt; pub use child::{g, made}; struct P { made: u8 }";
    let expected = ["a/child.rs > a.rs: P"];
    assert_eq!(imports(&[lib, ("a.rs", facade), child]), expected);
    let caller = "mod child; use std::fmt; pub use child::made; struct P; fn f() { made() }";
    let expected = ["a/child.rs > a.rs: P", "a.rs > a/child.rs: made"];
    assert_eq!(imports(&[lib, ("a.rs", caller), child]), expected);
}

#[test]
fn code_for_tests_does_not_count() {
    let files = [
        (
            "lib.rs",
            "mod a; mod b; #[cfg(test)] mod sample; mod tests;",
        ),
        (
            "a.rs",
            "#[cfg(test)] use crate::b::B;
             #[cfg(test)] #[expect(dead_code)] mod m { use crate::b::B; fn f() { [0; 1]; } }
             struct S { #[cfg(test)] b: crate::b::B }
             fn f() { let _ = crate::b::C; }",
        ),
        ("b.rs", "pub struct B; pub struct C;"),
    ];
    assert_eq!(imports(&files), ["a.rs > b.rs: C"]);
}

#[test]
fn a_module_within_a_file_is_that_file() {
    let files = [
        (
            "lib.rs",
            "mod a; mod b { pub mod c { pub struct C; } pub mod d; }",
        ),
        (
            "a.rs",
            "mod m { use super::S; use super::super::b::c::C; use crate::b::d::D; } struct S;",
        ),
        ("b/d.rs", "pub struct D; use super::c::C;"),
    ];
    let expected = ["a.rs > b/d.rs: D", "a.rs > lib.rs: C", "b/d.rs > lib.rs: C"];
    assert_eq!(imports(&files), expected);
}

#[test]
fn what_a_macro_makes_is_of_the_file_that_calls_it() {
    let files = [
        (
            "lib.rs",
            "#[macro_use] mod m; mod a; #[path = \"elsewhere.rs\"] pub mod __private;",
        ),
        (
            "m.rs",
            "macro_rules! kinds { ($name:ident) => { mod $name { pub enum Kind {} } }; }",
        ),
        ("a.rs", "kinds!(k); use crate::__private::X;"),
        (
            "elsewhere.rs",
            "use crate::a::Kind; pub use std::fmt::Debug as X;",
        ),
    ];
    assert_eq!(imports(&files), ["elsewhere.rs > a.rs: Kind"]);
}

#[test]
fn each_circle_is_found_once() {
    let files = [
        ("lib.rs", "mod a; mod b; mod c; mod d; mod e; mod f;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
        ("d.rs", "use crate::{a::A, e::E}; pub struct D;"),
        ("e.rs", "fn f() -> crate::d::D {} pub struct E;"),
        ("f.rs", "use crate::{a::A, d::D};"),
    ];
    let imports = read(&files).imports();
    let circles: Vec<Vec<_>> = circles(&imports)
        .iter()
        .map(|circle| circle.iter().map(|file| file.to_str().unwrap()).collect())
        .collect();
    assert_eq!(
        circles,
        [vec!["a.rs", "b.rs", "c.rs"], vec!["d.rs", "e.rs"]]
    );
}

#[test]
fn a_circle_of_folders_may_be_none_of_files() {
    let files = [
        ("lib.rs", "mod low; mod high;"),
        ("low.rs", "mod a; mod b;"),
        ("low/a.rs", "pub struct A;"),
        ("low/b.rs", "use crate::high::H;"),
        ("high.rs", "use crate::low::a::A; pub struct H;"),
    ];
    let imports = read(&files).imports();
    assert_eq!(circles(&imports).len(), 0);
    let folders = of_folders(&imports, Path::new(""));
    let circles = circles(&folders);
    let found: Vec<_> = circles.iter().flatten().map(|it| it.to_str()).collect();
    assert_eq!(found, [Some("high"), Some("low")]);
}

#[test]
fn comments_strings_and_lifetimes_are_no_names() {
    let text = r##"
        /// use crate::a; "
        /* b /* c */ d */ fn r#f<'a>(_: &'a str, c: 'x', d: '\'', e: b'"') {
            ("g \" h", r"i\", r#"j " k"#, b"l", é::m, 0..1_u8)
        } // n"##;
    let expected = "fn f < > ( _ : & str , c : , d : , e : ) \
        { ( \"g \\\" h\" , , , \"l\" , é :: m , 0 . . 1_u8 ) }";
    assert_eq!(tokens(text).join(" "), expected);
}
