//! Walks a saga by hand, forward and back: each position is a type whose fields are the effects
//! that exist there.

#![allow(clippy::unused_async, reason = "these services answer at once")]

use typed_saga::saga;

struct Workshop;

impl Workshop {
    async fn cut(&self, length: &u32) -> Result<Plank, Accident> {
        Ok(Plank { length: *length })
    }

    async fn glue(&self, plank: &Plank) -> Result<(), Accident> {
        println!("{} cm are one piece again", plank.length);
        Ok(())
    }

    async fn paint(&self, plank: &Plank) -> Result<Colour, Accident> {
        if plank.length < 100 {
            Ok(Colour("red"))
        } else {
            Err(Accident("out of paint"))
        }
    }
}

#[derive(Debug, PartialEq)]
struct Plank {
    length: u32,
}

#[derive(Debug, PartialEq)]
struct Colour(&'static str);

#[derive(Debug, PartialEq)]
struct Accident(&'static str);

saga! {
    saga Shelf(length: u32) with (workshop: Workshop) -> Result<(Plank, Colour), Accident> {
        step plank(workshop, length) -> Plank = Workshop::cut
            compensate(workshop, plank) = Workshop::glue;

        step colour(workshop, plank) -> Colour = Workshop::paint
            compensate none

        (plank, colour)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), typed_saga::runtime::Stopped<ShelfBeforePlank, Accident>> {
    let services = ShelfServices { workshop: Workshop };

    // Forward: `plank` is a field from here on. `colour` cannot come first: there is no such
    // method.
    let cut: ShelfBeforeColour = Shelf { length: 80 }.walk().plank(&services).await?;
    assert_eq!(cut.plank, Plank { length: 80 });
    let done: ShelfCompleted = cut.colour(&services).await.expect("enough paint");
    assert_eq!(done.output(), (Plank { length: 80 }, Colour("red")));

    // A step that fails returns the position, and the walk can go back from there.
    let cut = Shelf { length: 120 }.walk().plank(&services).await?;
    let stopped = cut.colour(&services).await.expect_err("too much to paint");
    assert_eq!(stopped.error, Accident("out of paint"));
    let start: ShelfBeforePlank = stopped
        .state
        .undo_plank(&services)
        .await
        .expect("glue holds");
    assert_eq!(start.length, 120);
    Ok(())
}
