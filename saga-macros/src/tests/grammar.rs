use std::time::Duration;

use quote::{ToTokens, quote};

use super::{BOOK_TRIP, NO_MISTAKES, around, checked, good, in_body, tokens};
use crate::model::{
    Attrs, Code, Compensate, Kind, Limit, Node, Output, Saga, Source, Step, TimingValue,
};
use crate::names::{is_lint, word};

fn step<'a>(saga: &'a Saga, name: &str) -> &'a Step {
    saga.steps()
        .find(|step| step.name == name)
        .expect("the saga has that step")
}

fn sources(reads: &[crate::model::Read]) -> Vec<Source> {
    reads.iter().map(|read| read.source).collect()
}

fn clause(step: &Step) -> &crate::model::Clause {
    match &step.compensate {
        Compensate::Clause(clause) => clause,
        _ => panic!("`{}` has a compensation", step.name),
    }
}

fn literal(timing: &crate::model::Timing) -> Duration {
    match timing.value {
        TimingValue::Literal(duration) => duration,
        TimingValue::Expr(_) => panic!("a literal"),
    }
}

#[test]
fn the_whole_example() {
    let saga = good(BOOK_TRIP);
    assert_eq!(saga.name, "BookTrip");
    assert!(saga.durable.is_some());
    assert_eq!(saga.attrs.others.len(), 2);
    assert_eq!(saga.inputs.len(), 1);
    assert_eq!(saga.services.len(), 4);
    assert!(matches!(saga.nodes[2], Node::Group(_)));
    assert!(matches!(saga.output, Output::Type(_)));
    assert!(saga.tail.is_some());
    let names: Vec<_> = saga.steps().map(|step| step.name.to_string()).collect();
    assert_eq!(
        names,
        [
            "rates",
            "authorization",
            "hotel",
            "car",
            "charge",
            "confirmation"
        ]
    );
    assert_eq!(step(&saga, "charge").kind, Kind::Pivot);
}

#[test]
fn reads_know_their_sources() {
    let saga = good(BOOK_TRIP);
    let authorization = step(&saga, "authorization");
    assert_eq!(
        sources(&authorization.reads),
        [
            Source::Service(0),
            Source::Input(0),
            Source::Effect(0),
            Source::Key
        ]
    );
    assert_eq!(
        sources(&clause(authorization).reads),
        [Source::Service(0), Source::Effect(1)]
    );
    let fallback = step(&saga, "rates")
        .fallback
        .as_ref()
        .expect("rates has one");
    assert_eq!(
        sources(&fallback.reads),
        [Source::Service(0), Source::Failure]
    );
    let finally = saga.finally.as_ref().expect("the saga has one");
    assert_eq!(sources(&finally.reads), [Source::Outcome, Source::Ctx]);
    assert_eq!(
        sources(&step(&saga, "confirmation").reads)[2..5],
        [Source::Effect(4), Source::Effect(2), Source::Effect(3)]
    );
}

#[test]
fn attributes_become_policies() {
    let saga = good(BOOK_TRIP);
    let retry = step(&saga, "authorization")
        .attrs
        .retry
        .as_ref()
        .expect("authorization is retried");
    assert_eq!(retry.limit, Limit::Times(3));
    assert_eq!(
        (literal(&retry.base), literal(&retry.cap)),
        (Duration::from_millis(100), Duration::from_secs(2))
    );
    assert!(retry.jitter);
    let confirmation = step(&saga, "confirmation")
        .attrs
        .retry
        .as_ref()
        .expect("confirmation is retried");
    assert_eq!(confirmation.limit, Limit::Forever);
    assert_eq!(literal(&confirmation.cap), Duration::from_secs(3600));
    assert!(clause(step(&saga, "hotel")).attrs.by_key.is_some());
    let when = step(&saga, "car")
        .attrs
        .when
        .as_ref()
        .expect("car has a condition");
    assert_eq!(sources(&when.reads), [Source::Input(0)]);
    assert_eq!(when.condition.to_string(), "trip . wants_car");
}

