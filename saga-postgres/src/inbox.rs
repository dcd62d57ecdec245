//! The requests for sagas, and their answers.

use crate::{
    line::{Line, Value},
    session::Session,
    sql::{ASKED, ME, NOW, OLDEST, epoch, integer, number},
};
use tokio_postgres::Row;
use typed_saga_engine::{Epoch, Message, SagaId, StoreError, Time};

fn message(row: &Row) -> Result<Message, StoreError> {
    Ok(Message {
        number: number(row.get(0))?,
        saga: SagaId::new(row.get::<_, &str>(1), row.get::<_, &str>(2)),
        text: row.get(3),
        at: Time(row.get(4)),
        answer: row.get(5),
    })
}

pub(crate) async fn messages(line: &Line) -> Result<Vec<Message>, StoreError> {
    let sql = "SELECT number, name, id, text, at, answer FROM @inbox WHERE answer IS NULL ORDER BY number";
    line.query(sql, &[]).await?.iter().map(message).collect()
}

/// The messages for sagas claimed under an epoch, and some of those for sagas that do not exist: these wait
/// for nothing, so that the next look finds the next ones.
pub(crate) async fn inbox(line: &Line, by: Epoch) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT o.number, o.name, o.id, o.text, o.at, NULL
         FROM {ASKED} AS asked JOIN @saga AS s ON s.name = asked.name AND s.id = asked.id CROSS JOIN LATERAL {OLDEST} AS o
         WHERE s.claimed = $1
         UNION ALL
         (SELECT i.number, i.name, i.id, i.text, i.at, NULL FROM @inbox AS i WHERE i.answer IS NULL
            AND NOT EXISTS (SELECT FROM @saga AS s WHERE s.name = i.name AND s.id = i.id) LIMIT 256)
         ORDER BY 1"
    );
    line.query(&sql, &[&epoch(by)])
        .await?
        .iter()
        .map(message)
        .collect()
}

pub(crate) async fn send(
    line: &Line,
    saga: &SagaId,
    text: &str,
    at: Time,
) -> Result<u64, StoreError> {
    saga.check()?;
    let sql = "INSERT INTO @inbox (name, id, text, at) VALUES ($1, $2, $3, $4) RETURNING number";
    let values: [Value<'_>; 4] = [&&*saga.saga, &&*saga.id, &text, &at.0];
    number(line.query(sql, &values).await?[0].get(0))
}

pub(crate) async fn of_number(line: &Line, number: u64) -> Result<Option<Message>, StoreError> {
    let sql = "SELECT number, name, id, text, at, answer FROM @inbox WHERE number = $1";
    let rows = line.query(sql, &[&integer(number)]).await?;
    rows.first().map(message).transpose()
}

impl Session {
    pub(crate) async fn answer(&self, answers: &[(u64, String)]) -> Result<(), StoreError> {
        let sql = format!(
            "WITH {ME}, answered AS (
                UPDATE @inbox AS i SET answer = a.text, answered = {NOW}
                FROM unnest($2::bigint[], $3::text[]) AS a (number, text)
                WHERE i.number = a.number AND i.answer IS NULL AND EXISTS (SELECT FROM me))
             SELECT EXISTS (SELECT FROM me)"
        );
        let numbers: Vec<_> = answers.iter().map(|(number, _)| integer(*number)).collect();
        let texts: Vec<&str> = answers.iter().map(|(_, text)| &**text).collect();
        let values: [Value<'_>; 3] = [&epoch(self.epoch), &numbers, &texts];
        self.under(&sql, &values).await.map(drop)
    }
}
