-- What an operator asks, for `sqlite3 <file>`. Views hold nothing.

-- Every saga, with what its row leaves to the journal: when it was changed last, and how many commits there are.
--   SELECT * FROM sagas WHERE id = 'trip-42';
CREATE VIEW sagas AS
SELECT saga.name                                                               AS saga,
       saga.id                                                                 AS id,
       saga.state                                                              AS state,
       strftime('%Y-%m-%dT%H:%M:%fZ', saga.created / 1000.0, 'unixepoch')      AS created,
       strftime('%Y-%m-%dT%H:%M:%fZ', last.at / 1000.0, 'unixepoch')           AS updated,
       strftime('%Y-%m-%dT%H:%M:%fZ', saga.due / 1000.0, 'unixepoch')          AS due,
       saga.claimed                                                            AS claimed,
       last.seq + 1                                                            AS commits,
       saga.fingerprint                                                        AS fingerprint,
       saga.input                                                              AS input,
       saga.number                                                             AS number,
       saga.unfit                                                              AS unfit
FROM saga
LEFT JOIN journal AS last ON last.saga = saga.number
    AND last.seq = (SELECT max(seq) FROM journal WHERE journal.saga = saga.number);

-- Every record of every saga, in order: what happened, of which step, with which value or error. What is no record is listed as
-- `unreadable`, and keeps no other from being read.
--   SELECT time, what, step, error FROM history WHERE saga = 'BookTrip' AND id = 'trip-42';
CREATE VIEW history AS
SELECT saga.name                                                               AS saga,
       saga.id                                                                 AS id,
       journal.seq                                                             AS seq,
       strftime('%Y-%m-%dT%H:%M:%fZ', journal.at / 1000.0, 'unixepoch')        AS time,
       CASE record.type WHEN 'object' THEN record.value ->> 'what' ELSE 'unreadable' END AS what,
       CASE record.type WHEN 'object' THEN record.value ->> 'step' END         AS step,
       CASE record.type WHEN 'object' THEN record.value -> 'value' END         AS value,
       CASE record.type WHEN 'object' THEN record.value ->> 'error' END        AS error,
       record.value                                                            AS record
FROM saga
JOIN journal ON journal.saga = saga.number
JOIN json_each(CASE WHEN json_valid(journal.records) THEN journal.records ELSE '[null]' END) AS record
ORDER BY saga.name, saga.id, journal.seq, record.key;

-- Sagas that somebody must look after, the one parked for longest first, with the record that says what stands.
CREATE VIEW parked AS
SELECT sagas.saga, sagas.id, sagas.updated AS since,
       (SELECT history.record FROM history
        WHERE history.saga = sagas.saga AND history.id = sagas.id AND history.what = 'ended'
        ORDER BY history.seq DESC LIMIT 1) AS record
FROM sagas
WHERE sagas.state = 'parked'
ORDER BY sagas.updated;

-- Sagas that the engine which had them last cannot read, and why.
CREATE VIEW unreadable AS
SELECT saga.name AS saga, saga.id, saga.state, saga.unfit AS why
FROM saga
WHERE saga.unfit IS NOT NULL
  AND NOT (saga.takeovers >= 10 AND saga.counted IS (SELECT max(seq) FROM journal WHERE journal.saga = saga.number))
   OR NOT (saga.state = 'running' OR saga.state = 'waiting' OR saga.state = 'completed'
           OR saga.state = 'compensated' OR saga.state = 'parked' OR saga.state = 'abandoned');

-- Sagas with which ten processes in a row have died: no engine runs them until an operator resumes them.
CREATE VIEW quarantined AS
SELECT saga.name AS saga, saga.id, saga.state, saga.unfit AS why
FROM saga
WHERE saga.unfit IS NOT NULL
  AND saga.takeovers >= 10 AND saga.counted IS (SELECT max(seq) FROM journal WHERE journal.saga = saga.number);

-- Sagas that wait for a time, the one due first first, with the error that was recorded last.
CREATE VIEW waiting AS
SELECT sagas.saga, sagas.id, sagas.due, sagas.updated AS since,
       (SELECT history.error FROM history
        WHERE history.saga = sagas.saga AND history.id = sagas.id AND history.error IS NOT NULL
        ORDER BY history.seq DESC LIMIT 1) AS error
FROM sagas
WHERE sagas.state = 'waiting'
ORDER BY sagas.due;

-- Calls that were begun and whose end is not on record: what is under way, or was when the engine stopped.
CREATE VIEW inflight AS
SELECT saga.name                                                               AS saga,
       saga.id                                                                 AS id,
       begun.value ->> 'step'                                                  AS step,
       begun.value ->> 'what'                                                  AS what,
       strftime('%Y-%m-%dT%H:%M:%fZ', journal.at / 1000.0, 'unixepoch')        AS since,
       saga.claimed                                                            AS claimed
FROM saga
CROSS JOIN journal ON journal.saga = saga.number -- in this order: few sagas are due
JOIN json_each(CASE WHEN json_valid(journal.records) THEN journal.records ELSE '[]' END) AS begun
WHERE saga.due IS NOT NULL
  AND CASE begun.type WHEN 'object' THEN begun.value ->> 'what' END IN ('attempting', 'resolving', 'compensating', 'falling_back')
  AND NOT EXISTS (
    SELECT 1 FROM journal AS later
    JOIN json_each(CASE WHEN json_valid(later.records) THEN later.records ELSE '[]' END) AS ended
    WHERE later.saga = saga.number AND later.seq >= journal.seq
      AND CASE ended.type WHEN 'object' THEN ended.value ->> 'step' END = begun.value ->> 'step'
      AND (later.seq > journal.seq OR ended.key > begun.key))
ORDER BY journal.at;

-- What fails, and how often: by saga, step, kind of failure and text, the most frequent first.
CREATE VIEW failures AS
SELECT history.saga, history.step, history.what, history.error, count(*) AS count, max(history.time) AS last
FROM history
WHERE history.what IN ('when_panicked', 'unrecordable', 'rejected', 'timed_out', 'panicked', 'lost', 'resolve_failed',
                       'compensation_failed', 'fallback_declined')
GROUP BY history.saga, history.step, history.what, history.error
ORDER BY count(*) DESC, history.saga, history.step;

-- What was asked of sagas and is not answered yet, oldest first.
CREATE VIEW asked AS
SELECT inbox.number, inbox.name AS saga, inbox.id,
       strftime('%Y-%m-%dT%H:%M:%fZ', inbox.at / 1000.0, 'unixepoch') AS time,
       inbox.text
FROM inbox
WHERE inbox.answer IS NULL
ORDER BY inbox.number;

-- Events that are not delivered, in the order in which they are to be handed over: of each saga only the first is due.
--   SELECT saga, id, number, key, payload FROM undelivered WHERE due IS NOT NULL;
CREATE VIEW undelivered AS
SELECT saga.name                                                               AS saga,
       saga.id                                                                 AS id,
       outbox.number                                                           AS number,
       outbox.key                                                              AS key,
       outbox.payload                                                          AS payload,
       strftime('%Y-%m-%dT%H:%M:%fZ', outbox.at / 1000.0, 'unixepoch')         AS written,
       strftime('%Y-%m-%dT%H:%M:%fZ', outbox.due / 1000.0, 'unixepoch')        AS due,
       outbox.claimed                                                          AS claimed,
       outbox.failures                                                         AS failures,
       outbox.error                                                            AS error,
       outbox.position                                                         AS position
FROM outbox
JOIN saga ON saga.number = outbox.saga
WHERE outbox.delivered IS NULL
ORDER BY outbox.position;
