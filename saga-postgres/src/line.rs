//! One connection to the database, made again whenever it is lost.

use crate::{
    error::{self, is_cut, is_no_text, takes_no_writes},
    sql::quoted,
};
use std::{
    collections::HashMap,
    error::Error as _,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::AbortHandle, time::timeout};
use tokio_postgres::{
    Client, Config, Error, Row, Statement,
    config::{Host, TargetSessionAttrs},
    types::ToSql,
};
use tokio_postgres_rustls::MakeRustlsConnect;
use typed_saga_engine::StoreError;

/// A value of a statement.
pub(crate) type Value<'a> = &'a (dyn ToSql + Sync);

/// Values that a statement owns.
pub(crate) type Values<'a> = Vec<Box<dyn ToSql + Sync + Send + 'a>>;

/// Makes connections.
pub(crate) struct Connector {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
    pub(crate) schema: String,
    /// Whether reads may go to a server that takes no writes.
    pub(crate) standby: bool,
    pub(crate) connect_timeout: Duration,
    pub(crate) request_timeout: Duration,
}

/// The purpose of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Use {
    /// Short reads, by indexes alone, as `Writes`.
    Reads,
    /// Reads of whatever length, for which nothing else waits.
    Looks,
    /// Short writes, by indexes alone: a plan that was made while a table was small must not be kept
    /// until it is large.
    Writes,
    /// As above, for statements that may wait for an open transaction of another client.
    Creates,
    /// Writes of whatever length, for which no commit waits.
    Sweeps,
}

/// So many times as long as others may those take that look at everything.
const LONG: u32 = 12;

/// A connection that is made when it is needed.
pub(crate) struct Line {
    connector: Arc<Connector>,
    name: String,
    used: Use,
    current: tokio::sync::Mutex<Option<Arc<Connection>>>,
}

/// The failure of a statement. A lost connection leaves unknown whether the statement was executed.
#[derive(Debug)]
pub(crate) enum Failed {
    /// Postgres says so.
    Refused(Error),
    /// The connection could not be made, was lost, or did not answer in time.
    Cut(StoreError),
}

impl From<Failed> for StoreError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Refused(error) => error::of(error),
            Failed::Cut(error) => error,
        }
    }
}

struct Connection {
    client: Client,
    /// What stands for the `@` before each name of a table or a function: the schema. A connection has no
    /// search path of its own.
    schema: String,
    /// By their SQL, with `@`.
    statements: Mutex<HashMap<Arc<str>, Statement>>,
    task: AbortHandle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Connector {
    /// A connection of its own. `reads`: nothing is written on it.
    pub(crate) async fn connect(
        &self,
        name: &str,
        reads: bool,
    ) -> Result<(Client, AbortHandle), StoreError> {
        let mut config = self.config.clone();
        config.application_name(name);
        // Of several hosts the one that can be written to, unless the address asks for a standby to look at.
        let asks = config.get_target_session_attrs();
        if !(reads && self.standby && asks == TargetSessionAttrs::ReadOnly) {
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        let mut made = self.make(&config).await;
        let failed = made.as_ref().err();
        if reads && self.standby && failed.is_some_and(|why| may_be_standby(&config, why.as_ref()))
        {
            config.target_session_attrs(TargetSessionAttrs::Any);
            made = self.make(&config).await;
        }
        made.map_err(|why| self.unmade(&config, why))
    }

    /// `None` as the error: there was no answer in time.
    async fn make(&self, config: &Config) -> Result<(Client, AbortHandle), Option<Error>> {
        let connecting = timeout(self.connect_timeout, config.connect(self.tls.clone()));
        let made = connecting.await.map_err(|_| None::<Error>)?;
        let (client, connection) = made.map_err(Some)?;
        // The next statement reports the error that ends the connection.
        let task = tokio::spawn(async move { drop(connection.await) });
        Ok((client, task.abort_handle()))
    }

    fn unmade(&self, config: &Config, why: Option<Error>) -> StoreError {
        let at = self.address();
        StoreError::unavailable(match why {
            None => format!(
                "Postgres did not answer{at} within {:?}",
                self.connect_timeout
            ),
            Some(error) if error.code().is_some() => return error::of(error),
            Some(error) if needs_writes(config, &error) => format!(
                "Postgres takes no writes{at}: it is a standby, or read-only; \
                 connect to the primary, or lift `default_transaction_read_only`"
            ),
            Some(error) => {
                let source = error.source();
                let why = source.map_or(error.to_string(), ToString::to_string);
                format!("Postgres cannot be reached{at}: {why}")
            }
        })
    }

    /// ` at db.example.org:5432`: the hosts, unless a part of a password may be taken for one.
    fn address(&self) -> String {
        let name = |host: &Host| match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        };
        let hosts: Vec<String> = self.config.get_hosts().iter().map(name).collect();
        let rest = self.config.get_dbname().unwrap_or_default();
        if hosts.is_empty() || hosts.iter().any(|it| it.contains('@')) || rest.contains('@') {
            return String::new();
        }
        let ports: Vec<String> = match self.config.get_ports() {
            [] => vec!["5432".into()],
            ports => ports.iter().map(u16::to_string).collect(),
        };
        let with_port = |(host, port): (&String, &String)| format!("{host}:{port}");
        let hosts: Vec<String> = hosts
            .iter()
            .zip(ports.iter().cycle())
            .map(with_port)
            .collect();
        format!(" at {}", hosts.join(", "))
    }

    /// The schema, as it is written in SQL.
    pub(crate) fn quoted_schema(&self) -> String {
        quoted(&self.schema)
    }
}

/// Whether another server than one that takes writes may be there. Of several hosts, the error is that of
/// the last one.
fn may_be_standby(config: &Config, why: Option<&Error>) -> bool {
    config.get_hosts().len() > 1 || why.is_some_and(|why| needs_writes(config, why))
}

/// Whether the only thing wrong with a server is that it takes no writes.
fn needs_writes(config: &Config, error: &Error) -> bool {
    let wanted = config.get_target_session_attrs();
    wanted == TargetSessionAttrs::ReadWrite && takes_no_writes(error)
}

impl Line {
    pub(crate) fn new(connector: &Arc<Connector>, name: impl Into<String>, used: Use) -> Self {
        Self {
            connector: Arc::clone(connector),
            name: name.into(),
            used,
            current: tokio::sync::Mutex::new(None),
        }
    }

