//! Reruns over what remains, in sagas of which the compiler is not asked, or cannot know: where the
//! kernel refuses the rerun nothing is found; otherwise the finding names what allowed each call.

use super::{Post, Refusal, UNDER_ONE_KEY, found, of};
use std::{cell::Cell, rc::Rc};
use typed_saga::{
    Completeness, Key, Summary, Verdict,
    runtime::{Machine, Prepared},
    saga,
    testing::Contract,
};

impl Post {
    /// An operation for each request.
    async fn make_one(&self, step: &'static str, name: String) -> Result<String, Refusal> {
        self.make(step, &*name);
        Ok(name)
    }

    /// An operation for each request, unless one of this key was undone before.
    async fn make_unless_cancelled(
        &self,
        step: &'static str,
        key: &Key,
    ) -> Result<String, Refusal> {
        let is_cancelled = {
            let books = self.0.lock().unwrap();
            let entry = books.entries.get(&(step, key.to_string()));
            entry.is_some_and(|(made, undone)| made == undone)
        };
        if is_cancelled {
            return Err(Refusal(Verdict::Refused));
        }
        self.make_one(step, key.to_string()).await
    }

    /// One operation for each name.
    async fn make_once(&self, step: &'static str, name: &str) -> Result<(), Refusal> {
        let mut books = self.0.lock().unwrap();
        books.entries.entry((step, name.to_owned())).or_default().0 = 1;
        Ok(())
    }

    async fn take_back(&self, step: &'static str, name: &str) -> Result<(), Refusal> {
        let mut books = self.0.lock().unwrap();
        let entry = books.entries.entry((step, name.to_owned()));
        let (made, undone) = entry.or_default();
        *undone = *made;
        Ok(())
    }

    /// The name of what was made, if it was.
    async fn made(&self, step: &'static str, name: String) -> Result<Option<String>, Refusal> {
        let books = self.0.lock().unwrap();
        Ok(books
            .entries
            .contains_key(&(step, name.clone()))
            .then_some(name))
    }

    /// The mail about a seat names the quote that counts now, whoever asks.
    async fn mail_of(&self, seat: u32) -> Result<(), Refusal> {
        let quote = self.0.lock().unwrap().reads;
        self.make_once("seats/mail", &format!("seat {seat} of quote {quote}"))
            .await
    }

    fn standing(&self, step: &str) -> Vec<String> {
        let books = self.0.lock().unwrap();
        let of_step = books.entries.iter().filter(|((of, _), _)| *of == step);
        let standing = of_step.filter(|(_, (made, undone))| made > undone);
        standing.map(|((_, name), _)| name.clone()).collect()
    }
}

/// Nothing is found. On some paths the saga rolls back although a rerun was left to it, because of
/// what remains; `also` is asked after each.
fn is_right<M: Machine<Error = Refusal>>(
    saga: impl Fn(Post) -> Prepared<M> + 'static,
    also: impl Fn(&Post) -> Result<(), String> + 'static,
) {
    let refused = Rc::<Cell<bool>>::default();
    let seen = Rc::clone(&refused);
    let explorer = of(move |post| saga(post.clone())).invariant(move |post, summary: &Summary| {
        match summary.completeness() {
            None => return also(post),
            Some(Completeness::Compensated { left }) if !left.is_empty() => seen.set(true),
            Some(_) => {}
        }
        Ok(())
    });
    let report = explorer.run();
    report.assert();
    assert!(refused.get(), "{report}");
}

