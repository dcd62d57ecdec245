//! What pages look like: in the light and in the dark, on a screen and on a telephone.
//!
//! Nothing may scroll sideways, lie over its label, or be too faint to be read. That is measured
//! whenever there is a browser. What it looks like, you have to look at yourself:
//!
//! ```text
//! scripts/site.sh
//! SAGA_SITE=$PWD/target/site SAGA_SCREENSHOTS=$PWD/target/pictures \
//!     cargo test -p typed-saga-console --test console -- pictures:: browser::
//! ```
//!
//! makes `target/pictures/PAGE-THEME-WIDTH.png` for all of these pages, and those that the tests of
//! `browser.rs` keep. Without `SAGA_SITE` there is no book and no documentation of a saga.

use crate::{
    asking::{acting, page},
    chromium::{Driver, Person, served},
    form::RESUME,
    sagas::{Site, Tour},
};
use axum::{Router, http::header::CONTENT_TYPE, response::Html, routing::get};
use serde_json::json;
use std::{env, path::Path};

/// The numbers and names of the themes.
const THEMES: [(u8, &str); 2] = [(0, "dark"), (1, "light")];
const WIDTHS: [u32; 2] = [1200, 400];

const CONSOLE: [(&str, &str); 9] = [
    ("overview", "/"),
    ("list", "/sagas"),
    ("parked", "/saga?saga=BookTrip&id=trip-2"),
    ("values", "/saga?saga=BookTrip&id=trip-9&values=true"),
    ("children", "/saga?saga=Tour&id=tour-1"),
    ("locked", "/saga?saga=Refit&id=refit-2"),
    ("resume", RESUME),
    (
        "settle",
        "/act?saga=BookTrip&id=trip-2&action=settle&step=hotel&settled=undone",
    ),
    ("resume-many", "/act-many?state=parked&action=resume"),
];

/// Pictures in files.
const FILES: [(&str, &str); 3] = [
    ("diagram", "/book_trip.svg"),
    ("compile-time", "/benchmarks/compile.svg"),
    ("run-time", "/benchmarks/run.svg"),
];

/// A page that knows no themes, as many that show such a picture.
const PLAIN: &str = "<!doctype html><meta name=\"viewport\" content=\"width=device-width\">\
    <title>A trip</title><p>How a trip is booked:</p>\
    <img src=\"/book_trip.svg\" alt=\"\" style=\"max-width: 100%\">";

const SITE: [(&str, &str); 3] = [
    ("book", "/index.html"),
    ("book-semantics", "/docs/semantics.html"),
    ("rustdoc", "/api/upgrade_example/new/struct.Ship.html"),
];

/// What is wider than the window.
const SIDEWAYS: &str = "const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? [scrollWidth] : [];";

/// What its label, which is beside it, does not leave room for.
const COVERED: &str = "return [...document.querySelectorAll('[data-of]')].filter(it => {
        const label = getComputedStyle(it, '::before');
        return parseFloat(label.width) > parseFloat(getComputedStyle(it).paddingLeft)
            || parseFloat(label.height) > it.clientHeight;
    }).map(it => it.outerHTML);";

