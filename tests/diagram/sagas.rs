//! Small sagas, a feature or two each.

use std::{marker::PhantomData, time::Duration};
use typed_saga::{Verdict, definition::Definition, saga};

pub(crate) const ALL: &[(&str, &Definition)] = &[
    ("one_step", &OneStep::DEFINITION),
    ("undo", &Undo::DEFINITION),
    ("left_standing", &LeftStanding::DEFINITION),
    ("fallback", &Fallback::DEFINITION),
    ("doubt", &Doubt::DEFINITION),
    ("when", &When::DEFINITION),
    ("arms", &super::arms::Arms::DEFINITION),
    ("siblings", &Siblings::DEFINITION),
    ("many_siblings", &ManySiblings::DEFINITION),
    ("savepoint", &Savepoint::DEFINITION),
    ("loops", &Loops::DEFINITION),
    ("pivot", &Pivot::DEFINITION),
    ("pivot_alone", &PivotAlone::DEFINITION),
    ("policies", &Policies::DEFINITION),
    ("long_names", &LongNames::DEFINITION),
    ("escapes", &Escapes::DEFINITION),
    ("governed", &Governed::DEFINITION),
    ("covered", &Covered::DEFINITION),
    ("constructs", &Constructs::DEFINITION),
    ("events", &Events::DEFINITION),
];

#[derive(Debug)]
pub(crate) struct Failed;

fn verdict(_: &Failed) -> Verdict {
    Verdict::Unknown
}

pub(crate) struct Text<const C: char>;
pub(crate) struct Pair<'a, A, B>(PhantomData<&'a (A, B)>);

saga! {
    pub(crate) saga OneStep(name: String) -> Result<String, Failed> {
        read greeting(name) -> String { Ok(name.clone()) }

        greeting
    }
}

saga! {
    pub(crate) saga Undo(n: u8) -> Result<u8, Failed> {
        step first(n) -> u8 { Ok(*n) }
            compensate(first) { let _ = first; Ok(()) }

        step second(n, first) -> u8 { Ok(n + first) }
            compensate(n, second) { let _ = (n, second); Ok(()) }

        second
    }
}

saga! {
    pub(crate) saga LeftStanding(n: u8) -> Result<_, Failed> {
        step note(n) { let _ = n; Ok(()) }
            compensate none
        step booking(n) -> u8 { Ok(*n) }
            compensate(booking) { let _ = booking; Ok(()) }
    }
}

saga! {
    pub(crate) saga Fallback(n: u8) -> Result<u8, Failed> {
        read rates(n) -> u8 { Ok(*n) }
            fallback(n, failure) { let _ = failure; Ok(*n) }

        rates
    }
}

saga! {
    /// All ways to settle an unknown outcome, and two of them together.
    #[classify(verdict)]
    pub(crate) saga Doubt(n: u8) -> Result<_, Failed> {
        #[idempotent]
        step again(n, key) -> u8 { let _ = key; Ok(*n) }
            compensate(again) { let _ = again; Ok(()) }

        step by_key(n, key) -> u8 { let _ = key; Ok(*n) }
            #[by_key]
            compensate(key) { let _ = key; Ok(()) }

        #[late(30s)]
        step asked(n, key) -> u8 { let _ = key; Ok(*n) }
            #[retry(7, 1s..1m)] #[timeout(2s)]
            resolve(key) { let _ = key; Ok(None) }
            compensate(asked) { let _ = asked; Ok(()) }

        #[idempotent]
        step all(n, key) -> u8 { let _ = key; Ok(*n) }
            resolve(key) { let _ = key; Ok(None) }
            #[by_key] #[retry(forever, 1s..5m)]
            compensate(key) { let _ = key; Ok(()) }
    }
}

saga! {
    pub(crate) saga When(n: u8) -> Result<Option<u8>, Failed> {
        #[when(n => *n > 1)]
        step extra(n) -> u8 { Ok(*n) }
            compensate(extra) { let _ = extra; Ok(()) }

        extra
    }
}

saga! {
    /// One sibling waits for another, and a third for both.
    pub(crate) saga Siblings(n: u8) -> Result<u8, Failed> {
        concurrent {
            read a(n) -> u8 { Ok(*n) }
            step b(n) -> u8 { Ok(*n) }
                compensate(b) { let _ = b; Ok(()) }
            step c(a) -> u8 { Ok(*a) }
                compensate(c) { let _ = c; Ok(()) }
            #[after(a)]
            read d(b, c) -> u8 { Ok(b + c) }
        }

        concurrent {
            read e(n) -> u8 { Ok(*n) }
            read f(n) -> u8 { Ok(*n) }
        }

        d + e + f
    }
}

