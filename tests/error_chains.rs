//! Whoever prints an error and its sources reads each cause once.

use crate::common::Vendor;
use std::{error::Error, sync::Arc};
use thiserror::Error as ThisError;
use typed_saga::{
    definition::{Definition, SchemaError},
    engine::{
        EngineError, Refused, SagaId, StoreError, Unreadable,
        for_logs::record::RecordError,
        for_operators::{FoldError, Reason, schema::Difference},
    },
    runtime::{
        AlreadyObserved, Stopped,
        for_tools::kernel::{Event, Illegal},
    },
    saga,
};

/// An error whose message leaves its cause to `source`.
#[derive(Debug, ThisError)]
#[error("connection closed")]
struct Closed(#[source] Timeout);

#[derive(Debug, ThisError)]
#[error("no answer for 30s")]
struct Timeout;

fn closed() -> Closed {
    Closed(Timeout)
}

saga! {
    saga Letter() with (vendor: Vendor) -> Result<(), Closed> {
        read address(vendor) { vendor.note("address"); Err(closed()) }
        {
            let _: () = address;
        }
    }
}

/// The message, then that of each source.
fn chain(error: &dyn Error) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut next = error.source();
    while let Some(source) = next {
        messages.push(source.to_string());
        next = source.source();
    }
    messages
}

/// No message is in one above it.
fn says_each_cause_once(error: &dyn Error) {
    let chain = chain(error);
    for (depth, below) in chain.iter().enumerate() {
        let doubled = chain[..depth].iter().find(|above| above.contains(below));
        assert_eq!(doubled, None, "{chain:#?}");
    }
}

/// Two messages: that of the error includes the cause, the last one is the cause's own source.
fn ends_with_the_timeout(error: &dyn Error) {
    let chain = chain(error);
    let [message, source] = chain.as_slice() else {
        panic!("{chain:#?}");
    };
    assert!(message.contains("connection closed"), "{message}");
    assert_eq!(source, "no answer for 30s");
    says_each_cause_once(error);
}

fn stores() -> [StoreError; 2] {
    [
        StoreError::unavailable(closed()),
        StoreError::corrupt(closed()),
    ]
}

#[tokio::test]
async fn of_a_saga() {
    let error = Letter {}.with(Vendor::new()).await.unwrap_err();
    ends_with_the_timeout(&error);
    ends_with_the_timeout(&Stopped {
        state: (),
        error: closed(),
    });
}

#[test]
fn of_a_store() {
    for error in stores() {
        ends_with_the_timeout(&error);
    }
}

#[test]
fn of_an_engine() {
    let saga = SagaId::new("Letter", "letter-1");
    for error in stores() {
        ends_with_the_timeout(&EngineError::Stopped {
            reason: Some(error.clone()),
        });
        ends_with_the_timeout(&EngineError::Store(error.clone()));
        ends_with_the_timeout(&Unreadable::Damaged(error.clone()));
        ends_with_the_timeout(&EngineError::Unreadable {
            saga: saga.clone(),
            why: Arc::new(Unreadable::Damaged(error)),
        });
    }
}

fn json() -> serde_json::Error {
    serde_json::from_str::<u8>("[").unwrap_err()
}

fn schema() -> SchemaError {
    Definition::from_json("[").unwrap_err()
}

fn fold() -> FoldError {
    FoldError {
        commit: 7,
        record: Some(2),
        reason: Reason::Record(RecordError::Json(json())),
    }
}

#[test]
fn of_a_journal() {
    let record = RecordError::Json(json());
    says_each_cause_once(&record);
    says_each_cause_once(&Reason::Record(record));
    says_each_cause_once(&schema());
    says_each_cause_once(&fold());
    let saga = SagaId::new("Letter", "letter-1");
    for why in [
        Unreadable::Changed(Difference::Gone {
            step: "address".into(),
            instead: None,
        }),
        Unreadable::Definition(schema()),
        Unreadable::Record {
            commit: 7,
            error: RecordError::Json(json()),
        },
        Unreadable::Fold(fold()),
    ] {
        says_each_cause_once(&why);
        says_each_cause_once(&EngineError::Unreadable {
            saga: saga.clone(),
            why: Arc::new(why),
        });
    }
}

#[test]
fn of_what_is_refused() {
    let event = Event::Resumed;
    says_each_cause_once(&Illegal { event });
    says_each_cause_once(&AlreadyObserved);
    says_each_cause_once(&Refused::Unfit { event });
    says_each_cause_once(&EngineError::Refused {
        saga: SagaId::new("Letter", "letter-1"),
        why: Refused::NotParked,
    });
}
