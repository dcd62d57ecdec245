//! New sagas, by workers and as orders of others.

use crate::{
    batch::{Failure, Write, written},
    error::is_of_a_table,
    line::{Failed, Line, Value},
    row,
    session::Session,
    sql::{ME, NOW, epoch, hex},
};
use std::{sync::LazyLock, time::Instant};
use typed_saga_engine::{Commit, Created, Epoch, NewSaga, SagaId, StoreError};

/// A call of [`Store::create`](typed_saga_engine::Store::create).
pub(crate) struct Create {
    pub(crate) saga: NewSaga,
    pub(crate) first: Option<Commit>,
}

/// All of a batch, in one statement: whether the epoch lives, and the places of those that are new.
static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH {ME},
n AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
        WITH ORDINALITY AS n (name, id, fingerprint, input, due, at, records, place)
    WHERE $1 IS NULL OR EXISTS (SELECT FROM me)),
put AS (
    INSERT INTO @saga (name, id, fingerprint, input, due, claimed, created, changed)
    SELECT name, id, fingerprint, input, coalesce(due, at, {NOW}), CASE WHEN due IS NULL THEN $1 END, coalesce(at, {NOW}), at
    FROM n ORDER BY name, id
    ON CONFLICT (name, id) DO NOTHING RETURNING number, name, id),
begun AS (
    INSERT INTO @journal (saga, seq, at, records)
    SELECT put.number, 0, n.at, n.records FROM put JOIN n ON n.name = put.name AND n.id = put.id WHERE n.records IS NOT NULL)
SELECT $1 IS NULL OR EXISTS (SELECT FROM me),
       (SELECT array_agg(n.place) FROM put JOIN n ON n.name = put.name AND n.id = put.id)"
    )
});

/// Whether each of them is new; `None`: the epoch has ended.
async fn create(
    line: &Line,
    by: Option<Epoch>,
    all: &[Create],
) -> Result<Option<Vec<bool>>, Failed> {
    let mut names = Vec::new();
    let mut ids = Vec::new();
    let mut fingerprints = Vec::new();
    let mut inputs = Vec::new();
    let mut dues = Vec::new();
    let mut ats = Vec::new();
    let mut records = Vec::new();
    for Create { saga, first } in all {
        let NewSaga {
            saga,
            input,
            fingerprint,
            due,
        } = saga;
        names.push(&*saga.saga);
        ids.push(&*saga.id);
        fingerprints.push(hex(*fingerprint));
        inputs.push(&**input);
        dues.push(due.map(|due| due.0));
        ats.push(first.as_ref().map(|first| first.at.0));
        records.push(first.as_ref().map(|first| &*first.records));
    }
    let by = by.map(epoch);
    let values: [Value<'_>; 8] = [
        &by,
        &names,
        &ids,
        &fingerprints,
        &inputs,
        &dues,
        &ats,
        &records,
    ];
    // Waiting for the lock of a table is no reason to refuse these: all other statements wait, too.
    let begun = Instant::now();
    loop {
        match written(line, &STATEMENT, &values, all.len()).await {
            Err(Failed::Refused(error))
                if is_of_a_table(&error) && begun.elapsed() < line.request_timeout() => {}
            written => return written,
        }
    }
}

/// The existing row of a saga that was not new. A separate statement, because the snapshot of the
/// insert may predate that row.
async fn there(line: &Line, saga: &SagaId) -> Result<Created, StoreError> {
    let row = row::find(line, saga).await?;
    let row = row.ok_or_else(|| {
        StoreError::unavailable(format!("{saga} was created and deleted again meanwhile"))
    })?;
    Ok(Created::Exists(Box::new(row)))
}

/// A name and an id can be kept, and a first commit has the number 0.
pub(crate) async fn checked(line: &Line, new: &Create) -> Result<Option<Created>, StoreError> {
    new.saga.saga.check()?;
    let Some(first) = new.first.as_ref().filter(|first| first.seq != 0) else {
        return Ok(None);
    };
    let saga = &new.saga.saga;
    match row::find(line, saga).await? {
        Some(row) => Ok(Some(Created::Exists(Box::new(row)))),
        None => Err(StoreError::Conflict {
            saga: saga.clone(),
            seq: first.seq,
        }),
    }
}

/// An order, which any client may place.
pub(crate) async fn order(line: &Line, new: Create) -> Result<Created, StoreError> {
    if let Some(there) = checked(line, &new).await? {
        return Ok(there);
    }
    let new = [new];
    match create(line, None, &new).await?.as_deref() {
        Some([true]) => Ok(Created::New),
        _ => there(line, &new[0].saga.saga).await,
    }
}

/// Whether a saga is there as this epoch would have begun it: by a statement whose answer was lost.
async fn is_ours(session: &Session, new: &Create) -> Result<bool, StoreError> {
    let Create { saga, first } = new;
    let sql = "SELECT (s.claimed = $3 OR s.claimed IS NULL AND s.due = $4)
                      AND coalesce((SELECT array_agg(records) FROM @journal WHERE journal.saga = s.number), '{}') = $5
               FROM @saga AS s WHERE s.name = $1 AND s.id = $2";
    let NewSaga {
        saga: SagaId { saga, id },
        due,
        ..
    } = saga;
    let (me, due) = (epoch(session.epoch), due.map(|due| due.0));
    let records: Vec<&str> = first.iter().map(|first| &*first.records).collect();
    let values: [Value<'_>; 5] = [&&**saga, &&**id, &me, &due, &records];
    let rows = session.create.query(sql, &values).await?;
    let ours: Option<bool> = rows.first().and_then(|row| row.get(0));
    Ok(ours == Some(true))
}

impl Write for Create {
    type Done = Created;

    fn saga(&self) -> &SagaId {
        &self.saga.saga
    }

    fn len(&self) -> usize {
        let first = self.first.as_ref().map_or(0, |first| first.records.len());
        self.saga.input.len() + first
    }

    async fn write(
        session: &Session,
        all: &[Self],
    ) -> Result<Vec<Result<Created, StoreError>>, Failure> {
        let by = Some(session.epoch);
        let mut created = create(&session.create, by, all).await;
        let mut is_repeated = false;
        if let Err(Failed::Cut(why)) = created {
            // Whoever submits cannot know whether that came about; here it can be found out.
            match session.cut(why).await {
                why @ StoreError::Fenced { .. } => return Err(why.into()),
                _ => created = create(&session.create, by, all).await,
            }
            is_repeated = true;
        }
        let new = match created {
            Ok(new) => new.ok_or_else(|| session.fenced())?,
            // One of them may wait for an open transaction of another client.
            Err(failed) => return Err(Failure::of(failed, session).await),
        };
        let mut answers = Vec::with_capacity(all.len());
        for (create, new) in all.iter().zip(new) {
            answers.push(if new || is_repeated && is_ours(session, create).await? {
                Ok(Created::New)
            } else {
                there(&session.create, &create.saga.saga).await
            });
        }
        Ok(answers)
    }
}