#[test]
fn retries_have_defaults() {
    let saga = good(&around(
        "#[retry(2)] read a() = f; \
         #[retry(forever, jitter = false, (1.5s)..=3m,)] read b() = f; \
         #[savepoint(1, 10us..Duration::from_secs(1), if = E::busy)] read c() = f;",
    ));
    let a = step(&saga, "a").attrs.retry.as_ref().expect("a is retried");
    assert_eq!(
        (literal(&a.base), literal(&a.cap)),
        (Duration::from_millis(50), Duration::from_secs(2))
    );
    assert!(a.jitter);
    let b = step(&saga, "b").attrs.retry.as_ref().expect("b is retried");
    assert_eq!(
        (literal(&b.base), literal(&b.cap)),
        (Duration::from_millis(1500), Duration::from_secs(180))
    );
    assert!(!b.jitter);
    let c = step(&saga, "c")
        .attrs
        .savepoint
        .as_ref()
        .expect("c is a savepoint");
    assert!(c.predicate.is_some());
    assert_eq!(c.limit, Limit::Times(1));
    assert!(matches!(c.cap.value, TimingValue::Expr(_)));
}

#[test]
fn durations() {
    let cases = [
        ("10us", Duration::from_micros(10)),
        ("100ms", Duration::from_millis(100)),
        ("1.5s", Duration::from_millis(1500)),
        ("(0.25ms)", Duration::from_micros(250)),
        ("1_000ms", Duration::from_secs(1)),
        ("5m", Duration::from_secs(300)),
        ("1.50h", Duration::from_secs(5400)),
        ("0.001us", Duration::from_nanos(1)),
        (
            "5124095576030431h",
            Duration::from_secs(5_124_095_576_030_431 * 3600),
        ),
    ];
    for (source, expected) in cases {
        let saga = good(&around(&format!("#[timeout({source})] read a() = f;")));
        let timeout = step(&saga, "a")
            .attrs
            .timeout
            .as_ref()
            .expect("a has a timeout");
        assert_eq!(literal(timeout), expected, "{source}");
    }
    let saga = good(&around(
        "#[timeout(Duration::from_millis(3) * 2)] #[retry(1, 0s..SLOW)] read a() = f;",
    ));
    let timeout = step(&saga, "a")
        .attrs
        .timeout
        .as_ref()
        .expect("a has a timeout");
    assert!(matches!(timeout.value, TimingValue::Expr(_)));
}

#[test]
fn no_word_is_reserved() {
    let saga = good(
        "saga Words(step: u8, read: u8) with (pivot: u8) -> Result<u8, E> {
            step concurrent(step, read, pivot)->Vec<Vec<u8>>= <Finder as Find<u8>>::find;
                compensate none
            read resolve(concurrent) {}
            read fallback() = f;
            read none() {}
            step r#type() = f compensate(r#type) = g;
            step finally(r#type) = f compensate none;
            finally() {}
            finally
        }",
    );
    let concurrent = step(&saga, "concurrent");
    assert_eq!(
        sources(&concurrent.reads),
        [Source::Input(0), Source::Input(1), Source::Service(0)]
    );
    assert!(
        matches!(&concurrent.code, Code::Path(path) if path.to_string() == "< Finder as Find < u8 > > :: find")
    );
    assert_eq!(
        concurrent.effect.to_token_stream().to_string(),
        "Vec < Vec < u8 > >"
    );
    assert_eq!(saga.tail.to_token_stream().to_string(), "finally");
}

#[test]
fn tails_are_any_expression() {
    let tails = [
        "compensate(resolve)",
        "resolve(trip).unwrap()",
        "step { a }.a",
        "step as u64",
        "if concurrent { 1 } else { 2 }",
        "{ let a = 1; a }",
        "read == step",
        "finally(step) + 1",
        "for x in xs { f(x) }",
        "publish(events)",
        "fallback(x) as u8",
        "match pivot { _ => 1 }",
        "Receipt { read, step }",
        "|read, step| read",
    ];
    for tail in tails {
        for code in ["= f;", "{}", "{} fallback() = g;"] {
            let source = format!("saga S(trip: u8) -> Result<u8, E> {{ read a() {code} {tail} }}");
            let saga = good(&source);
            assert_eq!(
                saga.tail.to_token_stream().to_string(),
                tokens(tail).to_string(),
                "{source}"
            );
        }
    }
}

#[test]
fn separators_may_be_left_out_or_repeated() {
    let saga = good(&around(
        "step a() = f compensate none step b() = f; ; compensate() = g; ; read c() {}; read d() {} \
            fallback() {} read e() = f; ;",
    ));
    assert_eq!(saga.steps().count(), 5);
}

