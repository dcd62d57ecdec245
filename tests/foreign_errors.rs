//! Errors as people have them: of anyhow, eyre, snafu and thiserror, and boxed. A saga with such an
//! error is used with `?` and with context like any other function, and whoever prints the chain
//! reads each cause once.

use serde::{Deserialize, Serialize};
use snafu::Snafu;
use std::error::Error;
use thiserror::Error as ThisError;
use typed_saga::{
    Cause,
    engine::{Engine, Memory},
    saga,
};

type Boxed = Box<dyn Error + Send + Sync>;

/// What lies at the bottom, …
#[derive(Debug, Clone, ThisError, Serialize, Deserialize)]
#[error("the disk is gone")]
pub(crate) struct Disk;

/// … what lies between, …
#[derive(Debug, Clone, ThisError, Serialize, Deserialize)]
#[error("opening the file")]
pub(crate) struct Opening(#[source] Disk);

/// … and what a step returns.
#[derive(Debug, Clone, ThisError, Serialize, Deserialize)]
#[error("reading the rates")]
pub(crate) struct Reading(#[from] Opening);

/// The three, from above.
const CAUSES: [&str; 3] = ["reading the rates", "opening the file", "the disk is gone"];

async fn open() -> Result<u8, Opening> {
    Err(Opening(Disk))
}

#[derive(Debug, Snafu)]
pub(crate) enum SnafuError {
    #[snafu(display("reading the rates"))]
    Rates { source: Opening },
}

saga! {
    saga OfAnyhow() -> Result<u8, anyhow::Error> {
        read rates() -> u8 { use anyhow::Context as _; open().await.context("reading the rates") }
        rates
    }

    saga OfEyre() -> Result<u8, eyre::Report> {
        read rates() -> u8 { use eyre::WrapErr as _; open().await.wrap_err("reading the rates") }
        rates
    }

    saga OfABox() -> Result<u8, Boxed> {
        read rates() -> u8 { open().await.map_err(|error| Reading(error).into()) }
        rates
    }

    saga OfSnafu() -> Result<u8, SnafuError> {
        read rates() -> u8 { use snafu::ResultExt as _; open().await.context(RatesSnafu) }
        rates
    }

    saga OfThisError() -> Result<u8, Reading> {
        read rates() -> u8 = open;
        rates
    }
}

saga! {
    #[classify(typed_saga::transient)]
    #[timeout(5s)]
    pub(crate) durable saga Kept() -> Result<u8, Reading> {
        read rates() -> u8 = open;
        rates
    }
}

/// The message, then that of each source.
fn chain(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut all = vec![error.to_string()];
    let mut below = error.source();
    while let Some(error) = below {
        all.push(error.to_string());
        below = error.source();
    }
    all
}

/// The chain of a saga's error: the message ends with the step's own error, and each of the others is
/// a source.
#[track_caller]
fn says_each_cause_once(error: &(dyn Error + 'static)) {
    let chain = chain(error);
    assert_eq!(chain.len(), 3, "{chain:#?}");
    for (said, cause) in chain.iter().zip(CAUSES) {
        assert!(said.contains(cause), "{chain:#?}");
        let all = chain.join(": ");
        assert_eq!(all.matches(cause).count(), 1, "{all}");
    }
}

/// The chain of an error that has `loading` above the saga's.
#[track_caller]
fn says_what_was_loaded(error: &(dyn Error + 'static)) {
    assert_eq!(error.to_string(), "loading");
    says_each_cause_once(error.source().expect("the error of the saga"));
}

#[tokio::test]
async fn each_cause_is_in_the_chain_once() {
    says_each_cause_once(&OfAnyhow {}.run().await.unwrap_err());
    says_each_cause_once(&OfEyre {}.run().await.unwrap_err());
    says_each_cause_once(&OfABox {}.run().await.unwrap_err());
    says_each_cause_once(&OfSnafu {}.run().await.unwrap_err());
    says_each_cause_once(&OfThisError {}.run().await.unwrap_err());
}

#[tokio::test]
async fn a_question_mark_and_context_of_anyhow() {
    use anyhow::{Context as _, Result};
    async fn load() -> Result<u8> {
        Ok(OfAnyhow {}.run().await?)
    }
    async fn load_another() -> Result<u8> {
        Ok(OfSnafu {}.run().await?)
    }
    async fn loaded() -> Result<u8> {
        OfAnyhow {}.run().await.context("loading")
    }
    says_each_cause_once(load().await.unwrap_err().as_ref());
    says_each_cause_once(load_another().await.unwrap_err().as_ref());
    let error = loaded().await.unwrap_err();
    says_what_was_loaded(error.as_ref());
    // In the chain is the error of the saga, which has the step's.
    let of_saga = error.downcast_ref::<typed_saga::Error<anyhow::Error>>();
    let of_saga = of_saga.expect("the error of the saga");
    assert_eq!(of_saga.step(), Some("rates"));
    let Cause::Failed(own) = of_saga.cause() else {
        panic!("{of_saga:?}");
    };
    assert!(own.downcast_ref::<Opening>().is_some());
    assert!(error.chain().any(|error| error.is::<Disk>()));
}

#[tokio::test]
async fn a_question_mark_and_context_of_eyre() {
    use eyre::{Result, WrapErr as _};
    async fn load() -> Result<u8> {
        Ok(OfEyre {}.run().await?)
    }
    async fn loaded() -> Result<u8> {
        OfEyre {}.run().await.wrap_err("loading")
    }
    says_each_cause_once(load().await.unwrap_err().as_ref());
    says_what_was_loaded(loaded().await.unwrap_err().as_ref());
}

#[tokio::test]
async fn a_question_mark_that_boxes() {
    async fn load() -> Result<u8, Boxed> {
        Ok(OfABox {}.run().await?)
    }
    async fn load_here() -> Result<u8, Box<dyn Error>> {
        Ok(OfThisError {}.run().await?)
    }
    says_each_cause_once(&*load().await.unwrap_err());
    says_each_cause_once(&*load_here().await.unwrap_err());
}

#[tokio::test]
async fn context_of_snafu_and_a_source_of_thiserror() {
    use snafu::ResultExt as _;
    #[derive(Debug, Snafu)]
    #[snafu(display("loading"))]
    struct Loading {
        source: typed_saga::Error<SnafuError>,
    }
    #[derive(Debug, ThisError)]
    #[error("loading")]
    struct Loaded(#[from] typed_saga::Error<Reading>);

    async fn load() -> Result<u8, Loading> {
        OfSnafu {}.run().await.context(LoadingSnafu)
    }
    async fn loaded() -> Result<u8, Loaded> {
        Ok(OfThisError {}.run().await?)
    }
    says_what_was_loaded(&load().await.unwrap_err());
    says_what_was_loaded(&loaded().await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn of_a_durable_saga() {
    use anyhow::Context as _;
    let builder = Engine::builder(Memory::new()).register::<Kept>(KeptServices {});
    let engine = builder.start().await.unwrap();
    let load = async |id: &str| -> anyhow::Result<u8> {
        let handle = engine.submit(id, Kept {}).await?;
        Ok(handle.outcome().await?.into_result()?)
    };
    says_each_cause_once(load("a").await.unwrap_err().as_ref());
    let loaded = load("b").await.context("loading").unwrap_err();
    says_what_was_loaded(loaded.as_ref());
    // Without an engine.
    says_each_cause_once(&Kept {}.run().await.unwrap_err());
}

/// An error that is none of these has a message, and nothing below.
#[tokio::test]
async fn of_a_text() {
    saga! {
        saga OfAText(fails: bool) -> Result<u8, String> {
            read rates(fails) -> u8 {
                if *fails {
                    Err("no rates".to_owned())
                } else {
                    panic!("no rates")
                }
            }
            rates
        }
    }
    let run = |fails| OfAText { fails }.run();
    let failed = chain(&run(true).await.unwrap_err());
    assert_eq!(failed.len(), 1, "{failed:?}");
    assert!(failed[0].contains("no rates"), "{failed:?}");
    let panicked: anyhow::Error = run(false).await.unwrap_err().into();
    assert_eq!(panicked.chain().count(), 1, "{panicked:#}");
}
