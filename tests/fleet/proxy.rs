//! Between a worker and the server: can cut connections, and hold up what they carry.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, sleep},
    time::Duration,
};

pub(crate) struct Proxy {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    open: Mutex<Vec<TcpStream>>,
    holds_up: AtomicBool,
}

/// How often is looked whether something is held up.
const LOOK: Duration = Duration::from_millis(5);

impl Proxy {
    /// To the server on this port.
    pub(crate) fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // The server may be down.
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                own.carry(stream, server);
            }
        });
        Self { port, shared }
    }

    /// Ends all connections, at once and without a word.
    pub(crate) fn cut(&self) {
        for stream in self.shared.open.lock().expect("no panic").drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// From now on nothing arrives, until it does again: late.
    pub(crate) fn hold_up(&self, holds_up: bool) {
        self.shared.holds_up.store(holds_up, SeqCst);
    }
}

impl Shared {
    fn carry(self: &Arc<Self>, client: TcpStream, server: TcpStream) {
        let clone = |it: &TcpStream| it.try_clone().expect("an open connection");
        self.open.lock().expect("no panic").push(clone(&client));
        for end in [&client, &server] {
            end.set_nodelay(true).expect("an open connection");
        }
        client.set_read_timeout(Some(LOOK)).expect("a time limit");
        server.set_read_timeout(Some(LOOK)).expect("a time limit");
        let (to, from) = (
            server.try_clone().expect("an open connection"),
            clone(&client),
        );
        let ends = (
            server.try_clone().expect("an open connection"),
            clone(&client),
        );
        let (there, back) = (Arc::clone(self), Arc::clone(self));
        thread::spawn(move || {
            there.pump(from, to);
            let _ = ends.0.shutdown(Shutdown::Both);
            let _ = ends.1.shutdown(Shutdown::Both);
        });
        thread::spawn(move || {
            let (ends, to) = (clone(&client), client);
            back.pump(server, to);
            let _ = ends.shutdown(Shutdown::Both);
        });
    }

    fn pump(&self, mut from: impl Read, mut to: impl Write) {
        let mut buffer = [0; 16 << 10];
        loop {
            while self.holds_up.load(SeqCst) {
                sleep(LOOK);
            }
            match from.read(&mut buffer) {
                Ok(0) => return,
                Ok(read) => {
                    while self.holds_up.load(SeqCst) {
                        sleep(LOOK);
                    }
                    if to.write_all(&buffer[..read]).is_err() {
                        return;
                    }
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return,
            }
        }
    }
}
