//! Sources of crates: sagas, and the same code by hand, with any number of steps, each with its own
//! effect type.

use std::fmt::Write as _;

/// A crate.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its name in tables.
    pub title: String,
    /// Its source.
    pub text: String,
    /// How many steps there are in all.
    pub steps: usize,
    /// Its line in a plot.
    pub line: Option<&'static str>,
}

const SHOP: &str = "\
#[derive(Clone, Copy)]
pub struct Shop;
#[derive(Debug)]
pub struct Refused(pub u64);
impl Shop {
    pub async fn act(&self, n: u64) -> Result<u64, Refused> { Ok(n + 1) }
    pub async fn undo(&self, n: u64) -> Result<(), Refused> { if n > 0 { Ok(()) } else { Err(Refused(n)) } }
}
pub fn now<F: Future>(future: F) -> F::Output {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut cx) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => unreachable!(),
    }
}
";

/// Nothing but the dependency.
#[must_use]
pub fn empty() -> Source {
    Source {
        name: "empty".to_owned(),
        title: "empty".to_owned(),
        text: format!(
            "{SHOP}\nfn main() {{ println!(\"0\"); let _ = now(Shop.act(1)); let _ = now(Shop.undo(1)); }}\n"
        ),
        steps: 0,
        line: None,
    }
}

/// One saga.
#[must_use]
pub fn saga(steps: usize) -> Source {
    Source {
        name: format!("saga-{steps}"),
        title: format!("saga! of {steps} steps"),
        text: format!(
            "{SHOP}{}\nfn main() {{ println!(\"{{}}\", now(saga0::Many {{ n: std::hint::black_box(1) }}.with(Shop).into_future()).is_ok()); }}\n",
            module(0, steps)
        ),
        steps,
        line: Some("saga!"),
    }
}