#[test]
fn invisible_delimiters_of_macro_rules() {
    use proc_macro2::{Delimiter, Group, TokenTree};
    let hidden = |tokens| TokenTree::Group(Group::new(Delimiter::None, tokens));
    let (block, two, path, ty) = (
        hidden(quote!({ Ok(1) })),
        hidden(tokens("2s")),
        hidden(quote!(a::b::<C>)),
        hidden(quote!(Result<Vec<u8>, E>)),
    );
    let count = hidden(quote!(3));
    let found = crate::parse::declarations(quote! {
        #[classify(#path)] saga S(trip: u8) -> #ty {
            #[timeout(#two)] #[retry(#count, #two..=#two)] #[savepoint(#count, if = #path)] read a(trip) -> u8 #block
            read b(a) = #path;
            #block
        }
    });
    let [crate::parse::Declaration::Saga { saga, errors, .. }] = found.as_slice() else {
        panic!("one saga")
    };
    assert_eq!(errors.found(), NO_MISTAKES);
    assert!(
        matches!(&step(saga, "a").code, Code::Block(group) if group.delimiter() == Delimiter::Brace)
    );
    assert_eq!(
        step(saga, "a").attrs.timeout.as_ref().map(literal),
        Some(Duration::from_secs(2))
    );
    assert!(
        matches!(&saga.output, Output::Type(ty) if ty.to_token_stream().to_string() == "Vec < u8 >")
    );
}

#[test]
fn what_only_looks_does_not_await() {
    for (body, what) in [
        (
            "#[when(trip => trip.ok().await)] read a() = f;",
            "a condition",
        ),
        (
            "when (trip => trip.ok().await) { read a() = f; }",
            "a condition",
        ),
        (
            "for n: N in (trip => trip.all().await) read a(n) = f;",
            "the items",
        ),
        (
            "read a() = f; sleep night(trip => trip.nap().await);",
            "an expression",
        ),
        (
            "read a() = f; #[timeout(trip => trip.nap().await)] signal s -> A;",
            "an expression",
        ),
        (
            "#[timeout(1h)] lock l(trip => trip.lock().await) -> L; read a() = f;",
            "an expression",
        ),
        (
            "read a() = f; emit(trip => [trip.news().await]);",
            "the events",
        ),
    ] {
        let said = "cannot `await`: this code only looks at values that exist, and calls nothing";
        in_body(body, &[("await", &format!("{what} {said}"))]);
    }
    good(&around(
        "#[when(trip => trip.later(async { b.await }))] read a() = f;",
    ));
}

#[test]
fn several_sagas_in_one_call() {
    let (sagas, errors) = checked(
        "pub(crate) saga A() -> Result<(), E> { read a() = f; } \
         saga saga<T: Clone, const N: usize>(t: T, n: [u8; N]) -> std::result::Result<_, E> where T: Send { read a(t, n) = f; }",
    );
    assert_eq!(errors.found(), NO_MISTAKES);
    assert_eq!(sagas.len(), 2);
    for saga in &sagas {
        let facade = saga.facade.to_token_stream().to_string();
        assert_eq!(facade, ":: typed_saga");
    }
    assert!(sagas[1].generics.where_clause.is_some());
    assert!(matches!(sagas[1].output, Output::Effects(_)));
}

#[test]
fn an_empty_call_declares_nothing() {
    assert!(crate::parse::declarations(proc_macro2::TokenStream::new()).is_empty());
}

#[test]
fn docs_and_lints_are_kept() {
    let saga = good(
        "saga S(#[allow(unused)] #[serde(default)] /** an input */ trip: u8) with (#[expect(unused)] /** a service */ b: u8) -> Result<(), E> {
            /** a group */ concurrent { read x() = f; read y() = f; }
            /** a step */ #[warn(unused)] #[deny(dead_code)] step a(trip, b) = f
            /** how it is undone */ #[allow(clippy::unused_async)] compensate(a) = g;
            #[forbid(unsafe_code)] finally() {}
        }",
    );
    assert_eq!(saga.inputs[0].attrs.len(), 3);
    assert_eq!(saga.services[0].attrs.len(), 2);
    let a = step(&saga, "a");
    let lints = |attrs: &Attrs| {
        let others = attrs.others.iter();
        others.filter(|other| is_lint(&word(other))).count()
    };
    assert_eq!((a.attrs.others.len(), lints(&a.attrs)), (3, 2));
    assert_eq!(lints(&clause(a).attrs), 1);
    assert_eq!(saga.finally.map(|clause| lints(&clause.attrs)), Some(1));
}
