//! The journal that `--journal` names: the one place where a store is opened.

use crate::failure::Failure;
use saga_engine::{ReadStore, Store, StoreError};
use saga_sqlite::{Attached, Sqlite};
use std::{path::Path, sync::Arc};

/// Opens a journal to read it and to leave messages.
pub(crate) fn attach(path: &Path) -> Result<Arc<dyn ReadStore>, Failure> {
    if !path.exists() {
        let text = format!("there is no file `{}`", path.display());
        return Err(Failure::Error(text));
    }
    let journal = Attached::open(path).map_err(|error| Failure::opening(&error))?;
    Ok(Arc::new(journal))
}

/// Opens a journal to change it.
pub(crate) fn own(path: &Path) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(Sqlite::open(path)?))
}