    /// Runs one statement by itself, and gives its rows. In it, `@` before the name of a table or a
    /// function stands for the schema. A read that asks for what cannot be there has no rows.
    pub(crate) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Failed> {
        let connection = self.connection().await.map_err(Failed::Cut)?;
        let limit = self.patience();
        match timeout(limit, connection.query(sql, values)).await {
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) if is_cut(&error) => {
                self.give_up(&connection).await;
                Err(Failed::Cut(error::of(error)))
            }
            Ok(Err(error)) if self.only_reads() && is_no_text(&error) => Ok(Vec::new()),
            Ok(Err(error)) => Err(Failed::Refused(error)),
            Err(_) => {
                self.give_up(&connection).await;
                // Or the server would go on with it, and keep its locks.
                let (token, connector) = (
                    connection.client.cancel_token(),
                    Arc::clone(&self.connector),
                );
                tokio::spawn(async move {
                    let cancelled = token.cancel_query(connector.tls.clone());
                    drop(timeout(connector.connect_timeout, cancelled).await);
                });
                let why = format!("Postgres did not answer within {limit:?}");
                Err(Failed::Cut(StoreError::unavailable(why)))
            }
        }
    }

    fn only_reads(&self) -> bool {
        matches!(self.used, Use::Reads | Use::Looks)
    }

    /// The time limit of an answer.
    fn patience(&self) -> Duration {
        let limit = self.connector.request_timeout;
        match self.used {
            Use::Looks | Use::Sweeps => limit * LONG,
            Use::Reads | Use::Writes | Use::Creates => limit,
        }
    }

    async fn connection(&self) -> Result<Arc<Connection>, StoreError> {
        let mut current = self.current.lock().await;
        if let Some(connection) = current.as_ref().filter(|it| !it.client.is_closed()) {
            return Ok(Arc::clone(connection));
        }
        *current = None;
        let reads = self.only_reads();
        let (client, task) = self.connector.connect(&self.name, reads).await?;
        let connection = Connection {
            client,
            schema: self.connector.quoted_schema() + ".",
            statements: Mutex::default(),
            task,
        };
        let settings = self.settings();
        let set = connection.client.batch_execute(&settings);
        match timeout(self.connector.request_timeout, set).await {
            Ok(set) => set.map_err(error::of)?,
            Err(_) => return Err(StoreError::unavailable("Postgres does not answer")),
        }
        let connection = Arc::new(connection);
        *current = Some(Arc::clone(&connection));
        Ok(connection)
    }

    pub(crate) fn request_timeout(&self) -> Duration {
        self.connector.request_timeout
    }

    fn settings(&self) -> String {
        // The statements rely on seeing the changes of a lock that they waited for. From version 14
        // on, a server that is computing notices that its client is gone.
        let mut settings = "SET default_transaction_isolation = 'read committed';
             SELECT set_config(name, '5s', FALSE) FROM pg_settings WHERE name = 'client_connection_check_interval'"
            .to_owned();
        // What Postgres expects of two columns together may be far from what is there.
        if !matches!(self.used, Use::Looks) {
            settings += "; SET enable_seqscan = off; SET enable_mergejoin = off; SET jit = off";
        }
        // A batch of new sagas is joined with what it has written, and with no table.
        if matches!(self.used, Use::Creates) {
            settings += "; SET lock_timeout = '200ms'";
        } else if matches!(self.used, Use::Writes | Use::Sweeps) {
            settings += "; SET enable_hashjoin = off";
        }
        settings
    }

    async fn give_up(&self, lost: &Arc<Connection>) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|it| Arc::ptr_eq(it, lost)) {
            *current = None;
        }
    }
}

impl Connection {
    async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, Error> {
        let known = self.lock().get(sql).cloned();
        if let Some(statement) = known {
            return self.client.query(&statement, values).await;
        }
        let qualified = sql.replace('@', &self.schema);
        let statement = self.client.prepare(&qualified).await?;
        self.lock().insert(sql.into(), statement.clone());
        self.client.query(&statement, values).await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Arc<str>, Statement>> {
        self.statements
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The configuration's own leaves the password out.
        f.debug_struct("Connector")
            .field("config", &self.config)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}
