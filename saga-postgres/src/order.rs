use crate::{
    Postgres,
    sql::{NOW, hex, quoted},
};
use typed_saga_engine::{EngineError, NewSaga, Submission};

/// A saga that is submitted by two statements in a transaction of your own, so that your rows and
/// the saga are committed together, or not at all.
///
/// Any client can run them: both have the same four parameters, all of them text. The first places
/// the order; the second returns the inputs of the order that is there, which
/// [`placed`](Self::placed) compares. The worker that claims the saga begins it, some time after the
/// commit.
///
/// With tokio-postgres:
///
/// ```
/// # use typed_saga_postgres::Order;
/// # use tokio_postgres::{Error, Transaction};
/// async fn place(order: &Order, transaction: &Transaction<'_>) -> Result<String, Error> {
///     let [name, id, fingerprint, input] = &order.params();
///     transaction.execute(order.insert(), &[name, id, fingerprint, input]).await?;
///     let row = transaction.query_one(order.look(), &[name, id, fingerprint, input]).await?;
///     row.try_get(0)
/// }
/// ```
///
/// With sqlx (0.9 requires the assertion that the SQL is safe: it contains the schema's name, and
/// nothing else from outside):
///
/// ```ignore
/// use sqlx::AssertSqlSafe;
///
/// async fn place(order: &Order, transaction: &mut sqlx::Transaction<'_, sqlx::Postgres>) -> sqlx::Result<String> {
///     let [name, id, fingerprint, input] = order.params();
///     let insert = sqlx::query(AssertSqlSafe(order.insert())).bind(name).bind(id).bind(fingerprint).bind(input);
///     insert.execute(&mut **transaction).await?;
///     let look = sqlx::query_scalar(AssertSqlSafe(order.look())).bind(name).bind(id).bind(fingerprint).bind(input);
///     look.fetch_one(&mut **transaction).await
/// }
/// ```
///
/// [`placed`](Self::placed) returns an error if the order that is there has other inputs. Two
/// transactions that place an order under the same id wait for each other, so commit soon. If the transaction is `REPEATABLE READ` or
/// `SERIALIZABLE`, either statement can fail with a serialisation failure: retry the transaction,
/// as with any other.
///
/// The role needs `USAGE` on the schema, and `SELECT` and `INSERT` on its table `saga`.
#[derive(Clone, Debug)]
pub struct Order {
    insert: String,
    look: String,
    fingerprint: String,
    submission: Submission,
}

impl Postgres {
    /// The statements that submit a saga to this store.
    #[must_use]
    pub fn order(&self, submission: &Submission) -> Order {
        Order::new(self.schema(), submission)
    }
}

impl Order {
    /// The statements that submit a saga to the store in this schema; a store is in `saga` unless
    /// [`Options::schema`](crate::Options::schema) says otherwise.
    #[must_use]
    pub fn new(schema: &str, submission: &Submission) -> Self {
        let schema = quoted(schema);
        Self {
            insert: format!(
                "INSERT INTO {schema}.saga (name, id, fingerprint, input, due, created) \
                 VALUES ($1::text, $2::text, $3::text, $4::text, {NOW}, {NOW}) ON CONFLICT (name, id) DO NOTHING"
            ),
            look: format!(
                "SELECT input FROM {schema}.saga \
                 WHERE name = $1::text AND id = $2::text AND $3::text IS NOT NULL AND $4::text IS NOT NULL"
            ),
            fingerprint: hex(submission.row().fingerprint),
            submission: submission.clone(),
        }
    }

    /// The first statement: places the order, unless there is one with this id.
    #[must_use]
    pub fn insert(&self) -> &str {
        &self.insert
    }

    /// The second statement: returns one row with one text, the inputs of the order that is there.
    /// It must be a statement of its own; otherwise it might not see the order that the first
    /// statement has found.
    #[must_use]
    pub fn look(&self) -> &str {
        &self.look
    }

    /// The parameters of each of the two, `$1` to `$4`.
    #[must_use]
    pub fn params(&self) -> [&str; 4] {
        let NewSaga { saga, input, .. } = self.submission.row();
        [&saga.saga, &saga.id, &self.fingerprint, input]
    }

    /// Checks what the second statement has returned.
    ///
    /// # Errors
    /// [`EngineError::OtherInput`] if there is a saga of this name with this id, and it was given other
    /// inputs. The transaction should be rolled back.
    pub fn placed(&self, input: &str) -> Result<(), EngineError> {
        self.submission.check(input)
    }
}
