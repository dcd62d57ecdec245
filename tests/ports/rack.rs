//! A rack of machines that remembers what was made and what is gone, and fails as it is told.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use typed_saga::{Key, Verdict};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("refused")]
    Refused,
    #[error("busy")]
    Busy,
    #[error("no answer")]
    NoAnswer,
}

impl Error {
    pub(crate) fn verdict(&self) -> Verdict {
        match self {
            Self::Refused => Verdict::Refused,
            Self::Busy => Verdict::Transient,
            Self::NoAnswer => Verdict::Unknown,
        }
    }
}

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    Refused,
    Busy,
    /// No answer, and nothing was done.
    LostBefore,
    /// No answer, though it was done.
    LostAfter,
}

impl Trouble {
    pub(crate) const ALL: [Self; 4] =
        [Self::Refused, Self::Busy, Self::LostBefore, Self::LostAfter];
}

#[derive(Debug)]
struct Thing {
    name: String,
    id: u32,
    stands: bool,
}

#[derive(Debug, Default)]
struct Books {
    /// By the key that they were made under.
    things: BTreeMap<String, Thing>,
    requests: Vec<String>,
    trouble: Option<(usize, Trouble)>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Rack(Arc<Mutex<Books>>);

impl Rack {
    /// The request of this number, counted from 0, meets with this.
    pub(crate) fn with(number: usize, trouble: Trouble) -> Self {
        let rack = Self::default();
        rack.books().trouble = Some((number, trouble));
        rack
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.0.lock().unwrap()
    }

    /// Makes it, once for each key.
    pub(crate) async fn make(&self, name: String, key: &Key) -> Result<u32, Error> {
        self.request(format!("make {name}"), |books| {
            let id = u32::try_from(books.things.len()).unwrap();
            let thing = Thing {
                name,
                id,
                stands: true,
            };
            books.things.entry(key.to_string()).or_insert(thing).id
        })
        .await
    }

    /// It is gone afterwards, whether or not it was there.
    pub(crate) async fn remove(&self, id: u32) -> Result<(), Error> {
        self.request(format!("remove {id}"), |books| {
            let mut things = books.things.values_mut();
            let thing = things.find(|thing| thing.id == id).expect("it was made");
            thing.stands = false;
        })
        .await
    }

    async fn request<T>(
        &self,
        name: String,
        act: impl FnOnce(&mut Books) -> T,
    ) -> Result<T, Error> {
        tokio::task::yield_now().await;
        let books = &mut *self.books();
        let number = books.requests.len();
        books.requests.push(name);
        let trouble = books.trouble.filter(|(at, _)| *at == number);
        match trouble.map(|(_, trouble)| trouble) {
            None => Ok(act(books)),
            Some(Trouble::Refused) => Err(Error::Refused),
            Some(Trouble::Busy) => Err(Error::Busy),
            Some(Trouble::LostBefore) => Err(Error::NoAnswer),
            Some(Trouble::LostAfter) => {
                act(books);
                Err(Error::NoAnswer)
            }
        }
    }

    /// What stands, in the order of the alphabet.
    pub(crate) fn standing(&self) -> Vec<String> {
        let books = self.books();
        let things = books.things.values().filter(|thing| thing.stands);
        let mut names: Vec<_> = things.map(|thing| thing.name.clone()).collect();
        names.sort();
        names
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.books().requests.clone()
    }
}
