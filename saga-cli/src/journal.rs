//! The journal that `--journal` names: the one place where a store is opened.

use crate::failure::Failure;
use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};
use typed_saga_engine::{ReadStore, Store, StoreError};
use typed_saga_postgres::Options;
use typed_saga_sqlite::{Attached, Sqlite};

/// The address of a journal.
#[derive(Clone)]
pub(crate) enum Address {
    File(PathBuf),
    /// The URL of a Postgres database.
    Database(String),
}

impl From<OsString> for Address {
    fn from(text: OsString) -> Self {
        let is_url = |text: &&str| {
            ["postgres://", "postgresql://"]
                .iter()
                .any(|it| text.starts_with(it))
        };
        match text.to_str().filter(is_url) {
            Some(url) => Self::Database(url.to_owned()),
            None => Self::File(text.into()),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            // There may be a password in it.
            Self::Database(_) => f.debug_tuple("Database").finish_non_exhaustive(),
        }
    }
}

/// A journal that is open.
pub(crate) struct Journal {
    /// To read it, and to leave messages.
    pub(crate) read: Arc<dyn ReadStore>,
    pub(crate) own: Own,
}

/// The way in which a journal is changed.
pub(crate) enum Own {
    /// By whoever owns it: this process, if no engine does.
    Alone(Box<dyn FnOnce() -> Result<Arc<dyn Store>, StoreError>>),
    /// By one more of its workers.
    Beside(Arc<dyn Store>),
}

impl Journal {
    pub(crate) async fn open(place: &Address, schema: &str) -> Result<Self, Failure> {
        match place {
            Address::File(path) => Self::file(path),
            Address::Database(url) => Self::database(url, schema).await,
        }
    }

    fn file(path: &Path) -> Result<Self, Failure> {
        if !path.exists() {
            let text = format!("there is no file `{}`", path.display());
            return Err(Failure::Error(text));
        }
        let read = Attached::open(path).map_err(|error| Failure::opening(&error))?;
        let path = path.to_owned();
        Ok(Self {
            read: Arc::new(read),
            own: Own::Alone(Box::new(|| Ok(Arc::new(Sqlite::open(path)?)))),
        })
    }

    async fn database(url: &str, schema: &str) -> Result<Self, Failure> {
        let options = Options::new().schema(schema).migrate(false).standby(true);
        let opened = options.connect(url).await;
        let database = opened.map_err(|error| Failure::opening(&error))?;
        Ok(Self {
            read: Arc::new(database.clone()),
            own: Own::Beside(Arc::new(database)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Address;
    use std::ffi::OsString;

    #[test]
    fn a_url_is_a_database_whose_password_is_not_shown() {
        for url in [
            "postgres://ada:sesame@db/shop",
            "postgresql://ada:sesame@db/shop",
        ] {
            let place = Address::from(OsString::from(url));
            assert!(matches!(&place, Address::Database(it) if it == url));
            assert_eq!(format!("{place:?}"), "Database(..)");
        }
        for path in ["trips.db", "postgres", "./postgres://db", "mysql://db"] {
            assert!(
                matches!(Address::from(OsString::from(path)), Address::File(it) if it.as_os_str() == path)
            );
        }
    }
}
