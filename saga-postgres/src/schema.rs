//! The tables, which are made whole, and the version of a schema.

use crate::{
    error,
    line::{Connector, Value},
    options::Options,
    pooler,
};
use tokio_postgres::{Client, Error};
use typed_saga_engine::{Life, StoreError};

/// The version of the tables.
const VERSION: i32 = 1;

/// What a schema consists of, in order.
const PARTS: [&str; 3] = [
    include_str!("schema/tables.sql"),
    include_str!("schema/locks.sql"),
    include_str!("schema/views.sql"),
];

/// Of the advisory lock under which one worker makes the schema, and the others wait.
const LOCK: i64 = i64::from_be_bytes(*b"saga\0sql");

/// The one encoding that holds every text of a saga. `SQL_ASCII` holds any bytes, and would pass on
/// those of other programs that are no text.
const ENCODING: &str = "UTF8";

/// Makes sure that there is a schema of this version.
pub(crate) async fn make_ready(connector: &Connector, options: &Options) -> Result<(), StoreError> {
    let application = options.application.as_deref();
    let migrate = application.filter(|_| options.migrate);
    let (client, task) = connector.connect("saga", migrate.is_none()).await?;
    let ready = Ready {
        connector,
        client,
        application,
        life: options.life,
    };
    let made = match pooler::check(connector, &ready.client).await {
        Ok(()) => ready.make(migrate).await,
        Err(why) => Err(why),
    };
    task.abort();
    made
}

struct Ready<'a> {
    connector: &'a Connector,
    client: Client,
    /// Whose the schema must be.
    application: Option<&'a str>,
    /// The life of its sagas, if it is made.
    life: Option<Life>,
}

impl Ready<'_> {
    /// `migrate`: the application whose schema is made if there is none.
    async fn make(&self, migrate: Option<&str>) -> Result<(), StoreError> {
        self.check_encoding().await?;
        if self.is_made().await? {
            return Ok(());
        }
        let Some(application) = migrate else {
            return Err(StoreError::unavailable(format!(
                "there is no schema `{}` of sagas: it is made by the first worker that may migrate",
                self.connector.schema
            )));
        };
        let begin =
            format!("BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock({LOCK})");
        self.run(&begin).await?;
        // Another one may have made it meanwhile.
        if !self.is_made().await? {
            self.make_whole(application).await?;
        }
        self.run("COMMIT").await
    }

    async fn make_whole(&self, application: &str) -> Result<(), StoreError> {
        let schema = self.connector.quoted_schema();
        // To create a schema that is there needs the privilege to create one.
        if !self.is_there().await? {
            self.run(&format!("CREATE SCHEMA {schema}")).await?;
        }
        // It ends with the transaction.
        self.run(&format!("SET LOCAL search_path TO {schema}"))
            .await?;
        for part in PARTS {
            self.run(part).await?;
        }
        let life = self.life.unwrap_or_else(Life::random).to_string();
        let sql =
            "INSERT INTO store (version, works_from, application, life) VALUES ($1, $1, $2, $3)";
        let values: [Value<'_>; 3] = [&VERSION, &application, &life];
        let made = self.client.execute(sql, &values).await;
        made.map(drop).map_err(|error| self.unable(error))
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

    /// The error of making the schema.
    fn unable(&self, error: Error) -> StoreError {
        let cannot = format!("make the schema `{}`", self.connector.schema);
        let helps = "have an empty schema made that the role owns, or let another role make it, and set \
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

    /// Whether the schema belongs to this application.
    fn is_of(&self, owner: Option<&str>) -> Result<(), StoreError> {
        let (name, owner) = (&self.connector.schema, owner.unwrap_or_default());
        match self.application {
            Some(own) if own != owner => Err(StoreError::corrupt(format!(
                "the schema `{name}` belongs to the application `{owner}`, and this is `{own}`: each application has a schema of its own, \
                 which `Options::schema` names"
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the schema is one of this version; if not, there is none, or nothing in it.
    async fn is_made(&self) -> Result<bool, StoreError> {
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
            return Ok(false);
        }
        // NULL if there is no such column.
        let sql = format!(
            "SELECT (store ->> 'version')::integer, (store ->> 'works_from')::integer, store ->> 'format', store ->> 'application'
             FROM (SELECT to_jsonb(store) FROM {store} AS store) AS it (store)"
        );
        let found = self.client.query_one(&sql, &[]).await;
        let found = found.map_err(|error| self.unread(error))?;
        let (version, works_from): (Option<i32>, Option<i32>) = (found.get(0), found.get(1));
        if let Some((version, from)) = version.zip(works_from) {
            if !(from..=version).contains(&VERSION) {
                return Err(StoreError::corrupt(format!(
                    "the schema `{name}` was made by a newer version: it is of {version}, for versions from {from} on, and this one knows {VERSION}"
                )));
            }
            return self.is_of(found.get(3)).map(|()| true);
        }
        let format: Option<&str> = found.get(2);
        let last = format.map_or("9290ac4f", |_| "38833261");
        Err(StoreError::corrupt(format!(
            "the schema `{name}` was made before the first release: the last commit that can read it is {last}"
        )))
    }
}
