//! What a child saga sees of the failure of its parent.

use super::{
    in_memory, on_engines,
    world::{How, Seen, Views},
};

/// What was seen at these places, each of which saw one thing.
fn views(views: &Views, places: &[&str]) -> Vec<String> {
    let views = places.iter().map(|place| {
        let views = views
            .get(*place)
            .unwrap_or_else(|| panic!("{place} saw nothing"));
        views[0].clone()
    });
    views.collect()
}

const BELOW: &[&str] = &[
    "child/one",
    "child/leaf/two",
    "child/each1",
    "children0/leaf/one",
    "children1/each0",
    "side/leaf/one",
    "sides1/one",
];

#[test]
fn b2_a_child_reads_why_its_parent_rolls_back() {
    let own = "Own(Flaw { code: 0, fresh: false, what: Plain })";
    let converted =
        "OfChild { flaw: Flaw { code: 0, fresh: false, what: Plain }, converted: true }";
    for (fails, how, expected) in [
        (
            "last",
            How::Refuses,
            format!(r#"None Action: Tree Some("last") "failed: {own}" Some(Refused)"#),
        ),
        (
            "spare",
            How::Panics,
            r#"None Action: Tree Some("spare") "panicked: spare panics" None"#.to_owned(),
        ),
        (
            "last",
            How::Hangs,
            r#"None Action: Tree Some("last") "timed out" None"#.to_owned(),
        ),
    ] {
        let seen = Seen::default();
        on_engines(fails, how, &seen, &[]);
        for views in [in_memory(fails, how, &Seen::default()), seen.views()] {
            for view in self::views(&views, BELOW) {
                assert_eq!(view, expected);
            }
        }
    }
    // A child saga that has failed: its parent rolls back the one before it.
    let seen = Seen::default();
    on_engines("children1/leaf/two", How::Refuses, &seen, &[]);
    for view in views(&seen.views(), &["child/one", "child/leaf/two"]) {
        let expected = format!(
            r#"None Action: Tree Some("children[1]/leaf/two") "failed: {converted}" Some(Refused)"#
        );
        assert_eq!(view, expected);
    }
    // Its own steps, above the one that failed, read the failure itself.
    let view = &views(&seen.views(), &["children1/one"])[0];
    let flaw = "Flaw { code: 0, fresh: false, what: Plain }";
    assert_eq!(
        *view,
        format!(r#"Some("leaf/two") Action Some(Refused) Failed({flaw})"#)
    );
}
