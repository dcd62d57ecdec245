//! Whether the role of a worker may do all that the worker will do sooner or later.

use crate::line::{Line, Value};
use typed_saga_engine::StoreError;

/// The tables that a worker reads and writes.
const TABLES: [&str; 9] = [
    "definition",
    "inbox",
    "journal",
    "lock",
    "outbox",
    "runs",
    "saga",
    "unfit",
    "worker",
];

/// The functions that a worker calls: those of locks.
const FUNCTIONS: [&str; 3] = ["enter_queues", "change_queue", "pass_key_on"];

/// The first of these that the schema `$1` lacks, as one that was restored in part does.
const MISSING: &str = "
    SELECT name FROM unnest($2::text[]) AS name
    WHERE NOT EXISTS (SELECT FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace
        WHERE s.nspname = $1 AND c.relname = name AND c.relkind IN ('r', 'p'))
    UNION ALL
    SELECT name FROM unnest($3::text[]) AS name
    WHERE NOT EXISTS (SELECT FROM pg_proc AS p JOIN pg_namespace AS s ON s.oid = p.pronamespace
        WHERE s.nspname = $1 AND p.proname = name)
    ORDER BY name LIMIT 1";

/// The first of the schema `$1` for which this role lacks a right, and the rights that it lacks.
const LACKING: &str = "
    SELECT c.relname::text AS name, string_agg(need.privilege, ', ' ORDER BY need.place)
    FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace
    CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) WITH ORDINALITY AS need (privilege, place)
    WHERE s.nspname = $1 AND c.relname = ANY($2) AND c.relkind IN ('r', 'p')
        AND NOT has_table_privilege(c.oid, need.privilege)
    GROUP BY c.relname
    UNION ALL
    SELECT p.proname::text, 'EXECUTE' FROM pg_proc AS p JOIN pg_namespace AS s ON s.oid = p.pronamespace
    WHERE s.nspname = $1 AND p.proname = ANY($3) AND NOT has_function_privilege(p.oid, 'EXECUTE')
    ORDER BY name LIMIT 1";

/// Refuses a schema that is not whole, and a role that may not delete, say, before it does anything: it would fail
/// at the first purge.
pub(crate) async fn check(line: &Line, schema: &str) -> Result<(), StoreError> {
    let (tables, functions) = (TABLES.as_slice(), FUNCTIONS.as_slice());
    let values: [Value<'_>; 3] = [&schema, &tables, &functions];
    if let Some(row) = line.query(MISSING, &values).await?.first() {
        let name: &str = row.get(0);
        return Err(StoreError::corrupt(format!(
            "the schema `{schema}` is not whole: it lacks `{name}`"
        )));
    }
    let rows = line.query(LACKING, &values).await?;
    let Some(row) = rows.first() else {
        return Ok(());
    };
    let (name, lacks): (&str, &str) = (row.get(0), row.get(1));
    Err(StoreError::unavailable(format!(
        "this role cannot work on the schema `{schema}`: it lacks {lacks} on `{name}`; grant it SELECT, INSERT, UPDATE \
         and DELETE on all tables of the schema, and EXECUTE on its functions"
    )))
}
