//! What may remain when a rerun begins, and is called again; and what no rerun meets.

use typed_saga::{Key, Verdict, saga};

#[derive(Debug)]
struct Failed;

impl Failed {
    fn verdict(&self) -> Verdict {
        Verdict::Unknown
    }
}

#[derive(Clone)]
struct Post;

impl Post {
    async fn send(&self, _: &u32, _: &Key) -> Result<u32, Failed> {
        Ok(1)
    }
    async fn find(&self, _: &Key) -> Result<Option<u32>, Failed> {
        Ok(None)
    }
}

saga! {
    #[classify(Failed::verdict)]
    saga Every(number: u32, list: Vec<u32>) with (post: Post) -> Result<u32, Failed> {
        #[idempotent]
        step before(post, number, key) -> u32 = Post::send
            compensate none;

        #[savepoint(2)]
        read quote(number) -> u32 { Ok(*number) }

        #[idempotent]
        step mail(post, quote, key) -> u32 = Post::send
            compensate none again;

        // The service acts once, whatever the round.
        #[idempotent(by = number)]
        step transfer(post, number, _key) -> u32 { let _ = post; Ok(*number) }
            compensate none again

        #[late(1s)]
        step asked(post, quote, key) -> u32 = Post::send
            resolve(post, key) = Post::find
            compensate none again;

        #[idempotent]
        for item: u32 in (list, quote => list.iter().map(|item| item + quote).collect::<Vec<_>>())
        step each(post, item, key) -> u32 = Post::send
            compensate none again;

        when (number => *number > 0) {
            #[idempotent]
            step inside(post, number, key) -> u32 = Post::send
                compensate none again;
        }

        // A rerun is due after a failure of `mail` or `each` alone.
        #[savepoint(2, on(second))]
        read second(number) -> u32 { Ok(*number) }

        // No failure comes later.
        #[idempotent]
        step last(post, second, key) -> u32 = Post::send
            compensate none;

        { let _ = (transfer, mail, asked, each, inside, last); before }
    }

    #[classify(Failed::verdict)]
    saga Child(number: u32, other: u32) with (post: Post) -> Result<u32, Failed> {
        #[idempotent]
        step sent(post, number, key) -> u32 = Post::send
            #[by_key] compensate(key) { let _ = key; Ok(()) }

        #[idempotent]
        step mail(post, other, key) -> u32 = Post::send
            compensate none again;

        { let _ = mail; sent }
    }

    #[classify(Failed::verdict)]
    saga Parent(number: u32) with (post: Post) -> Result<u32, Failed> {
        #[savepoint(2)]
        read quote(number) -> u32 { Ok(*number) }

        #[retry(2)]
        step child(number, quote) -> u32 = saga Child { number: *number, other: *quote } with (post);

        step kept(quote) -> u32 = saga Child { number: 1, other: *quote } with (post)
            compensate none again

        step whole(number) -> u32 = saga Whole { number: *number } with (post)
            compensate none again

        #[idempotent]
        pivot paid(post, number, key) -> u32 = Post::send;

        step behind(paid) -> u32 = saga Child { number: *paid, other: 1 } with (post);

        { let _ = (kept, whole, behind); child }
    }

    #[classify(Failed::verdict)]
    saga Whole(number: u32) with (post: Post) -> Result<u32, Failed> {
        #[idempotent]
        step first(post, number, key) -> u32 = Post::send
            #[by_key] compensate(key) { let _ = key; Ok(()) }

        #[idempotent]
        step second(post, first, key) -> u32 = Post::send
            compensate none

        second
    }

    /// No rerun from a savepoint of one arm meets what is in the other.
    saga Arms(number: u32, large: bool) with (post: Post) -> Result<u32, Failed> {
        #[savepoint(2)]
        read id(number) -> u32 { Ok(*number) }

        when (large => *large) {
            #[savepoint(2)] #[idempotent]
            step insured(post, number, key) -> u32 = Post::send
                #[by_key] compensate(key) { let _ = key; Ok(()) }
        } else {
            // Its key is of each round.
            #[idempotent(by = id)]
            step plain(id) -> u32 { Ok(*id) }
                compensate(plain) { let _ = plain; Ok(()) }
        }

        insured.or(plain).unwrap_or(number)
    }

    saga Remains(number: u32, large: bool) with (post: Post) -> Result<u32, Failed> {
        when (large => *large) {
            #[savepoint(2)] #[idempotent]
            step insured(post, number, key) -> u32 = Post::send
                #[by_key] compensate(key) { let _ = key; Ok(()) }
        } else {
            // No rerun meets it.
            #[idempotent]
            step plain(post, number, ctx) -> u32 { post.send(number, &ctx.key()).await }
                compensate none
        }

        read checked(number) { let _ = number; Ok(()) }

        let () = checked;
        insured.or(plain).unwrap_or(number)
    }

    /// The word after `compensate none` is no name.
    saga Words(again: u32) -> Result<u32, Failed> {
        step kept(again) { let _ = again; Ok(()) }
            compensate none again;

        step a() { Ok(()) } compensate none again step b() { Ok(()) } compensate none again

        step last(kept) { let () = kept; Ok(()) }
            compensate none

        { let ((), (), ()) = (a, b, last); again }
    }
}

#[tokio::test]
async fn runs() {
    let every = Every {
        number: 1,
        list: vec![2],
    };
    assert_eq!(every.with(Post).await.unwrap(), 1);
    assert_eq!(Parent { number: 1 }.with(Post).await.unwrap(), 1);
    assert_eq!(Words { again: 2 }.run().await.unwrap(), 2);
}
