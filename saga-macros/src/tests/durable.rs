use super::{BOOK_TRIP, checked, good, help, mistakes};
use crate::expand::{self, Mode};
use crate::known::declared;

const ATTRIBUTES: &str = "#[timeout(1s)] #[classify(v)] durable";

/// A durable saga with an input of type `T`, a service of type `B` and one of type `[M; N]`.
fn pay(result: &str, body: &str) -> String {
    format!(
        "{ATTRIBUTES} saga Pay<B: Bank<T>, T, M, const N: usize>(sum: T) with (bank: Arc<B>, \
            mails: [M; N]) -> {result} {{ {body} }}"
    )
}

fn depends(what: &str, parameter: &str) -> String {
    format!(
        "{what} depends on `{parameter}`, which only services mention: the journal of a \
            `durable` saga is read without its services"
    )
}

#[test]
fn what_is_kept_does_not_depend_on_services() {
    let read = "read a(bank) -> T = f;";
    good(&pay("Result<(), E<T>>", read));
    good(&pay("Result<_, E>", read));
    // Services may be read and called, and bodies may use their types, without restriction.
    good(&pay(
        "Result<(), E>",
        "read a(bank, mails) -> u8 { Ok(B::default().charge::<N>(mails)?) }",
    ));
    mistakes(
        &pay("Result<Vec<B::Receipt>, E>", "read a(bank) = f; vec![]"),
        &[("B", &depends("the output", "B"))],
    );
    mistakes(
        &pay("Result<(), MailError<M>>", read),
        &[("M", &depends("the error", "M"))],
    );
    mistakes(
        &pay("Result<_, E>", "read a(bank) -> [<M as Mail>::Id; N] = f;"),
        &[
            ("M", &depends("the effect of `a`", "M")),
            ("N", &depends("the effect of `a`", "N")),
        ],
    );
}

#[test]
fn a_parameter_is_reported_once_where_it_is_first_named() {
    let body = "read a(bank) -> B::Charge = f; read b(a) -> Vec<B> = g; a";
    mistakes(
        &pay("Result<B::Charge, E<B>>", body),
        &[("B", &depends("the output", "B"))],
    );
    mistakes(
        &pay("Result<(), E>", &body.replace("= g; a", "= g;")),
        &[("B", &depends("the effect of `a`", "B"))],
    );
    assert_eq!(
        help(&pay("Result<(), E<B>>", "read a(bank) = f;")),
        "note: the journal of a `durable` saga is read without its services\n\
         help: write a type that does not depend on `B`, or mention `B` in the type of an input"
    );
}

#[test]
fn in_memory_it_may() {
    let body = "read a(bank) -> B::Charge = f; a";
    good(&pay("Result<B::Charge, E<M>>", body).replace("durable", ""));
}

#[test]
fn a_lost_input_may_have_named_it() {
    let source = format!(
        "{ATTRIBUTES} saga S<B>(a: u8, b B) with (c: B) -> Result<(), E<B>> {{ read d(c) = f; }}"
    );
    mistakes(&source, &[("B", "expected the type of `b`")]);
    let (sagas, errors) = checked(&source);
    let stands_in = sagas[0].unreadable.as_ref().map(ToString::to_string);
    assert_eq!(stands_in.as_deref(), Some(&*errors.found()[0].1));
}

#[test]
fn only_a_durable_saga_says_more() {
    let in_memory = BOOK_TRIP.replace("durable", "");
    let words = ["Durable", "Services", "Object", "Answer", "load"];
    for (source, says) in [(BOOK_TRIP, true), (&in_memory, false)] {
        let saga = good(source);
        let declared = declared(&saga);
        let expanded = expand::expand(&saga, Mode::Complete(&declared)).to_string();
        for word in words {
            let named = expanded.contains(&format!("__saga :: {word} "));
            assert_eq!(named, says, "`{word}` in {source}");
        }
    }
}
