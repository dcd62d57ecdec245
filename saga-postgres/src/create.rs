//! New sagas, by workers and as orders of others.

use crate::{
    batch::{Failure, Write, written},
    error::is_of_a_table,
    line::{Failed, Line, Value},
    row,
    session::Session,
    sql::{ME, NOW, epoch, hex, integer},
};
use std::{sync::LazyLock, time::Instant};
use typed_saga_engine::{Commit, Created, Epoch, NewSaga, SagaId, StoreError, Turn};

/// A call of [`Store::create`](typed_saga_engine::Store::create).
pub(crate) struct Create {
    /// The claim, if the worker that creates it has claimed it.
    pub(crate) turn: Option<Turn>,
    pub(crate) saga: NewSaga,
    pub(crate) first: Option<Commit>,
}

/// All of a batch, in one statement: whether the epoch lives, and the places of those that are new.
static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH {ME},
n AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[])
        WITH ORDINALITY AS n (name, id, fingerprint, input, due, at, records, turn, place)
    WHERE $1 IS NULL OR EXISTS (SELECT FROM me)),
put AS (
    INSERT INTO @saga (name, id, fingerprint, input, due, claimed, turn, created, changed)
    SELECT name, id, fingerprint, input, coalesce(due, at, {NOW}), CASE WHEN turn IS NOT NULL THEN $1 END, turn, coalesce(at, {NOW}), at
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
    let mut turns = Vec::new();
    for Create { turn, saga, first } in all {
        let NewSaga {
            saga,
            input,
            fingerprint,
            due,
        } = saga;
        turns.push(turn.map(|turn| integer(turn.0)));
        names.push(&*saga.saga);
        ids.push(&*saga.id);
        fingerprints.push(hex(*fingerprint));
        inputs.push(&**input);
        dues.push(due.map(|due| due.0));
        ats.push(first.as_ref().map(|first| first.at.0));
        records.push(first.as_ref().map(|first| &*first.records));
    }
    let by = by.map(epoch);
    let values: [Value<'_>; 9] = [
        &by,
        &names,
        &ids,
        &fingerprints,
        &inputs,
        &dues,
        &ats,
        &records,
        &turns,
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

/// What the existing row of a saga that was not new means to who creates it. A separate statement, because the
/// snapshot of the insert may predate that row.
async fn there(line: &Line, by: Option<Epoch>, new: &Create) -> Result<Created, StoreError> {
    let saga = &new.saga.saga;
    let row = row::find(line, saga).await?;
    let row = row.ok_or_else(|| {
        StoreError::unavailable(format!("{saga} was created and deleted again meanwhile"))
    })?;
    Ok(Created::of(row, by.zip(new.turn)))
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
        _ => there(line, None, &new[0]).await,
    }
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
        if let Err(Failed::Cut(_)) = created {
            // Whoever submits cannot know whether that came about; here it can be found out.
            created = create(&session.create, by, all).await;
        }
        let new = match created {
            Ok(new) => new.ok_or_else(|| session.fenced())?,
            // One of them may wait for an open transaction of another client.
            Err(failed) => return Err(Failure::of(failed)),
        };
        let mut answers = Vec::with_capacity(all.len());
        for (create, new) in all.iter().zip(new) {
            answers.push(if new {
                Ok(Created::New)
            } else {
                there(&session.create, by, create).await
            });
        }
        Ok(answers)
    }
}
