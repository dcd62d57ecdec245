//! Draws random sagas: the result is XML, and nothing in it covers anything else.

use super::{canvas::Area, look::Look, svg};
use crate::diagram::{random::Random, text::plain};
use roxmltree::{Document, Node};

fn drawn() -> impl Iterator<Item = (u64, String)> {
    (0..150).map(|seed| (seed, svg(&Random::new(seed).definition())))
}

fn number(node: Node<'_, '_>, name: &str) -> i32 {
    node.attribute(name).unwrap().parse().unwrap()
}

fn looks(node: Node<'_, '_>) -> Look {
    let class = node.attribute("class").unwrap_or_default();
    let all = [
        Look::Name,
        Look::PivotName,
        Look::Code,
        Look::Words,
        Look::Doubt,
        Look::Turn,
        Look::Undo,
        Look::Pivot,
        Look::Mark,
        Look::At(crate::Tone::Good),
        Look::At(crate::Tone::Bad),
    ];
    all.into_iter().find(|look| look.class() == class).unwrap()
}

fn text(node: Node<'_, '_>) -> Area {
    let look = looks(node);
    let width = look.width(node.text().unwrap_or_default());
    let from = if look == Look::Mark { width / 2 } else { 0 };
    Area {
        x: number(node, "x") - from,
        y: number(node, "y") - 10,
        width,
        height: 13,
    }
}

fn rect(node: Node<'_, '_>) -> Area {
    let [x, y, width, height] = ["x", "y", "width", "height"].map(|name| number(node, name));
    Area {
        x,
        y,
        width,
        height,
    }
}

fn all<'a>(document: &'a Document<'_>, tag: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    document
        .descendants()
        .filter(move |node| node.has_tag_name(("http://www.w3.org/2000/svg", tag)))
}

fn covers(one: Area, other: Area) -> bool {
    one.x < other.right()
        && other.x < one.right()
        && one.y < other.bottom()
        && other.y < one.bottom()
}

fn assert_apart(seed: u64, areas: &[Area]) {
    for (index, one) in areas.iter().enumerate() {
        for other in &areas[..index] {
            assert!(
                !covers(*one, *other),
                "seed {seed}: {one:?} covers {other:?}"
            );
        }
    }
}

#[test]
fn it_is_xml_and_stands_in_markdown() {
    for (seed, svg) in drawn() {
        let document =
            Document::parse(&svg).unwrap_or_else(|error| panic!("seed {seed}: {error}\n{svg}"));
        assert_eq!(all(&document, "script").count(), 0, "seed {seed}");
        assert_eq!(document.root_element().attribute("role"), Some("img"));
        assert!(!svg.contains("\n\n"), "seed {seed}: a blank line");
    }
}

#[test]
fn no_text_covers_another_or_leaves_the_picture() {
    for (seed, svg) in drawn() {
        let document = Document::parse(&svg).unwrap();
        let root = document.root_element();
        let texts: Vec<_> = all(&document, "text").map(text).collect();
        assert_apart(seed, &texts);
        for area in texts {
            assert!(
                area.x >= 0 && area.right() <= number(root, "width"),
                "seed {seed}: {area:?}"
            );
            assert!(
                area.y >= 0 && area.bottom() <= number(root, "height"),
                "seed {seed}: {area:?}"
            );
        }
    }
}

#[test]
fn no_card_covers_another_or_leaves_the_picture() {
    for (seed, svg) in drawn() {
        let document = Document::parse(&svg).unwrap();
        let is_card = |node: &Node<'_, '_>| {
            node.attribute("class")
                .is_some_and(|class| class.starts_with("saga-box"))
        };
        let cards: Vec<_> = all(&document, "rect").filter(is_card).map(rect).collect();
        assert_apart(seed, &cards);
        for area in cards {
            let width = number(document.root_element(), "width");
            assert!(
                area.x >= 0 && area.right() <= width,
                "seed {seed}: {area:?}"
            );
        }
    }
}

#[test]
fn what_is_cut_is_told_in_full() {
    for seed in 0..100 {
        let definition = Random::new(seed).definition();
        let svg = svg(&definition);
        let document = Document::parse(&svg).unwrap();
        let titles: Vec<_> = all(&document, "title")
            .filter_map(|title| title.text())
            .collect();
        for step in definition.steps.iter() {
            let name = plain(&step.name);
            assert!(
                titles.iter().any(|title| title.contains(&name)),
                "seed {seed}: {name}"
            );
        }
    }
}
