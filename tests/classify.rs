//! Classifiers that come with the library: what each kind of I/O error says, and what a saga makes
//! of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, ErrorKind, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use typed_saga::{Key, Verdict, classify, saga};

/// Every kind that is stable in the oldest Rust that is supported.
#[rustfmt::skip]
const KINDS: [ErrorKind; 38] = [
    ErrorKind::AddrInUse, ErrorKind::AddrNotAvailable, ErrorKind::AlreadyExists,
    ErrorKind::ArgumentListTooLong, ErrorKind::BrokenPipe, ErrorKind::ConnectionAborted,
    ErrorKind::ConnectionRefused, ErrorKind::ConnectionReset, ErrorKind::CrossesDevices,
    ErrorKind::Deadlock, ErrorKind::DirectoryNotEmpty, ErrorKind::ExecutableFileBusy,
    ErrorKind::FileTooLarge, ErrorKind::HostUnreachable, ErrorKind::Interrupted,
    ErrorKind::InvalidData, ErrorKind::InvalidInput, ErrorKind::IsADirectory,
    ErrorKind::NetworkDown, ErrorKind::NetworkUnreachable, ErrorKind::NotADirectory,
    ErrorKind::NotConnected, ErrorKind::NotFound, ErrorKind::NotSeekable, ErrorKind::Other,
    ErrorKind::OutOfMemory, ErrorKind::PermissionDenied, ErrorKind::QuotaExceeded,
    ErrorKind::ReadOnlyFilesystem, ErrorKind::ResourceBusy, ErrorKind::StaleNetworkFileHandle,
    ErrorKind::StorageFull, ErrorKind::TimedOut, ErrorKind::TooManyLinks,
    ErrorKind::UnexpectedEof, ErrorKind::Unsupported, ErrorKind::WouldBlock,
    ErrorKind::WriteZero,
];

/// The rows of the table in the documentation of `classify::io`: kind and verdict.
fn table() -> BTreeMap<String, String> {
    let source = include_str!("../src/classify.rs");
    let (_, rows) = source
        .split_once("| kind | verdict | why |")
        .expect("the table");
    let mut table = BTreeMap::new();
    for row in rows
        .lines()
        .skip(2)
        .take_while(|row| row.starts_with("/// |"))
    {
        let cells: Vec<_> = row.split(" | ").collect();
        let verdict = cells[2].trim_matches('`').to_owned();
        for kind in cells[1].split('`').skip(1).step_by(2) {
            let before = table.insert(kind.to_owned(), verdict.clone());
            assert_eq!(before, None, "{kind} stands in two rows");
        }
    }
    table
}

#[test]
fn d01_every_kind_means_what_the_table_says() {
    let table = table();
    for kind in KINDS {
        let verdict = classify::io(&kind.into());
        let said = table
            .get(&format!("{kind:?}"))
            .map_or("Unknown", String::as_str);
        assert_eq!(format!("{verdict:?}"), said, "{kind:?}");
    }
    for kind in table.keys() {
        assert!(
            KINDS.iter().any(|known| format!("{known:?}") == *kind),
            "no kind {kind}"
        );
    }
}

/// Only the other side refuses, and a refusal ends the doubt that an earlier attempt left.
#[test]
fn d01_no_io_error_is_a_refusal() {
    for kind in KINDS {
        assert_ne!(classify::io(&kind.into()), Verdict::Refused, "{kind:?}");
    }
    let unnamed = io::Error::from_raw_os_error(i32::MAX);
    assert_eq!(classify::io(&unnamed), Verdict::Unknown);
}

/// A bank on a real socket, which charges once for each key.
#[derive(Clone)]
struct Bank {
    address: SocketAddr,
    calls: Arc<AtomicU32>,
}

impl Bank {
    #[allow(
        clippy::unused_async,
        reason = "the socket blocks, and the test has nothing else to do"
    )]
    async fn charge(&self, key: &Key) -> io::Result<u8> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut connection = TcpStream::connect(self.address)?;
        connection.write_all(key.as_str().as_bytes())?;
        let mut number = [0];
        connection.read_exact(&mut number)?;
        Ok(number[0])
    }
}

saga! {
    #[classify(typed_saga::classify::io)]
    saga Pay() with (bank: Bank) -> Result<u8, io::Error> {
        #[idempotent]
        step payment(bank, key) -> u8 = Bank::charge
            compensate none
        payment
    }
}

#[tokio::test]
async fn d01_a_connection_that_breaks_leaves_doubt_and_the_step_is_asked_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let mut charged = BTreeSet::new();
        for answers in [false, true] {
            let (mut connection, _) = listener.accept().unwrap();
            let mut key = [0; 128];
            let length = connection.read(&mut key).unwrap();
            charged.insert(key[..length].to_vec());
            if answers {
                let number = u8::try_from(charged.len()).unwrap();
                connection.write_all(&[number]).unwrap();
            }
        }
    });
    let calls = Arc::<AtomicU32>::default();
    let bank = Bank {
        address,
        calls: Arc::clone(&calls),
    };
    assert_eq!(Pay {}.with(bank).await.unwrap(), 1, "charged once");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    server.join().unwrap();
}

#[tokio::test]
async fn d01_a_connection_that_is_refused_has_done_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let calls = Arc::<AtomicU32>::default();
    let bank = Bank {
        address,
        calls: Arc::clone(&calls),
    };
    let error = Pay {}.with(bank).await.unwrap_err();
    assert!(error.is_clean());
    assert_eq!(calls.load(Ordering::Relaxed), 1, "nothing to settle");
}
