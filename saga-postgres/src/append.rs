//! Commits of sagas, with what changes along with them.

use crate::{
    batch::{Failure, Write, written},
    line::Value,
    locks::{self, Changes},
    session::Session,
    sql::{ME, epoch, hex, integer, number},
};
use std::sync::LazyLock;
use typed_saga_engine::{Change, Claim, Commit, Hold, NewEvent, SagaId, StoreError};

/// A call of [`Store::append`](typed_saga_engine::Store::append).
pub(crate) struct Append {
    pub(crate) hold: Hold,
    pub(crate) commit: Commit,
    pub(crate) change: Option<Change>,
    pub(crate) answers: Vec<(u64, String)>,
    /// The number of rows that it changes, roughly.
    pub(crate) rows: usize,
}

/// Whether what `a` is a row of was written. With `IS TRUE` Postgres looks it up in a hash table; it would
/// compare each row with each other in a join, because it takes both to be one row.
const WRITTEN: &str = "(a.number IN (SELECT saga FROM put)) IS TRUE";

/// Writes a batch in one statement, and returns the places in the batch of the commits written.
///
/// Each row is locked by itself, and its claim checked as of then: a claim that has ended since this statement
/// began writes nothing. In a join, Postgres would look through all that the worker has claimed if it takes
/// that for little. No row of `saga` is written unless it changes: a version of it for each commit would stay
/// as long as somebody's old transaction. Messages are locked after the sagas.
fn statement(me: &str, changes: &str) -> String {
    format!(
        "WITH {me},
held AS MATERIALIZED (
    SELECT s.number, i.*, i.state IS NOT NULL OR s.takeovers > 0 OR s.unfit IS NOT NULL OR s.changed IS NULL AS changes
    FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::boolean[], $10::bigint[], $19::bigint[])
        WITH ORDINALITY AS i (name, id, seq, at, records, state, fingerprint, keeps, due, turn, place)
    CROSS JOIN LATERAL (
        SELECT * FROM @saga AS s WHERE s.name = i.name AND s.id = i.id AND s.claimed = $1 AND s.turn = i.turn
        FOR NO KEY UPDATE) AS s
    WHERE EXISTS (SELECT FROM me)),
b AS MATERIALIZED (
    SELECT b.*, open.number IS NOT NULL AS is_open
    FROM unnest($11::bigint[], $12::bigint[], $13::text[]) AS b (place, number, text) JOIN held ON held.place = b.place
    LEFT JOIN LATERAL (SELECT i.number FROM @inbox AS i WHERE i.number = b.number AND i.answer IS NULL FOR UPDATE) AS open ON TRUE),
a AS MATERIALIZED (SELECT * FROM held WHERE place NOT IN (SELECT place FROM b WHERE NOT is_open)),
put AS (
    INSERT INTO @journal (saga, seq, at, records)
    SELECT number, seq, at, records FROM a
    WHERE seq = 0 OR EXISTS (SELECT FROM @journal AS before WHERE before.saga = a.number AND before.seq = a.seq - 1)
    ORDER BY number
    ON CONFLICT DO NOTHING RETURNING saga),
changed AS (
    UPDATE @saga AS s SET
        state = coalesce(a.state, s.state), fingerprint = coalesce(a.fingerprint, s.fingerprint),
        due = CASE WHEN a.state IS NULL THEN s.due WHEN a.keeps THEN least(s.due, a.at) ELSE a.due END,
        claimed = CASE WHEN a.state IS NULL OR a.keeps THEN s.claimed END,
        changed = CASE WHEN a.state IS NULL THEN coalesce(s.changed, a.at) ELSE a.at END,
        takeovers = 0, orphaned = FALSE, unfit = NULL
    FROM a WHERE s.number = a.number AND a.changes AND {WRITTEN}),
answered AS (
    UPDATE @inbox AS i SET answer = b.text, answered = a.at
    FROM b JOIN a ON a.place = b.place
    WHERE i.number = b.number AND i.answer IS NULL AND {WRITTEN}),
told AS (
    INSERT INTO @outbox (saga, number, key, payload, at, changed, due, claimed, turn)
    SELECT a.number, there.next + e.number, e.key, e.payload, a.at, a.at, CASE WHEN is_first THEN a.at END,
           CASE WHEN is_first AND e.delivers THEN $1 END, (is_first AND e.delivers)::integer
    FROM unnest($14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::boolean[]) AS e (place, number, key, payload, delivers)
    JOIN a ON a.place = e.place
    CROSS JOIN LATERAL (SELECT coalesce(max(o.number) + 1, 0) AS next, coalesce(bool_or(o.delivered IS NULL), FALSE) AS waits
                        FROM (SELECT number, delivered FROM @outbox WHERE saga = a.number ORDER BY number FOR UPDATE) AS o) AS there
    CROSS JOIN LATERAL (SELECT e.number = 0 AND NOT there.waits AS is_first) AS which
    WHERE {WRITTEN}
    ORDER BY e.place, e.number)
SELECT EXISTS (SELECT FROM me), (SELECT array_agg(a.place) FROM a WHERE {WRITTEN}){changes}"
    )
}

