//! The macro answers any tokens with sagas and errors.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use proptest::{prelude::*, test_runner::RngSeed};

use super::{BOOK_TRIP, tokens};
use crate::parse::{Declaration, declarations};
use crate::{check, sagas};

/// Words and punctuation that mean something to the macro, and some that do not.
const WORDS: &str = "saga durable pub with read step pivot concurrent compensate none resolve fallback finally \
    for in await emit emits publish key undo_key ctx failure outcome trip hotel S Result _ -> = == => ; , : :: .. < > # & | ' . ? ! \
    10s 3 1.5 \"x\" 'c' timeout retry forever jitter if after when name cfg by_key idempotent \
        savepoint within holds r#type fn self";

fn word() -> impl Strategy<Value = TokenStream> {
    let words: Vec<_> = WORDS
        .split_whitespace()
        .filter(|word| *word != "'")
        .collect();
    prop::sample::select(words).prop_map(tokens)
}

fn soup() -> impl Strategy<Value = TokenStream> {
    let leaf = prop::collection::vec(word(), 0..8).prop_map(TokenStream::from_iter);
    leaf.prop_recursive(4, 60, 8, |inner| {
        let delimiter = prop::sample::select(vec![
            Delimiter::Parenthesis,
            Delimiter::Brace,
            Delimiter::Bracket,
            Delimiter::None,
        ]);
        let group = (delimiter, inner.clone()).prop_map(|(delimiter, content)| {
            TokenStream::from(TokenTree::Group(Group::new(delimiter, content)))
        });
        prop::collection::vec(prop_oneof![2 => word(), 1 => inner, 2 => group], 0..10)
            .prop_map(TokenStream::from_iter)
    })
}

/// A change of one token tree of a good saga.
#[derive(Clone, Copy, Debug)]
enum Change {
    Drop,
    Double,
    Swap,
    Insert(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let words = WORDS.split_whitespace().count();
    prop_oneof![
        Just(Change::Drop),
        Just(Change::Double),
        Just(Change::Swap),
        (0..words).prop_map(Change::Insert)
    ]
}

/// `tokens` with a change at the token that is `place`th in reading order.
fn changed(stream: TokenStream, place: &mut usize, change: Change) -> TokenStream {
    let mut trees: Vec<TokenTree> = Vec::new();
    let mut swapped = None;
    for tree in stream {
        let here = *place == 0;
        *place = place.wrapping_sub(1);
        let tree = match tree {
            TokenTree::Group(group) if !here => TokenTree::Group(Group::new(
                group.delimiter(),
                changed(group.stream(), place, change),
            )),
            tree => tree,
        };
        match change {
            _ if !here => trees.push(tree),
            Change::Drop => {}
            Change::Double => trees.extend([tree.clone(), tree]),
            Change::Swap => {
                swapped = Some(tree);
                continue;
            }
            Change::Insert(word) => {
                let word = WORDS
                    .split_whitespace()
                    .nth(word)
                    .filter(|word| *word != "'")
                    .unwrap_or("x");
                trees.extend(tokens(word));
                trees.push(tree);
            }
        }
        trees.extend(swapped.take());
    }
    trees.extend(swapped);
    trees.into_iter().collect()
}

fn is_answered(stream: &TokenStream) -> Result<(), TestCaseError> {
    let found = declarations(stream.clone());
    prop_assert_eq!(found.is_empty(), stream.is_empty());
    for declaration in found {
        match declaration {
            Declaration::Saga {
                mut saga,
                lost,
                errors,
            } => {
                drop(check::check(&mut saga, &lost, errors));
            }
            Declaration::Split(tokens) | Declaration::Half(tokens) => {
                prop_assert!(!tokens.is_empty());
            }
            Declaration::Unreadable(errors) => prop_assert!(!errors.is_empty()),
        }
    }
    drop(sagas(stream.clone()));
    Ok(())
}

/// A saga with mistakes has no definition that could be analysed.
#[test]
fn a_promise_of_a_saga_with_two_steps_of_one_name() {
    let stream = tokens(
        "#[within(1m)] saga S(trip: Trip) -> Result<(), E> { read a(trip) = f; read a(trip) = f; pivot b(trip) = f; }",
    );
    is_answered(&stream).unwrap();
}

fn drawn() -> ProptestConfig {
    ProptestConfig {
        rng_seed: RngSeed::Fixed(saga_tests::seed()),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(drawn())]

    #[test]
    fn random_tokens(stream in soup()) {
        is_answered(&stream)?;
    }

    #[test]
    fn a_random_body(body in soup(), tail in soup()) {
        is_answered(&quote::quote! { saga S(trip: Trip) -> Result<(), E> { read a(trip) = f; #body read b(trip) {} #tail } })?;
    }

    #[test]
    fn a_good_saga_with_changes(changes in prop::collection::vec((0..260_usize, change()), 1..4)) {
        let mut stream = tokens(BOOK_TRIP);
        for (mut place, change) in changes {
            stream = changed(stream, &mut place, change);
        }
        is_answered(&stream)?;
    }
}
