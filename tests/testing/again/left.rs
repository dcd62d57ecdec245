//! A child saga that its parent leaves in place, and runs again: what its steps do then is another
//! operation, which the parent's `compensate none again` allows.

use super::{Post, Refusal, found, of};
use typed_saga::{Key, saga, testing::Contract};

/// Where the step is in each saga below.
const PATHS: [&str; 3] = ["trip/room", "trips/room", "journey/trip/room"];

/// A hotel that makes two rooms of each request after the first, where it is `greedy`.
impl Post {
    async fn room(&self, place: usize, key: &Key, greedy: bool) -> Result<String, Refusal> {
        let mut books = self.0.lock().unwrap();
        let before = !books.entries.is_empty();
        let room = (PATHS[place], key.to_string());
        books.entries.entry(room).or_default().0 += 1 + u32::from(greedy && before);
        Ok(key.to_string())
    }

    async fn find(&self, place: usize, key: &Key) -> Result<Option<String>, Refusal> {
        let books = self.0.lock().unwrap();
        let room = (PATHS[place], key.to_string());
        Ok(books.entries.contains_key(&room).then_some(room.1))
    }

    async fn leave(&self, place: usize, room: &str) -> Result<(), Refusal> {
        let mut books = self.0.lock().unwrap();
        let entry = books.entries.entry((PATHS[place], room.to_owned()));
        let (made, undone) = entry.or_default();
        *undone = *made;
        Ok(())
    }
}

saga! {
    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Stay(place: usize, greedy: bool) with (post: Post) -> Result<(), Refusal> {
        #[late(1s)] #[retry(1)]
        step room(post, place, greedy, key) -> String { post.room(*place, key, *greedy).await }
            resolve(post, place, key) { post.find(*place, key).await }
            compensate(post, place, room) { post.leave(*place, room).await }

        let _ = room;
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Left(greedy: bool) with (post: Post) -> Result<(), Refusal> {
        #[savepoint(2, 1s..1s)]
        read first() -> u32 { Ok(1) }

        step trip(greedy) = saga Stay { place: 0, greedy: *greedy } with (post)
            compensate none again

        read checked() -> u32 { Ok(1) }

        let _ = (first, trip, checked);
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga EachLeft(greedy: bool) with (post: Post) -> Result<(), Refusal> {
        #[savepoint(2, 1s..1s)]
        read first() -> u32 { Ok(1) }

        for night: bool in (greedy => vec![*greedy])
        step trips(night) = saga Stay { place: 1, greedy: *night } with (post)
            compensate none again

        read checked() -> u32 { Ok(1) }

        let _ = (first, trips, checked);
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga Journey(greedy: bool) with (post: Post) -> Result<(), Refusal> {
        step trip(greedy) = saga Stay { place: 2, greedy: *greedy } with (post);
    }

    #[classify(Refusal::verdict)]
    #[timeout(1s)]
    durable saga LeftAbove(greedy: bool) with (post: Post) -> Result<(), Refusal> {
        #[savepoint(2, 1s..1s)]
        read first() -> u32 { Ok(1) }

        step journey(greedy) = saga Journey { greedy: *greedy } with (post)
            compensate none again

        read checked() -> u32 { Ok(1) }

        let _ = (first, journey, checked);
    }
}

/// A step of the child, of the child of an item, and of a grandchild: nothing is found while the hotel
/// keeps its promises; otherwise the finding names the parent's word, and not the library.
macro_rules! places {
    ($($test:ident $saga:ident $step:literal;)*) => { $(
        #[test]
        fn $test() {
            let saga = |post: &Post| $saga { greedy: false }.with(post.clone()).id("order-1");
            of(saga).run().assert();

            let greedy = |post| $saga { greedy: true }.with(post).id("order-1");
            let (finding, _) = found("checked action 1 refused", greedy);
            let named = (Some($step), Contract::Named);
            assert_eq!((finding.step(), finding.contract()), named, "{finding}");
            assert_eq!(finding.what(), "its effect was made 2 times under one key");
            let [_, again] = finding.repeated() else {
                panic!("called twice: {finding}");
            };
            let allowed = ", in the rerun from `first`; allowed by: `compensate none again`";
            assert!(again.ends_with(allowed), "{finding}");
        }
    )* };
}

places! {
    a_step_of_a_child_that_is_left Left "trip/room";
    a_step_of_the_child_of_an_item EachLeft "trips/room";
    a_step_of_a_grandchild LeftAbove "journey/trip/room";
}
