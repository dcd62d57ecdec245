use crate::{line::Connector, tls};
use std::{path::PathBuf, time::Duration};
use tokio_postgres::Config;
use typed_saga_engine::{Life, StoreError};

/// How a store connects to a database.
#[derive(Clone, Debug)]
pub struct Options {
    pub(crate) application: Option<String>,
    schema: String,
    pub(crate) migrate: bool,
    pub(crate) life: Option<Life>,
    standby: bool,
    root_certificate: Option<PathBuf>,
    connect_timeout: Duration,
    request_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            application: None,
            schema: "saga".into(),
            migrate: true,
            life: None,
            standby: false,
            root_certificate: None,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// The options of a client, which reads, asks, and places orders.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The application whose sagas these are, as [`Postgres::connect`](crate::Postgres::connect) takes it.
    /// The schema is made with it; one of another application is refused. Default: none, and then no
    /// engine can run sagas on the store, and no schema is made.
    #[must_use]
    pub fn application(mut self, name: impl Into<String>) -> Self {
        self.application = Some(name.into());
        self
    }

    /// The schema that holds the tables: one for each application. Default: `saga`.
    #[must_use]
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// Whether to create the schema if it is missing. Default: yes, which needs the privilege to
    /// create it. With `false`, a worker needs only to read and write.
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// The life of the sagas in a schema that is made: that of a schema that was lost, so that sagas which
    /// are submitted again have their old keys. Default: one that is drawn. A schema that is there keeps
    /// its own.
    #[must_use]
    pub fn life(mut self, life: Life) -> Self {
        self.life = Some(life);
        self
    }

    /// Whether reads may go to a server that takes no writes, if no other is found: a standby, or a
    /// database that is read-only. Default: no, since an engine must not read what is out of date.
    /// With `true`, and without migration, you can look at such a database; a write to it is an error.
    #[must_use]
    pub fn standby(mut self, standby: bool) -> Self {
        self.standby = standby;
        self
    }

    /// A PEM file with the trusted root certificates for the server, in place of those that the
    /// machine trusts. `sslmode` in the URL says whether a connection is encrypted: `disable`,
    /// `prefer` (the default) or `require`. If it is, the server's certificate is always verified.
    #[must_use]
    pub fn root_certificate(mut self, path: impl Into<PathBuf>) -> Self {
        self.root_certificate = Some(path.into());
        self
    }

    /// How long connecting may take. Default: 5 s.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long an answer may take before the connection is given up as lost; reads of the whole
    /// store may take twelve times as long. Default: 10 s. It must be shorter than an engine's
    /// lease; otherwise other workers take over the sagas of a worker whose connection was cut.
    #[must_use]
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.request_timeout = limit;
        self
    }

    /// A connector for the database at `url`.
    pub(crate) fn connector(&self, url: &str) -> Result<Connector, StoreError> {
        let mut config: Config = url.parse().map_err(|why| {
            StoreError::unavailable(format!("this is no address of a Postgres database: {why}"))
        })?;
        config.connect_timeout(self.connect_timeout);
        // A machine that vanished is noticed, even by a connection that has nothing to say.
        config.tcp_user_timeout(self.request_timeout);
        // TCP counts that in seconds, and takes none for an error.
        config.keepalives_idle(self.request_timeout.max(Duration::from_secs(1)));
        let tls = tls::connector(self.root_certificate.as_deref())?;
        Ok(Connector {
            config,
            tls,
            schema: self.schema.clone(),
            standby: self.standby,
            connect_timeout: self.connect_timeout,
            request_timeout: self.request_timeout,
        })
    }
}
