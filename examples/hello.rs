//! A saga of two steps: the second fails, and the first is undone.

use typed_saga::saga;

saga! {
    /// Lends a book from the library to a member.
    saga Lend(book: &'static str, member: &'static str) -> Result<String, &'static str> {
        step taken(book) -> String { Ok(format!("{book} from the shelf")) }
            compensate(taken) { println!("puts {taken} back"); Ok(()) }

        step written(member) { if *member == "Ada" { Ok(()) } else { Err("not a member") } }
            compensate none

        taken
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let book = "Sagas";

    let lent = Lend {
        book,
        member: "Ada",
    }
    .run()
    .await;
    assert_eq!(lent.expect("Ada is a member"), "Sagas from the shelf");

    // prints: puts Sagas from the shelf back
    let error = Lend {
        book,
        member: "Bob",
    }
    .run()
    .await;
    let error = error.expect_err("Bob is not");
    assert_eq!(error.step(), Some("written"));
    assert_eq!(error.into_step_error(), Some("not a member"));
    typed_saga::drain(std::time::Duration::from_secs(5)).await;
}
