//! The content of pages and of the API's documents, as data.

pub(crate) mod list;
pub(crate) mod overview;
pub(crate) mod saga;

use crate::problem::Problem;
use std::sync::Arc;
use typed_saga_engine::{ReadStore, look::Reader};

/// A store, now.
pub(crate) async fn reader(store: &Arc<dyn ReadStore>) -> Result<Reader, Problem> {
    let now = store.now().await?;
    Ok(Reader::new(Arc::clone(store), now).await?)
}
