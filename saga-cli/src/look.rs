//! The journal that the command looks at, and how wide its reports are.

use std::{ops::Deref, sync::Arc};
use typed_saga_engine::{ReadStore, StoreError, Time, look};

/// A journal to read, with the settings of the reports.
pub(crate) struct Reader {
    sagas: look::Reader,
    /// The width of the terminal, if the output is one.
    pub(crate) width: Option<usize>,
}

impl Reader {
    pub(crate) async fn new(
        journal: Arc<dyn ReadStore>,
        now: Time,
        width: Option<usize>,
    ) -> Result<Self, StoreError> {
        let sagas = look::Reader::new(journal, now).await?;
        Ok(Self { sagas, width })
    }
}

impl Deref for Reader {
    type Target = look::Reader;

    fn deref(&self) -> &look::Reader {
        &self.sagas
    }
}