/// One saga, whose program prints how many bytes its run allocates: the box of its future, and
/// nothing else.
#[must_use]
pub fn sized(steps: usize) -> Source {
    let main = "
#[global_allocator]
static COUNTED: &stats_alloc::StatsAlloc<std::alloc::System> = &stats_alloc::INSTRUMENTED_SYSTEM;
fn main() {
    let region = stats_alloc::Region::new(COUNTED);
    let ended = now(saga0::Many { n: 1 }.with(Shop).into_future());
    let change = region.change();
    assert!(ended.is_ok() && change.allocations == 1);
    println!(\"{}\", change.bytes_allocated);
}
";
    Source {
        name: format!("sized-{steps}"),
        title: format!("saga! of {steps} steps"),
        text: format!("{SHOP}{}{main}", module(0, steps)),
        steps,
        line: None,
    }
}

/// A saga of two steps, or the same with one of each construct between them, and a saga that is one
/// of its steps, and is there in both.
#[must_use]
pub fn constructs(with: bool) -> Source {
    let (name, title, between) = if with {
        (
            "constructs",
            "saga! of 2 steps, a loop, a saga as a step, a `when` block, a signal and a sleep",
            CONSTRUCTS,
        )
    } else {
        ("plain", "saga! of 2 steps, beside one of 1 step", "")
    };
    Source {
        name: name.to_owned(),
        title: title.to_owned(),
        text: format!(
            "{SHOP}
pub mod parts {{
    use super::{{Refused, Shop}};
    typed_saga::saga! {{ pub saga Child(n: u64) with (shop: Shop) -> Result<u64, Refused> {{
        step only(shop, n) -> u64 {{ shop.act(*n).await }} compensate(shop, only) {{ shop.undo(*only).await }}
        only
    }} }}
    typed_saga::saga! {{ pub saga Parent(n: u64) with (shop: Shop) -> Result<u64, Refused> {{
        step first(shop, n) -> u64 {{ shop.act(*n).await }} compensate(shop, first) {{ shop.undo(*first).await }}
        {between}
        step last(shop, first) -> u64 {{ shop.act(*first).await }} compensate(shop, last) {{ shop.undo(*last).await }}
        last
    }} }}
}}
fn main() {{
    drop(parts::Child {{ n: 1 }}.with(Shop).into_future());
    drop(parts::Parent {{ n: 1 }}.with(Shop).into_future());
}}
"
        ),
        steps: 0,
        line: None,
    }
}

const CONSTRUCTS: &str = "
        for m: u64 in (n => 0..*n)
        step many(shop, m) -> u64 { shop.act(*m).await } compensate(shop, many) { shop.undo(*many).await }
        step _child(first) -> u64 = saga Child { n: *first } with (shop);
        when (n => *n > 1) {
            step inside(shop, n) -> u64 { shop.act(*n).await } compensate(shop, inside) { shop.undo(*inside).await }
        }
        #[timeout(1s)]
        signal _paid -> u64;
        sleep a_while(n => std::time::Duration::from_millis(*n));
";

/// Several sagas in one crate.
#[must_use]
pub fn many(sagas: usize, steps: usize) -> Source {
    let modules: String = (0..sagas).map(|saga| module(saga, steps)).collect();
    let mut main = String::new();
    for saga in 0..sagas {
        let _ = write!(
            main,
            " drop(now(saga{saga}::Many {{ n: 1 }}.with(Shop).into_future()));"
        );
    }
    Source {
        name: format!("sagas-{sagas}"),
        title: format!("{sagas} times saga! of {steps} steps"),
        text: format!("{SHOP}{modules}\nfn main() {{{main} }}\n"),
        steps: sagas * steps,
        line: None,
    }
}

/// A saga in a module of its own.
fn module(number: usize, steps: usize) -> String {
    let mut text = format!("pub mod saga{number} {{ use super::{{Refused, Shop}};\n");
    effects(&mut text, steps);
    text +=
        "typed_saga::saga! { pub saga Many(n: u64) with (shop: Shop) -> Result<u64, Refused> {\n";
    for step in 0..steps {
        let (read, value) = match step {
            0 => ("n".to_owned(), "*n".to_owned()),
            step => (format!("s{}", step - 1), format!("s{}.0", step - 1)),
        };
        let _ = writeln!(
            text,
            "step s{step}(shop, {read}) -> E{step} {{ shop.act({value}).await.map(E{step}) }} compensate(shop, s{step}) {{ shop.undo(s{step}.0).await }}"
        );
    }
    let _ = writeln!(text, "s{}.0\n}} }} }}", steps.saturating_sub(1));
    text
}

fn effects(text: &mut String, steps: usize) {
    for step in 0..steps {
        let _ = writeln!(text, "pub struct E{step}(pub u64);");
    }
}

/// A `match` in a `match`, with the compensations written out in each.
#[must_use]
pub fn by_hand(steps: usize) -> Source {
    let main = "println!(\"{}\", now(hand0::many(std::hint::black_box(1), Shop)).is_ok());";
    Source {
        name: format!("hand-{steps}"),
        title: format!("by hand: nested match of {steps} steps"),
        text: format!("{SHOP}{}fn main() {{ {main} }}\n", hand(0, steps)),
        steps,
        line: Some("by hand: nested match"),
    }
}

/// Several of them in one crate.
#[must_use]
pub fn many_by_hand(functions: usize, steps: usize) -> Source {
    let modules: String = (0..functions).map(|number| hand(number, steps)).collect();
    let mut main = String::new();
    for number in 0..functions {
        let _ = write!(
            main,
            " let _ = now(hand{number}::many(std::hint::black_box(1), Shop));"
        );
    }
    Source {
        name: format!("hands-{functions}"),
        title: format!("by hand: {functions} times nested match of {steps} steps"),
        text: format!("{SHOP}{modules}fn main() {{{main} }}\n"),
        steps: functions * steps,
        line: None,
    }
}

/// Nested matches in a module of their own.
fn hand(number: usize, steps: usize) -> String {
    let mut text = format!("pub mod hand{number} {{ use super::{{Refused, Shop}};\n");
    effects(&mut text, steps);
    text += "pub async fn many(n: u64, shop: Shop) -> Result<u64, Refused> {\n";
    for step in 0..steps {
        let value = step
            .checked_sub(1)
            .map_or("n".to_owned(), |last| format!("e{last}.0"));
        let _ = writeln!(
            text,
            "match shop.act({value}).await.map(E{step}) {{ Ok(e{step}) =>"
        );
    }
    let _ = writeln!(text, "Ok(e{}.0),", steps.saturating_sub(1));
    for step in (0..steps).rev() {
        text += "Err(error) => {";
        for done in (0..step).rev() {
            let _ = write!(text, " let _ = shop.undo(e{done}.0).await;");
        }
        text += " Err(error) } }";
        text += if step > 0 { ",\n" } else { "\n" };
    }
    text + "} }\n"
}
