//! What may remain over a rerun: what is kept, what is called again alike or anew, and what is asked
//! for first.

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

        // With the same content, also through others that remain.
        #[idempotent]
        step alike(post, before, key) -> u32 = Post::send
            compensate none;

        #[idempotent(by = alike)]
        step by_what_remains(post, alike, _key) -> u32 { let _ = post; Ok(*alike) }
            compensate none

        // The mail is out, go on.
        #[idempotent]
        step mail(post, quote, key) -> u32 = Post::send
            compensate none once;

        #[idempotent]
        step told(post, mail, key) -> u32 = Post::send
            compensate none;

        #[idempotent(by = quote)]
        step anew(post, quote, _key) -> u32 { let _ = post; Ok(*quote) }
            compensate none again

        // It is asked for first, whatever it reads.
        #[late(1s)]
        step asked(post, quote, key) -> u32 = Post::send
            resolve(post, key) = Post::find
            compensate none;

        // Nothing about `()` can differ.
        step unit(quote) { let _ = quote; Ok(()) }
            #[by_key] compensate(key) { let _ = key; Ok(()) }

        #[idempotent]
        step behind_unit(post, number, unit, key) -> u32 { let () = unit; post.send(number, key).await }
            compensate none

        // The list is kept, …
        #[idempotent]
        for item: u32 in (list, before => list.iter().map(|item| item + before).collect::<Vec<_>>())
        step each(post, item, key) -> u32 = Post::send
            compensate none;

        // … and so is this one, made of what is kept.
        #[idempotent]
        for item: u32 in (mail => 0..*mail)
        step of_kept(post, item, key) -> u32 = Post::send
            compensate none;

        #[idempotent]
        for item: u32 in (quote => 0..*quote)
        step each_anew(post, item, key) -> u32 = Post::send
            compensate none again;

        when (number => *number > 0) {
            #[idempotent]
            step inside(post, number, key) -> u32 = Post::send
                compensate none once;
        }

        { let _ = (by_what_remains, told, anew, asked, behind_unit, each, of_kept, each_anew, inside); before }
    }

    #[classify(Failed::verdict)]
    saga Child(number: u32, other: u32) with (post: Post) -> Result<u32, Failed> {
        #[idempotent]
        step sent(post, number, key) -> u32 = Post::send
            compensate none;

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
            compensate none once

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
            #[by_key] compensate(key) { let _ = key; Ok(()) }

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
            // It need not say what a rerun does about it.
            #[idempotent]
            step plain(post, number, ctx) -> u32 { post.send(number, &ctx.key()).await }
                compensate none
        }

        read checked(number) { let _ = number; Ok(()) }

        let () = checked;
        insured.or(plain).unwrap_or(number)
    }

    /// Words after `compensate none` are no names.
    saga Words(once: Vec<u32>, again: u32) -> Result<usize, Failed> {
        step kept(again) { let _ = again; Ok(()) }
            compensate none once;

        step a() { Ok(()) } compensate none once step b() { Ok(()) } compensate none again

        step last(kept) { let () = kept; Ok(()) }
            compensate none

        once.len() + usize::try_from(again).unwrap_or(0) + { let ((), (), ()) = (a, b, last); 0 }
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
    let words = Words {
        once: vec![1],
        again: 2,
    };
    assert_eq!(words.run().await.unwrap(), 3);
}