static STATEMENT: LazyLock<String> = LazyLock::new(|| statement(ME, ""));

/// The statement of a batch that changes locks.
static WITH_LOCKS: LazyLock<String> = LazyLock::new(|| {
    let me = ME.replace(
        "dead IS NULL",
        &format!("dead IS NULL AND {}", locks::ENTER),
    );
    let changes = locks::CHANGE.replace("{written}", WRITTEN);
    statement(&me, &format!(", {changes}"))
});

/// The values of a batch, column by column.
#[derive(Default)]
struct Columns<'a> {
    names: Vec<&'a str>,
    ids: Vec<&'a str>,
    seqs: Vec<i64>,
    ats: Vec<i64>,
    records: Vec<&'a str>,
    states: Vec<Option<&'static str>>,
    fingerprints: Vec<Option<String>>,
    keeps: Vec<bool>,
    dues: Vec<Option<i64>>,
    turns: Vec<i64>,
    answers: (Vec<i64>, Vec<i64>, Vec<&'a str>),
    events: Events<'a>,
    locks: Changes<'a>,
}

#[derive(Default)]
struct Events<'a> {
    places: Vec<i64>,
    numbers: Vec<i64>,
    keys: Vec<&'a str>,
    payloads: Vec<&'a str>,
    delivers: Vec<bool>,
}

impl<'a> Columns<'a> {
    fn of(all: &'a [Append]) -> Self {
        let mut columns = Self::default();
        for (append, place) in all.iter().zip(1..) {
            columns.push(append, place);
        }
        columns
    }

    fn push(&mut self, append: &'a Append, place: i64) {
        let Append {
            hold: Hold { saga, turn },
            commit,
            change,
            answers,
            rows: _,
        } = append;
        self.names.push(&saga.saga);
        self.ids.push(&saga.id);
        self.turns.push(integer(turn.0));
        let Commit { seq, at, records } = commit;
        self.seqs.push(integer(*seq));
        self.ats.push(at.0);
        self.records.push(records);
        self.change(change.as_ref(), place);
        for (number, text) in answers {
            self.answers.0.push(place);
            self.answers.1.push(integer(*number));
            self.answers.2.push(text);
        }
    }

    fn change(&mut self, change: Option<&'a Change>, place: i64) {
        let Some(Change {
            state,
            claim,
            fingerprint,
            events,
            delivers,
            locks,
        }) = change
        else {
            self.states.push(None);
            self.fingerprints.push(None);
            self.keeps.push(true);
            self.dues.push(None);
            return;
        };
        let (keeps, due) = match claim {
            Claim::Keep => (true, None),
            Claim::Until(due) => (false, Some(due.0)),
            Claim::Rest => (false, None),
        };
        self.states.push(Some(state.as_str()));
        self.fingerprints.push(fingerprint.map(hex));
        self.keeps.push(keeps);
        self.dues.push(due);
        for (NewEvent { key, payload }, number) in events.iter().zip(0..) {
            self.events.places.push(place);
            self.events.numbers.push(number);
            self.events.keys.push(key);
            self.events.payloads.push(payload);
            self.events.delivers.push(*delivers);
        }
        for change in locks {
            self.locks.push(place, change);
        }
    }
}

impl Write for Append {
    type Done = ();

    fn saga(&self) -> &SagaId {
        &self.hold.saga
    }