saga! {
    pub(crate) saga ManySiblings(n: u8) -> Result<_, Failed> {
        concurrent {
            step a(n) -> u8 { Ok(*n) }
                compensate(a) { let _ = a; Ok(()) }
            step b(n) -> u8 { Ok(*n) }
                compensate none
            read c(n) -> u8 { Ok(*n) }
            read d(n) -> u8 { Ok(*n) }
            read e(n) -> u8 { Ok(*n) }
            read f(n) -> u8 { Ok(*n) }
            read g(n) -> u8 { Ok(*n) }
        }
    }
}

saga! {
    pub(crate) saga Savepoint(n: u8) -> Result<_, Failed> {
        #[savepoint(3, 10ms..1s)]
        read stock(n) -> u8 { Ok(*n) }

        #[savepoint(1, 10ms..1s, if = |_| true)]
        step item(n, stock) -> u8 { Ok(n + stock) }
            compensate(item) { let _ = item; Ok(()) }

        concurrent {
            #[savepoint(1)]
            step hotel(item) -> u8 { Ok(*item) }
                compensate(hotel) { let _ = hotel; Ok(()) }
            #[savepoint(2)]
            step car(item) -> u8 { Ok(*item) }
                compensate(car) { let _ = car; Ok(()) }
        }
    }
}

saga! {
    pub(crate) saga Pivot(n: u8) -> Result<u8, Failed> {
        step hold(n) -> u8 { Ok(*n) }
            compensate(hold) { let _ = hold; Ok(()) }

        #[idempotent]
        pivot charge(hold, _key) -> u8 { Ok(*hold) }

        concurrent {
            #[idempotent]
            step mail(n, _key) { let _ = n; Ok(()) }
            #[idempotent]
            step print(n, _key) { let _ = n; Ok(()) }
        }

        charge
    }
}

saga! {
    pub(crate) saga PivotAlone(n: u8) -> Result<u8, Failed> {
        #[idempotent(by = n)]
        pivot charge(n) -> u8 { Ok(*n) }

        charge
    }
}

saga! {
    #[timeout(1m)]
    #[name = "policies.v1"]
    pub(crate) saga Policies(n: u8) -> Result<_, Failed> {
        #[retry(3, 100ms..1.5s)] #[idempotent]
        #[name = "old-name"]
        step first(n, _key) -> u8 { Ok(*n) }
            #[timeout(5s)] #[retry(forever, 1s..1h)]
            compensate(first) { let _ = first; Ok(()) }

        #[timeout(Duration::from_secs(90))]
        read second(first) -> u8 { Ok(*first) }
    }
}

saga! {
    #[classify(verdict)]
    pub(crate) saga Loops(lines: Vec<String>, gift: bool) -> Result<usize, Failed> {
        #[timeout(5s)] #[idempotent] #[concurrent(8)] #[savepoint(2)]
        for line: String in (lines => lines.clone())
        step reserved(line, key) -> usize { let _ = key; Ok(line.len()) }
            #[retry(3)]
            compensate(line, reserved) { let _ = (line, reserved); Ok(()) }

        concurrent {
            #[when(gift => *gift)]
            for line: String in (lines => lines.clone())
            read paper(line) -> usize { Ok(line.len()) }

            #[when(size => *size > 3)]
            #[idempotent]
            for size: usize in (reserved => reserved.clone())
            step boxed(size, key) -> usize { let _ = key; Ok(*size) }
                compensate none again
        }

        paper.map_or(0, |paper| paper.len()) + boxed.len() + reserved.len()
    }
}

saga! {
    pub(crate) saga LongNames(
        an_input_with_a_very_long_name: u8,
        and_a_second_one_that_is_hardly_shorter: u8,
    ) -> Result<_, Failed> {
        #[retry(1000000, 100ms..1.5s)] #[idempotent(by = an_input_with_a_very_long_name)]
        step a_step_whose_name_is_longer_than_any_card_should_ever_have_to_be(
            an_input_with_a_very_long_name, and_a_second_one_that_is_hardly_shorter,
        ) -> Result<Vec<Option<String>>, Box<dyn std::error::Error + Send + Sync + 'static>> {
            let _ = (
                an_input_with_a_very_long_name,
                and_a_second_one_that_is_hardly_shorter,
            );
            Ok(Ok(Vec::new()))
        }
            compensate(
                an_input_with_a_very_long_name,
                a_step_whose_name_is_longer_than_any_card_should_ever_have_to_be,
            ) {
                let _ = (
                    an_input_with_a_very_long_name,
                    a_step_whose_name_is_longer_than_any_card_should_ever_have_to_be,
                );
                Ok(())
            }

        concurrent {
            read the_first_of_three_siblings_with_long_names(an_input_with_a_very_long_name) -> u8 {
                Ok(*an_input_with_a_very_long_name)
            }
            #[savepoint(1)]
            read the_second_of_three_siblings_with_long_names(
                an_input_with_a_very_long_name,
            ) -> u8 { Ok(*an_input_with_a_very_long_name) }
            read übernächste_größe(an_input_with_a_very_long_name) -> u8 {
                Ok(*an_input_with_a_very_long_name)
            }
        }
    }
}

