// What is wrong with the inputs of a saga is said there, and not where it is a step.
#[path = "../gifts.rs"]
mod gifts;
use gifts::*;

#[derive(Clone)]
struct Note {
    lines: std::rc::Rc<Vec<String>>,
}

typed_saga::saga! {
    saga Engrave(note: Note) -> Result<usize, GiftError> {
        read plate(note) -> usize { Ok(note.lines.len()) }

        plate
    }

    saga SendGift(to: String) -> Result<usize, GiftError> {
        step engraved(to) -> usize = saga Engrave { note: Note { lines: vec![to.clone()].into() } };

        engraved
    }
}

#[tokio::main]
async fn main() {
    match (SendGift { to: "Ada".to_owned() }).run().await {
        Ok(_) => println!("sent"),
        Err(error) => println!("{:?} {:?}", error.path(), error.cause()),
    }
    let handle = SendGift { to: "Ada".to_owned() }.run().id("a").start();
    let _ = handle.outcome().await.into_result();
}
