//! The tables, and the migrations from older versions.

use crate::{
    error,
    line::{Connector, Value},
    pooler,
};
use saga_engine::StoreError;
use tokio_postgres::{Client, Error};

/// The migration to each version from the one before it.
const VERSIONS: &[&str] = &[include_str!("schema/1.sql")];

/// Later additions to the tables, which programs need not know: they make no new version.
const ADDITIONS: [&str; 4] = [
    "CREATE INDEX IF NOT EXISTS inbox_open ON inbox (name, id, number) WHERE answer IS NULL",
    include_str!("schema/locks.sql"),
    include_str!("schema/lost.sql"),
    include_str!("schema/history.sql"),
];

/// The indexes of these.
const INDEXES: [&str; 3] = ["inbox_open", "lock_queue", "lock_first"];

/// The columns of `outbox` among these.
const COLUMNS: [&str; 2] = ["lost", "skipped"];

/// The triggers among these.
const TRIGGERS: [&str; 1] = ["outbox_stays_aside"];

/// The functions of locks. Earlier ones found their tables by the search path of the connection.
pub(crate) const FUNCTIONS: [&str; 3] = ["enter_queues", "change_queue", "pass_key_on"];

/// The views among these, which no worker needs.
const VIEWS_ADDED: [&str; 3] = ["history", "unreadable", "quarantined"];

/// Views hold no data, so only those of the latest version are kept.
const VIEWS: &str = include_str!("schema/views.sql");

/// Of the advisory lock under which one worker migrates, and the others wait.
const LOCK: i64 = i64::from_be_bytes(*b"saga\0sql");

/// The one encoding that holds every text of a saga. `SQL_ASCII` holds any bytes, and would pass on
/// those of other programs that are no text.
const ENCODING: &str = "UTF8";

/// Makes sure that the schema is of this version; says whether it has the tables of locks.
pub(crate) async fn make_ready(connector: &Connector, migrate: bool) -> Result<bool, StoreError> {
    let (client, task) = connector.connect("saga", !migrate).await?;
    let made = match pooler::check(connector, &client).await {
        Ok(()) => Ready { connector, client }.make(migrate).await,
        Err(why) => Err(why),
    };
    task.abort();
    made
}

/// Which additions are there.
struct Additions {
    /// Whether there are tables of locks.
    locks: bool,
    /// Whether what a worker needs is as this version knows it: the columns and, if there are tables of
    /// locks, their functions.
    needed: bool,
    /// Whether there is everything.
    all: bool,
}

struct Ready<'a> {
    connector: &'a Connector,
    client: Client,
}

