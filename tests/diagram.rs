//! Pictures of sagas. What is expected stands in `expected/`; the file of the trip saga is the one
//! in `docs/`.

mod arms;
mod sagas;
pub(crate) mod site;
#[path = "../examples/trip/saga.rs"]
pub(crate) mod trip;

use sagas::ALL;
use std::{collections::BTreeSet, fs, path::Path};
use typed_saga::{definition::Definition, testing::diagram_matches};

const EXPECTED: &str = "diagram/expected";

#[test]
fn every_feature_is_drawn_in_every_format() {
    for (name, definition) in ALL {
        for extension in ["svg", "mmd", "md"] {
            diagram_matches(format!("{EXPECTED}/{name}.{extension}"), definition);
        }
    }
}

#[test]
fn the_picture_of_the_trip_saga_is_true() {
    diagram_matches("../docs/book_trip.svg", &trip::BookTrip::DEFINITION);
}

/// GitHub, docs.rs and the book would shrink it, and its text with it.
#[test]
fn the_picture_of_the_trip_saga_is_no_wider_than_a_page() {
    let svg = trip::BookTrip::DEFINITION.to_svg();
    let (_, width) = svg.split_once("width=\"").unwrap();
    let width: u32 = width.split('"').next().unwrap().parse().unwrap();
    assert!(width <= 700, "{width} pixels");
}

#[test]
fn nothing_else_is_expected() {
    let known = ALL.iter().map(|(name, _)| (*name).to_owned());
    let known: BTreeSet<_> = known.collect();
    let files = fs::read_dir(EXPECTED).unwrap();
    let found = files.map(|file| {
        let path = file.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    });
    assert_eq!(found.collect::<BTreeSet<_>>(), known);
}

#[test]
fn a_picture_that_is_not_true_any_more_is_an_error() {
    let (_, definition) = ALL[0];
    let changed = Definition {
        name: "Renamed".into(),
        ..Definition::clone(definition)
    };
    let path = Path::new(EXPECTED).join(format!("{}.svg", ALL[0].0));
    // Only where nobody asks for files to be written.
    if std::env::var_os("SAGA_DIAGRAM").is_none() {
        let checked = std::panic::catch_unwind(|| diagram_matches(path, &changed));
        let message = checked.unwrap_err().downcast::<String>().unwrap();
        assert!(
            message.contains("is not the picture of `Renamed` any more"),
            "{message}"
        );
    }
}