    fn len(&self) -> usize {
        let events = self.change.iter().flat_map(|change| &change.events);
        let answers = self.answers.iter().map(|(_, answer)| answer.len());
        let events = events.map(|event| event.key.len() + event.payload.len());
        self.commit.records.len() + answers.chain(events).sum::<usize>()
    }

    fn rows(&self) -> usize {
        self.rows
    }

    async fn write(
        session: &Session,
        all: &[Self],
    ) -> Result<Vec<Result<(), StoreError>>, Failure> {
        let columns = Columns::of(all);
        let me = epoch(session.epoch);
        let mut values: Vec<Value<'_>> = vec![
            &me,
            &columns.names,
            &columns.ids,
            &columns.seqs,
            &columns.ats,
            &columns.records,
            &columns.states,
            &columns.fingerprints,
            &columns.keeps,
            &columns.dues,
            &columns.answers.0,
            &columns.answers.1,
            &columns.answers.2,
            &columns.events.places,
            &columns.events.numbers,
            &columns.events.keys,
            &columns.events.payloads,
            &columns.events.delivers,
            &columns.turns,
        ];
        let Changes {
            places,
            hows,
            names,
            keys,
        } = &columns.locks;
        let statement = if places.is_empty() {
            &STATEMENT
        } else {
            values.extend([places as Value<'_>, hows, names, keys]);
            &WITH_LOCKS
        };
        let done = match written(&session.write, statement, &values, all.len()).await {
            Ok(done) => done.ok_or_else(|| session.fenced())?,
            Err(failed) => return Err(Failure::of(failed)),
        };
        let mut answers = Vec::with_capacity(all.len());
        for (append, done) in all.iter().zip(done) {
            answers.push(if done {
                Ok(())
            } else {
                session.look(append).await
            });
        }
        Ok(answers)
    }
}

impl Session {
    /// Finds out why a commit was not written now, or that it had been written before.
    async fn look(&self, append: &Append) -> Result<(), StoreError> {
        let Append {
            hold: Hold { saga, turn },
            commit,
            answers,
            ..
        } = append;
        let conflict = || StoreError::Conflict {
            saga: saga.clone(),
            seq: commit.seq,
        };
        // With synchronous replication a commit can be read before a standby has it. This
        // statement, which writes a lock, comes after it and waits for the standby.
        let lock = "SELECT number FROM @saga WHERE name = $1 AND id = $2 FOR NO KEY UPDATE";
        let found = self.write.query(lock, &[&&*saga.saga, &&*saga.id]).await?;
        let Some(found) = found.first() else {
            return Err(conflict());
        };
        let number: i64 = found.get(0);
        let sql =
            "SELECT EXISTS (SELECT FROM @worker WHERE epoch = $1 AND dead IS NULL), s.claimed = $1 AND s.turn = $5,
                    s.turn = $5 AND EXISTS (SELECT FROM @journal WHERE saga = $2 AND seq = $3 AND records = $4 AND seq >= s.since),
                    (SELECT coalesce(max(seq) + 1, 0) FROM @journal WHERE saga = $2) = $3,
                    (SELECT min(number) FROM unnest($6::bigint[]) AS asked (number)
                     WHERE NOT EXISTS (SELECT FROM @inbox AS i WHERE i.number = asked.number AND i.answer IS NULL))
             FROM @saga AS s WHERE s.number = $2";
        let (me, seq, turn) = (epoch(self.epoch), integer(commit.seq), integer(turn.0));
        let asked: Vec<_> = answers.iter().map(|(number, _)| integer(*number)).collect();
        let values: [Value<'_>; 6] = [&me, &number, &seq, &commit.records, &turn, &asked];
        let rows = self.under(sql, &values).await?;
        let Some(row) = rows.first() else {
            return Err(conflict());
        };
        let is = |column| row.get::<_, Option<bool>>(column) == Some(true);
        let [is_held, is_own, follows] = [is(1), is(2), is(3)];
        match row.get::<_, Option<i64>>(4) {
            _ if is_own => Ok(()),
            _ if !is_held => Err(StoreError::NotHeld { saga: saga.clone() }),
            Some(number) if follows => Err(StoreError::Answered {
                number: self::number(number)?,
            }),
            _ => Err(conflict()),
        }
    }
}