impl Ready<'_> {
    async fn make(&self, migrate: bool) -> Result<bool, StoreError> {
        self.check_encoding().await?;
        let found = self.version().await?;
        let is_current = found == VERSIONS.len();
        if is_current {
            let Additions { locks, needed, all } = self.additions().await?;
            if all || needed && !migrate {
                return Ok(locks);
            }
        }
        if !migrate {
            return Err(StoreError::unavailable(self.lacks(found)));
        }
        let schema = self.connector.quoted_schema();
        let begin =
            format!("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK})");
        self.run(&begin).await?;
        // Another one may have migrated it meanwhile.
        let found = self.version().await?;
        // To create a schema that is there needs the privilege to create one.
        if !self.is_there().await? {
            self.run(&format!("CREATE SCHEMA {schema}")).await?;
        }
        // It ends with the transaction.
        self.run(&format!("SET LOCAL search_path TO {schema}"))
            .await?;
        for step in &VERSIONS[found..] {
            self.run(step).await?;
        }
        if found < VERSIONS.len() {
            for view in self.views().await? {
                self.run(&format!("DROP VIEW {view} CASCADE")).await?;
            }
            self.run(VIEWS).await?;
            let version = VERSIONS.len();
            self.run(&format!("UPDATE store SET version = {version}"))
                .await?;
        }
        for addition in ADDITIONS {
            self.run(addition).await?;
        }
        self.run("COMMIT").await?;
        Ok(true)
    }

    /// What a worker that may not migrate finds missing in a schema of this version.
    fn lacks(&self, version: usize) -> String {
        let (name, own) = (&self.connector.schema, VERSIONS.len());
        match version {
            0 => format!(
                "there is no schema `{name}` of sagas: it is made by the first worker that may migrate"
            ),
            _ if version == own => format!(
                "the schema `{name}` lacks what this program adds to it: the first worker that may migrate does so"
            ),
            _ => format!(
                "the schema `{name}` is of version {version}, and this program of {own}: a worker that may migrate brings it there"
            ),
        }
    }

    async fn check_encoding(&self) -> Result<(), StoreError> {
        let sql = "SELECT current_setting('server_encoding')";
        let row = self.client.query_one(sql, &[]).await.map_err(error::of)?;
        let encoding: &str = row.get(0);
        if encoding == ENCODING {
            return Ok(());
        }
        Err(StoreError::unavailable(format!(
            "the database has the encoding {encoding}: sagas need one with the encoding {ENCODING}"
        )))
    }

    async fn is_there(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";
        let row = self.client.query_one(sql, &[&self.connector.schema]).await;
        Ok(row.map_err(error::of)?.get(0))
    }

    async fn run(&self, sql: &str) -> Result<(), StoreError> {
        let done = self.client.batch_execute(sql).await;
        done.map_err(|error| self.unable(error))
    }

    /// The error of a migration.
    fn unable(&self, error: Error) -> StoreError {
        let cannot = format!("make or migrate the schema `{}`", self.connector.schema);
        let helps = "have an empty schema made that the role owns, or let another role migrate, and set \
                     `Options::migrate(false)`";
        error::or_denied(error, &cannot, helps)
    }

    /// The error of a look at what is there.
    fn unread(&self, error: Error) -> StoreError {
        let cannot = format!("read the schema `{}`", self.connector.schema);
        let helps = "grant it USAGE on the schema, and SELECT on its tables; a worker also needs INSERT, UPDATE \
                     and DELETE";
        error::or_denied(error, &cannot, helps)
    }

    /// Which additions are there. To make an index that is there would wait for whoever writes.
    async fn additions(&self) -> Result<Additions, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM pg_indexes WHERE schemaname = $1 AND indexname = ANY($2)),
                          (SELECT count(*) FROM pg_proc AS p JOIN pg_namespace AS s ON s.oid = p.pronamespace
                           WHERE s.nspname = $1 AND p.proname = ANY($3) AND p.proconfig IS NOT NULL),
                          (SELECT count(*) FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
                           JOIN pg_namespace AS s ON s.oid = c.relnamespace
                           WHERE s.nspname = $1 AND c.relname = 'outbox' AND a.attname = ANY($4)),
                          (SELECT count(*) FROM pg_views WHERE schemaname = $1 AND viewname = ANY($5)),
                          to_regclass($6) IS NOT NULL,
                          (SELECT count(*) FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
                           JOIN pg_namespace AS s ON s.oid = c.relnamespace
                           WHERE s.nspname = $1 AND t.tgname = ANY($7))";
        let schema = &self.connector.schema;
        let (indexes, functions) = (&INDEXES.as_slice(), &FUNCTIONS.as_slice());
        let (columns, views) = (&COLUMNS.as_slice(), &VIEWS_ADDED.as_slice());
        let (triggers, lock) = (&TRIGGERS.as_slice(), &self.connector.quoted_schema());
        let lock = &format!("{lock}.lock");
        let values: [Value<'_>; 7] = [schema, indexes, functions, columns, views, lock, triggers];
        let found = self.client.query_one(sql, &values).await;
        let found = found.map_err(|error| self.unread(error))?;
        let are = |column, all| usize::try_from(found.get::<_, i64>(column)) == Ok(all);
        let functions = are(1, FUNCTIONS.len());
        let (columns, locks) = (are(2, COLUMNS.len()), found.get::<_, bool>(4));
        Ok(Additions {
            locks,
            needed: columns && (functions || !locks),
            all: columns
                && functions
                && are(0, INDEXES.len())
                && are(3, VIEWS_ADDED.len())
                && are(5, TRIGGERS.len()),
        })
    }

    async fn views(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT quote_ident(viewname) FROM pg_views WHERE schemaname = $1";
        let rows = self.client.query(sql, &[&self.connector.schema]).await;
        Ok(rows
            .map_err(error::of)?
            .iter()
            .map(|row| row.get(0))
            .collect())
    }

    /// The version of the schema; 0 if there is none, or nothing in it.
    async fn version(&self) -> Result<usize, StoreError> {
        let name = &self.connector.schema;
        let sql = "SELECT to_regclass($1) IS NOT NULL, EXISTS (
                       SELECT FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace
                       WHERE s.nspname = $2)";
        let store = format!("{}.store", self.connector.quoted_schema());
        let found = self.client.query_one(sql, &[&store, name]).await;
        let found = found.map_err(|error| self.unread(error))?;
        let (is_ours, is_used): (bool, bool) = (found.get(0), found.get(1));
        if !is_ours && is_used {
            return Err(StoreError::corrupt(format!(
                "the schema `{name}` holds something else than sagas"
            )));
        }
        if !is_ours {
            return Ok(0);
        }
        let sql = format!("SELECT version FROM {store}");
        let version = self.client.query_one(&sql, &[]).await;
        let version: i32 = version.map_err(|error| self.unread(error))?.get(0);
        match usize::try_from(version) {
            Ok(version @ 1..) if version <= VERSIONS.len() => Ok(version),
            _ => Err(StoreError::corrupt(format!(
                "the schema `{name}` was made by a newer version: it is of {version}, and this version knows those up to {}",
                VERSIONS.len()
            ))),
        }
    }
}
