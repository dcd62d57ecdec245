//! Databases: each row of the tables, and what sqlx reports of a server that speaks PostgreSQL's
//! protocol, and of connections that fail. (SQLite, the real one: `sqlite/`.)

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use crate::common::{Row, listen, nobody, reset, silent, table};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions, Error, Executor};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use typed_saga::Verdict;
use typed_saga_classify::sqlx::{code, error};

const SOURCE: &str = include_str!("../../src/sqlx.rs");

/// Every class of PostgreSQL's appendix A, and those that MySQL adds.
const CLASSES: [&str; 45] = [
    "00", "01", "02", "03", "08", "09", "0A", "0B", "0F", "0L", "0P", "0Z", "10", "20", "21", "22",
    "23", "24", "25", "26", "27", "28", "2B", "2D", "2F", "34", "38", "39", "3B", "3D", "3F", "40",
    "42", "44", "53", "54", "55", "57", "58", "72", "F0", "HV", "HY", "P0", "XX",
];

/// Codes that the table sets apart from their class.
const CODES: [&str; 7] = [
    "08001", "08004", "08007", "25P04", "40003", "57014", "57P03",
];

/// What the table says of `code`: by the code itself, or else by its class.
fn said(rows: &[Row], code: &str) -> String {
    let of = |name: &str| {
        let mut meant = rows
            .iter()
            .filter(|row| row.codes.iter().any(|code| code == name));
        let verdict = meant.next().map(|row| row.verdict.clone());
        assert!(meant.next().is_none(), "{name} stands in two rows");
        verdict
    };
    let said = of(code).or_else(|| of(&code[..2]));
    said.unwrap_or_else(|| "Unknown".to_owned())
}

#[test]
fn every_sqlstate_means_what_the_table_says() {
    let rows = table(SOURCE, "SQLSTATE");
    let of_classes = CLASSES
        .iter()
        .flat_map(|class| ["000", "001", "P01"].map(|number| format!("{class}{number}")));
    for state in of_classes.chain(CODES.map(str::to_owned)) {
        assert_eq!(
            format!("{:?}", code(&state)),
            said(&rows, &state),
            "{state}"
        );
    }
    for listed in rows.iter().flat_map(|row| &row.codes) {
        let known = CLASSES.contains(&listed.as_str()) || CODES.contains(&listed.as_str());
        assert!(known, "no code {listed}");
    }
}

#[test]
fn every_result_of_sqlite_means_what_the_table_says() {
    let rows = table(SOURCE, "result of SQLite");
    for primary in 0..=101_u32 {
        let said = rows
            .iter()
            .find(|row| row.codes.contains(&primary.to_string()));
        let said = said.map_or("Unknown", |row| row.verdict.as_str());
        for extended in [primary, primary | 1 << 8, primary | 8 << 8] {
            assert_eq!(
                format!("{:?}", code(&extended.to_string())),
                said,
                "{extended}"
            );
        }
    }
}

#[test]
fn no_code_is_a_refusal() {
    for class in CLASSES {
        assert_ne!(code(&format!("{class}000")), Verdict::Refused);
    }
    for strange in ["", "4", "four", "40001x", "äöü", "-5"] {
        assert_ne!(code(strange), Verdict::Refused, "{strange:?}");
    }
    assert_eq!(code("äö0"), Verdict::Unknown);
}

/// An error of a database that says no more than this.
#[derive(Debug)]
struct Said(Option<&'static str>);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an error")
    }
}

impl StdError for Said {}

impl DatabaseError for Said {
    fn message(&self) -> &'static str {
        "an error"
    }
    fn code(&self) -> Option<Cow<'_, str>> {
        self.0.map(Cow::Borrowed)
    }
    fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        self
    }
    fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
        self
    }
    fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
        self
    }
    fn kind(&self) -> sqlx::error::ErrorKind {
        sqlx::error::ErrorKind::Other
    }
}

#[test]
fn every_kind_of_error_means_what_the_table_says() {
    let text = || "why".to_owned();
    let io = |kind: ErrorKind| Error::Io(io::Error::from(kind));
    let source = || Box::new(Said(None));
    for (failure, verdict) in [
        (Error::Configuration(source()), Verdict::Transient),
        (Error::InvalidArgument(text()), Verdict::Transient),
        (Error::Encode(source()), Verdict::Transient),
        (Error::InvalidSavePointStatement, Verdict::Transient),
        (Error::Tls(source()), Verdict::Transient),
        (Error::PoolTimedOut, Verdict::Transient),
        (Error::PoolClosed, Verdict::Transient),
        (Error::BeginFailed, Verdict::Transient),
        (io(ErrorKind::ConnectionRefused), Verdict::Transient),
        (io(ErrorKind::NotFound), Verdict::Transient),
        (io(ErrorKind::ConnectionReset), Verdict::Unknown),
        (io(ErrorKind::UnexpectedEof), Verdict::Unknown),
        (io(ErrorKind::TimedOut), Verdict::Unknown),
        (Error::RowNotFound, Verdict::Unknown),
        (Error::ColumnNotFound(text()), Verdict::Unknown),
        (Error::Decode(source()), Verdict::Unknown),
        (Error::Protocol(text()), Verdict::Unknown),
        (Error::WorkerCrashed, Verdict::Unknown),
        (
            Error::Database(Box::new(Said(Some("40001")))),
            Verdict::Transient,
        ),
        (
            Error::Database(Box::new(Said(Some("2067")))),
            Verdict::Transient,
        ),
        (Error::Database(Box::new(Said(None))), Verdict::Unknown),
    ] {
        assert_eq!(error(&failure), verdict, "{failure:?}");
    }
}