saga! {
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Seat(seat: String) with (post: Post) -> Result<String, Refusal> {
        #[late(1s)] #[retry(1)]
        step booked(post, seat, key) -> String {
            post.make_one("seats/booked", format!("{seat} {key}")).await
        }
            resolve(post, seat, key) { post.made("seats/booked", format!("{seat} {key}")).await }
            compensate(post, booked) { post.take_back("seats/booked", booked).await }

        #[idempotent]
        step mail(post, key) { post.make_once("seats/mail", key.as_str()).await }
            compensate none

        let () = mail;
        booked
    }

    /// The seats are those of the quote, which each rerun asks for again.
    #[saga(unchecked_reruns)]
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Travel() with (post: Post) -> Result<u32, Refusal> {
        #[savepoint(2, 1s..1s)]
        read quote(post) -> u32 = Post::read;

        for seat: String in (quote => vec![format!("{quote}A"), format!("{quote}B")])
        step seats(seat) -> String = saga Seat { seat: seat.clone() } with (post);

        read paid() { Ok(()) }

        let _ = (seats, paid);
        quote
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Room() with (post: Post) -> Result<String, Refusal> {
        #[retry(1)]
        step room(post, key) -> String { post.make_unless_cancelled("trip/room", key).await }
            #[by_key]
            compensate(post, key) { post.take_back("trip/room", key.as_str()).await }

        room
    }

    /// The child has no step that remains; its parent leaves it.
    #[saga(unchecked_reruns)]
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Plan() with (post: Post) -> Result<String, Refusal> {
        #[savepoint(2, 1s..1s)]
        read first() -> u32 { Ok(1) }

        step trip() -> String = saga Room {} with (post)
            compensate none

        read last() { Ok(()) }

        let _ = (first, last);
        trip
    }
}

#[test]
fn there_is_no_rerun_over_the_items_of_another_list() {
    is_right(
        |post| Travel {}.with(post).id("order-1"),
        |post| {
            let quote = post.0.lock().unwrap().reads.to_string();
            let booked = post.standing("seats/booked");
            let of_quote = booked.iter().all(|seat| seat.starts_with(&quote));
            (of_quote && booked.len() == 2)
                .then_some(())
                .ok_or_else(|| format!("{booked:?} are booked, and quote {quote} is paid"))
        },
    );
}

#[test]
fn there_is_no_rerun_over_a_child_that_is_left() {
    is_right(
        |post| Plan {}.with(post).id("order-1"),
        |post| match &post.standing("trip/room")[..] {
            [_] => Ok(()),
            rooms => Err(format!("the rooms are {rooms:?}")),
        },
    );
}

saga! {
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Told(seat: u32) with (post: Post) -> Result<(), Refusal> {
        #[idempotent]
        step mail(post, seat, key) { let _: &Key = key; post.mail_of(*seat).await }
            compensate none
    }

    /// The mails say what the declaration does not.
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga TellAll(number: u32) with (post: Post) -> Result<(), Refusal> {
        #[savepoint(2, 1s..1s)]
        read quote(post) -> u32 = Post::read;

        for seat: u32 in (number => (1..=*number).collect::<Vec<_>>())
        step seats(seat) = saga Told { seat: *seat } with (post);

        read paid() { Ok(()) }

        let _ = (quote, seats, paid);
    }
}

#[test]
fn children_of_items_that_say_something_else_are_named() {
    let saga = |post| TellAll { number: 2 }.with(post).id("order-1");
    let (finding, _) = found("paid action 1 refused", saga);
    let idempotent = (Some("seats/mail"), Contract::Idempotent);
    assert_eq!(
        (finding.step(), finding.contract()),
        idempotent,
        "{finding}"
    );
    let [_, first, _, second] = finding.repeated() else {
        panic!("two are sent twice: {finding}");
    };
    for again in [first, second] {
        let allowed = format!(", in the rerun from `quote`; allowed by: {UNDER_ONE_KEY}");
        assert!(again.ends_with(&allowed), "{finding}");
    }
}

/// A saga whose message is asked for before a rerun sends it again.
macro_rules! text {
    ($saga:ident $asked:path) => {
        saga! {
            #[classify(Refusal::verdict)]
            #[timeout(1s)]
            durable saga $saga() with (post: Post) -> Result<(), Refusal> {
                #[savepoint(2, 1s..1s)]
                read first() -> u32 { Ok(1) }

                #[late(1s)] #[retry(1)]
                step sms(post, key) { post.make_one("sms", key.to_string()).await.map(drop) }
                    resolve(post, key) { $asked(post, key).await }
                    compensate none

                read last() { Ok(()) }

                let _ = (first, sms, last);
            }
        }
    };
}

impl Post {
    async fn knows(&self, key: &Key) -> Result<Option<()>, Refusal> {
        Ok(self.made("sms", key.to_string()).await?.map(drop))
    }

    async fn forgets(&self, _: &Key) -> Result<Option<()>, Refusal> {
        Ok(None)
    }
}

text! { Text Post::knows }
text! { TextForgotten Post::forgets }

#[test]
fn a_service_that_forgets_what_it_has_done_is_named() {
    of(|post| Text {}.with(post.clone()).id("order-1"))
        .run()
        .assert();

    let forgotten = |post| TextForgotten {}.with(post).id("order-1");
    let (finding, _) = found("last action 1 refused", forgotten);
    let resolve = (Some("sms"), Contract::Resolve);
    assert_eq!((finding.step(), finding.contract()), resolve, "{finding}");
    let [_, again] = finding.repeated() else {
        panic!("called twice: {finding}");
    };
    let denied =
        ", in the rerun from `first`; allowed by: `resolve` had said that it did not happen";
    assert!(again.ends_with(denied), "{finding}");
}
