//! A shop that says what it is asked, and answers as it is told.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use typed_saga::{Key, Verdict};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Error {
    Refused,
    Busy,
    Fatal,
}

impl Error {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "what `#[classify]` asks for"
    )]
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Refused => Verdict::Refused,
            Self::Fatal => Verdict::Refused.abort(),
            Self::Busy => Verdict::Transient,
        }
    }
}

/// What a call does in place of giving `Ok`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    Fails(Error),
    Panics,
    Hangs,
}

#[derive(Default)]
struct Books {
    said: Vec<String>,
    troubles: HashMap<String, Vec<Trouble>>,
    running: usize,
    most: usize,
    keys: Vec<(String, String)>,
}

#[derive(Clone, Default)]
pub(crate) struct Shop(Arc<Mutex<Books>>);

impl Shop {
    /// The call of this name does so, the first times it is made.
    pub(crate) fn trouble(self, call: &str, troubles: &[Trouble]) -> Self {
        let troubles = troubles.iter().rev().copied().collect();
        self.0
            .lock()
            .unwrap()
            .troubles
            .insert(call.to_owned(), troubles);
        self
    }

    pub(crate) fn fails(self, call: &str, error: Error) -> Self {
        self.trouble(call, &[Trouble::Fails(error)])
    }

    pub(crate) fn said(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().said)
    }

    /// The most calls that ran at a time.
    pub(crate) fn most(&self) -> usize {
        self.0.lock().unwrap().most
    }

    /// The keys of the calls of this name, in order.
    pub(crate) fn keys(&self, call: &str) -> Vec<String> {
        let books = self.0.lock().unwrap();
        let keys = books.keys.iter().filter(|(of, _)| of == call);
        keys.map(|(_, key)| key.clone()).collect()
    }

    pub(crate) async fn call(&self, call: String) -> Result<(), Error> {
        let trouble = {
            let mut books = self.0.lock().unwrap();
            books.said.push(call.clone());
            books.running += 1;
            books.most = books.most.max(books.running);
            books.troubles.get_mut(&call).and_then(Vec::pop)
        };
        tokio::task::yield_now().await;
        self.0.lock().unwrap().running -= 1;
        match trouble {
            None => Ok(()),
            Some(Trouble::Fails(error)) => Err(error),
            Some(Trouble::Panics) => panic!("{call} panics"),
            Some(Trouble::Hangs) => {
                tokio::time::sleep(Duration::from_secs(86_400)).await;
                Ok(())
            }
        }
    }

    pub(crate) async fn keyed(&self, call: String, key: &Key) -> Result<(), Error> {
        let entry = (call.clone(), key.to_string());
        self.0.lock().unwrap().keys.push(entry);
        self.call(call).await
    }

    pub(crate) async fn reserve(&self, line: &u32, key: &Key) -> Result<u32, Error> {
        self.keyed(format!("reserve {line}"), key).await?;
        Ok(line * 10)
    }

    pub(crate) async fn release(&self, held: &u32) -> Result<(), Error> {
        self.call(format!("release {held}")).await
    }
}