/// How a server of PostgreSQL answers a statement, after a greeting without a password.
#[derive(Clone, Copy)]
enum Answer {
    Error(&'static str),
    Reset,
    Nonsense,
}

/// What is sent before a statement can be.
const GREETING: &[u8] = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I";

async fn postgres(greeting: Answer, statement: Answer) -> SocketAddr {
    let listener = listen().await;
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = listener.accept().await.unwrap();
            let length = connection.read_u32().await.unwrap();
            take(&mut connection, length).await;
            match greeting {
                Answer::Nonsense => connection.write_all(GREETING).await.unwrap(),
                other => {
                    answer(connection, other).await;
                    continue;
                }
            }
            assert_eq!(connection.read_u8().await.unwrap(), b'Q');
            let length = connection.read_u32().await.unwrap();
            take(&mut connection, length).await;
            answer(connection, statement).await;
        }
    });
    address
}

async fn take(connection: &mut TcpStream, length: u32) {
    let mut rest = vec![0; length as usize - 4];
    connection.read_exact(&mut rest).await.unwrap();
}

async fn answer(mut connection: TcpStream, answer: Answer) {
    match answer {
        Answer::Error(code) => {
            let fields = format!("SERROR\0VERROR\0C{code}\0Mwhy\0\0");
            let mut message = vec![b'E'];
            let length = u32::try_from(fields.len() + 4).unwrap();
            message.extend(length.to_be_bytes());
            message.extend(fields.as_bytes());
            message.extend(b"Z\0\0\0\x05I");
            connection.write_all(&message).await.unwrap();
            // Until the client has read it, and goes.
            drop(connection.read_to_end(&mut Vec::new()).await);
        }
        Answer::Reset => reset(connection),
        Answer::Nonsense => connection.write_all(b"Z\0\0\0\x05?").await.unwrap(),
    }
}

fn options(address: SocketAddr) -> PgConnectOptions {
    PgConnectOptions::new_without_pgpass()
        .host("127.0.0.1")
        .port(address.port())
        .username("ada")
        .ssl_mode(PgSslMode::Disable)
}

async fn connect(address: SocketAddr) -> Result<PgConnection, Error> {
    options(address).connect().await
}

/// What is reported of one statement.
async fn failure(statement: Answer) -> Error {
    let address = postgres(Answer::Nonsense, statement).await;
    let mut connection = connect(address).await.unwrap();
    connection.execute("COMMIT").await.unwrap_err()
}

#[tokio::test]
async fn what_postgres_says_of_a_statement_is_classified_by_its_code() {
    for (state, verdict) in [
        ("23505", Verdict::Transient),
        ("23514", Verdict::Transient),
        ("40001", Verdict::Transient),
        ("40P01", Verdict::Transient),
        ("55P03", Verdict::Transient),
        ("57014", Verdict::Transient),
        ("25006", Verdict::Transient),
        ("P0001", Verdict::Transient),
        ("40003", Verdict::Unknown),
        ("57P01", Verdict::Unknown),
        ("XX000", Verdict::Unknown),
    ] {
        let failure = failure(Answer::Error(state)).await;
        let found = failure.as_database_error().and_then(DatabaseError::code);
        assert_eq!(found.as_deref(), Some(state), "{failure:?}");
        assert_eq!(error(&failure), verdict, "{state}");
    }
}

#[tokio::test]
async fn a_connection_that_is_lost_after_a_statement_leaves_doubt() {
    for lost in [Answer::Reset, Answer::Nonsense] {
        let failure = failure(lost).await;
        assert_eq!(error(&failure), Verdict::Unknown, "{failure:?}");
    }
}

#[tokio::test]
async fn a_server_that_lets_nobody_in_has_done_nothing() {
    for state in ["28P01", "3D000", "53300", "57P03"] {
        let address = postgres(Answer::Error(state), Answer::Reset).await;
        let failure = connect(address).await.map(drop).unwrap_err();
        assert_eq!(error(&failure), Verdict::Transient, "{failure:?}");
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_has_done_nothing() {
    let failure = connect(nobody().await).await.map(drop).unwrap_err();
    assert!(matches!(failure, Error::Io(_)), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
}

#[tokio::test]
async fn a_pool_that_finds_no_connection_in_time_has_done_nothing() {
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(50));
    let pool = pool.connect_lazy_with(options(silent().await));
    let failure = pool.begin().await.map(drop).unwrap_err();
    assert!(matches!(failure, Error::PoolTimedOut), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
    pool.close().await;
    let failure = pool.begin().await.map(drop).unwrap_err();
    assert!(matches!(failure, Error::PoolClosed), "{failure:?}");
    assert_eq!(error(&failure), Verdict::Transient);
}
