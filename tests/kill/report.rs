//! What the children report, and how it is heard.

use super::vendors::{Call, Peer, Vendors};
use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

/// Everything that the children reported, and what the vendors did.
pub(crate) struct Report {
    pub(crate) vendors: Arc<Vendors>,
    /// The sagas whose submission was confirmed.
    pub(crate) begun: HashSet<String>,
    /// How they ended, as reported at that time.
    pub(crate) ended: Vec<(String, String)>,
    /// How they ended, as reported by the last life.
    pub(crate) finals: HashMap<String, String>,
    pub(crate) resumed: usize,
}

/// What a connection brings.
pub(crate) enum Heard {
    Note(String),
    /// The process has closed its end, or has ended.
    End,
}

/// Listens for lives, and answers their calls; gives the address, and what they note, by the number of
/// the life.
pub(crate) fn listen_for_lives(vendors: &Arc<Vendors>) -> (String, Receiver<(usize, Heard)>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    let (ear, heard) = mpsc::channel();
    let own = Arc::clone(vendors);
    thread::spawn(move || {
        for (life, stream) in listener.incoming().enumerate() {
            let (vendors, ear) = (Arc::clone(&own), ear.clone());
            let stream = stream.expect("a connection");
            thread::spawn(move || listen(&vendors, stream, life, &ear));
        }
    });
    (address, heard)
}

/// Reads from one child until it ends.
fn listen(vendors: &Vendors, stream: TcpStream, life: usize, ear: &Sender<(usize, Heard)>) {
    stream.set_nodelay(true).expect("an open connection");
    let peer = Arc::new(Peer::new(stream.try_clone().expect("an open connection")));
    let mut lines = BufReader::new(stream);
    let mut said = String::new();
    // A half-written line of a dead process does not count.
    while lines.read_line(&mut said).is_ok() && said.ends_with('\n') {
        match said.trim_end().split_once(' ').expect("a kind of line") {
            ("call", call) => vendors.ask(Call::parse(call), &peer),
            (_, note) => {
                // Nobody listens any more once the test is over.
                let _ = ear.send((life, Heard::Note(note.to_owned())));
            }
        }
        said.clear();
    }
    peer.is_gone();
    let _ = ear.send((life, Heard::End));
}
