//! What a dead link is, and what the copy of the pages has.

use crate::{links, stage};
use std::path::{Path, PathBuf};

fn dead(pages: &[(&str, &str)]) -> Vec<String> {
    let paths: Vec<_> = pages.iter().map(|(path, _)| PathBuf::from(path)).collect();
    let read = |path: &Path| {
        let page = pages.iter().find(|(name, _)| Path::new(name) == path);
        page.map(|(_, text)| (*text).to_owned())
    };
    links::check(&paths, &read).dead
}

#[test]
fn a_link_to_a_page_and_an_anchor_is_alive() {
    let pages = [
        (
            "/site/index.html",
            r#"<a href="guide/one.html#the%20end"></a><a href=guide/></a>"#,
        ),
        (
            "/site/guide/one.html",
            r##"<h2 id="the end"></h2><a id=7 href="#7">7</a><a href="../index.html?a=b">"##,
        ),
        (
            "/site/guide/index.html",
            r#"<a href="https://example.org/none"></a><a href="one.html#7-9">"#,
        ),
    ];
    assert_eq!(dead(&pages), [""; 0]);
}

#[test]
fn a_link_to_nothing_is_dead() {
    let pages = [
        (
            "/site/a.html",
            r#"<p title="href=">href="no.html"</p><a class="x" href="b.html">"#,
        ),
        ("/site/c.html", r#"<img src='d.png'><a href="a.html#none">"#),
    ];
    let found = [
        "/site/c.html: /site/a.html#none",
        "/site/a.html: /site/b.html#",
        "/site/c.html: /site/d.png#",
    ];
    assert_eq!(dead(&pages), found);
}

#[test]
fn a_redirect_leads_on_and_what_is_copied_from_other_crates_does_not_count() {
    let pages = [
        (
            "/site/old.html",
            r#"<meta http-equiv="refresh" content="0;URL=api/new.html">"#,
        ),
        (
            "/site/api/new.html",
            r#"<i id="x"></i><a href="super::Span"></a>"<a href=\"../no.html\">""#,
        ),
        (
            "/site/z.html",
            r#"<a href="old.html#x"></a><a href="old.html#y"></a><a href="super::Span"></a>"#,
        ),
    ];
    let found = [
        "/site/api/new.html: /site/no.html#",
        "/site/z.html: /site/old.html#y",
        "/site/z.html: /site/super::Span#",
    ];
    assert_eq!(dead(&pages), found);
}

#[test]
fn the_contents_are_seen_from_the_root() {
    let page = "- [One](guide/one.md)\n- [Top](../README.md)\n";
    assert_eq!(
        stage::contents(page),
        "- [One](docs/guide/one.md)\n- [Top](README.md)\n"
    );
}

#[test]
fn a_link_out_of_the_book_is_its_text() {
    let page =
        "[a](one.md#x), [b](../two.md), [`c`](../docs/three.md) and [d](https://a.b/two.md)\n";
    let is_in_book = |page: &Path| page == Path::new("docs/one.md");
    assert_eq!(
        stage::within(page, Path::new("docs/page.md"), &is_in_book),
        "[a](one.md#x), b, `c` and [d](https://a.b/two.md)\n"
    );
}
