//! The address that the server knows: what stands behind it changes.

use std::sync::{
    Arc,
    atomic::{AtomicU16, Ordering::SeqCst},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

#[derive(Clone)]
pub(crate) struct Switch {
    pub(crate) port: u16,
    target: Arc<AtomicU16>,
}

impl Switch {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let target = Arc::new(AtomicU16::new(0));
        let own = Arc::clone(&target);
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                let target = own.load(SeqCst);
                tokio::spawn(async move {
                    // The service may be down, and either end may break.
                    let Ok(mut to) = TcpStream::connect(("127.0.0.1", target)).await else {
                        return;
                    };
                    for end in [&from, &to] {
                        end.set_nodelay(true).expect("an open connection");
                    }
                    drop(copy_bidirectional(&mut from, &mut to).await);
                });
            }
        });
        Self { port, target }
    }

    /// New connections go there.
    pub(crate) fn to(&self, port: u16) {
        self.target.store(port, SeqCst);
    }
}