saga! {
    /// Types have what a format could take for its own.
    pub(crate) saga Escapes(n: u8) -> Result<Pair<'static, Text<'"'>, Text<'|'>>, Failed> {
        read first(n) -> Text<'|'> { let _ = n; Ok(Text) }
        read second(n) -> Pair<'static, &'static str, Text<'`'>> {
            let _ = n;
            Ok(Pair(PhantomData))
        }
        read third(n) -> Text<'\\'> { let _ = n; Ok(Text) }

        let _ = (first, second, third);
        Pair(PhantomData)
    }
}

saga! {
    pub(crate) saga Governed(gift: bool, express: bool) -> Result<u8, Failed> {
        step goods() -> u8 { Ok(1) }
            compensate(goods) { let _ = goods; Ok(()) }

        when (gift, goods => *gift && *goods > 0) {
            step paper(goods) -> u8 { Ok(*goods) }
                compensate(paper) { let _ = paper; Ok(()) }

            concurrent {
                step ribbon(paper) -> u8 { Ok(*paper) }
                    compensate none
                #[when(paper => *paper > 1)]
                step card(paper) -> u8 { Ok(*paper) }
                    compensate with paper
            }
        }

        when (express => *express) {
            read courier(goods) -> u8 { Ok(*goods) }
        }

        let _ = (ribbon, card, courier);
        goods
    }
}

saga! {
    pub(crate) saga Covered(n: u8) -> Result<u8, Failed> {
        step record(n) -> u8 { Ok(*n) }
            compensate(record) { let _ = record; Ok(()) }

        step lines(record) -> u8 { Ok(*record) }
            compensate with record

        lines
    }
}

pub(crate) mod gifts {
    use super::Failed;
    use typed_saga::saga;

    saga! {
        pub(crate) saga Wrap<T: Clone + Send + Sync + 'static>(of: T)
        with (stock: u8)
        -> Result<u8, Failed>
        {
            step paper(stock, of) -> u8 { let _ = of; Ok(*stock) }
                compensate(paper) { let _ = paper; Ok(()) }

            paper
        }
    }
}

saga! {
    /// A loop, a saga as a step, a `when` block, a signal and a sleep.
    pub(crate) saga Constructs(lines: Vec<u8>, gift: bool) with (stock: u8) -> Result<u8, Failed> {
        for line: u8 in (lines => lines.clone())
        step reserved(line) -> u8 { Ok(*line) }
            compensate(reserved) { let _ = reserved; Ok(()) }

        #[timeout(never)]
        signal paid -> u8;

        when (gift => *gift) {
            #[retry(3)]
            step wrapped(reserved) -> u8 =
                saga gifts::Wrap::<usize> { of: reserved.len() } with (stock);
        }

        sleep dried(gift => Duration::from_secs(u64::from(*gift)));

        step note(wrapped) { let _ = wrapped; Ok(()) }
            compensate none

        paid
    }
}

saga! {
    /// What others are told.
    pub(crate) saga Events(order: u8, gift: bool)
    with (bus: u8)
    -> Result<u8, Failed> emit Vec<u8>
    {
        step held(order) -> u8 { Ok(*order) }
            compensate(held) { let _ = held; Ok(()) }

        emit(order, held => [vec![*order, *held]]);

        when (gift => *gift) {
            emit(order => [vec![*order]]);

            step paper() -> u8 { Ok(1) }
                compensate none;

            emit(paper => [vec![*paper]]);
        }

        emit(held => [vec![*held]]);

        read parcel(held) -> u8 { Ok(*held) }

        emit(parcel, paper => [vec![*parcel, paper.unwrap_or_default()]]);
        emit failed(order, failure => [vec![*order, u8::from(failure.error().is_some())]]);
        publish(bus, event) { let _ = (bus, event); Ok(()) }

        parcel
    }
}
