//! New sagas, by workers and as orders of others.

use crate::{
    batch::{Failure, Write, written},
    error::is_of_a_table,
    line::{Failed, Line, Value},
    row,
    session::{self, Session},
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
///
/// A saga that is purged while this waits for its row would be created with the life of before: that was
/// replaced as the saga was deleted. So nothing is created that there was when the statement began.
static STATEMENT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH {ME},
n AS MATERIALIZED (
    SELECT n.*, it.life AS given
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::bigint[], $10::text[])
        WITH ORDINALITY AS n (name, id, fingerprint, input, due, at, records, turn, life, place) CROSS JOIN @store AS it
    WHERE ($1 IS NULL OR EXISTS (SELECT FROM me)) AND coalesce(n.life = it.life, TRUE)
      AND NOT EXISTS (SELECT FROM @saga AS s WHERE s.name = n.name AND s.id = n.id)),
put AS (
    INSERT INTO @saga (name, id, fingerprint, input, due, claimed, turn, life, created, changed)
    SELECT name, id, fingerprint, input, coalesce(due, at, {NOW}), CASE WHEN turn IS NOT NULL THEN $1 END, turn,
           CASE WHEN turn IS NOT NULL THEN given END, coalesce(at, {NOW}), at
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
    let mut lives = Vec::new();
    for Create { turn, saga, first } in all {
        let NewSaga {
            saga,
            input,
            fingerprint,
            due,
            life,
        } = saga;
        lives.push(life.map(|life| life.to_string()));
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
    let values: [Value<'_>; 10] = [
        &by,
        &names,
        &ids,
        &fingerprints,
        &inputs,
        &dues,
        &ats,
        &records,
        &turns,
        &lives,
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
    let NewSaga {
        saga, life: begun, ..
    } = &new.saga;
    if let Some(row) = row::find(line, saga).await? {
        return Ok(Created::of(row, by.zip(new.turn)));
    }
    let current = session::life(line).await?;
    if begun.is_some_and(|begun| begun != current) {
        return Err(StoreError::Life { life: current });
    }
    Err(StoreError::unavailable(format!(
        "{saga} was deleted meanwhile"
    )))
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
