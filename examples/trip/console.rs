//! The console: the trips of a durable site, in a browser.

use std::io;
use std::sync::Arc;

use saga::engine::{ReadStore, WeakEngine};
use saga_console::{Options, router};
use tokio::net::TcpListener;

/// A console that has an address.
pub(crate) struct Console {
    store: Arc<dyn ReadStore>,
    listener: TcpListener,
}

impl Console {
    pub(crate) async fn open(store: impl ReadStore) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("console: http://{}/", listener.local_addr()?);
        let store = Arc::new(store);
        Ok(Self { store, listener })
    }

    /// Shows the trips as they happen, as long as this process lives.
    pub(crate) fn serve(self, engine: WeakEngine) {
        let options = Options::new().acting().submitting(engine);
        let console = router(self.store, options);
        tokio::spawn(axum::serve(self.listener, console).into_future());
    }
}
