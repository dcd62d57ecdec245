//! Sagas that have a value at every place where one is recorded, and note it wherever code of the
//! user can see it.

use super::odd::{Odd, Seen};
use crate::durable::world::Trouble;
use typed_saga::{Verdict, saga};

fn trouble<T>(verdict: Verdict) -> Result<T, Trouble> {
    Err(Trouble(verdict, "on purpose".into()))
}

/// An item, and its number.
type Numbered = (usize, Odd);

fn numbered(many: &[Odd]) -> Vec<Numbered> {
    many.iter().cloned().enumerate().collect()
}

saga! {
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Inner(of: String, given: Odd)
    with (seen: Seen)
    -> Result<Odd, Trouble>
    {
        #[idempotent]
        step own(seen, of, given, _key) -> Odd { seen.of(of, "given", given); Ok(Odd::made()) }
            compensate(seen, of, given, own) {
                seen.of(of, "given", given);
                seen.of(of, "own", own);
                Ok(())
            }

        sleep rest(5s);

        read later(seen, of, given, own) -> Odd {
            seen.of(of, "given", given);
            seen.of(of, "own", own);
            Ok(Odd::made())
        }

        read last(seen, of, given, own, later) {
            seen.of(of, "given", given);
            seen.of(of, "own", own);
            seen.of(of, "later", later);
            Ok(())
        }

        let () = last;
        let _ = later;
        own
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Outer(given: Odd, many: Vec<Odd>, fails: bool)
    with (seen: Seen)
    -> Result<(Odd, Odd, Vec<Odd>), Trouble> emit Odd
    {
        read fetched(seen, given) -> Odd { seen.at("given", given); Ok(Odd::made()) }

        #[idempotent]
        step made(seen, given, fetched, _key) -> Odd {
            seen.at("given", given);
            seen.at("fetched", fetched);
            Ok(Odd::made())
        }
            compensate(seen, given, fetched, made) {
                seen.at("given", given);
                seen.at("fetched", fetched);
                seen.at("made", made);
                Ok(())
            }

        #[late(0s)]
        step found(seen, made) -> Odd { seen.at("made", made); trouble(Verdict::Unknown) }
            resolve(seen, made) { seen.at("made", made); Ok(Some(Odd::made())) }
            compensate(seen, found) { seen.at("found", found); Ok(()) }

        read instead(seen, found) -> Odd { seen.at("found", found); trouble(Verdict::Refused) }
            fallback(seen, found) { seen.at("found", found); Ok(Odd::made()) }

        #[when(many => !many.is_empty())]
        #[idempotent]
        step maybe(seen, instead, _key) -> Odd { seen.at("instead", instead); Ok(Odd::made()) }
            compensate(seen, maybe) { seen.at("maybe", maybe); Ok(()) }

        when (many => !many.is_empty()) {
            read within(seen, maybe) -> Odd { seen.at("perhaps maybe", maybe); Ok(Odd::made()) }
            read beside_it(seen, within) { seen.at("within", within); Ok(()) }
        }

        concurrent {
            #[idempotent]
            step first(seen, made, _key) -> Odd { seen.at("made", made); Ok(Odd::made()) }
                compensate(seen, first) { seen.at("first", first); Ok(()) }

            #[idempotent]
            step second(seen, first, _key) -> Odd { seen.at("first", first); Ok(Odd::made()) }
                compensate(seen, second) { seen.at("second", second); Ok(()) }
        }

        #[idempotent]
        for item: Odd in (many => many.clone())
        step each(seen, item, _key) -> Odd { seen.at("item", item); Ok(Odd::made()) }
            compensate(seen, item, each) {
                seen.at("item", item);
                seen.at("one of each", each);
                Ok(())
            }

        #[when(item => item.0 % 2 == 0)]
        for item: Numbered in (many => numbered(many))
        read some(seen, item) -> Odd { seen.at("numbered", &item.1); Ok(Odd::made()) }

        step child(seen, made, some, beside_it) -> Odd =
            saga Inner {
            of: "child".to_owned(),
            given: {
                seen.at("some", some);
                let _ = beside_it;
                made.clone()
            },
        } with (seen);

        for item: Odd in (each => each.clone())
        step children(seen, item) -> Odd =
            saga Inner {
            of: "one of the children".to_owned(),
            given: { seen.at("item again", item); item.clone() },
        } with (seen);

        #[timeout(never)]
        signal sent -> Odd;

        sleep pause(5s);

        read judged(
            seen, given, many, fails, fetched, made, found, instead, maybe, first, second, each,
            some, child, children, sent,
        ) {
            seen.at("given", given);
            seen.at("many", many);
            seen.at("fetched", fetched);
            seen.at("made", made);
            seen.at("found", found);
            seen.at("instead", instead);
            seen.at("perhaps maybe", maybe);
            seen.at("first", first);
            seen.at("second", second);
            seen.at("each", each);
            seen.at("some", some);
            seen.at("child", child);
            seen.at("children", children);
            seen.at("sent", sent);
            if *fails {
                trouble(Verdict::Refused)
            } else {
                Ok(())
            }
        }

        #[idempotent]
        pivot decided(seen, judged, made, _key) -> Odd {
            let () = *judged;
            seen.at("made", made);
            Ok(Odd::made())
        }

        #[idempotent]
        step after(seen, decided, _key) -> Odd { seen.at("decided", decided); Ok(Odd::made()) }

        sleep more(5s);

        read last(seen, decided, after, each, some, sent) {
            seen.at("decided", decided);
            seen.at("after", after);
            seen.at("each", each);
            seen.at("some", some);
            seen.at("sent", sent);
            Ok(())
        }

        emit(made, each => [vec![made.clone()], each.clone()].concat());
        emit failed(given => [given.clone()]);

        publish(seen, event, _key) { seen.at("event", event); Ok(()) }

        finally(seen, given) { seen.at("given", given); }

        let () = last;
        (made, after, each)
    }

    /// Runs again from its savepoint, with the items that it has.
    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga Again(many: Vec<Odd>) with (seen: Seen) -> Result<(), Trouble> {
        #[savepoint(2, 1s..1s, jitter = false)]
        read round(ctx) -> u32 { Ok(ctx.round()) }

        #[idempotent]
        step made(seen, round, _key) -> Odd {
            seen.of(&round.to_string(), "round", round);
            Ok(Odd::made())
        }
            compensate(seen, made) { seen.at("made", made); Ok(()) }

        #[idempotent]
        for item: Odd in (many => many.clone())
        step stays(item, _key) -> Odd { Ok(item.clone()) }
            compensate none again

        sleep pause(5s);

        read judged(seen, round, made, stays) {
            seen.at("made", made);
            seen.of(&round.to_string(), "stays", stays);
            if *round == 0 {
                trouble(Verdict::Refused)
            } else {
                Ok(())
            }
        }

        let () = judged;
    }

    #[classify(Trouble::verdict)]
    #[timeout(10s)]
    pub(crate) durable saga ByHand() with (seen: Seen) -> Result<Odd, Trouble> {
        #[idempotent]
        pivot decided(_key) { Ok(()) }

        #[idempotent]
        step told(decided, _key) -> Odd { let () = *decided; trouble(Verdict::Refused) }

        read later(seen, told) -> Odd { seen.at("told", told); Ok(Odd::made()) }

        sleep pause(5s);

        read last(seen, told, later) {
            seen.at("told", told);
            seen.at("later", later);
            Ok(())
        }

        let () = last;
        told
    }
}