/// Texts with less contrast to what is behind them than WCAG 2.2 asks for (1.4.3): 4.5 to 1. The paper
/// is white if nobody colours it.
const FAINT: &str = r"
    const light = colour => colour.match(/[\d.]+/g).slice(0, 3).map(it => it / 255)
        .map(it => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4)
        .reduce((sum, it, at) => sum + it * [0.2126, 0.7152, 0.0722][at], 0);
    const colour = it => it instanceof SVGGeometryElement
        ? getComputedStyle(it).fill : getComputedStyle(it).backgroundColor;
    const texts = document.createTreeWalker(document, NodeFilter.SHOW_TEXT);
    const range = document.createRange(), faint = [];
    let read = 0;
    while (texts.nextNode()) {
        const text = texts.currentNode, it = text.parentElement, style = getComputedStyle(it);
        range.selectNodeContents(text);
        if (!text.data.trim() || !range.getClientRects().length) continue;
        it.scrollIntoView({ block: 'center', inline: 'center' });
        const { left, top, width, height } = range.getClientRects()[0];
        const stack = document.elementsFromPoint(left + width / 2, top + height / 2);
        if (!stack.includes(it)) continue;
        read += 1;
        const ink = it instanceof SVGElement ? style.fill : style.color;
        const opaque = stack.slice(stack.indexOf(it)).map(colour).find(it => it.startsWith('rgb('));
        const paper = opaque ?? 'rgb(255, 255, 255)';
        const [less, more] = [light(ink), light(paper)].sort((one, other) => one - other);
        const contrast = (more + 0.05) / (less + 0.05);
        if (!(contrast >= 4.5)) faint.push(`${text.data}: ${ink} on ${paper}: ${contrast}`);
    }
    scrollTo(0, 0);
    return read ? faint : ['there is no text'];";

/// A page that does not follow the theme: that of rustdoc, or of mdBook.
const OTHER_THEME: &str = "const page = document.documentElement;
    const dark = page.dataset.theme === 'dark' || page.classList.contains('navy');
    return dark === matchMedia('(prefers-color-scheme: dark)').matches ? [] : [page.className];";

/// Looks at these pages in both themes and widths, and keeps a picture of each; the scripts give a list
/// of what is wrong with it.
async fn look(driver: &Driver, root: &str, pages: &[(&str, &str)], scripts: &[&str]) {
    for (theme, named) in THEMES {
        let person = Person::at(driver, String::new(), theme).await;
        for (name, path) in pages {
            person.opens(&format!("{root}{path}")).await;
            for width in WIDTHS {
                let name = format!("{name}-{named}-{width}.png");
                person.sees_all_of_it(width).await;
                person.keeps_a_picture(&name).await;
                for script in scripts {
                    assert_eq!(person.measures(script).await, json!([]), "{name}");
                }
            }
        }
        person.window.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_can_be_read_in_both_themes_and_widths() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let site = Site::open().await;
    for number in 1..=6 {
        let id = format!("trip-{number}");
        site.parked(&id, "the hotel is closed").await;
    }
    for number in 7..=36 {
        drop(site.trip(&format!("trip-{number}"), "Lisbon").await);
    }
    let cities = ["Lisbon", "Porto"].map(str::to_owned).to_vec();
    let tour = site.engine.submit("tour-1", Tour { cities }).await.unwrap();
    drop(tour.outcome().await.unwrap());
    let console = acting(site.store.clone());
    site.refits(&console).await;
    // Then it is counted.
    page(&console, "/api/overview").await;
    let root = format!("http://127.0.0.1:{}", served(console).await);
    look(&driver, &root, &CONSOLE, &[SIDEWAYS, COVERED, FAINT]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_picture_in_a_file_can_be_read_in_both_themes_and_widths() {
    let Some(driver) = Driver::start() else {
        return;
    };
    let mut router = Router::new().route("/plain", get(async || Html(PLAIN)));
    for (_, path) in FILES {
        let picture = saga_tests::read(format!("docs{path}"));
        let answer = async move || ([(CONTENT_TYPE, "image/svg+xml")], picture.clone());
        router = router.route(path, get(answer));
    }
    let pages = [&FILES[..], &[("diagram-on-a-page", "/plain")]].concat();
    let root = format!("http://127.0.0.1:{}", served(router).await);
    look(&driver, &root, &pages, &[SIDEWAYS, FAINT]).await;
}

/// Only where it is said which site that is: to build it takes longer than all tests here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_site_follows_the_theme_of_its_reader() {
    let Some(site) = env::var_os("SAGA_SITE") else {
        return;
    };
    let Some(driver) = Driver::start() else {
        return;
    };
    let site = Path::new(&site).canonicalize().unwrap();
    let root = format!("file://{}", site.display());
    look(&driver, &root, &SITE, &[OTHER_THEME]).await;
}
